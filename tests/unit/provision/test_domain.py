"""What may be said about a class, how places are counted, what is shown."""

from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.levels import Level
from hub.provision.domain import (
    ClassDetails,
    Meeting,
    Strand,
    details_faults,
    free_places,
    meetings_in_words,
    places_after_capacity,
    suggested_places,
)
from hub.provision.domain.details import slots_of_meetings
from hub.provision.reads import fee_words
from tests.conftest import uuid

TODAY = date(2027, 1, 11)
POTS = {"asf", "charity"}
CLASS = ClassDetails(
    title="Everyday English", strand=Strand.GENERAL, levels=(Level.E1,),
    meetings=(Meeting(0, time(10), time(12)), Meeting(2, time(10), time(12))), start_on=date(2027, 1, 25),
    end_on=date(2027, 4, 2), capacity=12, venue_id=uuid(1), funding=("asf",),
)  # fmt: skip


def test_a_sound_class_has_no_fault():
    assert details_faults(CLASS, POTS, TODAY) == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "  "}, "title"),
        ({"levels": ()}, "levels"),
        ({"meetings": ()}, "meetings"),
        ({"meetings": (Meeting(0, time(12), time(10)),)}, "meetings"),
        ({"meetings": (Meeting(0, time(9), time(10)), Meeting(0, time(11), time(12)))}, "meetings"),
        ({"end_on": date(2027, 1, 24)}, "end_on"),
        ({"end_on": date(2031, 1, 1)}, "end_on"),
        ({"start_on": date(2026, 1, 1), "end_on": date(2027, 1, 10)}, "end_on"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 501}, "capacity"),
        ({"venue_id": None}, "venue_id"),
        ({"funding": ()}, "funding"),
        ({"funding": ("lottery",)}, "funding"),
        ({"fee_pence": -1}, "fee"),
        ({"enrol_url": "javascript:alert(1)"}, "enrol_url"),
        ({"enrol_url": "www.example.org"}, "enrol_url"),
        ({"contract_areas": ("Hackney",)}, "contract_areas"),
        ({"skill_bands": {"singing": ["E1"]}}, "skill_bands"),
        ({"skill_bands": {"reading": ["E9"]}}, "skill_bands"),
        ({"reserves": ({"count": 2},)}, "reserves"),
        ({"reserves": ({"count": 13, "min_waiting_days": 1},)}, "reserves"),
        ({"reserves": ({"count": True, "min_waiting_days": 1},)}, "reserves"),
        ({"reserves": ({"count": 1, "areas": []},)}, "reserves"),
    ],
)
def test_what_is_impossible_is_told_by_field(change, field):
    assert list(details_faults(replace(CLASS, **change), POTS, TODAY)) == [field]


def test_an_online_class_needs_no_venue():
    assert details_faults(replace(CLASS, venue_id=None, online=True), POTS, TODAY) == {}


def test_reserves_of_the_snapshot_are_understood():
    reserves = (
        {"count": 2, "min_waiting_days": 365, "areas": ["E09000012"]},
        {"count": 1, "areas": ["E09000030"]},
    )
    assert details_faults(replace(CLASS, reserves=reserves), POTS, TODAY) == {}


def test_times_in_words_join_days_of_the_same_time():
    meetings = (*CLASS.meetings, Meeting(4, time(18, 30), time(20)))
    assert meetings_in_words(meetings) == "Monday and Wednesday, 10am to midday; Friday, 6:30pm to 8pm"


def test_slots_follow_the_half_hour_rule():
    assert slots_of_meetings((Meeting(1, time(11), time(12, 30)),)) == {"tue-am", "tue-pm"}
    assert slots_of_meetings((Meeting(1, time(11), time(12, 29)),)) == {"tue-am"}


@given(st.integers(0, 30), st.integers(1, 30), st.integers(0, 30), st.integers(0, 30))
def test_free_places_are_never_more_than_there_is_room_for(places_free, capacity, held, enrolled):
    free = free_places(places_free, capacity, held, enrolled)
    assert 0 <= free <= max(capacity - held - enrolled, 0)
    assert free <= places_free


@given(st.integers(0, 30), st.integers(1, 30), st.integers(1, 30), st.integers(0, 30))
def test_a_change_of_capacity_keeps_the_count_possible(places_free, old, new, taken):
    after = places_after_capacity(places_free, old, new, min(taken, new))
    assert 0 <= after <= new - min(taken, new)


def test_three_chairs_more_are_three_places_more():
    assert places_after_capacity(4, 12, 15, 5) == 7
    assert places_after_capacity(4, 12, 9, 5) == 1
    assert places_after_capacity(1, 12, 9, 5) == 0


def test_buttons_stop_at_the_ends():
    assert suggested_places(0, 12, 3) == (None, 1)
    assert suggested_places(9, 12, 3) == (8, None)
    assert suggested_places(5, 12, 3) == (4, 6)


def test_fees_in_words():
    assert [fee_words(pence) for pence in (0, 2000, 2050, 120000)] == ["Free", "£20", "£20.50", "£1,200"]
