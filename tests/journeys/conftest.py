"""One served borough for each module of stories."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import create_engine, text

from hub.core.clock import FixedClock
from hub.infra import db, embedded_postgres
from hub.infra.config import Environment, SecondFactor, Settings
from hub.wiring import DELIVERIES, REACTIONS
from tests.conftest import NOTIFY_TOKEN, NOW, TEST_KEYRING
from tests.journeys.borough import Borough


@pytest.fixture(scope="module")
def served(
    database: embedded_postgres.EmbeddedServer,
    engine,
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Borough]:
    """The hub on a port of its own with real commits; all tables but the postcodes are emptied at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    settings = Settings(
        environment=Environment.TEST,
        data_dir=Path(tmp_path_factory.mktemp("hub")),
        base_url=f"http://127.0.0.1:{address[1]}",
        hub_name="Hackney ESOL Hub",
        allow_drama_numbers=True,
        notify_tokens=(NOTIFY_TOKEN,),
        log_level="WARNING",
        second_factor=SecondFactor.OPTIONAL,
    )
    clock = FixedClock(NOW)
    made = Borough.start(
        db.Runtime(settings, engine, TEST_KEYRING, clock, REACTIONS, DELIVERIES), browser, clock, address
    )
    yield made
    made.stop()
    empty(database.owner_url)


def empty(owner_url: str) -> None:
    owner = create_engine(owner_url)
    with owner.begin() as connection:
        names = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        tables = ", ".join(f'"{one}"' for one in names if one not in {"postcode", "alembic_version"})
        connection.execute(text(f"TRUNCATE {tables} CASCADE"))
    owner.dispose()


@pytest.fixture
def borough(served: Borough) -> Iterator[Borough]:
    """The served borough; its windows are closed after the story, and its clock stands at 10 on Monday again."""
    served.clock.move_to(NOW)
    yield served
    served.leave()
