"""Deferred acceptance: learners propose in their own order, classes keep the best by theirs.

Works on row numbers and integer keys alone, so nothing in it can know a person, a class or a provider. Gale
and Shapley 1962; reserves as in Hafalir, Yenmez and Yildirim 2013. With these orders the outcome is the
stable matching that is best for every learner, and no learner gains by misreporting.
"""

import heapq
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

NOWHERE = -1
_ALL = 1 << 80  # beyond every key: the class has room
_NONE = -1  # before every key: the class takes nobody


@dataclass(frozen=True, slots=True)
class Quota:
    """Reserved places of one class: up to `count` for `members` (learner rows) before the open places."""

    count: int
    members: Collection[int]


@dataclass(frozen=True, slots=True)
class Market:
    """One round in numbers.

    `wishes[i]`: class rows acceptable to learner `i`, best first. The key of learner `i` at class `j` is
    `base[i]`, plus `len(base)` where `area[i]` is not in `areas[j]`; smaller goes first, and no two learners
    ever tie.
    """

    wishes: Sequence[Sequence[int]]
    base: Sequence[int]
    area: Sequence[int]
    areas: Sequence[Collection[int]]
    places: Sequence[int]
    quotas: Sequence[Sequence[Quota]]

    def key(self, learner: int, cls: int) -> int:
        """Where the class has this learner; smaller is earlier."""
        outside = self.area[learner] not in self.areas[cls]
        return self.base[learner] + (len(self.base) if outside else 0)


def match(market: Market) -> list[int]:
    """The class row each learner gets, or `NOWHERE`. Each proposal costs the logarithm of the class size."""
    owner = _owners(market)
    rosters = [_roster(market, cls, owner) for cls in range(len(market.places))]
    held = [NOWHERE] * len(market.base)
    following = [0] * len(market.base)  # how far down the list each learner has asked
    waiting = list(range(len(market.base)))
    while waiting:
        learner = waiting.pop()
        cls, out = _propose(market, rosters, learner, following)
        held[learner] = cls
        if out is not None:
            loser = owner(out)
            held[loser] = NOWHERE
            waiting.append(loser)
    return held


def _propose(
    market: Market, rosters: "list[_Open | _Reserved]", learner: int, following: list[int]
) -> tuple[int, int | None]:
    """Ask down the learner's list until a class says yes; the class, and the key of whoever had to go."""
    wishes, area = market.wishes[learner], market.area[learner]
    inside = market.base[learner]
    outside = inside + len(market.base)
    for place in range(following[learner], len(wishes)):
        cls = wishes[place]
        key = inside if area in market.areas[cls] else outside
        roster = rosters[cls]
        if key < roster.bar:
            out = roster.take(key)
            if out != key:
                following[learner] = place + 1
                return cls, out
    following[learner] = len(wishes)
    return NOWHERE, None


def _owners(market: Market) -> Callable[[int], int]:
    """From a key back to its learner: keys are unique in their last digit, base the number of learners."""
    width = len(market.base)
    table = [0] * width
    for learner, base in enumerate(market.base):
        table[base % width] = learner
    return lambda key: table[key % width]


def _roster(market: Market, cls: int, owner: Callable[[int], int]) -> "_Open | _Reserved":
    quotas = [quota for quota in market.quotas[cls] if quota.count > 0]
    return _Reserved(market.places[cls], quotas, owner) if quotas else _Open(market.places[cls])


class _Open:
    """Holders of a class without reserves; `bar` is the key at and beyond which nobody gets in."""

    __slots__ = ("bar", "places", "worst")

    def __init__(self, places: int) -> None:
        self.places = places
        self.worst: list[int] = []
        self.bar = _ALL if places else _NONE

    def take(self, key: int) -> int | None:
        """Let `key` in; who has to go, or None while there was room."""
        if len(self.worst) < self.places:
            heapq.heappush(self.worst, -key)
            out = None
        else:
            out = -heapq.heapreplace(self.worst, -key)
        if len(self.worst) == self.places:
            self.bar = -self.worst[0]
        return out


class _Reserved:
    """Holders of a class with reserves, kept group by group as `choose` would sort them.

    A newcomer enters the first group that admits them; whoever falls out there tries the later groups, then
    the open places. When the class is over-full, the last group that holds anyone gives up its last member.
    """

    __slots__ = ("bar", "groups", "open", "owner", "places", "taken")

    def __init__(self, places: int, quotas: Sequence[Quota], owner: Callable[[int], int]) -> None:
        self.places = places
        self.groups: list[tuple[Quota, list[int]]] = [(quota, []) for quota in quotas]
        self.open: list[int] = []
        self.owner = owner
        self.taken = 0
        self.bar = _ALL if places else _NONE

    def take(self, key: int) -> int | None:
        """Offer `key` a place; who has to go (perhaps `key` itself), or None while there was room."""
        self._sort_in(key)
        if self.taken < self.places:
            self.taken += 1
            return None
        heaps = [self.open, *(heap for _, heap in reversed(self.groups))]
        return -heapq.heappop(next(heap for heap in heaps if heap))

    def _sort_in(self, key: int) -> None:
        for quota, heap in self.groups:
            if self.owner(key) not in quota.members:
                continue
            if len(heap) < quota.count:
                heapq.heappush(heap, -key)
                return
            key = -heapq.heappushpop(heap, -key)
        heapq.heappush(self.open, -key)


# ---------------------------------------------------------------- what a class would choose


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom a class takes out of a pool: the reserved places entry by entry, then the open ones."""

    reserved: tuple[tuple[int, ...], ...]
    open: tuple[int, ...]

    def chosen(self) -> set[int]:
        """Everybody who is taken."""
        return {row for group in (*self.reserved, self.open) for row in group}


def choose(market: Market, cls: int, pool: Collection[int]) -> Choice:
    """The choice of a class from `pool` (learner rows), word for word as the rule is published."""
    left = sorted(pool, key=lambda learner: market.key(learner, cls))
    room = market.places[cls]
    groups: list[tuple[int, ...]] = []
    for quota in market.quotas[cls]:
        group = tuple([row for row in left if row in quota.members][: min(quota.count, room)])
        taken = set(group)
        left = [row for row in left if row not in taken]
        room -= len(group)
        groups.append(group)
    return Choice(tuple(groups), tuple(left[:room]))


# ---------------------------------------------------------------- the check on every run


def count_blocking_pairs(market: Market, held: Sequence[int], holders: Sequence[Sequence[int]]) -> int:
    """Pairs that would both rather have each other; a place left empty while someone wants it counts too.

    Works from the outcome alone, not from how it was found.
    """
    doors = [_doors(market, cls, holders[cls]) for cls in range(len(market.places))]
    tops = [max(bar for _, bar in row) for row in doors]
    count = 0
    for learner, wishes in enumerate(market.wishes):
        for cls in wishes:
            if cls == held[learner]:
                break
            key = market.key(learner, cls)
            if key < tops[cls] and any(
                key < bar and (members is None or learner in members) for members, bar in doors[cls]
            ):
                count += 1
    return count


def _doors(market: Market, cls: int, holders: Sequence[int]) -> list[tuple[Collection[int] | None, int]]:
    """Every way into a class: for whom (None: all), and the key one has to be under."""
    choice = choose(market, cls, holders)
    room = market.places[cls]
    doors: list[tuple[Collection[int] | None, int]] = []
    for quota, group in zip(market.quotas[cls], choice.reserved, strict=True):
        doors.append((quota.members, _bar(market, cls, group, min(quota.count, room))))
        room -= len(group)
    doors.append((None, _bar(market, cls, choice.open, room)))
    return doors


def _bar(market: Market, cls: int, group: Sequence[int], room: int) -> int:
    if len(group) < room:
        return _ALL
    return market.key(group[-1], cls) if group else _NONE
