"""The acts that are written to the audit: what kind each is, what people call it, which purpose it serves."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

OTHERWISE = "P13"
"""The purpose of acts without one of their own: the security log."""


class ActKind(StrEnum):
    """Kinds of act, as the specification lists what is to be logged."""

    VIEW = "view"
    SEARCH = "search"
    EXPORT = "export"
    PRINT = "print"
    CHANGE = "change"
    CONSENT = "consent"
    DECISION = "decision"
    LIST_MOVE = "list_move"
    MESSAGE = "message"
    SIGN_IN = "sign_in"
    REFUSED = "refused"
    SECURITY = "security"
    EMERGENCY = "emergency"
    KEYS = "keys"
    RIGHTS = "rights"
    MIGRATION = "migration"
    SEAL = "seal"
    OWN = "own"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _LABELS[self]


ADDRESSED = frozenset({ActKind.SIGN_IN, ActKind.REFUSED, ActKind.SECURITY, ActKind.KEYS})
"""Kinds whose entries keep the caller's address. Those about a learner do not: the learner may have them all, and
the mark of the sign-in leads to the address for those who may know it."""

_LABELS = {
    ActKind.VIEW: "Looked",
    ActKind.SEARCH: "Searched",
    ActKind.EXPORT: "Downloaded",
    ActKind.PRINT: "Printed",
    ActKind.CHANGE: "Wrote or changed",
    ActKind.CONSENT: "Permissions",
    ActKind.DECISION: "Offers and places",
    ActKind.LIST_MOVE: "Waiting list",
    ActKind.MESSAGE: "Messages",
    ActKind.SIGN_IN: "Signing in",
    ActKind.REFUSED: "Refused",
    ActKind.SECURITY: "Accounts, roles and settings",
    ActKind.EMERGENCY: "Emergency access",
    ActKind.KEYS: "Keys",
    ActKind.RIGHTS: "Rights and retention",
    ActKind.MIGRATION: "Versions of the database",
    ActKind.SEAL: "Sealing and checking",
    ActKind.OWN: "The learner themselves",
    ActKind.OTHER: "Other",
}


@dataclass(frozen=True, slots=True)
class Act:
    """What is known of an act by its code, such as `learner.viewed`."""

    kind: ActKind
    words: str
    purpose: str


@cache
def act_of(code: str) -> Act:
    """The first pattern that fits; an act that nobody described is OTHER, called by its code."""
    purpose = _table()["purpose"].get(code.partition(".")[0], OTHERWISE)
    for one in _table()["act"]:
        if fnmatchcase(code, one["code"]):
            return Act(ActKind(one["kind"]), one["words"], purpose)
    return Act(ActKind.OTHER, code.replace(".", " ").replace("_", " "), purpose)


GROUNDED = frozenset({ActKind.VIEW, ActKind.SEARCH, ActKind.EXPORT, ActKind.PRINT, ActKind.OWN})
"""Kinds by which somebody learns something of a person: their entries say why that was allowed."""


@cache
def ground_of(role: str, code: str) -> str | None:
    """Why this role was let do this act, in words; None for an act by which nobody learns of a person."""
    if act_of(code).kind not in GROUNDED:
        return None
    fitting = (one for one in _table()["ground"] if one["role"] == role and fnmatchcase(code, one["code"]))
    return next((str(one["words"]) for one in fitting), None)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("hub.core").joinpath("acts.toml").read_text("utf-8"))
