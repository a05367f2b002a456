"""What the waiting list tells the rest of the hub. Identifiers and codes only."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hub.assessment.domain import Strand
from hub.core.events import Event
from hub.core.levels import Level
from hub.waitlist.domain.entries import Channel


@dataclass(frozen=True)
class EntryEvent(Event):
    """Something happened to an entry."""

    entry_id: UUID
    learner_id: UUID
    case_id: UUID | None


@dataclass(frozen=True)
class EntryJoined(EntryEvent):
    """A learner is on the list. `previous_id`: the entry this one continues."""

    strand: Strand
    level: Level
    previous_id: UUID | None = None


@dataclass(frozen=True)
class EntryPaused(EntryEvent):
    """The queue leaves the learner alone until a day; the date is kept."""

    until: date


@dataclass(frozen=True)
class EntryResumed(EntryEvent):
    """Back in line, with the date kept."""


@dataclass(frozen=True)
class EntryRemoved(EntryEvent):
    """Off the list, with the code of the reason."""

    reason: str


@dataclass(frozen=True)
class EntryLapsed(EntryEvent):
    """Two channels were tried without a reply.

    The learner may come back within 90 days, with the date kept.
    """


@dataclass(frozen=True)
class CheckInDue(EntryEvent):
    """Ask the learner, on this channel, whether they still want a class. A call is made by a person."""

    channel: Channel
    attempt: int
