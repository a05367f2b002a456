"""Legal holds: placed with a reason and a day to look again, lifted with a reason."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.learners import reads as learners
from hub.learners import service as people
from hub.rights import queries
from hub.rights.domain.holds import NewHold, require_hold, require_review
from hub.rights.models import LegalHold
from hub.rights.service.casework import officer
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind


def place(session: Session, learner_id: UUID, new: NewHold, actor: Actor, clock: Clock) -> LegalHold:
    """Keep everything of a learner until the hold is lifted. RuleBroken by field; NotFound."""
    require_hold(new, clock.today())
    person = learners.person(session, learner_id)
    if person is None or person.is_erased:
        raise NotFound("There is no such learner.")
    people.lock_person(session, learner_id)
    row = LegalHold(
        subject_id=person.subject_ids[0], learner_id=person.learner_id, kind=new.kind,
        placed_at=clock.now(), placed_by=actor.id, review_on=new.review_on, reason=new.reason.strip(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _look_again(session, row, clock)
    audit.record(
        session, actor, "hold.placed", "learner", row.learner_id, fields=(new.kind.value,), clock=clock
    )
    return row


def keep(session: Session, hold_id: UUID, review_on: date, actor: Actor, clock: Clock) -> None:
    """It is still needed: look again on another day."""
    require_review(review_on, clock.today())
    row = _standing(session, hold_id)
    row.review_on = review_on
    _look_again(session, row, clock)
    audit.record(session, actor, "hold.kept", "learner", row.learner_id, clock=clock)


def lift(session: Session, hold_id: UUID, because: str, actor: Actor, clock: Clock) -> None:
    """It is no longer needed; what waited for it goes on by itself. RuleBroken beside `reason`."""
    if not because.strip():
        raise RuleBroken("Say why it is no longer needed.", field="because")
    row = _standing(session, hold_id)
    row.lifted_at, row.lifted_by, row.lifted_because = clock.now(), actor.id, because.strip()
    steps.close_step(session, StepKind.HOLD_TO_LOOK_AT, row.id, clock, "lifted")
    audit.record(session, actor, "hold.lifted", "learner", row.learner_id, clock=clock)


def _standing(session: Session, hold_id: UUID) -> LegalHold:
    row = queries.hold(session, hold_id)
    if row.lifted_at is not None:
        raise NotFound("There is no such hold.")
    return row


def _look_again(session: Session, row: LegalHold, clock: Clock) -> None:
    new = NewStep(
        StepKind.HOLD_TO_LOOK_AT, "legal_hold", row.id, officer(session), row.review_on, row.learner_id
    )
    steps.open_step(session, new, clock)
