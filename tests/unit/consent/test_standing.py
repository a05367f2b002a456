from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.consent.domain import ChoiceMade, Standing, Telling, standing_of
from tests.conftest import uuid

AT = datetime(2027, 1, 1, tzinfo=UTC)
HERE, THERE = uuid(1), uuid(2)


def told(source=HERE, day=0, *, granted=True, proven=True, withdrawn=False) -> Telling:
    choice = ChoiceMade("P05", granted, AT if withdrawn else None)
    return Telling(source, date(2027, 1, 1), AT + timedelta(days=day), proven, choice)


def test_one_yes_permits():
    assert standing_of([told()], {HERE}).permits


def test_nobody_asked_permits_nothing():
    assert standing_of([], {HERE}) is Standing.NOT_ASKED
    assert standing_of([], set()) is Standing.NOT_ASKED


def test_a_refusal_at_one_source_refuses_all():
    assert standing_of([told(), told(THERE, granted=False)], {HERE, THERE}) is Standing.REFUSED


def test_a_source_that_never_asked_permits_nothing():
    assert standing_of([told()], {HERE, THERE}) is Standing.NOT_ASKED


def test_unproven_permits_nothing():
    assert standing_of([told(proven=False)], {HERE}) is Standing.NOT_PROVEN


def test_the_newest_asking_of_a_source_counts():
    assert standing_of([told(day=2), told(day=1, granted=False)], {HERE}).permits
    assert standing_of([told(day=2, withdrawn=True), told(day=1)], {HERE}) is Standing.WITHDRAWN


def test_what_is_dated_after_today_does_not_count_yet():
    assert standing_of([told()], {HERE}, date(2026, 12, 31)) is Standing.NOT_ASKED


SOURCES = [uuid(number) for number in range(1, 4)]
TELLINGS = st.lists(
    st.builds(
        told,
        st.sampled_from(SOURCES),
        st.integers(0, 9),
        granted=st.booleans(),
        proven=st.booleans(),
        withdrawn=st.booleans(),
    ),
    max_size=8,
)


@given(TELLINGS, st.sets(st.sampled_from(SOURCES), min_size=1), st.sampled_from(SOURCES))
def test_another_source_never_makes_it_more_permissive(tellings, sources, more):
    if standing_of(tellings, sources | {more}).permits:
        assert standing_of(tellings, sources).permits


@given(TELLINGS, st.sets(st.sampled_from(SOURCES), min_size=1))
def test_permitted_means_every_source_said_a_proven_yes(tellings, sources):
    if standing_of(tellings, sources).permits:
        for source in sources:
            own = [one for one in tellings if one.source_record_id == source]
            newest = max(reversed(own), key=lambda one: one.created_at)
            assert newest.proven and newest.choice.granted and newest.choice.withdrawn_at is None
