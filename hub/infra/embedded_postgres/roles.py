"""The roles and databases inside the server.

`hub_owner` owns the databases and migrates them; `hub_app` runs the application: not an owner, not a
superuser and bound by row security, which readiness checks.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import errors as pg
from psycopg.sql import SQL, Composed, Identifier, Literal

from hub.infra.embedded_postgres.errors import EmbeddedPostgresError
from hub.infra.embedded_postgres.passwords import Passwords

OWNER = "hub_owner"
APP = "hub_app"
DATABASE = "hub"

_STATE = """
SELECT current_setting('data_directory'), current_setting('fsync'),
       ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname IN ('hub_owner', 'hub_app')),
       EXISTS (SELECT FROM pg_database WHERE datname = 'hub')
"""
_LIMITS = SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")


def prepare(admin_url: str, passwords: Passwords, cluster: Path, *, durable: bool) -> None:
    """Make what is missing of the roles and the database `hub`; doing it twice changes nothing.

    EmbeddedPostgresError: the server refuses the stored password, serves other data, or is an unsafe
    test server although lasting data was asked for.
    """
    with _admin(admin_url) as connection:
        row = connection.execute(_STATE).fetchone()
        served, fsync, roles, has_database = row or ("", "", [], False)
        _require_right_server(Path(served), cluster, unsafe=durable and fsync == "off")
        for role, password in ((OWNER, passwords.hub_owner), (APP, passwords.hub_app)):
            if role not in roles:
                connection.execute(
                    SQL("CREATE ROLE {} {} PASSWORD {}").format(Identifier(role), _LIMITS, Literal(password))
                )
        if not has_database:
            _create(connection, DATABASE, None)
            for shared in ("postgres", "template1"):
                connection.execute(
                    SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(Identifier(shared))
                )


def _require_right_server(served: Path, cluster: Path, *, unsafe: bool) -> None:
    if served != cluster:
        raise EmbeddedPostgresError(
            f"The running server serves {served}, not {cluster}: this data folder seems to be a copy. "
            "Stop that server (`hub database stop` there), delete place.json here, and start again."
        )
    if unsafe:
        raise EmbeddedPostgresError(
            f"The server of {cluster} was started for tests, without protection against power cuts. "
            "Stop it with `hub database stop`, then start again."
        )


def create_database(admin_url: str, name: str, template: str | None) -> None:
    """Make a database owned by `hub_owner`, empty or a copy of `template`.

    EmbeddedPostgresError: it exists already, the template is missing or somebody is connected to it.
    """
    with _admin(admin_url) as connection:
        _create(connection, name, template)


def drop_database(admin_url: str, name: str) -> None:
    """Remove a database, ending its connections; one that does not exist is no error."""
    with _admin(admin_url) as connection:
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _create(connection: psycopg.Connection, name: str, template: str | None) -> None:
    for statement in _create_statements(Identifier(name), Identifier(template or "template1")):
        connection.execute(statement)


def _create_statements(name: Identifier, template: Identifier) -> Iterator[Composed]:
    yield SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(name, Identifier(OWNER), template)
    # Rights on a database are not copied from its template, so each gets its own.
    yield SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name)
    yield SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(name, Identifier(APP))


@contextmanager
def _admin(admin_url: str) -> Iterator[psycopg.Connection]:
    address = admin_url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        with psycopg.connect(address, autocommit=True, connect_timeout=10) as connection:
            yield connection
    except psycopg.Error as error:
        raise EmbeddedPostgresError(_explain(error)) from error


def _explain(error: psycopg.Error) -> str:
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "password authentication failed" in str(error):
        return (
            "The database does not accept the password stored in the data folder. Put the file "
            "passwords.json back from the backup that belongs to this data."
        )
    if isinstance(error, pg.DuplicateDatabase):
        return f"That database exists already: {said}. Drop it first, or choose another name."
    if isinstance(error, pg.ObjectInUse):
        return f"That database is in use: {said}. Close the connections to it first."
    if isinstance(error, pg.DiskFull):
        return "The disk that holds the database is full. Free some space there, then start again."
    return f"The embedded PostgreSQL refused: {said}"
