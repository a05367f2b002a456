"""Phones, e-mail, postcode and address as one joint piece of evidence, because households share them.

A family on one phone behind one door must not become one person: what they have in common is capped, and
counts less still where name or date of birth already speak against it.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from hub.learners.domain.keys import SHORTEST_PHONE, phone_digits
from hub.learners.domain.name_match import NameEvidence, NameLevel

ALIKE_ADDRESS, SAME_NUMBER_ADDRESS, ROUGHLY_ALIKE_ADDRESS = 90.0, 80.0, 75.0


class ContactLevel(StrEnum):
    """How one kind of contact agrees."""

    EQUAL = "equal"
    CROWDED = "crowded"  # equal, but of so many people that it says little
    ONE_SLIP = "one_slip"
    AREA = "area"  # postcodes of one sector, addresses of one street
    DIFFERENT = "different"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Contact:
    """Normalised: national digits, e-mail folded, postcode without space, address as sorted words."""

    phones: frozenset[str]
    emails: frozenset[str]
    postcode: str
    address: str
    numbers: frozenset[str]


class ContactEvidence(NamedTuple):
    """Level and weight of each kind, and `household`, what is taken back because a household shares them."""

    phone: tuple[ContactLevel, float]
    email: tuple[ContactLevel, float]
    postcode: tuple[ContactLevel, float]
    address: tuple[ContactLevel, float]

    @property
    def total(self) -> float:
        return self.phone[1] + self.email[1] + self.postcode[1] + self.address[1]

    @property
    def exact(self) -> bool:
        """Whether a phone, an e-mail or a postcode that is not everybody's is exactly equal."""
        return ContactLevel.EQUAL in {self.phone[0], self.email[0], self.postcode[0]}

    @property
    def same_door(self) -> bool:
        """One address with its number, in one postcode, be it a hostel's."""
        return self.address[0] is ContactLevel.EQUAL and self.postcode[0] in _SAME_POSTCODE


_SHORT = {
    "st": "street", "str": "street", "rd": "road", "ave": "avenue", "av": "avenue", "ln": "lane", "dr": "drive",
    "ct": "court", "cl": "close", "gdns": "gardens", "gdn": "gardens", "sq": "square", "pl": "place",
    "ter": "terrace", "terr": "terrace", "cres": "crescent", "hse": "house", "est": "estate", "pk": "park",
    "apartment": "flat", "apt": "flat", "unit": "flat", "room": "flat", "rm": "flat",
}  # fmt: skip
_WORDS = re.compile(r"[a-z]+|[0-9]+[a-z]?\b")


def contact(
    phones: Collection[str], emails: Collection[str], postcode: str | None, address: str | None
) -> Contact:
    digits = frozenset(found for phone in phones if len(found := phone_digits(phone)) >= SHORTEST_PHONE)
    words = [_SHORT.get(word, word) for word in _WORDS.findall((address or "").casefold())]
    numbers = frozenset(word for word in words if word[0].isdigit())
    street = " ".join(sorted(word for word in words if not word[0].isdigit() and word != "flat"))
    tidy = (postcode or "").upper().replace(" ", "")
    if not tidy.isalnum():
        tidy = "".join([c for c in tidy if c.isalnum()])
    boxes = frozenset(tidied for email in emails if (tidied := email.strip().casefold()))
    return Contact(digits, boxes, tidy, street, numbers)


Weight = tuple[ContactLevel, float]
Weights = Mapping[str, Mapping[ContactLevel, Weight]]


def weights_by_level(weights: Mapping[str, float]) -> Weights:
    """Each kind's levels with their weights, made once for millions of comparisons."""
    return {
        kind: {
            level: (level, weights[name])
            for level in ContactLevel
            if (name := "missing" if level is ContactLevel.MISSING else f"{kind}_{level}") in weights
        }
        for kind in ("phone", "email", "postcode", "address")
    }


class ContactRules(NamedTuple):
    """Weights by level and what is everybody's. A postcode is some fifteen doors: behind an equal one, an equal address
    adds at most `within_postcode`."""

    weights: Weights
    crowded: Collection[str]
    within_postcode: float


def compare_contacts(
    left: Contact, right: Contact, rules: ContactRules, most_shared: float, needed: float
) -> ContactEvidence | None:
    """Each kind by itself, or None as soon as they cannot weigh `needed`.

    All but the mailbox counts `most_shared` at most; that household guard is applied by who knows the name too.
    """
    weights, crowded = rules.weights, rules.crowded
    email = weights["email"][_email(left.emails, right.emails, crowded)]
    if most_shared + email[1] < needed:
        return None
    phone = weights["phone"][_phone(left.phones, right.phones, crowded)]
    postcode = weights["postcode"][_postcode(left.postcode, right.postcode, crowded)]
    if phone[1] + email[1] + postcode[1] + weights["address"][ContactLevel.EQUAL][1] < needed:
        return None
    address = weights["address"][_address(left, right)]
    if address[1] > rules.within_postcode and postcode[0] in _SAME_POSTCODE:
        address = address[0], rules.within_postcode
    found = ContactEvidence(phone, email, postcode, address)
    return found if found.total >= needed else None


_SAME_POSTCODE = frozenset({ContactLevel.EQUAL, ContactLevel.CROWDED})


def household_excess(
    evidence: ContactEvidence, weights: Mapping[str, float], *, birth_weight: float, name: NameEvidence
) -> float:
    """What to add (zero or less), so that what a household shares counts no more than it can.

    Where given names differ behind one door, the family name is the family's and an equal birthday a twin's.
    """
    total = evidence.phone[1] + evidence.postcode[1] + evidence.address[1]
    if name.mismatched:
        total += max(0.0, evidence.email[1])
    relative = name.level is NameLevel.GIVEN_DIFFERS and total > weights["household_least"]
    apart = relative or birth_weight <= weights["household_birth_apart"]
    excess = min(0.0, weights["household_apart_most" if apart else "household_most"] - total)
    if name.mismatched and birth_weight <= 0 and total > 0:
        excess -= weights["household_stranger"]
    if relative:
        excess += min(0.0, weights["household_relative_name"] - name.weight)
        excess += min(0.0, weights["household_relative_birth"] - birth_weight)
    return excess


def _phone(left: frozenset[str], right: frozenset[str], crowded: Collection[str]) -> ContactLevel:
    if not left or not right:
        return ContactLevel.MISSING
    if shared := left & right:
        return ContactLevel.EQUAL if any(phone not in crowded for phone in shared) else ContactLevel.CROWDED
    for one in left:
        for other in right:
            if OSA.distance(one, other, score_cutoff=1) <= 1:
                return ContactLevel.ONE_SLIP
    return ContactLevel.DIFFERENT


def _email(left: frozenset[str], right: frozenset[str], crowded: Collection[str]) -> ContactLevel:
    if not left or not right:
        return ContactLevel.MISSING
    if shared := left & right:
        return ContactLevel.EQUAL if any(email not in crowded for email in shared) else ContactLevel.CROWDED
    near = any(_nearly_one_box(one, other) for one in left for other in right)
    return ContactLevel.ONE_SLIP if near else ContactLevel.DIFFERENT


def _nearly_one_box(one: str, other: str) -> bool:
    """One name at two services, or one slip of the hand."""
    return one.partition("@")[0] == other.partition("@")[0] or OSA.distance(one, other, score_cutoff=1) <= 1


def _postcode(left: str, right: str, crowded: Collection[str]) -> ContactLevel:
    if not left or not right:
        return ContactLevel.MISSING
    if left == right:
        return ContactLevel.CROWDED if left in crowded else ContactLevel.EQUAL
    if len(left) == len(right) and OSA.distance(left, right, score_cutoff=1) <= 1:
        return ContactLevel.ONE_SLIP
    same_sector = len(left) >= 5 and left[:-2] == right[:-2]
    return ContactLevel.AREA if same_sector else ContactLevel.DIFFERENT


def _address(left: Contact, right: Contact) -> ContactLevel:
    if not (left.address or left.numbers) or not (right.address or right.numbers):
        return ContactLevel.MISSING
    similar = 100.0 if left.address == right.address else fuzz.ratio(left.address, right.address)
    if similar >= ALIKE_ADDRESS:
        if left.numbers == right.numbers:  # without any it may be a street's or a hostel's
            return ContactLevel.EQUAL if left.numbers else ContactLevel.ONE_SLIP
        return ContactLevel.ONE_SLIP if left.numbers & right.numbers else ContactLevel.AREA
    shared = left.numbers & right.numbers or left.numbers == right.numbers
    least = SAME_NUMBER_ADDRESS if shared else ALIKE_ADDRESS
    if similar >= ROUGHLY_ALIKE_ADDRESS or fuzz.token_set_ratio(left.address, right.address) >= least:
        return ContactLevel.ONE_SLIP if shared else ContactLevel.AREA
    return ContactLevel.DIFFERENT
