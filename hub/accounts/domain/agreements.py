"""Rules of agreements to share data: what they say, what is wrong with one, where it stands on a day."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from uuid import UUID


class ControllerRoles(StrEnum):
    """How the two organisations stand to each other in data protection law."""

    INDEPENDENT = "independent"
    JOINT = "joint"
    PROCESSOR = "processor"

    @property
    def words(self) -> str:
        return _CONTROLLER_WORDS[self.value]


_CONTROLLER_WORDS = {
    "independent": "Each decides for itself (independent controllers)",
    "joint": "Both decide together (joint controllers)",
    "processor": "The receiver works on the giver's instructions (processor)",
}


class AgreementStatus(StrEnum):
    """Where an agreement stands on a day. Only the two in force let anything pass."""

    NOT_STARTED = "not_started"
    IN_FORCE = "in_force"
    REVIEW_DUE = "review_due"
    EXPIRED = "expired"
    ENDED = "ended"

    @property
    def in_force(self) -> bool:
        return self in {AgreementStatus.IN_FORCE, AgreementStatus.REVIEW_DUE}


@dataclass(frozen=True, slots=True)
class AgreementTerms:
    """What the signed document says beside who, what and until when (ICO Data Sharing Code).

    `dpia_id`: the data protection impact assessment it rests on. `dsar_contact`, `breach_contact`: who answers
    access requests and hears of a breach. `caldicott_guardian`: for a health organisation.
    """

    reference: str = ""
    controller_roles: ControllerRoles = ControllerRoles.INDEPENDENT
    lawful_basis: str = ""
    art9_condition: str | None = None
    dpia_id: str = ""
    retention: str = ""
    security_terms: str = ""
    dsar_contact: str = ""
    breach_contact: str = ""
    signed_on: date | None = None
    review_on: date | None = None
    caldicott_guardian: str | None = None


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """Permission between two organisations: what may pass, for which purposes, from when to when."""

    from_id: UUID
    to_id: UUID
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    starts_on: date
    ends_on: date
    terms: AgreementTerms = field(default_factory=AgreementTerms)


@dataclass(frozen=True, slots=True)
class SharedField:
    """One kind of data that an agreement may name."""

    code: str
    label: str
    special: bool = False


@cache
def shared_fields() -> Mapping[str, SharedField]:
    """All fields that may be named, by code."""
    text = resources.files("hub.accounts").joinpath("data/shared_fields.toml").read_text("utf-8")
    return {code: SharedField(code, **row) for code, row in tomllib.loads(text).items()}


def agreement_faults(new: NewAgreement, *, with_health: bool) -> dict[str, str]:
    """What is wrong with an agreement, by field; empty when nothing is. `with_health`: a health service is a party."""
    faults = {}
    if new.from_id == new.to_id:
        faults["to_id"] = "Select two different organisations"
    if new.starts_on > new.ends_on:
        faults["ends_on"] = "The end must be after the start."
    if unknown := sorted(set(new.fields) - set(shared_fields())):
        faults["fields"] = f"{unknown[0]} is not a field. Use {', '.join(shared_fields())}"
    terms = new.terms
    if terms.signed_on is not None and terms.signed_on > new.ends_on:
        faults["signed_on"] = "The agreement must be signed before it ends"
    if terms.review_on is not None and not new.starts_on <= terms.review_on <= new.ends_on:
        faults["review_on"] = "The review must be between the first and the last day"
    special = any(one.special for code, one in shared_fields().items() if code in new.fields)
    if special and not terms.art9_condition:
        faults["art9_condition"] = "Say which Article 9 condition covers health or disability"
    if with_health and not terms.caldicott_guardian:
        faults["caldicott_guardian"] = "Name the Caldicott Guardian of the health organisation"
    return faults


def agreement_status(starts_on: date, ends_on: date, review_on: date | None, today: date) -> AgreementStatus:
    """Where an agreement that nobody has ended stands on `today`; both its days are included."""
    if today < starts_on:
        return AgreementStatus.NOT_STARTED
    if today > ends_on:
        return AgreementStatus.EXPIRED
    return AgreementStatus.REVIEW_DUE if review_on and review_on <= today else AgreementStatus.IN_FORCE
