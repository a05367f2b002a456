"""The folder of the server's socket: 0700, of the server's account, with a path short enough."""

import os
import re
import tempfile
from pathlib import Path

from hub.infra.embedded_postgres.errors import EmbeddedPostgresError, plain_errors
from hub.infra.embedded_postgres.place import PORT, PREFIX, Place, temporary_folders

_SOCKET_PATH_BYTES = 100
"""The system allows 107 bytes; some room for the lock file beside the socket."""

_SAFE_PATH = re.compile(r"[A-Za-z0-9_./-]+")
"""A comma or a quote in a socket folder means something to PostgreSQL's settings and addresses."""


def socket_is_usable(place: Place) -> bool:
    """Whether the recorded socket folder is still there, the account's own and closed to everybody else."""
    if place.socket_dir is None or place.socket_dir.is_symlink() or not place.socket_dir.is_dir():
        return False
    status = place.socket_dir.stat()
    in_reach = fits(place.socket_dir)  # the data folder may have moved to a longer path
    return in_reach and status.st_uid == place.account.uid and status.st_mode & 0o077 == 0


def make_socket_folder(place: Place) -> Path:
    """Make the folder beside the data where its path allows, else with a random name under /tmp."""
    with plain_errors(place.home):
        folder = place.home / "socket"
        if fits(folder):
            folder.mkdir(exist_ok=True)
        else:
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_short_base()))
        folder.chmod(0o700)
        if place.account.is_other:
            os.chown(folder, place.account.uid, place.account.gid)
    return folder


def _short_base() -> Path:
    for base in temporary_folders():
        if fits(base / f"{PREFIX}12345678"):
            return base
    raise EmbeddedPostgresError(
        "There is no folder with a path short enough for the database's socket. Set TMPDIR to /tmp."
    )


def fits(folder: Path) -> bool:
    """Whether a socket in this folder has a path of at most 100 bytes in plain characters."""
    path = str(folder / f".s.PGSQL.{PORT}")
    return len(os.fsencode(path)) <= _SOCKET_PATH_BYTES and _SAFE_PATH.fullmatch(path) is not None
