"""The one place where a referral moves: state, history and open step change together."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.assessment import service as assessments
from hub.assessment.domain import CaseToAssess
from hub.core.clock import Clock
from hub.core.permissions import Actor, Role
from hub.infra import audit
from hub.infra.writes import put, write_later
from hub.referrals.domain import Ending, Move, Outcome, ReferralState, is_open, next_state
from hub.referrals.models import Referral, ReferralHistory
from hub.steps import reads as step_reads
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind
from hub.steps.reads import StepView

STEP_OF: dict[ReferralState, tuple[StepKind, str]] = {
    ReferralState.SUBMITTED: (StepKind.REFERRAL_TO_REVIEW, "review_days"),
    ReferralState.INFO_REQUESTED: (StepKind.INFORMATION_TO_GIVE, "information_days"),
    ReferralState.ASSESSED: (StepKind.REFERRAL_TO_REVIEW, "review_days"),
}
"""The step that the case itself has open. To be assessed, it is the appointment's; waiting, the list entry's;
placed, the enrolment's."""

OWN_KINDS = frozenset(
    {
        StepKind.REFERRAL_TO_REVIEW,
        StepKind.INFORMATION_TO_GIVE,
        StepKind.ON_HOLD_TO_REVIEW,
        StepKind.ADVISER_TO_SEE,
    }
)
CARRIES = frozenset(
    {
        StepKind.WAITING_CHECK_IN,
        StepKind.OFFER_PROVIDER,
        StepKind.OFFER_LEARNER,
        StepKind.OFFER_TO_DECIDE,
        StepKind.ENROLMENT_TO_START,
        StepKind.COURSE_TO_FINISH,
    }
)
"""Steps of list entries, offers and enrolments that carry a waiting or placed case."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What is being done and why: the move, a coded reason, a note, and how a closed case ends."""

    move: Move
    reason: str | None = None
    note: str = ""
    ending: Ending | None = None


def move(session: Session, referral: Referral, doing: Doing, actor: Actor, clock: Clock) -> None:
    """Make one move: the new state, its row of history, its audit entry and its open step, or Conflict."""
    before = referral.state
    outcome = doing.ending.outcome if doing.ending and doing.move is Move.CLOSE else referral.outcome
    previous = ReferralState(referral.state_before_close) if referral.state_before_close else None
    referral.state = next_state(before, doing.move, outcome=outcome, before=previous)
    if referral.state is not before or doing.move is Move.SUBMIT:
        referral.moved_at = clock.now()
    if doing.move is Move.CLOSE and doing.ending is not None:
        _close(referral, before, doing.ending, clock)
    elif doing.move is Move.REOPEN:
        _reopen(referral)
    if doing.move not in {Move.HOLD, Move.SUBMIT} and referral.hold_reason is not None:
        referral.hold_reason = referral.hold_until = None
    if doing.move is Move.SUBMIT:
        put(session, referral)  # the rows below point at it
    _write_history(session, referral, (before, clock.now()), doing, actor)
    audit.record(session, actor, f"referral.{_PAST[doing.move]}", "referral", referral.id, clock=clock)
    keep_step(session, referral, actor, clock, is_new=doing.move is Move.SUBMIT)


_PAST = {
    Move.SUBMIT: "submitted",
    Move.ASK: "information_asked",
    Move.ANSWER: "information_given",
    Move.ACCEPT: "accepted",
    Move.ASSESS: "assessed",
    Move.LIST: "listed",
    Move.PLACE: "placed",
    Move.UNPLACE: "returned_to_list",
    Move.HOLD: "held",
    Move.RELEASE: "released",
    Move.CLOSE: "closed",
    Move.REOPEN: "reopened",
    Move.RELAY: "withdrawal_relayed",
}


def _close(referral: Referral, before: ReferralState, ending: Ending, clock: Clock) -> None:
    referral.outcome, referral.closing_reason = ending.outcome, ending.reason
    referral.duplicate_of_id = ending.duplicate_of_id
    referral.state_before_close, referral.closed_at = before.value, clock.now()


def _reopen(referral: Referral) -> None:
    referral.outcome = referral.closing_reason = None
    referral.duplicate_of_id = referral.state_before_close = referral.closed_at = None


def note_hand_over(session: Session, referral: Referral, to: str, actor: Actor, clock: Clock) -> None:
    """Another person follows the case for the referrer: its history and audit say so; state and dates stay."""
    next_state(referral.state, Move.HAND_OVER)
    _write_history(session, referral, (referral.state, clock.now()), Doing(Move.HAND_OVER, note=to), actor)
    audit.record(session, actor, "referral.handed_over", "referral", referral.id, clock=clock)


def _write_history(
    session: Session, referral: Referral, was: tuple[ReferralState, datetime], doing: Doing, actor: Actor
) -> None:
    row = ReferralHistory(
        subject_id=referral.subject_id,
        referral_id=referral.id,
        at=was[1],
        move=doing.move,
        from_state=was[0].value,
        to_state=referral.state.value,
        outcome=doing.ending.outcome if doing.ending else None,
        reason=doing.reason,
        actor_kind=actor.kind,
        actor_id=actor.id,
        by_hub=actor.is_hub,
    )
    if doing.note.strip():
        row.note = doing.note.strip()
    write_later(session, row)


def keep_step(
    session: Session, referral: Referral, actor: Actor, clock: Clock, *, is_new: bool = False
) -> None:
    """Leave exactly the step open that the case's state asks for; none once it is closed."""
    if not is_open(referral.state):
        steps.close_steps(session, [referral.id], clock, "closed")
        return
    opened = [] if is_new else step_reads.learner_steps(session, [referral.learner_id], clock.today())
    wanted = _step_for(session, referral, opened, clock)
    for one in opened:
        is_own = one.subject_id == referral.id and one.kind in OWN_KINDS
        if is_own and (wanted is None or one.kind is not wanted.kind):
            steps.close_step(session, one.kind, referral.id, clock)
    if wanted is not None:
        (steps.open_first_step if is_new else steps.open_step)(session, wanted, clock)
    elif referral.state is ReferralState.TO_ASSESS:
        _ask_for_appointment(session, referral, actor, clock)


def _ask_for_appointment(session: Session, referral: Referral, actor: Actor, clock: Clock) -> None:
    session.flush()
    case = CaseToAssess(referral.id, referral.learner_id, referral.source_record_id, referral.subject_id)
    assessments.ask(session, case, actor, clock)


def _step_for(
    session: Session, referral: Referral, opened: Collection[StepView], clock: Clock
) -> NewStep | None:
    """The case's own step. Waiting or placed it has one only where nothing else of the learner's stands."""
    if referral.hold_until is not None:
        return _step(session, referral, StepKind.ON_HOLD_TO_REVIEW, referral.hold_until)
    if referral.state is ReferralState.TO_ASSESS:
        return None
    if referral.state not in STEP_OF and any(one.kind in CARRIES for one in opened):
        return None
    kind, due_clock = STEP_OF.get(referral.state, (StepKind.REFERRAL_TO_REVIEW, "review_days"))
    if referral.adviser_needed and referral.state is ReferralState.SUBMITTED:
        kind = StepKind.ADVISER_TO_SEE
    return _step(session, referral, kind, steps.due(session, due_clock, clock))


def _step(session: Session, referral: Referral, kind: StepKind, due_on: date) -> NewStep:
    owner = _owner(session, referral, kind)
    return NewStep(kind, "referral", referral.id, owner, due_on, referral.learner_id)


def _owner(session: Session, referral: Referral, kind: StepKind) -> Owner:
    """What the referrer must answer is the worker's, or their colleagues'; where nobody of them signs in any more,
    and for all the rest, it is the hub's managers'."""
    if kind is not StepKind.INFORMATION_TO_GIVE or referral.organisation_id == _hub_id(session):
        return steps.hub_role(session)
    return referrers_owner(session, referral.organisation_id, referral.worker_id)


def referrers_owner(session: Session, organisation_id: UUID, worker_id: UUID | None) -> Owner:
    """Who answers for an organisation: the worker while the account is open, else the colleagues, else the hub."""
    if worker_id is not None and accounts.user(session, worker_id).is_active:
        return Owner.person(organisation_id, Role.REFERRER, worker_id)
    if any(one.is_active for one in accounts.users_of(session, organisation_id, Role.REFERRER)):
        return Owner.of_role(organisation_id, Role.REFERRER)
    return steps.hub_role(session)


def _hub_id(session: Session) -> UUID:
    return accounts.hub_organisation(session).id


def open_review(session: Session, referral: Referral, clock: Clock) -> None:
    """Put a case before the hub that no state of its own asks about (left early, entry removed, wish relayed)."""
    due = steps.due(session, "review_days", clock)
    steps.open_step(session, _step(session, referral, StepKind.REFERRAL_TO_REVIEW, due), clock)


def chase_step(session: Session, referral: Referral, due_on: date, clock: Clock) -> None:
    """Move the referrer's open step to a new day, so that the next digest names it again."""
    steps.open_step(session, _step(session, referral, StepKind.INFORMATION_TO_GIVE, due_on), clock)


def is_duplicate(referral: Referral) -> bool:
    """Whether the case goes on under another referral."""
    return referral.outcome is Outcome.DUPLICATE
