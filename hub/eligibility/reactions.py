"""What this slice does when others tell of something, in their transaction."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.eligibility.models import EvidenceSeen
from hub.infra.columns import reseal
from hub.learners import service as learners
from hub.learners.domain import Happening, HappeningMoved, LearnersMerged, LearnersUnmerged, SplitKind


def learners_merged(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """Evidence goes with its source record to the learner who is kept."""
    _move(session, event.source_record_ids, event.kept_id)


def learners_unmerged(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """It goes back with its source record; whose the later evidence is, a person says."""
    _move(session, event.source_record_ids, event.restored_id)
    later = select(EvidenceSeen).where(
        EvidenceSeen.learner_id.in_((event.kept_id, event.restored_id)),
        EvidenceSeen.created_at > event.merged_at,
    )
    found = [
        Happening(SplitKind.EVIDENCE, row.id, row.created_at, row.learner_id)
        for row in session.scalars(later)
    ]
    learners.ask_whose(session, event, found, clock)


def happening_moved(session: Session, event: HappeningMoved, actor: Actor, clock: Clock) -> None:
    """The evidence was the other person's."""
    if event.kind is SplitKind.EVIDENCE:
        row = session.get_one(EvidenceSeen, event.row_id)
        reseal(row, event.subject_id)
        row.learner_id, row.source_record_id = event.learner_id, event.source_record_id


def _move(session: Session, source_record_ids: Collection[UUID], learner_id: UUID) -> None:
    moved = update(EvidenceSeen).where(EvidenceSeen.source_record_id.in_(source_record_ids))
    session.execute(moved.values(learner_id=learner_id))
