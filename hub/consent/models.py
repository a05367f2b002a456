"""Rows of permission. The language of the words hints at origin, so it is sealed; the sum of the file too."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.consent.domain import Art9, Basis, Channel, ConsentState, EventType, StopKind
from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified, enum_column
from hub.infra.rows import HUB_ONLY, anybody

SCHEMA_VERSION = "ISO-IEC-TS-27560:2023/hub-1"


class Consent(Identified, SealedRow, Base):
    """One asking: who asked, how, in which words. Never changed but by the proof that was missing.

    Asking again is a new row. `learner_id` moves with its source record on merge and unmerge. `circumstances` is
    one sealed whole (domain `Circumstances`): capacity, interpreter, witness, who decided on behalf of whom.
    """

    __tablename__ = "consent"
    __rows__ = HUB_ONLY.and_learners("learner_id")

    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    captured_by: Mapped[UUID | None]
    captured_role: Mapped[str]
    channel: Mapped[Channel] = enum_column(Channel)
    notice_id: Mapped[str | None]
    wording_version: Mapped[str | None]
    interpreter_used: Mapped[bool]
    given_on: Mapped[date]
    proven: Mapped[bool]
    proven_at: Mapped[datetime | None]
    proven_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    schema_version: Mapped[str | None]
    receipt_id: Mapped[UUID | None]
    under_18: Mapped[bool | None]
    no_detriment_shown: Mapped[bool | None]
    sharing_agreement_id: Mapped[UUID | None] = mapped_column(ForeignKey("sharing_agreement.id"))

    language = Sealed.text()
    wording_sha256 = Sealed.text()
    proof_note = Sealed.text()
    circumstances = Sealed.json()


class ConsentEvent(Base):
    """What happened to one permission of one asking. Rows are only ever added (a trigger sees to it)."""

    __tablename__ = "consent_event"
    __rows__ = HUB_ONLY.and_learners_of("consent", "consent_id")

    consent_id: Mapped[UUID] = mapped_column(ForeignKey("consent.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[ConsentState] = enum_column(ConsentState)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    actor_role: Mapped[str]
    event_type: Mapped[EventType] = enum_column(EventType)
    valid_until: Mapped[date | None]
    relayed: Mapped[bool]
    reason: Mapped[str | None]


class ProcessingStop(Identified, Base):
    """A restriction or objection, once for each record that had come in about the person: so it stays with both
    where a merge is undone. Its words stand in the case. `learner_id` moves with the record."""

    __tablename__ = "processing_stop"
    __rows__ = HUB_ONLY.and_learners("learner_id")
    __table_args__ = (
        UniqueConstraint("case_id", "source_record_id"),
        Index("ix_processing_stop_standing", "source_record_id", postgresql_where=text("lifted_at IS NULL")),
    )

    case_id: Mapped[UUID]
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"))
    kind: Mapped[StopKind] = enum_column(StopKind)
    purposes: Mapped[list[str]] = mapped_column(JSONB)
    placed_at: Mapped[datetime]
    placed_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]


class PurposeBasis(Identified, Base):
    """The controller's decision about the basis of a purpose from a day on. Only ever added."""

    __tablename__ = "purpose_basis"
    __rows__ = anybody("decisions about legal bases")

    purpose: Mapped[str] = mapped_column(index=True)
    basis: Mapped[Basis] = enum_column(Basis)
    art9_condition: Mapped[Art9 | None] = enum_column(Art9)
    starts_on: Mapped[date]
    reason: Mapped[str]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime]
