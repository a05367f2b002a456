"""Providers hand in the lists that they kept before there was a hub: people who wait already, some on two or three."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sqlalchemy import text

from hub.assessment.domain import Skill
from hub.core.levels import Level
from hub.core.working_days import is_working_day
from hub.demo.borough import ProviderTeam
from hub.demo.parameters import Parameters, pick
from hub.demo.people import SimPerson
from hub.demo.year.world import World, days
from hub.demo.year.writing import written_again
from hub.infra.calendars import holidays
from hub.infra.db import transaction
from hub.learners.domain import NewPerson
from hub.waitlist.exchange import import_waiting_list

_HANDED_IN_WITHIN = 10
"""Working days from the first in which all lists come."""
_LONGEST_WAIT = 600
_WANTS = ("", "", "Evening class", "Near home", "With a creche", "ESOL and maths")


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a list: the person as this provider wrote them down."""

    person: SimPerson
    written: NewPerson
    level: Level
    since: date
    wants: str


@dataclass(frozen=True, slots=True)
class OldList:
    """What one provider hands in."""

    team: ProviderTeam
    places: Sequence[Place]


def plan(
    rng: Random,
    parameters: Parameters,
    people: Sequence[SimPerson],
    teams: Sequence[ProviderTeam],
    first: date,
) -> dict[date, list[OldList]]:
    """Which list comes on which day. Everybody is on one list at least, and on no provider's twice."""
    by_team: dict[int, list[Place]] = defaultdict(list)
    weights = [float(team.data["share"]) for team in teams]
    for person in people:
        lists = int(pick(rng, parameters.mix["lists_waited_on"]))
        chosen = set(rng.choices(range(len(teams)), weights, k=lists))
        for place, number in enumerate(sorted(chosen)):
            by_team[number].append(_place(rng, parameters, person, first, again=place > 0))
    coming = [day for day in days(first, first + timedelta(days=30)) if is_working_day(day, holidays())]
    planned: dict[date, list[OldList]] = defaultdict(list)
    for number, places in sorted(by_team.items()):
        planned[coming[number % _HANDED_IN_WITHIN]].append(OldList(teams[number], places))
    return planned


def _place(rng: Random, parameters: Parameters, person: SimPerson, first: date, *, again: bool) -> Place:
    rank = person.skills[Skill.READING].rank
    if rng.random() < parameters.mix["level_misjudged"]:
        rank = max(0, rank - 1)
    return Place(
        person,
        written_again(rng, parameters, person.person) if again else person.person,
        Level.from_rank(rank),
        first - timedelta(days=rng.randrange(7, _LONGEST_WAIT)),
        _WANTS[rng.randrange(len(_WANTS))],
    )


def hand_in(world: World, lists: Sequence[OldList]) -> None:
    """A manager takes in each list as the file that the provider sent."""
    for number, one in enumerate(lists):
        form = _FORMS[(len(one.places) + number) % len(_FORMS)]
        manager = world.borough.manager
        report = import_waiting_list(_file(one, form), one.team.organisation_id, manager, world.clock)
        refused = {fault.line for fault in report.faults}
        world.refused.update({"list_row": len(refused)} if refused else {})
        taken = [place for line, place in enumerate(one.places, start=2) if line not in refused]
        with transaction(manager) as session:
            rows = session.execute(_LISTED, {"provider": one.team.organisation_id})
            for place, (learner_id,) in zip(taken, rows, strict=True):
                place.person.listed = True
                world.know(place.person, learner_id)


_LISTED = text("SELECT learner_id FROM listed_place WHERE organisation_id = :provider ORDER BY id")

_Cell = Callable[[Place], str]


def _uk(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


_NAMES: Mapping[str, tuple[str, str, _Cell]] = {
    "given": ("First name", "given_name", lambda place: place.written.given_names or ""),
    "family": ("Surname", "family_name", lambda place: place.written.family_name or ""),
    "phone": ("Mobile number", "phone", lambda place: place.written.phone or ""),
    "email": ("Email address", "email", lambda place: place.written.email or ""),
    "postcode": ("Post code", "postcode", lambda place: place.written.postcode or ""),
    "level": ("ESOL level", "level", lambda place: place.level.value),
    "wants": ("Course wanted", "wants", lambda place: place.wants),
}
_FORMS: Sequence[Mapping[str, _Cell]] = (
    {one: cell for one, _, cell in _NAMES.values()}
    | {"Date of birth": lambda p: _uk(p.written.date_of_birth), "Date joined": lambda p: _uk(p.since)},
    {other: cell for _, other, cell in _NAMES.values()}
    | {"dob": lambda p: _iso(p.written.date_of_birth), "waiting_since": lambda p: _iso(p.since)},
)
"""Two kinds of spreadsheet: no two providers use the same headings or write dates in the same way."""


def _file(one: OldList, form: Mapping[str, _Cell]) -> bytes:
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(form)
    lines.writerows([cell(place) for cell in form.values()] for place in one.places)
    return written.getvalue().encode("utf-8-sig")
