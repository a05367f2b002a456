"""The clocks that the law sets. Days are London dates.

Access, correction, erasure, restriction, objection: one month from the request, or from the day we could be sure
who asks; two months more where it is complex or one of many, told within the first month; stopped while we wait for
the answer to a question we need (Art 12 and 12A UK GDPR; Data (Use and Access) Act 2025, ss. 76 and 78).
Complaint: acknowledged within 30 days, answered without undue delay (s. 103, Data Protection Act 2018 s. 164A, in
force 19 June 2026). Breach: 72 hours from knowing of it to the ICO (Art 33).
"""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hub.core.working_days import add_working_days

MONTHS_TO_ANSWER = 1
MONTHS_MORE = 2
ACKNOWLEDGE_WITHIN = timedelta(days=30)
REPORT_WITHIN = timedelta(hours=72)
SOON = timedelta(days=7)


def months_after(day: date, months: int) -> date:
    """The same day of a month so much later (or earlier), or its last day where there is no such day."""
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class AnswerClock:
    """What moves the day by which a request must be answered.

    `paused_days`: whole days that the clock has stood still; `paused_on`: it stands still since that day.
    """

    received_on: date
    identified_on: date | None = None
    extended: bool = False
    paused_days: int = 0
    paused_on: date | None = None

    @property
    def starts_on(self) -> date:
        """The later of asking and being known; until then, counted from the asking, to be safe."""
        return max(self.received_on, self.identified_on or self.received_on)

    def due_on(self, today: date, holidays: Collection[date]) -> date:
        """The last day to answer; on a weekend or bank holiday, the next working day."""
        last = months_after(self.starts_on, MONTHS_TO_ANSWER + (MONTHS_MORE if self.extended else 0))
        standing = (today - self.paused_on).days if self.paused_on else 0
        return add_working_days(last + timedelta(days=self.paused_days + standing), 0, holidays)

    def last_day_to_extend(self, holidays: Collection[date]) -> date:
        """Whoever asks must hear of a longer time within the first month."""
        first = months_after(self.starts_on, MONTHS_TO_ANSWER) + timedelta(days=self.paused_days)
        return add_working_days(first, 0, holidays)


def acknowledge_by(received_on: date) -> date:
    return received_on + ACKNOWLEDGE_WITHIN


def report_by(aware_at: datetime) -> datetime:
    return aware_at + REPORT_WITHIN


def urgency(due_on: date, today: date) -> tuple[str, str]:
    """Words and tag colour for the time that is left."""
    left = (due_on - today).days
    if left < 0:
        return f"{-left} day{'s' if left != -1 else ''} late", "red"
    if left == 0:
        return "Due today", "orange"
    colour = "yellow" if timedelta(days=left) <= SOON else "green"
    return f"{left} day{'s' if left != 1 else ''} left", colour


def countdown(by: datetime, now: datetime) -> tuple[str, str]:
    """Words and tag colour for hours left of 72."""
    hours = (by - now).total_seconds() / 3600
    if hours < 0:
        return f"{int(-hours)} hours late", "red"
    return f"{int(hours)} hours left", "orange" if hours < 24 else "yellow"
