"""What other slices may know: evidence that was seen, and by which pots a learner may be matched."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.eligibility import queries
from hub.eligibility.domain import EvidenceKind, FundingAnswer, funding_to_match
from hub.learners import reads as learners


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One thing that was shown, by whom seen and when."""

    id: UUID
    learner_id: UUID
    kind: EvidenceKind
    note: str
    seen_on: date
    seen_by_name: str

    @property
    def label(self) -> str:
        return self.kind.label


def evidence(session: Session, learner_ids: Collection[UUID]) -> dict[UUID, list[EvidenceView]]:
    """Evidence that stands, newest first, under the ids that were asked; follows merges."""
    now = learners.survivors(session, learner_ids)
    found: dict[UUID, list[EvidenceView]] = defaultdict(list)
    for row in queries.evidence_of(session, set(now.values())):
        view = EvidenceView(
            row.id,
            row.learner_id,
            EvidenceKind(row.kind or "other"),
            row.note or "",
            row.seen_on,
            row.seen_by_name,
        )
        found[row.learner_id].append(view)
    return {asked: found[learner] for asked, learner in now.items() if learner in found}


def funding(session: Session, learner_ids: Collection[UUID], on: date) -> dict[UUID, FundingAnswer]:
    """The pots each learner may be matched by. Not known counts as fundable by all, flagged `unknown`."""
    needs = learners.needs(session, learner_ids)
    return {
        learner_id: funding_to_match(needs[learner_id].funding if learner_id in needs else (), on)
        for learner_id in learner_ids
    }
