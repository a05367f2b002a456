"""A person's word that we stop: a restriction of everything (Art 18 UK GDPR) or an objection to a use (Art 21).

It stands beside what they permitted and changes none of it: while it stands, nothing it names is done; once it is
lifted, what was permitted is permitted again. Where learners are asked for a purpose, an objection to it is the
taking back of that permission; so only the purposes that nobody is asked about are stopped by an objection itself.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from hub.consent.domain.purposes import PURPOSES
from hub.core.errors import RuleBroken
from hub.core.events import Event


class StopKind(StrEnum):
    RESTRICTION = "restriction"
    OBJECTION = "objection"


STOP_LABELS = {StopKind.RESTRICTION: "Restricted", StopKind.OBJECTION: "Objected"}


@dataclass(frozen=True, slots=True)
class NewStop:
    """What is to stop, by which case. A restriction of everything names every purpose that can be stopped."""

    kind: StopKind
    purposes: frozenset[str]
    case_id: UUID


@dataclass(frozen=True, slots=True)
class StopView:
    """A stop of one person, by its case. `since` is a London day."""

    case_id: UUID
    learner_id: UUID
    kind: StopKind
    purposes: tuple[str, ...]
    since: date

    @property
    def is_whole(self) -> bool:
        """Whether it stops all that can be stopped: then nobody is written to either, by whatever way."""
        return set(self.purposes) >= stoppable()


@dataclass(frozen=True)
class ProcessingStopped(Event):
    """From this transaction on these purposes may not be followed for the learner, whatever was permitted."""

    learner_id: UUID
    purposes: frozenset[str]


def stoppable() -> frozenset[str]:
    """The purposes that a person can have stopped (`stoppable` in purposes.toml says why others cannot)."""
    return frozenset(code for code, one in PURPOSES.items() if one.stoppable)


def require_stoppable(purposes: Collection[str]) -> None:
    """RuleBroken beside `purposes`: none, or one that cannot be stopped."""
    if not purposes:
        raise RuleBroken("Choose what is to stop.", field="purposes")
    if not set(purposes) <= stoppable():
        raise RuleBroken("One of these cannot be stopped.", field="purposes")
