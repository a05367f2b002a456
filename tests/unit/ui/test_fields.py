"""Every field: what it takes, what it refuses, and the words it refuses with."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from hub.ui.fields import (
    Choice,
    Choices,
    Date,
    DateOfBirth,
    Email,
    Name,
    Phone,
    Postcode,
    Text,
    Whole,
    YesNo,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


FIELDS: dict[str, Any] = {
    "text": Text(10, "reason"),
    "lines": Text(20, "story", lines=True),
    "name": Name("family name"),
    "postcode": Postcode(),
    "email": Email(),
    "phone": Phone(),
    "day": Date("start date"),
    "born": DateOfBirth(today=lambda: date(2027, 1, 12)),
    "colour": Choice(Colour, "favourite colour"),
    "colours": Choices(Colour, "favourite colours"),
    "agreed": YesNo("permission to text"),
    "children": Whole(0, 12, "number of children"),
}
Everything = Schema.from_dict(FIELDS)


def load(**values: Any) -> Any:
    """The loaded value of the one field given."""
    (name,) = values
    return Everything().load(values)[name]


def words(**values: Any) -> str:
    """The one message about the one field given."""
    (name,) = values
    with pytest.raises(ValidationError) as caught:
        Everything().load(values)
    found = caught.value.messages_dict[name]
    return str(found[0] if isinstance(found, list) else next(iter(found.values()))[0])


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  to  work ", "to work"),
        ("two\r\nlines", "two lines"),
        ("e\u0301", "é"),
        ("\ufeff\u202aabc\u202c", "abc"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("😀", "😀"),
    ],
)
def test_text_is_tidied(typed: str, stored: str) -> None:
    assert load(text=typed) == stored


def test_lines_are_kept_where_asked_for() -> None:
    assert load(lines="one\r\ntwo\rthree") == "one\ntwo\nthree"


@pytest.mark.parametrize("bad", ["a\0b", "a\x07b", "a\ud800b", "a\ue000b"])
def test_characters_that_are_no_text_are_refused(bad: str) -> None:
    assert words(text=bad) == "Reason has a character we cannot read. Delete it and type it again"


def test_text_that_is_too_long_says_by_how_much() -> None:
    assert words(text="x" * 100_000) == "Reason must be 10 characters or fewer. You used 100,000"


@pytest.mark.parametrize("bad", [7, ["a"], {"a": 1}, True])
def test_text_must_be_text(bad: Any) -> None:
    assert words(text=bad) == "Enter the reason"


@pytest.mark.parametrize(
    "name",
    [
        "Zoë",
        "O’Brien",
        "Ní Dhuibhne",
        "محمد احمدزی",
        "ইয়াসমিন",
        "Nguyễn Thị",
        "J. R.",
        "Smith-Jones",
        "王",
        "Ɓala",
        "க்",
    ],
)
def test_names_of_every_script_are_fine(name: str) -> None:
    assert load(name=name)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("Bob2", "Family name must not have numbers in it. Use letters only"),
        ("Bob٣", "Family name must not have numbers in it. Use letters only"),
        ("Bob 😀", "Family name must not have emoji in it. Use letters only"),
        ("👩🏽‍🎓", "Family name must not have emoji in it. Use letters only"),
        ("<b>", "Family name must only have letters, spaces, hyphens, apostrophes and full stops"),
        ("=cmd", "Family name must only have letters, spaces, hyphens, apostrophes and full stops"),
        ("...", "Family name must only have letters, spaces, hyphens, apostrophes and full stops"),
        ("x" * 101, "Family name must be 100 characters or fewer. You used 101"),
    ],
)
def test_names_that_are_none(typed: str, problem: str) -> None:
    assert words(name=typed) == problem


def test_shapes_are_stored_in_one_form() -> None:
    assert load(postcode="e81aa") == "E8 1AA"
    assert load(email=" Name@Example.com ") == "name@example.com"
    assert load(phone="07700 900 123") == "+447700900123"


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"postcode": "E8"}, "Enter the postcode in full, like E8 1AA"),
        ({"email": "name at example"}, "Enter the email address in full, like name@example.com"),
        ({"phone": "12"}, "Enter the phone number in full, like 07700 900 123 or +44 20 7946 0000"),
        (
            {"phone": "call my sister"},
            "Enter the phone number in full, like 07700 900 123 or +44 20 7946 0000",
        ),
    ],
)
def test_shapes_that_are_wrong_show_the_right_one(wrong: dict[str, str], problem: str) -> None:
    assert words(**wrong) == problem


def test_a_date_from_the_api_and_from_python() -> None:
    assert load(day="2027-02-28") == date(2027, 2, 28)
    assert load(day=date(2027, 2, 28)) == date(2027, 2, 28)


@pytest.mark.parametrize("bad", ["2027-02-30", "28/02/2027", "2027-W01-1", "20270228", "soon"])
def test_text_that_is_no_date(bad: str) -> None:
    assert words(day=bad) == "Start date must be a real date, like 27 3 1990"


def test_a_date_must_be_text_or_a_date() -> None:
    assert words(day=7) == "Enter the start date"


@pytest.mark.parametrize("bad", ["1899-12-31", "2101-01-01"])
def test_a_year_nobody_means(bad: str) -> None:
    assert words(day=bad) == "Start date: check the year. It must be between 1900 and 2100"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("2027-01-12", "Date of birth must be in the past"),
        ("1907-01-01", "Date of birth must be less than 120 years ago. Check the year"),
    ],
)
def test_a_birthday_that_cannot_be(typed: str, problem: str) -> None:
    assert words(born=typed) == problem


def test_the_young_and_the_old_are_not_refused_here() -> None:
    assert load(born="2027-01-11") == date(2027, 1, 11)
    assert load(born="1908-01-01") == date(1908, 1, 1)


def test_a_birthday_is_held_against_the_hub_s_clock() -> None:
    schema = Schema.from_dict({"born": DateOfBirth()})
    with pytest.raises(ValidationError, match="in the past"):
        schema().load({"born": "2027-01-12"})


def test_choices() -> None:
    assert load(colour="red") is Colour.RED
    assert load(colour=Colour.RED) is Colour.RED
    assert load(colours=["blue", "red", "blue"]) == [Colour.BLUE, Colour.RED]
    assert words(colour="pink") == "Select the favourite colour"
    assert words(colour=["red"]) == "Select the favourite colour"
    assert words(colours=["pink"]) == "Select the favourite colours"
    assert words(colours="red") == "Select the favourite colours"


def test_yes_and_no_are_the_only_answers() -> None:
    assert load(agreed="yes") is True
    assert load(agreed=True) is True
    assert load(agreed="no") is False
    for bad in ("maybe", "1", 1, 0, 1.0, ["yes"]):
        assert words(agreed=bad) == "Select yes or no for the permission to text"


def test_whole_numbers() -> None:
    assert load(children="12") == 12
    assert load(children=0) == 0
    assert words(children="13") == "Number of children must be between 0 and 12"
    assert words(children="-1") == "Number of children must be between 0 and 12"
    for bad in ("many", "1.5", 1.5, True, ["1"], "9" * 5000):
        assert words(children=bad) == "Number of children must be a whole number, like 1"


def test_numbers_may_have_thousands_marks() -> None:
    assert Schema.from_dict({"n": Whole(0, 5000)})().load({"n": "1,200"}) == {"n": 1200}


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_an_empty_answer_is_no_answer(name: str) -> None:
    empty: Any = [] if name == "colours" else ""
    assert Everything().load({name: empty})[name] in (None, [])


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (Text(5, "reason", required=True), "Enter the reason"),
        (Name(required=True), "Enter the answer"),
        (Text(5, "your reason", required=True), "Enter your reason"),
        (Date("start date", required=True), "Enter the start date"),
        (Choice(Colour, "colour", required=True), "Select the colour"),
        (YesNo("consent", required=True), "Select yes or no for the consent"),
        (Whole(1, 2, "age", required=True), "Enter the age"),
        (Text(5, "reason", required=True, error_messages={"required": "Say why"}), "Say why"),
        (YesNo("consent", required=True, error_messages={"required": "Tick the box"}), "Tick the box"),
    ],
)
def test_a_missing_answer_is_asked_for_by_its_label(made: Any, problem: str) -> None:
    schema = Schema.from_dict({"answer": made})
    for payload in ({}, {"answer": ""}, {"answer": None}):
        with pytest.raises(ValidationError) as caught:
            schema().load(payload)
        if payload != {"answer": None}:
            assert caught.value.messages_dict["answer"] == [problem]


def test_choices_that_are_required_need_one() -> None:
    with pytest.raises(ValidationError, match="Select one or more colours"):
        Schema.from_dict({"c": Choices(Colour, "one or more colours", required=True)})().load({"c": []})


def test_an_empty_answer_takes_the_default() -> None:
    schema = Schema.from_dict({"note": Text(9, "note", load_default="none")})
    assert schema().load({"note": " "}) == {"note": "none"}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(name=st.sampled_from(sorted(FIELDS)), value=ANYTHING)
def test_whatever_is_sent_is_loaded_or_refused_in_words(name: str, value: Any) -> None:
    assert set(Everything().validate({name: value})) <= {name}
