"""Selects of messages, received texts and blocked numbers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Select, Table, and_, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, make_transient_to_detached

from hub.core.ids import new_id
from hub.infra.vault import number_indexes, number_on
from hub.infra.writes import columns_of
from hub.messaging.domain import Attempt, MessageState, Receipt
from hub.messaging.models import DeliveryReceipt, Message, NumberBlock, ReceivedText

_TROUBLE = and_(Message.unreached_at.is_not(None), Message.handled_at.is_(None))


def number_index(e164: str) -> bytes:
    """The stored form of a number."""
    return number_indexes(e164)[0]


def message(session: Session, message_id: UUID) -> Message | None:
    """One message, locked: deliveries, receipts and replies take turns."""
    found = select(Message).where(Message.id == message_id).with_for_update(key_share=True)
    return session.scalars(found.execution_options(populate_existing=True)).first()


def messages(session: Session, message_ids: Collection[UUID]) -> dict[UUID, Message]:
    """These messages, locked in order of id; one that is not there is left out."""
    found = (
        select(Message)
        .where(Message.id.in_(list(message_ids)))
        .order_by(Message.id)
        .with_for_update(key_share=True)
    )
    rows = session.scalars(found.execution_options(populate_existing=True))
    return {row.id: row for row in rows}


_NOTE_ATTEMPTS = text(
    "UPDATE message SET reference = one.reference, number_index = one.number_index, version = version + 1 "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:refs AS text[]), CAST(:indexes AS bytea[])) "
    "AS one (id, reference, number_index) WHERE message.id = one.id"
)


def note_attempts(session: Session, attempts: Sequence[Attempt]) -> None:
    """Under which references these messages are about to leave, and to which numbers."""
    if attempts:
        values = {
            "ids": [one.message_id for one in attempts],
            "refs": [one.reference for one in attempts],
            "indexes": [one.number_index for one in attempts],
        }
        session.execute(_NOTE_ATTEMPTS, values)


_NOTE_SENT = text(
    "UPDATE message SET state = 'sent', why = NULL, provider_ref = one.provider_ref, settled_at = :now, "
    "version = version + 1 "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:refs AS text[])) AS one (id, provider_ref) "
    "WHERE message.id = one.id AND state = 'queued' AND resends = 0 RETURNING message.id"
)


def note_sent(session: Session, provider_refs: Mapping[UUID, str], now: datetime) -> set[UUID]:
    """Note as sent those of these messages that nothing has overtaken and that were sent once; which those are."""
    if not provider_refs:
        return set()
    values = {"ids": list(provider_refs), "refs": list(provider_refs.values()), "now": now}
    return set(session.scalars(_NOTE_SENT, values))


def message_of_receipt(session: Session, receipt: Receipt) -> Message | None:
    """The message whose newest attempt this receipt is about, locked."""
    if receipt.reference:
        found = select(Message).where(Message.reference == receipt.reference)
    else:
        found = select(Message).where(Message.provider_ref == receipt.provider_id)
    return session.scalars(
        found.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).first()


_NOTE_DELIVERED = text(
    "WITH found AS ("
    "SELECT message.id, one.receipt_id, one.provider_ref FROM message JOIN unnest("
    "CAST(:receipt_ids AS uuid[]), CAST(:refs AS text[]), CAST(:provider_refs AS text[])"
    ") AS one (receipt_id, reference, provider_ref) ON message.reference = one.reference "
    "ORDER BY message.id FOR UPDATE OF message"
    "), noted AS ("
    "INSERT INTO delivery_receipt (id, provider_ref, status, message_id, received_at) "
    "SELECT receipt_id, provider_ref, 'delivered', id, :now FROM found "
    "ON CONFLICT DO NOTHING RETURNING message_id, provider_ref"
    ") UPDATE message SET state = 'delivered', why = NULL, settled_at = :now, "
    "provider_ref = coalesce(message.provider_ref, noted.provider_ref), version = version + 1 "
    "FROM noted WHERE message.id = noted.message_id AND state IN ('queued', 'sent', 'unknown') "
    "RETURNING message.id"
)


def note_delivered(session: Session, receipts: Sequence[Receipt], now: datetime) -> int:
    """Take in receipts that say `delivered` and carry a reference; how many messages they changed."""
    values = {
        "receipt_ids": [new_id() for _ in receipts],
        "refs": [one.reference for one in receipts],
        "provider_refs": [one.provider_id for one in receipts],
        "now": now,
    }
    return len(session.scalars(_NOTE_DELIVERED, values).all())


def dedupe_taken(session: Session, key: str) -> bool:
    """Whether a message with this key exists."""
    return session.scalar(select(exists().where(Message.dedupe_key == key))) or False


def add_if_new(session: Session, messages: Sequence[Message]) -> set[UUID]:
    """Insert those of these messages whose dedupe key is not there yet; which those are."""
    if not messages:
        return set()
    table = cast(Table, Message.__table__)
    added = insert(table).on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(table.c.id)
    ids = set(session.scalars(added, [columns_of(one) for one in messages]))
    for one in messages:
        if one.id in ids:
            make_transient_to_detached(one)
            session.add(one)
    return ids


def note_receipt(session: Session, receipt: Receipt, message_id: UUID | None, now: datetime) -> bool:
    """Remember a receipt; False when it was known."""
    values = {
        "id": new_id(), "provider_ref": receipt.provider_id, "status": receipt.status,
        "message_id": message_id, "received_at": now,
    }  # fmt: skip
    added = insert(DeliveryReceipt).values(values).on_conflict_do_nothing().returning(DeliveryReceipt.id)
    return session.scalar(added) is not None


def open_asks(session: Session, indexes: Collection[bytes], since: datetime) -> Sequence[Message]:
    """Messages to a number that asked something and have no answer yet, newest first, locked."""
    found = (
        select(Message)
        .where(Message.number_index.in_(indexes), Message.asks_kind.is_not(None), Message.created_at >= since)
        .where(Message.state.in_([MessageState.SENT, MessageState.DELIVERED]))
        .order_by(Message.settled_at.desc(), Message.id.desc())
        .with_for_update(key_share=True)
    )
    return session.scalars(found.execution_options(populate_existing=True)).all()


def newest_to(session: Session, indexes: Collection[bytes]) -> Message | None:
    """The newest message to a number, whatever it said."""
    found = select(Message).where(Message.number_index.in_(indexes))
    return session.scalars(found.order_by(Message.created_at.desc(), Message.id.desc()).limit(1)).first()


def waiting_about(session: Session, about_ids: Collection[UUID]) -> Sequence[Message]:
    """Messages about these subjects that have not gone, locked."""
    found = select(Message).where(Message.about_id.in_(list(about_ids)), Message.state == MessageState.QUEUED)
    return session.scalars(found.order_by(Message.id).with_for_update(key_share=True)).all()


def waiting_for(session: Session, learner_ids: Collection[UUID]) -> Sequence[Message]:
    """Messages to these learners that have not gone, locked."""
    found = select(Message).where(
        Message.learner_id.in_(list(learner_ids)), Message.state == MessageState.QUEUED
    )
    return session.scalars(found.order_by(Message.id).with_for_update(key_share=True)).all()


def mark_answered(session: Session, subject_id: UUID, now: datetime) -> None:
    """Nothing asks about this subject any more."""
    asked = update(Message).where(Message.asks_subject_id == subject_id, Message.answered_at.is_(None))
    session.execute(asked.values(answered_at=now, version=Message.version + 1))


def ask_again(session: Session, subject_id: UUID) -> None:
    """What had asked about this subject asks again: it was taken back before anybody heard of that."""
    asked = update(Message).where(
        Message.asks_subject_id == subject_id,
        Message.state.in_([MessageState.SENT, MessageState.DELIVERED, MessageState.UNKNOWN]),
    )
    session.execute(asked.values(answered_at=None, version=Message.version + 1))


def blocks(session: Session, indexes: Collection[bytes]) -> dict[bytes, set[str]]:
    """Why each number gets no texts; numbers without a block are left out."""
    found = select(NumberBlock.number_index, NumberBlock.why)
    found = found.where(NumberBlock.number_index.in_(list(indexes)), NumberBlock.lifted_at.is_(None))
    reasons: dict[bytes, set[str]] = {}
    for index, why in session.execute(found):
        reasons.setdefault(bytes(index), set()).add(why)
    return reasons


def block(session: Session, index: bytes, why: str, now: datetime) -> bool:
    """Block a number; False when it was blocked for this reason already."""
    values = {"id": new_id(), "number_index": number_on(index), "why": why, "since": now}
    added = insert(NumberBlock).values(values).on_conflict_do_nothing().returning(NumberBlock.id)
    return session.scalar(added) is not None


def lift(session: Session, indexes: Collection[bytes], why: str, now: datetime) -> bool:
    """Lift a block; False when there was none."""
    standing = update(NumberBlock).where(
        NumberBlock.number_index.in_(indexes), NumberBlock.why == why, NumberBlock.lifted_at.is_(None)
    )
    return session.scalar(standing.values(lifted_at=now).returning(NumberBlock.id)) is not None


def received(session: Session, received_id: UUID) -> ReceivedText | None:
    """One received text, locked."""
    found = select(ReceivedText).where(ReceivedText.id == received_id).with_for_update(key_share=True)
    return session.scalars(found.execution_options(populate_existing=True)).first()


def reply_to(session: Session, message_id: UUID) -> ReceivedText | None:
    """The newest text that answered a message, locked."""
    found = select(ReceivedText).where(ReceivedText.message_id == message_id).with_for_update(key_share=True)
    return session.scalars(found.order_by(ReceivedText.received_at.desc()).limit(1)).first()


def is_received(session: Session, provider_ref: str) -> bool:
    """Whether Notify handed this text over before."""
    return session.scalar(select(exists().where(ReceivedText.provider_ref == provider_ref))) or False


def unhandled(limit: int) -> Select[ReceivedText]:
    """Texts that wait for a person, oldest first."""
    found = select(ReceivedText).where(ReceivedText.handled_at.is_(None))
    return found.order_by(ReceivedText.received_at, ReceivedText.id).limit(limit)


def in_trouble(limit: int) -> Select[Message]:
    """Messages that did not arrive and that a person has not dealt with, newest first."""
    found = select(Message).where(_TROUBLE)
    return found.order_by(Message.settled_at.desc(), Message.id.desc()).limit(limit)


def receipt_known(session: Session, provider_ref: str) -> bool:
    """Whether Notify has called back about this attempt already."""
    return session.scalar(select(exists().where(DeliveryReceipt.provider_ref == provider_ref))) or False


def told_about(session: Session, about_id: UUID) -> bool:
    """Whether the learner was sent anything about this subject."""
    gone = [MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED, MessageState.UNKNOWN]
    return (
        session.scalar(select(exists().where(Message.about_id == about_id, Message.state.in_(gone)))) or False
    )


def newest(limit: int, offset: int = 0) -> Select[Message]:
    """All messages, newest first."""
    return select(Message).order_by(Message.created_at.desc(), Message.id.desc()).limit(limit).offset(offset)


def count_messages(session: Session) -> int:
    """How many messages there are."""
    return session.scalar(select(func.count()).select_from(Message)) or 0


def counts(session: Session) -> tuple[int, int]:
    """(texts to answer, messages in trouble)."""
    texts = session.scalar(select(func.count()).where(ReceivedText.handled_at.is_(None))) or 0
    trouble = select(func.count()).where(_TROUBLE)
    return texts, session.scalar(trouble) or 0


def messages_of(session: Session, learner_ids: Collection[UUID], limit: int) -> Sequence[Message]:
    """Messages to these learners, newest first."""
    found = select(Message).where(Message.learner_id.in_(list(learner_ids)))
    return session.scalars(found.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit)).all()


def received_of(session: Session, learner_ids: Collection[UUID], limit: int) -> Sequence[ReceivedText]:
    """Texts from these learners, newest first."""
    found = select(ReceivedText).where(ReceivedText.learner_id.in_(list(learner_ids)))
    return session.scalars(found.order_by(ReceivedText.received_at.desc()).limit(limit)).all()


def written_since(session: Session, learner_ids: Collection[UUID], since: datetime) -> Sequence[Message]:
    """Messages to these learners after a moment."""
    found = select(Message).where(Message.learner_id.in_(list(learner_ids)), Message.created_at > since)
    return session.scalars(found).all()


def received_since(
    session: Session, learner_ids: Collection[UUID], since: datetime
) -> Sequence[ReceivedText]:
    """Texts from these learners after a moment."""
    found = select(ReceivedText).where(
        ReceivedText.learner_id.in_(list(learner_ids)), ReceivedText.received_at > since
    )
    return session.scalars(found).all()


def delivery_counts(session: Session, since: datetime) -> dict[MessageState, int]:
    """How many messages made since a moment are in each state."""
    found = select(Message.state, func.count()).where(Message.created_at >= since).group_by(Message.state)
    return {row[0]: row[1] for row in session.execute(found)}


# ---------------------------------------------------------------- the key of the numbers' hashes

NUMBERED = ("number_block", "message", "received_text")


def numbered_otherwise(session: Session, table: str, mark: bytes, limit: int) -> list[tuple[UUID, bytes]]:
    """(id, index) of rows whose index does not begin with the mark of the newest key, locked until the commit."""
    found = f"SELECT id, number_index FROM {table} WHERE {_OTHERWISE} LIMIT :limit FOR UPDATE SKIP LOCKED"  # noqa: S608
    rows = session.execute(text(found), {"mark": mark, "length": len(mark) + 16, "limit": limit})
    return [(row_id, bytes(index)) for row_id, index in rows]


def count_numbered_otherwise(session: Session, table: str, mark: bytes) -> int:
    counted = text(f"SELECT count(*) FROM {table} WHERE {_OTHERWISE}")  # noqa: S608 - a table of ours
    return session.scalar(counted, {"mark": mark, "length": len(mark) + 16}) or 0


_OTHERWISE = (
    "number_index IS NOT NULL AND (octet_length(number_index) <> :length "
    "OR substring(number_index FROM 1 FOR octet_length(:mark)) <> :mark)"
)


def number_anew(session: Session, table: str, rows: Sequence[tuple[UUID, bytes]]) -> None:
    """Store these indexes. A block that stands in its new form already goes: it is the same block."""
    values = {"ids": [row_id for row_id, _ in rows], "indexes": [index for _, index in rows]}
    made = "unnest(CAST(:ids AS uuid[]), CAST(:indexes AS bytea[])) AS made (id, index)"
    if table == "number_block":
        twice = (
            f"DELETE FROM number_block AS old USING {made} WHERE old.id = made.id AND old.lifted_at IS NULL AND EXISTS "  # noqa: S608
            "(SELECT FROM number_block AS new WHERE new.number_index = made.index AND new.why = old.why "
            "AND new.lifted_at IS NULL)"
        )
        session.execute(text(twice), values)
    session.execute(
        text(f"UPDATE {table} SET number_index = made.index FROM {made} WHERE {table}.id = made.id"),  # noqa: S608
        values,
    )
