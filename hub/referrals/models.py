"""Rows of referrals: the draft, the referral, its history and what was asked about it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified, Versioned, enum_column
from hub.infra.rows import of_organisation, of_parent
from hub.referrals.domain import Channel, Move, Outcome, ReferralState

# Written out, not as parameters: a prepared statement then still knows that the partial index serves it.
IS_OPEN = text("state <> 'closed'")
IS_DUPLICATE = text("outcome = 'duplicate'")


class Referral(Base, Identified, SealedRow, Versioned):
    """One organisation's request for one learner. The person's details stand with the source record."""

    __tablename__ = "referral"
    __rows__ = of_organisation().and_learners("learner_id")

    reference: Mapped[str] = mapped_column(String(12), unique=True)
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    worker_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    channel: Mapped[Channel] = enum_column(Channel)
    state: Mapped[ReferralState] = enum_column(ReferralState)
    outcome: Mapped[Outcome | None] = enum_column(Outcome, nullable=True)
    closing_reason: Mapped[str | None] = mapped_column(String(40))
    state_before_close: Mapped[str | None] = mapped_column(String(40))
    hold_reason: Mapped[str | None] = mapped_column(String(40))
    hold_until: Mapped[date | None]
    adviser_needed: Mapped[bool] = mapped_column(default=False)
    external_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    person_key: Mapped[bytes] = mapped_column(LargeBinary)
    import_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    duplicate_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"), index=True)
    submitted_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    external_reference = Sealed.text()
    source = Sealed.text()
    reason = Sealed.text()
    notes = Sealed.text()
    mandated = Sealed.json()

    __table_args__ = (
        CheckConstraint("(state = 'closed') = (outcome IS NOT NULL)", name="closed_with_outcome"),
        CheckConstraint("outcome <> 'duplicate' OR duplicate_of_id IS NOT NULL", name="duplicate_points"),
        CheckConstraint("(hold_reason IS NULL) = (hold_until IS NULL)", name="hold_whole"),
        # One open referral of the same person by the same organisation; equal keys of a closed one may stand.
        Index(
            "uq_referral_person_open", "organisation_id", "person_key", unique=True, postgresql_where=IS_OPEN
        ),
        Index("ix_referral_person_duplicate", "organisation_id", "person_key", postgresql_where=IS_DUPLICATE),
        Index("ix_referral_external", "organisation_id", "external_key"),
        Index("ix_referral_import", "organisation_id", "import_key"),
        Index("ix_referral_worklist", "state", "submitted_at", "id"),
        Index("ix_referral_mine", "organisation_id", "submitted_at", "id"),
    )


class ReferralHistory(Base, Identified, SealedRow):
    """One row for each thing that happened, written in the transaction that did it. Never changed."""

    __tablename__ = "referral_history"
    __rows__ = of_parent("referral", "referral_id")

    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), index=True)
    at: Mapped[datetime]
    move: Mapped[Move] = enum_column(Move)
    from_state: Mapped[str] = mapped_column(String(40))
    to_state: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[Outcome | None] = enum_column(Outcome, nullable=True)
    reason: Mapped[str | None] = mapped_column(String(40))
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID | None]
    by_hub: Mapped[bool]
    note = Sealed.text()


class InformationRequest(Base, Identified, SealedRow):
    """What the hub asked the referrer, by topic code; the answers are sealed."""

    __tablename__ = "information_request"
    __rows__ = of_parent("referral", "referral_id")

    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), index=True)
    topics: Mapped[list[str]]
    asked_at: Mapped[datetime]
    due_on: Mapped[date]
    reminders: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    note = Sealed.text()
    answers = Sealed.json()

    __table_args__ = (
        Index(
            "uq_information_request_open",
            "referral_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_information_request_due", "due_on", postgresql_where=text("ended_at IS NULL")),
    )


class ReferralDraft(Base, Identified, SealedRow, Versioned):
    """A referral being written: sealed under a key of its own, gone after 30 days. It is not a learner yet.

    A member of staff writes it, or a learner about themselves: then a secret in their browser leads back to it, of
    which only the hash is kept, and it is gone the day after.
    """

    __tablename__ = "referral_draft"
    __rows__ = of_organisation()
    __table_args__ = (CheckConstraint("(user_id IS NULL) <> (token_hash IS NULL)", name="one_writer"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    changed_at: Mapped[datetime]
    expires_on: Mapped[date] = mapped_column(index=True)
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"), index=True)
    answers = Sealed.json()


class ReferralFile(Base, Identified, SealedRow):
    """A file that a person has sent and looks at before it is taken in; deleted when done, or after a day.

    A long one is taken in by the scheduler from `started_at` to `ended_at`: `report` tells how far it has come and what
    was refused. Its content goes at the end, the report after a day.
    """

    __tablename__ = "referral_file"
    __rows__ = of_organisation()

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    sent_at: Mapped[datetime] = mapped_column(index=True)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    content = Sealed.text()
    report = Sealed.json()
