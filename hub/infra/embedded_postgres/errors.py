"""One plain-English error for everything that can go wrong with the embedded PostgreSQL."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_DISK_FULL_WORDS = ("No space left on device", "Disk quota exceeded")


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked; the message says why and what to do."""


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn an operating system error about `path` into one sentence a person can act on."""
    try:
        yield
    except OSError as error:
        raise EmbeddedPostgresError(_explain(path, error)) from error


def _explain(path: Path, error: OSError) -> str:
    if error.errno in _FULL:
        return disk_full(path)
    if error.errno in _REFUSED:
        return (
            f"The data folder {path} cannot be written by this account. "
            "Give the account write permission there, or set HUB_DATA_DIR to a folder it may write."
        )
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        return f"{path} cannot be made: a file stands in its way. Set HUB_DATA_DIR to another folder."
    reason = error.strerror or str(error)
    return f"The data folder {path} cannot be used ({reason}). Set HUB_DATA_DIR to one that can be written."


def disk_full(path: Path) -> str:
    """What to tell a person when the disk that holds `path` is full."""
    return f"The disk that holds {path} is full. Free some space there, then start again."


def tool_failed(what: str, path: Path, output: str) -> EmbeddedPostgresError:
    """The error for a failed PostgreSQL program: a known cause by name, else its last 5 lines."""
    if any(words in output for words in _DISK_FULL_WORDS):
        return EmbeddedPostgresError(disk_full(path))
    lines = [line.strip() for line in output.splitlines() if line.strip()][-5:]
    said = " | ".join(lines) or "nothing"
    return EmbeddedPostgresError(f"{what} (folder {path}). PostgreSQL said: {said}")
