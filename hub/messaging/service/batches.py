"""What a batch of messages has in common at the moment of sending: looked up once for all of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts.domain.disclosure import shown, sight_of
from hub.consent import reads as consent
from hub.core.clock import Clock
from hub.core.permissions import Role
from hub.infra.outbox import Outcome
from hub.infra.vault import number_indexes
from hub.learners import reads as learners
from hub.learners.domain import Person
from hub.messaging import queries
from hub.messaging.domain import Attempt, Channel, MessageState
from hub.messaging.models import Message

_OPEN = "hub_messages_in_hand"


@dataclass(slots=True)
class Batch:
    """The messages that one transaction is about to let go or to settle.

    Every look-up is made at its first use and for the whole batch. `attempts` and `sent` are notes for
    `delivering.store`.
    """

    session: Session
    ids: Sequence[UUID]
    clock: Clock
    attempts: list[Attempt] = field(default_factory=list)
    sent: dict[UUID, Outcome] = field(default_factory=dict)
    _messages: dict[UUID, Message] | None = None
    _people: dict[UUID, Person] | None = None
    _permitted: dict[str, set[UUID]] = field(default_factory=dict)
    _restricted: Collection[UUID] | None = None
    _blocks: dict[bytes, set[str]] | None = None

    def message(self, message_id: UUID) -> Message | None:
        """One of the batch, locked."""
        return self._by_id().get(message_id)

    def person(self, message: Message) -> Person | None:
        """Whom a message is to, as they are now."""
        if message.learner_id is None:
            return None
        if self._people is None:
            ids = {one.learner_id for one in self._going() if one.learner_id}
            self._people = shown(learners.people(self.session, ids), sight_of(Role.LEARNER))
        return self._people.get(message.learner_id)

    def number(self, message: Message) -> str | None:
        """The number of this moment, or that of the phone which asked."""
        person = None if message.number else self.person(message)
        return message.number or (person.phone if person else None)

    def index(self, message: Message) -> bytes:
        """The stored form of that number."""
        return self._indexes(message)[0]

    def _indexes(self, message: Message) -> list[bytes]:
        """Its stored form and, while the key is rotated, the older one."""
        return number_indexes(self.number(message) or "")

    def is_permitted(self, message: Message) -> bool:
        """Whether the learner permits, now, what the message is for."""
        if not message.purpose:
            return True
        if message.purpose not in self._permitted:
            asked = {
                one.learner_id for one in self._going() if one.purpose == message.purpose and one.learner_id
            }
            permitted = consent.may_many(self.session, asked, message.purpose, self.clock.today())
            self._permitted[message.purpose] = permitted
        return message.learner_id in self._permitted[message.purpose]

    def is_restricted(self, message: Message) -> bool:
        """Whether the learner has had the use of their data restricted: only what answers themselves may go."""
        if not message.purpose:
            return False
        if self._restricted is None:
            asked = {one.learner_id for one in self._going() if one.purpose and one.learner_id}
            self._restricted = consent.restricted(self.session, asked)
        return message.learner_id in self._restricted

    def blocks(self, message: Message) -> set[str]:
        """Why the number gets no texts; empty when it does."""
        if self._blocks is None:
            texts = [one for one in self._going() if one.channel is Channel.SMS]
            asked = {index for one in texts for index in self._indexes(one)}
            self._blocks = queries.blocks(self.session, asked)
        return set[str]().union(*(self._blocks.get(index, ()) for index in self._indexes(message)))

    def _by_id(self) -> dict[UUID, Message]:
        if self._messages is None:
            self._messages = queries.messages(self.session, self.ids)
        return self._messages

    def _going(self) -> Iterable[Message]:
        return (one for one in self._by_id().values() if one.state is MessageState.QUEUED)


def open_batch(session: Session, message_ids: Sequence[UUID], clock: Clock) -> None:
    """Begin a batch in this transaction; the one before it, if any, has been stored."""
    session.info[_OPEN] = Batch(session, message_ids, clock)


def batch_of(session: Session) -> Batch:
    """The batch of this transaction."""
    batch: Batch = session.info[_OPEN]
    return batch
