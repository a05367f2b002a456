"""How messages leave: the functions of their delivery, called by the outbox worker for a batch at a time."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.infra.config import Environment
from hub.infra.db import runtime
from hub.infra.outbox import NotNow, OutboxState, Outcome
from hub.infra.phones import is_mobile
from hub.infra.sms import OutgoingEmail, OutgoingSms
from hub.messaging import queries
from hub.messaging.domain import Attempt, Channel, MessageState, subject_of, texting_time
from hub.messaging.models import Message
from hub.messaging.service.batches import Batch, batch_of, open_batch
from hub.messaging.service.sending import fall_back, unreached

RESTRICTED = "restricted"
_BACK_TO_A_STOPPED_PHONE = {"stop_confirmed", "started_again"}


def preload(session: Session, message_ids: Sequence[UUID], clock: Clock) -> None:
    """Messages of a batch, their people, permissions and numbers are looked up together, each when asked for."""
    open_batch(session, message_ids, clock)


def may_go(session: Session, message_id: UUID, clock: Clock) -> bool | NotNow:
    """Whether a message may go at this moment: still wanted, in good time, permitted, not at night.

    A text needs permission P06 (unless it answers the learner's own), the learner's word that texting is
    safe, and a number that neither said STOP nor failed. While the use of a learner's data is restricted, nothing
    goes by any way but what answers themselves.
    """
    batch = batch_of(session)
    message = batch.message(message_id)
    if message is None or message.state is not MessageState.QUEUED or message.body is None:
        return False
    if message.channel is Channel.EMAIL:
        return not (_is_useless(message, clock) or _is_restricted(batch, message))
    if why := _refusal(batch, message):
        message.why = why
        return False
    now = clock.now()  # asked once: real time moves on between two looks
    at = now if _at_any_hour() else texting_time(now)
    if message.useless_after is not None and at > message.useless_after:
        message.why = "too_late"
        return False
    return True if at == now else NotNow(at)


def _at_any_hour() -> bool:
    """In the demo nobody is woken, and whoever tries it at night sees the texts come."""
    return runtime().settings.environment is Environment.DEMO


def _is_useless(message: Message, clock: Clock) -> bool:
    if message.useless_after is None or clock.now() <= message.useless_after:
        return False
    message.why = "too_late"
    return True


def _is_restricted(batch: Batch, message: Message) -> bool:
    if not batch.is_restricted(message):
        return False
    message.why = RESTRICTED
    return True


def _refusal(batch: Batch, message: Message) -> str | None:
    """Why this text may not go now, or None."""
    number = batch.number(message)
    if message.number is None:
        person = batch.person(message)
        if person is None or number is None or not is_mobile(number):
            return "no_number"
        if not person.safe_to_text:
            return "not_safe"
        if not batch.is_permitted(message):
            return RESTRICTED if batch.is_restricted(message) else "no_permission"
    return _blocked(batch.blocks(message), message.template)


def _blocked(why: set[str], template: str) -> str | None:
    if "unusable" in why:
        return "number_unusable"
    if "stopped" in why and template not in _BACK_TO_A_STOPPED_PHONE:
        return "stopped"
    return "no_permission" if "unconfirmed" in why and template != "number_check" else None


def render(session: Session, message_id: UUID, reference: str, clock: Clock) -> OutgoingSms | OutgoingEmail:
    """The message as it leaves, to the learner's number or address of this moment."""
    batch = batch_of(session)
    message = batch.message(message_id)
    if message is None or message.body is None:
        raise LookupError("a message that passed its gate is there")
    if message.channel is Channel.EMAIL:
        batch.attempts.append(Attempt(message_id, reference, message.number_index))
        person = batch.person(message)
        to = person.email if person else None
        return OutgoingEmail(to or "", subject_of(message.template), message.body, reference)
    batch.attempts.append(Attempt(message_id, reference, batch.index(message)))
    return OutgoingSms(batch.number(message) or "", message.body, reference)


def settle(session: Session, message_id: UUID, outcome: Outcome, clock: Clock) -> None:
    """Note how an attempt ended. What was sent as usual is written for the whole batch at once, by `store`."""
    if outcome.state is OutboxState.SENT and outcome.provider_ref:
        batch_of(session).sent[message_id] = outcome
    else:
        _settle_one(session, message_id, outcome, clock)


def store(session: Session, clock: Clock) -> None:
    """Write what the batch noted: references before sending, what was sent after it."""
    batch = batch_of(session)
    queries.note_attempts(session, batch.attempts)
    sent = {message_id: outcome.provider_ref or "" for message_id, outcome in batch.sent.items()}
    usual = queries.note_sent(session, sent, clock.now())
    for message_id, outcome in batch.sent.items():
        if message_id not in usual:
            _settle_one(session, message_id, outcome, clock)


def _settle_one(session: Session, message_id: UUID, outcome: Outcome, clock: Clock) -> None:
    """As `settle`, for one. A receipt may have overtaken it: then the receipt's word stands."""
    message = batch_of(session).message(message_id)
    if message is None or message.state is not MessageState.QUEUED:
        _note_reference(message, outcome)
        return
    if outcome.state is OutboxState.SENT and message.resends and _overtaken(session, outcome):
        return
    message.settled_at = clock.now()
    if outcome.state is OutboxState.SENT:
        message.state, message.provider_ref, message.why = MessageState.SENT, outcome.provider_ref, None
    elif outcome.state is OutboxState.CANCELLED:
        _not_permitted(session, message, clock)
    elif outcome.state is OutboxState.FAILED:
        message.state, message.why = MessageState.FAILED, outcome.error
        _block_number(session, message, clock)
        unreached(session, message, clock, always=True)
    else:
        message.state, message.why = MessageState.UNKNOWN, outcome.error
        unreached(session, message, clock, always=True)


def _note_reference(message: Message | None, outcome: Outcome) -> None:
    if message is not None and message.provider_ref is None:
        message.provider_ref = outcome.provider_ref


def _overtaken(session: Session, outcome: Outcome) -> bool:
    return bool(outcome.provider_ref) and queries.receipt_known(session, outcome.provider_ref or "")


def _not_permitted(session: Session, message: Message, clock: Clock) -> None:
    why = message.why or "too_late"
    if why in {"too_late", RESTRICTED}:  # neither by another way nor by a person
        message.state, message.why = MessageState.NOT_SENT, why
        return
    fall_back(session, message, why, clock, batch_of(session).person(message))


def _block_number(session: Session, message: Message, clock: Clock) -> None:
    """A number that Notify refuses as no mobile number is unusable until it changes."""
    if message.channel is Channel.SMS and message.number_index and message.why == "ValidationError":
        queries.block(session, message.number_index, "unusable", clock.now())
