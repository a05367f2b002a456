"""Who may join which class: the hard rules of a round, all of them and no others.

`refusals` answers for one learner and one class, in values that can be shown; `edges.find_edges` answers for
a whole round at once. The tests hold both against a third, plain statement of the rules.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from hub.matching.domain.snapshot import Location, SnapshotClass, SnapshotLearner

EARTH_RADIUS_KM = 6371.0088
IN_PERSON = "in_person"


class RefusalCode(StrEnum):
    """Why a learner cannot join a class; the order is the order in which they are told."""

    LEVEL = "LEVEL"
    SLOT = "SLOT"
    REQUIRES = "REQUIRES"
    NEEDS = "NEEDS"
    FUNDING = "FUNDING"
    START = "START"
    TRAVEL = "TRAVEL"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One rule that fails, with what the learner has and what the class has."""

    code: RefusalCode
    learner_value: str
    class_value: str


# ---------------------------------------------------------------- one learner, one class


def metres_between(first: Location, second: Location) -> int:
    """Great-circle distance in whole metres, halves up; degrees are rounded to 3 decimals first."""
    lat1, lon1, lat2, lon2 = (math.radians(round(degrees, 3)) for degrees in (*first, *second))
    chord = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return math.floor(1000 * (2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))) + 0.5)


def distance_metres(learner: SnapshotLearner, one: SnapshotClass) -> int | None:
    """Whole metres from learner to class: 0 online, None where either has no location."""
    if one.online:
        return 0
    if learner.location is None or one.location is None:
        return None
    return metres_between(learner.location, one.location)


def refusals(learner: SnapshotLearner, one: SnapshotClass) -> tuple[Refusal, ...]:
    """Every rule that keeps this learner out of this class; empty means eligible."""
    found = (check(learner, one) for check in _CHECKS)
    return tuple(refusal for refusal in found if refusal is not None)


def _level(learner: SnapshotLearner, one: SnapshotClass) -> Refusal | None:
    supported = one.rw_support and not set(learner.also).isdisjoint(one.levels)
    outside = [skill for skill, band in one.skill_bands.items() if learner.skills.get(skill) not in band]
    if (learner.level in one.levels or supported) and not outside:
        return None
    skills = "".join(f"; {skill} {learner.skills.get(skill, 'not known')}" for skill in outside)
    bands = "".join(f"; {skill} {_listed(one.skill_bands[skill])}" for skill in outside)
    return Refusal(RefusalCode.LEVEL, learner.level + skills, _listed(one.levels) + bands)


def _slot(learner: SnapshotLearner, one: SnapshotClass) -> Refusal | None:
    if set(one.sessions) <= set(learner.available):
        return None
    return Refusal(RefusalCode.SLOT, _listed(learner.available), _listed(one.sessions))


def _requires(learner: SnapshotLearner, one: SnapshotClass) -> Refusal | None:
    if set(one.requires) <= set(learner.holds):
        return None
    return Refusal(RefusalCode.REQUIRES, _listed(learner.holds), _listed(one.requires))


def _needs(learner: SnapshotLearner, one: SnapshotClass) -> Refusal | None:
    offers = offered(one)
    if offers.issuperset(learner.needs):
        return None
    return Refusal(RefusalCode.NEEDS, _listed(learner.needs), _listed(sorted(offers)))


def offered(one: SnapshotClass) -> set[str]:
    """The needs a class meets: `in_person` by not being online, whatever it says; others by its offers."""
    offers = set(one.offers) - {IN_PERSON}
    return offers if one.online else offers | {IN_PERSON}


def _funding(learner: SnapshotLearner, one: SnapshotClass) -> Refusal | None:
    if not set(learner.funding).isdisjoint(one.funding):
        return None
    return Refusal(RefusalCode.FUNDING, _listed(learner.funding), _listed(one.funding))


def _start(learner: SnapshotLearner, one: SnapshotClass) -> Refusal | None:
    if learner.available_from <= one.starts <= learner.latest_start:
        return None
    window = f"{learner.available_from.isoformat()} to {learner.latest_start.isoformat()}"
    return Refusal(RefusalCode.START, window, one.starts.isoformat())


def _travel(learner: SnapshotLearner, one: SnapshotClass) -> Refusal | None:
    metres = distance_metres(learner, one)
    if metres is None:
        return Refusal(RefusalCode.TRAVEL, "no location", "in person")
    if one.online or metres / 1000 <= learner.max_travel_km:
        return None
    return Refusal(RefusalCode.TRAVEL, f"{learner.max_travel_km:g} km", f"{metres / 1000:.3f} km")


def _declined(learner: SnapshotLearner, one: SnapshotClass) -> Refusal | None:
    return Refusal(RefusalCode.DECLINED, "set aside", "this class") if one.id in learner.declined else None


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values) or "none"


_CHECKS: tuple[Callable[[SnapshotLearner, SnapshotClass], Refusal | None], ...] = (
    _level,
    _slot,
    _requires,
    _needs,
    _funding,
    _start,
    _travel,
    _declined,
)
