"""The words of the blind indexes. What is stored is their keyed hash, never the words.

There is never a key of a single name word: such an index tells who is called what to anybody who can count
(23.7% of rows named in the measurement of the specification 'same person', section 3, Leakage).
"""

import re
from enum import StrEnum
from typing import NamedTuple

SHORTEST_PHONE = 7


class KeyKind(StrEnum):
    """What a key is made of; the two letters choose the sub-key of the hash."""

    PHONE = "PH"
    EMAIL = "EM"
    NAME_PAIR = "NN"  # two name words
    BIRTH = "DB"  # birth year with month and day in order of size
    YEAR_NAME = "YN"
    MONTH_DAY_NAME = "MN"
    POSTCODE_NAME = "PN"


LOCKED_KINDS = frozenset({KeyKind.PHONE, KeyKind.EMAIL, KeyKind.BIRTH, KeyKind.NAME_PAIR})
"""Two referrals of one person share one of these nearly always; strangers seldom, so they seldom wait."""


class Key(NamedTuple):  # a tuple: a file makes and compares hundreds of thousands
    """One thing to index: its kind and the exact text to hash."""

    kind: KeyKind
    text: str


def phone_digits(phone: str) -> str:
    """The national digits of a number: `+44 7700 900123`, `0044...` and `07700 900123` become equal."""
    if phone.startswith("+44") and len(phone) > 11 and phone[1:].isdecimal() and phone.isascii():
        return phone[3:].lstrip("0")  # as the hub stores most
    digits = re.sub(r"\D", "", phone)
    if digits.startswith("0044"):
        digits = digits[2:]
    if digits.startswith("44") and len(digits) > 10:
        digits = digits[2:]
    return digits.lstrip("0")
