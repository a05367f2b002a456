"""The words of the blind indexes. What is stored is their keyed hash, never the words.

There is never a key of a single name word: such an index tells who is called what to anybody who can count
(23.7% of rows named in the measurement of the specification 'same person', section 3, Leakage).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from hub.learners.domain.names import name_tokens
from hub.learners.domain.person import NewPerson, SearchTerms

MOST_TOKENS = 7  # a name of more words is indexed by its first seven in alphabetical order
SHORTEST_PHONE = 7


class KeyKind(StrEnum):
    """What a key is made of; the two letters choose the sub-key of the hash."""

    PHONE = "PH"
    EMAIL = "EM"
    BIRTH_NAMES = "DN"  # date of birth with all name words
    NAME_PAIR = "NN"  # two name words
    BIRTH_TOKEN = "DT"  # noqa: S105 - a kind of index, not a secret


DUPLICATE_KINDS = frozenset({KeyKind.PHONE, KeyKind.EMAIL, KeyKind.BIRTH_NAMES})


@dataclass(frozen=True, order=True)
class Key:
    """One thing to index: its kind and the exact text to hash."""

    kind: KeyKind
    text: str


def phone_digits(phone: str) -> str:
    """The national digits of a number: `+44 7700 900123`, `0044...` and `07700 900123` become equal."""
    digits = re.sub(r"\D", "", phone)
    if digits.startswith("0044"):
        digits = digits[2:]
    if digits.startswith("44") and len(digits) > 10:
        digits = digits[2:]
    return digits.lstrip("0")


def duplicate_keys(person: NewPerson) -> frozenset[Key]:
    """The keys on which two records are suggested as one: phone, e-mail, birth date with equal name."""
    tokens = name_tokens(person.given_names, person.family_name)
    found = {*_contact_keys((person.phone, person.second_phone), person.email)}
    if person.date_of_birth and tokens:
        found.add(Key(KeyKind.BIRTH_NAMES, f"{person.date_of_birth:%Y-%m-%d}|{' '.join(tokens)}"))
    return frozenset(found)


def search_keys(person: NewPerson) -> frozenset[Key]:
    """All keys of a record: those of duplicates, each pair of name words, birth date with each word."""
    tokens = name_tokens(person.given_names, person.family_name, person.known_as)[:MOST_TOKENS]
    found = set(duplicate_keys(person))
    found.update(Key(KeyKind.NAME_PAIR, " ".join(pair)) for pair in combinations(tokens, 2))
    if person.date_of_birth:
        born = f"{person.date_of_birth:%Y-%m-%d}"
        found.update(Key(KeyKind.BIRTH_TOKEN, f"{born}|{token}") for token in tokens)
    return frozenset(found)


def keys_to_look_up(terms: SearchTerms) -> frozenset[Key]:
    """The keys that a search asks for; empty when the terms are too few (one name word alone)."""
    found = {*_contact_keys((terms.phone,), terms.email)}
    tokens = name_tokens(terms.name)[:MOST_TOKENS]
    if terms.date_of_birth:
        found.update(Key(KeyKind.BIRTH_TOKEN, f"{terms.date_of_birth:%Y-%m-%d}|{token}") for token in tokens)
    else:
        found.update(Key(KeyKind.NAME_PAIR, " ".join(pair)) for pair in combinations(tokens, 2))
    return frozenset(found)


def _contact_keys(phones: Iterable[str | None], email: str | None) -> Iterable[Key]:
    for phone in phones:
        digits = phone_digits(phone) if phone else ""
        if len(digits) >= SHORTEST_PHONE:
            yield Key(KeyKind.PHONE, digits)
    if email and email.strip():
        yield Key(KeyKind.EMAIL, email.strip().casefold())
