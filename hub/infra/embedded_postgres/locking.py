"""One process at a time starts, stops or changes the server of a data folder."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.infra.embedded_postgres.errors import EmbeddedPostgresError, plain_errors

LOCK_WAIT_SECONDS = 90.0
"""Longer than one start and one stop together (30 s each), so that a waiting process sees their result."""

_POLL_SECONDS = 0.02


@contextmanager
def exclusive(folder: Path, *, wait_seconds: float = LOCK_WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock of the folder; the system frees it when a process dies, however it dies."""
    path = folder / "lock"
    with plain_errors(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        _acquire(handle, path, time.monotonic() + wait_seconds)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise EmbeddedPostgresError(
                    f"Another process has been starting or stopping this database for too long "
                    f"(lock {path}). Look for a hanging `hub` process, end it, and try again."
                ) from None
            time.sleep(_POLL_SECONDS)
        else:
            return
