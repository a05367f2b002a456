"""What personal data is used for, and on what basis: data in `data/purposes.toml`.

Two questions that are kept apart: the legal *basis* of a purpose, which the controller's data protection officer
decides (and may change by a page, dated, with the reason); and whether the learner is *asked* (`optional`), which
decides whether a thing may be done without their permission. Changing the basis never does away with the asking.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from hub.consent.domain.standing import EventType


class Basis(StrEnum):
    """The lawful basis or duty of a purpose (`basis_kind` of the specification)."""

    UK_GDPR_CONSENT = "uk_gdpr_consent"
    EXPLICIT_CONSENT = "explicit_consent"
    CONFIDENTIALITY_PERMISSION = "confidentiality_permission"
    PUBLIC_TASK = "public_task"
    LEGAL_OBLIGATION = "legal_obligation"
    RECOGNISED_LEGITIMATE_INTEREST = "recognised_legitimate_interest"

    @property
    def words(self) -> str:
        return str(_facts()["basis"][self.value]["words"])

    @property
    def article(self) -> str:
        return str(_facts()["basis"][self.value]["article"])


class Art9(StrEnum):
    """The condition for special category data (UK GDPR Article 9(2); DPA 2018 Schedule 1)."""

    EXPLICIT_CONSENT = "explicit_consent"
    HEALTH_OR_SOCIAL_CARE = "health_or_social_care"
    SUBSTANTIAL_PUBLIC_INTEREST = "substantial_public_interest"
    VITAL_INTERESTS = "vital_interests"
    ARCHIVING_RESEARCH_STATISTICS = "archiving_research_statistics"

    @property
    def words(self) -> str:
        return str(_facts()["art9"][self.value]["words"])

    @property
    def article(self) -> str:
        return str(_facts()["art9"][self.value]["article"])


@dataclass(frozen=True, slots=True)
class DataUsed:
    """One kind of personal data that a purpose uses. `optional`: the purpose works without it."""

    type: str
    optional: bool = False
    special: bool = False
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """One purpose. Only an optional one is asked about; refusing it never blocks the referral.

    `valid_months`: how long a yes counts before the learner is asked again. `category`: Kantara's purpose
    category. `basis_since` and `basis_source`: since when and by whose word the basis holds. `stoppable`: whether
    a restriction or an objection stops it.
    """

    code: str
    name: str
    title: str
    words: str
    basis: Basis
    art9_condition: Art9 | None
    optional: bool
    category: str
    retention: str
    recipients: str
    data: tuple[DataUsed, ...]
    basis_since: date
    basis_source: str
    valid_months: int | None = None
    stoppable: bool = True

    @property
    def event_type(self) -> EventType:
        """Explicit where the law asks for explicit consent, else regular (ISO/IEC TS 27560)."""
        return EventType.EXPLICIT if self.basis is Basis.EXPLICIT_CONSENT else EventType.REGULAR

    @property
    def special_category(self) -> bool:
        return any(one.special for one in self.data)


@dataclass(frozen=True, slots=True)
class BasisDecision:
    """The data protection officer's word: from this day this purpose rests on this basis, and why."""

    purpose: str
    basis: Basis
    art9_condition: Art9 | None
    starts_on: date
    source: str


@cache
def _facts() -> Mapping[str, Any]:
    text = resources.files("hub.consent").joinpath("data/purposes.toml").read_text("utf-8")
    return tomllib.loads(text)


def _load() -> dict[str, Purpose]:
    shipped = {"basis_since": _facts()["since"], "basis_source": _facts()["source"]}
    return {row["code"]: _purpose({**shipped, **row}) for row in _facts()["purposes"]}


def _purpose(row: Mapping[str, Any]) -> Purpose:
    condition = row.get("art9_condition")
    read = {
        "basis": Basis(row["basis"]),
        "art9_condition": Art9(condition) if condition else None,
        "data": tuple(DataUsed(**one) for one in row["data"]),
    }
    return Purpose(**{**row, **read})


PURPOSES = _load()
OPTIONAL = tuple(code for code, one in PURPOSES.items() if one.optional)


def purpose(code: str) -> Purpose:
    """The purpose of a code such as P06; KeyError for a code that is none, a fault of the program."""
    return PURPOSES[code]


def purposes_on(day: date, decisions: Iterable[BasisDecision]) -> dict[str, Purpose]:
    """All purposes with the basis that held on a day: the last decision that had started, else as shipped."""
    now = dict(PURPOSES)
    for made in sorted(decisions, key=lambda one: one.starts_on):
        if made.starts_on <= day:
            now[made.purpose] = replace(
                now[made.purpose], basis=made.basis, art9_condition=made.art9_condition,
                basis_since=made.starts_on, basis_source=made.source,
            )  # fmt: skip
    return now


def basis_faults(purpose: Purpose, basis: Basis, condition: Art9 | None) -> dict[str, str]:
    """What is wrong with resting a purpose on a basis, by field.

    Who is not asked cannot have consented; special category data needs a condition of Article 9 beside the basis.
    """
    consent = {Basis.UK_GDPR_CONSENT, Basis.EXPLICIT_CONSENT, Basis.CONFIDENTIALITY_PERMISSION}
    faults = {}
    if not purpose.optional and basis in consent:
        faults["basis"] = "Learners are not asked about this purpose, so it cannot rest on their consent"
    if purpose.special_category and condition is None:
        faults["art9_condition"] = "This purpose uses special category data: select a condition of Article 9"
    if condition is Art9.EXPLICIT_CONSENT and not purpose.optional:
        faults["art9_condition"] = "Learners are not asked about this purpose: select another condition"
    return faults
