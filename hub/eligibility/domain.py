"""Age rules and funding pots as dated data, and the kinds of evidence that staff may see."""

import functools
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib import resources
from uuid import UUID

OLDEST_EVIDENCE_YEARS = 5


class AgeRoute(StrEnum):
    """Where a person's age leads."""

    REFUSE_UNDER_16 = "refuse_under_16"
    ADVISER_16_18 = "adviser_16_18"
    ADULT = "adult"


class Fundability(StrEnum):
    """Whether public money may pay. `unknown` counts as fundable, flagged, until the rules say otherwise."""

    FUNDABLE = "fundable"
    UNKNOWN = "unknown"


class EvidenceKind(StrEnum):
    """What a member of staff was shown. Only that it was seen is kept, never a copy."""

    PASSPORT = "passport"
    EVISA = "evisa"
    BIRTH_CERTIFICATE = "birth_certificate"
    ARC = "arc"
    HOME_OFFICE_LETTER = "home_office_letter"
    COUNCIL_LETTER = "council_letter"
    BENEFIT_AWARD = "benefit_award"
    PAYSLIP = "payslip"
    BANK_STATEMENT = "bank_statement"
    PROOF_OF_ADDRESS = "proof_of_address"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _EVIDENCE_LABELS[self]


_EVIDENCE_LABELS = {
    EvidenceKind.PASSPORT: "Passport",
    EvidenceKind.EVISA: "eVisa, by share code",
    EvidenceKind.BIRTH_CERTIFICATE: "Birth certificate",
    EvidenceKind.ARC: "Asylum registration card (ARC)",
    EvidenceKind.HOME_OFFICE_LETTER: "Letter from the Home Office",
    EvidenceKind.COUNCIL_LETTER: "Letter from a council",
    EvidenceKind.BENEFIT_AWARD: "Benefit award letter",
    EvidenceKind.PAYSLIP: "Payslip",
    EvidenceKind.BANK_STATEMENT: "Bank statement",
    EvidenceKind.PROOF_OF_ADDRESS: "Proof of address",
    EvidenceKind.OTHER: "Something else",
}


@dataclass(frozen=True, slots=True)
class AgeRule:
    """The ages in force from a day on; `adult_on` is the (month, day) on which an adult's age counts."""

    valid_from: date
    youngest: int
    adult_age: int
    adult_on: tuple[int, int]
    funding_year_starts: tuple[int, int]
    signpost: str


@dataclass(frozen=True, slots=True)
class Pot:
    """A source of money for a place, usable by classes that start between two dates, both included."""

    code: str
    label: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class FundingAnswer:
    """The pots to match a learner with, and whether they are known or assumed."""

    pots: frozenset[str]
    flag: Fundability


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """What was seen of a learner, on which day. `note` never holds numbers of documents."""

    learner_id: UUID
    kind: EvidenceKind
    seen_on: date
    note: str = ""


def age_on(date_of_birth: date, day: date) -> int:
    """Whole years. A person born on 29 February is a year older from 1 March in common years."""
    had_birthday = (day.month, day.day) >= (date_of_birth.month, date_of_birth.day)
    return day.year - date_of_birth.year - (not had_birthday)


def age_rule(on: date) -> AgeRule:
    """The rule in force on a day; the oldest one for days before all of them."""
    rules = _age_rules()
    begun = [rule for rule in rules if rule.valid_from <= on]
    return begun[-1] if begun else rules[0]


def funding_year_of(day: date) -> int:
    """The funding year of a day, named by the year it starts in: 2026 is August 2026 to July 2027."""
    started = (day.month, day.day) >= age_rule(day).funding_year_starts
    return day.year if started else day.year - 1


def is_adult_on_31_august(date_of_birth: date, funding_year: int) -> bool:
    """Whether the person is 19 on 31 August of the funding year (2026: on 31 August 2026): rule A1."""
    rule = age_rule(date(funding_year, 12, 31))
    return age_on(date_of_birth, date(funding_year, *rule.adult_on)) >= rule.adult_age


def age_route(date_of_birth: date, today: date) -> AgeRoute:
    """Under 16 is refused with a signpost; who is not yet adult in today's funding year sees an adviser."""
    if age_on(date_of_birth, today) < age_rule(today).youngest:
        return AgeRoute.REFUSE_UNDER_16
    adult = is_adult_on_31_august(date_of_birth, funding_year_of(today))
    return AgeRoute.ADULT if adult else AgeRoute.ADVISER_16_18


def signpost(today: date) -> str:
    """What is said to those who refer somebody too young."""
    return age_rule(today).signpost


def pots(on: date) -> tuple[Pot, ...]:
    """The pots that a class starting on this day may use."""
    return tuple(
        pot for pot in _pots() if pot.valid_from <= on and (pot.valid_to is None or on <= pot.valid_to)
    )


def pot(code: str) -> Pot:
    """One pot by its code, past ones too; KeyError."""
    return {one.code: one for one in _pots()}[code]


def funding_to_match(known: Collection[str], on: date) -> FundingAnswer:
    """The pots a learner may be matched by. Nothing known means every pot, flagged as unknown."""
    usable = frozenset(one.code for one in pots(on))
    found = usable.intersection(str(code) for code in known)
    if not found:
        return FundingAnswer(usable, Fundability.UNKNOWN)
    return FundingAnswer(found, Fundability.FUNDABLE)


def evidence_faults(new: NewEvidence, today: date) -> dict[str, str]:
    """What is wrong with evidence, by field, in words."""
    faults = {}
    if new.seen_on > today:
        faults["seen_on"] = "The day you saw it must be today or in the past"
    elif today.year - new.seen_on.year > OLDEST_EVIDENCE_YEARS:
        faults["seen_on"] = f"The day you saw it must be in the last {OLDEST_EVIDENCE_YEARS} years"
    if new.kind is EvidenceKind.OTHER and not new.note.strip():
        faults["note"] = "Say what you were shown"
    if sum(letter.isdigit() for letter in new.note) >= 6:
        faults["note"] = "Do not write numbers of documents or accounts. Say only what you saw"
    return faults


def _data(name: str) -> dict[str, list[dict[str, object]]]:
    text = resources.files("hub.eligibility").joinpath(f"data/{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


@functools.cache
def _age_rules() -> tuple[AgeRule, ...]:
    rows = [AgeRule(**{**row, **_month_days(row)}) for row in _data("age_rules")["rules"]]  # type: ignore[arg-type]
    return tuple(sorted(rows, key=lambda rule: rule.valid_from))


def _month_days(row: dict[str, object]) -> dict[str, object]:
    found = {name: row[name] for name in ("adult_on", "funding_year_starts")}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


@functools.cache
def _pots() -> tuple[Pot, ...]:
    return tuple(Pot(**row) for row in _data("funding")["pots"])  # type: ignore[arg-type]
