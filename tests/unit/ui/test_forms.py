"""Reading forms: empty is missing, one answer each, dates joined, everything typed is kept."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, post_load, validates_schema
from marshmallow.experimental.context import Context
from werkzeug.datastructures import MultiDict

from hub.core.errors import RuleBroken
from hub.ui.fields import Date, Text
from hub.ui.forms import WHOLE_FORM, Form, blank_form, read_form
from tests.unit.ui.gallery import FAULTY, Sample, Source

GOOD: list[tuple[str, str]] = [
    ("csrf_token", "secret"),
    ("given_names", " Zoë "),
    ("born_on-day", "3"),
    ("born_on-month", "March"),
    ("born_on-year", "1990"),
    ("postcode", "e8 1aa"),
    ("phone", "07700900123"),
    ("source", "gp"),
    ("needs", "gp"),
    ("needs", "jobcentre"),
    ("agreed", "no"),
    ("children", " "),
    ("reason", "Work\r\nand school"),
    ("language", "gp"),
    ("consent", "yes"),
]


def test_a_good_form_is_loaded() -> None:
    form = read_form(Sample, MultiDict(GOOD))
    assert form.ok
    assert form.data == {
        "given_names": "Zoë",
        "born_on": date(1990, 3, 3),
        "postcode": "E8 1AA",
        "phone": "+447700900123",
        "source": Source.GP,
        "needs": [Source.GP, Source.JOBCENTRE],
        "agreed": False,
        "reason": "Work\nand school",
        "language": Source.GP,
        "consent": True,
    }


def test_what_was_typed_is_kept_and_the_token_is_not() -> None:
    form = read_form(Sample, MultiDict(GOOD))
    assert form.values["given_names"] == " Zoë "
    assert form.values["needs"] == ["gp", "jobcentre"]
    assert form.values["born_on-month"] == "March"
    assert "csrf_token" not in form.values


def test_a_faulty_form_has_one_message_a_field_and_no_data() -> None:
    form = read_form(Sample(), FAULTY)
    assert not form.ok
    assert form.data is None
    assert form.errors["born_on"] == "Date of birth must include a month and a year"
    assert form.errors["given_names"] == "Given names must not have numbers in it. Use letters only"
    assert form.errors["source"] == "Select who sent them"


def test_two_answers_where_one_is_wanted() -> None:
    form = read_form(Sample, MultiDict([*GOOD, ("given_names", "Bob")]))
    assert form.errors == {"given_names": "Give one answer only for the given names"}
    assert form.values["given_names"] == " Zoë "


def test_an_answer_nobody_asked_for() -> None:
    form = read_form(Sample, MultiDict([*GOOD, ("is_admin", "yes")]))
    assert form.errors == {
        WHOLE_FORM: "This page sent something we did not ask for. Open the page again and try once more"
    }


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        (("", "", ""), "Enter the start date"),
        (("", "2", "2027"), "Start date must include a day"),
        (("1", "", ""), "Start date must include a month and a year"),
        (("1", "2", "27"), "Start date: the year must have 4 numbers, like 1990"),
        (("1", "2", "year"), "Start date: the year must have 4 numbers, like 1990"),
        (("31", "2", "2027"), "Start date must be a real date, like 27 3 1990"),
        (("1", "smarch", "2027"), "Start date must be a real date, like 27 3 1990"),
        (("1_0", "2", "2027"), "Start date must be a real date, like 27 3 1990"),
        (("1", "2", "0000"), "Start date must be a real date, like 27 3 1990"),
    ],
)
def test_three_boxes_that_are_no_date(parts: tuple[str, str, str], problem: str) -> None:
    schema = Schema.from_dict({"on": Date("start date", required=True)})
    boxes = dict(zip(("on-day", "on-month", "on-year"), parts, strict=True))
    assert read_form(schema, MultiDict(boxes)).errors == {"on": problem}


@pytest.mark.parametrize(
    "parts", [("1", "2", "2027"), ("01", "feb", "2027"), (" 1 ", "FEBRUARY", "2027"), ("١", "٢", "٢٠٢٧")]
)
def test_three_boxes_that_are_a_date(parts: tuple[str, str, str]) -> None:
    schema = Schema.from_dict({"on": Date("start date")})
    boxes = dict(zip(("on-day", "on-month", "on-year"), parts, strict=True))
    assert read_form(schema, MultiDict(boxes)).data == {"on": date(2027, 2, 1)}


def test_a_date_may_also_come_in_one_piece_or_not_at_all() -> None:
    schema = Schema.from_dict({"on": Date("start date")})
    assert read_form(schema, MultiDict({"on": "2027-02-01"})).data == {"on": date(2027, 2, 1)}
    assert read_form(schema, MultiDict({"on-day": "", "on-month": " ", "on-year": ""})).data == {}


class Plain(Schema):
    """Stock marshmallow fields, as an older schema may have them."""

    name = fields.String(required=True)
    count = fields.Integer()
    share = fields.Float()
    on = fields.Date()
    at = fields.Time()
    ref = fields.UUID()
    yes = fields.Boolean()
    mail = fields.Email()
    kind = fields.Enum(Source, by_value=True)
    notes = fields.List(fields.Integer(), data_key="note_list")


def test_stock_messages_are_said_plainly() -> None:
    sent = {"count": "x", "share": "x", "on-day": "31", "on-month": "2", "on-year": "2027", "at": "x"}
    more = {"ref": "x", "yes": "perhaps", "mail": "x", "kind": "x", "note_list": "x"}
    assert read_form(Plain, MultiDict({**sent, **more})).errors == {
        "name": "Enter the name",
        "count": "Enter the count as a whole number",
        "share": "Enter the share as a number",
        "on": "Enter the on as a real date, like 27 3 1990",
        "at": "Enter at as a time, like 10:30",
        "ref": "Select the ref again",
        "yes": "Select yes or no for the yes",
        "mail": "Enter the mail in full, like name@example.com",
        "kind": "Select the kind",
        "note_list": "Enter the note list as a whole number",
    }


def test_a_stock_date_takes_three_boxes() -> None:
    sent = {"name": "x", "on-day": "1", "on-month": "2", "on-year": "2027"}
    assert read_form(Plain, MultiDict(sent)).data == {"name": "x", "on": date(2027, 2, 1)}


class WithRules(Schema):
    first = Text(20, "first word", required=True)
    second = Text(20, "second word", required=True)

    @validates_schema
    def differ(self, data: dict[str, Any], **_: Any) -> None:
        if data["first"] == data["second"]:
            raise ValidationError("The two words must differ")

    @post_load
    def join(self, data: dict[str, Any], **_: Any) -> str:
        context: dict[str, str] = Context.get({})
        return f"{data['first']}{context.get('glue', ' ')}{data['second']}"


def test_a_rule_of_the_whole_form() -> None:
    form = read_form(WithRules, MultiDict({"first": "a", "second": "a"}))
    assert form.errors == {WHOLE_FORM: "The two words must differ"}


def test_context_reaches_the_schema() -> None:
    assert read_form(WithRules, MultiDict({"first": "a", "second": "b"}), glue="+").data == "a+b"


def test_faults_found_later_are_added_but_the_first_one_stays() -> None:
    form = Form(data="something")
    form.fail("name", "first")
    form.fail("name", "second")
    form.fail(None, "all of it")
    assert form.errors == {"name": "first", WHOLE_FORM: "all of it"}


def test_a_broken_rule_is_shown_beside_its_field_or_for_the_form() -> None:
    form = Form()
    form.fail_with(RuleBroken("Ask for consent first.", field="consent"))
    form.fail_with(RuleBroken("This learner is too young."))
    form.fail_with(RuleBroken.many({"a": "one", "b": "two"}))
    assert form.errors == {
        "consent": "Ask for consent first.",
        WHOLE_FORM: "This learner is too young.",
        "a": "one",
        "b": "two",
    }


def test_a_blank_form_shows_stored_values() -> None:
    stored = {
        "on": date(2027, 2, 1),
        "agreed": True,
        "kind": Source.GP,
        "kinds": (Source.GP,),
        "n": 3,
        "none": None,
    }
    assert blank_form(stored).values == {
        "on-day": "1",
        "on-month": "2",
        "on-year": "2027",
        "agreed": "yes",
        "kind": "gp",
        "kinds": ["gp"],
        "n": "3",
        "none": "",
    }
    assert blank_form({"agreed": False}).values == {"agreed": "no"}
    assert blank_form() == Form()


NAMES = [
    "given_names",
    "born_on",
    "born_on-day",
    "born_on-month",
    "born_on-year",
    "postcode",
    "phone",
    "source",
    "needs",
]
WEIRD = st.one_of(
    st.text(st.characters(codec=None), max_size=30),
    st.sampled_from(
        ["\0", "😀" * 50, "\u202eabc", "محمد", "x" * 100_000, "1" * 5000, "NaN", "-0", "{{7*7}}", "<script>"]
    ),
)


@given(
    st.lists(
        st.tuples(st.sampled_from([*NAMES, "agreed", "children", "reason", "odd", ""]), WEIRD), max_size=12
    )
)
def test_whatever_is_typed_the_page_comes_back(pairs: list[tuple[str, str]]) -> None:
    form = read_form(Sample, MultiDict(pairs))
    assert form.data is None
    assert all(message for message in form.errors.values())
    assert "consent" in form.errors
    assert {name for name, _ in pairs} == set(form.values)
