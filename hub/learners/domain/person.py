"""A person as a referrer, an import or the learner describes them, before it becomes a source record."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

LONGEST = {
    "given_names": 100,
    "family_name": 100,
    "known_as": 100,
    "address": 300,
    "email": 254,
    "first_language": 40,
    "nationality": 60,
}
OLDEST_YEARS = 115
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class Sex(StrEnum):
    """As the learner states it; only used for women-only classes and statistics."""

    FEMALE = "F"
    MALE = "M"
    OTHER = "X"


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """One description of a person. Phones are E.164, the postcode tidy, languages BCP 47 codes.

    `referred_on` is set only where the first referral was earlier than today (a provider's old list).
    First language and nationality reveal ethnic origin: special category, sealed like all the rest.
    """

    given_names: str = ""
    family_name: str = ""
    date_of_birth: date | None = None
    known_as: str | None = None
    sex: Sex | None = None
    postcode: str | None = None
    address: str | None = None
    phone: str | None = None
    second_phone: str | None = None
    email: str | None = None
    preferred_language: str | None = None
    other_languages: tuple[str, ...] = ()
    reads_in: str | None = None
    first_language: str | None = None
    nationality: str | None = None
    interpreter_needed: bool = False
    safe_to_text: bool = True
    safe_to_call: bool = True
    referred_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class ContactChange:
    """New contact details; they replace what the chosen source record said, which stays as an alias.

    `confirmed_by_learner` is true when the learner gave them in person, by phone or on their own page.
    """

    phone: str | None = None
    second_phone: str | None = None
    email: str | None = None
    postcode: str | None = None
    address: str | None = None
    preferred_language: str | None = None
    interpreter_needed: bool = False
    safe_to_text: bool = True
    safe_to_call: bool = True
    confirmed_by_learner: bool = False


@dataclass(frozen=True, kw_only=True)
class DocumentSeen:
    """What a document confirmed of one source record; None is the newest."""

    name: bool = False
    date_of_birth: bool = False
    record_id: UUID | None = None


@dataclass(frozen=True)
class Identified:
    """What identifying made. `suspected` are learners who may be the same person: for hub staff only."""

    learner_id: UUID
    source_record_id: UUID
    subject_id: UUID
    suspected: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SearchTerms:
    """What the hub may search by: a phone, an e-mail, two name words, or a name and a date of birth."""

    phone: str | None = None
    email: str | None = None
    name: str | None = None
    date_of_birth: date | None = None


def person_faults(person: NewPerson, today: date) -> dict[str, str]:
    """What is impossible about a person, by field, in words for whoever typed it; empty when nothing is.

    Age limits are not here: they are rules of eligibility, not of identity.
    """
    faults = _text_faults(person)
    if not person.given_names.strip() and not person.family_name.strip():
        faults["given_names"] = "Enter the learner's name"
    born = person.date_of_birth
    if born and born > today:
        faults["date_of_birth"] = "Date of birth must be in the past"
    elif born and today.year - born.year > OLDEST_YEARS:
        faults["date_of_birth"] = f"Date of birth cannot be more than {OLDEST_YEARS} years ago"
    for field in ("phone", "second_phone"):
        phone = getattr(person, field)
        if phone and not _E164.fullmatch(phone):
            faults[field] = "Enter a phone number, like 07700 900 982 or +44 7700 900 982"
    return faults


def _text_faults(person: NewPerson) -> dict[str, str]:
    faults = {}
    for field, longest in LONGEST.items():
        text = getattr(person, field) or ""
        if len(text) > longest:
            faults[field] = f"Use {longest} characters or fewer"
        elif any(unicodedata.category(character) == "Cc" for character in text if character not in "\r\n"):
            faults[field] = "Take out the characters that cannot be shown"
    return faults
