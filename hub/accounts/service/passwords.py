"""Keeping passwords: Argon2 hashes, equal time for known and unknown addresses, none that is guessed first."""

import secrets
import tomllib
from functools import cache
from hashlib import sha1
from importlib import resources
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import CHEAPEST

from hub.accounts.domain import LONGEST_PASSWORD, SHORTEST_PASSWORD
from hub.accounts.domain.passwords import PersonalWords, fall_apart
from hub.core.errors import RuleBroken
from hub.core.ids import new_secret
from hub.infra.config import Environment
from hub.infra.db import runtime

_WORDS = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven",
    "inlet", "jetty", "kite", "larch", "maple", "nectar", "olive", "pebble",
)  # fmt: skip
_SHA1_DIGITS = 40


@cache
def _hasher() -> PasswordHasher:
    """Argon2id as strong as its library advises; where everybody is told the password, as quick as it can be."""
    told = runtime().settings.environment in {Environment.DEMO, Environment.TEST}
    return PasswordHasher.from_parameters(CHEAPEST) if told else PasswordHasher()


@cache
def nobodys_hash() -> str:
    """Verified for unknown addresses, so that a sign-in takes as long whether the person exists or not."""
    return _hasher().hash(new_secret())


def hashed(password: str) -> str:
    """The password as it is kept."""
    return _hasher().hash(password)


def verify(password_hash: str, password: str) -> bool:
    """Whether the password is the one that was kept; takes about 50 ms."""
    try:
        return _hasher().verify(password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def good_password(password: str, *about: str) -> str:
    """The password, if it is long enough and not among the first that somebody guesses who knows `about` (name,
    e-mail address, organisation). No rule asks for capitals or signs. RuleBroken on `password` says what is wrong.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise _weak(f"Use at least {SHORTEST_PASSWORD} characters.", "password_weak")
    if len(password) > LONGEST_PASSWORD:
        raise _weak(f"Use at most {LONGEST_PASSWORD} characters.", "password_long")
    found = fall_apart(password, _listed(), PersonalWords((*about, runtime().settings.hub_name)))
    if found.is_personal:
        raise _weak(
            "Do not build your password on your name, email address or organisation: these are tried first.",
            "password_personal",
        )
    if found.is_common or _is_breached(password):
        raise _weak(
            "This password is one of those that are tried first. Use three or four words that do not belong together.",
            "password_common",
        )
    return password


def _weak(words: str, code: str) -> RuleBroken:
    return RuleBroken(words, field="password", code=code)


@cache
def _listed() -> frozenset[str]:
    text = resources.files("hub.accounts").joinpath("data/common_passwords.toml").read_text(encoding="utf-8")
    return frozenset(word for theme in tomllib.loads(text)["words"].values() for word in theme.split())


def _is_breached(password: str) -> bool:
    """Whether the hub's own file of breached passwords has it; without a file nothing is."""
    path = runtime().settings.breached_passwords
    return path is not None and in_breached_file(path, password)


def in_breached_file(path: Path, password: str) -> bool:
    """Search a sorted file of SHA-1 hashes, a line `HASH` or `HASH:COUNT`, by halving: 30 reads in 40 GB."""
    wanted = sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as file:
        low, high = 0, path.stat().st_size
        while low < high:
            middle = (low + high) // 2
            file.seek(max(middle - 1, 0))
            if middle:
                file.readline()  # to the first line that begins at `middle` or later
            if file.tell() >= high or not (line := file.readline()):
                high = middle
                continue
            found = line[:_SHA1_DIGITS].upper()
            if found == wanted:
                return True
            low, high = (file.tell(), high) if found < wanted else (low, middle)
    return False


def invent_password() -> str:
    """Four words and a number: easy to type from a note, 10^6 times 16^4 ways; to be changed at once."""
    return "-".join(secrets.choice(_WORDS) for _ in range(4)) + f"-{secrets.randbelow(10**6):06d}"
