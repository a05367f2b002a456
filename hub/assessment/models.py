"""Rows of slots, appointments, assessments, marks, results and placements."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.assessment.domain import (
    AppointmentState,
    AskedBy,
    AssessmentStatus,
    LiteracyNeed,
    Mode,
    MoveReason,
    OverrideCode,
    Purpose,
    ResultSource,
    SecondState,
    Skill,
    Strand,
)
from hub.core.levels import Level
from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified, Versioned, enum_column
from hub.infra.rows import anybody, of_parent

_HOLDS_SLOT = sql("state IN ('proposed', 'booked', 'attended', 'attended_late')")
_OPEN = sql("state IN ('proposed', 'booked')")


class AssessorSlot(Identified, Versioned, Base):
    """A stretch of an assessor's time that one learner can have. Withdrawn slots keep their row."""

    __tablename__ = "assessor_slot"
    __rows__ = anybody("times of the diary")
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(
            "uq_assessor_slot_start", "assessor_id", "starts_at", unique=True,
            postgresql_where=sql("withdrawn_at IS NULL"),
        ),
        Index("ix_assessor_slot_starts", "starts_at"),
    )  # fmt: skip

    assessor_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    mode: Mapped[Mode] = enum_column(Mode)
    place: Mapped[str]
    withdrawn_at: Mapped[datetime | None]


class Appointment(Identified, Versioned, Base):
    """One appointment of a case.

    Moving it makes a new row that points back; `series_id` stays the same, so that the learner's calendar
    updates one entry, and `sequence` counts what changed in it.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint(
            "slot_id IS NOT NULL OR state IN ('proposed', 'cancelled_by_learner', 'cancelled_by_hub')",
            name="has_slot",
        ),
        Index("uq_appointment_slot_live", "slot_id", unique=True, postgresql_where=_HOLDS_SLOT),
        Index("uq_appointment_case_open", "case_id", unique=True, postgresql_where=_OPEN),
        Index("ix_appointment_learner_id", "learner_id"),
        Index("ix_appointment_case_id", "case_id"),
    )  # fmt: skip

    slot_id: Mapped[UUID | None] = mapped_column(ForeignKey("assessor_slot.id"))
    case_id: Mapped[UUID]
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"))
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    subject_id: Mapped[UUID]
    state: Mapped[AppointmentState] = enum_column(AppointmentState)
    series_id: Mapped[UUID]
    sequence: Mapped[int]
    moved_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointment.id"))
    asked_by: Mapped[AskedBy | None] = enum_column(AskedBy)
    reason: Mapped[MoveReason | None] = enum_column(MoveReason)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    slot: Mapped[AssessorSlot | None] = relationship(lazy="raise_on_sql")


class AppointmentHistory(Identified, Base):
    """One change of state of an appointment: when, by whom, why."""

    __tablename__ = "appointment_history"
    __rows__ = of_parent("appointment", "appointment_id")

    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointment.id"), index=True)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    from_state: Mapped[AppointmentState | None] = enum_column(AppointmentState, check="from_state")
    to_state: Mapped[AppointmentState] = enum_column(AppointmentState, check="to_state")
    reason: Mapped[MoveReason | None] = enum_column(MoveReason)


class Assessment(Identified, Versioned, Base):
    """One assessment of one learner, saved stage by stage until it is completed."""

    __tablename__ = "assessment"
    __table_args__ = (
        Index(
            "uq_assessment_case_open", "case_id", unique=True, postgresql_where=sql("status = 'in_progress'")
        ),
        Index("ix_assessment_learner_id", "learner_id"),
        Index("ix_assessment_case_id", "case_id"),
    )

    case_id: Mapped[UUID]
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"))
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    subject_id: Mapped[UUID]
    appointment_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointment.id"))
    mode: Mapped[Mode] = enum_column(Mode)
    purpose: Mapped[Purpose] = enum_column(Purpose)
    purpose_reason: Mapped[str]
    assessor_id: Mapped[UUID | None]
    interpreter_used: Mapped[bool]
    status: Mapped[AssessmentStatus] = enum_column(AssessmentStatus)
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    valid_until: Mapped[date | None]


class RubricMark(Identified, Base):
    """A band given to a criterion. Round 1 is the assessor's; rounds 2 and 3 belong to moderation."""

    __tablename__ = "rubric_mark"
    __table_args__ = (
        UniqueConstraint("assessment_id", "skill", "criterion", "round"),
        CheckConstraint("band BETWEEN 0 AND 5", name="band"),
        CheckConstraint("round BETWEEN 1 AND 3", name="round"),
    )

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("assessment.id"))
    skill: Mapped[Skill] = enum_column(Skill)
    criterion: Mapped[str]
    band: Mapped[int]
    round: Mapped[int]
    blind: Mapped[bool]
    marker_id: Mapped[UUID | None]
    marked_at: Mapped[datetime]


class LiteracyProfile(Identified, SealedRow, Base):
    """Literacy need in clear; languages and schooling sealed, because they can reveal ethnic origin."""

    __tablename__ = "literacy_profile"

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("assessment.id"), unique=True)
    need: Mapped[LiteracyNeed] = enum_column(LiteracyNeed)
    details = Sealed.json()


class SkillResult(Identified, Base):
    """The level of one skill: the level of class to join and, one below, the level already achieved (None
    below Entry 1)."""

    __tablename__ = "skill_result"
    __table_args__ = (UniqueConstraint("assessment_id", "skill"),)

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("assessment.id"))
    skill: Mapped[Skill] = enum_column(Skill)
    placement_level: Mapped[Level] = enum_column(Level, check="placement_level")
    achieved_level: Mapped[Level | None] = enum_column(Level, check="achieved_level")
    sublevel: Mapped[str | None]
    confidence: Mapped[float | None]
    source: Mapped[ResultSource] = enum_column(ResultSource)


class Placement(Identified, SealedRow, Base):
    """The level decided, by the rule or by a person with a coded reason, and the explanation given."""

    __tablename__ = "placement"
    __rows__ = of_parent("assessment", "assessment_id")
    __table_args__ = (
        CheckConstraint("(overridden_from IS NULL) = (override_code IS NULL)", name="override_is_coded"),
    )

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("assessment.id"), unique=True)
    level: Mapped[Level] = enum_column(Level)
    achieved_level: Mapped[Level | None] = enum_column(Level, check="achieved_level")
    sublevel: Mapped[str | None]
    strand: Mapped[Strand] = enum_column(Strand)
    literacy_offered: Mapped[bool]
    also: Mapped[list[str]]
    rule_version: Mapped[str]
    explanation: Mapped[dict[str, Any]]
    overridden_from: Mapped[Level | None] = enum_column(Level, check="overridden_from")
    override_code: Mapped[OverrideCode | None] = enum_column(OverrideCode)
    override_text = Sealed.text()
    decided_by: Mapped[UUID | None]
    second_person_id: Mapped[UUID | None]
    decided_at: Mapped[datetime]


class SecondOpinion(Identified, SealedRow, Base):
    """A level two or more away from the rule's, and what the second person says of it. It counts once confirmed."""

    __tablename__ = "second_opinion"
    __table_args__ = (
        CheckConstraint("(state = 'waiting') = (answered_at IS NULL)", name="is_answered"),
        Index("ix_second_opinion_waiting", "asked_at", postgresql_where=sql("state = 'waiting'")),
    )

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("assessment.id"), unique=True)
    level: Mapped[Level] = enum_column(Level)
    code: Mapped[OverrideCode] = enum_column(OverrideCode)
    text = Sealed.text()
    state: Mapped[SecondState] = enum_column(SecondState)
    proposed_by: Mapped[UUID | None]
    asked_id: Mapped[UUID]
    asked_at: Mapped[datetime]
    handed_on_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    why = Sealed.text()
