"""A granted restriction or objection really stops what it says, at every door, and lifting it undoes that."""

from datetime import timedelta

import pytest

from hub.consent import reads as consents
from hub.consent import service as consent_service
from hub.consent.domain import OPTIONAL, NewConsent, stoppable
from hub.core.errors import RuleBroken
from hub.core.permissions import SYSTEM, Role
from hub.eligibility import service as eligibility
from hub.eligibility.domain import NewEvidence
from hub.infra import db
from hub.learners import service as learners
from hub.matching import reads as matching
from hub.matching.domain import OfferState
from hub.matching.reads.enrolments import identities
from hub.messaging import service as messaging
from hub.messaging.domain import Channel, MessageState, NewMessage
from hub.messaging.models import Message
from hub.messaging.service import delivering
from hub.rights import reads, service
from hub.rights.domain import CaseKind, Decision, Reason, Ruling
from hub.rights.models import RightsNotice
from hub.steps.domain import StepKind
from hub.steps.models import Step
from hub.waitlist import reads as waitlist
from hub.waitlist import service as waiting
from hub.waitlist.domain import EntryState
from tests.slices.rights.test_pages import post


@pytest.fixture
def willing(life, session, clock):
    """The same person, who has said yes to everything that is asked."""
    asked = NewConsent(
        given_on=clock.today(), channel="phone", language="en", wording_version="2026-11",
        purposes=frozenset(OPTIONAL),
    )  # fmt: skip
    consent_service.record_again(session, life.learner_id, asked, SYSTEM, clock)
    db.react(session)
    return life


@pytest.fixture
def stop(session, clock, officer, ask):
    """stop(kind, learner_id, *purposes) -> the case, granted and carried out."""

    def make(kind, learner_id, *purposes):
        row = ask(kind, learner_id)
        ruling = Ruling(Decision.GRANTED, purposes=frozenset(purposes))
        service.decide(session, row.id, ruling, officer, clock)
        db.react(session)
        return row

    return make


def may(session, life, clock):
    """Every purpose that may be followed today."""
    return {
        one.purpose.code
        for one in consents.standings(session, life.learner_id, clock.today())
        if one.permitted
    }


def goes(session, message, clock):
    delivering.preload(session, [message.id], clock)
    return delivering.may_go(session, message.id, clock)


def text_to(session, life, clock, **changes):
    new = NewMessage(learner_id=life.learner_id, template="on_the_list", values={"link": "x"}, **changes)
    return messaging.send(session, new, SYSTEM, clock)


def test_a_restriction_stops_every_purpose_that_can_be_stopped_and_lifting_it_undoes_that(
    willing, stop, session, clock, officer
):
    before = may(session, willing, clock)
    case = stop(CaseKind.RESTRICTION, willing.learner_id)
    assert before - may(session, willing, clock) == stoppable()
    assert may(session, willing, clock) == {"P01", "P10", "P12", "P13"}
    for purpose in stoppable():
        assert not consents.may(session, willing.learner_id, purpose, clock.today()), purpose
        assert not consents.may(session, willing.ids[1], purpose, clock.today()), (
            "by the id before the merge too"
        )
    service.lift_stop(session, case.id, "I called them today.", officer, clock)
    service.lift_stop(session, case.id, "A second press.", officer, clock)
    assert may(session, willing, clock) == before


def test_the_restricted_are_not_in_a_snapshot_and_their_offer_is_withdrawn_with_the_date_kept(
    offered, stop, session, clock, officer
):
    (entry,) = waitlist.entries_of(session, [offered.learner_id])[offered.learner_id]
    case = stop(CaseKind.RESTRICTION, offered.learner_id)
    offer = matching.offer(session, offered.offer_id)
    assert offer.state is OfferState.WITHDRAWN
    assert matching.offer_history(session, offered.offer_id)[-1].reason == "processing_stopped"
    (after,) = waitlist.entries_of(session, [offered.learner_id])[offered.learner_id]
    assert (after.state, after.queue_on) == (EntryState.WAITING, entry.queue_on)
    with pytest.raises(RuleBroken, match="Nobody is waiting who can be matched"):
        offered.world.release()
    service.lift_stop(session, case.id, "Told by phone", officer, clock)
    assert len(offered.world.release().offer_ids) == 1


def test_a_line_previewed_before_is_stale_at_the_release(willing, stop, session, clock):
    willing.world.add_class()
    row = willing.world.preview()
    stop(CaseKind.OBJECTION, willing.learner_id, "P04")
    from hub.matching import service as rounds

    assert not rounds.release(session, row.id, None, willing.world.manager, clock).offer_ids


def test_a_provider_sees_nobody_while_it_stands(placed, stop, session, clock, officer):
    views = matching.enrolments_of(session, [placed.learner_id])[placed.learner_id]
    seen = lambda: identities(session, views, placed.world.college, clock.today())  # noqa: E731
    assert seen()
    case = stop(CaseKind.RESTRICTION, placed.learner_id)
    assert seen() == {}
    notices = session.query(RightsNotice).filter_by(case_id=case.id).all()
    assert {tuple(one.about) for one in notices} == {("restricted",)} and len(notices) == 2
    service.lift_stop(session, case.id, "Told", officer, clock)
    assert seen()
    assert {tuple(one.about) for one in notices} == {("lifted",)}


@pytest.mark.parametrize("channel", [None, Channel.EMAIL])
def test_nothing_goes_but_the_answer_to_the_case(willing, stop, session, clock, officer, channel):
    waiting_before = text_to(session, willing, clock, channel=channel)
    assert goes(session, waiting_before, clock) is True
    case = stop(CaseKind.RESTRICTION, willing.learner_id)
    assert goes(session, waiting_before, clock) is False and waiting_before.why == "restricted"
    written = text_to(session, willing, clock, channel=channel, must_reach=True)
    assert goes(session, written, clock) is False
    (answer,) = session.query(Message).filter_by(template="rights_answered", about_id=case.id)
    assert goes(session, answer, clock) is True
    service.lift_stop(session, case.id, "Told", officer, clock)
    waiting_before.why = None
    assert goes(session, waiting_before, clock) is True, "what waited goes, where it is still of use"


def test_a_text_that_may_not_go_tries_no_other_way_and_asks_nobody(willing, stop, session, clock):
    from hub.infra.outbox import OutboxState, Outcome

    stop(CaseKind.RESTRICTION, willing.learner_id)
    message = text_to(session, willing, clock, must_reach=True)
    by = message.channel
    assert goes(session, message, clock) is False
    delivering.settle(session, message.id, Outcome(OutboxState.CANCELLED), clock)
    assert (message.state, message.channel, message.why) == (MessageState.NOT_SENT, by, "restricted")
    assert not session.query(Step).filter_by(kind=StepKind.TEXT_FAILED, subject_id=message.id).all()


def test_their_silence_counts_for_nothing(willing, stop, session, clock, officer):
    (entry,) = waitlist.entries_of(session, [willing.learner_id])[willing.learner_id]
    case = stop(CaseKind.RESTRICTION, willing.learner_id)
    clock.advance(timedelta(days=60))
    for _ in range(3):
        waiting.ask_check_ins(session, SYSTEM, clock)
        waiting.chase_check_ins(session, SYSTEM, clock)
        clock.advance(timedelta(days=20))
    (after,) = waitlist.entries_of(session, [willing.learner_id])[willing.learner_id]
    assert after.state is EntryState.WAITING and after.check_in_asked_on is None
    service.lift_stop(session, case.id, "Told", officer, clock)
    clock.advance(timedelta(days=60))
    assert waiting.ask_check_ins(session, SYSTEM, clock) == 1
    assert waitlist.entry(session, entry.id).state is EntryState.CHECK_IN_DUE


def test_an_objection_stops_that_use_and_no_other(willing, stop, session, clock):
    before = may(session, willing, clock)
    stop(CaseKind.OBJECTION, willing.learner_id, "P02", "P09")
    assert before - may(session, willing, clock) == {"P02", "P09"}
    evidence = NewEvidence(willing.learner_id, "birth_certificate", clock.today(), "")
    with pytest.raises(RuleBroken, match="stopped"):
        eligibility.record_evidence(session, evidence, willing.world.manager, clock)


def test_an_objection_to_what_is_asked_takes_the_permission_back(willing, stop, session, clock):
    stop(CaseKind.OBJECTION, willing.learner_id, "P06", "P07")
    standings = {
        one.purpose.code: one for one in consents.standings(session, willing.learner_id, clock.today())
    }
    assert {standings[code].standing for code in ("P06", "P07")} == {"withdrawn"}
    assert standings["P05"].permitted and consents.stops_of(session, willing.learner_id) == ()


def test_what_one_had_stopped_is_stopped_for_who_they_are_merged_with_and_stays_theirs(
    life, stop, session, clock
):
    other = life.world.add_learner(given_names="Bo")
    case = stop(CaseKind.RESTRICTION, other.learner_id)
    assert consents.may(session, life.learner_id, "P04", clock.today())
    life.world.add_class()
    (offer_id,) = life.world.release().offer_ids
    learners.merge(session, life.learner_id, other.learner_id, life.world.manager, clock)
    db.react(session)
    assert not consents.may(session, life.learner_id, "P04", clock.today())
    assert matching.offer(session, offer_id).state is OfferState.WITHDRAWN
    (stop_,) = consents.stops_of(session, life.learner_id)
    assert stop_.case_id == case.id


def test_a_case_says_what_is_missing_and_time_alone_lifts_nothing(life, ask, session, clock, officer):
    row = ask(CaseKind.OBJECTION, life.learner_id)
    for ruling in (Ruling(Decision.GRANTED), Ruling(Decision.GRANTED, purposes=frozenset({"P13"}))):
        with pytest.raises(RuleBroken) as refused:
            service.decide(session, row.id, ruling, officer, clock)
        assert list(refused.value.errors) == ["purposes"]
    whole = ask(CaseKind.RESTRICTION, life.learner_id)
    part = Ruling(Decision.PARTLY, Reason.PUBLIC_TASK, "Texts only", frozenset({"P06"}))
    service.decide(session, whole.id, part, officer, clock)
    assert not consents.restricted(session, [life.learner_id])
    (step,) = session.query(Step).filter_by(kind=StepKind.RESTRICTION_TO_LOOK_AT, subject_id=whole.id)
    assert step.due_on == clock.today() + timedelta(days=28)
    clock.advance(timedelta(days=400))
    service.keep_stopped(session, whole.id, "Not settled", officer, clock)
    assert consents.stops_of(session, life.learner_id)
    service.note_handed_over(session, whole.id, "By letter", officer, clock)
    assert session.query(Step).filter_by(subject_id=whole.id, closed_at=None).one().kind == step.kind


def test_pages_and_api_show_the_flag_with_its_date(life, as_role, api, ask, session, clock, client):
    officer = as_role(Role.DATA_PROTECTION)
    row = ask(CaseKind.RESTRICTION, life.learner_id)
    home = f"/data-rights/{row.id}"
    post(officer, f"{home}/lift", 302, note="Nothing stands yet")
    post(officer, f"{home}/decide", decision="granted", note="We stop.")
    assert "Restricted since Monday 11 January 2027" in officer.get(home).text
    assert "Zyxcanaria Quillonfarb" in officer.get("/data-rights/stops").text
    manager = as_role(Role.HUB_MANAGER)
    assert "Restricted since Monday 11 January 2027" in manager.get(f"/learners/{life.learner_id}").text
    assert "Stopped since 11 Jan 2027" in manager.get(f"/learners/{life.learner_id}/consent").text
    (item,) = api(Role.HUB_MANAGER).get("/api/v1/waitlist").json["items"]
    assert item["restricted_since"] == "2027-01-11"
    post(officer, f"{home}/lift", 422, note="")
    post(officer, f"{home}/lift", note="We called them on Monday.")
    assert "since Monday 11 January" not in officer.get(home).text
    assert "Nothing is restricted" in officer.get("/data-rights/stops").text


def test_a_learner_reads_the_answer_in_their_language(life, ask, session, clock, officer, client):
    from tests.slices.portal.conftest import BIRTH

    row = ask(CaseKind.RESTRICTION, life.learner_id)
    service.decide(session, row.id, Ruling(Decision.GRANTED), officer, clock)
    client.post(f"/l/{life.token}", data=BIRTH)
    page = client.get(f"/l/{life.token}/data?lang=pl").text
    assert "Nasza odpowiedź: tak." in page and "poniedziałek 11 stycznia" in page
    here = client.get(f"/l/{life.token}/here?lang=pl").text
    assert "Nic się teraz nie dzieje, a Twoja kolej zostaje" in here, "no meeting or offer is promised"
    post(client, f"/l/{life.token}/data", kind="objection", words="Nie chcę")
    assert {one.kind for one in reads.cases_of(session, life.learner_id, clock)} == {
        "restriction",
        "objection",
    }
