"""Two at once: one entry, one booking, one placement, one offer."""

import threading
from datetime import date, time, timedelta
from uuid import uuid4

import pytest

from hub.assessment import service as assessments
from hub.assessment.domain import (
    AssessmentCompleted,
    CaseToAssess,
    Completion,
    Literacy,
    LiteracyNeed,
    Mark,
    Marks,
    NewAssessment,
    NewBooking,
    Skill,
    SlotRun,
    Strand,
    rubrics,
)
from hub.assessment.models import Appointment, Placement
from hub.core.errors import Conflict
from hub.core.levels import Level
from hub.core.permissions import SYSTEM, Role
from hub.infra.db import transaction
from hub.learners import service as learners
from hub.learners.domain import NewPerson
from hub.waitlist import reactions
from hub.waitlist import service as waitlist
from hub.waitlist.domain import ACTIVE, JoinRequest
from hub.waitlist.models import WaitlistEntry


def at_once(*acts):
    """Run the acts in threads that start together; the errors they ended with, None for those that worked."""
    gate = threading.Barrier(len(acts))
    ends: list[Exception | None] = [None] * len(acts)

    def run(place, act):
        gate.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever it was, the test looks at it
            ends[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def in_transaction(act):
    def run():
        with transaction(SYSTEM) as session:
            act(session)

    return run


@pytest.fixture
def refer(committed, person, clock):
    def make():
        with transaction(SYSTEM) as session:
            home = person(session, Role.HUB_MANAGER).organisation_id
            new = NewPerson(
                given_names="Amina", family_name=f"Warsame {uuid4().hex}", date_of_birth=date(1990, 3, 27)
            )
            made = learners.identify(session, new, None, home, SYSTEM, clock)
            case = CaseToAssess(uuid4(), made.learner_id, made.source_record_id, made.subject_id)
            assessments.ask(session, case, SYSTEM, clock)
        return case

    return make


def rows(model, **by):
    with transaction(SYSTEM) as session:
        return session.query(model).filter_by(**by).all()


@pytest.mark.parametrize("levels", [(Level.E1, Level.E1), (Level.E1, Level.E2)])
def test_two_joining_at_once_leave_one_active_entry(refer, clock, levels):
    case = refer()

    def join(level):
        request = JoinRequest(case.learner_id, case.source_record_id, case.subject_id, Strand.GENERAL, level)
        return in_transaction(lambda session: waitlist.join(session, request, SYSTEM, clock))

    ends = at_once(*(join(level) for level in levels), *(join(level) for level in levels))
    assert ends == [None] * 4
    assert len([one for one in rows(WaitlistEntry, learner_id=case.learner_id) if one.state in ACTIVE]) == 1


def test_two_offers_at_once_for_one_entry_are_one(refer, clock):
    case = refer()
    with transaction(SYSTEM) as session:
        request = JoinRequest(
            case.learner_id, case.source_record_id, case.subject_id, Strand.GENERAL, Level.E1
        )
        entry_id = waitlist.join(session, request, SYSTEM, clock).id
    offer = in_transaction(lambda session: waitlist.mark_offered(session, entry_id, SYSTEM, clock))
    ends = at_once(offer, offer, offer)
    assert sorted(type(end).__name__ for end in ends) == ["Conflict", "Conflict", "NoneType"]


def test_one_slot_goes_to_one_learner(refer, person, clock):
    cases = [refer() for _ in range(3)]
    with transaction(SYSTEM) as session:
        manager = person(session, Role.HUB_MANAGER)
        run = SlotRun(manager.id, clock.today() + timedelta(days=1), time(10), time(10, 30), place="Library")
        slot_id = assessments.offer_slots(session, run, manager, clock)[0].id

    def book(case):
        booking = NewBooking(case.case_id, case.learner_id, slot_id)
        return in_transaction(lambda session: assessments.book(session, booking, SYSTEM, clock))

    ends = at_once(*(book(case) for case in cases))
    assert [end for end in ends if end is None] == [None]
    assert all(isinstance(end, Conflict) for end in ends if end is not None)
    assert len(rows(Appointment, slot_id=slot_id)) == 1


def test_cutting_the_same_hours_twice_at_once_makes_them_once(refer, person, clock):
    refer()
    with transaction(SYSTEM) as session:
        manager = person(session, Role.HUB_MANAGER)
    run = SlotRun(manager.id, clock.today() + timedelta(days=1), time(10), time(12), place="Library")
    cut = in_transaction(lambda session: assessments.offer_slots(session, run, manager, clock))
    ends = at_once(cut, cut)
    assert sorted(type(end).__name__ for end in ends) == ["Conflict", "NoneType"]


def test_completing_twice_at_once_is_one_placement_and_one_entry(committed, refer, clock):
    committed.reactions = {AssessmentCompleted: [reactions.assessment_completed]}
    case = refer()
    start = in_transaction(
        lambda session: assessments.start(
            session, NewAssessment(case.case_id, case.learner_id), SYSTEM, clock
        )
    )
    assert at_once(start, start) == [None, None]
    marks = tuple(Mark(skill, code, 2) for skill in Skill for code in rubrics()[skill].codes)
    with transaction(SYSTEM) as session:
        begun = assessments.start(session, NewAssessment(case.case_id, case.learner_id), SYSTEM, clock)
        assessments.save_marks(session, begun.id, Marks(marks, Literacy(LiteracyNeed.NONE)), SYSTEM, clock)
        assessment_id = begun.id
    done = in_transaction(
        lambda session: assessments.complete(session, assessment_id, Completion(), SYSTEM, clock)
    )
    assert at_once(done, done) == [None, None]
    assert len(rows(Placement)) == 1
    assert len(rows(WaitlistEntry, learner_id=case.learner_id)) == 1
