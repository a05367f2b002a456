"""Appointments: ask for one, book, move, cancel, record who came.

Every change of state goes through `_change`.
"""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.assessment import queries
from hub.assessment.domain import (
    CAME_STATES,
    AppointmentAttended,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMissed,
    AppointmentMoved,
    AppointmentState,
    AskedBy,
    Cancellation,
    CaseToAssess,
    Move,
    MoveReason,
    NewBooking,
    limit_reached,
    require_transition,
)
from hub.assessment.models import Appointment, AppointmentHistory, AssessorSlot
from hub.assessment.service.permission import ASSESS, require_may_assess
from hub.consent import reads as consents
from hub.core.clock import LONDON, Clock
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.db import record
from hub.policy import reads as policy
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind


def ask(session: Session, case: CaseToAssess, actor: Actor, clock: Clock) -> Appointment:
    """This case's learner needs an assessment: a proposed appointment and the step to make it.

    Asking again changes nothing.
    """
    already = queries.open_appointment(session, case.case_id)
    if already is not None:
        return already
    proposed = _propose(session, case, None, actor, clock)
    _open_making(session, proposed, clock)
    return proposed


def book(session: Session, booking: NewBooking, actor: Actor, clock: Clock) -> Appointment:
    """Book a free slot for a case that waits for a time. The same booking twice is one booking.

    Raises NotFound for a case without an open appointment, Conflict when the slot was just taken or the case
    is booked for another time, RuleBroken when the slot is past or the learner's data may not be used.
    """
    appointment = queries.open_appointment(session, booking.case_id, for_update=True)
    if appointment is None or appointment.learner_id != booking.learner_id:
        raise NotFound
    if appointment.state is AppointmentState.BOOKED:
        if appointment.slot_id == booking.slot_id:
            return appointment
        raise Conflict(
            "This learner already has an appointment. Move that one instead.", code="already_booked"
        )
    require_may_assess(session, booking.learner_id, clock)
    appointment.slot = _free_slot(session, booking.slot_id, clock)
    _change(session, appointment, AppointmentState.BOOKED, actor, clock)
    _open_assessing(session, appointment, clock)
    record(
        session,
        AppointmentBooked(
            appointment.id, appointment.learner_id, appointment.case_id, appointment.slot.starts_at
        ),
    )
    return appointment


def rebook(session: Session, appointment_id: UUID, move: Move, actor: Actor, clock: Clock) -> Appointment:
    """Move a booked appointment: the old row is cancelled with who asked and why, a new one points back to
    it."""
    old = _locked(session, appointment_id)
    if old.slot_id == move.slot_id and old.state is AppointmentState.BOOKED:
        return old
    slot = _free_slot(session, move.slot_id, clock)
    cancellation = Cancellation(move.asked_by, move.reason)
    old.asked_by = move.asked_by
    _change(session, old, cancellation.state, actor, clock, move.reason)
    new = _propose(session, _case_of(old), old, actor, clock)
    new.asked_by, new.reason, new.slot = move.asked_by, move.reason, slot
    _change(session, new, AppointmentState.BOOKED, actor, clock, move.reason)
    _open_assessing(session, new, clock)
    record(session, AppointmentMoved(new.id, new.learner_id, new.case_id, old.id, slot.starts_at))
    return new


def cancel(
    session: Session, appointment_id: UUID, cancellation: Cancellation, actor: Actor, clock: Clock
) -> Appointment:
    """Cancel a proposed or booked appointment. Unless the referral itself closed, the case goes on: a new
    appointment is proposed, so that the learner keeps a next step. Cancelling twice is the same as once."""
    old = _locked(session, appointment_id)
    if old.state is cancellation.state:
        return old
    was_booked = old.state is AppointmentState.BOOKED
    old.asked_by = cancellation.asked_by
    _change(session, old, cancellation.state, actor, clock, cancellation.reason)
    if cancellation.reason is MoveReason.REFERRAL_CLOSED:
        _close_steps(session, old, clock, "cancelled")
    else:
        _open_making(session, _propose(session, _case_of(old), old, actor, clock), clock)
    if was_booked:
        by_hub = cancellation.state is AppointmentState.CANCELLED_BY_HUB
        record(session, AppointmentCancelled(old.id, old.learner_id, old.case_id, by_hub))
    return old


def cancel_for_case(session: Session, case_id: UUID, actor: Actor, clock: Clock) -> None:
    """The case is closed: its open appointment, if any, is cancelled by the hub."""
    found = queries.open_appointment(session, case_id, for_update=True)
    if found is not None:
        closed = Cancellation(AskedBy.HUB, MoveReason.REFERRAL_CLOSED)
        cancel(session, found.id, closed, actor, clock)


def record_attendance(
    session: Session, appointment_id: UUID, outcome: AppointmentState, actor: Actor, clock: Clock
) -> Appointment:
    """Record that the learner came, came late or did not come; the same answer twice is one.

    Not coming proposes a new appointment, until policy `appointment_limit` is reached: then a person decides
    (event AppointmentMissed with `limit_reached`). Raises RuleBroken before the day, or before the start for
    somebody who did not come.
    """
    return attend(session, _locked(session, appointment_id), outcome, actor, clock)


def attend(
    session: Session, appointment: Appointment, outcome: AppointmentState, actor: Actor, clock: Clock
) -> Appointment:
    """As `record_attendance`, for an appointment that the caller has locked."""
    if appointment.state is outcome:
        return appointment
    _require_time_has_come(appointment, outcome, clock)
    _change(session, appointment, outcome, actor, clock)
    if outcome in CAME_STATES:
        late = outcome is AppointmentState.ATTENDED_LATE
        record(
            session, AppointmentAttended(appointment.id, appointment.learner_id, appointment.case_id, late)
        )
    else:
        _missed(session, appointment, actor, clock)
    return appointment


def close_for_walk_in(session: Session, appointment: Appointment, actor: Actor, clock: Clock) -> None:
    """The learner is assessed now, without this appointment."""
    _change(session, appointment, AppointmentState.CANCELLED_BY_HUB, actor, clock, MoveReason.WALK_IN)
    _close_steps(session, appointment, clock, "done")


def _missed(session: Session, missed: Appointment, actor: Actor, clock: Clock) -> None:
    times = queries.missed_count(session, missed.case_id)
    reached = limit_reached(times, policy.number(session, "appointment_limit", clock.today()))
    if reached:
        _close_steps(session, missed, clock, "not_attended")
    else:
        again = _propose(session, _case_of(missed), missed, actor, clock)
        again.reason = MoveReason.NOT_ATTENDED
        _open_making(session, again, clock)
    record(session, AppointmentMissed(missed.id, missed.learner_id, missed.case_id, times, reached))


def _propose(
    session: Session, case: CaseToAssess, after: Appointment | None, actor: Actor, clock: Clock
) -> Appointment:
    """A new row waiting for a time; after an earlier appointment it continues its series."""
    own_id = new_id()
    proposed = Appointment(
        id=own_id,
        slot_id=None,
        case_id=case.case_id,
        learner_id=case.learner_id,
        source_record_id=case.source_record_id,
        subject_id=case.subject_id,
        state=AppointmentState.PROPOSED,
        series_id=after.series_id if after else own_id,
        sequence=after.sequence + 1 if after else 0,
        moved_from_id=after.id if after else None,
        asked_by=None,
        reason=None,
        created_at=clock.now(),
        changed_at=clock.now(),
    )
    session.add(proposed)
    session.flush()
    _write_history(session, proposed, None, actor, clock)
    return proposed


def _change(  # noqa: PLR0913, PLR0917 - the one place where an appointment changes state
    session: Session,
    appointment: Appointment,
    after: AppointmentState,
    actor: Actor,
    clock: Clock,
    reason: MoveReason | None = None,
) -> None:
    before = appointment.state
    require_transition(before, after)
    appointment.state = after
    appointment.reason = reason or appointment.reason
    appointment.changed_at = clock.now()
    _write_history(session, appointment, before, actor, clock)
    session.flush()


def _write_history(
    session: Session, appointment: Appointment, before: AppointmentState | None, actor: Actor, clock: Clock
) -> None:
    session.add(
        AppointmentHistory(
            appointment_id=appointment.id,
            at=clock.now(),
            actor_id=actor.id,
            from_state=before,
            to_state=appointment.state,
            reason=appointment.reason,
        )
    )
    audit.record(
        session,
        actor,
        f"appointment.{appointment.state.value}",
        "learner",
        appointment.learner_id,
        clock=clock,
        reason=appointment.reason.value if appointment.reason else None,
    )


def _locked(session: Session, appointment_id: UUID) -> Appointment:
    found = queries.appointment(session, appointment_id, for_update=True)
    if found is None:
        raise NotFound
    return found


def _free_slot(session: Session, slot_id: UUID, clock: Clock) -> AssessorSlot:
    """The slot, locked, still free and not yet begun."""
    slot = queries.slot_for_update(session, slot_id)
    if slot is None:
        raise NotFound
    if slot.starts_at <= clock.now():
        raise RuleBroken("This time is past. Choose another one.", code="slot_past", field="slot_id")
    if queries.is_held(session, slot_id):
        raise Conflict("Somebody has just taken this time. Choose another one.", code="slot_taken")
    return slot


def _require_time_has_come(appointment: Appointment, outcome: AppointmentState, clock: Clock) -> None:
    if appointment.slot is None:
        raise Conflict("This appointment has no time yet.", code="appointment_state")
    starts = appointment.slot.starts_at
    if starts.astimezone(LONDON).date() > clock.today():
        raise RuleBroken("This appointment is on a later day.", code="too_early", field="outcome")
    if outcome is AppointmentState.NOT_ATTENDED and starts > clock.now():
        raise RuleBroken("This appointment has not begun yet.", code="too_early", field="outcome")


def _case_of(appointment: Appointment) -> CaseToAssess:
    return CaseToAssess(
        appointment.case_id, appointment.learner_id, appointment.source_record_id, appointment.subject_id
    )


def _open_making(session: Session, proposed: Appointment, clock: Clock) -> None:
    """Somebody of the hub must find a time; nothing is assessed before."""
    if proposed.moved_from_id is not None:
        steps.close_step(session, StepKind.ASSESSMENT_TO_DO, proposed.case_id, clock, "not_done")
    due = _making_due(session, proposed, clock)
    new = NewStep(
        StepKind.APPOINTMENT_TO_MAKE, "referral", proposed.case_id, steps.hub_role(session), due,
        proposed.learner_id,
    )  # fmt: skip
    steps.open_step(session, new, clock)


def _making_due(session: Session, proposed: Appointment, clock: Clock) -> date:
    """By the clock of steps; while a stop stands nothing can be booked, so on the day on which somebody looks again."""
    first = proposed.moved_from_id is None
    if first or consents.may(session, proposed.learner_id, ASSESS, clock.today()):
        return steps.due(session, "stall_days", clock)
    return clock.today() + timedelta(
        days=policy.number(session, "restriction_review_days", clock.today()) or 366
    )


def _open_assessing(session: Session, booked: Appointment, clock: Clock) -> None:
    """The slot's assessor must do the assessment on its day."""
    if booked.slot is None:
        raise Conflict("This appointment has no time yet.", code="appointment_state")
    steps.close_step(session, StepKind.APPOINTMENT_TO_MAKE, booked.case_id, clock)
    assessor = accounts.user(session, booked.slot.assessor_id)
    owner = Owner.person(assessor.organisation_id, assessor.role, assessor.id)
    due = booked.slot.starts_at.astimezone(LONDON).date()
    new = NewStep(StepKind.ASSESSMENT_TO_DO, "referral", booked.case_id, owner, due, booked.learner_id)
    steps.open_step(session, new, clock)


def _close_steps(session: Session, appointment: Appointment, clock: Clock, outcome: str) -> None:
    for kind in (StepKind.APPOINTMENT_TO_MAKE, StepKind.ASSESSMENT_TO_DO):
        steps.close_step(session, kind, appointment.case_id, clock, outcome)
