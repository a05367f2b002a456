"""What a search asks for, the stages of the board, and where a step leads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from hub.core.errors import RuleBroken
from hub.core.ids import tidy_reference

RESULTS_KEPT = timedelta(hours=4)
MOST_TERMS = 200
_DATE = re.compile(r"\b(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.](\d{1,2})[/.](\d{4}))\b")
_PHONE = re.compile(r"\+?[\d\s()\-]{7,}")


@dataclass(frozen=True, slots=True)
class Terms:
    """A search as understood: exactly one way of finding somebody."""

    reference: str | None = None
    phone: str | None = None
    email: str | None = None
    name: str | None = None
    date_of_birth: date | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """What was searched by, for the audit: never the words themselves."""
        return tuple(name for name in self.__slots__ if getattr(self, name))


def read_terms(text: str) -> Terms:
    """What one box of text asks for: a reference, a phone number, an e-mail address, or a name with or without
    a date of birth. Raises RuleBroken where it is too little to search by (one word of a name)."""
    words = " ".join(text.split())
    if not words:
        raise RuleBroken(_HOW, field="terms")
    if len(words) > MOST_TERMS:
        raise RuleBroken(f"Use {MOST_TERMS} characters or fewer.", field="terms")
    reference = tidy_reference(words)
    if reference is not None:
        return Terms(reference=reference)
    if "@" in words:
        return Terms(email=words.lower())
    born, rest = _take_date(words)
    if born is None and _PHONE.fullmatch(words):
        return Terms(phone=words)
    if (born is None and len(rest.split()) < 2) or not rest:
        raise RuleBroken(_HOW, field="terms")
    return Terms(name=rest, date_of_birth=born)


_HOW = "Search by a reference, a phone number, an email address, two words of a name, or a name and a date of birth."


def _take_date(words: str) -> tuple[date | None, str]:
    """The date of birth in the text, if there is a real one, and the words without it."""
    found = _DATE.search(words)
    if found is None:
        return None, words
    year, month, day, uk_day, uk_month, uk_year = found.groups()
    try:
        born = date(int(year or uk_year), int(month or uk_month), int(day or uk_day))
    except ValueError:
        raise RuleBroken(
            "That date of birth is not a real date. Write it like 27/3/1990.", field="terms"
        ) from None
    return born, " ".join((words[: found.start()] + words[found.end() :]).split())


@dataclass(frozen=True, slots=True)
class Stage:
    """One bar of the funnel: how many, by time in the stage, and how many steps of it are late."""

    code: str
    title: str
    under_two_weeks: int
    to_six_weeks: int
    longer: int
    late: int
    href: str = ""

    @property
    def total(self) -> int:
        return self.under_two_weeks + self.to_six_weeks + self.longer


STAGES: Mapping[str, str] = {
    "referred": "Referred",
    "to_assess": "To assess",
    "assessed": "Assessed",
    "waiting": "Waiting",
    "offered": "Offered",
    "placed": "Placed",
}
