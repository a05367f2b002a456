"""The second person of a placement two or more levels away from the rule: who may answer, and what an answer needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hub.core.errors import NotPermitted, RuleBroken

WHY_MIN = 10


class SecondState(StrEnum):
    """Asked, then answered once; not needed any more when the case is closed before."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DISAGREED = "disagreed"
    NOT_NEEDED = "not_needed"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS: Mapping[SecondState, str] = {
    SecondState.WAITING: "Waiting for the second person",
    SecondState.CONFIRMED: "Confirmed by the second person",
    SecondState.DISAGREED: "The second person disagreed",
    SecondState.NOT_NEEDED: "Not needed any more",
}


@dataclass(frozen=True)
class Verdict:
    """What the second person says. Who disagrees says why."""

    agrees: bool
    why: str = ""


@dataclass(frozen=True)
class Asked:
    """Who proposed the level, who was asked, and whether the question went on to the hub's managers."""

    proposed_by: frozenset[UUID]
    asked_id: UUID
    handed_on: bool


def require_may_answer(asked: Asked, person_id: UUID, *, is_manager: bool) -> None:
    """NotPermitted for whoever proposed the level, and for everybody else than the one asked; after the question went
    on, a manager may answer too."""
    if person_id in asked.proposed_by:
        raise NotPermitted("You decided this level. Somebody else must look at it.")
    if person_id != asked.asked_id and not (asked.handed_on and is_manager):
        raise NotPermitted("Another colleague was asked about this level.")


def require_verdict(verdict: Verdict) -> None:
    """RuleBroken beside `why` when a disagreement has no reason."""
    if not verdict.agrees and len(verdict.why.strip()) < WHY_MIN:
        raise RuleBroken(f"Say why you disagree, in at least {WHY_MIN} characters.", field="why")
