"""Decisions about two learners, and which of the two keeps its id."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from hub.learners.domain.scoring import Comparison


class LinkAct(StrEnum):
    """`merge` and `different` are decisions; `unmerge` and `reconsider` take one back."""

    MERGE = "merge"
    UNMERGE = "unmerge"
    DIFFERENT = "different"
    RECONSIDER = "reconsider"


UNDOES = {LinkAct.MERGE: LinkAct.UNMERGE, LinkAct.DIFFERENT: LinkAct.RECONSIDER}


@dataclass(frozen=True)
class PairView:
    """A suggested pair, by the learners as they stand now. `reasons` are words: `same phone`.

    `comparison` is how the two compared when the pair was suggested; None for pairs older than the scorer.
    """

    id: UUID
    left_id: UUID
    right_id: UUID
    reasons: tuple[str, ...]
    since: datetime
    version: int
    comparison: Comparison | None = None


@dataclass(frozen=True)
class DecisionView:
    """A decision that stands: who was merged into whom, or who was kept apart."""

    id: UUID
    act: LinkAct
    kept_id: UUID
    lost_id: UUID
    decided_by: UUID | None
    reason: str | None
    at: datetime


@dataclass(frozen=True)
class Standing:
    """What is needed of a learner to choose who is kept."""

    learner_id: UUID
    first_referred_on: date
    created_at: datetime


def keep_and_lose(one: Standing, other: Standing) -> tuple[UUID, UUID]:
    """The learner first referred is kept, then the one known longest: others hold that id longest."""
    first, second = sorted((one, other), key=lambda s: (s.first_referred_on, s.created_at, s.learner_id))
    return first.learner_id, second.learner_id
