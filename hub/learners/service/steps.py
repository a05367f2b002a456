"""The steps that this slice opens: a suspected pair is to be decided by a manager of the hub."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.learners.models import DuplicatePair
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind


def ask_to_decide(session: Session, pairs: Iterable[DuplicatePair], clock: Clock) -> None:
    """Open a step for each pair, due in the hub's usual time for a stalled step."""
    owner = steps.hub_role(session)
    due_on = steps.due(session, "stall_days", clock)
    for pair in pairs:
        step = NewStep(
            kind=StepKind.DUPLICATE_TO_DECIDE,
            subject_type="duplicate_pair",
            subject_id=pair.id,
            owner=owner,
            due_on=due_on,
            learner_id=pair.right_id,
        )
        steps.open_step(session, step, clock)


def stop_asking(session: Session, pairs: Iterable[DuplicatePair], clock: Clock) -> None:
    for pair in pairs:
        steps.close_step(session, StepKind.DUPLICATE_TO_DECIDE, pair.id, clock)


def ask_to_split(session: Session, decision_id: UUID, learner_id: UUID, clock: Clock) -> None:
    """Open the step to give to each of two people, who were one record, what is theirs."""
    step = NewStep(
        kind=StepKind.SPLIT_TO_SETTLE,
        subject_type="link_decision",
        subject_id=decision_id,
        owner=steps.hub_role(session),
        due_on=steps.due(session, "stall_days", clock),
        learner_id=learner_id,
    )
    steps.open_step(session, step, clock)


def stop_asking_to_split(session: Session, decision_id: UUID, clock: Clock) -> None:
    steps.close_step(session, StepKind.SPLIT_TO_SETTLE, decision_id, clock)
