"""A granted restriction or objection: what it says stops at once, and stays stopped until a person lifts it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import service as consents
from hub.consent.domain import OPTIONAL, NewStop, StopKind, require_stoppable, stoppable
from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.permissions import Actor, learner_actor
from hub.policy import reads as policy
from hub.rights.domain.cases import Act, CaseKind, Decision, Ruling
from hub.rights.models import RightsCase
from hub.rights.service import notices, telling
from hub.rights.service.casework import Line, officer, take, write
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind

RESTRICTED, LIFTED = "restricted", "lifted"


def require_carried_out(row: RightsCase, ruling: Ruling) -> None:
    """RuleBroken beside a field: we do not know whose data, or not what is to stop."""
    if row.learner_id is None:
        raise RuleBroken("First say which learner this is about.", field="decision", code="learner_missing")
    require_stoppable(_purposes(row.kind, ruling))


def _purposes(kind: CaseKind, ruling: Ruling) -> frozenset[str]:
    """A restriction granted as a whole stops all that can be stopped; anything else what was chosen."""
    whole = kind is CaseKind.RESTRICTION and ruling.decision is Decision.GRANTED
    return stoppable() if whole else ruling.purposes


def carry_out(session: Session, row: RightsCase, ruling: Ruling, actor: Actor, clock: Clock) -> None:
    """Stop it, and set the day on which somebody looks again. Partners who have the data hear of a restriction
    (Art 19). An objection to what the learner is asked about takes the permission back, and providers hear of that.
    """
    if row.learner_id is None:
        raise LookupError("a case that was found to be carried out has a learner")
    purposes, kind = _purposes(row.kind, ruling), StopKind(row.kind.value)
    if kind is StopKind.OBJECTION:
        asked = purposes & set(OPTIONAL)
        own = learner_actor(row.learner_id)
        consents.withdraw(session, row.learner_id, asked, own, clock, reason=kind.value)
        purposes -= asked
    if purposes:
        consents.stop(session, row.learner_id, NewStop(kind, purposes, row.id), actor, clock)
        _look_again(session, row, clock)
    if kind is StopKind.RESTRICTION:
        notices.tell_partners(session, row, (RESTRICTED,), clock)
    write(session, row, Line(Act.CARRY_OUT), actor, clock)


def keep_stopped(session: Session, case_id: UUID, why: str, actor: Actor, clock: Clock) -> None:
    """Somebody looked again, and it stays stopped. RuleBroken beside `note`; Conflict."""
    if not why.strip():
        raise RuleBroken("Say why it stays stopped.", field="note")
    row = take(session, case_id, Act.KEEP)
    _look_again(session, row, clock)
    write(session, row, Line(Act.KEEP, why), actor, clock)


def lift(session: Session, case_id: UUID, told: str, actor: Actor, clock: Clock) -> None:
    """It may go on, as far as it is permitted. The person must hear of it before (Art 18(3)): `told` says how.

    RuleBroken beside `note`; Conflict. A second time changes nothing.
    """
    if not told.strip():
        raise RuleBroken("Say what you told the person, and how. They must hear of it before.", field="note")
    row = take(session, case_id, Act.LIFT)
    if not consents.lift_stop(session, row.id, actor, clock):
        return
    write(session, row, Line(Act.LIFT, told), actor, clock)
    steps.close_step(session, StepKind.RESTRICTION_TO_LOOK_AT, row.id, clock, "lifted")
    notices.tell_again(session, row, (LIFTED,), clock)
    telling.tell(session, row, "rights_lifted", clock)


def _look_again(session: Session, row: RightsCase, clock: Clock) -> None:
    days = policy.number(session, "restriction_review_days", clock.today())
    due = clock.today() + timedelta(days=days or 366)
    kind = StepKind.RESTRICTION_TO_LOOK_AT
    steps.open_step(
        session, NewStep(kind, "rights_case", row.id, officer(session), due, row.learner_id), clock
    )
