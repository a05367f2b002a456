"""What was sealed against what is there: the first seal or entry that was altered, removed, added or moved."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

import orjson

from hub.infra.seals.chain import (
    HASH_BYTES,
    NOTHING_BEFORE,
    Seal,
    is_signed,
    leaf_of,
    merkle_root,
    seqs_of,
)
from hub.infra.seals.removal import Removed

MOST_LOOKED_AT = 1_000
"""So many changed entries are looked at to tell a moved one from an altered one."""

FaultKind = Literal["altered", "missing", "added", "returned", "reordered", "seal", "removal", "published"]
Expected = tuple[int, bytes, int]
"""(sequence number, leaf, number of the seal)"""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong first, in words that name it."""

    kind: FaultKind
    words: str
    seq: int | None = None
    entry_id: str | None = None
    seal: int | None = None
    removal: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Chain:
    """The state of walking along the seals: what came last, and the first fault."""

    public: bytes
    published: Mapping[int, Seal] = field(default_factory=dict)
    seals: int = 0
    last: Seal | None = None
    sealed_at: datetime | None = None
    sealed_to: int | None = None
    fault: Fault | None = None
    partial: bool = False
    """An export may begin in the middle of the chain, and a learner's own holds only the seals it needs."""

    def go_on_from(self, seal: Seal) -> None:
        """What stood before this seal was checked, or was removed by rule: it is the one that the next follows."""
        self.last, self.sealed_at, self.sealed_to = seal, seal.made_at, seal.ranges[-1][1]

    def begin_behind(self, removed: Removed) -> None:
        """The chain goes on from the seal that the last removal of whole periods kept."""
        if removed.wrong is not None:
            number, words = removed.wrong
            self.fault = Fault("removal", words, removal=number)
        start = removed.start
        if start is None:
            return
        known = self.published.get(start.number)
        if self.fault is None and known is not None and known.hash != start.hash:
            words = f"Seal {start.number}, kept at its removal, is not the one that was published."
            self.fault = Fault("published", words, seal=start.number)
        self.go_on_from(start)

    def take(self, seal: Seal, leaves: bytes | None) -> None:
        """Check the next seal; `leaves` None where an export has none."""
        if self.fault is None:
            self.fault = self._fault_of(seal, leaves)
        self.seals, self.last = self.seals + 1, seal
        self.sealed_at = seal.made_at
        self.sealed_to = max(self.sealed_to or 0, *(last for _, last in seal.ranges))

    def end(self) -> None:
        """Nothing comes after: what was published beyond it was cut off."""
        last = self.last.number if self.last else 0
        cut = [number for number in self.published if number > last]
        if self.fault is None and cut and not self.partial:
            self.fault = Fault(
                "published", f"Seal {min(cut)} was published and is not there: the end of the audit was cut off.",
                seal=min(cut),
            )  # fmt: skip

    def _fault_of(self, seal: Seal, leaves: bytes | None) -> Fault | None:
        number, expected = seal.number, (self.last.number + 1 if self.last else 1)
        if number != expected and not self.partial:
            return Fault("seal", f"Seal {expected} is missing.", seal=expected)
        for wrong, words in (
            (not self._follows(seal), f"Seal {number} does not follow from the one before it."),
            (seal.hash != sha256(seal.body()).digest(), f"Seal {number} was altered."),
            (not is_signed(seal, self.public), f"Seal {number} does not carry our signature."),
            (
                leaves is not None and not _fits(seal, leaves),
                f"Seal {number} was altered: its root is another.",
            ),
        ):
            if wrong:
                return Fault("seal", words, seal=number)
        known = self.published.get(number)
        if known is not None and known.hash != seal.hash:
            return Fault("published", f"Seal {number} is not the one that was published.", seal=number)
        return None

    def _follows(self, seal: Seal) -> bool:
        if self.last is None or (self.partial and seal.number != self.last.number + 1):
            return self.partial or seal.prev_hash == NOTHING_BEFORE
        return seal.prev_hash == self.last.hash


def _fits(seal: Seal, leaves: bytes) -> bool:
    held = leaves_in(leaves)
    counted = sum(last - first + 1 for first, last in seal.ranges)
    return len(held) == seal.entries == counted and merkle_root(held) == seal.root


def leaves_in(leaves: bytes) -> list[bytes]:
    """The leaves that were stored one behind the other."""
    return [leaves[start : start + HASH_BYTES] for start in range(0, len(leaves), HASH_BYTES)]


def expected_entries(seals: Iterable[tuple[int, Any, bytes]]) -> Iterator[Expected]:
    """Every sealed entry in ascending order, from (number, ranges, leaves) ordered by their first numbers.

    Seals may reach into each other, where a late entry went into a later one: such are joined and sorted.
    """
    island: list[Expected] = []
    end = 0
    for number, ranges, leaves in seals:
        if island and ranges[0][0] > end:
            yield from sorted(island)
            island.clear()
        rows = zip(seqs_of(ranges), leaves_in(leaves), strict=False)
        island.extend((seq, leaf, number) for seq, leaf in rows)
        end = max(end, ranges[-1][1])
    yield from sorted(island)


@dataclass(slots=True)
class Comparison:
    """How many entries were compared, how many are not sealed yet, and the first fault."""

    entries: int = 0
    unsealed: int = 0
    fault: Fault | None = None


_NOTHING_REMOVED = Removed()


def compare(
    expected: Iterable[Expected],
    actual: Iterable[tuple[int, bytes]],
    settled: int,
    removed: Removed = _NOTHING_REMOVED,
) -> Comparison:
    """Walk along both in ascending order. An entry in no seal is new, unless everything up to `settled` is sealed.
    One that was removed by rule may not be there again."""
    found, faults = Comparison(), _Faults(removed)
    sealed = iter(expected)
    due = next(sealed, None)
    for seq, line in actual:
        while due is not None and due[0] < seq:
            faults.missing(due)
            due = next(sealed, None)
        if removed.holds(seq):
            faults.returned(seq, line)
        elif due is None or seq < due[0]:
            found.unsealed += 1
            if seq <= settled:
                faults.added(seq, line)
            continue
        else:
            found.entries += 1
            if leaf_of(line) != due[1]:
                faults.changed(due, line)
        if due is not None and due[0] == seq:
            due = next(sealed, None)
    while due is not None:
        faults.missing(due)
        due = next(sealed, None)
    found.fault = faults.first()
    return found


class _Faults:
    """The first of each kind, and enough of the changed entries to see which were moved."""

    def __init__(self, removed: Removed) -> None:
        self._removed = removed
        self._firsts: list[Fault] = []
        self._kinds: set[str] = set()
        self._changed: dict[int, tuple[Expected, bytes]] = {}

    def _keep(self, fault: Fault) -> None:
        if fault.kind not in self._kinds:
            self._kinds.add(fault.kind)
            self._firsts.append(fault)

    def missing(self, due: Expected) -> None:
        if self._removed.holds(due[0]):
            return
        words = f"Entry {due[0]} is missing: seal {due[2]} holds it."
        self._keep(Fault("missing", words, seq=due[0], seal=due[2]))

    def added(self, seq: int, line: bytes) -> None:
        words = f"Entry {seq} was added later: no seal holds it, though those around it are sealed."
        self._keep(Fault("added", words, seq=seq, entry_id=_id_in(line)))

    def returned(self, seq: int, line: bytes) -> None:
        words = f"Entry {seq} was removed by rule and is there again."
        self._keep(Fault("returned", words, seq=seq, entry_id=_id_in(line)))

    def changed(self, due: Expected, line: bytes) -> None:
        if len(self._changed) < MOST_LOOKED_AT:
            self._changed[due[0]] = (due, line)

    def first(self) -> Fault | None:
        if self._changed:
            self._firsts.append(self._moved_or_altered(*self._changed[min(self._changed)]))
        return min(self._firsts, key=lambda one: one.seq or 0, default=None)

    def _moved_or_altered(self, due: Expected, line: bytes) -> Fault:
        seq, _, number = due
        entry = orjson.loads(line)
        for other, (sealed, _) in self._changed.items():
            if other != seq and leaf_of(orjson.dumps(entry | {"seq": other})) == sealed[1]:
                words = f"Entry {seq} is out of order: what stands there was sealed as entry {other}."
                return Fault("reordered", words, seq, entry["id"], number)
        return Fault(
            "altered", f"Entry {seq} was altered after seal {number} was made.", seq, entry["id"], number
        )


def _id_in(line: bytes) -> str:
    return str(orjson.loads(line)["id"])
