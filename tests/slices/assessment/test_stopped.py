"""Who has had the use of their data stopped is neither booked nor assessed until it is lifted."""

from uuid import uuid4

import pytest

from hub.assessment import service
from hub.assessment.domain import Completion, Literacy, LiteracyNeed, Marks, NewAssessment
from hub.consent import service as consents
from hub.consent.domain import NewStop, StopKind
from hub.core.errors import RuleBroken
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
