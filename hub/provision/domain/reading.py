"""Days, times, dates, money and yes or no as offices type them. Each refuses with what to write instead."""

import re
from datetime import date, time
from decimal import Decimal

from hub.core.postcode import sector, tidy_postcode
from hub.core.slots import DAY_NAMES

_AREA = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?: ([0-9]))?")
_BETWEEN_DAYS = re.compile(r"\s*(?:/|,|;|&|\+|\band\b|\s)\s*")
_RANGE = re.compile(r"\s*(?:-|\u2013|\bto\b)\s*")
_TIME = re.compile(r"(\d{1,2})(?:[:.]?(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?")
_UK_DATE = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})")
_MONEY = re.compile(r"£?\s*(\d{1,6}(?:,\d{3})?)(?:\.(\d{1,2}))?\s*(?:gbp)?")
_YES = {"yes", "y", "true", "1", "x", "✓"}
_NO = {"no", "n", "false", "0", "", "-", "none"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD_DATE = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s\-]+([a-z]{3,9})\.?[\s\-]+(\d{4})")


def read_days(text: str) -> tuple[int, ...]:
    """Weekdays (0 is Monday) of `Mon/Wed`, `Tue & Thu`, `Monday, Friday`, `Mon-Thu`; ValueError."""
    found: list[int] = []
    for part in _BETWEEN_DAYS.split(_RANGE.sub("-", text.strip().lower())):
        if not part:
            continue
        ends = [_day(end) for end in part.split("-")]
        if len(ends) > 2:
            raise ValueError("Write the days like Mon/Wed or Tue & Thu")
        days_long = (ends[-1] - ends[0]) % 7 + 1
        found += [(ends[0] + n) % 7 for n in range(days_long)]
    if not found:
        raise ValueError("Write the days like Mon/Wed or Tue & Thu")
    return tuple(sorted(set(found)))


def _day(word: str) -> int:
    """The weekday of `mon`, `Mon.`, `tues`, `weds`, `Thursdays`: two letters are enough."""
    typed = word.strip(". ")
    for number, name in enumerate(DAY_NAMES):
        for start in (typed, typed.removesuffix("s")):
            if len(start) >= 2 and name.lower().startswith(start):
                return number
    raise ValueError("Write the days like Mon/Wed or Tue & Thu")


def read_time(text: str) -> time:
    """`10:00`, `10.30`, `1000`, `10am`, `6:30 pm`, `midday`; ValueError.

    A number alone is an hour of the day: `10` is ten in the morning, `18` six in the evening.
    """
    tidy = text.strip().lower()
    if tidy in {"midday", "noon"}:
        return time(12)
    match = _TIME.fullmatch(tidy.removesuffix("hrs").strip())
    if match is None:
        raise ValueError("Write the time like 10:00 or 10am")
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").replace(".", "")
    if half and not 1 <= hour <= 12:
        raise ValueError("Write the time like 10:00 or 10am")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        raise ValueError("Write the time like 10:00 or 10am") from None


def read_date(text: str) -> date:
    """`2027-01-25`, `25/01/2027`, `25.1.27`, `25 January 2027`; day before month. ValueError."""
    tidy = text.strip().lower().removesuffix(" 00:00:00")
    try:
        if len(tidy) == 10 and tidy[4] == "-":
            return _sensible(date.fromisoformat(tidy))
        if match := _UK_DATE.fullmatch(tidy):
            year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
            return _sensible(date(year, int(match[2]), int(match[1])))
        if match := _WORD_DATE.fullmatch(tidy):
            return _sensible(date(int(match[3]), _MONTHS.index(match[2][:3]) + 1, int(match[1])))
    except ValueError:
        pass
    raise ValueError("Write the date like 2027-01-25 or 25/01/2027")


def _sensible(day: date) -> date:
    if not 2000 <= day.year <= 2100:
        raise ValueError
    return day


def read_yes_no(text: str) -> bool:
    """`yes`, `Y`, `true`, `1`; `no`, `N`, `false`, `0` or nothing. ValueError."""
    tidy = text.strip().lower()
    if tidy in _YES:
        return True
    if tidy in _NO:
        return False
    raise ValueError("Write yes or no")


def read_pence(text: str) -> int:
    """`£20`, `20.50`, `1,200`, `free` or nothing, in pence. ValueError."""
    tidy = text.strip().lower()
    if tidy in {"", "free", "none", "nil", "no", "no fee", "-"}:
        return 0
    match = _MONEY.fullmatch(tidy)
    if match is None:
        raise ValueError("Write the fee in pounds, like 20 or 20.50, or free")
    pounds = Decimal(match[1].replace(",", "") + "." + (match[2] or "0"))
    return int(pounds * 100)


def read_count(text: str) -> int:
    """A whole number, also as spreadsheets write it (`12.0`). ValueError."""
    tidy = text.strip().removesuffix(".0").replace(",", "")
    if not tidy.isascii() or not tidy.isdigit() or len(tidy) > 6:
        raise ValueError("Write a whole number, like 12")
    return int(tidy)


def read_area(text: str) -> str:
    """The part of a postcode that names an area and not a home: `E8 1` of `E8 1AA`, `E8` of `e8`. ValueError."""
    tidy = " ".join(text.upper().split())
    if _AREA.fullmatch(tidy):
        return tidy
    return sector(tidy_postcode(text))
