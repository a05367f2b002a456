"""When a part fails: a clear answer, nothing lost, nothing half-written. (Start-up failures: tests/slices/infra.)"""

from datetime import time, timedelta

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import sessionmaker

from hub.assessment import service as assessment
from hub.assessment.domain import Mode, SlotRun
from hub.core.clock import SystemClock
from hub.core.permissions import Role
from hub.fake_notify.app import create_app as create_fake
from hub.fake_notify.app import state_of
from hub.fake_notify.moods import Behaviour, Mood
from hub.fake_notify.settings import FakeSettings
from hub.fake_notify.transport import InProcessAdapter
from hub.infra.outbox import OutboxEntry, OutboxState, Worker
from hub.infra.sms import notify_sender
from hub.referrals import reads
from tests.slices.bad_input import fingerprint
from tests.slices.referrals.test_intake import body
from tests.slices.referrals.test_refer_pages import ANSWERS, answer_all, begin

PHONE = "+447700900123"


@pytest.fixture
def post(hub, session, clock):
    """A worker and the stand-in for Notify."""
    fake = create_fake(FakeSettings(delivery_seconds=0), clock)
    worker = Worker("test", notify_sender(hub.settings, clock, InProcessAdapter(fake)), clock, SystemClock())

    def drain():
        session.flush()
        while worker.drain():
            pass
        session.expire_all()
        return [one.body for one in state_of(fake).texts_to(PHONE)]

    drain.fake = state_of(fake)
    return drain


@pytest.mark.parametrize("mood", [Mood.DOWN, Mood.SLOW, Mood.FAILING, Mood.RATE_LIMITED, Mood.NOT_AUTHORISED])
def test_the_work_goes_on_while_notify_does_not(as_role, session, post, clock, mood):
    """A referral and an appointment are made by page while no text can leave; each text goes once, later."""
    post.fake.behaviour = Behaviour(mood)
    referrer, assessor = as_role(Role.REFERRER), as_role(Role.ASSESSOR)
    draft = begin(referrer)
    answer_all(referrer, draft)
    assert referrer.post(f"{draft}/check").headers["Location"].endswith("/done")
    (mine,) = reads.my_referrals(session, referrer.actor)
    assert assessor.post(f"/referrals/{mine.view.id}/accept").status_code == 302
    run = SlotRun(
        assessor.actor.id, clock.today() + timedelta(days=3), start=time(10), end=time(11), mode=Mode.PHONE, place=""
    )  # fmt: skip
    slots = assessment.offer_slots(session, run, assessor.actor, clock)
    session.flush()
    booked = assessor.post(f"/referrals/{mine.view.id}/book", data={"slot_id": slots[0].id})
    assert booked.status_code == 302
    post()
    waiting = session.scalars(select(OutboxEntry).where(OutboxEntry.state != OutboxState.CANCELLED)).all()
    assert waiting
    post.fake.behaviour = Behaviour()
    for _ in range(8):
        clock.advance(timedelta(hours=4))
        texts = post()
    assert sum("assessment" in one.lower() or "meet" in one.lower() for one in texts) >= 1
    assert len(texts) == len(set(texts))
    sent = session.scalars(select(OutboxEntry.state).where(OutboxEntry.kind == "message")).all()
    assert set(sent) <= {OutboxState.SENT, OutboxState.CANCELLED, OutboxState.PENDING}


def test_a_fault_in_the_last_reaction_leaves_nothing(app, hub, as_role, api, session):
    """The whole story of an intake is one unit of work: its last line fails, and none of it was written."""
    from hub.referrals.domain import ReferralSubmitted

    referrer, machine = as_role(Role.REFERRER), api(Role.REFERRER)
    draft = begin(referrer)
    answer_all(referrer, draft)

    def fail(*_):
        raise RuntimeError("no")

    hub.reactions = dict(hub.reactions) | {
        ReferralSubmitted: [*hub.reactions.get(ReferralSubmitted, ()), fail]
    }
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    before = fingerprint(session)
    page = referrer.post(f"{draft}/check")
    told = machine.post("/api/v1/referrals", json=body(), headers={"Idempotency-Key": "k"})
    assert (page.status_code, told.status_code) == (500, 500)
    assert told.json["request_id"] == told.headers["X-Request-Id"]
    assert "Reference number" in page.text or told.headers["X-Request-Id"]
    assert fingerprint(session) == before
    hub.reactions = {ReferralSubmitted: []}
    assert referrer.post(f"{draft}/check").headers["Location"].endswith("/done")
    assert (
        machine.get(
            "/api/v1/referrals/" + str(reads.my_referrals(session, referrer.actor)[0].view.id)
        ).status_code
        == 200
    )


def test_a_database_that_is_away_is_told_as_503(app, hub, client, as_role, api, session):
    """Pages and API say so in plain words and recover by themselves."""
    app.testing = False
    referrer, machine = as_role(Role.REFERRER), api(Role.REFERRER)
    session.flush()
    there = hub.sessions
    away = create_engine(
        "postgresql+psycopg://nobody@127.0.0.1:1/nowhere", connect_args={"connect_timeout": 1}
    )
    hub.sessions = sessionmaker(away)
    answers = [
        referrer.get("/my-referrals"),
        referrer.post("/refer"),
        client.get("/find-a-class"),
        client.get("/sign-in"),
    ]
    told = machine.post("/api/v1/referrals", json=body())
    ready, alive = client.get("/readyz"), client.get("/healthz")
    hub.sessions = there
    away.dispose()
    assert [one.status_code for one in answers[:3]] == [503] * 3
    assert all("not available just now" in one.text for one in answers[:3])
    assert answers[3].status_code in {200, 503}
    assert (told.status_code, told.mimetype, told.json["code"]) == (
        503,
        "application/problem+json",
        "unavailable",
    )
    assert (ready.status_code, alive.status_code) == (503, 200)
    assert "127.0.0.1" not in ready.text + told.text + answers[0].text
    assert referrer.get("/my-referrals").status_code == 200


# ---------------------------------------------------------------- twice


def test_every_button_of_a_referral_may_be_pressed_twice(as_role, session, clock):
    """The second press changes nothing and is answered kindly, never with a fault."""
    referrer, hub = as_role(Role.REFERRER), as_role(Role.HUB_MANAGER)
    draft = begin(referrer)
    answer_all(referrer, draft)
    referrer.post(f"{draft}/check")
    mine = reads.my_referrals(session, referrer.actor)[0].view.id
    presses = [
        (referrer, f"{draft}/check", {}),
        (hub, f"/referrals/{mine}/ask", {"topics": ["phone"], "note": "Which number?"}),
        (referrer, f"/my-referrals/{mine}/information", {"answer-phone": "07700 900124"}),
        (hub, f"/referrals/{mine}/accept", {}),
        (hub, f"/messages/to/{learner_of(session, mine)}", {"text": "Please ring us."}),
        (referrer, f"/my-referrals/{mine}/withdraw", {"reason": "moved_away", "by": "learner"}),
    ]
    for client, path, data in presses:
        first = client.post(path, data=data)
        assert first.status_code == 302, (path, first.text[-2000:])
        before = fingerprint(session)
        second = client.post(path, data=data)
        assert second.status_code in {302, 404, 409, 422}, path
        assert fingerprint(session) == before, path


def learner_of(session, referral_id):
    found = reads.referral(session, referral_id)
    return found.learner_id


def test_the_same_draft_page_sent_twice_is_one_answer(as_role, session):
    referrer = as_role(Role.REFERRER)
    draft = begin(referrer)
    for _ in range(2):
        assert referrer.post(f"{draft}/name", data=ANSWERS["name"]).status_code == 302
    assert session.scalar(text("SELECT count(*) FROM referral_draft")) == 1
