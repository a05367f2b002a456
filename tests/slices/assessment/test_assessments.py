"""An assessment from start to placement through the service."""

from datetime import timedelta

import pytest

from hub.assessment import reads, service
from hub.assessment.domain import (
    AppointmentState,
    AssessmentCompleted,
    Completion,
    Ease,
    Literacy,
    LiteracyNeed,
    Marks,
    NewAssessment,
    Override,
    OverrideCode,
    Purpose,
    Script,
    Skill,
    Strand,
)
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.levels import Level
from hub.steps import reads as steps

from .conftest import all_marks


def events(session, kind):
    return [event for event in session.info.get("hub_events", []) if isinstance(event, kind)]


def test_from_the_booked_appointment_to_the_placement(session, refer, diary, book, assess, assessor, clock):
    case = refer()
    booked = book(case, diary()[0])
    clock.advance(timedelta(days=1))
    placement = assess(case, "3311")
    assert booked.state is AppointmentState.ATTENDED
    view = reads.valid_placement(session, case.learner_id, clock.today())
    assert view
    assert (view.level, view.achieved, view.also) == (Level.E2, Level.E1, (Level.E3,))
    assert view.skills[Skill.SPEAKING] is Level.E3
    assert view.valid_until == clock.today() + timedelta(days=182)
    assert view.explanation["rule"] == "spiky_spoken"
    assert view.explanation["changes"]
    (event,) = events(session, AssessmentCompleted)
    assert (event.level, event.strand, event.case_id) == (Level.E2, Strand.GENERAL, case.case_id)
    assert not steps.open_steps(session, [case.case_id], clock.today())
    assert service.complete(session, view.assessment_id, Completion(), assessor, clock).id == placement.id
    assert len(events(session, AssessmentCompleted)) == 1


def test_starting_twice_is_one_assessment_and_needs_no_appointment(session, refer, assessor, clock):
    case = refer()
    new = NewAssessment(case.case_id, case.learner_id)
    first = service.start(session, new, assessor, clock)
    assert service.start(session, new, assessor, clock).id == first.id
    assert reads.open_appointment(session, case.case_id) is None


def test_a_case_nobody_asked_for_is_not_found(session, refer, assessor, clock):
    case = refer()
    with pytest.raises(NotFound):
        service.start(session, NewAssessment(case.learner_id, case.learner_id), assessor, clock)


def test_marks_are_kept_stage_by_stage_and_a_new_mark_replaces_the_old(session, refer, assessor, clock):
    case = refer()
    started = service.start(session, NewAssessment(case.case_id, case.learner_id), assessor, clock)
    service.save_marks(session, started.id, Marks(all_marks("5555")[:3]), assessor, clock)
    with pytest.raises(RuleBroken) as refused:
        service.complete(session, started.id, Completion(), assessor, clock)
    assert set(refused.value.errors) == {"speaking", "listening", "reading", "writing", "literacy"}
    literacy = Literacy(
        LiteracyNeed.NONE, Script.LETTERS, ("Ethiopic",), "am", Ease.YES, Ease.LITTLE, 4, pen_control=True
    )
    service.save_marks(session, started.id, Marks(all_marks("1111"), literacy), assessor, clock)
    assert service.complete(session, started.id, Completion(), assessor, clock).level is Level.E1


def test_unknown_criteria_are_refused_by_name(session, refer, assessor, clock):
    from hub.assessment.domain import Mark

    started = service.start(session, NewAssessment(*_ids(refer())), assessor, clock)
    with pytest.raises(RuleBroken) as refused:
        service.save_marks(session, started.id, Marks((Mark(Skill.READING, "charm", 3),)), assessor, clock)
    assert list(refused.value.errors) == ["reading-charm"]


def _ids(case):
    return [case.case_id, case.learner_id]


def test_literacy_need_gives_the_literacy_strand(session, refer, assess):
    placement = assess(refer(), "2211", LiteracyNeed.LITERACY_1)
    assert placement.strand is Strand.LITERACY


def test_poor_handwriting_alone_gives_the_literacy_strand(session, refer, assessor, clock):
    from hub.assessment.domain import Mark

    started = service.start(session, NewAssessment(*_ids(refer())), assessor, clock)
    marks = (*all_marks("3333"), Mark(Skill.WRITING, "script_handwriting", 1))
    service.save_marks(session, started.id, Marks(marks, Literacy(LiteracyNeed.NONE)), assessor, clock)
    placement = service.complete(session, started.id, Completion(), assessor, clock)
    assert (placement.strand, placement.level) == (Strand.LITERACY, Level.E3)


def test_an_override_keeps_the_original_and_needs_its_reason(session, refer, assessor, clock):
    started = service.start(session, NewAssessment(*_ids(refer())), assessor, clock)
    done = Marks(all_marks("2222"), Literacy(LiteracyNeed.NONE))
    service.save_marks(session, started.id, done, assessor, clock)
    for wrong in (
        Override(Level.L1, OverrideCode.LEARNER_CHOICE),
        Override(Level.L1, OverrideCode.LEARNER_CHOICE, second_person_id=started.id),
        Override(Level.E3, OverrideCode.OTHER, "short"),
    ):
        with pytest.raises(RuleBroken):
            service.complete(session, started.id, Completion(wrong), assessor, clock)
    right = Override(Level.E3, OverrideCode.OTHER, "Has a degree taught in English")
    placement = service.complete(session, started.id, Completion(right), assessor, clock)
    assert (placement.level, placement.overridden_from) == (Level.E3, Level.E2)
    assert placement.override_text == "Has a degree taught in English"
    assert "The assessor decided Entry 3" in placement.explanation["steps"][-1]
    assert reads.second_opinion(session, started.id) is None, "one level away needs nobody else"
    with pytest.raises(Conflict):
        service.save_marks(session, started.id, done, assessor, clock)


def test_a_learner_with_a_valid_result_is_not_assessed_again_without_purpose_and_reason(
    session, refer, assess, assessor, clock
):
    case = refer()
    assess(case)
    again = NewAssessment(*_ids(case))
    with pytest.raises(RuleBroken) as refused:
        service.start(session, again, assessor, clock)
    assert refused.value.code == "already_assessed"
    review = NewAssessment(
        case.case_id, case.learner_id, purpose=Purpose.REVIEW, reason="70 taught hours since then"
    )
    assert service.start(session, review, assessor, clock).purpose is Purpose.REVIEW


def test_after_its_validity_a_result_does_not_stand_in_the_way(session, refer, assess, assessor, clock):
    case = refer()
    assess(case)
    clock.advance(timedelta(days=183))
    assert reads.valid_placement(session, case.learner_id, clock.today()) is None
    assert service.start(session, NewAssessment(*_ids(case)), assessor, clock).purpose is Purpose.INITIAL


def test_giving_up_asks_for_a_new_appointment(session, refer, assessor, clock):
    case = refer()
    started = service.start(session, NewAssessment(*_ids(case)), assessor, clock)
    service.abandon(session, started.id, assessor, clock)
    proposed = reads.open_appointment(session, case.case_id)
    assert proposed
    assert proposed.state is AppointmentState.PROPOSED
