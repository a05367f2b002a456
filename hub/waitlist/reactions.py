"""What the waiting list does when others tell of something, in their transaction. Never refuses its cause."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment.domain import AssessmentCompleted, PlacementConfirmed
from hub.consent.domain import LearnerLeft
from hub.core.clock import Clock
from hub.core.errors import Conflict
from hub.core.permissions import Actor
from hub.learners import reads as learners
from hub.learners.domain import HappeningMoved, LearnersMerged, LearnersUnmerged
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind
from hub.waitlist import queries, service
from hub.waitlist.domain import STOP_HOLD, JoinRequest

CHECK_IN = "check_in"


class CaseClosed(Protocol):
    """The event of a slice above that a case has ended."""

    @property
    def referral_id(self) -> UUID: ...
    @property
    def outcome(self) -> str: ...


class Replied(Protocol):
    """The event of a sibling that a learner answered a message."""

    @property
    def asks_kind(self) -> str | None: ...
    @property
    def subject_id(self) -> UUID | None: ...
    @property
    def answer(self) -> str: ...


class Stopped(Protocol):
    """The event of a sibling that a learner sent STOP."""

    @property
    def learner_id(self) -> UUID: ...


def assessment_completed(session: Session, event: AssessmentCompleted, actor: Actor, clock: Clock) -> None:
    """Joining follows assessment by itself. Where an offer is out at another level, a person decides."""
    request = JoinRequest(
        learner_id=event.learner_id,
        source_record_id=event.source_record_id,
        subject_id=event.subject_id,
        strand=event.strand,
        level=event.level,
        skills=event.skills,
        also=event.also,
        case_id=event.case_id,
        assessment_id=event.assessment_id,
    )
    try:
        service.join(session, request, actor, clock)
    except Conflict:
        _open_for_a_person(session, event, clock)


def placement_confirmed(session: Session, event: PlacementConfirmed, actor: Actor, clock: Clock) -> None:
    """Who still waits in this strand waits at the confirmed level from now on, date kept; nobody comes back onto the
    list by it."""
    waiting = queries.active(session, learners.survivor(session, event.learner_id), event.strand)
    if waiting is not None:
        assessment_completed(session, event, actor, clock)


class PersonLeaves(Protocol):
    """Somebody's data is to be erased."""

    @property
    def learner_ids(self) -> Sequence[UUID]: ...


def person_leaves(session: Session, event: PersonLeaves, actor: Actor, clock: Clock) -> None:
    """The place in the queue is given up, also one without a case. Offers were withdrawn before this runs."""
    for learner_id in event.learner_ids:
        service.remove_for_learner(session, learner_id, "no_longer_interested", actor, clock)


def case_closed(session: Session, event: CaseClosed, actor: Actor, clock: Clock) -> None:
    """A closed referral waits no longer."""
    service.remove_for_case(session, event.referral_id, str(event.outcome), actor, clock)


def learners_merged(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """The kept learner takes over the entries of the other one."""
    service.merge_entries(session, event, actor, clock)


def learners_unmerged(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """Each learner gets back the entries that came from its own records."""
    service.unmerge_entries(session, event, actor, clock)


def happening_moved(session: Session, event: HappeningMoved, actor: Actor, clock: Clock) -> None:
    """An entry or a priority was the other person's."""
    service.move_happening(session, event, actor, clock)


def replied(session: Session, event: Replied, actor: Actor, clock: Clock) -> None:
    """A yes or no to a check-in. Anything else is a message for a person, which messaging sees to."""
    if event.asks_kind != CHECK_IN or event.subject_id is None or event.answer not in ("yes", "no"):
        return
    service.check_in_replied(session, event.subject_id, event.answer == "yes", actor, clock)


def learner_stopped(session: Session, event: Stopped, actor: Actor, clock: Clock) -> None:
    """A STOP is never read as silence: nothing lapses until a person has asked."""
    service.hold(session, event.learner_id, STOP_HOLD, actor, clock)


def learner_left(session: Session, event: LearnerLeft, actor: Actor, clock: Clock) -> None:
    """Who wants no more of the service waits no longer, also where no referral stands behind the entry."""
    service.remove_for_learner(session, event.learner_id, "no_longer_interested", actor, clock)


def _open_for_a_person(session: Session, event: AssessmentCompleted, clock: Clock) -> None:
    due = steps.due(session, "review_days", clock)
    new = NewStep(
        StepKind.ON_HOLD_TO_REVIEW, "referral", event.case_id, steps.hub_role(session), due, event.learner_id
    )
    steps.open_step(session, new, clock)
