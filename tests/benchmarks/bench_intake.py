"""Intake: POST /api/v1/referrals under two web processes, against the same inserts by bare psycopg.

The embedded PostgreSQL is durable, as in service. The server is `hub serve --workers 2`; the callers are 8 threads of
another process. The bare run replays the INSERTs that one request was seen to make (same SQL, same rows but for ids
and unique values, one commit), in 2 processes of 4 threads. Runs alternate, and medians are reported, because the
machine is rarely quiet: look at the ratio first.
"""

import argparse
import http.client
import json
import os
import pickle
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from tests.benchmarks.figures import Figure

PORT = 23_417  # below 32768, where a caller's own port could be given the same number
CONCURRENCY = 8
SECONDS = 5.0
ROUNDS = 5
WARM_UP = 8.0
"""Until every connection of every process has its statements prepared and its settings remembered."""
PATH = "/api/v1/referrals"
# A borough has thousands of postcodes; one for all would make everybody a neighbour of everybody.
POSTCODES = [
    f"E{area} {number}{a}{b}"
    for area in (5, 8, 9)
    for number in range(1, 10)
    for a in "AB"
    for b in "ABDEFGHJ"
]
Json = dict[str, Any]


# ---------------------------------------------------------------- a deployment of its own


def settings_of(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return kept | {"HUB_DATA_DIR": str(folder), "HUB_ENVIRONMENT": "demo", "HUB_LOG_LEVEL": "WARNING"}


def hub(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "hub", *words]
    done = subprocess.run(command, check=True, env=settings_of(folder), stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


@contextmanager
def deployment():
    """(folder, API key of a JobCentre) of a new hub whose database waits for the disk at every commit."""
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    folder.chmod(0o755)
    try:
        hub(folder, "database", "start")
        hub(folder, "db", "upgrade")
        lines = [f"{one},51.54,-0.06,E09000012,W1" for one in POSTCODES]
        (folder / "postcodes.csv").write_text("\n".join(["postcode,lat,lon,district,ward", *lines, ""]))
        hub(folder, "postcodes", "import", str(folder / "postcodes.csv"))
        hub(folder, "organisations", "create", "hub", "--kind", "hub", "--name", "Hub")
        hub(folder, "organisations", "create", "jcp", "--kind", "jobcentre", "--name", "Jobcentre")
        key = hub(folder, "keys", "create", "--organisation", "jcp", "--role", "referrer").splitlines()[-1]
        yield folder, key
    finally:
        hub(folder, "database", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(folder: Path):
    """`hub serve` with two web processes, once it answers."""
    command = [sys.executable, "-m", "hub", "serve", "--port", str(PORT), "--workers", "2"]
    with subprocess.Popen(command, env=settings_of(folder)) as server:
        try:
            _wait_for_answer(server)
            yield
        finally:
            server.terminate()


def _wait_for_answer(server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with status {server.returncode}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("the server did not become ready")


# ---------------------------------------------------------------- the callers


def body(rng: random.Random) -> Json:
    """One learner like no other: nothing shared with anybody, so no duplicate is suspected."""
    syllables = "ba be do fa gi ha jo ka li ma no pe ra sa ti vo wa ya zu chi".split()
    name = lambda: "".join(rng.choices(syllables, k=5)).title()  # noqa: E731
    born = date(1960, 1, 1) + timedelta(days=rng.randrange(15_000))
    return {
        "external_reference": f"JC-{rng.randrange(10**12)}",
        "source": "jobcentre",
        "reason": "Wants to find work and to talk to the school",
        "learner": {
            "given_names": name(),
            "family_name": name(),
            "date_of_birth": born.isoformat(),
            "postcode": rng.choice(POSTCODES),
            "phone": f"074{rng.randrange(10**8):08d}",
            "email": f"{name().lower()}{rng.randrange(10**6)}@example.org",
            "preferred_language": "so",
            "interpreter_needed": False,
            "safe_to_text": True,
        },
        "availability": ["mon-am", "tue-pm"],
        "needs": ["childcare"],
        "consent": {
            "given_on": date.today().isoformat(),  # noqa: DTZ011 - the server's own day is London's
            "channel": "in_person",
            "language": "en",
            "wording_version": _wording(),
            "purposes": ["P03", "P05", "P06"],
        },
    }


def _wording() -> str:
    from hub.consent.domain import load_wording

    return load_wording("en").version


def call(key: str, seconds: float) -> Json:
    """8 threads that each send one referral after another; any answer but 201 counts as an error."""
    times: list[float] = []
    errors: list[str] = []
    until = time.perf_counter() + seconds
    threads = [
        threading.Thread(target=_caller, args=(key, until, random.Random(), times, errors))
        for _ in range(CONCURRENCY)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seconds": time.perf_counter() - began, "times": times, "errors": errors}


def _caller(key: str, until: float, rng: random.Random, times: list[float], errors: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    while time.perf_counter() < until:
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid4()),
        }
        sent = json.dumps(body(rng))
        began = time.perf_counter()
        connection.request("POST", PATH, sent, headers)
        answer = connection.getresponse()
        text = answer.read()
        times.append(time.perf_counter() - began)
        if answer.status != 201:
            errors.append(f"{answer.status} {text[:200]!r}")
    connection.close()


# ---------------------------------------------------------------- the same inserts, bare


def record_inserts(key: str) -> Json:
    """What one request says to the database: all statements counted, its INSERTs with their values."""
    from sqlalchemy import event

    from hub.app import create_app
    from hub.cli import bring_up
    from hub.core.ids import new_id

    runtime = bring_up()
    client = create_app(runtime).test_client()
    seen: list[tuple[str, Any]] = []
    commits: list[int] = []
    rng = random.Random()

    def post() -> None:
        answer = client.post(
            PATH, json=body(rng), headers={"Authorization": f"Bearer {key}", "Idempotency-Key": str(uuid4())}
        )
        if answer.status_code != 201:
            raise RuntimeError(f"intake refused: {answer.status_code} {answer.text}")

    post()  # the first request of a process fills caches
    # The driver's own calls are noted: most rows of a referral go past the ORM (hub.infra.writes).
    event.listen(runtime.engine, "checkout", lambda raw, *_: setattr(raw, "cursor_factory", _noting(seen)))
    event.listen(runtime.engine, "commit", lambda _: commits.append(1))
    marker = new_id()
    time.sleep(0.01)  # ids grow by the millisecond
    post()
    runtime.engine.dispose()
    inserts = [(statement, *given) for statement, given in seen if statement.lstrip().startswith("INSERT")]
    return {
        "inserts": inserts,
        "marker": marker,
        "statements": len(seen),
        "commits": len(commits),
        "kinds": [statement.split(None, 3)[:3] for statement, _ in seen],
    }


def _noting(seen: list[tuple[str, Any]]) -> type[psycopg.Cursor[Any]]:
    class Noting(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            seen.append((query, (params, False)))
            return super().execute(query, params, **options)

        def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
            seen.append((query, (params_seq, True)))
            super().executemany(query, params_seq, **options)

    return Noting


class Replay:
    """The recorded inserts with new ids and new unique values each time."""

    UNIQUE_TEXT = ("reference", "external_reference", "key", "dedupe_key", "location")

    def __init__(self, recorded: Json) -> None:
        self.inserts, self.marker = recorded["inserts"], recorded["marker"]

    def __iter__(self):
        made: dict[UUID, UUID] = {}
        for statement, parameters, many in self.inserts:
            rows = parameters if many else [parameters]
            fresh = [{name: self._fresh(name, value, made) for name, value in row.items()} for row in rows]
            yield statement, fresh if many else fresh[0], many

    def _fresh(self, name: str, value: Any, made: dict[UUID, UUID]) -> Any:
        if isinstance(value, UUID):
            # Made by the recorded request (version 7 ids grow), or there before it.
            return made.setdefault(value, uuid4()) if value > self.marker else value
        if isinstance(value, bytes | psycopg.Binary):
            return os.urandom(len(value if isinstance(value, bytes) else value.obj))
        if isinstance(value, list):
            return [self._fresh("", one, made) for one in value]
        if isinstance(value, str) and name.split("__", maxsplit=1)[0] in self.UNIQUE_TEXT:
            return uuid4().hex[: max(len(value), 12)]
        return value


def replay(folder: Path, seconds: float) -> int:
    """Referrals written by 4 threads of this process, each with a connection of its own."""
    from hub.infra.embedded_postgres import ensure_running

    recorded = pickle.loads((folder / "inserts.pickle").read_bytes())
    address = ensure_running(folder).app_url.replace("postgresql+psycopg://", "postgresql://", 1)
    counts: list[int] = []
    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=_replay, args=(recorded, address, until, counts)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(counts) != len(threads):
        raise RuntimeError("a replaying thread failed; its error is above")
    return sum(counts)


def _replay(recorded: Json, address: str, until: float, counts: list[int]) -> None:
    source = Replay(recorded)
    with (
        psycopg.connect(address, options="-c timezone=UTC -c app.sees=all") as connection,
        connection.cursor() as cursor,
    ):
        done = 0
        while time.perf_counter() < until:
            for statement, parameters, many in source:
                (cursor.executemany if many else cursor.execute)(statement, parameters)
            connection.commit()
            done += 1
        counts.append(done)


# ---------------------------------------------------------------- measuring


def _elsewhere(folder: Path, *words: str) -> Any:
    """Run a part of this module in a process of its own; its last line is JSON."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_intake", *words, "--folder", str(folder)]
    done = subprocess.run(command, check=True, env=settings_of(folder), stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _bare(folder: Path) -> float:
    """Referrals a second of two processes at once."""
    found: list[int] = []
    both = [threading.Thread(target=lambda: found.append(_elsewhere(folder, "replay"))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    return sum(found) / SECONDS


def _analyse(folder: Path) -> None:
    """What autovacuum does within a minute of a new hub's first rows: the planner learns that there are some."""
    from hub.infra.embedded_postgres import ensure_running

    address = ensure_running(folder).owner_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("ANALYZE")


def measure() -> Json:
    """Alternate both runs; medians of the rates, all times together."""
    with deployment() as (folder, key):
        seen = _elsewhere(folder, "record", "--key", key)
        rates, bare, times = [], [], []
        with serving(folder):
            _elsewhere(folder, "call", "--key", key, "--seconds", str(WARM_UP))
            _analyse(folder)
            for _ in range(ROUNDS):
                found = _elsewhere(folder, "call", "--key", key, "--seconds", str(SECONDS))
                if found["errors"]:
                    raise RuntimeError(f"{len(found['errors'])} requests failed: {found['errors'][0]}")
                rates.append(len(found["times"]) / found["seconds"])
                times += found["times"]
                bare.append(_bare(folder))
    cuts = statistics.quantiles(times, n=100)
    return {
        "rate": statistics.median(rates), "bare": statistics.median(bare), "rates": rates, "bares": bare,
        "p50": cuts[49] * 1000, "p95": cuts[94] * 1000, "p99": cuts[98] * 1000, "count": len(times), **seen,
    }  # fmt: skip


def run() -> list[Figure]:
    """Requests a second, their times, and the ratio to bare inserts."""
    found = measure()
    shown = f"{ROUNDS} runs {[round(rate) for rate in found['rates']]}; {found['count']} requests, no error; later >= 300"
    said = (
        f"{found['statements']} statements a request, {found['inserts']} INSERTs, {found['commits']} commits; "
        f"bare runs {[round(rate) for rate in found['bares']]}"
    )
    return [
        Figure("intake: requests per second, 8 callers", found["rate"], "/s", None, "more", shown),
        Figure("intake: p50", found["p50"], "ms", None, "less"),
        Figure("intake: p95", found["p95"], "ms", None, "less", "later <= 40 ms"),
        Figure("intake: p99", found["p99"], "ms", None, "less", "later <= 80 ms"),
        Figure("intake: the same inserts, bare psycopg", found["bare"], "/s", None, "more", said),
        Figure("intake: ratio to bare psycopg", found["rate"] / found["bare"], "", 0.35, "more", "medians"),
    ]


def main(words: list[str]) -> None:
    """One part, in a process of its own."""
    reader = argparse.ArgumentParser()
    reader.add_argument("part", choices=["call", "record", "replay"])
    reader.add_argument("--folder", type=Path)
    reader.add_argument("--key", default="")
    reader.add_argument("--seconds", type=float, default=SECONDS)
    given = reader.parse_args(words)
    if given.part == "call":
        print(json.dumps(call(given.key, given.seconds)))
    elif given.part == "replay":
        print(json.dumps(replay(given.folder, given.seconds)))
    else:
        seen = record_inserts(given.key)
        (given.folder / "inserts.pickle").write_bytes(pickle.dumps(seen))
        print(
            json.dumps(
                {
                    "statements": seen["statements"],
                    "inserts": len(seen["inserts"]),
                    "commits": seen["commits"],
                }
            )
        )


if __name__ == "__main__":
    main(sys.argv[1:])
