"""The year's classes: terms, times, levels and places in the ratio of capacity to demand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random
from typing import Any

from hub.core.levels import Level
from hub.demo.borough import Borough, ProviderTeam
from hub.demo.parameters import Parameters, one_of
from hub.provision.domain import ClassDetails, Meeting, Strand

NOTICE_DAYS = (24, 66)
"""How long before its first day a provider publishes a class: three to nine weeks."""

SMALL_BOROUGH, FEWEST_PLACES = 20, 3

_TIMES = {"am": ("09:30", "11:30"), "pm": ("13:00", "15:00"), "eve": ("18:00", "20:00")}
_DAY_PAIRS = ((0, 2), (1, 3), (0, 3), (1, 4), (2, 4))


@dataclass(frozen=True, slots=True)
class PlannedClass:
    """A class and the day on which its provider publishes it."""

    team: ProviderTeam
    details: ClassDetails
    publish_on: date
    shown: str


@dataclass(frozen=True, slots=True)
class Term:
    """A stretch of the school year; `share` of the year's classes start in it."""

    starts: date
    latest_start: date
    ends: date
    share: float


def terms(first: date, last: date) -> list[Term]:
    """The terms and half terms whose classes start between two days."""
    found = []
    for year in range(first.year - 1, last.year + 2):
        found += [
            Term(date(year, 9, 14), date(year, 10, 6), date(year, 12, 16), 0.30),
            Term(date(year, 11, 3), date(year, 11, 17), date(year + 1, 2, 10), 0.10),
            Term(date(year, 1, 6), date(year, 1, 27), date(year, 3, 29), 0.28),
            Term(date(year, 2, 24), date(year, 3, 9), date(year, 5, 22), 0.07),
            Term(date(year, 4, 20), date(year, 5, 8), date(year, 7, 10), 0.20),
            Term(date(year, 6, 2), date(year, 6, 12), date(year, 7, 24), 0.05),
        ]
    return [term for term in found if first <= term.latest_start and term.starts <= last]


def plan(
    rng: Random, parameters: Parameters, borough: Borough, learners: int, span: tuple[date, date]
) -> list[PlannedClass]:
    """The classes that start within the span, by the day they are published."""
    planned: list[PlannedClass] = []
    owed = dict.fromkeys(parameters.mix["level"], 0.0)
    shares = [0.0] * len(borough.providers)
    for term in terms(*span):
        for level, size in _sizes(rng, parameters, learners, (term.share, owed)):
            planned.append(_class(rng, _next_team(borough, shares), term, level, size))
    return sorted(planned, key=lambda one: (one.publish_on, one.details.start_on, one.details.title))


def _sizes(
    rng: Random, parameters: Parameters, learners: int, about: tuple[float, dict[str, float]]
) -> Iterator[tuple[Level, int]]:
    """(level, places) of each class of a term: as many places as the ratio of capacity to demand gives.

    At least 60 classes a year for 1,000 learners, in the published sizes; a small borough has at least 20, of
    fewer places. What makes no whole class is `owed` to the next term.
    """
    share, owed = about
    smallest, largest = parameters.scale["class_size"]
    wanted = {level: parameters.places(level, learners) for level in owed}
    fewest = max(parameters.scale["fewest_classes"] * learners / parameters.scale["learners"], SMALL_BOROUGH)
    for level, places in wanted.items():
        classes = max(places / ((smallest + largest) / 2), fewest * places / sum(wanted.values()))
        size = min(largest, round(places / classes))
        owed[level] += classes * share
        for _ in range(int(owed[level])):
            least = smallest if learners >= parameters.scale["learners"] else FEWEST_PLACES
            yield Level(level), max(least, min(largest, size + rng.randrange(-1, 2)))
        owed[level] %= 1


def _next_team(borough: Borough, shares: list[float]) -> ProviderTeam:
    """The provider that is furthest behind its share of all classes."""
    for number, team in enumerate(borough.providers):
        shares[number] += team.data["share"] / 100
    behind = max(range(len(shares)), key=lambda number: shares[number])
    shares[behind] -= 1
    return borough.providers[behind]


def _class(rng: Random, team: ProviderTeam, term: Term, level: Level, size: int) -> PlannedClass:
    start = _weekday(term.starts + timedelta(days=rng.randrange((term.latest_start - term.starts).days + 1)))
    part = one_of(rng, team.data["times"])
    meetings = _meetings(rng, part, start)
    start = _first_meeting(start, meetings)
    details = _details(rng, team, level, size, (start, term.ends), meetings)
    publish_on = start - timedelta(days=rng.randrange(*NOTICE_DAYS))
    return PlannedClass(team, details, publish_on, part)


def _weekday(day: date) -> date:
    return day if day.weekday() < 5 else day + timedelta(days=7 - day.weekday())


def _first_meeting(day: date, meetings: Sequence[Meeting]) -> date:
    weekdays = {meeting.weekday for meeting in meetings}
    return next(day + timedelta(days=n) for n in range(7) if (day + timedelta(days=n)).weekday() in weekdays)


def _meetings(rng: Random, part: str, start: date) -> tuple[Meeting, ...]:
    if part == "sat":
        return (Meeting(5, time(10), time(13)),)
    begins, ends = (time.fromisoformat(one) for one in _TIMES[part])
    return tuple(
        Meeting(day, begins, ends) for day in one_of(rng, _DAY_PAIRS[:4] if part == "eve" else _DAY_PAIRS)
    )


def _details(  # noqa: PLR0913, PLR0917 - what a class is made of
    rng: Random,
    team: ProviderTeam,
    level: Level,
    size: int,
    dates: tuple[date, date],
    meetings: tuple[Meeting, ...],
) -> ClassDetails:
    data: Any = team.data
    online = bool(data.get("online"))
    strand = Strand.LITERACY if level in {Level.PRE, Level.E1} and rng.random() < 0.18 else Strand.GENERAL
    levels: tuple[Level, ...] = (level,)
    if level is Level.L1 or (level is Level.PRE and rng.random() < 0.3):
        levels = (level, Level.from_rank(level.rank + 1))
    venue_id, step_free = (None, False) if online else one_of(rng, team.venues)
    daytime = meetings[0].starts_at < time(17) and meetings[0].weekday < 5
    women = bool(data.get("women")) and rng.random() < 0.5
    return ClassDetails(
        title=_title(strand, levels, women),
        strand=strand,
        levels=levels,
        meetings=meetings,
        start_on=dates[0],
        end_on=dates[1],
        capacity=size,
        venue_id=venue_id,
        online=online,
        rw_support=strand is Strand.LITERACY or rng.random() < 0.3,
        childcare=bool(data.get("creche")) and daytime and rng.random() < 0.6,
        women_only=women,
        step_free=step_free,
        funding=tuple(data["funding"]),
        fee_pence=int(data.get("fee", 0)),
        has_exam=bool(data.get("exam")) and level.rank >= Level.E1.rank,
        roll_on=rng.random() < 0.2,
    )


def _title(strand: Strand, levels: Sequence[Level], women: bool) -> str:
    names = [level.label.split(" (")[0] for level in levels]
    topic = "Reading and writing" if strand is Strand.LITERACY else "English"
    return f"{topic}, {' and '.join(names)}{' for women' if women else ''}"
