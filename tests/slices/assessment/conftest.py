"""A learner whose case needs an assessment, an assessor with a diary, and the way between them."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.assessment import service
from hub.assessment.domain import (
    CaseToAssess,
    Completion,
    Literacy,
    LiteracyNeed,
    Mark,
    Marks,
    Mode,
    NewAssessment,
    NewBooking,
    Skill,
    SlotRun,
    rubrics,
)
from hub.core.permissions import SYSTEM, Role
from hub.learners import service as learners
from hub.learners.domain import NewPerson


@dataclass(frozen=True)
class Case:
    """What identifying and referring a learner made."""

    case_id: UUID
    learner_id: UUID
    source_record_id: UUID
    subject_id: UUID

    @property
    def to_assess(self):
        return CaseToAssess(self.case_id, self.learner_id, self.source_record_id, self.subject_id)


def new_person(**changes):
    given: dict[str, Any] = {
        "given_names": "Amina",
        "family_name": f"Warsame {uuid4().hex[:6]}",
        "date_of_birth": date(1990, 3, 27),
        "postcode": "E8 1AA",
        "phone": f"+4477009{uuid4().int % 100000:05d}",
        "email": f"{uuid4().hex[:8]}@example.com",
    }
    return NewPerson(**(given | changes))


def all_marks(ranks):
    """`3311`: speaking and listening 3, reading and writing 1, for every criterion."""
    return tuple(
        Mark(skill, code, int(rank))
        for skill, rank in zip(Skill, ranks, strict=True)
        for code in rubrics()[skill].codes
    )


@pytest.fixture
def refer(session, person, clock):
    """refer() -> a Case that asks for an appointment."""

    def make(**changes):
        manager = person(session, Role.HUB_MANAGER)
        made = learners.identify(session, new_person(**changes), None, manager.organisation_id, SYSTEM, clock)
        case = Case(uuid4(), made.learner_id, made.source_record_id, made.subject_id)
        service.ask(session, case.to_assess, SYSTEM, clock)
        session.flush()
        return case

    return make


@pytest.fixture
def assessor(session, person):
    return person(session, Role.ASSESSOR)


@pytest.fixture
def diary(session, assessor, clock):
    """diary() -> free slots of half an hour, tomorrow from 10 to 12."""

    def make(days=1, **changes):
        day = clock.today() + timedelta(days=days)
        given: dict[str, Any] = {
            "start": time(10),
            "end": time(12),
            "mode": Mode.VENUE,
            "place": "Hackney Central Library",
        }
        return service.offer_slots(session, SlotRun(assessor.id, day, **(given | changes)), assessor, clock)

    return make


@pytest.fixture
def assess(session, assessor, clock):
    """assess(case, "3311", need) -> the placement."""

    def make(case, ranks="2222", need=LiteracyNeed.NONE, **new):
        started = service.start(session, NewAssessment(case.case_id, case.learner_id, **new), assessor, clock)
        service.save_marks(session, started.id, Marks(all_marks(ranks), Literacy(need)), assessor, clock)
        return service.complete(session, started.id, Completion(), assessor, clock)

    return make


@pytest.fixture
def book(session, assessor, clock):
    def make(case, slot):
        return service.book(session, NewBooking(case.case_id, case.learner_id, slot.id), assessor, clock)

    return make
