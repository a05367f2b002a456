"""A round from snapshot and seed to result: edges, orders, deferred acceptance, cutoffs and the counts.

The same snapshot and seed give the same result on every machine, in whatever order the rows stand.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hub.matching.domain.edges import Edges, find_edges
from hub.matching.domain.market import NOWHERE, Market, Quota, choose, count_blocking_pairs, match
from hub.matching.domain.maximum import maximum_placed
from hub.matching.domain.preferences import (
    Priorities,
    Wishes,
    order_wishes,
    rank_learners,
    waiting_days,
)
from hub.matching.domain.result import (
    ALGORITHM,
    NO_ELIGIBLE_CLASS,
    OUTRANKED,
    Assignment,
    Cutoff,
    Result,
    Summary,
    Unmatched,
)
from hub.matching.domain.snapshot import Snapshot, canonical_sha256, dump_snapshot

MAXIMUM_UP_TO = 20_000  # learners; beyond, the yardstick costs more than it tells


@dataclass(frozen=True, slots=True)
class Round:
    """A snapshot and its seed worked out: who may go where, in which orders. Explanations reuse it."""

    snapshot: Snapshot
    seed: str
    edges: Edges
    wishes: Wishes
    priorities: Priorities
    market: Market


def prepare(snapshot: Snapshot, seed: str) -> Round:
    """Find the edges and put both sides in order; this is most of the work of a round."""
    edges = find_edges(snapshot)
    wishes = order_wishes(snapshot, edges, seed)
    priorities = rank_learners(snapshot, seed)
    return Round(snapshot, seed, edges, wishes, priorities, _market(snapshot, wishes, priorities))


def allocate(snapshot: Snapshot, seed: str, sha256: str | None = None) -> Result:
    """The learner-optimal stable matching of a snapshot.

    `sha256` is the hash of the file the snapshot was read from, where that is not `dump_snapshot`'s own text
    (a file may leave out fields that mean none).
    """
    return decide(prepare(snapshot, seed), sha256)


def decide(prepared: Round, sha256: str | None = None) -> Result:
    """Run deferred acceptance on a prepared round and write down the result."""
    snapshot, market = prepared.snapshot, prepared.market
    held = match(market)
    holders: list[list[int]] = [[] for _ in snapshot.classes]
    for learner, cls in enumerate(held):
        if cls != NOWHERE:
            holders[cls].append(learner)
    return Result(
        snapshot_sha256=sha256 or canonical_sha256(dump_snapshot(snapshot)),
        seed=prepared.seed,
        algorithm=ALGORITHM,
        assignments=_assignments(prepared, held),
        unmatched=_unmatched(prepared, held),
        cutoffs=_cutoffs(prepared, holders),
        summary=Summary(
            placed=sum(map(len, holders)),
            edges=len(prepared.edges),
            maximum_possible=(
                maximum_placed(market.wishes, market.places, held) if len(held) <= MAXIMUM_UP_TO else None
            ),
            blocking_pairs=count_blocking_pairs(market, held, holders),
        ),
    )


def _market(snapshot: Snapshot, wishes: Wishes, priorities: Priorities) -> Market:
    names = sorted({one.area for one in snapshot.learners if one.area is not None})
    number = {name: place for place, name in enumerate(names)}
    flat, start = wishes.cls.tolist(), wishes.start
    return Market(
        wishes=[flat[start[row] : start[row + 1]] for row in range(len(snapshot.learners))],
        base=priorities.base,
        area=[NOWHERE if one.area is None else number[one.area] for one in snapshot.learners],
        areas=[
            frozenset(number[name] for name in one.contract_areas if name in number)
            for one in snapshot.classes
        ],
        places=[one.places for one in snapshot.classes],
        quotas=_quotas(snapshot),
    )


def _quotas(snapshot: Snapshot) -> list[list[Quota]]:
    """Reserves as sets of learner rows; the same group in many classes is worked out once."""
    known: dict[tuple[int | None, tuple[str, ...] | None], frozenset[int]] = {}
    waited = [waiting_days(snapshot.policy, learner) for learner in snapshot.learners]
    table: list[list[Quota]] = []
    for one in snapshot.classes:
        quotas = []
        for reserve in one.reserves:
            group = (reserve.min_waiting_days, reserve.areas)
            if group not in known:
                known[group] = frozenset(
                    row
                    for row, learner in enumerate(snapshot.learners)
                    if reserve.admits(waited[row], learner.area)
                )
            quotas.append(Quota(reserve.count, known[group]))
        table.append(quotas)
    return table


# ---------------------------------------------------------------- writing down


def _assignments(prepared: Round, held: Sequence[int]) -> tuple[Assignment, ...]:
    snapshot, wishes = prepared.snapshot, prepared.wishes
    found = []
    for learner, cls in enumerate(held):
        if cls != NOWHERE:
            row = wishes.start[learner] + prepared.market.wishes[learner].index(cls)
            metres, band = int(wishes.metres[row]), int(wishes.band[row])
            name = snapshot.classes[cls].id
            found.append(Assignment(snapshot.learners[learner].id, name, band, metres / 1000))
    return tuple(sorted(found, key=lambda one: one.learner))


def _unmatched(prepared: Round, held: Sequence[int]) -> tuple[Unmatched, ...]:
    found = [
        Unmatched(
            prepared.snapshot.learners[learner].id,
            OUTRANKED if prepared.market.wishes[learner] else NO_ELIGIBLE_CLASS,
        )
        for learner, cls in enumerate(held)
        if cls == NOWHERE
    ]
    return tuple(sorted(found, key=lambda one: one.learner))


def _cutoffs(prepared: Round, holders: Sequence[Sequence[int]]) -> dict[str, Cutoff]:
    """Last open-place holder of every full class; a class whose places all went to reserves has none."""
    cutoffs = {}
    for cls, one in enumerate(prepared.snapshot.classes):
        if len(holders[cls]) < one.places:
            continue
        in_open = choose(prepared.market, cls, holders[cls]).open
        if in_open:
            cutoffs[one.id] = standing(prepared, in_open[-1], cls)
    return cutoffs


def standing(prepared: Round, learner: int, cls: int) -> Cutoff:
    """Where a class has a learner (both as row numbers)."""
    person = prepared.snapshot.learners[learner]
    return Cutoff(
        priority_band=person.priority_band,
        outside_area=prepared.market.area[learner] not in prepared.market.areas[cls],
        waiting_bucket=prepared.priorities.buckets[learner],
        ticket=prepared.priorities.tickets[learner],
    )


# ---------------------------------------------------------------- for the next round


def next_pressures(snapshot: Snapshot) -> dict[str, float]:
    """Pressure of every class for the next round: how many learners compete for each of its places.

    `pressure_j = sum_i(1 / deg_i) / q_j` over the edges of this snapshot; a class without places counts as
    one. It is frozen before the next round's facts are in, so no learner's own report moves it. Order of rows
    does not matter.
    """
    edges = find_edges(snapshot)
    degree = np.bincount(edges.learner, minlength=len(snapshot.learners))
    order = np.argsort(edges.cls, kind="stable")
    shares = 1.0 / degree[edges.learner[order]]
    cuts = np.searchsorted(edges.cls[order], np.arange(len(snapshot.classes) + 1))
    return {
        one.id: math.fsum(shares[cuts[row] : cuts[row + 1]].tolist()) / max(one.places, 1)
        for row, one in enumerate(snapshot.classes)
    }
