"""The register of data breaches and its 72 hours."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import LONDON, Clock
from hub.core.ids import new_id, new_reference
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.vault import new_subject
from hub.rights import queries
from hub.rights.domain.breaches import (
    BreachRuling,
    NewBreach,
    is_settled,
    require_breach,
    require_breach_ruling,
)
from hub.rights.domain.clocks import report_by
from hub.rights.models import DataBreach
from hub.rights.service.casework import officer
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind


def register(session: Session, new: NewBreach, actor: Actor, clock: Clock) -> DataBreach:
    """Write a breach into the register; the step is due on the day the 72 hours end. RuleBroken by field."""
    require_breach(new, clock.now())
    row = DataBreach(
        id=new_id(), subject_id=new_subject(new_id()), reference=new_reference("B"), aware_at=new.aware_at,
        made_at=clock.now(), made_by=actor.id, people=new.people, what=new.what.strip(),
        effects=new.effects.strip() or None, measures=new.measures.strip() or None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    due = report_by(row.aware_at).astimezone(LONDON).date()
    step = NewStep(StepKind.BREACH_TO_DECIDE, "data_breach", row.id, officer(session), due)
    steps.open_step(session, step, clock)
    audit.record(session, actor, "breach.registered", "data_breach", row.id, clock=clock)
    return row


def rule(session: Session, breach_id: UUID, ruling: BreachRuling, actor: Actor, clock: Clock) -> None:
    """Decide how grave it is and note who was told; it closes when all that the risk asks for was done."""
    row = queries.breach(session, breach_id)
    require_breach_ruling(ruling, row.aware_at, clock.now())
    row.risk, row.why = ruling.risk, ruling.why.strip()
    row.decided_at, row.decided_by = clock.now(), actor.id
    row.reported_at, row.ico_reference = ruling.reported_at, ruling.ico_reference
    row.people_told_at = ruling.people_told_at
    audit.record(
        session, actor, "breach.decided", "data_breach", row.id, fields=(ruling.risk.value,), clock=clock
    )
    if is_settled(ruling):
        row.closed_at = clock.now()
        steps.close_step(session, StepKind.BREACH_TO_DECIDE, row.id, clock, "settled")
