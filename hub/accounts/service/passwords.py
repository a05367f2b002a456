"""Keeping passwords: Argon2 hashes, equal time for known and unknown addresses."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.accounts.domain import LONGEST_PASSWORD, SHORTEST_PASSWORD
from hub.core.errors import RuleBroken
from hub.core.ids import new_secret

_WORDS = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven",
    "inlet", "jetty", "kite", "larch", "maple", "nectar", "olive", "pebble",
)  # fmt: skip


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def nobodys_hash() -> str:
    """Verified for unknown addresses, so that a sign-in takes as long whether the person exists or not."""
    return _hasher().hash(new_secret())


def hashed(password: str) -> str:
    """The password as it is kept."""
    return _hasher().hash(password)


def good_password(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise RuleBroken(
            f"Use at least {SHORTEST_PASSWORD} characters.", field="password", code="password_weak"
        )
    return password


def invent_password() -> str:
    """Four words and a number: easy to type from a note, 10^6 times 16^4 ways; to be changed at once."""
    return "-".join(secrets.choice(_WORDS) for _ in range(4)) + f"-{secrets.randbelow(10**6):06d}"


def verify(password_hash: str, password: str) -> bool:
    """Whether the password is the one that was kept; takes about 50 ms."""
    try:
        return _hasher().verify(password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
