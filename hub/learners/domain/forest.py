"""Merges as a forest: each learner points at none or one other; the root of its tree is the survivor.

A merge adds one pointer between two roots, an unmerge takes that one away; nothing else changes. So undoing
is exact whatever happened in between, in any order, and a merge can never make a circle.
"""

from collections.abc import Mapping
from uuid import UUID

Parents = Mapping[UUID, UUID | None]


def root_of(learner_id: UUID, parents: Parents) -> UUID:
    """The survivor that `learner_id` stands for."""
    while (parent := parents.get(learner_id)) is not None:
        learner_id = parent
    return learner_id


def tree_of(top: UUID, parents: Parents) -> frozenset[UUID]:
    """`top` and all that were merged into it, directly or not."""
    children: dict[UUID, list[UUID]] = {}
    for child, parent in parents.items():
        if parent is not None:
            children.setdefault(parent, []).append(child)
    found, waiting = {top}, [top]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            found.add(child)
            waiting.append(child)
    return frozenset(found)
