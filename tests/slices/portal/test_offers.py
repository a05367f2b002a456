"""An offer, from the provider's yes to the learner's: by text, by page, both at once, too late, and STOP."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from hub.core.clock import SystemClock
from hub.core.permissions import SYSTEM, Role
from hub.fake_notify.app import create_app as create_fake
from hub.fake_notify.app import state_of
from hub.fake_notify.settings import FakeSettings
from hub.fake_notify.transport import InProcessAdapter
from hub.infra import db
from hub.infra.outbox import Worker
from hub.infra.sms import notify_sender
from hub.learners import reads as people
from hub.matching import domain as offers
from hub.matching import reactions as matching_reactions
from hub.matching import reads as matching
from hub.matching import service
from hub.matching.domain import OfferState
from hub.messaging import reactions
from hub.messaging import service as messaging
from hub.messaging.domain import LearnerStopped, NewReceived, ReplyReceived
from hub.portal.domain import languages
from hub.wiring import DELIVERIES
from tests.foreign import english_on
from tests.slices.matching.conftest import World, put_agreement, put_postcodes

BIRTH = {"birth_date-day": "27", "birth_date-month": "3", "birth_date-year": "1990"}
PHONE = "+447700900321"


@pytest.fixture
def journey(hub, session, person, clock):
    """One learner with an offer to answer, and the stand-in that carries the texts."""
    clock.move_to(datetime(2027, 1, 11, 11, tzinfo=UTC))
    hub.deliveries = {"message": DELIVERIES["message"]}
    hub.reactions = {
        offers.OfferReadyForLearner: [reactions.offer_ready],
        offers.OfferConfirmed: [reactions.offer_confirmed],
        offers.OfferReturned: [reactions.offer_returned],
        offers.OfferWithdrawn: [reactions.offer_withdrawn],
        ReplyReceived: [reactions.replied, matching_reactions.replied],
        LearnerStopped: [matching_reactions.learner_stopped],
    }
    put_postcodes(session)
    manager, college = person(session, Role.HUB_MANAGER), person(session, Role.PROVIDER)
    put_agreement(session, manager.organisation_id, college.organisation_id, clock)
    world = World(session, clock, manager, college)
    world.add_class(capacity=1)
    entry = world.add_learner(phone=PHONE, email=None)
    consent_to_texts(session, entry.learner_id, clock)
    world.release()
    [offer] = matching.offers_of(session, [entry.learner_id])[entry.learner_id]
    service.accept_as_provider(session, offer.id, college, clock)
    db.react(session)
    app = create_fake(FakeSettings(delivery_seconds=0), clock)
    worker = Worker("test", notify_sender(hub.settings, clock, InProcessAdapter(app)), clock, SystemClock())

    def drain():
        session.flush()
        while worker.drain():
            pass
        session.expire_all()

    drain()
    return SimpleNamespace(
        session=session, clock=clock, offer_id=offer.id, learner_id=entry.learner_id, drain=drain,
        bodies=lambda: [one.body for one in state_of(app).texts_to(PHONE)],
    )  # fmt: skip


def consent_to_texts(session, learner_id, clock):
    from hub.consent import service as consent
    from hub.consent.domain import CURRENT_VERSION, NewConsent

    new = NewConsent(
        given_on=clock.today(), channel="phone", language="en", wording_version=CURRENT_VERSION,
        purposes=frozenset({"P06"}),
    )  # fmt: skip
    consent.record_again(session, learner_id, new, SYSTEM, clock)
    session.flush()


def reply(journey, words):
    new = NewReceived(f"id-{words}-{journey.clock.now()}", PHONE, words, journey.clock.now())
    messaging.receive(journey.session, new, journey.clock)
    db.react(journey.session)


def state(journey):
    journey.session.expire_all()
    found = matching.offer(journey.session, journey.offer_id)
    assert found is not None
    return found.state


def token_of(body):
    return body.split("/l/")[1].split()[0]


def test_the_text_gives_day_time_and_area_and_nothing_else(journey):
    [body] = journey.bodies()
    assert "Monday, 10am to midday, near E8 1, from Monday 25 January" in body
    assert "Reply YES or NO by Thursday 14 January at 6pm" in body
    person = people.person(journey.session, journey.learner_id)
    for word in (
        "English class",
        "Entry",
        "Amina",
        "Everyday",
        "Dalston Library",
        person and person.family_name,
    ):
        assert word not in body


def test_yes_by_text_gives_the_place_and_no_reminder_follows(journey):
    reply(journey, "YES")
    assert state(journey) is OfferState.CONFIRMED
    journey.clock.advance(timedelta(days=4))
    journey.drain()
    assert len(journey.bodies()) == 2
    assert "you have the place" in journey.bodies()[-1]


def test_no_by_text_gives_it_back_and_keeps_the_turn(journey):
    reply(journey, "no thank you")
    assert state(journey) is OfferState.DECLINED_BY_LEARNER
    journey.drain()
    assert "You keep your turn" in journey.bodies()[-1]


def test_silence_is_reminded_twice(journey):
    for _ in range(8):
        journey.clock.advance(timedelta(hours=10))
        journey.drain()
    assert [body.count("a place is waiting") for body in journey.bodies()] == [0, 1, 1]


def test_stop_is_not_silence(journey):
    reply(journey, "STOP")
    journey.clock.advance(timedelta(days=5))
    service.lapse_due(journey.session, journey.clock, SYSTEM)
    db.react(journey.session)
    assert state(journey) is OfferState.WITH_LEARNER


def test_yes_by_page(journey, client):
    token = token_of(journey.bodies()[0])
    entered = client.post(f"/l/{token}", data=BIRTH)
    assert entered.location.endswith(f"/l/{token}/offer")
    page = client.get(entered.location).text
    for words in (
        "A place for you",
        "Monday, 10am to midday",
        "Dalston Library",
        "Free",
        "Answer by",
        "Thursday 14 January",
    ):
        assert words in page
    assert "There is a place for you" in client.get(f"/l/{token}/here").text
    assert client.post(f"/l/{token}/offer", data={"answer": "yes"}).status_code == 302
    assert state(journey) is OfferState.CONFIRMED
    assert "The place is yours." in client.get(f"/l/{token}/offer").text


def test_a_double_press_and_a_late_text_change_nothing(journey, client):
    token = token_of(journey.bodies()[0])
    client.post(f"/l/{token}", data=BIRTH)
    for answer in ("yes", "yes", "no"):
        client.post(f"/l/{token}/offer", data={"answer": answer, "reason": "other" if answer == "no" else ""})
    reply(journey, "NO")
    assert state(journey) is OfferState.CONFIRMED


def test_no_by_page_asks_why_first(journey, client):
    token = token_of(journey.bodies()[0])
    client.post(f"/l/{token}", data=BIRTH)
    why = client.post(f"/l/{token}/offer", data={"answer": "no"})
    assert "Why not?" in why.text
    assert "There is a problem" not in why.text
    unanswered = client.post(f"/l/{token}/offer", data={"answer": "no", "asked": "yes"})
    assert "Choose one answer." in unanswered.text
    assert state(journey) is OfferState.WITH_LEARNER
    client.post(f"/l/{token}/offer", data={"answer": "no", "asked": "yes", "reason": "time"})
    assert state(journey) is OfferState.DECLINED_BY_LEARNER
    assert "You keep your turn" in client.get(f"/l/{token}/offer").text


def test_an_offer_that_is_over_is_told_kindly(journey, client):
    token = token_of(journey.bodies()[0])
    journey.clock.advance(timedelta(days=5))
    service.lapse_due(journey.session, journey.clock, SYSTEM)
    db.react(journey.session)
    assert state(journey) is OfferState.LAPSED
    client.post(f"/l/{token}", data=BIRTH)
    assert "You cannot answer this any more" in client.get(f"/l/{token}/offer").text
    assert client.post(f"/l/{token}/offer", data={"answer": "yes"}).status_code == 200
    assert state(journey) is OfferState.LAPSED


def test_every_language_shows_the_offer(journey, client):
    token = token_of(journey.bodies()[0])
    client.post(f"/l/{token}", data=BIRTH)
    for code in languages():
        page = client.get(f"/l/{token}/offer?lang={code}")
        assert page.status_code == 200
        assert "Dalston Library" in page.text
        if code in {"ar", "bn", "gu", "uk", "fa"}:
            why = client.post(f"/l/{token}/offer?lang={code}", data={"answer": "no"})
            assert english_on(page.text + why.text, db.runtime().settings.hub_name) == []
