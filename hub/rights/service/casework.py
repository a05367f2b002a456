"""What every verb on a case uses: its clock, its step, its line of history."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import Actor, Role
from hub.infra import audit
from hub.rights import queries
from hub.rights.domain.cases import Act, CaseState, require_allowed
from hub.rights.domain.clocks import acknowledge_by
from hub.rights.models import RightsCase, RightsEvent
from hub.rights.reads.cases import due_on
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind


@dataclass(frozen=True, slots=True)
class Line:
    """What is written into the history with an act. `minutes` and `found`: of a search."""

    act: Act
    note: str = field(default="", repr=False)
    minutes: int | None = None
    found: bool | None = None


def take(session: Session, case_id: UUID, act: Act) -> RightsCase:
    """The case, locked, if this can be done now. NotFound, Conflict."""
    row = queries.case(session, case_id, lock=True)
    require_allowed(row.state, act)
    return row


def write(session: Session, row: RightsCase, line: Line, actor: Actor, clock: Clock) -> None:
    """Move the case by an act: its state, one line of history, the audit, and the step with its due date."""
    row.state = require_allowed(row.state, line.act)
    event = RightsEvent(
        subject_id=row.subject_id, case_id=row.id, at=clock.now(), act=line.act, actor_id=actor.id,
        actor_role=actor.role.value, minutes=line.minutes, found=line.found, note=line.note.strip() or None,
    )  # fmt: skip
    session.add(event)
    session.flush()
    about = ("learner", row.learner_id) if row.learner_id else ("rights_case", row.id)
    audit.record(session, actor, f"rights.{line.act}", *about, clock=clock, fields=(row.kind.value,))
    keep_step(session, row, clock)


def keep_step(session: Session, row: RightsCase, clock: Clock) -> None:
    """An open case has an open step with the day of its clock; a closed one has none."""
    if row.state is CaseState.CLOSED:
        steps.close_step(session, StepKind.RIGHTS_CASE_TO_ANSWER, row.id, clock)
        return
    due = due_on(session, row, clock)
    new = NewStep(
        StepKind.RIGHTS_CASE_TO_ANSWER, "rights_case", row.id, officer(session), due, row.learner_id
    )
    steps.open_step(session, new, clock)


def officer(session: Session) -> Owner:
    """The hub's people for data protection."""
    return steps.hub_role(session, Role.DATA_PROTECTION)


def ask_to_acknowledge(session: Session, row: RightsCase, clock: Clock) -> None:
    """A complaint must be acknowledged within 30 days of its receipt."""
    kind, due = StepKind.COMPLAINT_TO_ACKNOWLEDGE, acknowledge_by(row.received_on)
    new = NewStep(kind, "rights_case", row.id, officer(session), due, row.learner_id)
    steps.open_step(session, new, clock)
