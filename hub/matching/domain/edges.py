"""Every eligible pair of a round: the rules of `eligibility` as bit tests over neighbourhoods."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hub.matching.domain.eligibility import EARTH_RADIUS_KM, metres_between
from hub.matching.domain.features import Flags, Floats, Ints, Side, Words, class_side, learner_side
from hub.matching.domain.snapshot import Snapshot

CELL_DEGREES = (0.0135, 0.0217)  # about 1.5 km each way in England
BLOCK_PAIRS = 2_000_000  # pairs looked at in one step: keeps memory flat, whatever the size of the round


@dataclass(frozen=True, slots=True)
class Edges:
    """Every eligible pair, as row numbers of the snapshot, ordered by learner and then class."""

    learner: Ints
    cls: Ints
    metres: Ints

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self.learner)


def find_edges(snapshot: Snapshot) -> Edges:
    """All pairs for which `refusals` is empty, with their distance in metres (0 online)."""
    learners, classes = learner_side(snapshot), class_side(snapshot)
    blocks = [_join(learners, classes, block) for block in _blocks(learners, classes)]
    if not blocks:
        nothing = np.zeros(0, dtype=np.int64)
        return Edges(nothing, nothing, nothing)
    learner, cls, metres = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    keep = ~_is_declined(snapshot, learner, cls)
    learner, cls, metres = learner[keep], cls[keep], metres[keep]
    order = np.argsort(learner * len(snapshot.classes) + cls)
    return Edges(learner[order], cls[order], metres[order])


@dataclass(frozen=True, slots=True)
class _Block:
    """Learners of one neighbourhood and the classes any of them could reach."""

    learners: Ints
    classes: Ints


def _blocks(learners: Side, classes: Side) -> Iterator[_Block]:
    """Neighbourhoods with their reachable classes, cut to bounded size."""
    for members in _neighbourhoods(learners):
        near = np.flatnonzero(_reachable(learners, members, classes))
        if len(near) == 0:
            continue
        step = max(1, BLOCK_PAIRS // len(near))
        for start in range(0, len(members), step):
            yield _Block(members[start : start + step], near)


def _neighbourhoods(learners: Side) -> list[Ints]:
    """Learner rows grouped by grid cell; those without a location form a group of their own."""
    if len(learners.place) == 0:
        return []
    homeless = np.isnan(learners.place[:, 0])
    cells = np.floor(np.where(homeless[:, None], 1e6, learners.place) / CELL_DEGREES).astype(np.int64)
    code = cells[:, 0] * 10_000_000 + cells[:, 1]
    order = np.argsort(code, kind="stable")
    cuts = np.flatnonzero(np.diff(code[order])) + 1
    return np.split(order, cuts)


def _reachable(learners: Side, members: Ints, classes: Side) -> Flags:
    """Classes online or inside a box that no member's furthest travel leaves; generous, never too small."""
    place = learners.place[members]
    if np.isnan(place[0, 0]):
        return classes.online
    angle = math.degrees((float(learners.reach_km[members].max()) + 0.01) / EARTH_RADIUS_KM)
    low, high = place.min(axis=0), place.max(axis=0)
    lat, lon = classes.place[:, 0], classes.place[:, 1]
    near: Flags = (lat >= low[0] - angle) & (lat <= high[0] + angle)
    steepest = min(90.0, max(abs(low[0]), abs(high[0])) + angle)
    reach = math.sin(math.radians(min(angle, 180.0)) / 2) / max(math.cos(math.radians(steepest)), 1e-12)
    if reach < 1 and angle < 180:
        off = np.abs(lon - (low[1] + high[1]) / 2) % 360
        near &= (
            np.minimum(off, 360 - off) <= (high[1] - low[1]) / 2 + 2 * math.degrees(math.asin(reach)) + 1e-6
        )
    return near | classes.online


def _join(learners: Side, classes: Side, block: _Block) -> tuple[Ints, Ints, Ints]:
    """The pairs of one block that pass every rule but DECLINED."""
    rows, cols = block.learners, block.classes
    fits = _shares(learners.level[rows], classes.level[cols])
    fits &= ~_shares(learners.clash[rows], classes.clash[cols])
    fits &= _shares(learners.funding[rows], classes.funding[cols])
    row, col = np.nonzero(fits)
    learner, cls = rows[row], cols[col]
    in_time = (learners.first[learner] <= classes.first[cls]) & (classes.last[cls] <= learners.last[learner])
    learner, cls = learner[in_time], cls[in_time]
    metres = np.where(classes.online[cls], 0, _metres(learners.place[learner], classes.place[cls]))
    near = classes.online[cls] | ((metres >= 0) & (metres / 1000 <= learners.reach_km[learner]))
    return learner[near], cls[near], metres[near]


def _shares(left: Words, right: Words) -> Flags:
    """For every pair of rows: do they share a bit in any word?"""
    shared: Flags = (left[:, None, 0] & right[None, :, 0]) != 0
    for word in range(1, left.shape[1]):
        shared |= (left[:, None, word] & right[None, :, word]) != 0
    return shared


def _metres(first: Floats, second: Floats) -> Ints:
    """`metres_between` for two columns of places; -1 where either is missing.

    numpy may differ from `math` in the last bit, so what lies near a rounding edge is asked again of `math`.
    """
    lat1, lat2 = np.radians(first[:, 0]), np.radians(second[:, 0])
    east = np.sin(np.radians(second[:, 1] - first[:, 1]) / 2)
    chord = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * east**2
    exact = 2000 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, chord)))
    known = ~np.isnan(exact)
    metres = np.where(known, np.floor(np.where(known, exact, 0.0) + 0.5), -1).astype(np.int64)
    doubtful = known & ((np.abs(exact % 1 - 0.5) < 1e-4) | (chord > 0.9))
    for row in np.flatnonzero(doubtful).tolist():
        metres[row] = metres_between(tuple(first[row].tolist()), tuple(second[row].tolist()))
    return metres


def _is_declined(snapshot: Snapshot, learner: Ints, cls: Ints) -> Flags:
    number = {one.id: place for place, one in enumerate(snapshot.classes)}
    width = len(number)
    codes = [
        row * width + number[name]
        for row, person in enumerate(snapshot.learners)
        for name in person.declined
        if name in number
    ]
    return np.isin(learner * width + cls, np.array(codes, dtype=np.int64))
