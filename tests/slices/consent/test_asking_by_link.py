"""Asking by link: requested, then given, refused or over; the learner answers alone, in their language."""

from datetime import timedelta

import pytest

from hub.consent import jobs, reads, service
from hub.consent.domain import OPTIONAL, Channel, ConsentState, NewConsent, Standing
from hub.consent.service import NewRequest
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import SYSTEM, Role, learner_actor
from hub.infra import db
from hub.infra.db import runtime
from hub.learners import service as learners
from hub.messaging.domain import MessageState
from hub.messaging.models import Message
from hub.messaging.service import delivering
from hub.referrals import service as referrals
from hub.steps.domain import StepKind
from hub.steps.models import Step
from tests.foreign import english_on
from tests.slices.matching.conftest import put_postcodes
from tests.slices.portal.conftest import BIRTH
from tests.slices.referrals.test_intake import new_referral

YES = frozenset({"P05", "P06"})


@pytest.fixture
def coach(session, person):
    put_postcodes(session)
    return person(session, Role.REFERRER)


def consent_by(channel, clock, **changes):
    from hub.referrals.service import ConsentGiven

    given = {"given_on": clock.today(), "channel": channel, "language": "so", "wording_version": "2026-11"}
    return ConsentGiven(**given | changes)


@pytest.fixture
def asked(session, coach, clock):
    """A referral sent without the learner being there: asked by a link in a text."""
    row = referrals.submit(session, new_referral(consent=consent_by("ask_by_text", clock)), coach, clock)
    db.react(session)
    return row


def standing(session, learner_id, clock, code="P06"):
    found = {one.purpose.code: one for one in reads.standings(session, learner_id, clock.today())}
    return found[code].standing


def states(session, learner_id):
    (newest, *_) = reads.consents(session, learner_id)
    return {one.purpose: [event.state for event in one.events] for one in newest.choices}


def texts(session, learner_id):
    return {one.template: one for one in session.query(Message).filter_by(learner_id=learner_id)}


def answer(session, asked, clock, said=YES, **changes):
    new = NewConsent(
        given_on=clock.today(), channel=Channel.WEB, language="so", wording_version="2026-11", purposes=said
    )
    own = learner_actor(asked.learner_id)
    done = service.answer(session, asked.learner_id, new, own, clock)
    db.react(session)
    session.expire_all()
    return done


def test_a_referral_goes_on_while_the_learner_is_asked_and_nothing_is_permitted_by_it(
    asked, session, clock, coach
):
    assert set(map(tuple, states(session, asked.learner_id).values())) == {(ConsentState.REQUESTED,)}
    assert standing(session, asked.learner_id, clock) is Standing.NOT_ASKED
    assert asked.state == "submitted"
    (step,) = session.query(Step).filter_by(kind=StepKind.PERMISSION_ASKED)
    assert (step.user_account_id, step.due_on) == (coach.id, clock.today() + timedelta(days=14))
    text = texts(session, asked.learner_id)["permission_asked"]
    delivering.preload(session, [text.id], clock)
    assert delivering.may_go(session, text.id, clock) is True, "it asks for permission, so it needs none"
    other = texts(session, asked.learner_id)["referral_received"]
    delivering.preload(session, [other.id], clock)
    assert delivering.may_go(session, other.id, clock) is False


def test_the_answer_is_the_learners_to_each_question_and_ends_the_asking(asked, session, clock):
    clock.advance(timedelta(days=3))
    assert answer(session, asked, clock) is True
    found = states(session, asked.learner_id)
    for code in OPTIONAL:
        said = ConsentState.GIVEN if code in YES else ConsentState.REFUSED
        assert found[code] == [ConsentState.REQUESTED, said]
    assert {code for code in OPTIONAL if reads.may(session, asked.learner_id, code, clock.today())} == YES
    (record,) = reads.receipt(session, asked.learner_id, clock.today()).askings
    assert (record.channel, record.given_on, record.language) == (Channel.SMS_LINK, clock.today(), "so")
    assert session.query(Step).filter_by(kind=StepKind.PERMISSION_ASKED).one().closed_at
    assert texts(session, asked.learner_id)["permission_reminder"].state is MessageState.CANCELLED
    assert "permissions_receipt" in texts(session, asked.learner_id)
    assert answer(session, asked, clock, frozenset()) is False, "a second press, or the link opened again"
    assert reads.may(session, asked.learner_id, "P06", clock.today())


def test_no_answer_ends_it_on_its_day_and_takes_nothing_away(asked, session, clock, coach):
    given = NewConsent(
        given_on=clock.today(), channel="phone", language="en", wording_version="2026-11", purposes=YES
    )
    service.record_again(session, asked.learner_id, given, SYSTEM, clock)
    service.ask_by_link(session, asked.learner_id, NewRequest(Channel.ASK_BY_EMAIL), coach, clock)
    db.react(session)
    clock.advance(timedelta(days=14))
    assert jobs.expire(clock) == 0
    clock.advance(timedelta(days=1))
    assert jobs.expire(clock) == 1
    assert jobs.expire(clock) == 0
    session.expire_all()
    assert {tuple(one) for one in states(session, asked.learner_id).values()} == {
        (ConsentState.REQUESTED, ConsentState.EXPIRED)
    }
    assert reads.may(session, asked.learner_id, "P06", clock.today()), "what was said before stands"
    assert session.query(Step).filter_by(kind=StepKind.CONSENT_TO_RENEW, learner_id=asked.learner_id).one()
    assert reads.asked_by_link(session, asked.learner_id) == ()


def test_asked_in_another_way_meanwhile_the_link_is_over(asked, session, clock, coach):
    given = NewConsent(given_on=clock.today(), channel="phone", language="en", wording_version="2026-11")
    service.record_again(session, asked.learner_id, given, SYSTEM, clock)
    assert reads.asked_by_link(session, asked.learner_id) == ()
    assert answer(session, asked, clock) is False
    assert standing(session, asked.learner_id, clock) is Standing.REFUSED
    with pytest.raises(Conflict):
        service.link_for(session, reads.consents(session, asked.learner_id)[-1].id, coach, clock)


def test_an_answer_counts_at_every_source_and_takes_back_what_is_refused(
    asked, session, clock, person, organise
):
    manager = person(session, Role.HUB_MANAGER)
    two = referrals.submit(
        session, new_referral(consent=consent_by("in_person", clock, purposes=frozenset({"P07"}))),
        person(session, Role.REFERRER, organise(session, "charity", "open-door")), clock,
    )  # fmt: skip
    learners.merge(session, asked.learner_id, two.learner_id, manager, clock)
    db.react(session)
    assert answer(session, asked, clock) is True
    assert reads.may(session, asked.learner_id, "P05", clock.today())
    assert not reads.may(session, asked.learner_id, "P07", clock.today())


def test_while_one_is_open_it_is_the_one(asked, session, clock, coach):
    first = reads.asked_by_link(session, asked.learner_id)[0].consent_id
    again = referrals.ask_permission(session, asked.id, Channel.ASK_ON_PAPER, coach, clock)
    assert again == first and len(texts(session, asked.learner_id)) == 3
    answer(session, asked, clock)
    with pytest.raises(Conflict):
        referrals.ask_permission(session, asked.id, Channel.ASK_BY_TEXT, coach, clock)


def test_nothing_is_agreed_to_in_advance(session, clock, coach):
    sent = new_referral(consent=consent_by("ask_by_text", clock, purposes=YES))
    with pytest.raises(RuleBroken) as refused:
        referrals.submit(session, sent, coach, clock)
    assert "consent.purposes" in refused.value.errors


def test_the_learner_answers_on_their_page_in_their_language(session, client, clock, asked):
    consent_id = reads.asked_by_link(session, asked.learner_id)[0].consent_id
    born = learners_born(session, asked)
    token = service.link_for(session, consent_id, SYSTEM, clock).token
    session.flush()
    page = client.post(f"/l/{token}", data=born)
    assert page.headers["Location"].endswith(f"/l/{token}/agree")
    shown = client.get(f"/l/{token}/agree?lang=pl").text
    assert reads.wording(session, "pl").title in shown and 'name="P11"' in shown
    arabic = client.get(f"/l/{token}/agree?lang=ar").text
    assert english_on(arabic, runtime().settings.hub_name) == []
    answers = {code: "yes" if code in YES else "no" for code in OPTIONAL}
    client.get(f"/l/{token}/agree?lang=pl")
    missing = client.post(f"/l/{token}/agree", data={**answers, "P06": ""})
    assert missing.status_code == 422 and 'id="P06-error"' in missing.text
    done = client.post(f"/l/{token}/agree", data=answers)
    assert done.status_code == 302
    session.expire_all()
    newest = reads.consents(session, asked.learner_id)[0]
    assert newest.language == "pl" and reads.may(session, asked.learner_id, "P06", clock.today())
    assert client.get(f"/l/{token}/agree").headers["Location"].endswith("/permissions")


def learners_born(session, asked):
    from hub.learners import reads as people

    born = people.person(session, asked.learner_id).date_of_birth
    return {"birth_date-day": born.day, "birth_date-month": born.month, "birth_date-year": born.year} | {
        key: value for key, value in BIRTH.items() if not key.startswith("birth_date-")
    }


def test_the_referrer_asks_by_page_and_api_and_hears_only_that_the_learner_has_answered(
    session, api, as_role, clock, organise
):
    put_postcodes(session)
    referrer = as_role(Role.REFERRER)
    sent = new_referral(consent=consent_by("ask_on_paper", clock))
    row = referrals.submit(session, sent, referrer.actor, clock)
    db.react(session)
    home = f"/my-referrals/{row.id}"
    page = referrer.get(home).text
    assert "Asked, no answer yet" in page and "permission_asked" not in texts(session, row.learner_id)
    sheet = referrer.post(f"{home}/permission-sheet")
    assert sheet.data.startswith(b"%PDF") and sheet.headers["Cache-Control"] == "no-store"
    other = as_role(Role.REFERRER, organise(session, "charity", "open-door"))
    assert other.post(f"{home}/permission-sheet").status_code == 404
    assert other.post(f"{home}/ask-permission", data={"by": "ask_by_text"}).status_code == 404
    machine = api(Role.REFERRER)
    path = f"/api/v1/referrals/{row.id}"
    assert machine.post(f"{path}/consent-requests", json={"by": "in_person"}).status_code == 422
    made = machine.post(f"{path}/consent-requests", json={"by": "ask_by_text"})
    assert (made.status_code, made.json["permission"]) == (201, {"state": "asked", "until": "2027-01-25"})
    answer(session, row, clock)
    assert machine.get(path).json["permission"] == {"state": "answered", "until": None}
    assert machine.post(f"{path}/consent-requests", json={"by": "ask_by_text"}).status_code == 409
    after = referrer.get(home).text
    assert "Asked, no answer yet" not in after and "Ask the learner" not in after


def test_the_hub_asks_on_the_learners_page_and_prints_the_sheet(session, as_role, clock, coach):
    row = referrals.submit(session, new_referral(), coach, clock)
    manager = as_role(Role.HUB_MANAGER)
    home = f"/learners/{row.learner_id}/consent"
    assert manager.post(f"{home}/ask-by-link", data={"by": "phone"}).status_code == 422
    assert (
        manager.post(f"{home}/ask-by-link", data={"by": "ask_by_email", "language": "tr"}).status_code == 302
    )
    page = manager.get(home).text
    assert "Asked by a link in an email" in page
    assert "No answer yet" in page and "No to all" not in page
    (one,) = reads.asked_by_link(session, row.learner_id)
    assert reads.consent(session, one.consent_id).language == "tr"
    sheet = manager.post(f"{home}/{one.consent_id}/sheet")
    assert sheet.status_code == 200 and sheet.data.startswith(b"%PDF")
