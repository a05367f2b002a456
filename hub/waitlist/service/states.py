"""The one function through which an entry changes state, and the steps that go with each state."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.infra import audit
from hub.policy import reads as policy
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind
from hub.waitlist.domain import ACTIVE, EntryState, require_transition
from hub.waitlist.models import EntryHistory, WaitlistEntry

SUBJECT = "waitlist_entry"
_NO_CHECK_IN_WEEKS = 52


@dataclass(frozen=True)
class Change:
    """What an entry becomes and why. `until` ends a pause."""

    to: EntryState
    reason: str | None = None
    note: str = ""
    until: date | None = None


def change(session: Session, entry: WaitlistEntry, wanted: Change, actor: Actor, clock: Clock) -> None:
    """Make one transition, with its history, audit entry and step.

    Raises Conflict for a step the machine has not.
    """
    before = entry.state
    require_transition(before, wanted.to)
    entry.state = wanted.to
    entry.changed_at = clock.now()
    entry.paused_until = wanted.until if wanted.to is EntryState.PAUSED else None
    entry.lapsed_on = clock.today() if wanted.to is EntryState.LAPSED else None
    entry.removed_reason = wanted.reason if wanted.to is EntryState.REMOVED else None
    write_history(session, entry, before, wanted, actor, clock)
    keep_step(session, entry, clock)


def write_history(  # noqa: PLR0913, PLR0917 - the columns of a history row
    session: Session,
    entry: WaitlistEntry,
    before: EntryState | None,
    wanted: Change,
    actor: Actor,
    clock: Clock,
) -> None:
    """The history row and the audit entry of a transition."""
    session.add(
        EntryHistory(
            subject_id=entry.subject_id,
            entry_id=entry.id,
            at=clock.now(),
            actor_id=actor.id,
            from_state=before,
            to_state=wanted.to,
            reason=wanted.reason,
            note=wanted.note.strip() or None,
        )
    )
    action = f"waitlist_entry.{'joined' if before is None else wanted.to.value}"
    audit.record(session, actor, action, "learner", entry.learner_id, clock=clock, reason=wanted.reason)


def keep_step(session: Session, entry: WaitlistEntry, clock: Clock) -> None:
    """An entry in the queue has a step: the next check-in, the end of a pause.

    While an offer is out, its own step stands for it; an entry that ended has none.
    """
    if entry.state not in ACTIVE or entry.state is EntryState.OFFERED:
        steps.close_step(session, StepKind.WAITING_CHECK_IN, entry.id, clock)
        return
    new = NewStep(
        StepKind.WAITING_CHECK_IN, SUBJECT, entry.id, steps.hub_role(session),
        _step_due(session, entry, clock), entry.learner_id,
    )  # fmt: skip
    steps.open_step(session, new, clock)


def next_check_in(session: Session, clock: Clock) -> date | None:
    """The day of the next check-in from today; None when check-ins are switched off."""
    weeks = policy.number(session, "check_in_weeks", clock.today())
    return clock.today() + timedelta(weeks=weeks) if weeks else None


def _step_due(session: Session, entry: WaitlistEntry, clock: Clock) -> date:
    if entry.state is EntryState.PAUSED and entry.paused_until is not None:
        return entry.paused_until
    if entry.state is EntryState.CHECK_IN_DUE:
        return steps.due(session, "check_in_reply_days", clock)
    return entry.next_check_in_on or clock.today() + timedelta(weeks=_NO_CHECK_IN_WEEKS)
