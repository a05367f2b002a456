"""Deciding a case, with its reason, and what follows from it."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.rights.domain.cases import STOPPING, Act, CaseKind, Decision, Ruling, require_ruling
from hub.rights.service import erasing, packages, stopping, telling
from hub.rights.service.cases import close
from hub.rights.service.casework import Line, take, write
from hub.steps import service as steps
from hub.steps.domain import StepKind


def decide(session: Session, case_id: UUID, ruling: Ruling, actor: Actor, clock: Clock) -> None:
    """Decide. Access: the copy can be fetched. Erasure: see `erasing.approve`. Restriction and objection: see
    `stopping.carry_out`. A whole no closes the case.

    The answer stands on the learner's own page, with how to complain to the ICO. RuleBroken by field; Conflict.
    """
    row = take(session, case_id, Act.DECIDE)
    require_ruling(row.kind, row.state, ruling)
    granted = ruling.decision is not Decision.REFUSED
    if granted and row.kind is CaseKind.ACCESS:
        packages.release(session, row, clock)
    if granted and row.kind is CaseKind.ERASURE:
        erasing.require_erasable(session, row)
    if granted and row.kind in STOPPING:
        stopping.require_carried_out(row, ruling)
    row.decision, row.reason = ruling.decision, ruling.reason
    row.decided_at, row.decided_by, row.answer = clock.now(), actor.id, ruling.note.strip() or None
    if row.paused_on is not None:
        row.paused_days += (clock.today() - row.paused_on).days
        row.paused_on = None
    write(session, row, Line(Act.DECIDE, ruling.note), actor, clock)
    steps.close_step(session, StepKind.COMPLAINT_TO_ACKNOWLEDGE, row.id, clock, "answered")
    if granted and row.kind is CaseKind.ERASURE:
        erasing.approve(session, row, actor, clock)
        return
    if granted and row.kind in STOPPING:
        stopping.carry_out(session, row, ruling, actor, clock)
    telling.tell(session, row, "rights_answered", clock)
    if not granted:
        close(session, row, "", actor, clock)
