"""What a person sees of a pair: field by field, what speaks for and against, and which record knows more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from hub.core.clock import LONDON
from hub.core.wording import short_date
from hub.learners.domain.golden import Person, SourceRecordView
from hub.learners.domain.scoring import Comparison, Part

STRONG = 4.0
"""Bits from which evidence is called strong: sixteen to one."""

_SEX = {"F": "Female", "M": "Male", "X": "Other"}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of two people, side by side, with what its comparison says. `part` is None where it is not weighed;
    `of_both` is true for what weighs without being a field of either, and is no difference between them."""

    label: str
    left: str
    right: str
    part: Part | None
    of_both: bool = False

    @property
    def speaks(self) -> str:
        """`strong for`, `for`, `nothing`, `against` or `strong against`."""
        weight = self.part.weight if self.part else 0.0
        if self.of_both or abs(weight) < 0.05:
            return "nothing"
        side = "for" if weight > 0 else "against"
        return f"strong {side}" if abs(weight) >= STRONG else side


_SHOWN: tuple[tuple[str, str | None, Callable[[Person], str]], ...] = (
    ("Name", "name", lambda p: p.full_name),
    ("Known as", None, lambda p: p.known_as or ""),
    ("Also written", None, lambda p: ", ".join(p.other_names)),
    ("Date of birth", "date_of_birth", lambda p: _day(p.date_of_birth)),
    ("Sex", "gender", lambda p: _SEX[p.sex] if p.sex else ""),
    ("Phone", "phone", lambda p: p.phone or ""),
    ("Second phone", None, lambda p: p.second_phone or ""),
    ("Email", "email", lambda p: p.email or ""),
    ("Postcode", "postcode", lambda p: p.postcode or ""),
    ("Address", "address", lambda p: " ".join((p.address or "").split())),
    ("First language", "first_language", lambda p: p.first_language or ""),
)
_OF_THE_PAIR = {"household": "Shared by a household", "population": "How common it is"}
"""Parts that belong to no field of either person."""


def _day(day: date | None) -> str:
    return short_date(day) if day else ""


def field_rows(left: Person, right: Person, comparison: Comparison) -> tuple[FieldRow, ...]:
    """Every field that one of them has, with its weight; then what weighs without being a field."""
    parts = {part.field: part for part in comparison.parts}
    rows = [
        FieldRow(label, show(left), show(right), parts.get(field) if field else None)
        for label, field, show in _SHOWN
        if show(left) or show(right)
    ]
    rows += [
        FieldRow(label, "", "", parts[field], of_both=True)
        for field, label in _OF_THE_PAIR.items()
        if field in parts
    ]
    return tuple(rows)


def odds_words(score: float) -> str:
    """A score in bits as odds a person can picture: `about 30 to 1 for one person`."""
    odds = 2 ** min(abs(score), 40)
    side = "for one person" if score >= 0 else "for two people"
    if odds < 1.5:
        return "as likely one person as two"
    if odds >= 1_000_000:
        return f"more than a million to 1 {side}"
    return f"about {_rounded(odds):,} to 1 {side}"


def _rounded(odds: float) -> int:
    """To one figure from ten on: no more is known."""
    whole = round(odds)
    step = 10 ** (len(str(whole)) - 1)
    return whole if whole < 10 else round(odds / step) * step


@dataclass(frozen=True, slots=True)
class Knowing:
    """How much the hub has of a person, and since when."""

    records: int
    details: int
    last_told_on: date
    confirmed_on: date | None
    name_seen_on: date | None
    birth_date_seen_on: date | None

    @property
    def rank(self) -> tuple[int, int, date]:
        """Greater knows more: what was proven, then how much there is, then how new it is."""
        proven = sum(
            one is not None for one in (self.confirmed_on, self.name_seen_on, self.birth_date_seen_on)
        )
        return proven, self.details, self.last_told_on


_DETAILS = (
    "given_names", "family_name", "known_as", "date_of_birth", "sex", "postcode", "address", "phone",
    "second_phone", "email", "preferred_language", "reads_in", "first_language", "nationality",
)  # fmt: skip
MOST_DETAILS = len(_DETAILS)


def knowing(person: Person, records: Sequence[SourceRecordView]) -> Knowing:
    """What the records of one person amount to."""
    return Knowing(
        records=sum(record.amends_id is None for record in records),
        details=sum(bool(getattr(person, name)) for name in _DETAILS),
        last_told_on=max(record.created_at for record in records).astimezone(LONDON).date(),
        confirmed_on=_last(records, "contact_confirmed_at"),
        name_seen_on=_last(records, "name_verified_at"),
        birth_date_seen_on=_last(records, "birth_date_verified_at"),
    )


def _last(records: Sequence[SourceRecordView], moment: str) -> date | None:
    moments = [at for record in records if (at := getattr(record, moment)) is not None]
    return max(moments).astimezone(LONDON).date() if moments else None


def who_knows_more(first: Knowing, second: Knowing) -> int | None:
    """0 or 1 for the record that knows more, None where neither does."""
    if first.rank == second.rank:
        return None
    return 0 if first.rank > second.rank else 1
