"""How another organisation writes the same person down, and what people of one household share: the kinds of
possible duplicates that a hub meets (specification 'same person', section 2)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from random import Random

from hub.demo.parameters import Parameters, one_of, pick
from hub.demo.people import SimPerson
from hub.learners.domain import NewPerson, name_tokens

_OTHER_LINE = {"+447700900": "+441154960", "+442079460": "+441164960", "+441214960": "+441174960",
               "+441134960": "+441184960"}  # fmt: skip
"""Ofcom's numbers for drama that nobody of the borough has: for each first number, a second one of one's own."""

_SPELT = (
    ("kh", "k"), ("oo", "u"), ("ee", "i"), ("ou", "u"), ("ya", "ia"), ("dd", "d"), ("mm", "m"), ("ss", "s"),
    ("ai", "ay"), ("y", "i"), ("c", "k"), ("h", ""), ("u", "oo"), ("i", "ee"), ("a", "aa"),
)  # fmt: skip


def written_again(rng: Random, parameters: Parameters, person: NewPerson) -> NewPerson:
    """The same person as somebody else's form has them, by the mix of `written_again`."""
    return _WAYS[pick(rng, parameters.mix["written_again"])](rng, person)


def of_a_household(rng: Random, person: NewPerson, known: Iterable[SimPerson]) -> NewPerson:
    """A relative of somebody known by the family name, with that one's phone as a second number: two people who look
    alike. Every other one is a twin in the same home."""
    family = [one.person for one in known if one.person.family_name == person.family_name]
    if not family:
        return person
    relative = one_of(rng, family)
    if relative.given_names == person.given_names or rng.random() < 0.5:
        return replace(person, second_phone=relative.phone)
    return replace(
        person,
        second_phone=relative.phone,
        date_of_birth=relative.date_of_birth,
        postcode=relative.postcode,
        address=relative.address,
    )


def _same(rng: Random, person: NewPerson) -> NewPerson:
    letters = " ".join(name_tokens(person.given_names)).title() or person.given_names
    return replace(person, given_names=letters, email=None)


def _spelled(rng: Random, person: NewPerson) -> NewPerson:
    """Written by ear: one sound of the given name in other letters."""
    name = person.given_names
    for old, new in _SPELT:
        changed = name[0] + name[1:].replace(old, new, 1)
        if changed != name:
            return replace(person, given_names=changed, email=None)
    return replace(person, email=None)


def _names_swapped(rng: Random, person: NewPerson) -> NewPerson:
    return replace(person, given_names=person.family_name, family_name=person.given_names, email=None)


def _other_phone(rng: Random, person: NewPerson) -> NewPerson:
    """Another number, and the family name in capitals; the e-mail, if there is one, stays."""
    first = person.phone or ""
    line = _OTHER_LINE.get(first[:10])
    return replace(person, phone=line and line + first[10:], family_name=person.family_name.upper())


def _day_and_month_swapped(rng: Random, person: NewPerson) -> NewPerson:
    born = person.date_of_birth
    if born is None or born.day > 12:
        return _same(rng, person)
    return replace(person, date_of_birth=date(born.year, born.day, born.month), email=None)


def _born_on_1_january(rng: Random, person: NewPerson) -> NewPerson:
    born = person.date_of_birth
    return replace(person, date_of_birth=born and date(born.year, 1, 1), email=None)


_WAYS: dict[str, Callable[[Random, NewPerson], NewPerson]] = {
    "same": _same,
    "spelled": _spelled,
    "names_swapped": _names_swapped,
    "other_phone": _other_phone,
    "day_and_month_swapped": _day_and_month_swapped,
    "born_on_1_january": _born_on_1_january,
}
