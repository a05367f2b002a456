"""Behind a personal link everything runs as the one learner: PostgreSQL shows no other's rows, and none is missed."""

import re

import pytest
from sqlalchemy import text

from hub.core.permissions import Role
from hub.infra import db, sight
from hub.learners import reads as people
from hub.referrals import service as referrals
from tests.slices.bad_input import masked
from tests.slices.portal.conftest import BIRTH
from tests.slices.referrals.test_intake import new_referral

PAGES = (
    "receipt", "receipt.json", "stop-all", "here", "meeting.ics", "offer", "times", "contact", "agree", "permissions",
    "ask", "who-looked", "who-looked.jsonl", "data", "appointment.ics",
)  # fmt: skip


@pytest.fixture
def stage(request, life, session, clock, person):
    """A learner at one stage of the way, and somebody else who stands before them on the list."""
    life.world.add_learner(given_names="Before", family_name="Everybody")
    lived = request.getfixturevalue(request.param)
    referral = referrals.submit(session, new_referral(), person(session, Role.REFERRER), clock)
    db.react(session)
    return lived, referral


@pytest.fixture
def inside(client):
    def enter(token):
        assert client.post(f"/l/{token}", data=BIRTH).status_code == 302
        return client

    return enter


def told(client, token):
    """What each page says, without what changes from one look to the next."""
    answers = {}
    for page in PAGES:
        answer = client.get(f"/l/{token}/{page}")
        said = masked(answer.text)
        answers[page] = (
            answer.status_code,
            re.sub(r'"(made_at|seq|at)":[^,]*', "", said) if "json" in page else said,
        )
    return answers


@pytest.mark.parametrize("stage", ["life", "offered", "placed"], indirect=True)
def test_a_learners_pages_miss_nothing_when_they_see_their_own_rows_alone(stage, inside, monkeypatch):
    lived, _ = stage
    browser = inside(lived.token)
    narrow = told(browser, lived.token)
    monkeypatch.setattr(people, "own", lambda *_: None)
    wide = told(browser, lived.token)
    assert {page for page in PAGES if narrow[page] != wide[page]} - GROWS == set()
    assert sum(status == 200 for status, _ in narrow.values()) >= 9


GROWS = {"who-looked.jsonl", "who-looked"}
"""A look is itself in the list of looks."""


@pytest.mark.parametrize("stage", ["life"], indirect=True)
def test_nobody_elses_row_is_met_or_changed_whatever_is_asked(stage, session):
    lived, other = stage
    guarded = ("learner", "source_record", "referral", "waitlist_entry", "waitlist_entry_history", "message", "consent",
               "personal_link", "step")  # fmt: skip
    with db.transaction() as own:
        people.own(own, lived.learner_id)
        seen = {table: set(own.scalars(text(f"SELECT {_whose(table)}"))) for table in guarded}
        changed = own.execute(
            text("UPDATE referral SET version = version + 1 WHERE id = :id"), {"id": other.id}
        )
        assert changed.rowcount == 0
        sight.open_to_the_hub(own)
        assert set(own.scalars(text("SELECT id FROM learner"))) == set(lived.ids), (
            "no act of theirs opens more"
        )
        with sight.as_the_hub(own):
            assert other.learner_id in set(own.scalars(text("SELECT id FROM learner")))
        sight.go_on_as_the_hub(own)
    assert {table: ids for table, ids in seen.items() if not ids <= set(lived.ids)} == {}
    assert all(seen.values())


def _whose(table):
    return {
        "learner": "id FROM learner",
        "source_record": "home_learner_id FROM source_record",
        "waitlist_entry_history": "e.learner_id FROM waitlist_entry_history AS h JOIN waitlist_entry AS e ON e.id = h.entry_id",
    }.get(table, f"learner_id FROM {table}")  # fmt: skip
