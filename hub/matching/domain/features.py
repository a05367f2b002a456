"""The two sides of a round as columns of bits, days and degrees, so that a million pairs cost milliseconds.

A pair stands on the bit rules iff the `clash` words of its two rows share no bit, and their `level` and
`funding` words share one. Words are as many as the round's vocabulary asks for.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.matching.domain.eligibility import offered
from hub.matching.domain.snapshot import LEVELS, SKILLS, SLOTS, Location, Snapshot, SnapshotClass

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the market, a row for each learner or class of the snapshot."""

    clash: Words
    level: Words
    funding: Words
    place: Floats  # latitude and longitude in degrees; NaN where there is none
    first: Ints  # days: a learner's window; a class starts on both
    last: Ints
    reach_km: Floats  # a learner's furthest travel
    online: Flags


def learner_side(snapshot: Snapshot) -> Side:
    rows = snapshot.learners
    required, needed, funds = _vocabulary(snapshot)
    all_slots, all_required = _bits(SLOTS, _SLOT_BITS), _bits(required, required)
    slot = [all_slots & ~_bits(row.available, _SLOT_BITS) for row in rows]
    lacks = [all_required & ~_bits(row.holds, required) for row in rows]
    needs = [_bits(row.needs, needed) for row in rows]
    skill = [_bits((f"{name} {row.skills.get(name)}" for name in SKILLS), _SKILL_BITS) for row in rows]
    level = [_bits((row.level,), _LEVEL_BITS) | _bits(row.also, _LEVEL_BITS) << len(LEVELS) for row in rows]
    return Side(
        clash=_words(_packed((slot, skill, lacks, needs), len(required)), _clash_width(snapshot)),
        level=_words(level, 2 * len(LEVELS)),
        funding=_words([_bits(row.funding, funds) for row in rows], len(funds)),
        place=_places([row.location for row in rows]),
        first=np.array([row.available_from.toordinal() for row in rows], dtype=np.int64),
        last=np.array([row.latest_start.toordinal() for row in rows], dtype=np.int64),
        reach_km=np.array([row.max_travel_km for row in rows], dtype=np.float64),
        online=np.zeros(len(rows), dtype=np.bool_),
    )


def class_side(snapshot: Snapshot) -> Side:
    rows = snapshot.classes
    required, needed, funds = _vocabulary(snapshot)
    all_needed = _bits(needed, needed)
    slot = [_bits(row.sessions, _SLOT_BITS) for row in rows]
    requires = [_bits(row.requires, required) for row in rows]
    misses = [all_needed & ~_bits(offered(row), needed) for row in rows]
    taught = [_bits(row.levels, _LEVEL_BITS) for row in rows]
    level = [
        bits | (bits << len(LEVELS) if row.rw_support else 0) for bits, row in zip(taught, rows, strict=True)
    ]
    starts = np.array([row.starts.toordinal() for row in rows], dtype=np.int64)
    skill = [_forbidden_skills(row) for row in rows]
    return Side(
        clash=_words(_packed((slot, skill, requires, misses), len(required)), _clash_width(snapshot)),
        level=_words(level, 2 * len(LEVELS)),
        funding=_words([_bits(row.funding, funds) for row in rows], len(funds)),
        place=_places([row.location for row in rows]),
        first=starts,
        last=starts,
        reach_km=np.zeros(len(rows), dtype=np.float64),
        online=np.array([row.online for row in rows], dtype=np.bool_),
    )


_SLOT_BITS = {slot: place for place, slot in enumerate(SLOTS)}
_LEVEL_BITS = {level: place for place, level in enumerate(LEVELS)}
_SKILL_LEVELS = [f"{skill} {level}" for skill in SKILLS for level in (*LEVELS, None)]
_SKILL_BITS = {name: place for place, name in enumerate(_SKILL_LEVELS)}


def _vocabulary(snapshot: Snapshot) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Bit numbers of every requirement, need and fund that can decide a pair in this round."""
    required = {word for one in snapshot.classes for word in one.requires}
    needed = {word for learner in snapshot.learners for word in learner.needs}
    funds = {word for one in snapshot.classes for word in one.funding}
    return _numbered(required), _numbered(needed), _numbered(funds)


def _numbered(words: set[str]) -> dict[str, int]:
    return {word: place for place, word in enumerate(sorted(words))}


def _clash_width(snapshot: Snapshot) -> int:
    required, needed, _ = _vocabulary(snapshot)
    return len(SLOTS) + len(_SKILL_BITS) + len(required) + len(needed)


def _packed(columns: tuple[list[int], list[int], list[int], list[int]], required: int) -> list[int]:
    """Slot, skill, requirement and need bits side by side in one number for each row."""
    skills_at, required_at = len(SLOTS), len(SLOTS) + len(_SKILL_BITS)
    needs_at = required_at + required
    return [
        slot | skill << skills_at | require << required_at | need << needs_at
        for slot, skill, require, need in zip(*columns, strict=True)
    ]


def _bits(words: Iterable[str], number: dict[str, int]) -> int:
    mask = 0
    for word in words:
        if word in number:
            mask |= 1 << number[word]
    return mask


def _forbidden_skills(one: SnapshotClass) -> int:
    """The skill levels a class shuts out: in a named skill, all that are not listed, and 'not known'."""
    names = (
        f"{skill} {level}"
        for skill, band in one.skill_bands.items()
        for level in (*LEVELS, None)
        if level not in band
    )
    return _bits(names, _SKILL_BITS)


def _words(masks: Sequence[int], width: int) -> Words:
    """Masks of any width as rows of 64-bit words, at least one."""
    count = max(1, -(-width // 64))
    table = np.zeros((len(masks), count), dtype=np.uint64)
    for word in range(count):
        table[:, word] = [mask >> 64 * word & 0xFFFF_FFFF_FFFF_FFFF for mask in masks]
    return table


def _places(locations: Sequence[Location | None]) -> Floats:
    rows = [(math.nan, math.nan) if at is None else (round(at[0], 3), round(at[1], 3)) for at in locations]
    return np.array(rows, dtype=np.float64).reshape(len(rows), 2)
