"""Making PostgreSQL's data folder, and refusing one of another major version."""

import os
import shutil
import tempfile
from pathlib import Path

from hub.infra.embedded_postgres.account import run_as
from hub.infra.embedded_postgres.binaries import MAJOR
from hub.infra.embedded_postgres.errors import EmbeddedPostgresError, plain_errors, tool_failed
from hub.infra.embedded_postgres.passwords import Passwords, write_private
from hub.infra.embedded_postgres.place import Place

ADMIN = "hub_admin"
"""The superuser: makes roles and databases, never used by the application."""


def make_cluster(place: Place, bin_dir: Path, passwords: Passwords, *, durable: bool) -> None:
    """Make the data folder with C.UTF-8, UTF8 and a password for every connection, local ones too.

    It is made beside its final name and renamed, so an interrupted start leaves no half-made data.
    """
    with plain_errors(place.home):
        for old in place.home.glob("data.new-*"):
            shutil.rmtree(old, ignore_errors=True)
        # A new name each time: the initdb of a starter that was killed may still be writing to the old.
        work = Path(tempfile.mkdtemp(prefix="data.new-", dir=place.home))
        password_file = work / "password"
        write_private(password_file, passwords.hub_admin)
        # The file before its folder: once the folder is the account's, root follows no name inside it.
        _give(place, password_file, work)
    made = work / "data"
    _initdb(place, bin_dir, made, durable=durable)
    with plain_errors(place.home):
        made.rename(place.cluster)
        shutil.rmtree(work, ignore_errors=True)


def _initdb(place: Place, bin_dir: Path, made: Path, *, durable: bool) -> None:
    command: list[str | Path] = [bin_dir / "initdb", "-D", made, "-U", ADMIN]
    command += [
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    command += ["--auth=scram-sha-256", f"--pwfile={made.parent / 'password'}", "--no-instructions"]
    if not durable:
        command.append("--no-sync")
    result = run_as(place.account, command, cwd=place.home)
    if result.returncode != 0:
        raise tool_failed("PostgreSQL could not make its data folder", place.home, result.stdout)


def _give(place: Place, *paths: Path) -> None:
    if place.account.is_other:
        for path in paths:
            os.chown(path, place.account.uid, place.account.gid, follow_symlinks=False)


def require_same_major(place: Place) -> None:
    """EmbeddedPostgresError unless the data folder was made by the major version this program runs."""
    with plain_errors(place.cluster):
        path = place.cluster / "PG_VERSION"
        found = path.read_text(encoding="ascii", errors="replace").strip()[:10] if path.is_file() else ""
    if not found:
        raise EmbeddedPostgresError(
            f"The folder {place.cluster} holds no PostgreSQL data (PG_VERSION is missing). Put it back from "
            "a backup; or, to begin with an empty database, delete it."
        )
    if found != str(MAJOR):
        raise EmbeddedPostgresError(
            f"The data in {place.cluster} was made by PostgreSQL {found}; this program runs PostgreSQL "
            f"{MAJOR}. Write a backup with the version of the hub that made it and restore that here, or set "
            f"HUB_DATABASE_URL to a PostgreSQL {found} server. The data was not changed."
        )
