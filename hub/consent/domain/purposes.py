"""What personal data is used for, and on what basis: data in `data/purposes.toml`."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources


class Basis(StrEnum):
    """The lawful basis or duty of a purpose. The controller's data protection officer decides which."""

    UK_GDPR_CONSENT = "uk_gdpr_consent"
    EXPLICIT_CONSENT = "explicit_consent"
    CONFIDENTIALITY_PERMISSION = "confidentiality_permission"
    PUBLIC_TASK = "public_task"
    LEGAL_OBLIGATION = "legal_obligation"
    RECOGNISED_LEGITIMATE_INTEREST = "recognised_legitimate_interest"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose. Only an optional one is asked about; refusing it never blocks the referral."""

    code: str
    name: str
    title: str
    words: str
    basis: Basis
    optional: bool


def _load() -> dict[str, Purpose]:
    text = resources.files("hub.consent").joinpath("data/purposes.toml").read_text("utf-8")
    rows = [Purpose(**{**row, "basis": Basis(row["basis"])}) for row in tomllib.loads(text)["purposes"]]
    return {row.code: row for row in rows}


PURPOSES = _load()
OPTIONAL = tuple(code for code, one in PURPOSES.items() if one.optional)


def purpose(code: str) -> Purpose:
    """The purpose of a code such as P06; KeyError for a code that is none, a fault of the program."""
    return PURPOSES[code]
