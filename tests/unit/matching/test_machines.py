"""The small machines of offers and enrolments: what may follow what, and nothing else."""

from datetime import date

import pytest

from hub.core.errors import Conflict, RuleBroken
from hub.core.levels import Level
from hub.matching.domain import (
    LIVE,
    TO_DECIDE,
    Attendance,
    EnrolmentState,
    OfferState,
    RoundState,
    Stale,
    next_level,
)
from hub.matching.domain import enrolments as enrolment_rules
from hub.matching.domain import offers as offer_rules
from hub.matching.domain.packing import pack, unpack
from hub.matching.domain.rounds import STRANDS, LeftOut, RoundPolicy, require_open

OFFERS = {
    "with_provider": "with_learner decline_review hub_decides superseded withdrawn",
    "decline_review": "declined_by_provider with_provider superseded withdrawn",
    "hub_decides": "with_learner superseded withdrawn",
    "with_learner": "confirmed declined_by_learner lapsed superseded withdrawn",
}
ENROLMENTS = {
    "expected": "started no_show returned_to_list left_early",
    "no_show": "expected returned_to_list left_early",
    "started": "completed left_early transferred returned_to_list",
}


@pytest.mark.parametrize("before", OfferState)
@pytest.mark.parametrize("after", OfferState)
def test_offers_take_only_the_steps_of_the_product(before, after):
    if after.value in OFFERS.get(before.value, "").split():
        offer_rules.require_transition(before, after)
    else:
        with pytest.raises(Conflict) as caught:
            offer_rules.require_transition(before, after)
        assert caught.value.code == "offer_state"
        assert "_" not in caught.value.detail


@pytest.mark.parametrize("before", EnrolmentState)
@pytest.mark.parametrize("after", EnrolmentState)
def test_enrolments_take_only_the_steps_of_the_product(before, after):
    if after.value in ENROLMENTS.get(before.value, "").split():
        enrolment_rules.require_transition(before, after)
    else:
        with pytest.raises(Conflict):
            enrolment_rules.require_transition(before, after)


def test_a_live_offer_is_one_that_can_still_move():
    assert {state.value for state in LIVE} == set(OFFERS)
    assert LIVE >= TO_DECIDE


@pytest.mark.parametrize("state", RoundState)
def test_only_open_rounds_take_releases(state):
    if state in {RoundState.PREVIEWED, RoundState.RELEASED}:
        require_open(state)
    else:
        with pytest.raises(Conflict):
            require_open(state)


@pytest.mark.parametrize(
    ("attendance", "field"),
    [
        (Attendance(date(2027, 2, 1), 3, 4), "week_on"),
        (Attendance(date(2026, 12, 28), 3, 4), "week_on"),
        (Attendance(date(2027, 1, 11), 5, 4), "hours_attended"),
        (Attendance(date(2027, 1, 11), -1, 4), "hours_attended"),
        (Attendance(date(2027, 1, 11), 0, 0), "hours_of"),
        (Attendance(date(2027, 1, 11), 0, 61), "hours_of"),
    ],
)
def test_impossible_hours_are_named(attendance, field):
    found = enrolment_rules.attendance_faults(attendance, date(2027, 1, 4), date(2027, 1, 20))
    assert field in found


def test_possible_hours_pass():
    week = Attendance(date(2027, 1, 11), 0, 4)
    assert enrolment_rules.attendance_faults(week, date(2027, 1, 4), date(2027, 1, 20)) == {}


def test_a_day_in_the_future_is_refused():
    enrolment_rules.require_day(date(2027, 1, 11), date(2027, 1, 11), "on")
    with pytest.raises(RuleBroken) as caught:
        enrolment_rules.require_day(date(2027, 1, 12), date(2027, 1, 11), "on")
    assert "on" in caught.value.errors


def test_a_course_leads_to_the_level_after_its_own():
    assert [next_level(level) for level in Level] == [*list(Level)[1:], None]


def test_what_is_packed_comes_back():
    value = {"b": [1, 2.5, None], "a": "ü"}
    assert unpack(pack(value)) == value
    assert pack(value) == pack(dict(reversed(value.items())))


def test_every_code_has_words():
    for code in (*Stale, *LeftOut):
        assert " " in code.words
    assert set(STRANDS) == {"general", "literacy", "work", "family", "citizenship", "conversation"}
    assert RoundPolicy().for_day(date(2027, 1, 11))["today"] == "2027-01-11"
