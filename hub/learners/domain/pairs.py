"""Two learners who may be one person: the pair, what a person decided, and the comparison to decide by."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from hub.core.wording import short_date
from hub.learners.domain.golden import Person
from hub.learners.domain.keys import KeyKind, phone_digits
from hub.learners.domain.names import name_tokens
from hub.learners.domain.scoring import Comparison as Scored

# A number or mailbox of more learners than this is an office's or a hostel's: alone it suggests nothing.
MOST_SHARING = 10


class PairDecision(StrEnum):
    """What was decided about a pair; `different` is remembered for ever."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"


REASON_WORDS = {
    KeyKind.PHONE: "same phone",
    KeyKind.EMAIL: "same email",
    KeyKind.BIRTH_NAMES: "same name and date of birth",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two learners, by their home ids, who may be one person: on which keys, and how they compare."""

    left_id: UUID
    right_id: UUID
    reasons: tuple[str, ...]
    comparison: Scored | None = None


@dataclass(frozen=True)
class Comparison:
    """One field of two people, side by side. `verdict` is same, different or missing (one did not say)."""

    label: str
    left: str
    right: str
    verdict: str


_FIELDS: tuple[tuple[str, Callable[[Person], str], Callable[[Person], object]], ...] = (
    ("Name", lambda p: p.full_name, lambda p: name_tokens(p.given_names, p.family_name)),
    ("Also written", lambda p: ", ".join(p.other_names), lambda p: p.other_names),
    ("Date of birth", lambda p: _day(p.date_of_birth), lambda p: p.date_of_birth),
    ("Sex", lambda p: {"F": "Female", "M": "Male", "X": "Other"}[p.sex] if p.sex else "", lambda p: p.sex),
    ("Phone", lambda p: p.phone or "", lambda p: phone_digits(p.phone or "")),
    ("Second phone", lambda p: p.second_phone or "", lambda p: phone_digits(p.second_phone or "")),
    ("Email", lambda p: p.email or "", lambda p: (p.email or "").casefold()),
    ("Postcode", lambda p: p.postcode or "", lambda p: p.postcode or ""),
    ("Address", lambda p: p.address or "", lambda p: " ".join((p.address or "").casefold().split())),
    ("First referred", lambda p: _day(p.first_referred_on), lambda p: p.first_referred_on),
)


def _day(day: date | None) -> str:
    return short_date(day) if day else ""


def compare_people(left: Person, right: Person) -> tuple[Comparison, ...]:
    """Field by field, for a person to decide; names are the same when their normalised words are."""
    return tuple(
        Comparison(label, show(left), show(right), _verdict(key(left), key(right)))
        for label, show, key in _FIELDS
        if show(left) or show(right)
    )


def _verdict(left: object, right: object) -> str:
    if not left or not right:
        return "missing"
    return "same" if left == right else "different"
