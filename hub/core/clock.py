"""Time enters the program here and nowhere else, so that tests and simulations can set it."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class Clock(Protocol):
    """Tells the time: `now` in UTC, `today` as the date in London, which is what people live by."""

    def now(self) -> datetime: ...

    def today(self) -> date: ...


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return self.now().astimezone(LONDON).date()


class FixedClock:
    """A clock that stands still until it is moved: for tests and for the simulated year."""

    def __init__(self, at: datetime) -> None:
        self.move_to(at)

    def now(self) -> datetime:
        return self._at

    def today(self) -> date:
        return self._at.astimezone(LONDON).date()

    def move_to(self, at: datetime) -> None:
        """Set the time; refuses a time without a zone, which would be a guess."""
        if at.tzinfo is None:
            raise ValueError("A clock needs a time with a zone")
        self._at = at.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        self._at += by


def london_time(day: date, hour: int, minute: int = 0) -> datetime:
    """The UTC instant of a London wall-clock time on `day`."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON).astimezone(UTC)
