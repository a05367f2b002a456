"""What matching does when others tell of something, in their transaction. Never refuses its cause."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent.domain import ConsentWithdrawn, LearnerLeft, ProcessingStopped
from hub.core.clock import Clock
from hub.core.errors import HubError
from hub.core.permissions import Actor
from hub.learners import reads as learners
from hub.learners.domain import HappeningMoved, LearnersMerged, LearnersUnmerged
from hub.matching import queries, service
from hub.matching.domain.enrolments import EnrolmentState, SharingEnd
from hub.matching.domain.offers import LearnerAnswer
from hub.matching.models import Enrolment, Offer
from hub.matching.reads.enrolments import SHARE
from hub.matching.service.snapshots import MATCH
from hub.messaging.domain import AskKind, LearnerStopped, ReplyReceived
from hub.messaging.service.replies import hand_to_person
from hub.provision.domain import ClassCancelled
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind

CLASS_CANCELLED, CASE_CLOSED = "class_cancelled", "case_closed"
SHARING_ENDED, LEFT, STOPPED = "sharing_ended", "learner_left", "processing_stopped"
COMING = EnrolmentState.EXPECTED, EnrolmentState.NO_SHOW


class CaseClosed(Protocol):
    """The event of a slice above that a case has ended."""

    @property
    def referral_id(self) -> UUID: ...
    @property
    def learner_id(self) -> UUID: ...
    @property
    def outcome(self) -> str: ...


def class_cancelled(session: Session, event: ClassCancelled, actor: Actor, clock: Clock) -> None:
    """Offers of the class are withdrawn and its enrolments end: those learners are in line by their old date."""
    service.withdraw_for(session, CLASS_CANCELLED, actor, clock, Offer.esol_class_id == event.class_id)
    for row in queries.current_where(session, Enrolment.esol_class_id == event.class_id):
        service.send_back(session, row, CLASS_CANCELLED, actor, clock)


def case_closed(session: Session, event: CaseClosed, actor: Actor, clock: Clock) -> None:
    """A closed case needs no offer and no place that is not taken up yet; one of a duplicate goes on with the
    learner who was kept, and an achievement ends nothing."""
    if str(event.outcome) in {"duplicate", "achieved"}:
        return
    service.withdraw_for(session, CASE_CLOSED, actor, clock, Offer.case_id == event.referral_id)
    for row in queries.current_where(
        session, Enrolment.case_id == event.referral_id, Enrolment.state.in_(COMING)
    ):
        service.end_for_case(session, row, CASE_CLOSED, actor, clock)


class PersonLeaves(Protocol):
    """Somebody's data is to be erased: nothing goes on for any of these learners, who are one person."""

    @property
    def learner_ids(self) -> Sequence[UUID]: ...


def person_leaves(session: Session, event: PersonLeaves, actor: Actor, clock: Clock) -> None:
    """Offers and places not taken up yet are free again, also those without a case; a running course is the
    provider's to end. Each provider hears of it once, by the notice to delete its copy."""
    service.join_into_erasure(session, event.learner_ids, actor, clock)
    mine = Offer.learner_id.in_(event.learner_ids)
    service.withdraw_for(session, CASE_CLOSED, actor, clock, mine)
    for row in queries.current_where(
        session, Enrolment.learner_id.in_(event.learner_ids), Enrolment.state.in_(COMING)
    ):
        service.end_for_case(session, row, CASE_CLOSED, actor, clock)


def consent_withdrawn(session: Session, event: ConsentWithdrawn, actor: Actor, clock: Clock) -> None:
    """The learner ends the sharing with providers (table 1c of the specification).

    Offered: the offer is withdrawn, the place is free again once, the provider hears "withdrawn" and no reason;
    the entry waits with its date, and a later offer asks the learner anew. Enrolled: name and phone are hidden at
    once (asked at every view), the provider is told and its answer kept, and a person decides how the learner can
    still join a class that may not know who they are.
    """
    if SHARE not in event.purposes:
        return
    ids = learners.same_person_ids(session, event.learner_id)
    service.withdraw_for(session, SHARING_ENDED, actor, clock, Offer.learner_id.in_(ids))
    service.tell_recipients(session, event.learner_id, SharingEnd.WITHDRAWN, actor, clock)
    for row in queries.current_where(session, Enrolment.learner_id.in_(ids)):
        due = steps.due(session, "review_days", clock)
        owner = steps.hub_role(session)
        new = NewStep(StepKind.OFFER_TO_DECIDE, "enrolment", row.id, owner, due, row.learner_id)
        steps.open_step(session, new, clock)


def processing_stopped(session: Session, event: ProcessingStopped, actor: Actor, clock: Clock) -> None:
    """Where matching or sharing is stopped, no offer goes on: its place is free again, the provider hears
    "withdrawn" and no reason, and the entry keeps its date for the day on which the stop is lifted."""
    if event.purposes & {MATCH, SHARE}:
        ids = learners.same_person_ids(session, event.learner_id)
        service.withdraw_for(session, STOPPED, actor, clock, Offer.learner_id.in_(ids))


def learner_left(session: Session, event: LearnerLeft, actor: Actor, clock: Clock) -> None:
    """The learner wants no more of the service: every provider that was given their details is told."""
    ids = learners.same_person_ids(session, event.learner_id)
    service.withdraw_for(session, LEFT, actor, clock, Offer.learner_id.in_(ids))
    service.tell_recipients(session, event.learner_id, SharingEnd.LEFT, actor, clock)


def learners_merged(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """The kept learner takes over the offers of the other one."""
    service.merge_offers(session, event, actor, clock)


def learners_unmerged(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """Each learner gets back the offers that came from its own records."""
    service.unmerge_offers(session, event, actor, clock)


def happening_moved(session: Session, event: HappeningMoved, actor: Actor, clock: Clock) -> None:
    """An offer or a place was the other person's."""
    service.move_happening(session, event, actor, clock)


def replied(session: Session, event: ReplyReceived, actor: Actor, clock: Clock) -> None:
    """YES or NO to an offer, by text. What comes too late is a message for a person."""
    if event.asks_kind is not AskKind.OFFER or event.answer not in {"yes", "no"}:
        return
    try:
        service.answer_as_learner(
            session, event.subject_id, LearnerAnswer(event.answer == "yes"), actor, clock
        )
    except HubError:
        hand_to_person(session, event.message_id, clock)


def learner_stopped(session: Session, event: LearnerStopped, actor: Actor, clock: Clock) -> None:
    """A STOP is never read as silence: no offer lapses until a person has asked."""
    service.hold_for_stop(session, event.learner_id, clock)
