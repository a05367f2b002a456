"""What each learner prefers and in which order each class takes learners, all in integers.

A learner's order reads only the learner's own interest and last round's pressure; a class's order reads only
the published policy: priority band, contract area, waiting time, lottery.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hub.matching.domain.edges import Edges
from hub.matching.domain.features import Flags, Ints
from hub.matching.domain.snapshot import Snapshot, SnapshotLearner, SnapshotPolicy, ticket

MICRO = 1_000_000  # utilities count in millionths of the learner's furthest travel


def waiting_days(policy: SnapshotPolicy, learner: SnapshotLearner) -> int:
    """Days since the first referral to any partner; it never resets."""
    return (policy.today - learner.referred_on).days


def waiting_bucket(policy: SnapshotPolicy, learner: SnapshotLearner) -> int:
    """Waiting time in whole buckets, so that a few days' difference leaves the lottery to decide."""
    return waiting_days(policy, learner) // policy.waiting_bucket_days


# ---------------------------------------------------------------- learners


@dataclass(frozen=True, slots=True)
class Wishes:
    """Acceptable classes of every learner, best first: learner `i` has rows `start[i]` to `start[i + 1]`."""

    start: list[int]
    cls: Ints
    band: Ints
    metres: Ints

    def of(self, learner: int) -> list[int]:
        """Class rows acceptable to one learner, best first."""
        wanted: list[int] = self.cls[self.start[learner] : self.start[learner + 1]].tolist()
        return wanted


def order_wishes(snapshot: Snapshot, edges: Edges, seed: str) -> Wishes:
    """Each learner's order: own choices where given; otherwise band, then least pressure, then the ticket.

    The band of a pair is always counted over all the learner's edges, also where choices replace the order.
    """
    band = _bands(snapshot.policy, edges, _costs(snapshot, edges))
    first, listed = _with_choices(snapshot, edges, band)
    place = _class_order(snapshot, seed)[edges.cls]
    rows = np.flatnonzero(listed)
    order = rows[_sorted(edges.learner[rows], first[rows], place[rows])]
    counts = np.bincount(edges.learner[order], minlength=len(snapshot.learners))
    start = [0, *np.cumsum(counts).tolist()]
    return Wishes(start, edges.cls[order], band[order], edges.metres[order])


def _sorted(learner: Ints, first: Ints, place: Ints) -> Ints:
    """Row numbers in the order of (learner, first, place); as one number where 63 bits hold it."""
    if len(learner) == 0:
        return learner
    wide, deep = int(place.max()) + 1, int(first.max()) + 1
    if (int(learner.max()) + 1) * wide * deep < 2**63:
        return np.argsort((learner * deep + first) * wide + place)
    return np.lexsort((place, first, learner))


def _costs(snapshot: Snapshot, edges: Edges) -> Ints:
    """`u`: share of the furthest travel plus the weight of the days until the start, in millionths."""
    furthest = np.array([round(1000 * one.max_travel_km) for one in snapshot.learners], dtype=np.int64)
    free_from = np.array([one.available_from.toordinal() for one in snapshot.learners], dtype=np.int64)
    starts = np.array([one.starts.toordinal() for one in snapshot.classes], dtype=np.int64)
    travel = MICRO * edges.metres // np.maximum(furthest[edges.learner], 1)
    days = starts[edges.cls] - free_from[edges.learner]
    return travel + round(MICRO * snapshot.policy.days_weight) * days


def _bands(policy: SnapshotPolicy, edges: Edges, cost: Ints) -> Ints:
    """Widths that a pair lies behind the learner's best; width 0 numbers the different costs 0, 1, 2."""
    if len(edges) == 0:
        return cost
    width = round(MICRO * policy.preference_band_width)
    starts = np.flatnonzero(np.diff(edges.learner, prepend=-1))
    if width > 0:
        counts = np.diff(starts, append=len(cost))
        bands: Ints = (cost - np.repeat(np.minimum.reduceat(cost, starts), counts)) // width
        return bands
    order = np.lexsort((cost, edges.learner))
    steps = np.diff(cost[order], prepend=0) != 0
    steps[starts] = True
    number = np.cumsum(steps)
    bands = np.empty_like(cost)
    bands[order] = number - np.repeat(number[starts], np.diff(starts, append=len(cost)))
    return bands


def _with_choices(snapshot: Snapshot, edges: Edges, band: Ints) -> tuple[Ints, Flags]:
    """The first key of the order and whether a pair is acceptable, after choices have replaced the bands."""
    first, listed = band.copy(), np.ones(len(edges), dtype=np.bool_)
    number = {one.id: place for place, one in enumerate(snapshot.classes)}
    bounds = np.searchsorted(edges.learner, np.arange(len(snapshot.learners) + 1))
    for row, learner in enumerate(snapshot.learners):
        if not learner.choices:
            continue
        mine = slice(bounds[row], bounds[row + 1])
        place = _places(learner.choices, number)
        ranks = np.array([place.get(cls, -1) for cls in edges.cls[mine].tolist()], dtype=np.int64)
        first[mine], listed[mine] = ranks, ranks >= 0
    return first, listed


def _places(choices: Iterable[str], number: dict[str, int]) -> dict[int, int]:
    """Place of each chosen class row; a repeated id counts once, an unknown one is skipped."""
    known = dict.fromkeys(number[name] for name in choices if name in number)
    return {cls: place for place, cls in enumerate(known)}


def _class_order(snapshot: Snapshot, seed: str) -> Ints:
    """Place of every class inside a band: least contested first, then the class's lottery ticket."""
    classes = snapshot.classes
    tickets = [ticket(seed, snapshot.round, one.id) for one in classes]
    order = sorted(range(len(classes)), key=lambda row: (classes[row].pressure, tickets[row]))
    place = np.empty(len(classes), dtype=np.int64)
    place[order] = np.arange(len(classes))
    return place


# ---------------------------------------------------------------- classes


@dataclass(frozen=True, slots=True)
class Priorities:
    """The class order as one integer: `base[i]`, plus `len(base)` where the learner lives outside the area.

    `tickets` and `buckets` are what the integer was made of, for cutoffs and explanations.
    """

    base: list[int]
    by_draw: list[int]
    tickets: list[str]
    buckets: list[int]

    def learner(self, key: int) -> int:
        """The learner a key belongs to: the last digit, in base `len(base)`, is the place in the draw."""
        return self.by_draw[key % len(self.by_draw)]


def rank_learners(snapshot: Snapshot, seed: str) -> Priorities:
    """Keys that order learners by (priority band, outside the area, longest waiting bucket, ticket)."""
    learners = snapshot.learners
    tickets = [ticket(seed, snapshot.round, learner.id) for learner in learners]
    buckets = [waiting_bucket(snapshot.policy, learner) for learner in learners]
    by_draw = sorted(range(len(learners)), key=lambda row: (-buckets[row], tickets[row]))
    base = [0] * len(learners)
    for place, row in enumerate(by_draw):
        base[row] = 2 * learners[row].priority_band * len(learners) + place
    return Priorities(base, by_draw, tickets, buckets)
