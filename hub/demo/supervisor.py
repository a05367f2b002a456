"""Child processes that live and die together."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hub.core.errors import HubError

STOP_SECONDS = 15.0
READY_SECONDS = 40.0
LOOK_SECONDS = 0.3


class ChildDied(HubError):
    """A process of the demo has ended by itself."""


@dataclass(slots=True)
class Child:
    """One process by the name that people read."""

    name: str
    process: "subprocess.Popen[bytes]"


def require_free(ports: Sequence[int]) -> None:
    """HubError naming the port when something listens on one of them."""
    for port in ports:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise HubError(
                    f"Port {port} is in use. Choose another: `hub demo --port 9000` (the next one, for the"
                    " phones, must be free too)."
                ) from None


@contextmanager
def children(commands: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> Iterator[list[Child]]:
    """Start each `hub COMMAND` and stop all of them at the end, whatever happens, none left behind.

    Each is in a process group of its own, so that Ctrl-C in the terminal reaches this process alone, which then
    ends them in turn.
    """
    started: list[Child] = []
    try:
        for name, words in commands.items():
            process = subprocess.Popen(
                [sys.executable, "-m", "hub", *words],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                process_group=0,
            )
            started.append(Child(name, process))
        yield started
    finally:
        stop(started)


def stop(started: Sequence[Child]) -> None:
    """Ask all to end, the last started first; after 15 seconds end them and what they started."""
    for child in reversed(started):
        if child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in reversed(started):
        try:
            child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _kill_group(child.process.pid)
            child.process.wait()
        _kill_group(child.process.pid)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def require_alive(started: Sequence[Child]) -> None:
    """ChildDied naming the process that has ended."""
    for child in started:
        status = child.process.poll()
        if status is not None:
            raise ChildDied(f"The {child.name} has ended by itself (status {status}); the demo stops.")


def wait_until_ready(urls: Sequence[str], started: Sequence[Child]) -> None:
    """Wait until every address answers; HubError when one does not, ChildDied when a process ended."""
    deadline = time.monotonic() + READY_SECONDS
    waiting = list(urls)
    while waiting:
        require_alive(started)
        waiting = [url for url in waiting if not _answers(url)]
        if waiting and time.monotonic() > deadline:
            raise HubError(f"{waiting[0]} does not answer. The demo stops.")
        if waiting:
            time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def watch(started: Sequence[Child], stopping: threading.Event) -> None:
    """Until told to stop; ChildDied as soon as one process has ended."""
    while not stopping.wait(LOOK_SECONDS):
        require_alive(started)


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; the old handlers come back afterwards."""
    stopping = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: stopping.set()) for number in numbers}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
