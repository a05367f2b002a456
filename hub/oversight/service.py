"""Verbs of oversight: open a record in an emergency, review that, note searches and exports of the audit."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, NotPermitted, RuleBroken
from hub.core.ids import tidy_reference
from hub.core.permissions import SYSTEM, Actor, Role
from hub.infra import audit
from hub.infra.calendars import holidays
from hub.infra.db import transaction
from hub.infra.seals import verifying
from hub.infra.sight import open_to_the_hub
from hub.learners import reads as learners
from hub.oversight import queries
from hub.oversight.domain import (
    EMERGENCY_LASTS,
    REVIEW_WITHIN,
    Emergency,
    Verdict,
    Wanted,
    reason_fault,
)
from hub.oversight.models import EmergencyAccess
from hub.referrals import reads as referrals
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind, due_on

_WHOLE_AUDIT = UUID(int=0)
_NOT_FOUND = "No learner has this reference. Check it with the person who gave it to you."


def open_in_emergency(session: Session, wanted: Emergency, actor: Actor, clock: Clock) -> UUID:
    """Open a record outside one's work for an hour; the data protection officer reviews it the next working day.

    RuleBroken for a reason under 20 characters or a reference that is nobody's; every try is audited.
    """
    if actor.id is None or actor.organisation_id is None:
        raise NotPermitted
    if fault := reason_fault(wanted.reason):
        raise RuleBroken(fault, field="reason", code="reason_short")
    open_to_the_hub(session)
    reference = tidy_reference(wanted.reference)
    case = referrals.by_reference(session, reference) if reference else None
    person = learners.person(session, case.learner_id) if case else None
    if person is None:
        raise RuleBroken(_NOT_FOUND, field="reference", code="reference_unknown")
    now, today = clock.now(), clock.today()
    row = EmergencyAccess(
        subject_id=person.subject_ids[0], learner_id=person.learner_id, user_id=actor.id,
        organisation_id=actor.organisation_id, role=actor.role, reason=wanted.reason, opened_at=now,
        ends_at=now + EMERGENCY_LASTS, review_due_on=due_on(REVIEW_WITHIN, today, holidays()),
    )  # fmt: skip
    session.add(row)
    session.flush()
    owner = Owner.of_role(accounts.hub_organisation(session).id, Role.DATA_PROTECTION)
    steps.open_step(
        session,
        NewStep(StepKind.EMERGENCY_TO_REVIEW, "emergency_access", row.id, owner, row.review_due_on),
        clock,
    )
    audit.record(
        session, actor, "emergency.opened", "learner", person.learner_id, fields=("contact",),
        basis=f"emergency_access {row.id}", clock=clock,
    )  # fmt: skip
    return row.id


def review(
    session: Session, emergency_id: UUID, found: tuple[Verdict, str | None], actor: Actor, clock: Clock
) -> None:
    """Say whether an emergency access was justified. Nobody reviews their own; a second review is a Conflict."""
    verdict, note = found
    row = queries.emergency(session, emergency_id)
    if row is None:
        raise NotFound("There is no such emergency access.")
    if row.user_id == actor.id:
        raise NotPermitted("Somebody else must review your own emergency access.")
    if row.reviewed_at is not None:
        raise Conflict("This has been reviewed already.")
    row.verdict, row.note, row.reviewed_at, row.reviewed_by = verdict, note, clock.now(), actor.id
    steps.close_step(session, StepKind.EMERGENCY_TO_REVIEW, row.id, clock, verdict.value)
    audit.record(
        session, actor, "emergency.reviewed", "learner", row.learner_id, reason=verdict.value,
        basis=f"emergency_access {row.id}", clock=clock,
    )  # fmt: skip


def check_audit(clock: Clock, *, whole: bool = True) -> verifying.Verdict:
    """Verify all seals and entries now, or those since the last check. A change is a step for the data protection
    officer, due today."""
    found = verifying.check_now(clock, whole=whole)
    with transaction(SYSTEM) as session:
        if found.fault is None:
            steps.close_step(session, StepKind.AUDIT_TO_EXAMINE, _WHOLE_AUDIT, clock, "nothing_found")
        else:
            owner = Owner.of_role(accounts.hub_organisation(session).id, Role.DATA_PROTECTION)
            new = NewStep(StepKind.AUDIT_TO_EXAMINE, "audit", _WHOLE_AUDIT, owner, clock.today())
            steps.open_step(session, new, clock)
    return found


def note_search(session: Session, wanted: Wanted, count: int, actor: Actor, clock: Clock) -> None:
    """A search of the audit is itself in the audit: by what, not for whom."""
    audit.record(
        session, actor, "audit.searched", "audit", _WHOLE_AUDIT, fields=wanted.by, reason=f"{count} shown",
        clock=clock,
    )  # fmt: skip


def note_export(session: Session, count: int, actor: Actor, clock: Clock) -> None:
    """Entries were downloaded."""
    audit.record(
        session, actor, "audit.exported", "audit", _WHOLE_AUDIT, reason=f"{count} entries", clock=clock
    )
