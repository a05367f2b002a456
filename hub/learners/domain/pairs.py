"""Two learners who may be one person: the pair, what a person decided, and how it is suggested."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hub.learners.domain.keys import KeyKind
from hub.learners.domain.scoring import Comparison

# A number or mailbox of more learners than this is an office's or a hostel's: alone it suggests nothing.
MOST_SHARING = 10


class PairDecision(StrEnum):
    """What was decided about a pair; `different` is remembered for ever."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"


REASON_WORDS = {
    KeyKind.PHONE: "same phone",
    KeyKind.EMAIL: "same email",
    KeyKind.BIRTH_NAMES: "same name and date of birth",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two learners, by their home ids, who may be one person: on which keys, and how they compare."""

    left_id: UUID
    right_id: UUID
    reasons: tuple[str, ...]
    comparison: Comparison | None = None
