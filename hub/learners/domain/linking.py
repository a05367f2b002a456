"""Linking whole files: everybody who shares a key is compared, with the file's own names and crowded addresses.

Stand-alone: no database, no keys. The weights are those of the online scorer; what a name is worth comes from how
often it stands in the file, blended with the lists.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2

from hub.learners.domain.blocking import keys_of
from hub.learners.domain.file_model import knowing_relations, model_of_file
from hub.learners.domain.keys import KeyKind
from hub.learners.domain.model import Model
from hub.learners.domain.scoring import Comparable, Prepared, Weighed, Zone, prepare, weigh_promising, zone_of

STRONG_KEYS = frozenset({KeyKind.PHONE, KeyKind.EMAIL, KeyKind.BIRTH})
SURE_ENOUGH, FEWEST_LIKELY, MOST_SHIFT = 4.0, 20, 2.0
EXPECTED_SHIFT = 1.0  # of a list in which one person in seven stands twice; others are weighed a second time
MOST_IN_BLOCK = 300  # of a weak key: a name pair or year of more people is no reason to compare them all


@dataclass(frozen=True, slots=True)
class Linked:
    """Two records, by their places in the input, that may be one person."""

    left: int
    right: int
    weighed: Weighed
    zone: Zone


def link(
    people: Sequence[Comparable], model: Model, others: Sequence[Comparable] | None = None
) -> list[Linked]:
    """The pairs of score 0 and more, best first: within `people`, or between them and `others`.

    Places of `others` count on from those of `people`.
    """
    everybody = [*people, *(others or ())]
    split = None if others is None else len(people)
    known = model_of_file(everybody, model, between=split)
    prepared = [prepare(person, known) for person in everybody]
    known = knowing_relations(prepared, known)
    prepared = [person.under(known) for person in prepared]
    count = None if others is None else len(others)
    weighed = _weigh_all(prepared, split, known, EXPECTED_SHIFT)
    shift = _shift([one.score for _, _, one in weighed], len(people), count)
    if shift < EXPECTED_SHIFT:
        weighed = _weigh_all(prepared, split, known, shift)
    found = [
        Linked(left, right, one, zone_of(one, known))
        for left, right, one in ((left, right, one.shifted(shift)) for left, right, one in weighed)
        if one.score >= known.review_from
    ]
    found.sort(key=lambda pair: (-pair.weighed.score, pair.left, pair.right))
    return found


def _doors(person: Prepared) -> Iterator[tuple[str, str]]:
    """The house number with each of the two longest words of the street: in files only, never stored."""
    words = sorted(person.contact.address.split(), key=lambda word: (-len(word), word))[:2]
    number = max(person.contact.numbers, key=lambda one: (len(one), one), default=None)
    if number is not None:
        yield from ((number, word) for word in words if word not in _KINDS_OF_STREET)


_KINDS_OF_STREET = frozenset(
    ["street", "road", "avenue", "lane", "drive", "court", "close", "gardens", "terrace", "house"]
)


def _weigh_all(
    prepared: Sequence[Prepared], split: int | None, model: Model, least: float
) -> list[tuple[int, int, Weighed]]:
    """All pairs of at least this score."""
    found = []
    for left, right in candidates(prepared, split):
        one = weigh_promising(prepared[left], prepared[right], model, least)
        if one is not None and one.score >= least:
            found.append((left, right, one))
    return found


def _shift(scores: Sequence[float], first: int, second: int | None) -> float:
    """Bits to take from every score, because fewer of the file's pairs are one person than one for each record.

    The population stands for that; how many pairs are clearly one person says what it really is.
    """
    likely = max(1, sum(score >= SURE_ENOUGH for score in scores))
    pairs = first * first / 2 if second is None else first * second
    usual = max(first, second or 0)
    if likely < FEWEST_LIKELY:
        return 0.0
    return min(MOST_SHIFT, max(-MOST_SHIFT, log2(pairs / likely / usual)))


def candidates(prepared: Sequence[Prepared], split: int | None = None) -> Iterator[tuple[int, int]]:
    """Pairs of places that share a key, once each; across `split` only, when it is given."""
    keyed, usable = _keyed(prepared)
    for right, hashes in enumerate(keyed):
        blocks = [block for hashed in hashes if (block := usable.get(hashed)) is not None]
        if split is None or right >= split:
            yield from ((left, right) for left in set[int]().union(*blocks))
        if split is None or right < split:
            for block in blocks:
                block.append(right)


def _keyed(prepared: Sequence[Prepared]) -> tuple[list[list[int]], dict[int, list[int]]]:
    """The hashes of everybody's keys, and an empty block for each that is worth comparing all who share it."""
    keyed: list[list[int]] = []
    strong: set[int] = set()
    for person in prepared:
        keys = keys_of(person)
        strong.update(hash(key) for key in keys if key.kind in STRONG_KEYS)
        keyed.append([*map(hash, keys), *map(hash, _doors(person))])
    sizes = Counter(hashed for hashes in keyed for hashed in hashes)
    return keyed, {
        hashed: []
        for hashed, size in sizes.items()
        if size > 1 and (size <= MOST_IN_BLOCK or hashed in strong)
    }
