"""STOP is a withdrawal by the shortest way, START its undoing: both are on the record of permission."""

from datetime import date
from itertools import count

import pytest

from hub.consent import reads as consents
from hub.consent import service as consent
from hub.consent.domain import ConsentState, NewConsent
from hub.core.permissions import SYSTEM
from hub.infra import db
from hub.learners import service as learners
from hub.learners.domain import NewPerson
from hub.messaging import service as messaging
from hub.messaging.domain import NewReceived

S = ConsentState
PHONE = "+447700900123"


@pytest.fixture
def learner_id(session, clock, organise):
    organise(session, "hub")
    person = NewPerson(given_names="Amina", family_name="Yusuf", date_of_birth=date(1990, 3, 27), phone=PHONE)
    made = learners.identify(session, person, None, None, SYSTEM, clock)
    asked = NewConsent(
        given_on=clock.today(),
        channel="phone",
        language="en",
        wording_version="2026-11",
        purposes=frozenset({"P06"}),
    )
    consent.record(session, asked, made, SYSTEM, clock)
    return made.learner_id


@pytest.fixture
def text(session, clock):
    numbers = count()

    def send(words):
        messaging.receive(session, NewReceived(f"id-{next(numbers)}", PHONE, words, clock.now()), clock)
        db.react(session)

    return send


def states(session, learner_id):
    """P06 over all askings, oldest first."""
    askings = reversed(consents.consents(session, learner_id))
    return [
        [event.state for event in choice.events]
        for one in askings
        for choice in one.choices
        if choice.purpose == "P06"
    ]


def test_stop_takes_the_permission_to_text_back_by_the_learners_own_act(session, learner_id, text, clock):
    for _ in range(2):
        text("STOP")
    assert not consents.may(session, learner_id, "P06", clock.today())
    (view,) = consents.consents(session, learner_id)
    last = next(one for one in view.choices if one.purpose == "P06").events[-1]
    assert (last.state, last.actor_role, last.reason, last.relayed) == (
        S.WITHDRAWN,
        "learner",
        "text_stop",
        False,
    )


def test_start_gives_it_again_as_a_new_record_in_the_words_of_before(session, learner_id, text, clock):
    for words in ("STOP", "START", "START"):
        text(words)
    assert consents.may(session, learner_id, "P06", clock.today())
    assert states(session, learner_id) == [[S.GIVEN, S.WITHDRAWN], [S.RENEWED]]
    newest = consents.consents(session, learner_id)[0]
    assert newest.proven and newest.wording_version == "2026-11" and newest.language == "en"


def test_start_does_not_undo_what_was_taken_back_otherwise(session, learner_id, text, clock):
    consent.withdraw(session, learner_id, ["P06"], SYSTEM, clock)
    text("START")
    assert not consents.may(session, learner_id, "P06", clock.today())
