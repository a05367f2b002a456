"""Counting people without pointing at anybody: numbers under five are not shown.

Where only one number of a group is hidden, anybody could work it out from the total: then the next smallest is
hidden too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

SMALL = 5
_FEW, _HIDDEN = "under 5", "not shown"


@dataclass(frozen=True, slots=True)
class Count:
    """How many of a kind; `number` is None where it is not shown."""

    label: str
    number: int | None
    words: str

    @property
    def drawn(self) -> int:
        """The length of the bar."""
        return self.number or 0


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A total and its parts."""

    code: str
    title: str
    unit: str
    total: Count
    counts: tuple[Count, ...]

    @property
    def is_empty(self) -> bool:
        return self.total.number == 0


@dataclass(frozen=True, slots=True)
class Median:
    """The middle of many numbers of days; None with fewer than five of them."""

    days: int | None
    of: Count

    @property
    def words(self) -> str:
        if self.days is None:
            return "Not known yet"
        return f"{self.days} day" if self.days == 1 else f"{self.days} days"


def shown(label: str, number: int) -> Count:
    """The number, or that it is under five. Nobody is nobody: 0 is shown."""
    is_small = 0 < number < SMALL
    return Count(label, None if is_small else number, _FEW if is_small else str(number))


def suppressed(numbers: Sequence[tuple[str, int]]) -> tuple[Count, ...]:
    """The numbers of a group whose total is told."""
    counts = [shown(label, number) for label, number in numbers]
    hidden = [place for place, one in enumerate(counts) if one.number is None]
    others = [place for place, one in enumerate(counts) if one.number]
    if len(hidden) == 1 and others:
        smallest = min(others, key=lambda place: numbers[place][1])
        counts[smallest] = Count(numbers[smallest][0], None, _HIDDEN)
    return tuple(counts)


def breakdown(code: str, title: str, unit: str, numbers: Mapping[str, int]) -> Breakdown:
    """A total with its parts as they may be shown, in the order given."""
    total = shown(title, sum(numbers.values()))
    return Breakdown(code, title, unit, total, suppressed(list(numbers.items())))


def median_of(days: Iterable[int]) -> Median:
    """The median of whole days, rounded half up."""
    known = list(days)
    middle = int(median(known) + 0.5) if len(known) >= SMALL else None
    return Median(middle, shown("of", len(known)))
