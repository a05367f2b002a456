"""Texts from learners: an answer becomes an event, STOP is obeyed at once, the rest is for a person."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import NotFound
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM, Actor
from hub.infra import audit
from hub.infra.db import record
from hub.infra.vault import current_vault, number_indexes
from hub.learners import reads as learners
from hub.learners.domain import SearchTerms
from hub.messaging import queries
from hub.messaging.domain import (
    ASK_OPEN,
    Channel,
    LearnerRestarted,
    LearnerStopped,
    Meaning,
    NewReceived,
    ReplyReceived,
    understand,
)
from hub.messaging.models import Message, ReceivedText
from hub.messaging.service.sending import Answer, answer_text, fall_back
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind


def receive(session: Session, new: NewReceived, clock: Clock) -> ReceivedText | None:
    """Take in a text from a phone; None when Notify handed it over before.

    YES and NO answer the newest message to that number that asked something, unless two people with the same
    phone were asked: then, and for all other words, a person reads it.
    """
    if queries.is_received(session, new.provider_id):
        return None
    indexes = number_indexes(new.number)
    asked = queries.open_asks(session, indexes, clock.now() - ASK_OPEN)
    row = _keep(session, new, indexes, asked, clock)
    _ACTS[understand(new.text)](session, row, asked, clock)
    return row


def leave_question(
    session: Session, learner_id: UUID, words: str, actor: Actor, clock: Clock
) -> ReceivedText:
    """A question from the learner's own page: kept with the texts, for a person of the hub to answer."""
    person = learners.person(session, learner_id)
    if person is None:
        raise NotFound("There is no such learner.")
    row_id = new_id()
    row = ReceivedText(
        id=row_id,
        subject_id=person.subject_ids[-1],
        provider_ref=f"page:{row_id}",
        learner_id=learner_id,
        meaning=Meaning.OTHER,
        number_index=queries.number_index(person.phone or ""),
        received_at=clock.now(),
        body=words[:2000],
    )
    session.add(row)
    audit.record(session, actor, "learner.asked", "learner", learner_id, clock=clock)
    session.flush()
    _open_step(session, row, StepKind.MESSAGE_TO_ANSWER, clock)
    return row


def _keep(
    session: Session, new: NewReceived, indexes: Sequence[bytes], asked: Sequence[Message], clock: Clock
) -> ReceivedText:
    learner_id = _sender(session, new.number, indexes, asked)
    row = ReceivedText(
        id=new_id(),
        subject_id=_subject(session, learner_id),
        provider_ref=new.provider_id,
        learner_id=learner_id,
        message_id=asked[0].id if asked and asked[0].learner_id == learner_id else None,
        meaning=understand(new.text),
        number_index=indexes[0],
        received_at=clock.now(),
        number=new.number,
        body=new.text[:2000],
    )
    session.add(row)
    if learner_id is not None:
        audit.record(session, SYSTEM, "text.received", "learner", learner_id, clock=clock)
    session.flush()
    return row


def _sender(session: Session, number: str, indexes: Sequence[bytes], asked: Sequence[Message]) -> UUID | None:
    """Who texts: whom we wrote to at this number last, else the one learner known by it, else nobody."""
    newest = asked[0] if asked else queries.newest_to(session, indexes)
    if newest is not None and newest.learner_id is not None:
        return newest.learner_id
    known = learners.find(session, SearchTerms(phone=number))
    return known[0] if len(known) == 1 else None


def _subject(session: Session, learner_id: UUID | None) -> UUID:
    person = learners.person(session, learner_id) if learner_id else None
    return person.subject_ids[-1] if person else current_vault().new_subject(new_id())


def _answered(session: Session, row: ReceivedText, asked: Sequence[Message], clock: Clock) -> None:
    """YES or NO: the answer to what was asked, where it is plain who was asked."""
    message = asked[0] if asked else None
    if message is None or message.learner_id is None or _several_people(session, asked):
        _for_a_person(session, row, asked, clock)
        return
    if message.asks_kind is None or message.asks_subject_id is None:
        _for_a_person(session, row, asked, clock)
        return
    if message.answered_at is not None:
        _for_a_person(session, row, asked, clock)
        return
    queries.mark_answered(session, message.asks_subject_id, clock.now())
    row.handled_at = clock.now()
    answer = row.meaning.value
    happened = ReplyReceived(
        message.id, message.asks_kind, message.asks_subject_id, message.learner_id, answer
    )
    record(session, happened)


def _several_people(session: Session, asked: Sequence[Message]) -> bool:
    """Whether open questions to this number were asked of different learners (a family's one phone)."""
    ids = {one.learner_id for one in asked if one.learner_id is not None and one.answered_at is None}
    return len(ids) > 1 and len(set(learners.survivors(session, ids).values())) > 1


def _stopped(session: Session, row: ReceivedText, asked: Sequence[Message], clock: Clock) -> None:
    """STOP: no more texts to this number, one confirmation, and a person asks what the learner wants."""
    is_new = queries.block(session, row.number_index, "stopped", clock.now())
    known = _everybody_behind(session, row, asked)
    for message in queries.waiting_for(session, known):
        if message.channel is Channel.SMS and message.number is None:
            fall_back(session, message, "stopped", clock)
    for learner_id in known:
        record(session, LearnerStopped(learner_id))
    if is_new:
        answer_text(session, row, Answer("stop_confirmed"), clock)
    _open_step(session, row, StepKind.STOP_TO_HANDLE, clock)


def _everybody_behind(session: Session, row: ReceivedText, asked: Sequence[Message]) -> list[UUID]:
    """All learners known by the number of a text, as they are known today."""
    found = {one.learner_id for one in asked} | {row.learner_id}
    found |= set(learners.find(session, SearchTerms(phone=row.number)))
    ids = [learner_id for learner_id in found if learner_id is not None]
    return sorted(set(learners.survivors(session, ids).values()))


def _started(session: Session, row: ReceivedText, asked: Sequence[Message], clock: Clock) -> None:
    """START: texts again, and the permission that a STOP had ended."""
    for why in ("stopped", "unconfirmed"):
        queries.lift(session, number_indexes(row.number or ""), why, clock.now())
    steps.close_step(session, StepKind.STOP_TO_HANDLE, row.id, clock)
    row.handled_at = clock.now()
    for learner_id in _everybody_behind(session, row, asked):
        record(session, LearnerRestarted(learner_id))
    answer_text(session, row, Answer("started_again"), clock)


def _helped(session: Session, row: ReceivedText, asked: Sequence[Message], clock: Clock) -> None:
    row.handled_at = clock.now()
    answer_text(session, row, Answer("help"), clock)


def _for_a_person(session: Session, row: ReceivedText, asked: Sequence[Message], clock: Clock) -> None:
    """Kept for a person of the hub; a learner we know is told so, once a day."""
    _open_step(session, row, StepKind.MESSAGE_TO_ANSWER, clock)
    key = f"read_by_a_person:{row.learner_id}:{clock.today()}"
    if row.learner_id is not None and not queries.dedupe_taken(session, key):
        answer_text(session, row, Answer("not_understood"), clock).dedupe_key = key


def hand_to_person(session: Session, message_id: UUID, clock: Clock) -> None:
    """The answer to this message could not be acted on: its text waits for a person after all."""
    row = queries.reply_to(session, message_id)
    if row is not None:
        row.handled_at = None
        _open_step(session, row, StepKind.MESSAGE_TO_ANSWER, clock)


def _open_step(session: Session, row: ReceivedText, kind: StepKind, clock: Clock) -> None:
    due = steps.due(session, "message_answer_days", clock)
    new = NewStep(kind, "received_text", row.id, steps.hub_role(session), due, row.learner_id)
    steps.open_step(session, new, clock)


_ACTS = {
    Meaning.YES: _answered,
    Meaning.NO: _answered,
    Meaning.STOP: _stopped,
    Meaning.START: _started,
    Meaning.HELP: _helped,
    Meaning.OTHER: _for_a_person,
}
