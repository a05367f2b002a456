"""The random passwords of the three database roles, kept in one file that only its owner can read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hub.infra.embedded_postgres.errors import EmbeddedPostgresError, plain_errors

_BYTES = 32


@dataclass(frozen=True)
class Passwords:
    """Text without characters that need quoting in an address; never shown by repr."""

    hub_admin: str = field(repr=False)
    hub_owner: str = field(repr=False)
    hub_app: str = field(repr=False)


def load_or_create(path: Path, *, cluster: Path) -> Passwords:
    """The stored passwords; new ones only while no data exists that would keep the old ones.

    EmbeddedPostgresError: the file is gone or damaged while the data is still there.
    """
    with plain_errors(path):
        if path.exists():
            return _read(path)
        if cluster.exists():
            raise EmbeddedPostgresError(
                f"The passwords of the database in {cluster} are missing ({path}). Put the file back from a "
                f"backup; or, to begin with an empty database, delete {cluster}."
            )
        return _create(path)


def _read(path: Path) -> Passwords:
    try:
        return Passwords(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise EmbeddedPostgresError(
            f"The password file {path} is damaged. Put it back from a backup; or, to begin with an empty "
            "database, delete the data folder."
        ) from error


def _create(path: Path) -> Passwords:
    passwords = Passwords(*(secrets.token_urlsafe(_BYTES) for _ in range(3)))
    write_private(path, json.dumps(asdict(passwords)))
    return passwords


def write_private(path: Path, text: str) -> None:
    """Write the whole file or nothing, 0600 from its first byte."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
