"""Slots and appointments through the service."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from hub.assessment import reads, service
from hub.assessment.domain import (
    AppointmentMissed,
    AppointmentState,
    AskedBy,
    Cancellation,
    Mode,
    Move,
    MoveReason,
    NewBooking,
    SlotRun,
)
from hub.assessment.models import AppointmentHistory
from hub.core.errors import Conflict, NotFound, NotPermitted, RuleBroken
from hub.core.permissions import Role
from hub.infra.db import react
from hub.messaging.models import Message
from hub.steps import reads as steps
from hub.steps.domain import StepKind


def open_kinds(session, case, clock):
    session.flush()
    found = steps.open_steps(session, [case.case_id], clock.today())
    return [step.kind for step in found.get(case.case_id, [])]


def recorded(session, kind):
    return [event for event in session.info.get("hub_events", []) if isinstance(event, kind)]


def test_a_day_is_cut_once_and_only_what_is_free_is_added(session, diary, assessor, clock):
    assert len(diary()) == 4
    with pytest.raises(Conflict):
        diary()
    assert len(diary(end=time(13))) == 2


def test_an_assessor_changes_her_own_diary_only(session, person, assessor, clock):
    manager = person(session, Role.HUB_MANAGER)
    run = SlotRun(manager.id, clock.today() + timedelta(days=1), time(10), time(11), place="Library")
    with pytest.raises(NotPermitted):
        service.offer_slots(session, run, assessor, clock)
    assert service.offer_slots(session, run, manager, clock)


def test_asking_booking_and_booking_again(session, refer, diary, book, clock):
    case, slots = refer(), diary()
    assert open_kinds(session, case, clock) == [StepKind.APPOINTMENT_TO_MAKE]
    booked = book(case, slots[0])
    assert booked.state is AppointmentState.BOOKED
    assert book(case, slots[0]).id == booked.id
    assert open_kinds(session, case, clock) == [StepKind.ASSESSMENT_TO_DO]
    with pytest.raises(Conflict) as refused:
        book(case, slots[1])
    assert refused.value.code == "already_booked"
    with pytest.raises(Conflict) as refused:
        book(refer(), slots[0])
    assert refused.value.code == "slot_taken"
    assert len(reads.free_slots(session, clock.now())) == 3


def test_a_foreign_case_and_a_missing_slot_are_not_found(session, refer, diary, assessor, clock):
    case, other, slots = refer(), refer(), diary()
    for booking in (
        NewBooking(case.case_id, other.learner_id, slots[0].id),
        NewBooking(other.learner_id, case.learner_id, slots[0].id),
        NewBooking(case.case_id, case.learner_id, case.case_id),
    ):
        with pytest.raises(NotFound):
            service.book(session, booking, assessor, clock)


def test_moving_makes_a_new_row_of_the_same_series(session, refer, diary, book, assessor, clock):
    case, slots = refer(), diary()
    old = book(case, slots[0])
    new = service.rebook(
        session, old.id, Move(slots[1].id, AskedBy.LEARNER, MoveReason.CHILDCARE), assessor, clock
    )
    assert (new.moved_from_id, new.series_id) == (old.id, old.series_id)
    assert new.sequence > old.sequence
    assert old.state is AppointmentState.CANCELLED_BY_LEARNER
    assert (new.asked_by, new.reason) == (AskedBy.LEARNER, MoveReason.CHILDCARE)
    assert open_kinds(session, case, clock) == [StepKind.ASSESSMENT_TO_DO]
    assert slots[0].id in {slot.id for slot in reads.free_slots(session, clock.now())}


def test_cancelling_keeps_a_next_step(session, refer, diary, book, assessor, clock):
    case = refer()
    booked = book(case, diary()[0])
    service.cancel(session, booked.id, Cancellation(AskedBy.HUB, MoveReason.ASSESSOR_AWAY), assessor, clock)
    service.cancel(session, booked.id, Cancellation(AskedBy.HUB, MoveReason.ASSESSOR_AWAY), assessor, clock)
    assert open_kinds(session, case, clock) == [StepKind.APPOINTMENT_TO_MAKE]
    states = [view.state for view in reads.appointments_of(session, [case.case_id])[case.case_id]]
    assert states == [AppointmentState.CANCELLED_BY_HUB, AppointmentState.PROPOSED]


def test_a_closed_case_has_no_appointment_and_no_step(session, refer, diary, book, assessor, clock):
    case = refer()
    book(case, diary()[0])
    service.cancel_for_case(session, case.case_id, assessor, clock)
    assert open_kinds(session, case, clock) == []
    assert reads.open_appointment(session, case.case_id) is None


def test_missing_appointments_up_to_the_limit(session, refer, diary, book, assessor, clock):
    case = refer()
    for times in (1, 2):
        booked = book(case, diary()[times])
        with pytest.raises(RuleBroken):
            service.record_attendance(session, booked.id, AppointmentState.NOT_ATTENDED, assessor, clock)
        clock.advance(timedelta(days=1, hours=3))
        for _ in range(2):
            service.record_attendance(session, booked.id, AppointmentState.NOT_ATTENDED, assessor, clock)
        missed = recorded(session, AppointmentMissed)[-1]
        assert (missed.times, missed.limit_reached) == (times, times == 2)
    assert len(recorded(session, AppointmentMissed)) == 2
    assert reads.open_appointment(session, case.case_id) is None
    assert open_kinds(session, case, clock) == []


def test_every_change_of_state_has_its_history(session, refer, diary, book, assessor, clock):
    booked = book(refer(), diary()[0])
    clock.advance(timedelta(days=1))
    service.record_attendance(session, booked.id, AppointmentState.ATTENDED_LATE, assessor, clock)
    with pytest.raises(Conflict):
        service.record_attendance(session, booked.id, AppointmentState.NOT_ATTENDED, assessor, clock)
    session.flush()
    rows = session.query(AppointmentHistory).filter_by(appointment_id=booked.id).all()
    assert {row.to_state for row in rows} == {
        AppointmentState.PROPOSED,
        AppointmentState.BOOKED,
        AppointmentState.ATTENDED_LATE,
    }


def test_a_slot_is_withdrawn_only_while_free(session, refer, diary, book, assessor, clock):
    slots = diary()
    book(refer(), slots[0])
    with pytest.raises(Conflict):
        service.withdraw_slot(session, slots[0].id, assessor, clock)
    service.withdraw_slot(session, slots[1].id, assessor, clock)
    assert slots[1].id not in {slot.id for slot in reads.free_slots(session, clock.now())}


@pytest.mark.parametrize(
    ("mode", "told"), [(Mode.PHONE, "appointment_call_booked"), (Mode.VENUE, "appointment_booked")]
)
def test_who_is_rung_is_not_asked_to_come(session, refer, diary, book, mode, told):
    book(refer(), diary(days=3, mode=mode, place="" if mode is Mode.PHONE else "Hackney Central Library")[0])
    react(session)
    sent = set(session.scalars(select(Message.template)))
    assert sent == {told, told.replace("booked", "reminder")}
