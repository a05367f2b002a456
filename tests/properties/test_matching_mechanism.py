"""Seven promises of the allocation over 20,000 random markets, and two other mechanisms that break them.

The numbers of the other mechanisms prove that the test could see a fault if there was one.
"""

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.matching.domain.market import NOWHERE, Market, Quota, choose, count_blocking_pairs, match
from hub.matching.domain.maximum import maximum_placed

Mechanism = Callable[[Market], list[int]]
CHUNKS, PER_CHUNK = 10, 2_000


def random_market(rng: random.Random, reserves: bool = True) -> Market:
    """3 to 14 learners, 2 to 5 classes, 0 to 4 places, bands, areas and reserves."""
    learners, classes = rng.randrange(3, 15), rng.randrange(2, 6)
    names = range(classes)
    order = list(range(learners))
    rng.shuffle(order)
    return Market(
        wishes=[rng.sample(names, rng.randrange(classes + 1)) for _ in range(learners)],
        base=[2 * rng.randrange(3) * learners + place for place in order],
        area=[rng.randrange(-1, 2) for _ in range(learners)],
        areas=[frozenset(rng.sample((0, 1), rng.randrange(3))) for _ in names],
        places=[rng.randrange(5) for _ in names],
        quotas=[_quotas(rng, learners) if reserves and rng.random() < 0.4 else [] for _ in names],
    )


def _quotas(rng: random.Random, learners: int) -> list[Quota]:
    return [
        Quota(rng.randrange(4), frozenset(row for row in range(learners) if rng.random() < 0.4))
        for _ in range(rng.randrange(1, 3))
    ]


# ---------------------------------------------------------------- the promises


def rank(market: Market, learner: int, cls: int) -> int:
    """Place of a class on a learner's true list; nowhere comes after all of it."""
    return len(market.wishes[learner]) if cls == NOWHERE else market.wishes[learner].index(cls)


def stable(mechanism: Mechanism, market: Market, held: list[int], rng: random.Random) -> bool:
    """No justified envy, no waste, nobody placed where they did not ask, no class over-full."""
    del mechanism, rng
    rosters = [[row for row, cls in enumerate(held) if cls == one] for one in range(len(market.places))]
    for cls, roster in enumerate(rosters):
        if choose(market, cls, roster).chosen() != set(roster):
            return False
    return not any(
        learner in choose(market, cls, [*rosters[cls], learner]).chosen()
        for learner, wishes in enumerate(market.wishes)
        for cls in wishes[: rank(market, learner, held[learner])]
    )


def strategy_proof(mechanism: Mechanism, market: Market, held: list[int], rng: random.Random) -> bool:
    """Six reordered or shortened lists of one learner never bring them something better."""
    learner = rng.randrange(len(held))
    true = market.wishes[learner]
    if not true or held[learner] == true[0]:
        return True
    for _ in range(6):
        lie = rng.sample(true, rng.randrange(1, len(true) + 1))
        wishes = [*market.wishes[:learner], lie, *market.wishes[learner + 1 :]]
        got = mechanism(replace(market, wishes=wishes))[learner]
        if rank(market, learner, got) < rank(market, learner, held[learner]):
            return False
    return True


def extra_seat(mechanism: Mechanism, market: Market, held: list[int], rng: random.Random) -> bool:
    """One more place in a class hurts nobody."""
    cls = rng.randrange(len(market.places))
    places = [room + (one == cls) for one, room in enumerate(market.places)]
    after = mechanism(replace(market, places=places))
    return all(rank(market, row, after[row]) <= rank(market, row, held[row]) for row in range(len(held)))


def better_priority(mechanism: Mechanism, market: Market, held: list[int], rng: random.Random) -> bool:
    """A better priority band never hurts the learner who gets it."""
    learner, width = rng.randrange(len(held)), len(held)
    better = market.base[learner] % width
    base = [better if row == learner else key for row, key in enumerate(market.base)]
    after = mechanism(replace(market, base=base))
    return rank(market, learner, after[learner]) <= rank(market, learner, held[learner])


def newcomer(mechanism: Mechanism, market: Market, held: list[int], rng: random.Random) -> bool:
    """Nobody gains by another learner's coming: take one away, and nobody who stays is worse off."""
    gone = rng.randrange(len(held))
    without = mechanism(
        replace(market, wishes=[[] if row == gone else one for row, one in enumerate(market.wishes)])
    )
    return all(
        rank(market, row, without[row]) <= rank(market, row, held[row])
        for row in range(len(held))
        if row != gone
    )


def relabelled(mechanism: Mechanism, market: Market, held: list[int], rng: random.Random) -> bool:
    """Other row numbers for learners and classes, and everybody gets the same."""
    rows, names = list(range(len(held))), list(range(len(market.places)))
    rng.shuffle(rows)
    rng.shuffle(names)  # new row r is old row rows[r]; new class c is old class names[c]
    new_row = {old: new for new, old in enumerate(rows)}
    new_name = {old: new for new, old in enumerate(names)}
    other = Market(
        wishes=[[new_name[cls] for cls in market.wishes[old]] for old in rows],
        base=[market.base[old] for old in rows],
        area=[market.area[old] for old in rows],
        areas=[market.areas[old] for old in names],
        places=[market.places[old] for old in names],
        quotas=[
            [Quota(quota.count, {new_row[row] for row in quota.members}) for quota in market.quotas[old]]
            for old in names
        ],
    )
    after = mechanism(other)
    return all(
        (NOWHERE if after[new] == NOWHERE else names[after[new]]) == held[old] for new, old in enumerate(rows)
    )


def rural_hospitals(mechanism: Mechanism, market: Market, held: list[int], rng: random.Random) -> bool:
    """The stable matching best for classes places the same people and fills classes alike."""
    del mechanism, rng
    other = class_proposing(market)
    if any((one == NOWHERE) != (two == NOWHERE) for one, two in zip(held, other, strict=True)):
        return False
    for cls, room in enumerate(market.places):
        mine = [row for row, one in enumerate(held) if one == cls]
        theirs = [row for row, one in enumerate(other) if one == cls]
        if len(mine) != len(theirs) or (len(mine) < room and mine != theirs):
            return False
    return True


PROMISES = (stable, strategy_proof, extra_seat, better_priority, newcomer, relabelled, rural_hospitals)


def violations(mechanism: Mechanism, markets: int, seed: int) -> Counter[str]:
    """How often each promise is broken."""
    rng = random.Random(seed)
    broken: Counter[str] = Counter()
    for _ in range(markets):
        market = random_market(rng)
        held = mechanism(market)
        broken.update(promise.__name__ for promise in PROMISES if not promise(mechanism, market, held, rng))
    return broken


# ---------------------------------------------------------------- other mechanisms


def class_proposing(market: Market) -> list[int]:
    """Classes offer to their choice of those who have not refused them; learners keep the best offer."""
    pools = [
        {row for row, wishes in enumerate(market.wishes) if cls in wishes}
        for cls in range(len(market.places))
    ]
    while True:
        held, refused = [NOWHERE] * len(market.base), False
        for cls, pool in enumerate(pools):
            for row in choose(market, cls, pool).chosen():
                worse = cls
                if rank(market, row, cls) < rank(market, row, held[row]):
                    worse, held[row] = held[row], cls
                if worse != NOWHERE:
                    pools[worse].discard(row)
                    refused = True
        if not refused:
            return held


def boston(market: Market) -> list[int]:
    """Immediate acceptance: each round the places left go to those who ask now, for good."""
    held = [NOWHERE] * len(market.base)
    room = list(market.places)
    for turn in range(max(map(len, market.wishes), default=0)):
        asking: dict[int, list[int]] = {}
        for row, wishes in enumerate(market.wishes):
            if held[row] == NOWHERE and turn < len(wishes):
                asking.setdefault(wishes[turn], []).append(row)
        for cls, rows in asking.items():
            for _, row in sorted((market.key(row, cls), row) for row in rows)[: room[cls]]:
                held[row] = cls
                room[cls] -= 1
    return held


def augment(market: Market) -> list[int]:
    """As many as possible, in order of priority: each learner who can be fitted in is, by moving others."""
    held = [NOWHERE] * len(market.base)

    def fit(row: int, seen: set[int]) -> bool:
        for cls in market.wishes[row]:
            if cls in seen:
                continue
            seen.add(cls)
            holders = [other for other, one in enumerate(held) if one == cls]
            if len(holders) < market.places[cls] or any(fit(other, seen) for other in holders):
                held[row] = cls
                return True
        return False

    for row in sorted(range(len(held)), key=market.base.__getitem__):
        fit(row, set())
    return held


# ---------------------------------------------------------------- the tests


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_deferred_acceptance_breaks_no_promise(chunk):
    assert CHUNKS * PER_CHUNK >= 20_000
    assert violations(match, PER_CHUNK, seed=chunk) == Counter()


def test_the_boston_mechanism_is_caught():
    broken = violations(boston, 1_000, seed=1)
    assert broken["stable"] > 100
    assert broken["strategy_proof"] > 10


def test_the_largest_matching_is_caught():
    broken = violations(augment, 1_500, seed=2)
    assert broken["stable"] > 100
    for promise in ("strategy_proof", "extra_seat", "newcomer", "relabelled"):
        assert broken[promise] > 0, promise


def test_the_count_of_blocking_pairs_agrees_with_the_plain_reading():
    """On stable and unstable outcomes alike: every pair, one at a time, by the class's choice."""
    rng = random.Random(5)
    counted = 0
    for _ in range(1_500):
        market = random_market(rng)
        held = rng.choice((match, boston))(market)
        rosters = [[row for row, cls in enumerate(held) if cls == one] for one in range(len(market.places))]
        plain = sum(
            learner in choose(market, cls, [*rosters[cls], learner]).chosen()
            for learner, wishes in enumerate(market.wishes)
            for cls in wishes[: rank(market, learner, held[learner])]
        )
        assert count_blocking_pairs(market, held, rosters) == plain
        counted += plain
    assert counted > 500


def test_no_stable_matching_at_all_is_better_for_any_learner():
    """Learner-optimal, against every stable matching there is, listed one by one in small markets."""
    rng = random.Random(6)
    several = 0
    for _ in range(6_000):
        market = random_market(rng)
        if len(market.base) > 5 or math.prod(len(wishes) + 1 for wishes in market.wishes) > 400:
            continue
        market = replace(market, base=[key % len(market.base) for key in market.base])  # areas matter most
        held = match(market)
        others = [
            list(one)
            for one in itertools.product(*([*wishes, NOWHERE] for wishes in market.wishes))
            if stable(match, market, list(one), rng)
        ]
        assert held in others
        assert all(
            rank(market, row, held[row]) <= rank(market, row, one[row])
            for one in others
            for row in range(len(held))
        )
        several += len(others) > 1
    assert several > 0


def test_the_largest_number_is_found_from_any_start():
    rng = random.Random(7)
    for _ in range(1_500):
        market = random_market(rng)
        size = sum(cls != NOWHERE for cls in augment(market))
        for start in (match(market), boston(market), [NOWHERE] * len(market.base)):
            assert maximum_placed(market.wishes, market.places, start) == size
