"""What a message is: its states, what it asks, and the news it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from hub.core.clock import LONDON, london_time
from hub.core.events import Event

BODY_KEPT = timedelta(days=7)  # as long as Notify keeps its own copy
ASK_OPEN = timedelta(days=21)  # after that a YES could mean anything: a person reads it
MOST_RESENDS = 3
FIRST_HOUR, LAST_HOUR = time(8), time(20)  # London; nobody is texted at night


class Channel(StrEnum):
    """How a message travels."""

    SMS = "sms"
    EMAIL = "email"


class MessageState(StrEnum):
    """queued -> sent -> delivered | failed; queued -> not_sent | cancelled | unknown."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    NOT_SENT = "not_sent"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


STATE_LABELS = {
    MessageState.QUEUED: ("Waiting to go", "blue"),
    MessageState.SENT: ("Sent", "blue"),
    MessageState.DELIVERED: ("Delivered", "green"),
    MessageState.FAILED: ("Not delivered", "red"),
    MessageState.NOT_SENT: ("Not sent", "orange"),
    MessageState.CANCELLED: ("Withdrawn", "grey"),
    MessageState.UNKNOWN: ("Not known if sent", "red"),
}

WHY_NOT_SENT = {
    "no_permission": "The learner has not agreed to texts.",
    "restricted": "The learner has had the use of their data restricted.",
    "not_safe": "It is not safe to text this learner.",
    "stopped": "The learner texted STOP.",
    "number_unusable": "Texts to this number do not arrive.",
    "no_number": "There is no mobile number and no email address.",
    "too_late": "It was no longer needed when it could be sent.",
    "permanent-failure": "The number does not exist or cannot take texts.",
    "temporary-failure": "The phone could not be reached, also after trying again.",
    "technical-failure": "There was a fault between us and the phone company.",
    "ValidationError": "The number was refused.",
    "BadRequestError": "The message was refused.",
}


class AskKind(StrEnum):
    """What a message asked. The slice that owns the subject reacts to the answer."""

    APPOINTMENT = "appointment"
    OFFER = "offer"
    CHECK_IN = "check_in"
    NUMBER = "number"


class Meaning(StrEnum):
    """What a reply means, as far as a program may say."""

    YES = "yes"
    NO = "no"
    STOP = "stop"
    START = "start"
    HELP = "help"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Asks:
    """The question a message asks, about which subject."""

    kind: AskKind
    subject_id: UUID


TEXTING = "P06"
"""The permission that a text needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to a learner.

    `values` fill the template and are stored only inside the sealed body. `about_id`: the offer, appointment
    or referral; what is still waiting can be withdrawn by it. `not_before` and `useless_after` bound the
    moment of sending (UTC). `dedupe`: the same word twice is one message. `purpose` None: an answer to the
    learner's own message, which needs no permission beyond it. `must_reach`: a person takes over when it does
    not arrive. `channel`: only this way, else by text where that is possible.
    """

    learner_id: UUID
    template: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    asks: Asks | None = None
    purpose: str | None = TEXTING
    about_id: UUID | None = None
    not_before: datetime | None = None
    useless_after: datetime | None = None
    dedupe: str | None = None
    must_reach: bool = False
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class NewReceived:
    """A text as Notify hands it over. `number` is E.164."""

    provider_id: str
    number: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message about to leave: the outbox entry it goes under, and the stored form of its number, if a text."""

    message_id: UUID
    reference: str
    number_index: bytes | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What Notify says became of a message. `reference` is the outbox entry's id."""

    provider_id: str
    reference: str
    status: str


class ReceiptStatus(StrEnum):
    """The statuses that Notify calls back with."""

    DELIVERED = "delivered"
    PERMANENT = "permanent-failure"
    TEMPORARY = "temporary-failure"
    TECHNICAL = "technical-failure"


@dataclass(frozen=True)
class ReplyReceived(Event):
    """A learner answered what a message asked. `answer` is yes or no."""

    message_id: UUID
    asks_kind: AskKind
    subject_id: UUID
    learner_id: UUID
    answer: str


@dataclass(frozen=True)
class LearnerStopped(Event):
    """A learner texted STOP. It is never silence: a step is open, and no clock may count it as no answer."""

    learner_id: UUID


@dataclass(frozen=True)
class LearnerRestarted(Event):
    """A learner texted START: texts are wanted again."""

    learner_id: UUID


@dataclass(frozen=True)
class TextFailed(Event):
    """A message that must arrive did not, and a person has been asked to reach the learner."""

    message_id: UUID
    learner_id: UUID


def texting_time(now: datetime) -> datetime:
    """`now` when texts may go (08:00 to 20:00 in London), else the next 08:00."""
    local = now.astimezone(LONDON)
    if FIRST_HOUR <= local.time() < LAST_HOUR:
        return now
    day = local.date() if local.time() < FIRST_HOUR else local.date() + timedelta(days=1)
    return london_time(day, FIRST_HOUR.hour)


def reminder_times(asked_at: datetime, answer_by: date) -> tuple[datetime, ...]:
    """When a learner is reminded of a question: the day after at 10:00, and on the last day at 09:00.

    Fewer when there is no room: at least 18 hours lie between any two messages.
    """
    asked = asked_at.astimezone(LONDON).date()
    wanted = (london_time(asked + timedelta(days=1), 10), london_time(answer_by, 9))
    times: list[datetime] = []
    last = asked_at
    for at in wanted:
        if at - last >= timedelta(hours=18) and at.astimezone(LONDON).date() <= answer_by:
            times.append(at)
            last = at
    return tuple(times)
