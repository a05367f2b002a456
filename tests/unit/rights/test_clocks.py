"""The clocks of the law: months, the two extra ones, standing still, 30 days, 72 hours."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rights.domain.clocks import AnswerClock, acknowledge_by, countdown, months_after, report_by, urgency

EASTER = {date(2027, 3, 26), date(2027, 3, 29)}


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2027, 1, 11), 1, date(2027, 2, 11)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 12, 15), 3, date(2028, 3, 15)),
        (date(2027, 3, 31), -1, date(2027, 2, 28)),
        (date(2027, 1, 11), -24, date(2025, 1, 11)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last(day, months, then):
    assert months_after(day, months) == then


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-240, 240))
def test_months_keep_order_and_day(day, months):
    then = months_after(day, months)
    assert (then.year * 12 + then.month) - (day.year * 12 + day.month) == months
    assert then.day <= day.day and months_after(day, months) <= months_after(day, months + 1)


@pytest.mark.parametrize(
    ("clock", "due"),
    [
        (AnswerClock(date(2027, 1, 11)), date(2027, 2, 11)),
        (
            AnswerClock(date(2027, 1, 11), identified_on=date(2027, 1, 20)),
            date(2027, 2, 22),
        ),  # 20 Feb: Saturday
        (AnswerClock(date(2027, 1, 20), identified_on=date(2027, 1, 11)), date(2027, 2, 22)),
        (AnswerClock(date(2027, 1, 11), extended=True), date(2027, 4, 12)),
        (AnswerClock(date(2027, 1, 11), paused_days=5), date(2027, 2, 16)),
        (AnswerClock(date(2027, 2, 26)), date(2027, 3, 30)),  # Good Friday
    ],
)
def test_the_last_day_to_answer(clock, due):
    assert clock.due_on(date(2027, 1, 21), EASTER) == due


def test_while_we_wait_for_an_answer_the_day_moves_with_us():
    clock = AnswerClock(date(2027, 1, 11), paused_on=date(2027, 1, 18))
    days = [clock.due_on(date(2027, 1, 18) + timedelta(days=n), ()) for n in (0, 7, 14)]
    assert days == [date(2027, 2, 11), date(2027, 2, 18), date(2027, 2, 25)]


def test_two_months_more_must_be_told_within_the_first():
    assert AnswerClock(date(2027, 1, 11), paused_days=3).last_day_to_extend(()) == date(2027, 2, 15)


def test_thirty_days_and_seventy_two_hours():
    assert acknowledge_by(date(2027, 1, 11)) == date(2027, 2, 10)
    aware = datetime(2027, 3, 27, 22, tzinfo=UTC)
    assert report_by(aware) == datetime(2027, 3, 30, 22, tzinfo=UTC), (
        "hours, whatever the clocks of summer do"
    )


@pytest.mark.parametrize(
    ("days", "words", "colour"),
    [(-2, "2 days late", "red"), (-1, "1 day late", "red"), (0, "Due today", "orange"), (1, "1 day left", "yellow"),
     (7, "7 days left", "yellow"), (8, "8 days left", "green")],
)  # fmt: skip
def test_words_and_colour_of_the_time_left(days, words, colour):
    assert urgency(date(2027, 1, 11) + timedelta(days=days), date(2027, 1, 11)) == (words, colour)


@pytest.mark.parametrize(
    ("hours", "words", "colour"),
    [(71.5, "71 hours left", "yellow"), (23.9, "23 hours left", "orange"), (-3.2, "3 hours late", "red")],
)
def test_hours_left_of_seventy_two(hours, words, colour):
    now = datetime(2027, 1, 11, tzinfo=UTC)
    assert countdown(now + timedelta(hours=hours), now) == (words, colour)
