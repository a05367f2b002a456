"""Decisions about two learners, what is written down of them, and which of the two keeps its id."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from hub.learners.domain.scoring import Comparison, parts_as_json
from hub.learners.domain.zones import Held


class LinkAction(StrEnum):
    """What a decision says of a source record and a person.

    `link`: it is this person's. `reject`: it is not, and never ask again. `unlink`: what an earlier decision
    said (the one it supersedes) is taken back.
    """

    LINK = "link"
    UNLINK = "unlink"
    REJECT = "reject"


@dataclass(frozen=True)
class PairView:
    """A suggested pair, by the learners as they stand now. `reasons` are words: `same phone`.

    `comparison` is how the two compared when the pair was suggested; None for pairs older than the scorer.
    `held_because` tells why a pair of the automatic zone waits for a person, `sampled_on` when one of the low
    band was drawn for a look.
    """

    id: UUID
    left_id: UUID
    right_id: UUID
    reasons: tuple[str, ...]
    since: datetime
    version: int
    comparison: Comparison | None = None
    held_because: Held | None = None
    sampled_on: date | None = None

    @property
    def why(self) -> tuple[str, ...]:
        """What speaks most for one person, in words: at most three; without a comparison, what they share."""
        if self.comparison is None:
            return self.reasons
        best = sorted(self.comparison.parts, key=lambda part: -part.weight)
        return tuple(part.note for part in best[:3] if part.weight > 0) or self.reasons


@dataclass(frozen=True)
class DecisionView:
    """A decision that stands: `lost_id` was joined with `kept_id`, or the two were told apart.

    `decided_by` is None where the hub linked by itself.
    """

    id: UUID
    action: LinkAction
    kept_id: UUID
    lost_id: UUID
    decided_by: UUID | None
    reason: str | None
    score: float | None
    at: datetime

    @property
    def is_link(self) -> bool:
        return self.action is LinkAction.LINK


def weights_json(comparison: Comparison | None) -> dict[str, object]:
    """What a decision rested on, for `link_decision.weights_json`: fields, levels and weights, and the zone by which
    the evidence for automatic linking is counted. Nothing in it names anybody; empty without a comparison."""
    if comparison is None:
        return {}
    return {"zone": comparison.zone.value, "parts": parts_as_json(comparison)}


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
