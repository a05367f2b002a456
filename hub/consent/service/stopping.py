"""Restrictions and objections: placed because a case was decided so, lifted by a person, never by time."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import queries
from hub.consent.domain import NewStop, ProcessingStopped, require_stoppable
from hub.consent.models import ProcessingStop
from hub.consent.service.subject import originals
from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.db import record as record_event
from hub.learners import reads as learners


def stop(session: Session, learner_id: UUID, new: NewStop, actor: Actor, clock: Clock) -> None:
    """From now on these purposes are not followed for the learner, at any of their sources; the other slices hear
    of it in this transaction. One case stops once, also when it was lifted since. RuleBroken, NotFound.
    """
    require_stoppable(new.purposes)
    now_id = learners.survivor(session, learner_id)
    queries.lock_learner(session, now_id)
    if queries.stops_of_case(session, new.case_id):
        return
    for one in originals(session, now_id):
        row = ProcessingStop(
            case_id=new.case_id, learner_id=now_id, source_record_id=one.source_record_id, kind=new.kind,
            purposes=sorted(new.purposes), placed_at=clock.now(), placed_by=actor.id,
        )  # fmt: skip
        session.add(row)
    audit.record(
        session, actor, "processing.stopped", "learner", now_id, fields=sorted(new.purposes), clock=clock,
        reason=new.kind.value,
    )  # fmt: skip
    session.flush()
    record_event(session, ProcessingStopped(now_id, new.purposes))


def lift_stop(session: Session, case_id: UUID, actor: Actor, clock: Clock) -> bool:
    """What a case stopped may go on, as far as it is permitted; False when nothing of it stood any more."""
    standing = [row for row in queries.stops_of_case(session, case_id) if row.lifted_at is None]
    for row in standing:
        row.lifted_at, row.lifted_by = clock.now(), actor.id
    for learner_id in {row.learner_id for row in standing}:
        audit.record(session, actor, "processing.resumed", "learner", learner_id, clock=clock)
    session.flush()
    return bool(standing)
