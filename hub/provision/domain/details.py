"""All that a provider says about a class, and what is impossible about it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from hub.core.levels import Level
from hub.core.slots import DAY_NAMES, DAYS, slots_of
from hub.core.wording import clock_time
from hub.provision.domain.kinds import Strand

MOST_PLACES = 500
MOST_FEE = 500_000
LONGEST_COURSE = timedelta(days=3 * 366)
NO_DAY = "Enter at least one day with a start and an end time"
NO_PLACE = "Select the venue, or say that the class is online"
NO_FUNDING = "Select who can pay for a place"
SKILLS = ("speaking", "listening", "reading", "writing")
_AREA = re.compile(r"E0[0-9]{7}")
_URL = re.compile(r"https?://[^\s/?#\"<>]+\.[^\s\"<>]+")


@dataclass(frozen=True, slots=True, order=True)
class Meeting:
    """One time in the week: weekday 0 is Monday."""

    weekday: int
    starts_at: time
    ends_at: time

    @property
    def slots(self) -> frozenset[str]:
        return slots_of(DAYS[self.weekday], self.starts_at, self.ends_at)


def first_meeting(meetings: Collection[Meeting], start: date, latest: date) -> date:
    """The first day from `start` on that the class meets; `start` where it has no days, `latest` at the latest.

    A term may begin on a Monday and its Tuesday class a day later: nobody is to come on the Monday.
    """
    weekdays = {one.weekday for one in meetings}
    days = (start + timedelta(days=number) for number in range(7))
    return min(next((day for day in days if day.weekday() in weekdays), start), latest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassDetails:
    """A class as its provider describes it. Fee in pence for the whole course; 0 is free.

    `skill_bands` limits a skill to levels; `reserves` keeps places as in the matching snapshot's format.
    """

    title: str
    strand: Strand
    levels: tuple[Level, ...]
    meetings: tuple[Meeting, ...]
    start_on: date
    end_on: date
    capacity: int
    venue_id: UUID | None = None
    online: bool = False
    rw_support: bool = False
    skill_bands: Mapping[str, Sequence[str]] = field(default_factory=dict)
    childcare: bool = False
    women_only: bool = False
    adults_only: bool = True
    step_free: bool = False
    funding: tuple[str, ...] = ()
    fee_pence: int = 0
    has_exam: bool = False
    roll_on: bool = False
    textbook_notes: str = ""
    notes: str = ""
    enrol_url: str | None = None
    contract_areas: tuple[str, ...] = ()
    reserves: tuple[Mapping[str, Any], ...] = ()


def slots_of_meetings(meetings: Collection[Meeting]) -> frozenset[str]:
    return frozenset().union(*(meeting.slots for meeting in meetings))


def meetings_in_words(meetings: Collection[Meeting]) -> str:
    """`Monday and Wednesday, 10am to midday; Friday, 1pm to 3pm`."""
    by_time: dict[tuple[time, time], list[str]] = {}
    for one in sorted(meetings):
        by_time.setdefault((one.starts_at, one.ends_at), []).append(DAY_NAMES[one.weekday])
    groups = (f"{_listed(d)}, {clock_time(a)} to {clock_time(b)}" for (a, b), d in by_time.items())
    return "; ".join(groups)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def details_faults(details: ClassDetails, known_pots: Collection[str], today: date) -> dict[str, str]:
    """What is impossible about a class, by field, in words; empty when nothing is."""
    faults = _teaching_faults(details) | _time_faults(details, today) | _money_faults(details, known_pots)
    if not 1 <= details.capacity <= MOST_PLACES:
        faults["capacity"] = f"The number of places must be between 1 and {MOST_PLACES}"
    if details.venue_id is None and not details.online:
        faults["venue_id"] = NO_PLACE
    faults.update(_fairness_faults(details))
    return faults


def _teaching_faults(details: ClassDetails) -> dict[str, str]:
    faults = {}
    if not details.title.strip():
        faults["title"] = "Enter the name of the class"
    if not details.levels:
        faults["levels"] = "Select the level or levels of the class"
    for skill, levels in details.skill_bands.items():
        if skill not in SKILLS or not levels or set(levels) - set(Level):
            faults["skill_bands"] = "Each of speaking, listening, reading and writing takes a list of levels"
    return faults


def _time_faults(details: ClassDetails, today: date) -> dict[str, str]:
    faults = {}
    if not details.meetings:
        faults["meetings"] = NO_DAY
    elif len({one.weekday for one in details.meetings}) < len(details.meetings):
        faults["meetings"] = "Enter one time for each day"
    elif any(one.ends_at <= one.starts_at for one in details.meetings):
        faults["meetings"] = "The end time must be later than the start time"
    if details.end_on < details.start_on:
        faults["end_on"] = "The last day must not be before the first day"
    elif details.end_on - details.start_on > LONGEST_COURSE:
        faults["end_on"] = "The last day must be within three years of the first day"
    elif details.end_on < today:
        faults["end_on"] = "The last day must not be in the past"
    return faults


def _money_faults(details: ClassDetails, known_pots: Collection[str]) -> dict[str, str]:
    faults = {}
    if not details.funding:
        faults["funding"] = NO_FUNDING
    elif unknown := sorted(set(details.funding) - set(known_pots)):
        faults["funding"] = f"{unknown[0]} is not one of: {', '.join(sorted(known_pots))}"
    if not 0 <= details.fee_pence <= MOST_FEE:
        faults["fee"] = f"The fee must be between £0 and £{MOST_FEE // 100:,}"
    if details.enrol_url and not _URL.fullmatch(details.enrol_url):
        faults["enrol_url"] = "Enter the web address in full, like https://www.example.org/english"
    return faults


def _fairness_faults(details: ClassDetails) -> dict[str, str]:
    faults = {}
    if any(not _AREA.fullmatch(area) for area in details.contract_areas):
        faults["contract_areas"] = "Enter areas by their GSS codes, like E09000012"
    if not all(_is_reserve(one) for one in details.reserves):
        faults["reserves"] = "Each reserve has a count, and min_waiting_days or areas or both"
    elif sum(one["count"] for one in details.reserves) > details.capacity:
        faults["reserves"] = "The reserves together must not be more than the places of the class"
    return faults


def _is_reserve(one: Mapping[str, Any]) -> bool:
    if not set(one) <= {"count", "min_waiting_days", "areas"} or len(one) < 2:
        return False
    days, areas = one.get("min_waiting_days", 0), one.get("areas", ["E09000012"])
    return (
        _is_count(one.get("count"))
        and _is_count(days)
        and isinstance(areas, list | tuple)
        and bool(areas)
        and all(isinstance(area, str) and _AREA.fullmatch(area) for area in areas)
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000
