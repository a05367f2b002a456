"""Rows of rounds, offers and enrolments."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.assessment.domain import Strand
from hub.core.levels import Level
from hub.core.permissions import Role
from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified, Versioned, enum_column
from hub.infra.rows import HUB_ONLY, anybody, of_organisation, of_parent
from hub.matching.domain.enrolments import EnrolmentState, SharingEnd
from hub.matching.domain.offers import OfferState
from hub.matching.domain.rounds import LeftOut, LineState, RoundKind, RoundState, Stale

_LIVE = text("state IN ('with_provider', 'decline_review', 'hub_decides', 'with_learner')")


class MatchRound(Identified, SealedRow, Versioned, Base):
    """One round: what it was decided on and the result, sealed under a subject of its own; the published rest.

    `snapshot` and `result` hold gzipped JSON in base 64.
    """

    __tablename__ = "match_round"
    __rows__ = HUB_ONLY.and_role(Role.AUDITOR)
    __table_args__ = (Index("ix_match_round_created_at", "created_at"),)

    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[RoundKind] = enum_column(RoundKind)
    state: Mapped[RoundState] = enum_column(RoundState)
    seed: Mapped[str]
    algorithm: Mapped[str]
    snapshot_sha256: Mapped[str]
    policy: Mapped[dict[str, Any]]
    learners: Mapped[int]
    placed: Mapped[int]
    edges: Mapped[int]
    maximum_possible: Mapped[int | None]
    blocking_pairs: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    end_reason: Mapped[str | None]
    snapshot = Sealed.text()
    result = Sealed.text()


class MatchClass(Base):
    """A class in a round: its name there, its places, and its pressure in this round and for the next."""

    __tablename__ = "match_class"
    __rows__ = HUB_ONLY.and_role(Role.AUDITOR)
    __table_args__ = (CheckConstraint("(key IS NULL) = (left_out IS NOT NULL)", name="key_unless_left_out"),)

    match_round_id: Mapped[UUID] = mapped_column(ForeignKey("match_round.id"), primary_key=True)
    esol_class_id: Mapped[UUID] = mapped_column(ForeignKey("esol_class.id"), primary_key=True, index=True)
    class_version: Mapped[int]
    key: Mapped[str | None]
    left_out: Mapped[LeftOut | None] = enum_column(LeftOut)
    places: Mapped[int]
    placed: Mapped[int]
    pressure: Mapped[float]
    next_pressure: Mapped[float]


class MatchLine(Identified, Base):
    """One entry in a round: the class it would get, or why none; and what became of the line."""

    __tablename__ = "match_line"
    __rows__ = HUB_ONLY.and_role(Role.AUDITOR)
    __table_args__ = (
        UniqueConstraint("match_round_id", "key"),
        Index("ix_match_line_class", "match_round_id", "esol_class_id"),
    )

    match_round_id: Mapped[UUID] = mapped_column(ForeignKey("match_round.id"))
    key: Mapped[str]
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("waitlist_entry.id"), index=True)
    entry_version: Mapped[int]
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    esol_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("esol_class.id"))
    state: Mapped[LineState] = enum_column(LineState)
    band: Mapped[int | None]
    reason: Mapped[str | None]
    stale: Mapped[Stale | None] = enum_column(Stale)


class Vacancy(Identified, Base):
    """A place of a class came free between rounds and waits for a refill."""

    __tablename__ = "vacancy"
    __rows__ = anybody("free places of classes")
    __table_args__ = (
        Index("uq_vacancy_open", "esol_class_id", unique=True, postgresql_where=text("closed_at IS NULL")),
    )

    esol_class_id: Mapped[UUID] = mapped_column(ForeignKey("esol_class.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    match_round_id: Mapped[UUID | None] = mapped_column(ForeignKey("match_round.id"))


class Offer(Identified, SealedRow, Versioned, Base):
    """A place offered to a learner. `facts`: what was true when it was made, frozen; `note`: of the last act.

    `learner_id` follows merges, `source_record_id` says where the entry came from. `answer_by` is the last day
    for the learner; `provider_silent` flags a provider that let the ceiling pass. `state_before_merge`: it was
    withdrawn because a merge left one learner with two live offers, this and `duplicate_of_id`; an unmerge brings
    it back where it can.
    """

    __tablename__ = "offer"
    __rows__ = of_organisation()
    __table_args__ = (
        Index("uq_offer_live", "learner_id", "strand", unique=True, postgresql_where=_LIVE),
        Index("ix_offer_organisation", "organisation_id", "state"),
        Index("ix_offer_state", "state", "answer_by"),
    )

    match_round_id: Mapped[UUID] = mapped_column(ForeignKey("match_round.id"), index=True)
    match_line_id: Mapped[UUID] = mapped_column(ForeignKey("match_line.id"), unique=True)
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("waitlist_entry.id"), index=True)
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    esol_class_id: Mapped[UUID] = mapped_column(ForeignKey("esol_class.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    strand: Mapped[Strand] = enum_column(Strand)
    level: Mapped[Level] = enum_column(Level)
    state: Mapped[OfferState] = enum_column(OfferState)
    starts_on: Mapped[date]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    provider_due_on: Mapped[date]
    provider_ceiling_on: Mapped[date | None]
    provider_answered_at: Mapped[datetime | None]
    provider_silent: Mapped[bool] = mapped_column(default=False)
    provider_reason: Mapped[str | None]
    answer_by: Mapped[date | None]
    answered_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    hold_reason: Mapped[str | None]
    state_before_merge: Mapped[OfferState | None] = enum_column(OfferState, check="offer_state_before_merge")
    duplicate_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("offer.id"), index=True)
    facts = Sealed.json()
    note = Sealed.text()


class OfferHistory(Identified, SealedRow, Base):
    """One change of an offer: when, by whom, why; the note sealed."""

    __tablename__ = "offer_history"
    __rows__ = of_parent("offer", "offer_id")

    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), index=True)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    actor_role: Mapped[str]
    from_state: Mapped[OfferState | None] = enum_column(OfferState, check="offer_from_state")
    to_state: Mapped[OfferState] = enum_column(OfferState, check="offer_to_state")
    reason: Mapped[str | None]
    note = Sealed.text()


class Enrolment(Identified, SealedRow, Versioned, Base):
    """A learner's place in a class, from the yes to the end of the course."""

    __tablename__ = "enrolment"
    __rows__ = of_organisation()
    __table_args__ = (Index("ix_enrolment_organisation", "organisation_id", "state"),)

    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), unique=True)
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("waitlist_entry.id"))
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    esol_class_id: Mapped[UUID] = mapped_column(ForeignKey("esol_class.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    strand: Mapped[Strand] = enum_column(Strand)
    level: Mapped[Level] = enum_column(Level)
    state: Mapped[EnrolmentState] = enum_column(EnrolmentState)
    expected_on: Mapped[date]
    course_ends_on: Mapped[date]
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    achieved: Mapped[bool | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class EnrolmentHistory(Identified, SealedRow, Base):
    """One change of an enrolment: when, by whom, why; the note sealed."""

    __tablename__ = "enrolment_history"
    __rows__ = of_parent("enrolment", "enrolment_id")

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), index=True)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    actor_role: Mapped[str]
    from_state: Mapped[EnrolmentState | None] = enum_column(EnrolmentState, check="enrolment_from_state")
    to_state: Mapped[EnrolmentState] = enum_column(EnrolmentState, check="enrolment_to_state")
    reason: Mapped[str | None]
    note = Sealed.text()


class AttendanceWeek(Base):
    """Hours attended out of hours taught in one week; `week_on` is its Monday."""

    __tablename__ = "attendance_week"
    __rows__ = of_parent("enrolment", "enrolment_id")
    __table_args__ = (
        CheckConstraint("hours_attended >= 0 AND hours_attended <= hours_of", name="hours_in_order"),
    )

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    week_on: Mapped[date] = mapped_column(primary_key=True)
    hours_attended: Mapped[float] = mapped_column(Numeric(5, 2, asdecimal=False))
    hours_of: Mapped[float] = mapped_column(Numeric(5, 2, asdecimal=False))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]


class SharingNotice(Identified, Base):
    """A provider was told that a learner's sharing has ended, and when it said that it has noted it.

    The provider is a controller of its own for the copy it holds (UK GDPR Article 19). One waits at a time for
    each enrolment. Ids only: the notice names nobody.
    """

    __tablename__ = "sharing_notice"
    __rows__ = of_organisation()
    __table_args__ = (
        Index(
            "uq_sharing_notice_open",
            "enrolment_id",
            unique=True,
            postgresql_where="acknowledged_at IS NULL",
        ),
        Index("ix_sharing_notice_organisation", "organisation_id", "acknowledged_at"),
    )

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    why: Mapped[SharingEnd] = enum_column(SharingEnd)
    told_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
