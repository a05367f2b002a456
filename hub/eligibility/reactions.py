"""What this slice does when others tell of something, in their transaction."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.eligibility.models import EvidenceSeen
from hub.learners.domain import LearnersMerged, LearnersUnmerged


def learners_merged(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """Evidence goes with its source record to the learner who is kept."""
    _move(session, event.source_record_ids, event.kept_id)


def learners_unmerged(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """It goes back with its source record."""
    _move(session, event.source_record_ids, event.restored_id)


def _move(session: Session, source_record_ids: Collection[UUID], learner_id: UUID) -> None:
    moved = update(EvidenceSeen).where(EvidenceSeen.source_record_id.in_(source_record_ids))
    session.execute(moved.values(learner_id=learner_id))
