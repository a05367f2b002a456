"""Where the server of a data folder keeps its data, its socket and its log.

`<data folder>/postgres` always holds the lock, the passwords and the pointer file `place.json`. The data
itself stands beside them, unless the program runs as root and the server's account cannot reach that
folder: then it goes to a folder the account can reach, and the pointer names it. The permissions of a
parent folder are never changed.
"""

import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hub.infra.embedded_postgres.account import Account, can_enter, server_account
from hub.infra.embedded_postgres.errors import EmbeddedPostgresError, plain_errors
from hub.infra.embedded_postgres.passwords import write_private

PORT = 5432
"""Only part of the socket's file name: the server does not listen on the network."""

_SOCKET_PATH_BYTES = 100
"""The system allows 107 bytes; some room for the lock file beside the socket."""

_SAFE_PATH = re.compile(r"[A-Za-z0-9_./-]+")
"""A comma or a quote in a socket folder means something to PostgreSQL's settings and addresses."""

_LASTING = (Path("/var/lib"), Path("/srv"))
_PREFIX = "esol-hub-"


@dataclass(frozen=True)
class Place:
    """The folders of one server. `home` equals `control` unless the account cannot reach it."""

    control: Path
    home: Path
    account: Account
    socket_dir: Path | None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """The server's log: no statements and no values, so no personal data."""
        return self.cluster / "hub-server.log"

    @property
    def passwords(self) -> Path:
        """The file of the roles' passwords, 0600, of this program's account."""
        return self.control / "passwords.json"


def control_folder(data_dir: Path) -> Path:
    """The folder of the lock, the pointer and the passwords; may not exist yet."""
    return data_dir.resolve() / "postgres"


def make_control_folder(data_dir: Path) -> Path:
    """Make the data folder and the control folder; EmbeddedPostgresError if they cannot be written."""
    control = control_folder(data_dir)
    with plain_errors(data_dir):
        if not control.is_dir():
            control.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not os.access(control, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    return control


def recorded_place(control: Path) -> Place | None:
    """The place chosen earlier, None if none was; EmbeddedPostgresError if the pointer is damaged."""
    pointer = control / "place.json"
    with plain_errors(pointer):
        if not pointer.exists():
            return None
        try:
            record = json.loads(pointer.read_text(encoding="utf-8"))
            home = control / record["home"]
            socket_dir = Path(record["socket"]) if record["socket"] else None
        except (ValueError, TypeError, KeyError) as error:
            raise EmbeddedPostgresError(
                f"The file {pointer}, which says where the database is, is damaged. Put it back from a backup."
            ) from error
        return Place(control, home, server_account(home / "data"), socket_dir)


def record_place(place: Place) -> None:
    """Write the pointer. A home inside the data folder is stored relative, so the folder can be moved."""
    home = "." if place.home == place.control else str(place.home)
    with plain_errors(place.control):
        text = json.dumps({"home": home, "socket": str(place.socket_dir or "")})
        write_private(place.control / "place.json", text)


def choose_place(control: Path, *, durable: bool) -> Place:
    """Decide where the data goes and make that folder; EmbeddedPostgresError if no folder will do."""
    account = server_account(control / "data")
    if not account.is_other or can_enter(account, control):
        return Place(control, control, account, None)
    with plain_errors(control):
        home = _lasting_home(control, account) if durable else _throwaway_home(account)
    if home is None:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and the account {account.name} that would run it cannot reach "
            f"{control}. Set HUB_DATA_DIR to a folder that account can reach, such as one under /srv."
        )
    return Place(control, home, account, None)


def _lasting_home(control: Path, account: Account) -> Path | None:
    digest = hashlib.sha256(os.fsencode(control)).hexdigest()[:12]
    for parent in _LASTING:
        home = parent / f"{_PREFIX}{digest}"
        if (home / "data").exists():
            raise EmbeddedPostgresError(
                f"An earlier database of this data folder is in {home}, but {control} no longer knows it. Put "
                f"{control} back from a backup; or, to begin with an empty database, delete {home}."
            )
        if parent.is_dir() and os.access(parent, os.W_OK) and can_enter(account, parent):
            home.mkdir(mode=0o711, exist_ok=True)
            return home
    return None


def _throwaway_home(account: Account) -> Path | None:
    for parent in dict.fromkeys((Path(tempfile.gettempdir()), Path("/tmp"))):  # noqa: S108 - mkdtemp names are random
        if parent.is_dir() and can_enter(account, parent):
            home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            home.chmod(0o711)
            return home
    return None


def socket_is_usable(place: Place) -> bool:
    """Whether the recorded socket folder is still there, the account's own and closed to everybody else."""
    if place.socket_dir is None or place.socket_dir.is_symlink() or not place.socket_dir.is_dir():
        return False
    status = place.socket_dir.stat()
    return status.st_uid == place.account.uid and status.st_mode & 0o077 == 0


def make_socket_folder(place: Place) -> Path:
    """A 0700 folder of the account with a path short enough for a socket (107 bytes), else under /tmp."""
    inside = place.home / "socket"
    with plain_errors(place.home):
        if _fits(inside):
            inside.mkdir(mode=0o700, exist_ok=True)
            folder = inside
        else:
            base = next(
                (b for b in (Path(tempfile.gettempdir()), Path("/tmp")) if _fits(b / (_PREFIX + "12345678"))),
                None,
            )  # noqa: S108
            if base is None:
                raise EmbeddedPostgresError(
                    "No folder with a short path for the database socket. Set TMPDIR to one."
                )
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        if place.account.is_other:
            os.chown(folder, place.account.uid, place.account.gid)
        folder.chmod(0o700)
    return folder


def _fits(folder: Path) -> bool:
    socket = str(folder / f".s.PGSQL.{PORT}")
    return len(os.fsencode(socket)) <= _SOCKET_PATH_BYTES and _SAFE_PATH.fullmatch(socket) is not None
