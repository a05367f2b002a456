"""How many people stand on the lists of several providers: the reason for having one list."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Overlap:
    """`on_lists[n]` people stand on n lists; `shared[a, b]` on those of both providers a and b, a < b."""

    people: int
    places: int
    on_lists: Mapping[int, int]
    shared: Mapping[tuple[UUID, UUID], int]

    @property
    def on_several(self) -> int:
        return sum(number for lists, number in self.on_lists.items() if lists > 1)


def overlap(places: Iterable[tuple[UUID, UUID]], same: Iterable[tuple[UUID, UUID]]) -> Overlap:
    """Count people over (provider, learner) places, where the pairs of learners in `same` are one person.

    Sameness is followed through: two records that are each the same as a third are one person.
    """
    people: dict[UUID, UUID] = {}
    for one, other in same:
        people[_root(people, one)] = _root(people, other)
    lists: dict[UUID, set[UUID]] = defaultdict(set)
    count = 0
    for provider, learner in places:
        lists[_root(people, learner)].add(provider)
        count += 1
    shared = Counter(pair for providers in lists.values() for pair in combinations(sorted(providers), 2))
    on_lists = Counter(len(providers) for providers in lists.values())
    return Overlap(len(lists), count, dict(sorted(on_lists.items())), dict(shared))


def _root(people: dict[UUID, UUID], one: UUID) -> UUID:
    while (other := people.get(one, one)) != one:
        one = other
    return one
