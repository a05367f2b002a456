"""What this slice does when others tell of something, in their transaction."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import queries
from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.learners.domain import LearnersMerged, LearnersUnmerged
from hub.steps import service as steps


def learners_merged(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """Permissions go with their source records to the learner who is kept."""
    _move(session, event.source_record_ids, event.kept_id)


def learners_unmerged(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """They go back with their source records."""
    _move(session, event.source_record_ids, event.restored_id)


def _move(session: Session, source_record_ids: Collection[UUID], learner_id: UUID) -> None:
    queries.move(session, source_record_ids, learner_id)
    steps.move_learner(session, queries.unproven_from(session, source_record_ids), learner_id)
