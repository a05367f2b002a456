"""A learner's place in a class: states, transitions, what commands carry. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hub.core.errors import Conflict, RuleBroken
from hub.core.levels import Level


class EnrolmentState(StrEnum):
    """Where an enrolment stands."""

    EXPECTED = "expected"
    STARTED = "started"
    NO_SHOW = "no_show"
    RETURNED_TO_LIST = "returned_to_list"
    COMPLETED = "completed"
    LEFT_EARLY = "left_early"
    TRANSFERRED = "transferred"


_S = EnrolmentState
TAKES_PLACE = frozenset({_S.EXPECTED, _S.STARTED, _S.NO_SHOW})
"""States in which the place in the class is taken."""

# Beside the machine of the product: who is expected may also leave before the first day, or go back to the
# list because the class was cancelled; who has started goes back to the list for the same reason.
TRANSITIONS: Mapping[EnrolmentState, frozenset[EnrolmentState]] = {
    _S.EXPECTED: frozenset({_S.STARTED, _S.NO_SHOW, _S.RETURNED_TO_LIST, _S.LEFT_EARLY}),
    _S.NO_SHOW: frozenset({_S.EXPECTED, _S.RETURNED_TO_LIST, _S.LEFT_EARLY}),
    _S.STARTED: frozenset({_S.COMPLETED, _S.LEFT_EARLY, _S.TRANSFERRED, _S.RETURNED_TO_LIST}),
}

MOST_HOURS_A_WEEK = 60


class SharingEnd(StrEnum):
    """Why a provider must be told that it may get no more of a learner's details (UK GDPR Article 19).

    `erased`: one that was still to be noted when the record was to be erased; the notice to delete has taken its
    place, so that a provider has one thing to do and not two.
    """

    WITHDRAWN = "withdrawn"
    LEFT = "left"
    ERASED = "erased"

    @property
    def words(self) -> str:
        """What the provider is told, and nothing more."""
        return _END_WORDS[self.value]


_END_WORDS = {
    "withdrawn": "The learner has ended the sharing of their details. You get no more from us.",
    "left": "The learner has left the service. You get no more from us.",
    "erased": "The learner's details are being erased here. What to do is in the notice to delete your copy.",
}


def require_transition(before: EnrolmentState, after: EnrolmentState) -> None:
    """Raise Conflict `enrolment_state` when `before` cannot become `after`."""
    if after not in TRANSITIONS.get(before, frozenset()):
        words = before.value.replace("_", " ")
        raise Conflict(f"This learner is now down as: {words}.", code="enrolment_state")


@dataclass(frozen=True, slots=True)
class Start:
    """The learner came for the first time on this day."""

    on: date


@dataclass(frozen=True, slots=True)
class Attendance:
    """Hours attended out of hours taught, in the week that `week_on` lies in."""

    week_on: date
    hours_attended: float
    hours_of: float


@dataclass(frozen=True, slots=True)
class Completion:
    """The course ended. `achieved`: the learner reached its aim; `wants_next`: and waits for the next level."""

    on: date
    achieved: bool = True
    wants_next: bool = False


@dataclass(frozen=True, slots=True)
class Leaving:
    """The learner left before the end, for a coded reason of theirs."""

    on: date
    reason: str
    note: str = ""


def attendance_faults(attendance: Attendance, first: date, today: date) -> dict[str, str]:
    """What is impossible about a week's hours, by field."""
    faults = {}
    if attendance.week_on > today:
        faults["week_on"] = "The week must not be in the future"
    elif attendance.week_on < first:
        faults["week_on"] = "The week must not be before the learner started"
    if not 0 < attendance.hours_of <= MOST_HOURS_A_WEEK:
        faults["hours_of"] = f"The hours taught must be more than 0 and at most {MOST_HOURS_A_WEEK}"
    if not 0 <= attendance.hours_attended <= attendance.hours_of:
        faults["hours_attended"] = "The hours attended must be between 0 and the hours taught"
    return faults


def require_day(day: date, today: date, field: str) -> None:
    """What happened must not lie in the future."""
    if day > today:
        raise RuleBroken("The day must be today or in the past.", code="day_in_future", field=field)


def next_level(level: Level) -> Level | None:
    """The level that a completed course leads to, without a new initial assessment; None after the last."""
    return Level.from_rank(level.rank + 1) if level.rank + 1 < len(Level) else None
