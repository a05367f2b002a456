"""The offline verifier: snapshot and result in, the first difference out, by the standard library alone.

Nothing here is shared with the code that made the result but the reading of a snapshot and the count of the
largest possible matching: edges, orders, choices and the stable matching are worked out again, row by row and
another way.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from hub.matching.domain.maximum import maximum_placed
from hub.matching.domain.result import ALGORITHM, RESULT_FORMAT, ResultInvalid
from hub.matching.domain.snapshot import (
    Location,
    Snapshot,
    SnapshotClass,
    SnapshotLearner,
    canonical_sha256,
    parse_snapshot,
    ticket,
)

MAXIMUM_UP_TO = 20_000  # learners
Key = tuple[int, bool, int, str]


def verify(snapshot: Any, result: Any) -> str | None:
    """The first difference between a result and what its snapshot and seed give, or None where there is none.

    Both are JSON values. Raises `SnapshotInvalid` or `ResultInvalid` where there is nothing to check.
    """
    if not isinstance(result, dict) or result.get("format") != RESULT_FORMAT:
        raise ResultInvalid(f"the result is not in the format {RESULT_FORMAT}")
    if not isinstance(result.get("seed"), str):
        raise ResultInvalid("seed: must be a text")
    recount = _Recount(parse_snapshot(snapshot), result["seed"])
    expected = {
        "format": RESULT_FORMAT,
        "snapshot_sha256": canonical_sha256(snapshot),
        "seed": result["seed"],
        "algorithm": ALGORITHM,
        **recount.result(),
    }
    return next(_differences(result, expected, ""), None) or recount.instability()


def _differences(claimed: Any, expected: Any, path: str) -> Iterator[str]:
    """Every place where the two JSON values differ, in the order of the expected one."""
    if isinstance(expected, dict) and isinstance(claimed, dict):
        for name, value in expected.items():
            at = f"{path}.{name}" if path else str(name)
            if name in claimed:
                yield from _differences(claimed[name], value, at)
            else:
                yield f"{at}: missing; it should be {value!r}"
        yield from (
            f"{path}.{name}: should not be there".lstrip(".") for name in claimed if name not in expected
        )
    elif isinstance(expected, list) and isinstance(claimed, list):
        for place, (left, right) in enumerate(zip(claimed, expected, strict=False)):
            yield from _differences(left, right, f"{path}[{place}]")
        if len(claimed) != len(expected):
            yield f"{path}: the result lists {len(claimed)}, the recount gives {len(expected)}"
    elif claimed != expected or isinstance(claimed, bool) != isinstance(expected, bool):
        yield f"{path}: the result says {claimed!r}, the recount gives {expected!r}"


class _Recount:
    """One round worked out again; learners and classes by their place in the snapshot."""

    def __init__(self, snapshot: Snapshot, seed: str) -> None:
        self.policy = snapshot.policy
        self.learners = snapshot.learners
        self.classes = snapshot.classes
        self.draw = [ticket(seed, snapshot.round, one.id) for one in snapshot.learners]
        self.class_draw = [ticket(seed, snapshot.round, one.id) for one in snapshot.classes]
        self.waited = [(snapshot.policy.today - one.referred_on).days for one in snapshot.learners]
        self.edges = _all_edges(snapshot)
        self.bands = [self._bands(row) for row in range(len(self.learners))]
        self.wishes = [self._wishes(row) for row in range(len(self.learners))]
        self.contract = [set(one.contract_areas) for one in self.classes]
        self.holders = self._propose()
        self.has = {row: cls for cls, rows in enumerate(self.holders) for row in rows}

    # -------------------------------------------------- orders

    def _bands(self, row: int) -> dict[int, int]:
        learner = self.learners[row]
        weight = round(1_000_000 * self.policy.days_weight)
        furthest = round(1000 * learner.max_travel_km)
        cost = {
            cls: (1_000_000 * metres // furthest if metres else 0)
            + weight * (self.classes[cls].starts - learner.available_from).days
            for cls, metres in self.edges[row].items()
        }
        width = round(1_000_000 * self.policy.preference_band_width)
        if width:
            best = min(cost.values(), default=0)
            return {cls: (value - best) // width for cls, value in cost.items()}
        number = {value: place for place, value in enumerate(sorted(set(cost.values())))}
        return {cls: number[value] for cls, value in cost.items()}

    def _wishes(self, row: int) -> list[int]:
        bands, choices = self.bands[row], self.learners[row].choices
        if choices:
            known = {self.classes[cls].id: cls for cls in bands}
            return list(dict.fromkeys(known[name] for name in choices if name in known))
        return sorted(bands, key=lambda cls: (bands[cls], self.classes[cls].pressure, self.class_draw[cls]))

    def _key(self, row: int, cls: int) -> Key:
        learner = self.learners[row]
        bucket = self.waited[row] // self.policy.waiting_bucket_days
        return learner.priority_band, learner.area not in self.contract[cls], -bucket, self.draw[row]

    def _choose(self, cls: int, pool: Iterable[int]) -> tuple[list[int], list[int]]:
        """Whom the class takes from the pool: into reserved places, and into open ones, best first."""
        left = sorted(pool, key=lambda row: self._key(row, cls))
        room, reserved = self.classes[cls].places, list[int]()
        for entry in self.classes[cls].reserves:
            group = [row for row in left if entry.admits(self.waited[row], self.learners[row].area)]
            group = group[: min(entry.count, room - len(reserved))]
            reserved += group
            left = [row for row in left if row not in group]
        return reserved, left[: room - len(reserved)]

    # -------------------------------------------------- the stable matching

    def _propose(self) -> list[list[int]]:
        """All who are free ask at once, classes choose once from holders and askers, until nobody asks."""
        holders: list[list[int]] = [[] for _ in self.classes]
        lists = [iter(wishes) for wishes in self.wishes]
        free = list(range(len(self.learners)))
        while free:
            asking: dict[int, list[int]] = {}
            for row in free:
                cls = next(lists[row], None)
                if cls is not None:
                    asking.setdefault(cls, []).append(row)
            free = []
            for cls, rows in asking.items():
                pool = holders[cls] + rows
                reserved, in_open = self._choose(cls, pool)
                holders[cls] = reserved + in_open
                free += set(pool).difference(holders[cls])
        return holders

    def instability(self) -> str | None:
        """The first blocking pair or wasted place of the recount itself; a stable matching has none."""
        for row, wishes in enumerate(self.wishes):
            for cls in wishes:
                if cls == self.has.get(row):
                    break
                fault = self._blocks(row, cls)
                if fault:
                    return f"learner {self.learners[row].id} and class {self.classes[cls].id}: {fault}"
        return None

    def _blocks(self, row: int, cls: int) -> str | None:
        one, holders = self.classes[cls], self.holders[cls]
        if len(holders) < one.places:
            return "a place is wasted"
        if not one.places or (not one.reserves and self._key(row, cls) > self._key(holders[-1], cls)):
            return None
        reserved, in_open = self._choose(cls, [*holders, row])
        return "they block the matching" if row in reserved or row in in_open else None

    # -------------------------------------------------- the result

    def result(self) -> dict[str, Any]:
        """Assignments, unmatched, cutoffs and summary as they should stand."""
        rows = sorted(range(len(self.learners)), key=lambda row: self.learners[row].id)
        return {
            "assignments": [self._assignment(row, self.has[row]) for row in rows if row in self.has],
            "unmatched": [
                {
                    "learner": self.learners[row].id,
                    "reason": "outranked" if self.wishes[row] else "no_eligible_class",
                }
                for row in rows
                if row not in self.has
            ],
            "cutoffs": self._cutoffs(),
            "summary": {
                "placed": len(self.has),
                "edges": sum(map(len, self.edges)),
                "maximum_possible": self._maximum(),
                "blocking_pairs": 0,
            },
        }

    def _assignment(self, row: int, cls: int) -> dict[str, Any]:
        return {
            "learner": self.learners[row].id,
            "class": self.classes[cls].id,
            "band": self.bands[row][cls],
            "distance_km": self.edges[row][cls] / 1000,
        }

    def _cutoffs(self) -> dict[str, Any]:
        cutoffs = {}
        for cls, one in enumerate(self.classes):
            in_open = self._choose(cls, self.holders[cls])[1]
            if len(self.holders[cls]) == one.places and in_open:
                band, outside, bucket, drawn = self._key(in_open[-1], cls)
                cutoffs[one.id] = {
                    "priority_band": band,
                    "outside_area": outside,
                    "waiting_bucket": -bucket,
                    "ticket": drawn,
                }
        return cutoffs

    def _maximum(self) -> int | None:
        if len(self.learners) > MAXIMUM_UP_TO:
            return None
        nobody = [-1] * len(self.learners)
        return maximum_placed(self.wishes, [one.places for one in self.classes], nobody)


# ---------------------------------------------------------------- edges, one pair after the other


def _all_edges(snapshot: Snapshot) -> list[dict[int, int]]:
    """For each learner the eligible classes with their distance in metres."""
    rows = [_ClassRow(place, one) for place, one in enumerate(snapshot.classes)]
    by_levels: dict[tuple[str, tuple[str, ...]], list[_ClassRow]] = {}
    found = []
    for learner in snapshot.learners:
        group = (learner.level, learner.also)
        if group not in by_levels:
            by_levels[group] = [row for row in rows if row.teaches(*group)]
        found.append(_edges(learner, by_levels[group]))
    return found


class _ClassRow:
    """A class with its lists as sets."""

    def __init__(self, place: int, one: SnapshotClass) -> None:
        self.place, self.one = place, one
        self.sessions, self.requires = frozenset(one.sessions), frozenset(one.requires)
        self.offers = (frozenset(one.offers) - {"in_person"}) | (set() if one.online else {"in_person"})
        self.funding = frozenset(one.funding)
        self.location = None if one.online or one.location is None else _rounded(one.location)

    def teaches(self, level: str, also: tuple[str, ...]) -> bool:
        """LEVEL, but for the skill bands."""
        return level in self.one.levels or (
            self.one.rw_support and any(one in self.one.levels for one in also)
        )


def _edges(learner: SnapshotLearner, rows: list[_ClassRow]) -> dict[int, int]:
    available, holds, needs = set(learner.available), set(learner.holds), set(learner.needs)
    funding, declined = set(learner.funding), set(learner.declined)
    home = None if learner.location is None else _rounded(learner.location)
    edges = {}
    for row in rows:
        if not (row.sessions <= available and row.requires <= holds and needs <= row.offers):
            continue
        if funding.isdisjoint(row.funding) or row.one.id in declined or not _in_time(learner, row.one.starts):
            continue
        if any(learner.skills.get(skill) not in band for skill, band in row.one.skill_bands.items()):
            continue
        metres = _metres(home, row)
        if metres is not None and (row.one.online or metres / 1000 <= learner.max_travel_km):
            edges[row.place] = metres
    return edges


def _in_time(learner: SnapshotLearner, starts: date) -> bool:
    return learner.available_from <= starts <= learner.latest_start


def _rounded(at: Location) -> Location:
    return math.radians(round(at[0], 3)), math.radians(round(at[1], 3))


def _metres(home: Location | None, row: _ClassRow) -> int | None:
    """Haversine on a sphere of 6371.0088 km, in whole metres, halves up; None where a location is missing."""
    if row.one.online:
        return 0
    if home is None or row.location is None:
        return None
    north, east = (row.location[0] - home[0]) / 2, (row.location[1] - home[1]) / 2
    part = math.sin(north) ** 2 + math.cos(home[0]) * math.cos(row.location[0]) * math.sin(east) ** 2
    return math.floor(1000 * (2 * 6371.0088 * math.asin(min(1.0, math.sqrt(part)))) + 0.5)
