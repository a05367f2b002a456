"""What people of the hub do with messages: answer, deal with, send again, note a STOP; and what is wiped."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound
from hub.core.permissions import Actor
from hub.infra import audit
from hub.messaging import queries
from hub.messaging.domain import MessageState
from hub.messaging.models import Message, ReceivedText
from hub.messaging.service.sending import Answer, answer_text, enqueue, require_sendable, write_to
from hub.steps import service as steps
from hub.steps.domain import StepKind


def answer(session: Session, received_id: UUID, text: str, actor: Actor, clock: Clock) -> Message | None:
    """Answer a text in one's own words; the text is dealt with. Conflict when a colleague was quicker."""
    require_sendable(text)
    row = _open_text(session, received_id)
    if row.number is None and row.learner_id is not None:  # asked on the learner's own page
        message = write_to(session, row.learner_id, text, actor, clock)
    else:
        message = answer_text(session, row, Answer("staff_reply", text.strip(), actor.id), clock)
    _close(session, row, actor, clock, "answered")
    return message


def deal_with_text(session: Session, received_id: UUID, actor: Actor, clock: Clock) -> None:
    """Note that a text, or a STOP, has been dealt with in another way."""
    _close(session, _open_text(session, received_id), actor, clock, "dealt_with")


def deal_with_message(session: Session, message_id: UUID, actor: Actor, clock: Clock) -> None:
    """Note that the learner of a failed message was reached otherwise. Twice is the same as once."""
    message = _trouble(session, message_id)
    if message.handled_at is None:
        message.handled_at = clock.now()
        steps.close_step(session, StepKind.TEXT_FAILED, message.id, clock)
        _note(session, "message.dealt_with", message.learner_id, actor, clock)


def send_again(session: Session, message_id: UUID, actor: Actor, clock: Clock) -> None:
    """Send a failed message once more, to the number or address of now. Conflict when that cannot be."""
    message = _trouble(session, message_id)
    if message.handled_at is not None or message.state is MessageState.QUEUED:
        raise Conflict("This message has been dealt with already.")
    if message.body is None:
        raise Conflict("This message is too old to send again: its words have been wiped. Write a new one.")
    message.resends += 1
    message.state, message.why, message.unreached_at = MessageState.QUEUED, None, None
    message.reference = message.provider_ref = None
    steps.close_step(session, StepKind.TEXT_FAILED, message.id, clock)
    session.flush()
    enqueue(session, message, clock)
    _note(session, "message.sent_again", message.learner_id, actor, clock)


def _open_text(session: Session, received_id: UUID) -> ReceivedText:
    row = queries.received(session, received_id)
    if row is None:
        raise NotFound("There is no such message.")
    if row.handled_at is not None:
        raise Conflict("A colleague has dealt with this message already.")
    return row


def _close(session: Session, row: ReceivedText, actor: Actor, clock: Clock, outcome: str) -> None:
    row.handled_at, row.handled_by = clock.now(), actor.id
    steps.close_steps(session, [row.id], clock, outcome)
    _note(session, f"text.{outcome}", row.learner_id, actor, clock)


def _trouble(session: Session, message_id: UUID) -> Message:
    message = queries.message(session, message_id)
    if message is None or message.unreached_at is None:
        raise NotFound("There is no such message.")
    return message


def _note(session: Session, action: str, learner_id: UUID | None, actor: Actor, clock: Clock) -> None:
    if learner_id is not None:
        audit.record(session, actor, action, "learner", learner_id, clock=clock)
