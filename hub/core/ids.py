"""Identifiers: UUIDs in version 7 order, references that people read out, and secrets."""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from uuid import UUID

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_CHECK_MODULUS = 1021  # the largest prime below 32 * 32: finds every single wrong or swapped character


Source = Callable[[], tuple[int, bytes]]


def _now_and_chance() -> tuple[int, bytes]:
    """The quarter of a microsecond stands before the chance (RFC 9562, section 6.2, method 3): rows that one act makes
    in the same millisecond keep their order."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    return milliseconds, (rest * 4096 // 1_000_000).to_bytes(2, "big") + os.urandom(8)


_source: list[Source] = [_now_and_chance]


@contextmanager
def ids_from(source: Source) -> Iterator[None]:
    """Ids from (milliseconds, 10 bytes) of `source`: for simulations, which run on a clock and a seed of their own.

    For the whole process; never where two threads make ids.
    """
    _source.append(source)
    try:
        yield
    finally:
        _source.pop()


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562): made by the client, in order of time, so that indexes stay compact."""
    milliseconds, chance = _source[-1]()
    random = int.from_bytes(chance, "big")
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | random
    value = value & ~(0xF << 76) | (7 << 76)
    value = value & ~(0x3 << 62) | (2 << 62)
    return UUID(int=value)


def new_secret(bits: int = 132) -> str:
    """A URL-safe random secret of at least `bits` bits."""
    return secrets.token_urlsafe((bits + 7) // 8)


def secret_hash(secret: str) -> bytes:
    """What is stored of a secret of 128 random bits or more: nobody can search so many, so SHA-256 suffices."""
    return sha256(secret.encode()).digest()


def new_reference(prefix: str = "R", length: int = 4) -> str:
    """A reference to read out on the telephone, such as `R-7K3Q-94`.

    Crockford base 32 (no I, L, O, U), `length` random characters and two check characters.
    """
    body = "".join(secrets.choice(CROCKFORD) for _ in range(length))
    return f"{prefix}-{body}-{_check(body)}"


def tidy_reference(text: str) -> str | None:
    """The reference that `text` was meant to be, or None: case, spaces and look-alike letters are forgiven."""
    characters = "".join(c for c in text.upper() if c.isalnum() and c.isascii())
    prefix, rest = characters[:1], characters[1:].translate(_LOOKALIKES)
    if not prefix.isalpha() or len(rest) < 6 or any(c not in CROCKFORD for c in rest):
        return None
    body, check = rest[:-2], rest[-2:]
    return f"{prefix}-{body}-{check}" if _check(body) == check else None


def reference_is_valid(text: str) -> bool:
    """Whether `text` is a well-formed reference with the right check characters."""
    return tidy_reference(text) == text


def _check(body: str) -> str:
    value = 0
    for character in body:
        value = (value * 32 + CROCKFORD.index(character)) % _CHECK_MODULUS
    value = value * 1024 % _CHECK_MODULUS
    return CROCKFORD[value // 32] + CROCKFORD[value % 32]
