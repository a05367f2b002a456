"""What this slice does when others tell of something, in their transaction."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from hub.assessment.models import Appointment, Assessment
from hub.assessment.service import cancel_for_case
from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.learners.domain import LearnersMerged, LearnersUnmerged


class CaseClosed(Protocol):
    """Any event that ends a case; its class belongs to a slice above this one."""

    @property
    def referral_id(self) -> UUID: ...


def learners_merged(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """Appointments and assessments go with their source records to the learner who is kept."""
    _move(session, event.source_record_ids, event.kept_id)


def learners_unmerged(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """They go back with their source records."""
    _move(session, event.source_record_ids, event.restored_id)


def case_closed(session: Session, event: CaseClosed, actor: Actor, clock: Clock) -> None:
    """A closed referral needs no appointment."""
    cancel_for_case(session, event.referral_id, actor, clock)


def _move(session: Session, source_record_ids: Collection[UUID], learner_id: UUID) -> None:
    for row in (Appointment, Assessment):
        session.execute(
            update(row).where(row.source_record_id.in_(source_record_ids)).values(learner_id=learner_id)
        )
