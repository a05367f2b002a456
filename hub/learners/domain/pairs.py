"""Two learners who may be one person: the pair, what a person decided, and how it is suggested."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hub.learners.domain.scoring import Comparison


class PairDecision(StrEnum):
    """What was decided about a pair; `different` is remembered for ever."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two learners, by their home ids, who may be one person: for which reasons, and how they compare."""

    left_id: UUID
    right_id: UUID
    reasons: tuple[str, ...]
    comparison: Comparison | None = None
