"""Dates, times and counts as people say them."""

from datetime import date, datetime, time

from hub.core.clock import LONDON

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def long_date(day: date) -> str:
    """`Tuesday 12 January 2027`."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """`12 Jan 2027`."""
    return f"{day.day} {_MONTHS[day.month - 1][:3]} {day.year}"


def day_and_date(day: date) -> str:
    """`Tuesday 12 January`."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def clock_time(at: time | datetime) -> str:
    """`10am`, `10:30am`, `midday`; a datetime is told in London time."""
    moment = at.astimezone(LONDON).time() if isinstance(at, datetime) else at
    if (moment.hour, moment.minute) == (12, 0):
        return "midday"
    hour, half = moment.hour % 12 or 12, "am" if moment.hour < 12 else "pm"
    return f"{hour}:{moment.minute:02d}{half}" if moment.minute else f"{hour}{half}"


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`1 week`, `5 weeks`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def waited(since: date, today: date) -> str:
    """`5 weeks`, or days below two weeks."""
    days = max((today - since).days, 0)
    return count_of(days, "day") if days < 14 else count_of(days // 7, "week")
