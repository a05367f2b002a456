"""How likely two descriptions are of one person: weights of evidence in bits, field by field, and what follows.

Pure and symmetric. `compare` is for two people and explains itself; `weigh` is the same scorer for millions of
pairs of people prepared once. A note says what agrees or not in words, never a name, a date or a number, so that
a stored comparison holds nothing personal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple, Protocol, cast

from hub.learners.domain.birth_dates import BirthLevel, birth_level
from hub.learners.domain.contacts import (
    Contact,
    ContactEvidence,
    ContactLevel,
    compare_contacts,
    contact,
    household_excess,
)
from hub.learners.domain.model import Model
from hub.learners.domain.name_match import NameEvidence, NameSide, compare_names, most_of
from hub.learners.domain.name_words import name_words
from hub.learners.domain.person import Sex
from hub.learners.domain.scoring_words import note_of

__all__ = ["Comparable", "Comparison", "Model", "Part", "Zone", "comparable", "compare", "prepare", "weigh"]


class Zone(StrEnum):
    """What a score means: may be linked without asking, is for a person to decide, or is somebody new."""

    AUTO = "auto"
    REVIEW = "review"
    NEW = "new"


@dataclass(frozen=True, kw_only=True)
class Comparable:
    """What is compared of a person; anything may be missing. `gender` is F, M or X."""

    given_names: str = ""
    family_name: str = ""
    aliases: tuple[str, ...] = ()
    gender: str | None = None
    date_of_birth: date | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    postcode: str | None = None
    address: str | None = None
    first_language: str | None = None


@dataclass(frozen=True)
class Part:
    """One field's evidence: how it agrees (`level`), its weight in bits, and a note without personal data."""

    field: str
    level: str
    weight: float
    note: str


@dataclass(frozen=True)
class Comparison:
    """A pair's score: the sum of its parts' weights."""

    score: float
    zone: Zone
    parts: tuple[Part, ...]
    model_version: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A person made ready to be compared many times."""

    name: NameSide
    born: date | None
    contact: Contact
    gender: str
    language: str

    def under(self, model: Model) -> "Prepared":
        """The same person under other weights of the same name lists."""
        side = replace(self.name, top=most_of(self.name.words, model.name))
        return Prepared(side, self.born, self.contact, self.gender, self.language)


@dataclass(frozen=True, slots=True)
class Weighed:
    """All evidence of a pair before it is put into words."""

    score: float
    name: NameEvidence
    birth: BirthLevel
    contact: ContactEvidence
    household: float
    gender: float
    language: float

    def shifted(self, bits: float) -> "Weighed":
        """The same evidence with other odds beforehand."""
        return replace(self, score=self.score - bits)


def prepare(person: Comparable, model: Model) -> Prepared:
    names = person.given_names, person.family_name
    return named(prepare_around(person, model), names, person.aliases, model)


def prepare_around(person: Comparable, model: Model) -> Prepared:
    """Everything but the name: enough to see that somebody cannot be the one, whatever they are called."""
    gender, language = (person.gender or "").upper()[:1], _language(person.first_language)
    reached = contact(person.phones, person.emails, person.postcode, person.address)
    return Prepared(_anybody(model.name["most"]), person.date_of_birth, reached, gender, language)


def named(around: Prepared, names: tuple[str, str], aliases: Sequence[str], model: Model) -> Prepared:
    """The same person with given and family names and what else they go by."""
    lists = model.lists
    words = name_words(names, aliases, lists, (model.name["word_least"], model.name["word_most"]))
    side = NameSide(
        words,
        frozenset([(word.text, word.spare) for word in words]),
        may_change_family=around.gender == "F" or around.language in lists.patronymic_languages,
        may_take_name=around.language in lists.taking_languages
        or any(not word.forms.isdisjoint(lists.taking_families) for word in words),
        top=most_of(words, model.name),
    )
    return Prepared(side, around.born, around.contact, around.gender, around.language)


@lru_cache(maxsize=16)
def _anybody(most: float) -> NameSide:
    return NameSide((), frozenset(), may_change_family=True, may_take_name=True, top=most)


@lru_cache(maxsize=1024)
def _language(text: str | None) -> str:
    """`so`, `som-Latn` and `Somali` stay apart only as far as their first word or subtag."""
    return (text or "").strip().casefold().replace("_", "-").split("-")[0].split(" ")[0]


def weigh(left: Prepared, right: Prepared, model: Model) -> Weighed:
    """The evidence that two prepared people are one, the same whichever comes first."""
    return cast(Weighed, weigh_promising(left, right, model, -inf))


def weigh_promising(left: Prepared, right: Prepared, model: Model, least: float) -> Weighed | None:
    """The evidence, or None as soon as the score cannot reach `least`: names, which cost most, come last."""
    around = weigh_around(left, right, model, least)
    return None if around is None else weigh_names(around, left, right, model)


class Around(NamedTuple):
    """The evidence of everything but the names; `others` is what is neither contact nor name."""

    birth: BirthLevel
    contact: ContactEvidence
    gender: float
    language: float
    others: float


def weigh_around(left: Prepared, right: Prepared, model: Model, least: float) -> Around | None:
    """The evidence without the names, or None where no names could lift the score to `least`."""
    birth = birth_level(left.born, right.born)
    birth_weight = model.birth[birth]
    gender = _agreement(left.gender, right.gender, model.gender_weights)
    language = _agreement(left.language, right.language, model.language_weights)
    others = birth_weight + gender + language - model.prior
    needed = least - others - min(left.name.top, right.name.top)
    apart = birth_weight <= model.contact["household_birth_apart"]
    shared = model.contact["household_apart_most" if apart else "household_most"]
    reached = compare_contacts(left.contact, right.contact, model.contact_rules, shared, needed)
    if reached is None:
        return None
    return Around(birth, reached, gender, language, others)


def weigh_names(around: Around, left: Prepared, right: Prepared, model: Model) -> Weighed:
    """All the evidence, once the names are compared too."""
    name = compare_names(left.name, right.name, model.lists, model.name)
    birth_weight = model.birth[around.birth]
    household = household_excess(around.contact, model.contact, birth_weight=birth_weight, name=name)
    score = name.weight + around.others + around.contact.total + household
    return Weighed(score, name, around.birth, around.contact, household, around.gender, around.language)


def _agreement(left: str, right: str, weights: tuple[float, float]) -> float:
    """`weights` where they are equal, and where they differ."""
    if not left or not right or left == "X" or right == "X":
        return 0.0
    return weights[0] if left == right else weights[1]


def zone_of(weighed: Weighed, model: Model) -> Zone:
    """The compound rule of 'Zones': nothing is linked without a third field beside name and date of birth."""
    if weighed.score < model.review_from:
        return Zone.NEW
    sure = (
        weighed.score >= model.auto_score
        and model.birth[weighed.birth] >= model.auto_birth
        and weighed.name.full
        and (weighed.birth is BirthLevel.EQUAL or not weighed.name.loosely)
        and weighed.gender >= 0
        and _third_field(weighed)
    )
    return Zone.AUTO if sure else Zone.REVIEW


def _third_field(weighed: Weighed) -> bool:
    """An exact phone, e-mail or postcode, the same door, or a phone but for one digit; a birth date that is not quite
    equal, or a default, needs a phone, the same door, or a mailbox with a postcode or an address.

    A mailbox alone will not do then: families share them, and lists hold made-up ones.
    """
    reached = weighed.contact
    if weighed.birth is BirthLevel.EQUAL:
        return reached.exact or reached.same_door or reached.phone[0] is ContactLevel.ONE_SLIP
    if reached.phone[0] is ContactLevel.EQUAL or reached.same_door:
        return True
    nearby = ContactLevel.EQUAL in {reached.postcode[0], reached.address[0]}
    return reached.email[0] is ContactLevel.EQUAL and nearby


def compare(left: Comparable, right: Comparable, model: Model) -> Comparison:
    """Whether two descriptions are of one person, with the evidence field by field."""
    weighed = weigh(prepare(left, model), prepare(right, model), model)
    return explain(weighed, model)


class Described(Protocol):
    """A person in clear: a new description, a source record or a golden record."""

    @property
    def given_names(self) -> str: ...
    @property
    def family_name(self) -> str: ...
    @property
    def known_as(self) -> str | None: ...
    @property
    def sex(self) -> Sex | None: ...
    @property
    def date_of_birth(self) -> date | None: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def second_phone(self) -> str | None: ...
    @property
    def email(self) -> str | None: ...
    @property
    def postcode(self) -> str | None: ...
    @property
    def address(self) -> str | None: ...
    @property
    def first_language(self) -> str | None: ...


def comparable(person: Described) -> Comparable:
    """What of a described person is compared."""
    return Comparable(
        given_names=person.given_names,
        family_name=person.family_name,
        aliases=(person.known_as,) if person.known_as else (),
        gender=person.sex,
        date_of_birth=person.date_of_birth,
        phones=tuple(phone for phone in (person.phone, person.second_phone) if phone),
        emails=(person.email,) if person.email else (),
        postcode=person.postcode,
        address=person.address,
        first_language=person.first_language,
    )


def reasons_of(comparison: Comparison) -> tuple[str, ...]:
    """What speaks for one person, as codes to store: `phone:equal`. Words for them: `reason_words`."""
    telling = [part for part in comparison.parts if part.weight >= TELLING_BITS and part.field in _TELLING]
    return tuple(f"{part.field}:{part.level}" for part in telling)


def reason_words(code: str) -> str:
    """A stored reason in words: `same phone`."""
    field, _, level = code.partition(":")
    words = note_of(field, level)
    return words[:1].lower() + words[1:]


TELLING_BITS = 2.0
_TELLING = frozenset({"name", "date_of_birth", "phone", "email", "postcode", "address"})


def parts_as_json(comparison: Comparison) -> list[list[object]]:
    """The parts to store; the notes come back from the levels."""
    return [[part.field, part.level, part.weight] for part in comparison.parts]


def stored_comparison(
    score: float | None, zone: Zone | None, parts: Sequence[Sequence[Any]] | None, version: str | None
) -> Comparison | None:
    """A comparison as it was stored with a pair; None where there is none."""
    if score is None or zone is None or version is None:
        return None
    known = tuple(Part(field, level, weight, note_of(field, level)) for field, level, weight in parts or ())
    return Comparison(score, zone, known, version)


def explain(weighed: Weighed, model: Model) -> Comparison:
    """The comparison in words."""
    parts = tuple(
        Part(field, level, round(weight, 2), note_of(field, level))
        for field, level, weight in _parts(weighed, model)
    )
    return Comparison(round(weighed.score, 2), zone_of(weighed, model), parts, model.version)


def _parts(weighed: Weighed, model: Model) -> Sequence[tuple[str, str, float]]:
    reached = weighed.contact
    found: list[tuple[str, str, float]] = [
        ("name", weighed.name.level, weighed.name.weight),
        ("date_of_birth", weighed.birth, model.birth[weighed.birth]),
        ("phone", *reached.phone),
        ("email", *reached.email),
        ("postcode", *reached.postcode),
        ("address", *reached.address),
        ("gender", _sign(weighed.gender), weighed.gender),
        ("first_language", _sign(weighed.language), weighed.language),
    ]
    if weighed.household:
        found.append(("household", "shared", weighed.household))
    return [*found, ("population", "prior", -model.prior)]


def _sign(weight: float) -> str:
    if not weight:
        return ContactLevel.MISSING
    return ContactLevel.EQUAL if weight > 0 else ContactLevel.DIFFERENT
