"""What pages and slices above may know of messages: frozen, in clear while the words are kept."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import NotFound
from hub.infra.vault import number_indexes
from hub.learners import reads as learners
from hub.learners.domain import Person
from hub.messaging import queries
from hub.messaging.domain import (
    STATE_LABELS,
    WHY_NOT_SENT,
    AskKind,
    Channel,
    Meaning,
    MessageState,
)
from hub.messaging.models import Message, ReceivedText

WIPED = "The words were wiped after the time we keep them."
PAGE = 50
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message to a learner. `body` None once wiped; `why` says in words what stood in its way."""

    id: UUID
    learner_id: UUID | None
    channel: Channel
    template: str
    state: MessageState
    why: str | None
    body: str | None
    parts: int
    asks_kind: AskKind | None
    answered_at: datetime | None
    created_at: datetime
    settled_at: datetime | None
    by_person: bool
    needs_person: bool

    @property
    def label(self) -> tuple[str, str]:
        """Words and tag colour of the state."""
        return STATE_LABELS[self.state]

    @property
    def at(self) -> datetime:
        return self.settled_at or self.created_at

    @property
    def is_from_learner(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class ReceivedView:
    """A text from a phone. `learner_id` None: nobody is known by its number."""

    id: UUID
    learner_id: UUID | None
    number: str | None
    body: str | None
    meaning: Meaning
    at: datetime
    handled_at: datetime | None

    @property
    def is_stop(self) -> bool:
        return self.meaning is Meaning.STOP

    @property
    def is_from_learner(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Inbox:
    """What the hub's page shows; `people` by learner id."""

    to_answer: Sequence[ReceivedView]
    in_trouble: Sequence[MessageView]
    people: Mapping[UUID, Person]


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of all messages, newest first."""

    messages: Sequence[MessageView]
    people: Mapping[UUID, Person]
    page: int
    pages: int


def conversation(session: Session, learner_id: UUID, limit: int = 100) -> list[MessageView | ReceivedView]:
    """Everything written to and by a learner, newest first, also before a merge."""
    ids = learners.same_person_ids(session, learner_id) or frozenset({learner_id})
    sent: list[MessageView | ReceivedView] = [
        _message(row) for row in queries.messages_of(session, ids, limit)
    ]
    sent += [_received(row) for row in queries.received_of(session, ids, limit)]
    return sorted(sent, key=lambda one: (one.at, one.id), reverse=True)[:limit]


def inbox(session: Session) -> Inbox:
    """What waits for a person of the hub: texts to answer and messages that did not arrive."""
    texts = [_received(row) for row in session.scalars(queries.unhandled(MOST_SHOWN))]
    trouble = [_message(row) for row in session.scalars(queries.in_trouble(MOST_SHOWN))]
    return Inbox(texts, trouble, _people(session, [*texts, *trouble]))


def all_messages(session: Session, page: int) -> MessagePage:
    """Page `page` (from 1) of all messages, newest first."""
    total = queries.count_messages(session)
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    found = [_message(row) for row in session.scalars(queries.newest(PAGE, (page - 1) * PAGE))]
    return MessagePage(found, _people(session, found), page, pages)


def received(session: Session, received_id: UUID) -> ReceivedView:
    """One text; NotFound."""
    row = queries.received(session, received_id)
    if row is None:
        raise NotFound("There is no such message.")
    return _received(row)


def counts(session: Session) -> tuple[int, int]:
    """(texts to answer, messages that did not arrive): for the badge and the tabs."""
    return queries.counts(session)


def delivery_last_days(session: Session, clock: Clock, days: int = 7) -> dict[MessageState, int]:
    """How many of the messages of the last days are in each state."""
    return queries.delivery_counts(session, clock.now() - timedelta(days=days))


def stopped(session: Session, phones: Collection[str]) -> set[str]:
    """Those of these numbers whose holder said STOP."""
    indexes = {index: phone for phone in phones for index in number_indexes(phone)}
    return {indexes[index] for index, why in queries.blocks(session, indexes).items() if "stopped" in why}


def _people(session: Session, found: Sequence[MessageView | ReceivedView]) -> dict[UUID, Person]:
    return learners.people(session, {one.learner_id for one in found if one.learner_id is not None})


_PERSONAL_LINK = re.compile(r"\S*/l/[A-Za-z0-9_-]+")
"""What opens a learner's own page is for the learner alone: whoever reads their messages is not shown it."""


def _message(row: Message) -> MessageView:
    why = WHY_NOT_SENT.get(row.why, "The phone company could not take it.") if row.why else None
    return MessageView(
        row.id, row.learner_id, row.channel, row.template, row.state, why, _shown(row.body), row.parts, row.asks_kind,
        row.answered_at, row.created_at, row.settled_at, row.created_by is not None,
        row.unreached_at is not None and row.handled_at is None,
    )  # fmt: skip


def _shown(body: str | None) -> str | None:
    return _PERSONAL_LINK.sub("(personal link)", body) if body else body


def _received(row: ReceivedText) -> ReceivedView:
    return ReceivedView(
        row.id, row.learner_id, row.number, row.body, row.meaning, row.received_at, row.handled_at
    )
