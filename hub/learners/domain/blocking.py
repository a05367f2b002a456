"""Which people are worth comparing: those who share a key. The same keys online (hashed) and in files (plain).

PH phone, EM e-mail, DB birth year with month and day in order of size (so that a swap shares it), YN birth year with a
name, MN month and day with a name, PN postcode with a name, NN two names. Names are by sound, so that spellings meet.
The first of January is so often a default that it is no key. Never a single name: such a key would tell who is called
what to anybody who can count.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations

from hub.learners.domain.birth_dates import is_january_first
from hub.learners.domain.keys import Key, KeyKind
from hub.learners.domain.model import Model
from hub.learners.domain.name_words import NameWord
from hub.learners.domain.person import SearchTerms
from hub.learners.domain.scoring import Comparable, Prepared, prepare

MOST_WORDS = 7  # a name of more words is indexed by its first seven
MOST_COMPARED = 16
"""Candidates that are decrypted and scored for one intake: those with the most telling keys in common.

Measured against 100,000: the true one is as often among them as among the 50 that the specification allows."""

KEY_WEIGHTS = {
    KeyKind.PHONE: 6,
    KeyKind.EMAIL: 8,
    KeyKind.BIRTH: 6,
    KeyKind.YEAR_NAME: 3,
    KeyKind.MONTH_DAY_NAME: 5,
    KeyKind.POSTCODE_NAME: 5,
    KeyKind.NAME_PAIR: 4,
}
"""How telling a shared key is, to rank candidates before any is decrypted ('same person', section 4, Keys)."""


def keys_of(person: Prepared) -> frozenset[Key]:
    """All keys under which a person is found and looked for."""
    words = [word for word in person.name.words if not word.honorific][:MOST_WORDS]
    reached, names = person.contact, _sounds(words)
    found = [Key(KeyKind.PHONE, phone) for phone in reached.phones]
    found += [Key(KeyKind.EMAIL, email) for email in reached.emails]
    found += _birth_keys(person.born, names) if person.born else ()
    if reached.postcode:
        found += [Key(KeyKind.POSTCODE_NAME, f"{reached.postcode}|{name}") for name in names]
    return frozenset([*found, *_pair_keys(words or person.name.words)])


def keys_to_look_up(terms: SearchTerms, model: Model) -> frozenset[Key]:
    """The keys that a search asks for; empty when the terms are too few (one name word alone)."""
    asked = Comparable(
        given_names=terms.name or "",
        date_of_birth=terms.date_of_birth,
        phones=(terms.phone,) if terms.phone else (),
        emails=(terms.email,) if terms.email else (),
    )
    found = keys_of(prepare(asked, model))
    if terms.date_of_birth and terms.name:
        return frozenset(key for key in found if key.kind not in {KeyKind.BIRTH, KeyKind.NAME_PAIR})
    return frozenset(key for key in found if key.kind is not KeyKind.BIRTH)


def _sounds(words: Iterable[NameWord]) -> list[str]:
    return sorted({sound for word in words for sound in word.keys})


def _birth_keys(born: date, names: Sequence[str]) -> Iterator[Key]:
    month, day = sorted((born.month, born.day))
    if not is_january_first(born):
        yield Key(KeyKind.BIRTH, f"{born.year}|{month}|{day}")
        yield from (Key(KeyKind.MONTH_DAY_NAME, f"{month}|{day}|{name}") for name in names)
    yield from (Key(KeyKind.YEAR_NAME, f"{born.year}|{name}") for name in names)


def _pair_keys(words: Sequence[NameWord]) -> Iterator[Key]:
    for one, other in combinations(words, 2):
        for a in one.keys:
            for b in other.keys:
                if a != b:
                    yield Key(KeyKind.NAME_PAIR, f"{a}|{b}" if a < b else f"{b}|{a}")
