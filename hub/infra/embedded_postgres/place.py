"""Where the server of a data folder keeps its data, its socket and its log.

`<data folder>/postgres` always holds the lock, the passwords and the pointer file `place.json`. The data
itself stands beside them, unless the program runs as root and the server's account cannot reach that
folder: then it goes to a folder the account can reach, and the pointer names it. The permissions of a
parent folder are never changed.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hub.infra.embedded_postgres.account import Account, can_enter, server_account
from hub.infra.embedded_postgres.errors import EmbeddedPostgresError, plain_errors
from hub.infra.embedded_postgres.passwords import write_private

PORT = 5432
"""Only part of the socket's file name: the server does not listen on the network."""

_PASSABLE = 0o711
"""For folders of root that the server's account must pass through; set without regard to the umask."""

_LASTING = (Path("/var/lib"), Path("/srv"))
PREFIX = "esol-hub-"
"""What every folder outside the data folder begins with."""


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
            control.mkdir(parents=True, exist_ok=True)
            control.chmod(_PASSABLE if os.geteuid() == 0 else 0o700)
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
            socket_dir = home / record["socket"] if record["socket"] else None
        except (ValueError, TypeError, KeyError) as error:
            raise EmbeddedPostgresError(
                f"The file {pointer}, which says where the database is, is damaged. Restore it from a backup."
            ) from error
        return Place(control, home, server_account(home / "data"), socket_dir)


def record_place(place: Place) -> None:
    """Write the pointer. What is inside the data folder is stored relative, so that it can be moved."""
    socket_dir = place.socket_dir
    inside = socket_dir is not None and socket_dir.parent == place.home
    record = {
        "home": "." if place.home == place.control else str(place.home),
        "socket": socket_dir.name if socket_dir and inside else str(socket_dir or ""),
    }
    with plain_errors(place.control):
        write_private(place.control / "place.json", json.dumps(record))


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
        home = parent / f"{PREFIX}{digest}"
        if (home / "data").exists():
            raise EmbeddedPostgresError(
                f"An earlier database of this data folder is in {home}, but {control} no longer knows it. "
                f"Put {control} back from a backup; or, to begin with an empty database, delete {home}."
            )
        if parent.is_dir() and os.access(parent, os.W_OK) and can_enter(account, parent):
            home.mkdir(exist_ok=True)
            home.chmod(_PASSABLE)
            return home
    return None


def _throwaway_home(account: Account) -> Path | None:
    for parent in temporary_folders():
        if parent.is_dir() and can_enter(account, parent):
            home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            home.chmod(_PASSABLE)
            return home
    return None


def temporary_folders() -> tuple[Path, ...]:
    """The temporary folders in order of choice; TMPDIR may be long or closed to the server's account."""
    return tuple(dict.fromkeys((Path(tempfile.gettempdir()), Path("/tmp"))))  # noqa: S108 - random names in it
