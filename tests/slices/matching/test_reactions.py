"""What matching does when other slices tell of something, through the real wiring."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.consent import service as consent
from hub.core.permissions import Role
from hub.infra import db
from hub.learners import service as people
from hub.matching import reads, service
from hub.matching.domain import EnrolmentState, LearnerAnswer, OfferState, Start
from hub.matching.reactions import case_closed, replied
from hub.messaging.domain import AskKind, LearnerStopped, MessageState, ReplyReceived
from hub.messaging.models import Message
from hub.provision import reads as provision
from hub.provision import service as provision_service
from hub.steps import reads as steps
from hub.waitlist import reads as waitlist
from hub.waitlist.domain import EntryState

YES = LearnerAnswer(True)


@pytest.fixture
def offered(world):
    esol_class, entry = world.add_class(), world.add_learner()
    return world.release().offer_ids[0], entry, esol_class


def confirm(world, offer_id):
    service.accept_as_provider(world.session, offer_id, world.college, world.clock)
    service.answer_as_learner(world.session, offer_id, YES, world.manager, world.clock)
    learner_id = world.offer(offer_id).learner_id
    return reads.enrolments_of(world.session, [learner_id])[learner_id][0]


def states(world, learner_id):
    return [one.state for one in waitlist.entries_of(world.session, [learner_id])[learner_id]]


def test_a_cancelled_class_sends_its_learners_back_first_in_line(world, offered):
    offer_id, first, esol_class = offered
    enrolment = confirm(world, offer_id)
    service.start(world.session, enrolment.id, Start(world.clock.today()), world.college, world.clock)
    second = world.add_learner()
    other = world.release().offer_ids[0]
    provision_service.cancel_class(world.session, esol_class.id, world.college, world.clock)
    db.react(world.session)
    assert world.offer(other).state is OfferState.WITHDRAWN
    assert states(world, second.learner_id) == [EntryState.WAITING]
    assert states(world, first.learner_id) == [EntryState.WAITING, EntryState.FULFILLED]
    view = provision.esol_class(world.session, esol_class.id)
    assert (view.held, view.enrolled) == (0, 0)


class Closed:
    def __init__(self, referral_id, learner_id, outcome):
        self.referral_id, self.learner_id, self.outcome = referral_id, learner_id, outcome


@pytest.mark.parametrize(("outcome", "ended"), [("withdrawn_by_learner", True), ("achieved", False)])
def test_a_closed_case_withdraws_what_is_not_taken_up(world, offered, outcome, ended):
    from uuid import uuid4

    from hub.matching import queries

    offer_id, entry, _ = offered
    row = queries.locked_offer(world.session, offer_id)
    row.case_id = uuid4()
    case_closed(world.session, Closed(row.case_id, entry.learner_id, outcome), world.manager, world.clock)
    assert (world.offer(offer_id).state is OfferState.WITHDRAWN) is ended


def test_a_closed_case_ends_an_expected_place(world, offered):
    from uuid import uuid4

    from hub.matching.models import Enrolment

    enrolment = confirm(world, offered[0])
    row = world.session.get(Enrolment, enrolment.id)
    row.case_id = uuid4()
    case_closed(
        world.session, Closed(row.case_id, row.learner_id, "withdrawn_by_learner"), world.manager, world.clock
    )
    assert row.state is EnrolmentState.LEFT_EARLY


@pytest.mark.parametrize(
    ("answer", "state"), [("yes", OfferState.CONFIRMED), ("no", OfferState.DECLINED_BY_LEARNER)]
)
def test_a_reply_by_text_answers_the_offer(world, offered, answer, state):
    offer_id, entry, _ = offered
    service.accept_as_provider(world.session, offer_id, world.college, world.clock)
    event = ReplyReceived(offer_id, AskKind.OFFER, offer_id, entry.learner_id, answer)
    replied(world.session, event, world.manager, world.clock)
    assert world.offer(offer_id).state is state
    replied(world.session, event, world.manager, world.clock)


def test_a_reply_that_comes_too_late_refuses_nothing(world, offered):
    offer_id, entry, _ = offered
    event = ReplyReceived(offer_id, AskKind.OFFER, offer_id, entry.learner_id, "yes")
    replied(world.session, event, world.manager, world.clock)
    assert world.offer(offer_id).state is OfferState.WITH_PROVIDER


def test_a_stop_holds_the_offer(world, offered):
    offer_id, entry, _ = offered
    service.accept_as_provider(world.session, offer_id, world.college, world.clock)
    db.record(world.session, LearnerStopped(entry.learner_id))
    db.react(world.session)
    world.clock.advance(timedelta(days=10))
    assert service.lapse_due(world.session, world.clock, world.manager) == 0
    assert world.offer(offer_id).hold_reason == "stop"


def test_merging_keeps_the_offer_that_got_further_and_unmerging_gives_each_their_own(world):
    world.add_class()
    first, second = world.add_learner().learner_id, world.add_learner().learner_id
    offers = {world.offer(one).learner_id: one for one in world.release().offer_ids}
    service.accept_as_provider(world.session, offers[second], world.college, world.clock)
    decision = people.merge(world.session, first, second, world.manager, world.clock)
    db.react(world.session)
    kept = world.offer(offers[second])
    assert kept.state is OfferState.WITH_LEARNER
    assert world.offer(offers[first]).state is OfferState.WITHDRAWN
    assert kept.learner_id == world.offer(offers[first]).learner_id
    people.unmerge(world.session, decision, world.manager, world.clock)
    db.react(world.session)
    assert [world.offer(offers[one]).learner_id for one in (first, second)] == [first, second]
    assert states(world, first) == [EntryState.OFFERED]  # the place was still free
    assert states(world, second) == [EntryState.OFFERED]


def said(world, offer_id, *, sent=True):
    """What the learner has heard or, else, will hear about an offer, oldest first; reminders left out."""
    found = world.session.scalars(select(Message).where(Message.about_id == offer_id).order_by(Message.id))
    state = MessageState.SENT if sent else MessageState.QUEUED
    return [one.template for one in found if one.state is state and one.template != "offer_reminder"]


def go_out(world):
    waiting = select(Message).where(
        Message.state == MessageState.QUEUED, Message.template != "offer_reminder"
    )
    for one in world.session.scalars(waiting):
        one.state = MessageState.SENT
    world.session.flush()


@pytest.mark.parametrize(
    ("heard_offer", "heard_gone", "sent", "to_come"),
    [
        (True, False, ["offer"], []),
        (True, True, ["offer", "offer_withdrawn"], ["offer"]),
        (False, False, [], ["offer"]),
    ],
    ids=[
        "who heard nothing of it hears nothing",
        "who heard is asked once more",
        "who never heard is asked once",
    ],
)
def test_an_offer_that_a_merge_took_and_an_unmerge_gave_back_is_told_once(
    world, heard_offer, heard_gone, sent, to_come
):
    world.add_class()
    first, second = world.add_learner().learner_id, world.add_learner().learner_id
    offers = {world.offer(one).learner_id: one for one in world.release().offer_ids}
    for one in (first, second):
        service.accept_as_provider(world.session, offers[one], world.college, world.clock)
    db.react(world.session)
    if heard_offer:
        go_out(world)
    decision = people.merge(world.session, first, second, world.manager, world.clock)
    db.react(world.session)
    (gone,) = [one for one in offers.values() if world.offer(one).state is OfferState.WITHDRAWN]
    if heard_gone:
        go_out(world)
    people.unmerge(world.session, decision, world.manager, world.clock)
    db.react(world.session)
    world.session.expire_all()
    assert world.offer(gone).state is OfferState.WITH_LEARNER
    assert (said(world, gone), said(world, gone, sent=False)) == (sent, to_come)
    asks = world.session.scalars(
        select(Message.id).where(Message.asks_subject_id == gone, Message.answered_at.is_(None))
    )
    assert list(asks), "a YES by text counts again"


def test_a_permission_taken_back_asks_a_person(world, offered):
    enrolment = confirm(world, offered[0])
    db.react(world.session)
    consent.withdraw(world.session, enrolment.learner_id, ["P05"], world.manager, world.clock)
    db.react(world.session)
    kinds = {
        one.kind.value
        for one in steps.open_steps(world.session, [enrolment.id], world.clock.today())[enrolment.id]
    }
    assert "offer_to_decide" in kinds


def test_the_engine_never_sees_who_a_provider_or_a_learner_is(world, person, organise):
    canary = organise(world.session, "provider", "canary-college")
    theirs = person(world.session, Role.PROVIDER, canary)
    from tests.slices.matching.conftest import put_agreement

    put_agreement(world.session, world.manager.organisation_id, canary.id, world.clock)
    esol_class = world.add_class(provider=theirs, title="Canary title")
    entry = world.add_learner(given_names="Canaryname")
    row = world.preview()
    text = str(reads.snapshot(world.session, row.id)).lower()
    secrets = [canary.id, "canary", esol_class.id, esol_class.venue_id, entry.id, entry.learner_id,
               entry.source_record_id, "dalston", "e8 1a", world.manager.organisation_id]  # fmt: skip
    assert [one for one in secrets if str(one).lower() in text or str(one).replace("-", "") in text] == []
    assert "51.552" in text, "places to three decimals are there"


def test_the_snapshot_is_kept_sealed(world):
    from sqlalchemy import text

    world.add_class()
    world.add_learner()
    world.preview()
    world.session.flush()
    stored = world.session.execute(text("SELECT snapshot_sealed FROM match_round")).scalar()
    assert b"H4sI" not in bytes(stored), "gzip in base 64 starts so"


def test_jobs_close_rounds_and_ask_for_the_next(world, offered):
    service.accept_as_provider(world.session, offered[0], world.college, world.clock)
    assert service.close_finished(world.session, world.manager, world.clock) == 0
    service.answer_as_learner(world.session, offered[0], YES, world.manager, world.clock)
    assert service.close_finished(world.session, world.manager, world.clock) == 1
    assert not service.ask_for_round(world.session, world.clock)
    world.clock.advance(timedelta(days=7))
    assert service.ask_for_round(world.session, world.clock)
    hub_id = world.manager.organisation_id
    open_now = steps.open_steps(world.session, [hub_id], world.clock.today())[hub_id]
    assert [one.kind.value for one in open_now] == ["round_to_run"]
