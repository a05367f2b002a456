"""An entry on the waiting list: states, the one transition table, what commands carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from hub.assessment.domain import Skill, Strand
from hub.core.errors import Conflict, RuleBroken
from hub.core.levels import Level


class EntryState(StrEnum):
    """Where a learner stands in the queue."""

    WAITING = "waiting"
    OFFERED = "offered"
    PAUSED = "paused"
    CHECK_IN_DUE = "check_in_due"
    FULFILLED = "fulfilled"
    LAPSED = "lapsed"
    REMOVED = "removed"


_S = EntryState
ACTIVE = frozenset({_S.WAITING, _S.OFFERED, _S.PAUSED, _S.CHECK_IN_DUE})
IN_LINE = frozenset({_S.WAITING, _S.CHECK_IN_DUE})
ENDED = frozenset(EntryState) - ACTIVE
TRANSITIONS: Mapping[EntryState, frozenset[EntryState]] = {
    _S.WAITING: frozenset({_S.OFFERED, _S.PAUSED, _S.CHECK_IN_DUE, _S.REMOVED}),
    _S.OFFERED: frozenset({_S.WAITING, _S.FULFILLED}),
    _S.PAUSED: frozenset({_S.WAITING}),
    _S.CHECK_IN_DUE: frozenset({_S.WAITING, _S.LAPSED}),
    _S.LAPSED: frozenset({_S.WAITING}),
}

DUPLICATE = "duplicate"
LEVEL_CHANGED = "wrong_level"
NO_RESPONSE = "no_response"
NO_LONGER_INTERESTED = "no_longer_interested"
LONGEST_PAUSE_DAYS = 366
STOP_HOLD = "stop"


class Channel(StrEnum):
    """How a waiting learner is asked whether they still want a class. A call is made by a person."""

    TEXT = "text"
    EMAIL = "email"
    CALL = "call"

    @property
    def label(self) -> str:
        return {"text": "Text message", "email": "Email", "call": "Phone call"}[self.value]


@dataclass(frozen=True)
class JoinRequest:
    """Put a learner on the list for a strand at a level, with the four skills and the higher levels open to
    them."""

    learner_id: UUID
    source_record_id: UUID
    subject_id: UUID
    strand: Strand
    level: Level
    skills: Mapping[Skill, Level] = field(default_factory=dict)
    also: tuple[Level, ...] = ()
    case_id: UUID | None = None
    assessment_id: UUID | None = None


@dataclass(frozen=True)
class Pause:
    """Leave the queue alone until a day."""

    until: date
    reason: str
    note: str = ""


@dataclass(frozen=True)
class Removal:
    """Take an entry off the list, with a coded reason."""

    reason: str
    note: str = ""


@dataclass(frozen=True)
class LevelChange:
    """Another level for the same strand. Without skills the old ones stay."""

    level: Level
    note: str = ""
    skills: Mapping[Skill, Level] | None = None
    also: tuple[Level, ...] = ()
    assessment_id: UUID | None = None


@dataclass(frozen=True)
class EntryFilter:
    """Which entries a list shows; None: all."""

    level: Level | None = None
    strand: Strand | None = None
    state: EntryState | None = None


def require_transition(before: EntryState, after: EntryState) -> None:
    """Raise Conflict when an entry in `before` cannot become `after`: somebody else acted first."""
    if after not in TRANSITIONS.get(before, frozenset()):
        raise Conflict(
            f"This entry is now {before.value.replace('_', ' ')}. It cannot become"
            f" {after.value.replace('_', ' ')}.",
            code="entry_state",
        )


def require_pause(pause: Pause, today: date) -> None:
    """A pause ends on a later day, within a year."""
    if pause.until <= today:
        raise RuleBroken("Choose a day after today.", code="pause_until", field="until")
    if (pause.until - today).days > LONGEST_PAUSE_DAYS:
        raise RuleBroken("Choose a day within the next 12 months.", code="pause_until", field="until")


def channels_for(*, text: bool, email: bool, call: bool) -> tuple[Channel, ...]:
    """The channels open to a learner, in the order they are tried; always at least a call by a person."""
    open_ones = [channel for channel, may in ((Channel.TEXT, text), (Channel.EMAIL, email)) if may]
    return (*open_ones, Channel.CALL) if call or not open_ones else tuple(open_ones)


def next_channel(tried: tuple[Channel, ...], open_ones: tuple[Channel, ...]) -> Channel:
    """The first channel not tried yet. When all were tried, a person calls or finds another way."""
    return next((channel for channel in open_ones if channel not in tried), Channel.CALL)


def may_lapse(tried: tuple[Channel, ...], hold_reason: str | None) -> bool:
    """Two channels were tried without a reply, none of them waits for a person's call, and nothing holds the
    entry. A STOP holds it: silence after a STOP is no answer."""
    return len(tried) >= 2 and tried[-1] is not Channel.CALL and hold_reason is None
