"""What this slice does when others tell of something, in their transaction."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from hub.assessment import queries
from hub.assessment.domain import AskedBy, Cancellation, MoveReason
from hub.assessment.models import Appointment, Assessment
from hub.assessment.service import cancel, cancel_for_case, drop_for_case
from hub.assessment.service.permission import ASSESS
from hub.consent.domain import ProcessingStopped
from hub.core.clock import Clock
from hub.core.permissions import SYSTEM, Actor
from hub.infra.columns import SealedRow, reseal
from hub.learners import reads as people
from hub.learners import service as learners
from hub.learners.domain import (
    Happening,
    HappeningMoved,
    LearnersMerged,
    LearnersUnmerged,
    SplitKind,
    StrongMatchFound,
)
from hub.steps import service as steps


class CaseClosed(Protocol):
    """Any event that ends a case; its class belongs to a slice above this one."""

    @property
    def referral_id(self) -> UUID: ...


def learners_merged(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """Appointments and assessments go with their source records to the learner who is kept."""
    _move(session, event.source_record_ids, event.kept_id)


def learners_unmerged(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """They go back with their source records; whose the later ones are, a person says."""
    _move(session, event.source_record_ids, event.restored_id)
    both, since = {event.kept_id, event.restored_id}, event.merged_at
    found = [
        Happening(SplitKind.APPOINTMENT, row.id, row.created_at, row.learner_id)
        for row in queries.appointments_since(session, both, since)
    ]
    found += [
        Happening(SplitKind.ASSESSMENT, row.id, row.started_at, row.learner_id)
        for row in queries.assessments_since(session, both, since)
    ]
    learners.ask_whose(session, event, found, clock)


def happening_moved(session: Session, event: HappeningMoved, actor: Actor, clock: Clock) -> None:
    """An appointment or an assessment was the other person's: it goes to them, and what is sealed in it too."""
    row: Appointment | Assessment
    if event.kind is SplitKind.APPOINTMENT:
        row = session.get_one(Appointment, event.row_id)
    elif event.kind is SplitKind.ASSESSMENT:
        row = session.get_one(Assessment, event.row_id)
        for part in _sealed_of(session, row.id):
            if part is not None:
                reseal(part, event.subject_id)
    else:
        return
    row.learner_id, row.source_record_id = event.learner_id, event.source_record_id
    row.subject_id = event.subject_id


def _sealed_of(session: Session, assessment_id: UUID) -> tuple[SealedRow | None, ...]:
    """What of an assessment is sealed under its person's key."""
    return (
        queries.literacy(session, assessment_id), queries.placement(session, assessment_id),
        queries.second_opinion(session, assessment_id),
    )  # fmt: skip


def strong_match_found(session: Session, event: StrongMatchFound, actor: Actor, clock: Clock) -> None:
    """Linked by the hub itself, unless both have an assessment: then a person decides which counts."""
    assessed = [
        queries.has_assessment(session, people.same_person_ids(session, one))
        for one in (event.left_id, event.right_id)
    ]
    learners.link_automatically(session, event.pair_id, SYSTEM, clock, both_assessed=all(assessed))


def case_closed(session: Session, event: CaseClosed, actor: Actor, clock: Clock) -> None:
    """A closed referral needs no appointment."""
    cancel_for_case(session, event.referral_id, actor, clock)
    drop_for_case(session, event.referral_id, clock)


def processing_stopped(session: Session, event: ProcessingStopped, actor: Actor, clock: Clock) -> None:
    """Nobody is expected at an assessment that may not be made: its time is free again. The case keeps its date and
    the hub its step, so that a new time is found on the day on which the stop is lifted."""
    if ASSESS in event.purposes:
        for booked in queries.booked_of(session, people.same_person_ids(session, event.learner_id)):
            cancel(session, booked.id, Cancellation(AskedBy.HUB, MoveReason.PROCESSING_STOPPED), actor, clock)


def _move(session: Session, source_record_ids: Collection[UUID], learner_id: UUID) -> None:
    for row in (Appointment, Assessment):
        session.execute(
            update(row).where(row.source_record_id.in_(source_record_ids)).values(learner_id=learner_id)
        )
    waiting = queries.second_opinions_waiting(session, Assessment.source_record_id.in_(source_record_ids))
    steps.move_learner(session, [one.assessment_id for one in waiting], learner_id)
