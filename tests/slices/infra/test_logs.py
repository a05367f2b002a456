"""Logs and errors hold no word of a person, whatever fails and whoever logs it."""

import io
import logging
from unittest import mock

import pytest
from sqlalchemy import text

from hub.infra import logs
from hub.infra.db import transaction
from tests.slices.infra.deployments import Deployment, deployment

__all__ = ["deployment"]
CANARY = "Zyxcanaria"


@pytest.fixture
def written():
    """Everything that is logged at the lowest level, by us and by every library."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logs.set_up("DEBUG")
    stream = io.StringIO()
    root.handlers[0].setStream(stream)
    yield stream.getvalue
    root.handlers[:], root.level = handlers, level


STATEMENTS = {
    "a broken unique rule": (
        "INSERT INTO organisation (id, slug, name, kind, is_active, created_at) "
        "SELECT gen_random_uuid(), :canary, :canary, 'hub', true, now() FROM generate_series(1, 2)"
    ),
    "a wrong value": "SELECT CAST(:canary AS integer)",
    "a broken check": (
        "INSERT INTO organisation (id, slug, name, kind, is_active, created_at) "
        "VALUES (gen_random_uuid(), 'x', 'x', :canary, true, now())"
    ),
    "no such table": "SELECT * FROM nowhere WHERE name = :canary",
}


@pytest.mark.parametrize("what", STATEMENTS)
def test_a_fault_of_the_database_is_logged_without_values(session, written, what):
    """PostgreSQL quotes the values of a broken rule in its message: neither log nor plain error repeats it."""
    logger = logs.logger("test")
    try:
        with transaction() as inner, inner.begin_nested():
            inner.execute(text(STATEMENTS[what]), {"canary": CANARY})
        raise AssertionError("it failed")
    except Exception as error:
        logger.error("failed", exc_info=error)
        logging.getLogger("some.library").exception("it failed")
        told = getattr(error, "detail", "")
    assert CANARY not in told
    assert written().count('"event"') >= 2
    assert CANARY not in written()


def test_chained_and_grouped_faults_are_logged_without_values(written):
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as cause:
            raise ExceptionGroup(CANARY, [KeyError(CANARY)]) from cause
    except ExceptionGroup:
        logging.getLogger("some.library").exception("it failed")
        logs.logger("test").warning("failed", exc_info=True)
    assert "ExceptionGroup" in written() and CANARY not in written()


def test_a_job_that_fails_is_logged_without_values(hub, written, clock):
    from hub.infra.jobs import Job, every
    from hub.scheduler import safely

    def fail(_):
        raise RuntimeError(f"cannot tell {CANARY}")

    safely(Job("test", every(minutes=1), fail), clock)()
    assert "job.failed" in written() and CANARY not in written()


def test_an_unexpected_fault_of_a_command_shows_no_values(deployment: Deployment):
    with mock.patch("hub.accounts.reads.organisations", side_effect=ValueError(f"wrong: {CANARY}")):
        done = deployment.hub("organisations", "list")
    assert done.returncode == 70
    assert "An unexpected fault (ValueError)" in done.stderr
    assert CANARY not in done.stderr + done.stdout and "Traceback" not in done.stderr
