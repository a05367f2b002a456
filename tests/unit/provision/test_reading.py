"""Days, times, dates, money and yes or no as people type them."""

from datetime import date, time

import pytest

from hub.provision.domain.reading import (
    read_area,
    read_count,
    read_date,
    read_days,
    read_pence,
    read_time,
    read_yes_no,
)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon/Wed", (0, 2)),
        ("Tue & Thu", (1, 3)),
        ("monday", (0,)),
        ("Tues, Weds and Thurs", (1, 2, 3)),
        ("Mon-Thu", (0, 1, 2, 3)),
        ("Mon to Fri", (0, 1, 2, 3, 4)),
        ("Sat - Mon", (0, 5, 6)),
        ("Fridays", (4,)),
        ("Mo We Fr", (0, 2, 4)),
        ("Wed/Mon/Wed", (0, 2)),
    ],
)
def test_days(text, days):
    assert read_days(text) == days


@pytest.mark.parametrize("text", ["", "M/W", "someday", "Mon-Wed-Fri", "every day", "ts", "1"])
def test_days_that_nobody_understands(text):
    with pytest.raises(ValueError, match="Mon/Wed"):
        read_days(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("10:00", time(10)),
        ("10am", time(10)),
        ("10", time(10)),
        ("9.30", time(9, 30)),
        ("0930", time(9, 30)),
        ("6:30 pm", time(18, 30)),
        ("12am", time(0)),
        ("12 p.m.", time(12)),
        ("midday", time(12)),
        ("18:45", time(18, 45)),
    ],
)
def test_times(text, at):
    assert read_time(text) == at


@pytest.mark.parametrize("text", ["", "25:00", "10:60", "13pm", "0am", "soon", "10:0", "-1"])
def test_times_that_are_none(text):
    with pytest.raises(ValueError, match="10am"):
        read_time(text)


@pytest.mark.parametrize(
    "text", ["2027-01-25", "25/01/2027", "25.1.2027", "25-01-27", "25 January 2027", "25th Jan 2027"]
)
def test_dates(text):
    assert read_date(text) == date(2027, 1, 25)


@pytest.mark.parametrize(
    "text", ["", "01/25/2027", "2027-02-30", "25/01", "1/1/1900", "25 Foo 2027", "x" * 10]
)
def test_dates_that_are_none(text):
    with pytest.raises(ValueError, match="25/01/2027"):
        read_date(text)


@pytest.mark.parametrize(
    ("text", "pence"),
    [("£20", 2000), ("20.50", 2050), ("1,200", 120000), ("free", 0), ("", 0), ("0", 0), ("20.5", 2050)],
)
def test_fees(text, pence):
    assert read_pence(text) == pence


@pytest.mark.parametrize("text", ["twenty", "20.505", "-5", "20 or 30"])
def test_fees_that_are_none(text):
    with pytest.raises(ValueError, match="pounds"):
        read_pence(text)


def test_yes_and_no():
    assert [read_yes_no(text) for text in ("Yes", "y", "TRUE", "1")] == [True] * 4
    assert [read_yes_no(text) for text in ("No", "n", "false", "0", "")] == [False] * 5
    with pytest.raises(ValueError, match="yes or no"):
        read_yes_no("maybe")


def test_counts():
    assert (read_count("12"), read_count("12.0"), read_count("1,200")) == (12, 12, 1200)
    for text in ("", "-1", "many", "1.5", "\u0661"):
        with pytest.raises(ValueError, match="whole number"):
            read_count(text)


def test_a_whole_postcode_is_made_an_area():
    assert [read_area(text) for text in ("e8 1aa", "E8", "e8 1", "EC1A 1BB")] == [
        "E8 1",
        "E8",
        "E8 1",
        "EC1A 1",
    ]
    with pytest.raises(ValueError, match="postcode"):
        read_area("Hackney")
