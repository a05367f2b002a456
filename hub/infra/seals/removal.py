"""A removal by rule: which sealed entries went, when and by which rule, signed, so that nothing else can have gone.

Removals stand in a chain of their own. One of `whole` periods takes entries and seals together and keeps the last of
these seals: the chain of seals goes on from it. Another takes some entries of a period: its seals stay.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from hub.infra.seals.chain import NOTHING_BEFORE, Ranges, Seal, Signer, carries_signature, seal_from

_BYTES = ("root", "archive_hash", "prev_hash", "hash", "signature")
_TIMES = ("made_at", "before", "first_at", "last_at")


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal: the entries of `ranges` (sequence numbers, both ends), all before `before`, by the rule `rule`.

    `root` is the Merkle root over the leaves of these entries in their order. `first_seal` to `last_seal` were looked
    through; when `whole`, they went too, and `end` is the last of them as it was published. `archive` names the
    sealed file with what went, if one was written, and `archive_hash` is its SHA-256.
    """

    number: int
    made_at: datetime
    rule: str
    whole: bool
    before: datetime
    first_seal: int
    last_seal: int
    ranges: Ranges
    entries: int
    first_at: datetime
    last_at: datetime
    root: bytes
    end: Mapping[str, Any] | None
    archive: str | None
    archive_hash: bytes | None
    key_id: str
    prev_hash: bytes = NOTHING_BEFORE
    hash: bytes = b""
    signature: bytes = b""

    def body(self) -> bytes:
        """What the removal's hash is made of."""
        told = self.published()
        parts = [told[name] for name in told if name not in _OVER_THE_BODY]
        return orjson.dumps(
            ["esol-hub-removal-1", *parts], option=orjson.OPT_SORT_KEYS
        )  # jsonb keeps no order

    def published(self) -> dict[str, Any]:
        """The removal in JSON, as others keep it and as the database takes it."""
        told = asdict(self)
        told |= {name: _hexed(told[name]) for name in _BYTES}
        times = {name: told[name].astimezone(UTC).isoformat(timespec="microseconds") for name in _TIMES}
        return told | times | {"ranges": [list(one) for one in self.ranges]}

    @property
    def words(self) -> str:
        """What went, for people."""
        return "Whole months" if self.whole else "Security entries alone"

    def end_seal(self) -> Seal | None:
        """The seal from which the chain goes on; None where the seals stayed."""
        return seal_from(self.end) if self.end is not None else None


_OVER_THE_BODY = {"hash", "signature"}


def _hexed(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def removal_from(published: Mapping[str, Any]) -> Removal:
    """A removal out of what `published` wrote; ValueError, KeyError or TypeError when it is not one."""
    told = dict(published)
    told |= {name: bytes.fromhex(told[name]) for name in _BYTES if told[name] is not None}
    return Removal(**told | {name: datetime.fromisoformat(told[name]) for name in _TIMES})


def signed(draft: Removal, prev_hash: bytes, signer: Signer) -> Removal:
    """The removal with its place in the chain, its hash and our signature."""
    placed = replace(draft, prev_hash=prev_hash, key_id=signer.key_id)
    digest = sha256(placed.body()).digest()
    return replace(placed, hash=digest, signature=signer.sign(digest))


@dataclass(frozen=True, slots=True)
class Removed:
    """All that was removed by rule, and the first thing that is wrong with it, in words."""

    removals: Sequence[Removal] = ()
    wrong: tuple[int, str] | None = None
    """(number of the removal, what is wrong)"""
    spans: Sequence[tuple[int, int]] = ()

    def by_rule(self) -> dict[str, tuple[int, datetime]]:
        """Rule -> (how many entries went, when the newest of them was written)."""
        found: dict[str, tuple[int, datetime]] = {}
        for one in self.removals:
            entries, last = found.get(one.rule, (0, one.last_at))
            found[one.rule] = (entries + one.entries, max(last, one.last_at))
        return found

    @property
    def start(self) -> Seal | None:
        """The kept seal from which the chain goes on."""
        return next((one.end_seal() for one in reversed(self.removals) if one.whole), None)

    def holds(self, seq: int) -> bool:
        """Whether this entry was removed by rule."""
        at = bisect_right(self.spans, (seq, 2**63)) - 1
        return at >= 0 and self.spans[at][0] <= seq <= self.spans[at][1]


def removed(
    removals: Iterable[Removal], public: bytes, published: Mapping[int, Removal], *, partial: bool = False
) -> Removed:
    """Check the chain of removals against its signatures and against what was published. A removal that is not ours
    removes nothing: what it names is missing. `partial`: a file may hold some of them only."""
    found, wrong, last = list[Removal](), None, None
    for one in removals:
        wrong = wrong or _wrong(one, last, public, published.get(one.number), partial)
        last = one
        if wrong is None:
            found.append(one)
    cut = [number for number in published if number > (last.number if last else 0)]
    if wrong is None and cut and not partial:
        wrong = (min(cut), f"Removal {min(cut)} was published and is not there.")
    spans = sorted((first, end) for one in found for first, end in one.ranges)
    return Removed(found, wrong, spans)


def _wrong(
    one: Removal, last: Removal | None, public: bytes, known: Removal | None, partial: bool
) -> tuple[int, str] | None:
    expected, prev_hash = (last.number + 1, last.hash) if last else (1, NOTHING_BEFORE)
    if one.number != expected and not partial:
        return expected, f"Removal {expected} is missing."
    for fails, words in (
        (one.prev_hash != prev_hash and not partial, "does not follow from the one before it."),
        (one.hash != sha256(one.body()).digest(), "was altered."),
        (not carries_signature(one.hash, one.signature, public), "does not carry our signature."),
        (known is not None and known.hash != one.hash, "is not the one that was published."),
    ):
        if fails:
            return one.number, f"Removal {one.number} {words}"
    return None
