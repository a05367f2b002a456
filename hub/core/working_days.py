"""Clocks run in working days: Monday to Friday, without the bank holidays that the caller passes in."""

from collections.abc import Collection
from datetime import date, timedelta

_SATURDAY = 5


def is_working_day(day: date, holidays: Collection[date]) -> bool:
    return day.weekday() < _SATURDAY and day not in holidays


def add_working_days(day: date, count: int, holidays: Collection[date]) -> date:
    """The day `count` working days after `day`; with 0, `day` itself or the next working day."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day, holidays)
    while not is_working_day(day, holidays):
        day += timedelta(days=1)
    return day


def working_days_between(first: date, last: date, holidays: Collection[date]) -> int:
    """Working days after `first` up to and including `last`; 0 when `last` is not later."""
    days = (last - first).days
    return sum(is_working_day(first + timedelta(days=n), holidays) for n in range(1, days + 1))
