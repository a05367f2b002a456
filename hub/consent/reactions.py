"""What this slice does when others tell of something, in their transaction."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import queries, reads, service
from hub.consent.domain import ProcessingStopped
from hub.consent.models import Consent
from hub.core.clock import Clock
from hub.core.permissions import Actor, learner_actor
from hub.infra.columns import reseal
from hub.infra.db import record
from hub.learners import service as learners
from hub.learners.domain import Happening, HappeningMoved, LearnersMerged, LearnersUnmerged, SplitKind
from hub.steps import service as steps


class AboutLearner(Protocol):
    """An event of messaging about one learner."""

    @property
    def learner_id(self) -> UUID: ...


def learners_merged(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """Permissions and stops go with their source records to the learner who is kept: what one person had
    stopped is stopped for the whole record."""
    _move(session, event.source_record_ids, event.kept_id)
    for stop in reads.stops_of(session, event.kept_id):
        record(session, ProcessingStopped(event.kept_id, frozenset(stop.purposes)))


def learners_unmerged(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """They go back with their source records; whose the later answers are, a person says."""
    _move(session, event.source_record_ids, event.restored_id)
    both = (event.kept_id, event.restored_id)
    found = [
        Happening(SplitKind.CONSENT, row.id, row.created_at, row.learner_id)
        for row in queries.asked_since(session, both, event.merged_at)
    ]
    learners.ask_whose(session, event, found, clock)


def happening_moved(session: Session, event: HappeningMoved, actor: Actor, clock: Clock) -> None:
    """The answers were the other person's: what they permitted counts for that one, and no more for this one."""
    if event.kind is SplitKind.CONSENT:
        row = session.get_one(Consent, event.row_id)
        reseal(row, event.subject_id)
        row.learner_id, row.source_record_id = event.learner_id, event.source_record_id
        steps.move_learner(session, [row.id], event.learner_id)


def learner_stopped(session: Session, event: AboutLearner, actor: Actor, clock: Clock) -> None:
    """STOP by text takes back the permission to text: the learner's own act, by the shortest way."""
    own = learner_actor(event.learner_id)
    service.withdraw(session, event.learner_id, [service.TEXTS], own, clock, reason=service.SAID_STOP)


def learner_restarted(session: Session, event: AboutLearner, actor: Actor, clock: Clock) -> None:
    """START by text gives it again, where it was a STOP that had ended it."""
    service.texts_again(session, event.learner_id, learner_actor(event.learner_id), clock)


def _move(session: Session, source_record_ids: Collection[UUID], learner_id: UUID) -> None:
    queries.move(session, source_record_ids, learner_id)
    steps.move_learner(session, queries.unproven_from(session, source_record_ids), learner_id)
