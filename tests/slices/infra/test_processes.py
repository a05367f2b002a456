"""Real processes: the server with its companions, one leader among schedulers, a worker that is told to stop."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.core.ids import new_id
from tests.slices.infra.deployments import Deployment, deployment, free_port

__all__ = ["deployment"]

STARTING = 60.0
"""Seconds that a process may take to begin or end on a busy machine; the promises have their own limits."""


def wait_for(what: str, done: Callable[[], object], seconds: float = STARTING) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, f"{what}: not within {seconds} seconds"
        time.sleep(0.05)


def events(log: Path) -> list[str]:
    """The events that a process has logged."""
    lines = [line for line in log.read_text().splitlines() if line.startswith("{") and line.endswith("}")]
    return [str(json.loads(line)["event"]) for line in lines]


def answer(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as got:
            return int(got.status)
    except OSError:
        return 0


class Processes:
    """Processes with their logs in files; whatever is left is killed at the end."""

    def __init__(self, place: Deployment) -> None:
        self.place, self.started = place, list[subprocess.Popen[bytes]]()

    def start(self, log: Path, *command: str) -> subprocess.Popen[bytes]:
        with log.open("wb") as out:
            made = self.place.start(*command, output=out)
        self.started.append(made)
        return made


@pytest.fixture
def processes(deployment: Deployment):
    made = Processes(deployment)
    yield made
    for process in made.started:
        process.kill()
        process.wait()


REFUSED_TO_LEAD = """
SELECT count(*) FROM pg_stat_activity
WHERE query LIKE 'SELECT pg_try_advisory_lock%' AND state = 'idle' AND datname = current_database()
AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)
"""
"""Processes that have asked for the lead and do not have it."""


def refused(place: Deployment) -> object:
    return place.sql(REFUSED_TO_LEAD, owner=False)[0][0]


def test_of_two_schedulers_one_leads_and_the_other_takes_over(processes: Processes, tmp_path: Path):
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    both = [processes.start(log, "-m", "hub", "scheduler") for log in logs]
    wait_for("a leader", lambda: any("scheduler.leads" in events(log) for log in logs))
    first = 0 if "scheduler.leads" in events(logs[0]) else 1
    other = both[1 - first]
    wait_for("the other asks to lead", lambda: refused(processes.place) or other.poll() is not None)
    assert other.poll() is None, logs[1 - first].read_text()
    assert "scheduler.leads" not in events(logs[1 - first]), "only one leads"

    both[first].send_signal(signal.SIGKILL)
    wait_for("the other leads", lambda: "scheduler.leads" in events(logs[1 - first]), seconds=10)
    both[1 - first].send_signal(signal.SIGTERM)
    assert both[1 - first].wait(timeout=STARTING) == 0


def test_serve_with_scheduler_runs_all_three_renews_the_first_and_ends_all_three(
    processes: Processes, tmp_path: Path
):
    """gunicorn renews its processes: the scheduler and the worker must outlive each of them."""
    port, log = free_port(), tmp_path / "serve.log"
    server = processes.start(
        log, "-m", "hub", "serve", "--with-scheduler", "--port", str(port), "--workers", "1"
    )
    wait_for("an answer", lambda: answer(port, "/readyz") == 200 or server.poll() is not None)
    assert server.poll() is None, log.read_text()
    wait_for("a leading scheduler", lambda: "scheduler.leads" in events(log))
    children = children_of(server.pid)
    assert len(children) == 3, "one web process, the scheduler, the worker"
    companions = {pid for pid in children if b"serve" not in command_of(pid)}
    (web,) = set(children) - companions
    os.kill(web, signal.SIGTERM)
    wait_for(
        "a new web process", lambda: web not in children_of(server.pid) and answer(port, "/readyz") == 200
    )
    children = children_of(server.pid)
    assert companions <= set(children)
    assert all(state_of(pid) != "Z" for pid in companions)

    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=STARTING) == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert answer(port, "/healthz") == 0


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


SLOW_WORKER = """
import os, sys, time
from pathlib import Path
from hub import worker
from hub.infra import start
from hub.infra.outbox import Delivery
from hub.infra.sms import OutgoingSms

class Slow:
    def send(self, outgoing):
        with Path(sys.argv[1]).open("a") as file:
            file.write(outgoing.reference + "\\n")
        time.sleep(0.5)
        return "id"

    def find(self, reference):
        return None

test = Delivery(
    gate=lambda session, ref, clock: True,
    render=lambda session, ref, reference, clock: OutgoingSms("+447700900123", "Hello", reference),
    settle=lambda session, ref, outcome, clock: None,
)
start.start({}, {"test": test})
worker.run(Slow())
"""


def test_a_worker_that_is_told_to_stop_finishes_what_it_sends(processes: Processes, tmp_path: Path):
    place, sent = processes.place, tmp_path / "sent"
    sent.touch()
    for number in range(6):
        place.sql(
            "INSERT INTO outbox_entry (id, dedupe_key, kind, ref, state, attempts, created_at, next_at) "
            f"VALUES ('{new_id()}', 'd{number}', 'test', '{new_id()}', 'pending', 0, now(), now())"
        )
    worker = processes.start(tmp_path / "worker.log", "-c", SLOW_WORKER, str(sent))
    wait_for("the first message", lambda: sent.read_text().count("\n") >= 1 or worker.poll() is not None)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=STARTING) == 0, (tmp_path / "worker.log").read_text()
    rows = place.sql("SELECT state, count(*) FROM outbox_entry GROUP BY state")
    states = {str(state): int(str(count)) for state, count in rows}
    assert set(states) == {"sent", "pending"}, "nothing is left half-sent"
    assert states["sent"] == sent.read_text().count("\n") < 6
