from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.consent.domain import ConsentState, Standing, Telling, standing_of
from hub.consent.domain.validity import last_day
from tests.conftest import uuid

AT = datetime(2027, 1, 1, tzinfo=UTC)
HERE, THERE = uuid(1), uuid(2)


GIVEN, RENEWED, REFUSED, REQUESTED = (
    ConsentState(one) for one in ("given", "renewed", "refused", "requested")
)
WITHDRAWN, UNKNOWN = ConsentState.WITHDRAWN, ConsentState.UNKNOWN


def told(source=HERE, day=0, state=GIVEN, until=None) -> Telling:
    return Telling(source, "P05", date(2027, 1, 1), AT + timedelta(days=day), state, until)


def test_one_yes_permits():
    assert standing_of([told()], {HERE}).permits


def test_nobody_asked_permits_nothing():
    assert standing_of([], {HERE}) is Standing.NOT_ASKED
    assert standing_of([], set()) is Standing.NOT_ASKED


def test_a_refusal_at_one_source_refuses_all():
    assert standing_of([told(), told(THERE, state=REFUSED)], {HERE, THERE}) is Standing.REFUSED


def test_a_source_that_never_asked_permits_nothing():
    assert standing_of([told()], {HERE, THERE}) is Standing.NOT_ASKED


def test_unproven_permits_nothing():
    assert standing_of([told(state=UNKNOWN)], {HERE}) is Standing.NOT_PROVEN


def test_the_newest_asking_of_a_source_counts():
    assert standing_of([told(day=2), told(day=1, state=REFUSED)], {HERE}).permits
    assert standing_of([told(day=2, state=WITHDRAWN), told(day=1)], {HERE}) is Standing.WITHDRAWN


def test_what_is_dated_after_today_does_not_count_yet():
    assert standing_of([told()], {HERE}, date(2026, 12, 31)) is Standing.NOT_ASKED


SOURCES = [uuid(number) for number in range(1, 4)]
TELLINGS = st.lists(
    st.builds(
        told,
        st.sampled_from(SOURCES),
        st.integers(0, 9),
        st.sampled_from(ConsentState),
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
            own = [one for one in tellings if one.source_record_id == source and one.state is not REQUESTED]
            newest = max(reversed(own), key=lambda one: one.created_at)
            assert newest.state in {GIVEN, RENEWED}


def test_a_request_changes_nothing_about_what_was_said():
    assert standing_of([told(), told(day=1, state=REQUESTED)], {HERE}).permits
    assert standing_of([told(state=REQUESTED)], {HERE}) is Standing.NOT_ASKED


def test_a_yes_counts_to_its_last_day():
    yes = told(until=date(2028, 12, 31))
    assert standing_of([yes], {HERE}, date(2028, 12, 31)).permits
    assert standing_of([yes], {HERE}, date(2029, 1, 1)) is Standing.EXPIRED


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_a_yes_counts_for_whole_months(day):
    last = last_day("P05", day)
    assert (
        last + timedelta(days=1)
        in {date(day.year + 2, day.month, min(day.day, 28)), date(day.year + 2, day.month, day.day)}
        if day.day <= 28
        else timedelta(days=727) < last - day < timedelta(days=732)
    )
    assert last_day("P01", day) is None
