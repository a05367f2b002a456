"""Making messages: the words are written and sealed now, whether they may go is asked when they go."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import Actor
from hub.infra import audit, outbox
from hub.infra.db import record, runtime
from hub.infra.gathering import Gathering, gather
from hub.infra.phones import is_mobile
from hub.infra.vault import blind_index
from hub.infra.writes import put
from hub.learners import reads as learners
from hub.learners.domain import Person
from hub.messaging import queries
from hub.messaging.domain import (
    Asks,
    Channel,
    MessageState,
    NewMessage,
    TextFailed,
    TextFaulty,
    check,
    fill,
    fragments,
    texts,
)
from hub.messaging.models import Message, ReceivedText
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind

KIND = "message"  # of outbox entries


@dataclass(frozen=True, slots=True)
class _Asked:
    """A message somebody wants written."""

    new: NewMessage
    actor: Actor
    clock: Clock


def send(session: Session, new: NewMessage, actor: Actor, clock: Clock) -> Message | None:
    """Write a message to a learner and let it go as soon as it may; None when `dedupe` says it is there.

    By text where there is a mobile number, else by e-mail; with neither, a person is asked to reach the
    learner. Permission, STOP, the hour and relevance are checked at the moment of sending (`may_go`).
    """
    return next(iter(_write(session, [_Asked(new, actor, clock)])), None)


def send_all(session: Session, news: Sequence[NewMessage], actor: Actor, clock: Clock) -> None:
    """As `send`, at the end of this unit of work: together with what else it has to tell, to people read once."""
    for new in news:
        gather(session, _WRITING, _Asked(new, actor, clock))


def _write(session: Session, asked: Sequence[_Asked]) -> list[Message]:
    """The messages that were not there yet. NotFound for a learner nobody knows, and nothing is written."""
    wanted = {one.new.learner_id for one in asked}
    with session.no_autoflush:
        people = learners.people(session, wanted)
    if len(people) < len(wanted):
        raise NotFound("There is no such learner.")
    messages = [_message(one.new, people[one.new.learner_id], one.actor, one.clock) for one in asked]
    put(session, *(one for one in messages if one.dedupe_key is None))
    added = queries.add_if_new(session, [one for one in messages if one.dedupe_key is not None])
    for message, one in zip(messages, asked, strict=True):
        if message.dedupe_key is None or message.id in added:
            _follow_up(session, message, one)
    return [one for one in messages if one.dedupe_key is None or one.id in added]


_WRITING = Gathering(Message, _write)


def _follow_up(session: Session, message: Message, asked: _Asked) -> None:
    new, clock = asked.new, asked.clock
    audit.record(
        session, asked.actor, "message.written", "learner", new.learner_id, fields=[new.template], clock=clock
    )
    if message.state is MessageState.NOT_SENT:
        unreached(session, message, clock)
    else:
        enqueue(session, message, clock, new.not_before)


def _message(new: NewMessage, person: Person, actor: Actor, clock: Clock) -> Message:
    channel = _possible(person, new.channel)
    body = fill(new.template, standard_values() | dict(new.values))
    asks = new.asks
    return Message(
        subject_id=person.subject_ids[-1],
        learner_id=new.learner_id,
        channel=channel or Channel.SMS,
        template=new.template,
        state=MessageState.QUEUED if channel else MessageState.NOT_SENT,
        why=None if channel else "no_number",
        asks_kind=asks.kind if asks else None,
        asks_subject_id=asks.subject_id if asks else None,
        about_id=new.about_id or (asks.subject_id if asks else None),
        purpose=new.purpose,
        must_reach=new.must_reach or (asks is not None and not new.template.endswith("_reminder")),
        dedupe_key=new.dedupe,
        created_at=clock.now(),
        created_by=actor.id if actor.kind == "user" else None,
        useless_after=new.useless_after,
        resends=0,
        parts=fragments(body),
        body=body,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What to text back: a template, a person's own words for it, and that person."""

    template: str
    text: str = field(default="", repr=False)
    by: UUID | None = None


def answer_text(session: Session, received: ReceivedText, answer: Answer, clock: Clock) -> Message:
    """A message back to the phone that a text came from, whoever is known by its number."""
    body = fill(answer.template, standard_values() | {"text": answer.text})
    message = Message(
        id=new_id(),
        subject_id=received.subject_id,
        learner_id=received.learner_id,
        channel=Channel.SMS,
        template=answer.template,
        state=MessageState.QUEUED,
        about_id=received.id,
        must_reach=answer.by is not None,
        created_at=clock.now(),
        created_by=answer.by,
        resends=0,
        parts=fragments(body),
        body=body,
        number=received.number,
    )
    session.add(message)
    session.flush()
    enqueue(session, message, clock)
    return message


def write_to(session: Session, learner_id: UUID, text: str, actor: Actor, clock: Clock) -> Message | None:
    """A member of the hub's staff writes to a learner in their own words. RuleBroken beside `text`.

    The same words to the same learner within the hour are one message: a button pressed twice.
    """
    require_sendable(text)
    said = blind_index("message_text", text.strip()).hex()
    new = NewMessage(
        learner_id=learner_id,
        template="staff_reply",
        values={"text": text.strip()},
        must_reach=True,
        dedupe=f"staff:{learner_id}:{said}:{clock.now():%Y%m%d%H}",
    )
    return send(session, new, actor, clock)


def require_sendable(text: str) -> None:
    """RuleBroken beside `text` when it is empty, too long, or has characters that no text can carry."""
    if not text.strip():
        raise RuleBroken("Write a message.", field="text", code="text_missing")
    try:
        check(fill("staff_reply", standard_values() | {"text": text.strip()}))
    except TextFaulty as fault:
        raise RuleBroken(
            f"{str(fault).removeprefix('staff_reply: ')}.", field="text", code="text_faulty"
        ) from None


def standard_values() -> dict[str, str]:
    """What every text may say of the hub."""
    settings = runtime().settings
    return {"hub": settings.hub_name, "phone": settings.hub_phone}


def _possible(person: Person, wanted: Channel | None) -> Channel | None:
    if wanted is Channel.EMAIL:
        return Channel.EMAIL if person.email else None
    return first_channel(person)


def first_channel(person: Person) -> Channel | None:
    """By text where there is a mobile number, else by e-mail, else not at all."""
    if person.phone and is_mobile(person.phone):
        return Channel.SMS
    return Channel.EMAIL if person.email else None


def enqueue(session: Session, message: Message, clock: Clock, not_before: datetime | None = None) -> None:
    """Hand a message to the outbox; every attempt of its own has its own key."""
    key = f"message:{message.id}:{message.channel}:{message.resends}"
    outbox.enqueue(session, KIND, message.id, dedupe=key, not_before=not_before, clock=clock)


def withdraw_waiting(session: Session, about_ids: Collection[UUID]) -> int:
    """Take back what has not gone and is about these subjects, in this transaction; how many."""
    waiting = queries.waiting_about(session, about_ids)
    for message in waiting:
        message.state = MessageState.CANCELLED
    outbox.cancel(session, KIND, [message.id for message in waiting])
    return len(waiting)


def forget_question(session: Session, subject_id: UUID, clock: Clock) -> None:
    """Nothing more is asked about this subject, and an answer to it by text comes too late."""
    withdraw_waiting(session, [subject_id])
    queries.mark_answered(session, subject_id, clock.now())


def fall_back(
    session: Session, message: Message, why: str, clock: Clock, known: Person | None = None
) -> None:
    """A text may not go: try e-mail once, else leave it unsent and, where it must arrive, ask a person.

    `known`: the learner, where the caller has them at hand.
    """
    if message.channel is Channel.SMS and message.number is None and _has_email(session, message, known):
        message.channel, message.why = Channel.EMAIL, why
        enqueue(session, message, clock)
        return
    message.state, message.why, message.settled_at = MessageState.NOT_SENT, why, clock.now()
    unreached(session, message, clock)


def _has_email(session: Session, message: Message, known: Person | None) -> bool:
    if known is None and message.learner_id is not None:
        known = learners.person(session, message.learner_id)
    return known is not None and bool(known.email)


def unreached(session: Session, message: Message, clock: Clock, *, always: bool = False) -> None:
    """Ask a person to reach the learner, where the message must arrive (`always`: whatever it was)."""
    if not (always or message.must_reach):
        return
    message.unreached_at = clock.now()
    session.flush()
    due = steps.due(session, "message_answer_days", clock)
    owner = steps.hub_role(session)
    new = NewStep(StepKind.TEXT_FAILED, "message", message.id, owner, due, message.learner_id)
    steps.open_step(session, new, clock)
    if message.learner_id is not None:
        record(session, TextFailed(message.id, message.learner_id))


def asks_by_text(template: str, subject_id: UUID) -> Asks | None:
    """What a template asks, about this subject."""
    kind = texts()[template].asks
    return Asks(kind, subject_id) if kind else None
