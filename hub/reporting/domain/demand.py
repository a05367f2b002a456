"""Who waits for what, where and when: enough for a class?"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hub.core.levels import Level
from hub.reporting.domain.counting import SMALL

ENOUGH_FOR_A_CLASS = 12
"""Waiting learners who could fill a new class. Source: ESOL classes in London start with 10 to 15."""


class PartOfWeek(StrEnum):
    """The times a class could be held; a learner who can come in several counts in each."""

    MORNINGS = "mornings"
    AFTERNOONS = "afternoons"
    EVENINGS = "evenings"
    WEEKENDS = "weekends"

    @property
    def label(self) -> str:
        return f"Weekday {self.value}" if self is not PartOfWeek.WEEKENDS else "Weekends"


_PARTS = {"am": PartOfWeek.MORNINGS, "pm": PartOfWeek.AFTERNOONS, "eve": PartOfWeek.EVENINGS}


@dataclass(frozen=True, slots=True)
class Wish:
    """A learner who waits: at which level, where they live (`E8`), when they can come."""

    learner_id: UUID
    level: Level
    area: str
    slots: frozenset[str]


@dataclass(frozen=True, slots=True)
class Opening:
    """Free places of a class that can still be joined."""

    levels: Collection[Level]
    area: str
    slots: Collection[str]
    free: int


@dataclass(frozen=True, slots=True)
class Demand:
    """People who wait for the same thing in the same place, and free places there that fit them."""

    level: Level
    part: PartOfWeek
    area: str
    people: int
    free: int

    @property
    def short_of(self) -> int:
        """How many of them have no place near home even if all free places there go to them."""
        return max(self.people - self.free, 0)

    @property
    def fills_a_class(self) -> bool:
        return self.short_of >= ENOUGH_FOR_A_CLASS


def unmet_demand(wishes: Iterable[Wish], openings: Iterable[Opening]) -> list[Demand]:
    """The groups of five people and more, those with most people without a place first.

    A learner who was not asked for times can come at any; one who waits for two kinds of class counts once.
    """
    people: dict[tuple[Level, PartOfWeek, str], set[UUID]] = defaultdict(set)
    for wish in wishes:
        for part in parts_of(wish.slots) or PartOfWeek:
            people[wish.level, part, wish.area].add(wish.learner_id)
    free: dict[tuple[Level, PartOfWeek, str], int] = defaultdict(int)
    for opening in openings:
        for key in _keys(opening):
            free[key] += opening.free
    found = [Demand(*key, len(group), free[key]) for key, group in people.items() if len(group) >= SMALL]
    return sorted(found, key=lambda one: (-one.short_of, -one.people, one.level.rank, one.area, one.part))


def parts_of(slots: Iterable[str]) -> frozenset[PartOfWeek]:
    """The parts of the week that these times lie in."""
    return frozenset(
        PartOfWeek.WEEKENDS if slot.startswith("s") else _PARTS[slot.partition("-")[2]] for slot in slots
    )


def _keys(opening: Opening) -> Iterator[tuple[Level, PartOfWeek, str]]:
    return ((level, part, opening.area) for level in opening.levels for part in parts_of(opening.slots))
