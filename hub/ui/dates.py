"""Dates typed as day, month and year, and what may be wrong with them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from hub.ui.wordings import sentence, the

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class DateParts(NamedTuple):
    """The three boxes of a date as a person filled them; any of them may be empty."""

    day: str
    month: str
    year: str

    @property
    def is_empty(self) -> bool:
        return not any(part.strip() for part in self)


class DateFault(ValueError):
    """Not a date; the words are for the person who typed it."""


def date_of(parts: DateParts, label: str) -> date:
    """The date in the three boxes; a month may be a number or an English name.

    Raises DateFault naming what is missing or wrong.
    """
    _require_all(parts, label)
    year_text = parts.year.strip()
    if len(year_text) != 4 or not year_text.isdecimal():
        raise DateFault(f"{sentence(label)}: the year must have 4 numbers, like 1990")
    try:
        return date(int(year_text), _month(parts.month.strip()), _number(parts.day.strip()))
    except (ValueError, OverflowError):
        raise _not_real(label) from None


def date_of_text(text: str, label: str) -> date:
    """The date of `2027-01-12`, as the JSON API sends it. Raises DateFault."""
    tidy = text.strip()
    try:
        if len(tidy) == 10 and tidy[4] == tidy[7] == "-":
            return date.fromisoformat(tidy)
    except ValueError:
        pass
    raise _not_real(label)


def _not_real(label: str) -> DateFault:
    return DateFault(f"{sentence(label)} must be a real date, like 27 3 1990")


def _require_all(parts: DateParts, label: str) -> None:
    missing = [word for word, part in zip(("day", "month", "year"), parts, strict=True) if not part.strip()]
    if len(missing) == 3:
        raise DateFault(f"Enter {the(label)}")
    if missing:
        raise DateFault(f"{sentence(label)} must include a {' and a '.join(missing)}")


def _month(text: str) -> int:
    """The number of a month given as `3`, `03`, `Mar` or `March`; ValueError when it is none."""
    return _MONTHS.index(text[:3].lower()) + 1 if text.isalpha() else _number(text)


def _number(text: str) -> int:
    """One or two digits, of any script, as a number; 0, which no day or month is, for anything else."""
    return int(text) if text.isdecimal() and len(text) <= 2 else 0
