"""What time does to classes: free places go stale, classes come to their end."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import Role
from hub.provision import queries
from hub.provision.domain import ClassState
from hub.provision.models import EsolClass
from hub.provision.reads import stale_before
from hub.steps import reads as steps_reads
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind


def ask_for_places(session: Session, clock: Clock) -> int:
    """Open a step for the provider of each class whose free places are older than the clock allows; how many.

    A class that already has such a step keeps it, with its due date.
    """
    today = clock.today()
    before = stale_before(session, clock.now(), today)
    if before is None:
        return 0
    found = dict(queries.unconfirmed(session, before, today))
    asked = steps_reads.open_steps(session, found, today)
    due = steps.due(session, "provider_reply_target", clock)
    new = [class_id for class_id in found if not _is_asked(asked.get(class_id, []))]
    for class_id in new:
        owner = Owner.of_role(found[class_id], Role.PROVIDER)
        steps.open_step(
            session, NewStep(StepKind.PLACES_TO_CONFIRM, "esol_class", class_id, owner, due), clock
        )
    session.flush()
    return len(new)


def _is_asked(open_steps: list[steps_reads.StepView]) -> bool:
    return any(step.kind is StepKind.PLACES_TO_CONFIRM for step in open_steps)


def end_classes(session: Session, clock: Clock) -> int:
    """Mark classes whose last day has passed as ended and stop asking about their places; how many."""
    over = queries.over(session, clock.today())
    if over:
        ended = update(EsolClass).where(EsolClass.id.in_(over), EsolClass.state != ClassState.CANCELLED)
        session.execute(ended.values(state=ClassState.ENDED, changed_at=clock.now()))
        for class_id in over:
            steps.close_step(session, StepKind.PLACES_TO_CONFIRM, class_id, clock, "class_ended")
    return len(over)
