"""Selects of this slice. Nothing here decides or changes anything."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, Select, exists, func, select
from sqlalchemy.orm import Session, joinedload

from hub.assessment.domain import (
    HOLDS_SLOT,
    OPEN_STATES,
    AppointmentState,
    AssessmentStatus,
    SecondState,
)
from hub.assessment.models import (
    Appointment,
    Assessment,
    AssessorSlot,
    LiteracyProfile,
    Placement,
    RubricMark,
    SecondOpinion,
    SkillResult,
)

T = TypeVar("T", Appointment, Assessment)


def lock(session: Session, name: str) -> None:
    """Wait for and hold, until the end of the transaction, the lock of this name."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def slot_for_update(session: Session, slot_id: UUID) -> AssessorSlot | None:
    return session.scalar(
        select(AssessorSlot)
        .where(AssessorSlot.id == slot_id, AssessorSlot.withdrawn_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def slots_between(
    session: Session, start: datetime, end: datetime, assessor_id: UUID | None = None
) -> Sequence[AssessorSlot]:
    """Slots that overlap the stretch, in time order."""
    found = select(AssessorSlot).where(
        AssessorSlot.withdrawn_at.is_(None), AssessorSlot.starts_at < end, AssessorSlot.ends_at > start
    )
    if assessor_id is not None:
        found = found.where(AssessorSlot.assessor_id == assessor_id)
    return session.scalars(found.order_by(AssessorSlot.starts_at, AssessorSlot.assessor_id)).all()


def free_slots(session: Session, start: datetime, limit: int) -> Sequence[AssessorSlot]:
    """Slots from `start` on that no appointment holds, in time order."""
    found = select(AssessorSlot).where(
        AssessorSlot.withdrawn_at.is_(None), AssessorSlot.starts_at >= start, ~_is_held()
    )
    return session.scalars(found.order_by(AssessorSlot.starts_at, AssessorSlot.id).limit(limit)).all()


def is_held(session: Session, slot_id: UUID) -> bool:
    held = select(Appointment.id).where(Appointment.slot_id == slot_id, Appointment.state.in_(HOLDS_SLOT))
    return session.scalar(select(held.exists())) or False


def _is_held() -> Exists:
    return exists().where(Appointment.slot_id == AssessorSlot.id, Appointment.state.in_(HOLDS_SLOT))


def appointment(session: Session, appointment_id: UUID, *, for_update: bool = False) -> Appointment | None:
    return session.scalar(_locked(_with_slot().where(Appointment.id == appointment_id), for_update))


def open_appointment(session: Session, case_id: UUID, *, for_update: bool = False) -> Appointment | None:
    """The proposed or booked appointment of a case; there is at most one."""
    found = _with_slot().where(Appointment.case_id == case_id, Appointment.state.in_(OPEN_STATES))
    return session.scalar(_locked(found, for_update))


def last_appointment(session: Session, case_id: UUID) -> Appointment | None:
    found = _with_slot().where(Appointment.case_id == case_id)
    return session.scalar(found.order_by(Appointment.created_at.desc(), Appointment.id.desc()).limit(1))


def missed_count(session: Session, case_id: UUID) -> int:
    missed = select(func.count()).where(
        Appointment.case_id == case_id, Appointment.state == AppointmentState.NOT_ATTENDED
    )
    return session.scalar(missed) or 0


def appointments_of_cases(session: Session, case_ids: Iterable[UUID]) -> Sequence[Appointment]:
    """All appointments of the cases, oldest first."""
    found = _with_slot().where(Appointment.case_id.in_(list(case_ids)))
    return session.scalars(found.order_by(Appointment.created_at, Appointment.id)).all()


def appointments_in_slots(session: Session, slot_ids: Iterable[UUID]) -> Sequence[Appointment]:
    """Appointments of these slots, cancelled ones left out."""
    shown = [*HOLDS_SLOT, AppointmentState.NOT_ATTENDED]
    found = select(Appointment).where(Appointment.slot_id.in_(list(slot_ids)), Appointment.state.in_(shown))
    return session.scalars(found.order_by(Appointment.created_at)).all()


def next_appointment(session: Session, learner_id: UUID) -> Appointment | None:
    """The booked appointment of a learner that comes first."""
    found = _with_slot().where(
        Appointment.learner_id == learner_id, Appointment.state == AppointmentState.BOOKED
    )
    return session.scalar(found.join(Appointment.slot).order_by(AssessorSlot.starts_at).limit(1))


def open_appointments(session: Session, limit: int, after: UUID | None = None) -> Sequence[Appointment]:
    """Proposed and booked appointments in the order they were made, a page at a time."""
    found = _with_slot().where(Appointment.state.in_(OPEN_STATES))
    if after is not None:
        found = found.where(Appointment.id > after)
    return session.scalars(found.order_by(Appointment.id).limit(limit)).all()


def assessment(session: Session, assessment_id: UUID, *, for_update: bool = False) -> Assessment | None:
    return session.scalar(_locked(select(Assessment).where(Assessment.id == assessment_id), for_update))


def open_assessments(session: Session, case_ids: Iterable[UUID]) -> Sequence[Assessment]:
    found = select(Assessment).where(
        Assessment.case_id.in_(list(case_ids)), Assessment.status == AssessmentStatus.IN_PROGRESS
    )
    return session.scalars(found).all()


def assessments_in_progress(session: Session, limit: int) -> Sequence[Assessment]:
    """Assessments somebody began and has not completed, oldest first."""
    found = select(Assessment).where(Assessment.status == AssessmentStatus.IN_PROGRESS)
    return session.scalars(found.order_by(Assessment.started_at).limit(limit)).all()


def assessments_after(session: Session, limit: int, after: UUID | None) -> Sequence[Assessment]:
    found = select(Assessment)
    if after is not None:
        found = found.where(Assessment.id > after)
    return session.scalars(found.order_by(Assessment.id).limit(limit)).all()


def completed(session: Session, learner_ids: Iterable[UUID]) -> Sequence[tuple[Assessment, Placement]]:
    """Completed assessments of the learners with their placements, newest first."""
    found = (
        select(Assessment, Placement)
        .join(Placement, Placement.assessment_id == Assessment.id)
        .where(Assessment.learner_id.in_(list(learner_ids)))
        .order_by(Placement.decided_at.desc(), Placement.id.desc())
    )
    return [(row[0], row[1]) for row in session.execute(found)]


def completed_between(
    session: Session, start: datetime, end: datetime
) -> Sequence[tuple[Assessment, Placement]]:
    """What was decided from `start` on and before `end`."""
    found = (
        select(Assessment, Placement)
        .join(Placement, Placement.assessment_id == Assessment.id)
        .where(Placement.decided_at >= start, Placement.decided_at < end)
    )
    return [(row[0], row[1]) for row in session.execute(found)]


def placement(session: Session, assessment_id: UUID) -> Placement | None:
    return session.scalar(select(Placement).where(Placement.assessment_id == assessment_id))


def second_opinion(session: Session, assessment_id: UUID) -> SecondOpinion | None:
    """What a second person was asked about the assessment, if anybody was."""
    return session.scalar(select(SecondOpinion).where(SecondOpinion.assessment_id == assessment_id))


def second_opinions_waiting(session: Session, *of: ColumnElement[bool]) -> Sequence[SecondOpinion]:
    """Those nobody has answered, of the assessments that fit, longest first."""
    found = select(SecondOpinion).join(Assessment, Assessment.id == SecondOpinion.assessment_id)
    found = found.where(SecondOpinion.state == SecondState.WAITING, *of)
    return session.scalars(found.order_by(SecondOpinion.asked_at)).all()


def booked_of(session: Session, learner_ids: Iterable[UUID]) -> Sequence[Appointment]:
    """The booked appointments of these learners."""
    found = _with_slot().where(
        Appointment.learner_id.in_(list(learner_ids)), Appointment.state == AppointmentState.BOOKED
    )
    return session.scalars(found).all()


def marks(session: Session, assessment_id: UUID) -> Sequence[RubricMark]:
    """The first round's marks; the second is blind and never read together with the first."""
    return session.scalars(
        select(RubricMark).where(RubricMark.assessment_id == assessment_id, RubricMark.round == 1)
    ).all()


def literacy(session: Session, assessment_id: UUID) -> LiteracyProfile | None:
    return session.scalar(select(LiteracyProfile).where(LiteracyProfile.assessment_id == assessment_id))


def results(session: Session, assessment_ids: Iterable[UUID]) -> Sequence[SkillResult]:
    return session.scalars(
        select(SkillResult).where(SkillResult.assessment_id.in_(list(assessment_ids)))
    ).all()


def appointments_since(
    session: Session, learner_ids: Collection[UUID], since: datetime
) -> Sequence[Appointment]:
    """Appointments of these learners that were made after a moment."""
    found = select(Appointment).where(Appointment.learner_id.in_(learner_ids), Appointment.created_at > since)
    return session.scalars(found).all()


def assessments_since(
    session: Session, learner_ids: Collection[UUID], since: datetime
) -> Sequence[Assessment]:
    """Assessments of these learners that were begun after a moment."""
    found = select(Assessment).where(Assessment.learner_id.in_(learner_ids), Assessment.started_at > since)
    return session.scalars(found).all()


def has_assessment(session: Session, learner_ids: Collection[UUID]) -> bool:
    """Whether one of these has an assessment, be it still in progress; one given up does not count."""
    found = select(Assessment.id).where(
        Assessment.learner_id.in_(learner_ids), Assessment.status != AssessmentStatus.ABANDONED
    )
    return session.scalar(found.limit(1)) is not None


def _with_slot() -> Select[Appointment]:
    return select(Appointment).options(joinedload(Appointment.slot))


def _locked(found: Select[T], for_update: bool) -> Select[T]:
    """Lock the row and read it afresh, so that what is decided on is what is stored."""
    if not for_update:
        return found
    rows = found.column_descriptions[0]["entity"]
    return found.with_for_update(of=rows, key_share=True).execution_options(populate_existing=True)
