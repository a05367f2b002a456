"""Selects of evidence."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.eligibility.models import EvidenceSeen


def evidence_of(session: Session, learner_ids: Collection[UUID]) -> Sequence[EvidenceSeen]:
    """What was seen of these learners and stands, newest first."""
    if not learner_ids:
        return []
    found = select(EvidenceSeen).where(
        EvidenceSeen.learner_id.in_(learner_ids), EvidenceSeen.taken_back_at.is_(None)
    )
    return session.scalars(found.order_by(EvidenceSeen.seen_on.desc(), EvidenceSeen.id.desc())).all()


def one(session: Session, evidence_id: UUID) -> EvidenceSeen | None:
    return session.get(EvidenceSeen, evidence_id, with_for_update={"key_share": True})


def lock_learner(session: Session, learner_id: UUID) -> None:
    """One recording of evidence at a time for a learner, until the commit."""
    number = int.from_bytes(learner_id.bytes[8:], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))
