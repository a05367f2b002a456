"""Who looked, in plain terms; what a search of the audit asks for; the rules of emergency access."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from hub.core.acts import ActKind, act_of
from hub.core.clock import LONDON
from hub.core.permissions import Role

EMERGENCY_LASTS = timedelta(minutes=60)
SHORTEST_REASON = 20
REVIEW_WITHIN = 1
"""Working days until somebody else must have looked at an emergency access."""


class Told(StrEnum):
    """What a learner is told that somebody did, in words that twelve languages have."""

    LOOKED = "looked"
    CHANGED = "changed"
    SENT = "sent"
    COPIED = "copied"
    EMERGENCY = "emergency"


_TOLD = {
    ActKind.VIEW: Told.LOOKED,
    ActKind.SEARCH: Told.LOOKED,
    ActKind.EXPORT: Told.COPIED,
    ActKind.PRINT: Told.COPIED,
    ActKind.CHANGE: Told.CHANGED,
    ActKind.CONSENT: Told.CHANGED,
    ActKind.DECISION: Told.CHANGED,
    ActKind.LIST_MOVE: Told.CHANGED,
    ActKind.RIGHTS: Told.CHANGED,
    ActKind.MESSAGE: Told.SENT,
    ActKind.EMERGENCY: Told.EMERGENCY,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One act with a learner's record, as far as the learner is told of it."""

    at: datetime
    role: Role
    organisation_id: UUID | None
    user_id: UUID | None
    action: str


@dataclass(frozen=True, slots=True)
class Look:
    """What people of one role in one organisation did on one day (London). `user_ids`: who they were."""

    day: date
    role: Role
    organisation_id: UUID | None
    told: Told
    times: int
    user_ids: frozenset[UUID]


def looks(seen: Iterable[Seen]) -> list[Look]:
    """One line for each day, organisation, role and kind of act, newest first.

    What the learner did, and what the program does by itself, is nobody looking: both are left out.
    """
    grouped: dict[tuple[date, Role, UUID | None, Told], list[UUID | None]] = {}
    for one in seen:
        told = _TOLD.get(act_of(one.action).kind)
        if told is None or one.role in {Role.LEARNER, Role.WORKER, Role.PUBLIC}:
            continue
        key = (one.at.astimezone(LONDON).date(), one.role, one.organisation_id, told)
        grouped.setdefault(key, []).append(one.user_id)
    found = [
        Look(*key, times=len(users), user_ids=frozenset(user for user in users if user))
        for key, users in grouped.items()
    ]
    return sorted(found, key=lambda one: (one.day, one.told.value, one.role.value), reverse=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search of the audit asks for; None or empty: any. Days are London days, both included."""

    who: str | None = None
    about: str | None = None
    kind: ActKind | None = None
    action: str | None = None
    first: date | None = None
    last: date | None = None

    @property
    def by(self) -> tuple[str, ...]:
        """What was searched by, for the audit of searches: never the words themselves."""
        return tuple(name for name in self.__slots__ if getattr(self, name))


@dataclass(frozen=True, slots=True)
class Emergency:
    """Why somebody must see a record that is outside their work: the referral's reference, and the reason."""

    reference: str
    reason: str


def reason_fault(reason: str) -> str | None:
    """What is wrong with a reason: it says why it cannot wait, in at least 20 characters."""
    if len(" ".join(reason.split())) >= SHORTEST_REASON:
        return None
    return f"Say what happened and why it cannot wait, in {SHORTEST_REASON} characters or more"


class Verdict(StrEnum):
    """What the review of an emergency access found."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"

    @property
    def label(self) -> str:
        return {"justified": "It was justified", "not_justified": "It was not justified"}[self.value]
