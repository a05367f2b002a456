"""Appointments, slots, overrides and repeats: the rules without a database."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from hub.assessment.domain import (
    AppointmentState,
    Mode,
    NewAssessment,
    Override,
    OverrideCode,
    Purpose,
    SlotRun,
    limit_reached,
    require_no_valid_result,
    require_override,
    require_runnable,
    require_transition,
)
from hub.core.errors import Conflict, RuleBroken
from hub.core.levels import Level

TODAY = date(2027, 1, 11)


def run(**changes):
    given: dict[str, Any] = {
        "assessor_id": uuid4(),
        "day": date(2027, 1, 12),
        "start": time(10),
        "end": time(12),
        "place": "Library",
    }
    return SlotRun(**(given | changes))


def test_a_stretch_is_cut_into_whole_slots_with_breaks():
    cut = run(minutes=30, gap=10).cut()
    assert [start for start, _ in cut] == [
        datetime(2027, 1, 12, 10, tzinfo=UTC),
        datetime(2027, 1, 12, 10, 40, tzinfo=UTC),
        datetime(2027, 1, 12, 11, 20, tzinfo=UTC),
    ]
    assert all(end - start == timedelta(minutes=30) for start, end in cut)


def test_slots_are_london_times_in_summer_too():
    assert run(day=date(2027, 7, 1)).cut()[0][0] == datetime(2027, 7, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day": date(2027, 1, 10)}, "day"),
        ({"day": date(2029, 1, 10)}, "day"),
        ({"minutes": 5}, "minutes"),
        ({"gap": 90}, "gap"),
        ({"end": time(9)}, "end"),
        ({"end": time(10, 10)}, "end"),
        ({"place": " "}, "place"),
    ],
)
def test_an_impossible_stretch_names_the_field(changes, field):
    with pytest.raises(RuleBroken) as refused:
        require_runnable(run(**changes), TODAY)
    assert field in refused.value.errors


def test_phone_appointments_need_no_place():
    require_runnable(run(mode=Mode.PHONE, place=""), TODAY)


def test_only_the_transitions_of_the_table_happen():
    require_transition(AppointmentState.PROPOSED, AppointmentState.BOOKED)
    for before, after in [("proposed", "attended"), ("attended", "booked"), ("not_attended", "attended")]:
        with pytest.raises(Conflict):
            require_transition(AppointmentState(before), AppointmentState(after))


def test_the_limit_of_missed_appointments_can_be_switched_off():
    assert [limit_reached(times, 2) for times in (0, 1, 2, 3)] == [False, False, True, True]
    assert not limit_reached(9, 0)


def test_a_valid_result_stands_until_purpose_and_reason_are_given():
    case: dict[str, Any] = {"case_id": uuid4(), "learner_id": uuid4()}
    until = TODAY + timedelta(days=30)
    assert require_no_valid_result(NewAssessment(**case), None) is Purpose.INITIAL
    for new in (
        NewAssessment(**case),
        NewAssessment(**case, purpose=Purpose.REVIEW),
        NewAssessment(**case, reason="The college asked for it"),
    ):
        with pytest.raises(RuleBroken) as refused:
            require_no_valid_result(new, until)
        assert refused.value.code == "already_assessed"
    again = NewAssessment(**case, purpose=Purpose.REVIEW, reason="70 taught hours since")
    assert require_no_valid_result(again, until) is Purpose.REVIEW


def test_an_override_needs_a_different_level_a_reason_and_for_two_levels_a_second_person():
    me, colleague = uuid4(), uuid4()
    require_override(Override(Level.E3, OverrideCode.SPEAKING_STRONGER), Level.E2, me)
    require_override(Override(Level.L1, OverrideCode.SPEAKING_STRONGER, "", colleague), Level.E2, me)
    for override, field in [
        (Override(Level.E2, OverrideCode.LEARNER_CHOICE), "level"),
        (Override(Level.E3, OverrideCode.OTHER, "too short"), "text"),
        (Override(Level.L1, OverrideCode.SPEAKING_STRONGER), "second_person_id"),
        (Override(Level.L1, OverrideCode.SPEAKING_STRONGER, "", me), "second_person_id"),
    ]:
        with pytest.raises(RuleBroken) as refused:
            require_override(override, Level.E2, me)
        assert set(refused.value.errors) == {field}
