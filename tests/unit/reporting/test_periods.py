"""Whole months and service years only."""

from datetime import date

import pytest

from hub.reporting.domain import period_of, periods

TODAY = date(2027, 1, 11)


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("this-year", date(2026, 8, 1), date(2027, 1, 31)),
        ("last-year", date(2025, 8, 1), date(2026, 7, 31)),
        ("three-months", date(2026, 11, 1), date(2027, 1, 31)),
        ("2027-01", date(2027, 1, 1), date(2027, 1, 31)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_a_period_begins_and_ends_with_a_month(code, first, last):
    period = period_of(code, TODAY)
    assert (period.first, period.last) == (first, last)


def test_an_unknown_period_is_this_year():
    assert period_of("'; drop table", TODAY) == periods(TODAY)[0]
    assert period_of("2026-01", TODAY).code == "this-year", "more than twelve months ago"


def test_in_august_the_year_has_just_begun():
    assert period_of("this-year", date(2027, 8, 1)).first == date(2027, 8, 1)
    assert period_of("last-year", date(2027, 8, 1)).last == date(2027, 7, 31)


def test_labels_say_the_year():
    assert period_of("this-year", TODAY).label == "This year, since 1 August 2026"
    assert period_of("2026-12", TODAY).label == "December 2026"
