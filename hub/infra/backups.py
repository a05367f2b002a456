"""Backups of the database and their way back, with PostgreSQL's own tools.

A backup is two files of one moment: FILE holds all tables, FILE.keys the subjects' wrapped data keys. Keep FILE as
long as you like and FILE.keys for at most 30 days: an erased person's key is then gone everywhere, and what old
backups hold of them can never be read. Who was erased since the backup is destroyed again as it is restored.
The key file of the hub (HUB_KEY_FILE) is in neither: without it a backup cannot be read.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from hub.core.errors import HubError
from hub.infra import embedded_postgres, migrations
from hub.infra.embedded_postgres import EmbeddedPostgresError
from hub.infra.erasures import Erased
from hub.infra.rows import OWNER_OPTIONS

KEYS_TABLE = "public.subject_key"

_EMPTY_THE_DATABASE = """
SET lock_timeout = '10s';
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT oid::regclass AS name FROM pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') LOOP
    EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', one.name);
  END LOOP;
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
             WHERE pronamespace = 'public'::regnamespace AND proowner = current_user::regrole LOOP
    EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', one.name);
  END LOOP;
END $$;
"""
# What waits in a restored outbox may have been sent since: a second attempt looks it up at the provider first.
_LOOK_BEFORE_SENDING = """
UPDATE public.outbox_entry SET attempts = greatest(attempts, 1) WHERE state IN ('pending', 'sending');
"""
_SEALED_TABLES = r"""
SELECT DISTINCT table_name FROM information_schema.columns AS sealed
JOIN information_schema.columns AS subject USING (table_schema, table_name)
WHERE table_schema = 'public' AND subject.column_name = 'subject_id' AND sealed.column_name LIKE '%\_sealed'
"""


_DESTROY = r"""
UPDATE public.subject_key SET wrapped = NULL, destroyed_at = coalesce(destroyed_at, now())
WHERE subject_id IN (SELECT subject_id FROM erased_since);
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT sealed.table_name, sealed.column_name FROM information_schema.columns AS sealed
             JOIN information_schema.columns AS subject USING (table_schema, table_name)
             WHERE table_schema = 'public' AND subject.column_name = 'subject_id'
             AND sealed.column_name LIKE '%\_sealed' LOOP
    EXECUTE format('UPDATE public.%I SET %I = NULL WHERE subject_id IN (SELECT subject_id FROM erased_since)',
                   one.table_name, one.column_name);
  END LOOP;
END $$;
"""


_UNCHANGED = "Nothing was restored and nothing was changed."


class BackupProblem(HubError):
    """A backup cannot be written or restored; the words say why and what to do."""

    code, title = "backup_problem", "The backup cannot be made"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: the migration it is at, data keys, keys of erased people, subjects without any key."""

    revision: str | None
    keys: int
    erased: int
    keyless: int


def keys_path(path: Path) -> Path:
    """Where the wrapped data keys of the backup `path` are."""
    return path.with_name(path.name + ".keys")


def back_up(owner_url: str, path: Path) -> tuple[Path, Path]:
    """Write `path` and its keys, both of one moment and readable by their owner only; overwrites nothing.

    BackupProblem: a file is there already, the folder cannot be written, or the database cannot be read.
    """
    pair = (path, keys_path(path))
    with _plain_errors(), _reserved(*pair) as (data_part, keys_part), _one_moment(owner_url) as snapshot:
        common = [
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--enable-row-security",
            f"--snapshot={snapshot}",
        ]
        _dump(owner_url, [*common, f"--exclude-table-data={KEYS_TABLE}", f"--file={data_part}"])
        _dump(owner_url, [*common, "--data-only", f"--table={KEYS_TABLE}", f"--file={keys_part}"])
    return pair


@dataclass(frozen=True, slots=True)
class Source:
    """What is put back: the tables, the data keys, and the keys that were destroyed since (of people erased)."""

    path: Path
    keys: Path
    erased: Sequence[UUID] = ()


def restore(owner_url: str, app_role: str, source: Source, *, force: bool = False) -> Restored:
    """Put a backup into an empty database, whole or not at all; `force` empties the database first.

    Who was erased since the backup comes back without a key, in the same transaction. BackupProblem: not a
    backup, its keys are missing, made by a newer version, or the database is not empty.
    """
    with _plain_errors():
        revision = _require_restorable(source.path, source.keys)
        _require_room(owner_url, force=force)
        _replay(owner_url, source, force=force)
        migrations.grant(owner_url, app_role)
        return _found(owner_url, revision)


def erased_in(owner_url: str) -> list[Erased]:
    """Who was erased, as far as the database knows that is there now; nobody in an empty one."""
    with (
        _plain_errors(),
        psycopg.connect(_libpq(owner_url), connect_timeout=10, options=OWNER_OPTIONS) as connection,
    ):
        if connection.execute("SELECT to_regclass('public.erasure_tombstone')").fetchone() == (None,):
            return []
        rows = connection.execute("SELECT subject_id, person_id, erased_at FROM erasure_tombstone").fetchall()
    return [Erased(*row) for row in rows]


# ---------------------------------------------------------------- writing


@contextmanager
def _reserved(*paths: Path) -> Iterator[list[Path]]:
    """Part files beside their final names; the names are taken at once and filled only by complete files."""
    parts = [path.with_name(path.name + ".part") for path in paths]
    taken: list[Path] = []
    try:
        for path in (*paths, *parts):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            taken.append(path)
        yield parts
        for part, path in zip(parts, paths, strict=True):
            part.replace(path)
    except FileExistsError as error:
        _remove(taken)
        raise BackupProblem(f"{error.filename} exists already: a backup never overwrites a file.") from None
    except BaseException:
        _remove(taken)
        raise


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


@contextmanager
def _one_moment(owner_url: str) -> Iterator[str]:
    """A snapshot that both files are written from."""
    with psycopg.connect(_libpq(owner_url), connect_timeout=10, options=OWNER_OPTIONS) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        if connection.execute("SELECT to_regclass(%s)", [KEYS_TABLE]).fetchone() == (None,):
            raise BackupProblem("The database has no tables: there is nothing to back up.")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield str(row[0]) if row else ""


def _dump(owner_url: str, options: Sequence[str]) -> None:
    done = _tool("pg_dump", owner_url, options)
    if done.returncode:
        raise BackupProblem(f"The backup was not written. PostgreSQL said: {_last_line(done.stderr)}")


# ---------------------------------------------------------------- restoring


def _require_restorable(path: Path, keys: Path) -> str | None:
    """The backup's migration; BackupProblem unless both files are there, readable and not from the future."""
    if not path.is_file():
        raise BackupProblem(f"There is no backup at {path}.")
    if not keys.is_file():
        raise BackupProblem(
            f"The data keys {keys} are missing: without them no sealed record could be read. Put that file beside "
            "the backup, or name a newer one with --keys."
        )
    for one in (path, keys):
        if subprocess.run(
            [_program("pg_restore"), "--list", str(one)], check=False, capture_output=True
        ).returncode:
            raise BackupProblem(f"{one} is not a backup written by `hub db backup`, or it is damaged.")
    revision = _revision(path)
    if revision is not None and not migrations.is_known(revision):
        raise BackupProblem(
            f"{path} was written by a newer version of this program (database {revision}). Install that version."
        )
    return revision


def _revision(path: Path) -> str | None:
    command = [_program("pg_restore"), "--data-only", "--table=alembic_version", "--file=-", str(path)]
    lines = subprocess.run(command, check=False, capture_output=True, text=True).stdout.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("COPY public.alembic_version")]
    after = lines[starts[0] + 1] if starts else "\\."
    return None if after == "\\." else after.strip()


def _require_room(owner_url: str, *, force: bool) -> None:
    with psycopg.connect(_libpq(owner_url), connect_timeout=10, options=OWNER_OPTIONS) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        row = connection.execute(tables).fetchone()
    if row and row[0] and not force:
        raise BackupProblem(
            f"The database is not empty ({row[0]} tables). Restore into an empty one; or add --force, which deletes "
            "everything that is in it now."
        )


def _replay(owner_url: str, source: Source, *, force: bool) -> None:
    """One transaction from emptying to the last constraint; it commits only when every part was read whole."""
    command = [_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", "-d", _address(owner_url)]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=_environment(owner_url),
        ) as psql:
            assert psql.stdin is not None  # noqa: S101 - it was asked for
            whole = False
            try:
                whole = _feed(psql.stdin, source, force=force)
            finally:
                _close(psql.stdin)
        if psql.returncode:
            said.seek(0)
            raise BackupProblem(f"{_UNCHANGED} PostgreSQL said: {_first_error(said.read())}")
        if not whole:
            raise BackupProblem(f"{_UNCHANGED} The backup is damaged: not all of it could be read.")


def _feed(psql: IO[bytes], source: Source, *, force: bool) -> bool:
    """Whether all was read and committed; without the COMMIT, psql's end undoes everything."""
    _say(psql, "BEGIN;\n" + (_EMPTY_THE_DATABASE if force else ""))
    for options, archive in (
        ("--section=pre-data", source.path),
        ("--section=data", source.path),
        ("--data-only", source.keys),
        ("--section=post-data", source.path),
    ):
        if options == "--section=post-data":  # before triggers and row security are there
            _say(psql, _destroying(source.erased))
        command = [_program("pg_restore"), "--no-owner", "--no-privileges", options, "--file=-", str(archive)]
        if subprocess.run(command, check=False, stdout=psql, stderr=subprocess.DEVNULL).returncode:
            return False
    _say(psql, _LOOK_BEFORE_SENDING + "COMMIT;\n")
    return True


def _destroying(erased: Sequence[UUID]) -> str:
    """Destroy these keys and empty every sealed column under them."""
    if not erased:
        return ""
    ids = ", ".join(f"('{one}'::uuid)" for one in erased)
    return f"CREATE TEMP TABLE erased_since (subject_id) AS VALUES {ids};\n{_DESTROY}"


def _say(psql: IO[bytes], statements: str) -> None:
    try:
        psql.write(statements.encode())
        psql.flush()
    except BrokenPipeError:
        return  # psql has ended at an error, which it has written down


def _close(stdin: IO[bytes]) -> None:
    try:
        stdin.close()
    except BrokenPipeError:
        return


def _found(owner_url: str, revision: str | None) -> Restored:
    with psycopg.connect(
        _libpq(owner_url), autocommit=True, connect_timeout=10, options=OWNER_OPTIONS
    ) as connection:
        connection.execute("ANALYZE")
        counted = connection.execute(
            "SELECT count(wrapped), count(*) FILTER (WHERE wrapped IS NULL) FROM subject_key"
        )
        keys, erased = counted.fetchone() or (0, 0)
        return Restored(revision, keys, erased, _keyless(connection))


def _keyless(connection: psycopg.Connection) -> int:
    """Subjects with sealed rows but no row in subject_key: the keys are older than the backup."""
    tables = connection.execute(_SEALED_TABLES).fetchall()
    missing: set[object] = set()
    for (table,) in tables:
        query = SQL("SELECT DISTINCT subject_id FROM {} EXCEPT SELECT subject_id FROM subject_key")
        missing.update(connection.execute(query.format(Identifier(table))).fetchall())
    return len(missing)


# ---------------------------------------------------------------- PostgreSQL's tools


def _program(name: str) -> str:
    """The tool of the wheel, else of the system."""
    try:
        return str(embedded_postgres.binary(name))
    except EmbeddedPostgresError:
        found = shutil.which(name)
        if found is None:
            raise BackupProblem(
                f"The program {name} is missing: install the client tools of PostgreSQL {embedded_postgres.MAJOR}."
            ) from None
        return found


def _tool(name: str, owner_url: str, options: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    command = [_program(name), *options, f"--dbname={_address(owner_url)}"]
    return subprocess.run(command, check=False, capture_output=True, env=_environment(owner_url))


def _address(owner_url: str) -> str:
    """For a command line, which others can see: without the password."""
    url = make_url(owner_url).set(drivername="postgresql")
    return url._replace(password=None).render_as_string(hide_password=False)


def _environment(owner_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {
        **kept,
        "PGPASSWORD": make_url(owner_url).password or "",
        "LC_MESSAGES": "C",
        "PGOPTIONS": OWNER_OPTIONS,
    }


def _libpq(owner_url: str) -> str:
    return make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)


def _last_line(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"


def _first_error(said: bytes) -> str:
    """The first error without its details, which may quote a row."""
    lines = said.decode(errors="replace").splitlines()
    errors = [line.split("ERROR:", 1)[1].strip() for line in lines if "ERROR:" in line]
    return (errors or [_last_line(said)])[0]


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupProblem(
            f"{error.filename or 'A file'}: {error.strerror or type(error).__name__}."
        ) from None
    except psycopg.Error as error:
        said = str(error).strip().splitlines()
        raise BackupProblem(
            f"The database cannot be used: {said[0] if said else type(error).__name__}"
        ) from None
