"""What became of a message: Notify's delivery callbacks."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.messaging import queries
from hub.messaging.domain import MOST_RESENDS, Channel, MessageState, Receipt, ReceiptStatus
from hub.messaging.models import Message
from hub.messaging.service.sending import enqueue, unreached

AFTER_TEMPORARY = timedelta(hours=1)  # Notify's providers have tried for up to 72 hours already


def note_receipts(session: Session, receipts: Sequence[Receipt], clock: Clock) -> int:
    """Take receipts in; how many had an effect. The same twice has none, nor has one about nothing of ours.

    Delivered: done, all in one statement. Permanent: the number is unusable and a person reaches the learner.
    Temporary: again an hour later. Technical: again at once. After three more attempts a person takes over.
    """
    usual = [one for one in receipts if one.status == ReceiptStatus.DELIVERED and one.reference]
    changed = queries.note_delivered(session, usual, clock.now()) if usual else 0
    return changed + sum(_note(session, one, clock) for one in receipts if one not in usual)


def _note(session: Session, receipt: Receipt, clock: Clock) -> bool:
    message = queries.message_of_receipt(session, receipt)
    if message is None or not queries.note_receipt(session, receipt, message.id, clock.now()):
        return False
    message.provider_ref = message.provider_ref or receipt.provider_id
    if message.state not in {MessageState.QUEUED, MessageState.SENT, MessageState.UNKNOWN}:
        return False
    message.settled_at = clock.now()
    if receipt.status == ReceiptStatus.DELIVERED:
        message.state, message.why = MessageState.DELIVERED, None
        return True
    message.state, message.why = MessageState.FAILED, receipt.status
    if receipt.status == ReceiptStatus.PERMANENT:
        _mark_unusable(session, message, clock)
    elif _resend(session, message, receipt, clock):
        return True
    unreached(session, message, clock, always=True)
    return True


def _mark_unusable(session: Session, message: Message, clock: Clock) -> None:
    if message.channel is Channel.SMS and message.number_index is not None:
        queries.block(session, message.number_index, "unusable", clock.now())


def _resend(session: Session, message: Message, receipt: Receipt, clock: Clock) -> bool:
    """Queue another attempt; False when there were enough, or it would come too late."""
    wait = AFTER_TEMPORARY if receipt.status == ReceiptStatus.TEMPORARY else timedelta(0)
    at = clock.now() + wait
    too_late = message.useless_after is not None and at > message.useless_after
    if message.resends >= MOST_RESENDS or too_late or message.body is None:
        return False
    message.resends += 1
    message.state, message.reference, message.provider_ref = MessageState.QUEUED, None, None
    enqueue(session, message, clock, at)
    return True
