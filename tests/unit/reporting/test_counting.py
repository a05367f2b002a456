"""Nobody can be recognised in a number."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.reporting.domain import AGE_BANDS, age_band, breakdown, median_of, suppressed


def words(*numbers):
    return [one.words for one in suppressed([(str(place), n) for place, n in enumerate(numbers)])]


def test_small_numbers_are_hidden_and_nobody_is_nobody():
    assert words(0, 1, 4, 5, 60) == ["0", "under 5", "under 5", "5", "60"]


def test_one_hidden_number_takes_another_with_it():
    assert words(3, 20, 8) == ["under 5", "20", "not shown"]
    assert words(3, 0, 0) == ["under 5", "0", "0"]


@given(st.lists(st.integers(0, 40), max_size=8))
def test_no_single_number_can_be_worked_out_from_the_total(numbers):
    counts = suppressed([(str(place), n) for place, n in enumerate(numbers)])
    assert all(one.number is None or one.number == 0 or one.number >= 5 for one in counts)
    hidden = [n for n, one in zip(numbers, counts, strict=True) if one.number is None]
    if len(hidden) == 1:
        assert sum(numbers) == hidden[0], "it is the total itself, which is hidden too"
        total = breakdown("x", "X", "Learners", dict(enumerate(map(int, numbers)))).total  # type: ignore[arg-type]
        assert total.number is None


def test_a_median_needs_five():
    assert median_of([1, 2, 3, 4]).words == "Not known yet"
    assert median_of([1, 2, 3, 4, 30]).words == "3 days"
    assert median_of([1, 1, 1, 1, 1]).words == "1 day"
    assert median_of([1, 2, 3, 4, 4, 5]).days == 4, "3.5 is rounded up"
    assert median_of([]).of.words == "0"


@pytest.mark.parametrize(
    ("days", "band"), [(0, 0), (27, 0), (28, 1), (90, 1), (91, 2), (188, 2), (189, 3), (900, 3)]
)
def test_bands_of_waiting(days, band):
    today = date(2027, 1, 11)
    assert age_band(today - timedelta(days=days), today) == AGE_BANDS[band]
