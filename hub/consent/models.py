"""Rows of permission. The language of the words hints at origin, so it is sealed; the sum of the file too."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.consent.domain import Channel
from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified, enum_column


class Consent(Identified, SealedRow, Base):
    """One asking: who asked, how, in which words. Never changed but by the proof that was missing.

    Asking again is a new row. `learner_id` moves with its source record on merge and unmerge.
    """

    __tablename__ = "consent"

    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    captured_by: Mapped[UUID | None]
    captured_role: Mapped[str]
    channel: Mapped[Channel] = enum_column(Channel)
    wording_version: Mapped[str | None]
    interpreter_used: Mapped[bool]
    given_on: Mapped[date]
    proven: Mapped[bool]
    proven_at: Mapped[datetime | None]
    proven_by: Mapped[UUID | None]
    created_at: Mapped[datetime]

    language = Sealed.text()
    wording_sha256 = Sealed.text()
    proof_note = Sealed.text()


class ConsentChoice(Base):
    """The answer about one optional purpose in one asking; a withdrawal is noted on it and stays."""

    __tablename__ = "consent_choice"

    consent_id: Mapped[UUID] = mapped_column(ForeignKey("consent.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    granted: Mapped[bool]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]
    withdrawal_relayed: Mapped[bool]
