"""What a learner needs of a class: times, distance, barriers, reasons."""

import functools
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from importlib import resources
from uuid import UUID

from hub.core.slots import SLOTS

LONGEST_TRAVEL_MINUTES = 180
MOST_HOURS = 40


class TravelMode(StrEnum):
    WALK = "walk"
    BUS = "bus"
    CYCLE = "cycle"
    CAR = "car"


class StudyMode(StrEnum):
    """Where the learner can study."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    EITHER = "either"


class Barrier(StrEnum):
    """What stands in the way. `health_or_disability` is special category: kept only with permission P08."""

    CHILDCARE = "childcare"
    OTHER_CARING = "other_caring"
    WORK_HOURS = "work_hours"
    TRAVEL_COST = "travel_cost"
    DISTANCE = "distance"
    COURSE_COST = "course_cost"
    HEALTH_OR_DISABILITY = "health_or_disability"
    LOW_FIRST_LANGUAGE_LITERACY = "low_first_language_literacy"
    FUNDING = "funding"
    INFORMATION = "information"
    CONFIDENCE = "confidence"
    WOMEN_ONLY = "women_only"
    DIGITAL = "digital"
    TEMPORARY_HOUSING = "temporary_housing"
    STEP_FREE = "step_free"


class Reason(StrEnum):
    """Why the learner wants English."""

    DAILY_LIFE = "daily_life"
    FIND_WORK = "find_work"
    BETTER_WORK = "better_work"
    FURTHER_STUDY = "further_study"
    CITIZENSHIP = "citizenship"
    HELP_CHILDREN = "help_children"
    HEALTH_SERVICES = "health_services"
    SOCIAL = "social"
    VOLUNTEERING = "volunteering"


class Funding(StrEnum):
    """Which pots may pay. None known means not asked: counts as fundable, flagged, until the rules say."""

    ASF = "asf"
    TAILORED = "tailored"
    CHARITY = "charity"
    RESETTLEMENT = "resettlement"
    SELF = "self"


@dataclass(frozen=True, kw_only=True)
class NewNeeds:
    """What a learner said they need. An empty availability means not asked, not 'never'."""

    availability: frozenset[str] = frozenset()
    travel_minutes: int | None = None
    travel_mode: TravelMode | None = None
    study_mode: StudyMode = StudyMode.IN_PERSON
    has_device: bool = False
    childcare: bool = False
    children_ages: tuple[int, ...] = ()
    step_free: bool = False
    women_only: bool = False
    hours_per_week: int | None = None
    available_from: date | None = None
    latest_start: date | None = None
    reasons: frozenset[Reason] = frozenset()
    barriers: frozenset[Barrier] = frozenset()
    support_needed: str | None = None
    funding: frozenset[Funding] = frozenset()

    def without_health(self) -> "NewNeeds":
        """The same without what reveals health; step-free access stays, because a class must offer it."""
        barriers = self.barriers - {Barrier.HEALTH_OR_DISABILITY}
        return replace(self, barriers=barriers, support_needed=None)

    def keeping_unasked(self, told: "NewNeeds | None") -> "NewNeeds":
        """These needs with what an ordinary form does not ask: health, support, children's ages, funding."""
        if told is None:
            return self
        health = told.barriers & {Barrier.HEALTH_OR_DISABILITY}
        return replace(
            self,
            barriers=self.barriers | health,
            support_needed=told.support_needed,
            children_ages=told.children_ages if self.childcare else (),
            funding=told.funding,
        )


@dataclass(frozen=True, kw_only=True)
class Needs(NewNeeds):
    """Needs as recorded. `max_travel_km` was computed when they were recorded; None: not asked."""

    learner_id: UUID
    source_record_id: UUID
    recorded_on: date
    max_travel_km: float | None = None
    class_needs: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        wanted = {
            "childcare": self.childcare,
            "step_free": self.step_free,
            "women_only": self.women_only,
            "in_person": self.study_mode is StudyMode.IN_PERSON,
        }
        object.__setattr__(
            self, "class_needs", frozenset(name for name, is_needed in wanted.items() if is_needed)
        )


@functools.cache
def _speeds() -> tuple[dict[str, object], ...]:
    text = resources.files("hub.learners").joinpath("data/travel.toml").read_text("utf-8")
    return tuple(sorted(tomllib.loads(text)["speeds"], key=lambda row: row["valid_from"]))


def travel_km(minutes: int, mode: TravelMode, on: date) -> float:
    """How far `minutes` take one by `mode`, in km to one decimal, by the speeds valid on that day."""
    rows = _speeds()
    valid = [row for row in rows if row["valid_from"] <= on] or [rows[0]]  # type: ignore[operator]
    speed = valid[-1][mode.value]
    if not isinstance(speed, float):
        raise TypeError(f"travel.toml: {mode} is not a number")
    return round(minutes / 60 * speed, 1)


def needs_faults(needs: NewNeeds) -> dict[str, str]:
    """What is impossible about needs, by field, in words; empty when nothing is."""
    faults = {}
    if unknown := sorted(needs.availability - set(SLOTS)):
        faults["availability"] = f"{unknown[0]} is not a time of the week, such as mon-am"
    if needs.travel_minutes is not None and not 0 <= needs.travel_minutes <= LONGEST_TRAVEL_MINUTES:
        faults["travel_minutes"] = f"Travel time must be between 0 and {LONGEST_TRAVEL_MINUTES} minutes"
    if needs.travel_minutes is not None and needs.travel_mode is None:
        faults["travel_mode"] = "Say how the learner travels"
    if needs.hours_per_week is not None and not 1 <= needs.hours_per_week <= MOST_HOURS:
        faults["hours_per_week"] = f"Hours a week must be between 1 and {MOST_HOURS}"
    if needs.available_from and needs.latest_start and needs.latest_start < needs.available_from:
        faults["latest_start"] = "The latest start must not be before the first day the learner can start"
    if any(not 0 <= age < 18 for age in needs.children_ages):
        faults["children_ages"] = "Ages of children must be between 0 and 17"
    return faults


def as_json(needs: NewNeeds) -> dict[str, object]:
    """Needs as plain values to seal."""
    return {
        "availability": _sorted(needs.availability),
        "travel_minutes": needs.travel_minutes,
        "travel_mode": needs.travel_mode,
        "study_mode": needs.study_mode,
        "has_device": needs.has_device,
        "childcare": needs.childcare,
        "children_ages": list(needs.children_ages),
        "step_free": needs.step_free,
        "women_only": needs.women_only,
        "hours_per_week": needs.hours_per_week,
        "available_from": needs.available_from and needs.available_from.isoformat(),
        "latest_start": needs.latest_start and needs.latest_start.isoformat(),
        "reasons": _sorted(needs.reasons),
        "barriers": _sorted(needs.barriers),
        "support_needed": needs.support_needed,
        "funding": _sorted(needs.funding),
    }


def from_json(values: dict[str, object]) -> dict[str, object]:
    """The arguments of `NewNeeds` from sealed values; a value no longer known is left out, not guessed."""
    found: dict[str, object] = dict(values)
    found["availability"] = frozenset(_texts(values["availability"])) & frozenset(SLOTS)
    for name, kind in (("reasons", Reason), ("barriers", Barrier), ("funding", Funding)):
        known = {member.value for member in kind}
        found[name] = frozenset(kind(text) for text in _texts(values[name]) if text in known)
    found["travel_mode"] = TravelMode(str(values["travel_mode"])) if values["travel_mode"] else None
    found["study_mode"] = StudyMode(str(values["study_mode"]))
    for name in ("available_from", "latest_start"):
        found[name] = date.fromisoformat(str(values[name])) if values[name] else None
    ages = values["children_ages"]
    found["children_ages"] = tuple(ages) if isinstance(ages, list) else ()
    return found


def _sorted(values: Iterable[str]) -> list[str]:
    return sorted(str(value) for value in values)


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []
