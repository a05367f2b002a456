"""Who has had the use of their data stopped is neither booked nor assessed until it is lifted."""

from datetime import timedelta
from uuid import uuid4

import pytest

from hub.assessment import reactions, reads, service
from hub.assessment.domain import (
    AppointmentCancelled,
    AppointmentState,
    Completion,
    Literacy,
    LiteracyNeed,
    Marks,
    MoveReason,
    NewAssessment,
)
from hub.consent import service as consents
from hub.consent.domain import NewStop, ProcessingStopped, StopKind
from hub.core.errors import RuleBroken
from hub.infra.db import react
from hub.messaging import reactions as messaging
from hub.steps import reads as steps
from hub.steps.domain import StepKind
from tests.slices.assessment.conftest import all_marks

REFUSED = "has had the use of their data stopped"


def test_each_door_of_assessment_is_shut_and_opens_again(refer, diary, book, session, assessor, clock):
    case, other, slot = refer(), refer(), diary()[0]
    objection = NewStop(StopKind.OBJECTION, frozenset({"P02"}), uuid4())
    consents.stop(session, case.learner_id, objection, assessor, clock)
    with pytest.raises(RuleBroken, match=REFUSED):
        book(case, slot)
    with pytest.raises(RuleBroken, match=REFUSED):
        service.start(session, NewAssessment(case.case_id, case.learner_id), assessor, clock)
    assert book(other, slot), "nobody else is kept from it"

    consents.lift_stop(session, objection.case_id, assessor, clock)
    started = service.start(session, NewAssessment(case.case_id, case.learner_id), assessor, clock)
    service.save_marks(
        session, started.id, Marks(all_marks("2222"), Literacy(LiteracyNeed.NONE)), assessor, clock
    )
    consents.stop(session, case.learner_id, objection, assessor, clock)  # lifted: one case stops once
    consents.stop(
        session, case.learner_id, NewStop(StopKind.OBJECTION, frozenset({"P02"}), uuid4()), assessor, clock
    )
    with pytest.raises(RuleBroken, match=REFUSED):
        service.complete(session, started.id, Completion(), assessor, clock)


def test_a_booked_time_is_free_again_and_a_new_one_is_looked_for_when_somebody_looks_again(
    hub, refer, diary, book, session, assessor, clock
):
    hub.reactions = {
        ProcessingStopped: [reactions.processing_stopped],
        AppointmentCancelled: [messaging.appointment_cancelled],
    }
    (case, other), slots = (refer(), refer()), diary()
    booked, kept = book(case, slots[0]), book(other, slots[1])
    objection = NewStop(StopKind.OBJECTION, frozenset({"P02"}), uuid4())
    consents.stop(session, case.learner_id, objection, assessor, clock)
    react(session)
    cancelled = reads.appointment(session, booked.id)
    assert (cancelled.state, cancelled.reason) == (
        AppointmentState.CANCELLED_BY_HUB, MoveReason.PROCESSING_STOPPED,
    )  # fmt: skip
    assert reads.appointment(session, kept.id).state is AppointmentState.BOOKED
    assert slots[0].id in {one.id for one in reads.free_slots(session, clock.now())}
    [held] = steps.open_steps(session, [case.case_id], clock.today())[case.case_id]
    assert (held.kind, held.due_on) == (StepKind.APPOINTMENT_TO_MAKE, clock.today() + timedelta(days=28))
    consents.lift_stop(session, objection.case_id, assessor, clock)
    assert book(case, slots[0]).state is AppointmentState.BOOKED


def test_a_stop_of_something_else_leaves_the_appointment(hub, refer, diary, book, session, assessor, clock):
    hub.reactions = {ProcessingStopped: [reactions.processing_stopped]}
    case, slots = refer(), diary()
    booked = book(case, slots[0])
    stop = NewStop(StopKind.OBJECTION, frozenset({"P04"}), uuid4())
    consents.stop(session, case.learner_id, stop, assessor, clock)
    react(session)
    assert reads.appointment(session, booked.id).state is AppointmentState.BOOKED
