"""What slices above may know of appointments and assessments: frozen rows, in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment import queries
from hub.assessment.domain import (
    OPEN_STATES,
    AppointmentState,
    AskedBy,
    AssessmentStatus,
    Mode,
    MoveReason,
    OverrideCode,
    Purpose,
    SecondState,
    Skill,
    Strand,
)
from hub.assessment.models import Appointment, Assessment, AssessorSlot, Placement
from hub.core.clock import LONDON
from hub.core.levels import Level


@dataclass(frozen=True)
class SlotView:
    """A stretch of an assessor's time."""

    id: UUID
    assessor_id: UUID
    starts_at: datetime
    ends_at: datetime
    mode: Mode
    place: str

    @property
    def day(self) -> date:
        """The date in London."""
        return self.starts_at.astimezone(LONDON).date()

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


@dataclass(frozen=True)
class AppointmentView:
    """One appointment; `slot` is None while it needs a time."""

    id: UUID
    case_id: UUID
    learner_id: UUID
    source_record_id: UUID
    state: AppointmentState
    slot: SlotView | None
    series_id: UUID
    sequence: int
    moved_from_id: UUID | None
    asked_by: AskedBy | None
    reason: MoveReason | None
    created_at: datetime
    changed_at: datetime
    version: int

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True)
class AssessmentView:
    """An assessment, open or closed."""

    id: UUID
    case_id: UUID
    learner_id: UUID
    appointment_id: UUID | None
    assessor_id: UUID | None
    mode: Mode
    purpose: Purpose
    status: AssessmentStatus
    started_at: datetime
    closed_at: datetime | None
    valid_until: date | None
    version: int


@dataclass(frozen=True)
class PlacementView:
    """The level decided and why.

    `achieved` None: below Entry 1. `also`: higher levels, only in classes that support reading and writing.
    """

    assessment_id: UUID
    case_id: UUID
    learner_id: UUID
    level: Level
    achieved: Level | None
    sublevel: str | None
    strand: Strand
    literacy_offered: bool
    also: tuple[Level, ...]
    skills: Mapping[Skill, Level]
    explanation: Mapping[str, Any]
    overridden_from: Level | None
    override_code: OverrideCode | None
    decided_by: UUID | None
    decided_at: datetime
    valid_until: date
    source_record_id: UUID
    subject_id: UUID


@dataclass(frozen=True)
class SecondOpinionView:
    """A level two or more away from the rule's, who was asked to look at it, and what they said."""

    level: Level
    code: OverrideCode
    text: str | None
    state: SecondState
    asked_id: UUID
    asked_at: datetime
    handed_on: bool
    answered_by: UUID | None
    answered_at: datetime | None
    why: str | None


def appointment(session: Session, appointment_id: UUID) -> AppointmentView | None:
    """One appointment."""
    found = queries.appointment(session, appointment_id)
    return appointment_view(found) if found else None


def appointments_of(session: Session, case_ids: Iterable[UUID]) -> dict[UUID, list[AppointmentView]]:
    """All appointments of the cases by case, oldest first."""
    grouped: dict[UUID, list[AppointmentView]] = defaultdict(list)
    for row in queries.appointments_of_cases(session, case_ids):
        grouped[row.case_id].append(appointment_view(row))
    return dict(grouped)


def open_appointment(session: Session, case_id: UUID) -> AppointmentView | None:
    """The appointment of a case that is booked or needs a time."""
    found = queries.open_appointment(session, case_id)
    return appointment_view(found) if found else None


def next_appointment(session: Session, learner_id: UUID) -> AppointmentView | None:
    """The next booked appointment of a learner, past ones without a record included."""
    found = queries.next_appointment(session, learner_id)
    return appointment_view(found) if found else None


def free_slots(session: Session, start: datetime, limit: int = 200) -> list[SlotView]:
    """Slots nobody has, from `start` on, in time order."""
    return [slot_view(row) for row in queries.free_slots(session, start, limit)]


def assessment(session: Session, assessment_id: UUID) -> AssessmentView | None:
    """One assessment."""
    found = queries.assessment(session, assessment_id)
    return assessment_view(found) if found else None


def open_appointments(session: Session, limit: int = 500, after: UUID | None = None) -> list[AppointmentView]:
    """Booked appointments and those that need a time, oldest first."""
    return [appointment_view(row) for row in queries.open_appointments(session, limit, after)]


def assessments_in_progress(session: Session, limit: int = 500) -> list[AssessmentView]:
    """What was begun and not completed, oldest first."""
    return [assessment_view(row) for row in queries.assessments_in_progress(session, limit)]


def assessments_open(session: Session, case_ids: Iterable[UUID]) -> dict[UUID, AssessmentView]:
    """The assessment being worked on, by case."""
    return {row.case_id: assessment_view(row) for row in queries.open_assessments(session, case_ids)}


def valid_placement(session: Session, learner_id: UUID, today: date) -> PlacementView | None:
    """The newest result of a learner that still counts."""
    found = placements(session, [learner_id]).get(learner_id, [])
    return next((view for view in found if view.valid_until >= today), None)


def placements(session: Session, learner_ids: Iterable[UUID]) -> dict[UUID, list[PlacementView]]:
    """All results of the learners, newest first."""
    rows = queries.completed(session, learner_ids)
    skills: dict[UUID, dict[Skill, Level]] = defaultdict(dict)
    for result in queries.results(session, [assessment.id for assessment, _ in rows]) if rows else ():
        skills[result.assessment_id][result.skill] = result.placement_level
    grouped: dict[UUID, list[PlacementView]] = defaultdict(list)
    for assessment, placement in rows:
        view = placement_view(assessment, placement, skills[assessment.id])
        grouped[assessment.learner_id].append(view)
    return dict(grouped)


@dataclass(frozen=True)
class CompletedView:
    """A completed assessment as statistics see it: no learner."""

    case_id: UUID
    level: Level
    purpose: Purpose
    decided_at: datetime


def completed_between(session: Session, start: datetime, end: datetime) -> list[CompletedView]:
    """Assessments completed from `start` on and before `end`, for statistics."""
    return [
        CompletedView(one.case_id, decided.level, one.purpose, decided.decided_at)
        for one, decided in queries.completed_between(session, start, end)
    ]


def placement(session: Session, assessment_id: UUID) -> PlacementView | None:
    """The result of one assessment."""
    row, assessment = queries.placement(session, assessment_id), queries.assessment(session, assessment_id)
    if row is None or assessment is None:
        return None
    skills = {one.skill: one.placement_level for one in queries.results(session, [assessment_id])}
    return placement_view(assessment, row, skills)


def second_opinion(session: Session, assessment_id: UUID) -> SecondOpinionView | None:
    """What a second person was asked about an assessment; None where nobody had to be."""
    row = queries.second_opinion(session, assessment_id)
    if row is None:
        return None
    return SecondOpinionView(
        row.level, row.code, row.text, row.state, row.asked_id, row.asked_at, row.handed_on_at is not None,
        row.answered_by, row.answered_at, row.why,
    )  # fmt: skip


def slot_view(row: AssessorSlot) -> SlotView:
    return SlotView(row.id, row.assessor_id, row.starts_at, row.ends_at, row.mode, row.place)


def appointment_view(row: Appointment) -> AppointmentView:
    return AppointmentView(
        id=row.id,
        case_id=row.case_id,
        learner_id=row.learner_id,
        source_record_id=row.source_record_id,
        state=row.state,
        slot=slot_view(row.slot) if row.slot else None,
        series_id=row.series_id,
        sequence=row.sequence,
        moved_from_id=row.moved_from_id,
        asked_by=row.asked_by,
        reason=row.reason,
        created_at=row.created_at,
        changed_at=row.changed_at,
        version=row.version,
    )


def assessment_view(row: Assessment) -> AssessmentView:
    return AssessmentView(
        id=row.id,
        case_id=row.case_id,
        learner_id=row.learner_id,
        appointment_id=row.appointment_id,
        assessor_id=row.assessor_id,
        mode=row.mode,
        purpose=row.purpose,
        status=row.status,
        started_at=row.started_at,
        closed_at=row.closed_at,
        valid_until=row.valid_until,
        version=row.version,
    )


def placement_view(assessment: Assessment, row: Placement, skills: Mapping[Skill, Level]) -> PlacementView:
    return PlacementView(
        assessment_id=assessment.id,
        case_id=assessment.case_id,
        learner_id=assessment.learner_id,
        level=row.level,
        achieved=row.achieved_level,
        sublevel=row.sublevel,
        strand=row.strand,
        literacy_offered=row.literacy_offered,
        also=tuple(Level(one) for one in row.also),
        skills=dict(skills),
        explanation=row.explanation,
        overridden_from=row.overridden_from,
        override_code=row.override_code,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        valid_until=assessment.valid_until or row.decided_at.date(),
        source_record_id=assessment.source_record_id,
        subject_id=assessment.subject_id,
    )


def diary(
    session: Session, start: datetime, end: datetime, assessor_id: UUID | None = None
) -> "Sequence[DiaryLine]":
    """Slots that overlap the stretch with the appointment each holds, in time order."""
    slots = queries.slots_between(session, start, end, assessor_id)
    rows = queries.appointments_in_slots(session, [slot.id for slot in slots]) if slots else []
    held = {row.slot_id: row for row in rows}
    return [
        DiaryLine(
            slot_view(slot),
            held[slot.id].id,
            held[slot.id].case_id,
            held[slot.id].learner_id,
            held[slot.id].state,
        )
        if slot.id in held
        else DiaryLine(slot_view(slot))
        for slot in slots
    ]


@dataclass(frozen=True)
class DiaryLine:
    """One slot of the diary and who has it, if anybody."""

    slot: SlotView
    appointment_id: UUID | None = None
    case_id: UUID | None = None
    learner_id: UUID | None = None
    state: AppointmentState | None = None
