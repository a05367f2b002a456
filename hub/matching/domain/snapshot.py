"""The matching snapshot: all that a round may know, with nothing in it that names a person or a provider.

Format `esol-hub/matching-snapshot/1`. Only the standard library is used, so that a verifier can read it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from hub.matching.domain.reading import Fields, SnapshotInvalid, as_choice, as_number

__all__ = [
    "LEVELS",
    "SKILLS",
    "SLOTS",
    "SNAPSHOT_FORMAT",
    "Reserve",
    "Snapshot",
    "SnapshotClass",
    "SnapshotInvalid",
    "SnapshotLearner",
    "SnapshotPolicy",
    "canonical_json",
    "canonical_sha256",
    "dump_snapshot",
    "parse_snapshot",
    "ticket",
]

SNAPSHOT_FORMAT = "esol-hub/matching-snapshot/1"
LEVELS = ("PRE", "E1", "E2", "E3", "L1", "L2")
SKILLS = ("speaking", "listening", "reading", "writing")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SLOTS = tuple(f"{day}-{part}" for day in DAYS for part in ("am", "pm", "eve"))

# Limits far beyond any real round; inside them all arithmetic is exact in 64-bit integers.
MAX_COUNT = 1_000_000
MAX_KM = 100_000.0
MAX_DAYS_WEIGHT = 1_000.0
MAX_BAND_WIDTH = 1_000_000.0
MAX_PRESSURE = 1e12

Location = tuple[float, float]  # degrees north, degrees east


@dataclass(frozen=True, slots=True)
class SnapshotPolicy:
    """The published settings of a round.

    `preference_band_width` (W) and `days_weight` are in shares of the learner's furthest travel.
    """

    version: str
    today: date
    preference_band_width: float
    days_weight: float
    waiting_bucket_days: int


@dataclass(frozen=True, slots=True)
class SnapshotLearner:
    """A waiting learner under an id made for this round only."""

    id: str
    level: str
    also: tuple[str, ...]
    skills: Mapping[str, str]
    available: tuple[str, ...]
    location: Location | None
    max_travel_km: float
    holds: tuple[str, ...]
    needs: tuple[str, ...]
    funding: tuple[str, ...]
    available_from: date
    latest_start: date
    priority_band: int
    referred_on: date
    area: str | None
    declined: tuple[str, ...]
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reserve:
    """Places kept first for the longest waiting, for named areas, or for those to whom both apply."""

    count: int
    min_waiting_days: int | None = None
    areas: tuple[str, ...] | None = None

    def admits(self, waiting_days: int, area: str | None) -> bool:
        """Whether a learner belongs to the group the places are kept for."""
        if self.min_waiting_days is not None and waiting_days < self.min_waiting_days:
            return False
        return self.areas is None or area in self.areas


@dataclass(frozen=True, slots=True)
class SnapshotClass:
    """A class with its free places; who provides it is not here, so it cannot matter."""

    id: str
    levels: tuple[str, ...]
    rw_support: bool
    skill_bands: Mapping[str, tuple[str, ...]]
    sessions: tuple[str, ...]
    location: Location | None
    online: bool
    requires: tuple[str, ...]
    offers: tuple[str, ...]
    funding: tuple[str, ...]
    starts: date
    places: int
    contract_areas: tuple[str, ...]
    pressure: float
    reserves: tuple[Reserve, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one round is decided on; `round` goes into every lottery ticket."""

    round: str
    policy: SnapshotPolicy
    learners: tuple[SnapshotLearner, ...]
    classes: tuple[SnapshotClass, ...]


def canonical_json(value: Any) -> str:
    """Sorted keys, no spaces, unescaped, arrays in order, numbers as Python's json writes them."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_sha256(value: Any) -> str:
    """The hash that is published before the draw: SHA-256 of the canonical JSON in UTF-8, in hexadecimal."""
    return sha256(canonical_json(value).encode("utf-8")).hexdigest()


def ticket(seed: str, round_id: str, identifier: str) -> str:
    """The lottery ticket of a learner or a class; hexadecimal digits order as the bytes do."""
    return sha256(f"{seed}|{round_id}|{identifier}".encode()).hexdigest()


# ---------------------------------------------------------------- reading


def parse_snapshot(data: Any) -> Snapshot:
    """The snapshot in a JSON object.

    Raises `SnapshotInvalid` naming the first place that does not follow the format. `also`, `choices`,
    `rw_support`, `skill_bands`, `reserves` may be absent, meaning none; every other field must be there.
    """
    fields = Fields(data, "", ("format", "round", "policy", "learners", "classes"))
    if fields.raw("format") != SNAPSHOT_FORMAT:
        raise fields.fault("format", f"must be {SNAPSHOT_FORMAT!r}")
    snapshot = Snapshot(
        round=fields.text("round"),
        policy=_policy(fields.raw("policy")),
        learners=tuple(fields.each("learners", _learner)),
        classes=tuple(fields.each("classes", _class)),
    )
    _refuse_repeated("learners", [learner.id for learner in snapshot.learners])
    _refuse_repeated("classes", [one.id for one in snapshot.classes])
    return snapshot


def _refuse_repeated(name: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for place, identifier in enumerate(ids):
        if identifier in seen:
            raise SnapshotInvalid(f"{name}[{place}].id", f"{identifier!r} stands twice")
        seen.add(identifier)


_POLICY = ("version", "today", "preference_band_width", "days_weight", "waiting_bucket_days")
_LEARNER_OPTIONAL = ("also", "choices")
_LEARNER = tuple(name for name in SnapshotLearner.__dataclass_fields__ if name not in _LEARNER_OPTIONAL)
_CLASS_OPTIONAL = ("rw_support", "skill_bands", "reserves")
_CLASS = tuple(name for name in SnapshotClass.__dataclass_fields__ if name not in _CLASS_OPTIONAL)


def _policy(data: Any) -> SnapshotPolicy:
    fields = Fields(data, "policy", _POLICY)
    return SnapshotPolicy(
        version=fields.text("version"),
        today=fields.day("today"),
        preference_band_width=fields.number("preference_band_width", 0, MAX_BAND_WIDTH),
        days_weight=fields.number("days_weight", 0, MAX_DAYS_WEIGHT),
        waiting_bucket_days=fields.integer("waiting_bucket_days", 1, MAX_COUNT),
    )


def _learner(data: Any, path: str) -> SnapshotLearner:
    fields = Fields(data, path, _LEARNER, _LEARNER_OPTIONAL)
    return SnapshotLearner(
        id=fields.text("id"),
        level=fields.choice("level", LEVELS),
        also=fields.texts("also", LEVELS),
        skills=fields.mapping("skills", SKILLS, _level),
        available=fields.texts("available", SLOTS),
        location=_location(fields),
        max_travel_km=fields.number("max_travel_km", 0, MAX_KM),
        holds=fields.texts("holds"),
        needs=fields.texts("needs"),
        funding=fields.texts("funding"),
        available_from=fields.day("available_from"),
        latest_start=fields.day("latest_start"),
        priority_band=fields.integer("priority_band", 0, MAX_COUNT),
        referred_on=fields.day("referred_on"),
        area=None if fields.raw("area") is None else fields.text("area"),
        declined=fields.texts("declined"),
        choices=fields.texts("choices"),
    )


def _class(data: Any, path: str) -> SnapshotClass:
    fields = Fields(data, path, _CLASS, _CLASS_OPTIONAL)
    online = fields.flag("online")
    location = _location(fields)
    if location is None and not online:
        raise fields.fault("location", "must be there for a class that is not online")
    return SnapshotClass(
        id=fields.text("id"),
        levels=fields.texts("levels", LEVELS),
        rw_support=fields.flag("rw_support"),
        skill_bands=fields.mapping("skill_bands", SKILLS, _level_list),
        sessions=fields.texts("sessions", SLOTS),
        location=location,
        online=online,
        requires=fields.texts("requires"),
        offers=fields.texts("offers"),
        funding=fields.texts("funding"),
        starts=fields.day("starts"),
        places=fields.integer("places", 0, MAX_COUNT),
        contract_areas=fields.texts("contract_areas"),
        pressure=fields.number("pressure", 0, MAX_PRESSURE),
        reserves=tuple(fields.each("reserves", _reserve)),
    )


def _level(data: Any, path: str) -> str:
    return as_choice(data, path, LEVELS)


def _level_list(data: Any, path: str) -> tuple[str, ...]:
    if not isinstance(data, list):
        raise SnapshotInvalid(path, "must be a list")
    return tuple(_level(one, f"{path}[{place}]") for place, one in enumerate(data))


def _location(fields: Fields) -> Location | None:
    value, path = fields.raw("location"), fields.at("location")
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise SnapshotInvalid(path, "must be null or [latitude, longitude] in degrees")
    return as_number(value[0], f"{path}[0]", -90, 90), as_number(value[1], f"{path}[1]", -180, 180)


def _reserve(data: Any, path: str) -> Reserve:
    fields = Fields(data, path, ("count",), ("min_waiting_days", "areas"))
    reserve = Reserve(
        count=fields.integer("count", 0, MAX_COUNT),
        min_waiting_days=(
            fields.integer("min_waiting_days", 0, MAX_COUNT) if fields.has("min_waiting_days") else None
        ),
        areas=fields.texts("areas") if fields.has("areas") else None,
    )
    if reserve.min_waiting_days is None and reserve.areas is None:
        raise SnapshotInvalid(path, "must say min_waiting_days, areas or both")
    return reserve


# ---------------------------------------------------------------- writing


def dump_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """The JSON object of a snapshot, every field written; `parse_snapshot` gives the same snapshot back."""
    return {
        "format": SNAPSHOT_FORMAT,
        "round": snapshot.round,
        "policy": _dump(snapshot.policy),
        "learners": [_dump(learner) for learner in snapshot.learners],
        "classes": [
            {**_dump(one), "reserves": [_dump(reserve, skip_none=True) for reserve in one.reserves]}
            for one in snapshot.classes
        ],
    }


def _dump(row: Any, *, skip_none: bool = False) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return {name: _plain(value) for name, value in values.items() if not (skip_none and value is None)}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value
