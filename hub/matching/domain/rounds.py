"""A matching round: what it is made from, its states and those of its lines, its settings. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from hub.core.errors import Conflict
from hub.core.slots import SLOTS


class RoundKind(StrEnum):
    """All open classes, or only those in which a place came free since."""

    WEEKLY = "weekly"
    REFILL = "refill"


class RoundState(StrEnum):
    """previewed -> released in whole or part -> closed | undone; a preview not released is closed or undone."""

    PREVIEWED = "previewed"
    RELEASED = "released"
    CLOSED = "closed"
    UNDONE = "undone"


class LineState(StrEnum):
    """One learner's line: proposed -> released | refused; unmatched lines stay what they are."""

    PROPOSED = "proposed"
    UNMATCHED = "unmatched"
    RELEASED = "released"
    REFUSED = "refused"
    UNDONE = "undone"


class Stale(StrEnum):
    """Why a line could not be released any more."""

    ENTRY_CHANGED = "entry_changed"
    ALREADY_OFFERED = "already_offered"
    NO_CONSENT = "no_consent"
    NO_AGREEMENT = "no_agreement"
    CLASS_CHANGED = "class_changed"
    CLASS_NOT_OPEN = "class_not_open"
    CLASS_FULL = "class_full"

    @property
    def words(self) -> str:
        return _STALE[self]


_STALE = {
    Stale.ENTRY_CHANGED: "The entry on the waiting list has changed since the preview",
    Stale.ALREADY_OFFERED: "The learner has another offer by now",
    Stale.NO_CONSENT: "The learner has not agreed to be matched",
    Stale.NO_AGREEMENT: "No sharing agreement with this provider is in force",
    Stale.CLASS_CHANGED: "The class has changed since the preview",
    Stale.CLASS_NOT_OPEN: "The class is not open any more",
    Stale.CLASS_FULL: "The class is full by now",
}


class LeftOut(StrEnum):
    """Why an open class took no part in a round."""

    NO_AGREEMENT = "no_agreement"
    NO_PLACE_KNOWN = "no_place_known"

    @property
    def words(self) -> str:
        return _LEFT_OUT[self]


_LEFT_OUT = {
    LeftOut.NO_AGREEMENT: "No sharing agreement between the hub and this provider is in force",
    LeftOut.NO_PLACE_KNOWN: "We do not know where the postcode of its venue is",
}

DEFAULT_TRAVEL_KM = 5.0
"""For a learner who was not asked how far they can travel."""

DEFAULT_LATEST_START = timedelta(days=365)
FIRST_PRESSURE = 1.0
"""Pressure of a class that was in no earlier round: as many learners as places."""

EVERY_SLOT = SLOTS
"""For a learner who was not asked when they can come."""

# Which kinds of class an entry of a strand may be matched to: a course in general English may be taught for
# work or for families; clubs and citizenship courses come beside a main course and have strands of their own.
STRANDS: Mapping[str, tuple[str, ...]] = {
    "general": ("general", "work", "family"),
    "literacy": ("literacy",),
    "work": ("work",),
    "family": ("family",),
    "citizenship": ("citizenship",),
    "conversation": ("conversation",),
}


@dataclass(frozen=True, slots=True)
class RoundPolicy:
    """The published settings of a round, in the snapshot's words."""

    version: str = "2026.1"
    preference_band_width: float = 0.5
    days_weight: float = 0.006
    waiting_bucket_days: int = 28

    def for_day(self, today: date) -> dict[str, Any]:
        """The `policy` of the snapshot."""
        return {
            "version": self.version,
            "today": today.isoformat(),
            "preference_band_width": self.preference_band_width,
            "days_weight": self.days_weight,
            "waiting_bucket_days": self.waiting_bucket_days,
        }


@dataclass(frozen=True, slots=True)
class NewRound:
    """A round to preview. `class_ids`: only these classes (a refill); None: every open class."""

    kind: RoundKind = RoundKind.WEEKLY
    class_ids: frozenset[UUID] | None = None
    policy: RoundPolicy = field(default_factory=RoundPolicy)


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was not released: whose, which class, why."""

    line_id: UUID
    learner_id: UUID
    class_id: UUID
    why: Stale


@dataclass(frozen=True, slots=True)
class Released:
    """What a release did."""

    round_id: UUID
    offer_ids: tuple[UUID, ...]
    refused: tuple[RefusedLine, ...]


def require_open(state: RoundState) -> None:
    """Raise Conflict `round_over` for a round that takes no more releases."""
    if state not in {RoundState.PREVIEWED, RoundState.RELEASED}:
        raise Conflict(f"This round is {state.value}. Preview a new one.", code="round_over")


def strand_words(strands: tuple[str, ...]) -> list[str]:
    """Strands as what a learner holds and a class requires."""
    return [f"strand:{one}" for one in strands]
