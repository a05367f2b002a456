"""One served borough for each module of stories."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hub.core.clock import FixedClock
from hub.infra import db, embedded_postgres
from hub.infra.config import Environment, SecondFactor, Settings
from hub.wiring import DELIVERIES, REACTIONS
from tests.conftest import NOTIFY_TOKEN, NOW, TEST_KEYRING, empty, shared_app
from tests.journeys.borough import Borough


@pytest.fixture(scope="module")
def served(
    database: embedded_postgres.EmbeddedServer,
    engine,
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Borough]:
    """The hub on a port of its own with real commits; all tables but the postcodes are emptied at the end."""
    settings = Settings(
        environment=Environment.TEST,
        data_dir=Path(tmp_path_factory.mktemp("hub")),
        hub_name="Hackney ESOL Hub",
        allow_drama_numbers=True,
        notify_tokens=(NOTIFY_TOKEN,),
        log_level="WARNING",
        second_factor=SecondFactor.OPTIONAL,
    )
    clock = FixedClock(NOW)
    runtime = db.Runtime(settings, engine, TEST_KEYRING, clock, REACTIONS, DELIVERIES)
    db.configure(runtime)
    with shared_app(runtime) as app:
        made = Borough.start(app, runtime, browser, clock)
        yield made
        made.stop()
    empty(database.owner_url)


@pytest.fixture
def borough(served: Borough) -> Iterator[Borough]:
    """The served borough; its windows are closed after the story, and its clock stands at 10 on Monday again."""
    served.clock.move_to(NOW)
    yield served
    served.leave()
