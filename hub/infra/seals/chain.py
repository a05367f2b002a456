"""The arithmetic of seals, without a database: leaves, Merkle roots and proofs, the chain of hashes, signatures.

A leaf is SHA-256 of 0 and the entry's canonical line, an inner node of 1 and its two children (RFC 6962, section 2.1);
a seal's hash covers its number, time, ranges, root and the hash before it, and is signed with Ed25519.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HASH_BYTES = 32
NOTHING_BEFORE = bytes(HASH_BYTES)
Ranges = Sequence[Sequence[int]]


def leaf_of(line: bytes) -> bytes:
    """The leaf of an entry's canonical line."""
    return sha256(b"\x00" + line).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over the leaves in their order; that of nothing is the hash of nothing."""
    if not leaves:
        return sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def _above(level: Sequence[bytes]) -> list[bytes]:
    """The next level: pairs joined, an odd one taken up as it is."""
    joined = [
        sha256(b"\x01" + level[left] + level[left + 1]).digest() for left in range(0, len(level) - 1, 2)
    ]
    return joined + ([level[-1]] if len(level) % 2 else [])


def proof_of(leaves: Sequence[bytes], index: int) -> list[str]:
    """The way from one leaf to the root: each sibling in hexadecimal after L (it stands left) or R."""
    path, level = [], list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(("L" if sibling < index else "R") + level[sibling].hex())
        level, index = _above(level), index // 2
    return path


def root_by_proof(leaf: bytes, path: Sequence[str]) -> bytes:
    """Where a proof leads; ValueError for a path that is none."""
    for step in path:
        side, sibling = step[:1], bytes.fromhex(step[1:])
        if side not in {"L", "R"}:
            raise ValueError("a step of a proof begins with L or R")
        leaf = sha256(b"\x01" + (sibling + leaf if side == "L" else leaf + sibling)).digest()
    return leaf


@dataclass(frozen=True, slots=True)
class Seal:
    """One batch: which sequence numbers it holds (ranges with both ends), and what proves it."""

    number: int
    made_at: datetime
    ranges: Ranges
    entries: int
    root: bytes
    prev_hash: bytes
    hash: bytes
    key_id: str
    signature: bytes

    def body(self) -> bytes:
        """What the seal's hash is made of."""
        at = self.made_at.astimezone(UTC).isoformat(timespec="microseconds")
        ranges = [list(one) for one in self.ranges]
        parts = [self.number, at, ranges, self.entries, self.root.hex(), self.prev_hash.hex(), self.key_id]
        return orjson.dumps(["esol-hub-seal-1", *parts])

    def published(self) -> dict[str, Any]:
        """The seal as others keep it, off this machine: the root, the chain and the signature."""
        at = self.made_at.astimezone(UTC).isoformat(timespec="microseconds")
        return {
            "number": self.number, "made_at": at, "ranges": [list(one) for one in self.ranges],
            "entries": self.entries, "root": self.root.hex(), "prev_hash": self.prev_hash.hex(),
            "hash": self.hash.hex(), "key_id": self.key_id, "signature": self.signature.hex(),
        }  # fmt: skip


def seal_from(published: Mapping[str, Any]) -> Seal:
    """A seal out of what `published` wrote; ValueError, KeyError or TypeError when it is not one."""
    return Seal(
        int(published["number"]), datetime.fromisoformat(published["made_at"]), published["ranges"],
        int(published["entries"]), bytes.fromhex(published["root"]), bytes.fromhex(published["prev_hash"]),
        bytes.fromhex(published["hash"]), str(published["key_id"]), bytes.fromhex(published["signature"]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Batch:
    """What a new seal is made over: the leaves of these sequence numbers, in their order."""

    number: int
    made_at: datetime
    seqs: Sequence[int]
    leaves: Sequence[bytes]
    prev_hash: bytes


def make_seal(batch: Batch, signer: "Signer") -> Seal:
    """Seal and sign a batch."""
    root, ranges = merkle_root(batch.leaves), ranges_of(batch.seqs)
    unsigned = Seal(
        batch.number, batch.made_at, ranges, len(batch.seqs), root, batch.prev_hash, b"", signer.key_id, b""
    )
    digest = sha256(unsigned.body()).digest()
    return Seal(
        batch.number, batch.made_at, ranges, len(batch.seqs), root, batch.prev_hash, digest, signer.key_id,
        signer.sign(digest),
    )  # fmt: skip


def ranges_of(seqs: Sequence[int]) -> list[list[int]]:
    """Ascending numbers as ranges: [1, 2, 3, 7] is [[1, 3], [7, 7]]."""
    ranges: list[list[int]] = []
    for seq in seqs:
        if ranges and ranges[-1][1] == seq - 1:
            ranges[-1][1] = seq
        else:
            ranges.append([seq, seq])
    return ranges


def seqs_of(ranges: Ranges) -> Iterator[int]:
    """The numbers that ranges hold."""
    for first, last in ranges:
        yield from range(first, last + 1)


class Signer:
    """Signs seals with a key that is derived from the key ring, so that it needs no keeping of its own."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()
        self.key_id = key_id_of(self.public)

    def sign(self, digest: bytes) -> bytes:
        return self._key.sign(digest)


def key_id_of(public: bytes) -> str:
    """16 hexadecimal digits by which people compare a public key."""
    return sha256(public).hexdigest()[:16]


def is_signed(seal: Seal, public: bytes) -> bool:
    """Whether the seal's hash carries the signature of this public key."""
    return carries_signature(seal.hash, seal.signature, public)


def carries_signature(digest: bytes, signature: bytes, public: bytes) -> bool:
    """Whether this public key's owner signed the hash."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, digest)
    except (InvalidSignature, ValueError):
        return False
    return True
