"""Rows of the waiting list."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.assessment.domain import Strand
from hub.core.levels import Level
from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified, Versioned, enum_column
from hub.infra.rows import of_parent
from hub.waitlist.domain import EntryState

_ACTIVE = text("state IN ('waiting', 'offered', 'paused', 'check_in_due')")


class WaitlistEntry(Identified, Versioned, Base):
    """A learner's place in the queue for one strand.

    `queue_on` is the earliest referral to any partner; it never moves to a later day. `learner_id` follows
    merges, `source_record_id` says where the entry came from.
    """

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        CheckConstraint("priority_band BETWEEN 0 AND 3", name="priority_band"),
        CheckConstraint("(state = 'removed') = (removed_reason IS NOT NULL)", name="removed_has_reason"),
        CheckConstraint("(state = 'paused') = (paused_until IS NOT NULL)", name="paused_has_end"),
        CheckConstraint("(state = 'lapsed') = (lapsed_on IS NOT NULL)", name="lapsed_has_day"),
        Index("uq_waitlist_entry_active", "learner_id", "strand", unique=True, postgresql_where=_ACTIVE),
        Index(
            "ix_waitlist_entry_queue", "strand", "level", "priority_band", "queue_on", "id",
            postgresql_where=_ACTIVE,
        ),
        Index("ix_waitlist_entry_check_in", "next_check_in_on", postgresql_where=text("state = 'waiting'")),
    )  # fmt: skip

    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    subject_id: Mapped[UUID]
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    assessment_id: Mapped[UUID | None] = mapped_column(ForeignKey("assessment.id"))
    strand: Mapped[Strand] = enum_column(Strand)
    level: Mapped[Level] = enum_column(Level)
    also: Mapped[list[str]]
    skills: Mapped[dict[str, Any]]
    state: Mapped[EntryState] = enum_column(EntryState)
    queue_on: Mapped[date]
    joined_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    priority_band: Mapped[int]
    priority_until: Mapped[date | None]
    paused_until: Mapped[date | None]
    next_check_in_on: Mapped[date | None]
    check_in_asked_on: Mapped[date | None]
    check_in_channels: Mapped[list[str]]
    lapsed_on: Mapped[date | None]
    removed_reason: Mapped[str | None]
    hold_reason: Mapped[str | None]
    hold_until: Mapped[date | None]
    previous_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("waitlist_entry.id"))
    duplicate_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("waitlist_entry.id"), index=True)
    state_before_merge: Mapped[EntryState | None] = enum_column(EntryState, check="state_before_merge")
    paused_before_merge: Mapped[date | None]


class EntryHistory(Identified, SealedRow, Base):
    """One change of an entry: when, by whom, why; the note sealed."""

    __tablename__ = "waitlist_entry_history"
    __rows__ = of_parent("waitlist_entry", "entry_id")

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("waitlist_entry.id"), index=True)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    from_state: Mapped[EntryState | None] = enum_column(EntryState, check="from_state")
    to_state: Mapped[EntryState] = enum_column(EntryState, check="to_state")
    reason: Mapped[str | None]
    note = Sealed.text()


class PriorityFact(Identified, SealedRow, Base):
    """A fact that gives a priority. The code is sealed: it may tell of health, immigration or safety."""

    __tablename__ = "priority_fact"

    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    noted_on: Mapped[date]
    noted_by: Mapped[UUID | None]
    ended_on: Mapped[date | None]
    code = Sealed.text()


class ListedPlace(Identified, SealedRow, Base):
    """One row of a provider's own waiting list, as it was imported: who, since when, at which level they said.

    `source_record_id` finds the person, whoever they are merged into; `import_key` is a keyed hash of the row, so
    that the same file twice changes nothing.
    """

    __tablename__ = "listed_place"
    __table_args__ = (UniqueConstraint("organisation_id", "import_key"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("waitlist_entry.id"))
    import_key: Mapped[bytes]
    waiting_since: Mapped[date | None]
    imported_at: Mapped[datetime]
    wants = Sealed.text()
