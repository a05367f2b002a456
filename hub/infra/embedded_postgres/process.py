"""Starting, finding and stopping the server process of a place. The caller holds the lock."""

import os
import re
import shlex
import time
from dataclasses import replace
from pathlib import Path

from psycopg import conninfo, pq

from hub.infra.embedded_postgres.account import run_as
from hub.infra.embedded_postgres.errors import EmbeddedPostgresError, plain_errors, tool_failed
from hub.infra.embedded_postgres.place import PORT, Place, record_place
from hub.infra.embedded_postgres.settings import server_settings
from hub.infra.embedded_postgres.sockets import make_socket_folder, socket_is_usable

START_SECONDS = 30
STOP_SECONDS = 30

_POLL_SECONDS = 0.05
_HAS_PROC = Path("/proc/self/cwd").exists()
_LOG_BYTES = 5_000_000
_NOT_GONE_YET = re.compile(r'is still in use|lock file ".*" already exists')
"""What PostgreSQL says while parts of a killed server are still going away, or its process id is taken."""


def ping(place: Place) -> pq.Ping:
    """Whether a server answers on the place's socket (OK), is not ready yet (REJECT) or is not there."""
    if not socket_is_usable(place):
        return pq.Ping.NO_RESPONSE
    target = conninfo.make_conninfo(host=str(place.socket_dir), port=PORT, connect_timeout=5)
    return pq.Ping(pq.PGconn.ping(target.encode()))


def server_pid(place: Place) -> int | None:
    """The process id the server wrote down; it may be stale. None if there is none."""
    with plain_errors(place.cluster):
        try:
            return int((place.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None


def is_alive(place: Place) -> bool:
    """Whether the written-down process exists and works in this data folder (ids are used again)."""
    pid = server_pid(place)
    if pid is None or _HAS_PROC:
        return pid in _processes_in(place.cluster)
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def start(place: Place, bin_dir: Path, *, durable: bool) -> Place:
    """Start the server and wait until it is ready; the place returned names its socket.

    EmbeddedPostgresError, with the last 5 log lines, if it is not ready within 30 seconds.
    """
    deadline = time.monotonic() + START_SECONDS
    if not socket_is_usable(place):
        place = replace(place, socket_dir=make_socket_folder(place))
    record_place(place)
    _keep_log_small(place)
    while True:
        output = _pg_ctl_start(place, bin_dir, durable=durable)
        if output is None or wait_while_changing(place) == pq.Ping.OK:
            return place  # OK too if a killed process's start was still under way and has now finished
        late = time.monotonic() >= deadline
        if late or not _NOT_GONE_YET.search(output):
            within = f" within {START_SECONDS} seconds" if late else ""
            raise tool_failed(f"PostgreSQL did not start{within}", place.home, output)
        _forget_dead_server(place)
        time.sleep(_POLL_SECONDS)


def _pg_ctl_start(place: Place, bin_dir: Path, *, durable: bool) -> str | None:
    """None when the server is ready, else what it wrote to its log during this start."""
    assert place.socket_dir is not None  # noqa: S101 - start() has just made it
    settings = server_settings(place.socket_dir, durable=durable)
    options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
    log_start = place.log.stat().st_size if place.log.exists() else 0
    command: list[str | Path] = [bin_dir / "pg_ctl", "start", "-w", "-t", str(START_SECONDS)]
    # PGDATA and a relative log: pg_ctl puts -D and -l into a shell line, and a path may hold anything.
    command += ["-l", place.log.name, "-o", options]
    result = run_as(place.account, command, cwd=place.cluster, env={"PGDATA": str(place.cluster)})
    if result.returncode == 0:
        return None
    return _log_from(place, log_start) or result.stdout


def stop(place: Place, bin_dir: Path) -> bool:
    """Stop the server, ending its connections; False if none ran. EmbeddedPostgresError after 30 s."""
    if not is_alive(place):
        return False
    command: list[str | Path] = [bin_dir / "pg_ctl", "stop", "-m", "fast", "-w", "-t", str(STOP_SECONDS)]
    result = run_as(place.account, command, cwd=place.cluster, env={"PGDATA": str(place.cluster)})
    if result.returncode != 0 and is_alive(place):
        raise tool_failed(f"PostgreSQL did not stop within {STOP_SECONDS} seconds", place.home, result.stdout)
    return True


def wait_while_changing(place: Place) -> pq.Ping:
    """The answer of the server once it is neither starting up nor shutting down; waits 30 s at most."""
    deadline = time.monotonic() + START_SECONDS
    while (answer := ping(place)) == pq.Ping.REJECT:
        if time.monotonic() >= deadline:
            raise EmbeddedPostgresError(
                f"The database in {place.home} has been starting or stopping for more than {START_SECONDS} "
                "seconds (it may be recovering after a crash). Wait a minute and try again."
            )
        time.sleep(_POLL_SECONDS)
    return answer


def _forget_dead_server(place: Place) -> None:
    """Remove a dead server's lock files (data and socket) whose process number seems to be in use.

    PostgreSQL only asks whether such a process exists: in a restarted container, or where dead processes
    are not collected, it would refuse to start for ever. Safe only when nothing works in the data folder.
    """
    if _HAS_PROC and not _processes_in(place.cluster):
        left = [place.cluster / "postmaster.pid"]
        if place.socket_dir is not None:
            left.append(place.socket_dir / f".s.PGSQL.{PORT}.lock")
        with plain_errors(place.home):
            for path in left:
                path.unlink(missing_ok=True)


def _processes_in(cluster: Path) -> set[int]:
    """The processes whose working folder is the data folder: the server and its parts, nothing else."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(cluster):  # noqa: PTH115 - a link text, not a path to follow
                found.add(int(entry.name))
        except OSError:
            continue  # gone meanwhile, or another account's
    return found


def _keep_log_small(place: Place) -> None:
    with plain_errors(place.log):
        if place.log.exists() and place.log.stat().st_size > _LOG_BYTES:
            place.log.replace(place.log.with_name(place.log.name + ".old"))


def _log_from(place: Place, start_byte: int) -> str:
    try:
        with place.log.open("rb") as file:
            file.seek(start_byte)
            return file.read(_LOG_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""
