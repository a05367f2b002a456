"""Assessor's slots and appointments: modes, states, the one transition table, cutting a day into slots."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from hub.core.clock import LONDON
from hub.core.errors import Conflict, RuleBroken


class Mode(StrEnum):
    """How the learner and the assessor meet."""

    VENUE = "venue"
    PHONE = "phone"
    ONLINE = "online"
    OUTREACH = "outreach"

    @property
    def label(self) -> str:
        return {
            "venue": "Face to face",
            "phone": "By phone",
            "online": "Online",
            "outreach": "Outreach session",
        }[self.value]

    @property
    def needs_place(self) -> bool:
        return self in (Mode.VENUE, Mode.OUTREACH)


class AppointmentState(StrEnum):
    """`proposed` waits for a time; the last four are ends."""

    PROPOSED = "proposed"
    BOOKED = "booked"
    ATTENDED = "attended"
    ATTENDED_LATE = "attended_late"
    NOT_ATTENDED = "not_attended"
    CANCELLED_BY_LEARNER = "cancelled_by_learner"
    CANCELLED_BY_HUB = "cancelled_by_hub"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]


_STATE_LABELS: Mapping[AppointmentState, str] = {
    AppointmentState.PROPOSED: "Needs a time",
    AppointmentState.BOOKED: "Booked",
    AppointmentState.ATTENDED: "Came",
    AppointmentState.ATTENDED_LATE: "Came late",
    AppointmentState.NOT_ATTENDED: "Did not come",
    AppointmentState.CANCELLED_BY_LEARNER: "Cancelled by the learner",
    AppointmentState.CANCELLED_BY_HUB: "Cancelled by the hub",
}

_S = AppointmentState
OPEN_STATES = frozenset({_S.PROPOSED, _S.BOOKED})
CAME_STATES = frozenset({_S.ATTENDED, _S.ATTENDED_LATE})
HOLDS_SLOT = frozenset({_S.PROPOSED, _S.BOOKED, _S.ATTENDED, _S.ATTENDED_LATE})
TRANSITIONS: Mapping[AppointmentState, frozenset[AppointmentState]] = {
    _S.PROPOSED: frozenset({_S.BOOKED, _S.CANCELLED_BY_LEARNER, _S.CANCELLED_BY_HUB}),
    _S.BOOKED: frozenset(
        {_S.ATTENDED, _S.ATTENDED_LATE, _S.NOT_ATTENDED, _S.CANCELLED_BY_LEARNER, _S.CANCELLED_BY_HUB}
    ),
}


class AskedBy(StrEnum):
    """Who asked for another time, or for no appointment at all."""

    LEARNER = "learner"
    REFERRER = "referrer"
    HUB = "hub"

    @property
    def label(self) -> str:
        return {"learner": "The learner", "referrer": "The referrer", "hub": "The hub"}[self.value]


class MoveReason(StrEnum):
    """Why an appointment was moved or cancelled."""

    TIME = "time"
    LOCATION = "location"
    CHILDCARE = "childcare"
    HEALTH = "health"
    WORK_OR_CARING = "work_or_caring"
    ASSESSOR_AWAY = "assessor_away"
    NOT_ATTENDED = "not_attended"
    NO_LONGER_INTERESTED = "no_longer_interested"
    ENTERED_IN_ERROR = "entered_in_error"
    REFERRAL_CLOSED = "referral_closed"
    WALK_IN = "walk_in"
    PROCESSING_STOPPED = "processing_stopped"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _REASON_LABELS[self]


_REASON_LABELS: Mapping[MoveReason, str] = {
    MoveReason.TIME: "The time does not suit",
    MoveReason.LOCATION: "The place does not suit",
    MoveReason.CHILDCARE: "Childcare",
    MoveReason.HEALTH: "Health",
    MoveReason.WORK_OR_CARING: "Work or caring",
    MoveReason.ASSESSOR_AWAY: "The assessor cannot be there",
    MoveReason.NOT_ATTENDED: "The learner did not come",
    MoveReason.NO_LONGER_INTERESTED: "No longer interested",
    MoveReason.ENTERED_IN_ERROR: "Entered in error",
    MoveReason.REFERRAL_CLOSED: "The referral was closed",
    MoveReason.WALK_IN: "Assessed without this appointment",
    MoveReason.PROCESSING_STOPPED: "The learner has had the use of their data stopped",
    MoveReason.OTHER: "Another reason",
}
_GIVEN_BY_THE_PROGRAM = (
    MoveReason.NOT_ATTENDED, MoveReason.REFERRAL_CLOSED, MoveReason.WALK_IN, MoveReason.PROCESSING_STOPPED,
)  # fmt: skip
CHOOSABLE_REASONS = tuple(one for one in MoveReason if one not in _GIVEN_BY_THE_PROGRAM)


@dataclass(frozen=True)
class CaseToAssess:
    """A case (a referral) whose learner needs an initial assessment, with the source record it came with."""

    case_id: UUID
    learner_id: UUID
    source_record_id: UUID
    subject_id: UUID


@dataclass(frozen=True)
class NewBooking:
    """Book `slot_id` for the learner of a case."""

    case_id: UUID
    learner_id: UUID
    slot_id: UUID


@dataclass(frozen=True)
class Move:
    """Another slot for a booked appointment, with who asked and why."""

    slot_id: UUID
    asked_by: AskedBy
    reason: MoveReason


@dataclass(frozen=True)
class Cancellation:
    """No appointment after all."""

    asked_by: AskedBy
    reason: MoveReason

    @property
    def state(self) -> AppointmentState:
        """A referrer cancels for the learner."""
        by_hub = self.asked_by is AskedBy.HUB
        return AppointmentState.CANCELLED_BY_HUB if by_hub else AppointmentState.CANCELLED_BY_LEARNER


@dataclass(frozen=True)
class SlotRun:
    """A stretch of one day to cut into slots. Times are London wall-clock; lengths in minutes."""

    assessor_id: UUID
    day: date
    start: time
    end: time
    minutes: int = 30
    gap: int = 0
    mode: Mode = Mode.VENUE
    place: str = ""

    def faults(self, today: date) -> dict[str, str]:
        """What is wrong, by field; empty when the run can be cut."""
        found = {}
        if self.day < today:
            found["day"] = "Choose today or a later day."
        elif self.day > today + timedelta(days=366):
            found["day"] = "Choose a day within the next 12 months."
        if not 10 <= self.minutes <= 180:
            found["minutes"] = "An appointment takes between 10 and 180 minutes."
        if not 0 <= self.gap <= 60:
            found["gap"] = "A break between appointments is between 0 and 60 minutes."
        if self.end <= self.start:
            found["end"] = "The end must be later than the start."
        elif not found and not self.cut():
            found["end"] = f"There is no room for one appointment of {self.minutes} minutes."
        if self.mode.needs_place and not self.place.strip():
            found["place"] = "Say where the learner should come."
        return found

    def cut(self) -> tuple[tuple[datetime, datetime], ...]:
        """The slots as (start, end) in UTC: whole ones only, `gap` minutes apart."""
        begins, until = self._at(self.start), self._at(self.end)
        length, step = timedelta(minutes=self.minutes), timedelta(minutes=self.minutes + self.gap)
        slots = []
        while begins + length <= until:
            slots.append((begins, begins + length))
            begins += step
        return tuple(slots)

    def _at(self, moment: time) -> datetime:
        return datetime.combine(self.day, moment, LONDON).astimezone(UTC)


def require_runnable(run: SlotRun, today: date) -> None:
    """Raise RuleBroken with a message per field when the run cannot be cut into slots."""
    if faults := run.faults(today):
        raise RuleBroken.many(faults)


def require_transition(before: AppointmentState, after: AppointmentState) -> None:
    """Raise Conflict when an appointment in `before` cannot become `after` (two people acted at once)."""
    if after not in TRANSITIONS.get(before, frozenset()):
        raise Conflict(
            f"This appointment is now: {before.label}. It cannot become: {after.label}.",
            code="appointment_state",
        )


def limit_reached(missed: int, limit: int) -> bool:
    """Has a learner missed so many appointments that a person must decide? A limit of 0 switches this off."""
    return 0 < limit <= missed
