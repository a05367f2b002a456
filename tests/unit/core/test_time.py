"""Working days, the fixed clock, and dates as people say them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.clock import FixedClock, SystemClock, london_time
from hub.core.wording import clock_time, count_of, day_and_date, long_date, short_date, waited
from hub.core.working_days import add_working_days, is_working_day, working_days_between
from hub.infra.calendars import holidays

DAYS = st.dates(date(2024, 1, 1), date(2028, 6, 1))


def test_easter_2027_is_no_working_time():
    assert add_working_days(date(2027, 3, 25), 1, holidays()) == date(2027, 3, 30)


@given(DAYS, st.integers(0, 60))
def test_adding_and_counting_working_days_agree(day, count):
    later = add_working_days(day, count, holidays())
    assert is_working_day(later, holidays())
    if is_working_day(day, holidays()) or count:
        assert working_days_between(day, later, holidays()) == count


def test_a_fixed_clock_stands_until_moved_and_knows_london():
    clock = FixedClock(datetime(2027, 6, 30, 23, 30, tzinfo=UTC))
    assert clock.today() == date(2027, 7, 1)
    clock.advance(timedelta(hours=1))
    assert clock.now() == datetime(2027, 7, 1, 0, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="zone"):
        clock.move_to(datetime(2027, 1, 1))  # noqa: DTZ001


def test_the_system_clock_tells_utc():
    assert SystemClock().now().tzinfo is UTC


def test_london_time_follows_summer():
    assert london_time(date(2027, 7, 1), 18) == datetime(2027, 7, 1, 17, tzinfo=UTC)


def test_dates_and_times_as_people_say_them():
    day = date(2027, 1, 12)
    assert long_date(day) == "Tuesday 12 January 2027"
    assert day_and_date(day) == "Tuesday 12 January"
    assert short_date(day) == "12 Jan 2027"
    assert [clock_time(t) for t in (time(10), time(10, 30), time(12), time(0, 5), time(13))] == [
        "10am", "10:30am", "midday", "12:05am", "1pm",
    ]  # fmt: skip
    assert clock_time(datetime(2027, 7, 1, 17, tzinfo=UTC)) == "6pm"
    assert (count_of(1, "week"), count_of(2, "class", "classes")) == ("1 week", "2 classes")
    assert (waited(day, day + timedelta(days=13)), waited(day, day + timedelta(days=36))) == (
        "13 days",
        "5 weeks",
    )
