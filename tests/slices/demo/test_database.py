"""The demo's mark on its database, and what is never touched."""

from pathlib import Path

import pytest

from hub.core.errors import HubError
from hub.demo import database
from hub.demo.database import Standing
from hub.infra import embedded_postgres


@pytest.fixture
def empty(server: embedded_postgres.EmbeddedServer):
    made = embedded_postgres.create_database(server, "demo_mark")
    yield made
    embedded_postgres.drop_database(server, "demo_mark")


def test_the_mark_says_whether_a_borough_was_finished(empty: embedded_postgres.EmbeddedServer):
    assert database.standing(empty.owner_url) is Standing.EMPTY
    database.mark(empty.owner_url, Standing.BUILDING)
    assert database.standing(empty.owner_url) is Standing.BUILDING
    database.mark(empty.owner_url, Standing.READY)
    assert database.standing(empty.owner_url) is Standing.READY


def test_a_database_with_tables_and_no_mark_is_somebody_elses():
    with pytest.raises(HubError, match="not the demo"):
        database.require_own(Standing.FOREIGN, Path("var"))


def test_the_database_of_the_tests_is_foreign(request: pytest.FixtureRequest):
    tested = request.getfixturevalue("database")
    assert database.standing(tested.owner_url) is Standing.FOREIGN
