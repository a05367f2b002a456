"""Linking whole files: everybody who shares a key is compared, with the file's own names and crowded addresses.

Stand-alone: no database, no keys. The weights are those of the online scorer; what a name is worth comes from how
often it stands in the file, blended with the lists.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.learners.domain.blocking import keys_of
from hub.learners.domain.file_model import knowing_relations, model_of_file
from hub.learners.domain.keys import KeyKind
from hub.learners.domain.model import Model
from hub.learners.domain.scoring import Comparable, Prepared, Weighed, Zone, prepare, weigh_promising, zone_of

STRONG_KEYS = frozenset({KeyKind.PHONE, KeyKind.EMAIL, KeyKind.BIRTH})
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
    found = []
    for left, right in candidates(prepared, split):
        weighed = weigh_promising(prepared[left], prepared[right], known, known.review_from)
        if weighed is not None and weighed.score >= known.review_from:
            found.append(Linked(left, right, weighed, zone_of(weighed, known)))
    found.sort(key=lambda pair: (-pair.weighed.score, pair.left, pair.right))
    return found


def candidates(prepared: Sequence[Prepared], split: int | None = None) -> Iterator[tuple[int, int]]:
    """Pairs of places that share a key, once each; across `split` only, when it is given."""
    blocks: dict[int, list[int]] = defaultdict(list)
    strong: set[int] = set()
    keyed: list[list[int]] = []
    for place, person in enumerate(prepared):
        hashes = []
        for key in keys_of(person):
            hashed = hash((key.kind.value, key.text))
            hashes.append(hashed)
            blocks[hashed].append(place)
            if key.kind in STRONG_KEYS:
                strong.add(hashed)
        keyed.append(hashes)
    usable = {h: b for h, b in blocks.items() if len(b) > 1 and (h in strong or len(b) <= MOST_IN_BLOCK)}
    for right, hashes in enumerate(keyed):
        if split is not None and right < split:
            continue
        last = right if split is None else split
        met: set[int] = set()
        for hashed in hashes:
            met.update(usable.get(hashed, ()))
        yield from ((left, right) for left in met if left < last)
