"""Periods that can be reported on: whole months and service years only.

No free choice of dates: two reports that differ by one day would tell of the one person of that day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_YEAR_STARTS = 8
_MONTHS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` up to, not including, `end`. `code` is how an address names it."""

    code: str
    label: str
    first: date
    end: date

    @property
    def last(self) -> date:
        return date.fromordinal(self.end.toordinal() - 1)


def periods(today: date) -> list[Period]:
    """This service year (from 1 August) and the last, the last three months, then the last twelve by name."""
    month = today.replace(day=1)
    start = date(today.year - (today.month < _YEAR_STARTS), _YEAR_STARTS, 1)
    after = _months_later(month, 1)
    return [
        Period("this-year", f"This year, since 1 August {start.year}", start, after),
        Period("last-year", f"Last year, to 31 July {start.year}", _months_later(start, -12), start),
        Period("three-months", "The last three months", _months_later(month, -2), after),
        *_named_months(month),
    ]


def period_of(code: str, today: date) -> Period:
    """The period of this code; this year for any other."""
    known = periods(today)
    return next((one for one in known if one.code == code), known[0])


def _named_months(month: date) -> Iterator[Period]:
    for ago in range(_MONTHS_SHOWN):
        first = _months_later(month, -ago)
        yield Period(f"{first:%Y-%m}", f"{first:%B %Y}", first, _months_later(first, 1))


def _months_later(first: date, count: int) -> date:
    months = first.year * 12 + first.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)
