"""The demo's own database: made anew, marked while it is being built, kept once it is whole."""

import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from hub.core.errors import HubError
from hub.infra import embedded_postgres, geography, migrations
from hub.infra.db import transaction
from hub.infra.embedded_postgres import EmbeddedServer


class Standing(StrEnum):
    """What a database holds."""

    EMPTY = "empty"
    BUILDING = "demo: building"
    READY = "demo: ready"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A running server and whether its borough still has to be built."""

    server: EmbeddedServer
    standing: Standing


_READ = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


def standing(owner_url: str) -> Standing:
    """What this database is. The mark is a comment on the database, so it is lost with it, never alone."""
    engine = create_engine(owner_url, hide_parameters=True)
    try:
        with engine.connect() as connection:
            mark = connection.scalar(text(_READ))
            tables = connection.scalar(text(_TABLES))
    finally:
        engine.dispose()
    if mark in {Standing.BUILDING.value, Standing.READY.value}:
        return Standing(mark)
    return Standing.FOREIGN if tables else Standing.EMPTY


def mark(owner_url: str, what: Standing) -> None:
    engine = create_engine(owner_url, hide_parameters=True)
    name = engine.dialect.identifier_preparer.quote(make_url(owner_url).database or "")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"COMMENT ON DATABASE {name} IS '{what.value}'")
    engine.dispose()


def migrate(server: EmbeddedServer) -> None:
    """Tables of this program's version, open to the application's role; nothing where they are that already."""
    if migrations.is_current(server.owner_url):
        return
    migrations.upgrade(server.owner_url, server.data_dir / "keys.json")
    migrations.grant(server.owner_url, make_url(server.app_url).username or "hub_app")


def import_postcodes() -> int:
    """The postcodes of Hackney and its neighbours, which come with the project."""
    from hub.demo.people import postcode_file  # noqa: PLC0415 - a second start does without

    with transaction() as session:
        taken, _ = geography.import_file(session, postcode_file())
    return taken


def start_over(data_dir: Path) -> None:
    """Throw the demo's database and keys away. HubError where the folder holds something else."""
    status = embedded_postgres.status(data_dir)
    if status.cluster is not None and status.cluster.exists():
        with embedded_postgres.running(data_dir) as server:
            found = standing(server.owner_url)
            if status.running:
                raise HubError(f"A demo is running on {data_dir} already. Stop that one first.")
        require_own(found, data_dir)
    embedded_postgres.destroy(data_dir)
    (data_dir / "keys.json").unlink(missing_ok=True)
    shutil.rmtree(data_dir / "demo", ignore_errors=True)


def require_own(found: Standing, data_dir: Path) -> None:
    """The demo never touches a real hub's data."""
    if found is Standing.FOREIGN:
        raise HubError(
            f"{data_dir} holds the data of a hub that is not the demo. Set HUB_DATA_DIR to another folder."
        )
