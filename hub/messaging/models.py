"""Rows of messages. Bodies and numbers are sealed; numbers are compared by blind index."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified, Versioned, enum_column
from hub.infra.rows import anybody
from hub.messaging.domain import AskKind, Channel, Meaning, MessageState


class Message(Identified, SealedRow, Versioned, Base):
    """One message to a learner. The body is wiped some days after it was sent; what it was about stays.

    `reference` is the outbox entry of the newest attempt, `number_index` the number of that attempt. `number`
    stands only in an answer to a text: it goes to the phone that asked, whoever is known by it.
    `unreached_at`: it did not arrive and a person was asked to reach the learner.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_asked", "number_index", "created_at", postgresql_where=text("asks_kind IS NOT NULL")
        ),
        Index(
            "ix_message_trouble",
            "unreached_at",
            postgresql_where=text("handled_at IS NULL AND unreached_at IS NOT NULL"),
        ),
        Index("ix_message_waiting", "about_id", postgresql_where=text("state = 'queued'")),
        CheckConstraint("(asks_kind IS NULL) = (asks_subject_id IS NULL)", name="asks_whole"),
    )

    learner_id: Mapped[UUID | None] = mapped_column(ForeignKey("learner.id"), index=True)
    channel: Mapped[Channel] = enum_column(Channel)
    template: Mapped[str]
    state: Mapped[MessageState] = enum_column(MessageState)
    why: Mapped[str | None]
    asks_kind: Mapped[AskKind | None] = enum_column(AskKind, nullable=True)
    asks_subject_id: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    about_id: Mapped[UUID | None]
    purpose: Mapped[str | None]
    must_reach: Mapped[bool]
    dedupe_key: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    useless_after: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    unreached_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    provider_ref: Mapped[str | None] = mapped_column(index=True)
    reference: Mapped[str | None] = mapped_column(index=True)
    number_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    resends: Mapped[int]
    parts: Mapped[int]
    wiped_at: Mapped[datetime | None]

    body = Sealed.text()
    number = Sealed.text()


class DeliveryReceipt(Identified, Base):
    """A status that Notify called back with, once: calling twice changes nothing."""

    __tablename__ = "delivery_receipt"
    __table_args__ = (UniqueConstraint("provider_ref", "status"),)

    provider_ref: Mapped[str]
    status: Mapped[str]
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"), index=True)
    received_at: Mapped[datetime]


class NumberBlock(Identified, Base):
    """A number that gets no texts: its holder said STOP, texts do not arrive, or it is not confirmed yet."""

    __tablename__ = "number_block"
    __rows__ = anybody("phone numbers of the regulator")
    __table_args__ = (
        Index(
            "uq_number_block_open",
            "number_index",
            "why",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
        CheckConstraint("why IN ('stopped', 'unusable', 'unconfirmed')", name="why"),
    )

    number_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    why: Mapped[str]
    since: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


class ReceivedText(Identified, SealedRow, Versioned, Base):
    """A text from a phone. `learner_id` is empty for a number nobody is known by."""

    __tablename__ = "received_text"
    __table_args__ = (
        Index("ix_received_text_unhandled", "received_at", postgresql_where=text("handled_at IS NULL")),
    )

    provider_ref: Mapped[str] = mapped_column(unique=True)
    learner_id: Mapped[UUID | None] = mapped_column(ForeignKey("learner.id"), index=True)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    meaning: Mapped[Meaning] = enum_column(Meaning)
    number_index: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[UUID | None]
    wiped_at: Mapped[datetime | None]

    number = Sealed.text()
    body = Sealed.text()
