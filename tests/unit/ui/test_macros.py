"""The parts of pages: what each writes, and that everything a person typed is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from hub.core.levels import Level
from hub.ui import filters
from hub.ui.forms import Form
from tests.unit.ui.gallery import NOW

NASTY = '"><script>alert(1)</script>'
Render = Callable[..., str]


@pytest.fixture
def render(app: Flask) -> Render:
    """Render a piece of template with every macro at hand as `m`."""

    def make(piece: str, path: str = "/", **context: Any) -> str:
        with app.test_request_context(path):
            return render_template_string("{% import 'ui/macros.html' as m %}" + piece, **context)

    return make


FIELD_MACROS = [
    "m.text_field(form, 'n', label, hint=label)",
    "m.text_field(form, 'n', label, prefix=label, suffix=label, lang='ar', inputmode='numeric', autocomplete='off')",
    "m.textarea(form, 'n', label, hint=label, max=20)",
    "m.radios(form, 'n', label, [(label, label, label)], hint=label)",
    "m.checkboxes(form, 'n', label, [{'value': label, 'text': label, 'hint': label, 'reveal': label}])",
    "m.checkbox(form, 'n', label)",
    "m.yes_no(form, 'n', label, heading=true)",
    "m.select(form, 'n', label, [(label, label)], hint=label)",
    "m.week_grid(form, 'n', label, hint=label)",
    "m.date_field(form, 'n', label, birthday=true, heading=true)",
    "m.file_field(form, 'n', label, accept='.csv')",
]


@pytest.mark.parametrize("call", FIELD_MACROS)
def test_fields_show_their_error_and_escape_everything(render: Render, call: str) -> None:
    form = Form(values={"n": NASTY, "n-day": NASTY}, errors={"n": "Enter the " + NASTY})
    page = render("{{ " + call + " }}", form=form, label=NASTY)
    assert "<script" not in page
    assert 'id="n"' in page
    assert 'id="n-error"' in page
    assert "govuk-form-group--error" in page


@pytest.mark.parametrize("call", FIELD_MACROS)
def test_fields_without_an_error_are_quiet(render: Render, call: str) -> None:
    page = render("{{ " + call + " }}", form=Form(), label="Name")
    assert "error" not in page
    assert "aria-invalid" not in page


def test_the_summary_links_to_each_field(render: Render) -> None:
    page = render("{{ m.error_summary(form) }}", form=Form(errors={"n": "Enter it", "": "Not today"}))
    assert '<a href="#n"><bdi>Enter it</bdi></a>' in page
    assert "<li><bdi>Not today</bdi></li>" in page
    assert render("{{ m.error_summary(form) }}", form=Form()).strip() == ""


def test_a_password_is_never_sent_back(render: Render) -> None:
    form = Form(values={"n": "hunter2"})
    assert "hunter2" not in render("{{ m.text_field(form, 'n', 'Password', type='password') }}", form=form)


def test_what_was_chosen_stays_chosen(render: Render) -> None:
    form = Form(values={"one": "b", "many": ["a", "b"], "number": "3"})
    options = [("a", "A"), ("b", "B")]
    assert (
        len(re.findall(" checked", render("{{ m.radios(form, 'one', 'One', o) }}", form=form, o=options)))
        == 1
    )
    assert (
        len(
            re.findall(
                " checked", render("{{ m.checkboxes(form, 'many', 'Many', o) }}", form=form, o=options)
            )
        )
        == 2
    )
    assert (
        len(re.findall(" selected", render("{{ m.select(form, 'one', 'One', o) }}", form=form, o=options)))
        == 1
    )
    assert " selected" in render("{{ m.select(form, 'number', 'N', [(3, 'three')], blank=none) }}", form=form)


def test_a_week_has_21_boxes_each_with_its_own_words(render: Render) -> None:
    form = Form(values={"times": ["tue-pm"]})
    page = render("{{ m.week_grid(form, 'times', 'When?') }}", form=form)
    assert page.count('type="checkbox"') == 21
    assert re.search(r'value="tue-pm" checked>.*?Tuesday, Afternoon', page)
    assert page.count(" checked") == 1


def test_a_value_that_is_part_of_another_is_not_chosen(render: Render) -> None:
    form = Form(values={"n": "women"})
    assert " checked" not in render("{{ m.radios(form, 'n', 'N', [('men', 'Men')]) }}", form=form)


def test_buttons(render: Render) -> None:
    page = render("{{ m.post_button('Accept', '/offers/7', fields={'version': 3}, hidden='Amina') }}")
    assert 'method="post" action="/offers/7"' in page
    assert 'name="csrf_token"' in page
    assert 'name="version" value="3"' in page
    assert 'name="save" value="yes"' in render("{{ m.submit('Save', name='save') }}")
    assert "govuk-button--warning" in render("{{ m.button_link('Close', '/x', kind='warning') }}")
    assert 'type="hidden"' in render("{{ m.hidden('a', 'b') }}")


def test_tags_take_a_label_or_words(render: Render) -> None:
    label = SimpleNamespace(text="Waiting", colour="teal")
    assert '<strong class="govuk-tag govuk-tag--teal">Waiting</strong>' in render("{{ m.tag(l) }}", l=label)
    assert '<strong class="govuk-tag govuk-tag--red">Late</strong>' in render("{{ m.tag('Late', 'red') }}")
    assert "govuk-tag--grey" in render("{{ m.tag('On hold') }}")


def test_tables_label_their_cells_and_escape_them(render: Render) -> None:
    columns = ["Name", {"text": "Places", "number": True}, {"text": "Do", "hidden": "What to do"}]
    rows = [[NASTY, 0, Markup("<b>yes</b>")], [{"text": "x", "sort": 4}, None, {"html": Markup("<i>go</i>")}]]
    page = render("{{ m.table('Classes', c, r, sortable=true) }}", c=columns, r=rows)
    assert "<script" not in page
    assert 'data-label="Places">0</td>' in page
    assert "<b>yes</b>" in page
    assert "<i>go</i>" in page
    assert 'data-sort="4"' in page
    assert 'class="govuk-visually-hidden">What to do' in page
    assert "data-hub-sort" in page
    assert "Nothing here yet." in render("{{ m.table('Classes', c, []) }}", c=columns)


def test_sorted_by_the_server(render: Render) -> None:
    column = {"text": "Due", "href": "?sort=due", "sorted": "ascending"}
    page = render("{% call m.table_frame('T', [c]) %}{% endcall %}", c=column)
    assert 'aria-sort="ascending"' in page
    assert 'href="?sort=due"' in page


@pytest.mark.parametrize(
    ("page", "pages", "numbers"),
    [(1, 1, []), (1, 3, [1, 2, 3]), (5, 9, [1, 4, 5, 6, 9]), (9, 9, [1, 8, 9])],
)
def test_pagination_keeps_the_rest_of_the_address(
    render: Render, page: int, pages: int, numbers: list[int]
) -> None:
    html = render("{{ m.pagination(p, n) }}", path="/worklist?level=E1&level=E2&page=2", p=page, n=pages)
    assert [int(found) for found in re.findall(r'aria-label="Page (\d+)"', html)] == numbers
    if numbers:
        assert f"/worklist?level=E1&amp;level=E2&amp;page={numbers[-1]}" in html


def test_summary_rows(render: Render) -> None:
    page = render("{{ m.summary_list([('Phone', none), ('Name', n, '/x', 'Correct')]) }}", n=NASTY)
    assert "Not given" in page
    assert 'Correct<span class="govuk-visually-hidden"> name</span>' in page
    assert "<script" not in page
    assert "0</dd>" in render("{{ m.summary_row('Children', 0) }}")


def test_charts_have_words_and_numbers(render: Render) -> None:
    page = render(
        "{{ m.bar_chart('c', 'Waiting', 'Most at Entry 1.', b, unit='People', most=10) }}",
        b=[("E1", 5), ("E2", 20, "20 of 40")],
    )
    assert 'role="img" aria-labelledby="c-title c-desc"' in page
    assert 'width="25.0%"' in page
    assert 'width="100.0%"' in page
    assert page.count("20 of 40") == 2
    assert '<th scope="row"' in page
    assert 'width="0.0%"' in render("{{ m.bar_chart('c', 'T', 'D', [('a', 0)]) }}")
    assert "<svg" in render("{{ m.bar_chart('c', 'T', 'D', []) }}")


def test_the_stepper_marks_where_one_is(render: Render) -> None:
    page = render("{{ m.stepper(['a', 'b', 'c'], 2) }}")
    assert page.count("aria-current") == 1
    assert re.search(r"--now\" aria-current=\"step\".*?>b<", page, re.DOTALL)


def test_the_other_parts(render: Render) -> None:
    assert "Nobody yet" in render("{{ m.empty_state('Nobody yet', ('Refer', '/refer')) }}")
    assert "3 late" in render("{{ m.stats([{'number': 9, 'text': 'waiting', 'late': 3}]) }}")
    assert "Warning:" in render("{{ m.notice('Careful', 'warning') }}")
    assert " open" in render("{% call m.details('More', open=true) %}x{% endcall %}")
    assert "<h1" in render("{{ m.panel('Done') }}")
    assert "<bdi" in render("{{ m.person('Bo') }}")
    assert 'hreflang="ur" dir="rtl"' in render("{{ m.language_links([('ur', 'اردو', '/ur')], 'en') }}")
    assert "Cannot start yet" in render("{{ m.task_list([{'title': 'T', 'status': 'Cannot start yet'}]) }}")
    assert "<bdi>Bo</bdi>" in render("{{ m.timeline([{'title': 'T', 'when': 'today', 'who': 'Bo'}]) }}")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(text=st.text(max_size=40))
def test_no_text_breaks_out_of_a_field(render: Render, text: str) -> None:
    page = render("{{ m.text_field(form, 'n', label) }}", form=Form(values={"n": text}), label="Name")
    assert page.count("<input") == 1
    assert page.count("<") == page.replace("&lt;", "").count("<")


# ---------------------------------------------------------------- filters


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (1, "yesterday"),
        (-1, "tomorrow"),
        (13, "13 days ago"),
        (14, "2 weeks ago"),
        (-6, "in 6 days"),
    ],
)
def test_ago(days: int, words: str) -> None:
    assert filters.ago(NOW - timedelta(days=days)) == words


def test_dates_and_times_are_london_s() -> None:
    late = datetime.fromisoformat("2027-07-01T23:30:00+00:00")
    assert filters.long_date(late) == "Friday 2 July 2027"
    assert filters.short_date(late) == "2 Jul 2027"
    assert filters.day_and_date(date(2027, 7, 1)) == "Thursday 1 July"
    assert filters.date_and_time(late) == "Friday 2 July 2027 at 12:30am"
    assert filters.clock_time(time(10)) == "10am"


def test_codes_are_said_in_words() -> None:
    assert filters.level("E2") == filters.level(Level.E2) == "Entry 2 (A2)"
    assert filters.slot("tue-am") == "Tuesday morning"
    assert filters.phone("+447700900123").replace(" ", "") == "07700900123"
    assert filters.count_of(1, "learner") == "1 learner"
    assert filters.count_of(2, "person", "people") == "2 people"


@pytest.mark.parametrize(
    "name",
    [
        "long_date",
        "short_date",
        "day_and_date",
        "clock_time",
        "date_and_time",
        "ago",
        "level",
        "slot",
        "phone",
    ],
)
def test_nothing_is_said_for_nothing(name: str) -> None:
    assert filters.FILTERS[name](None) == ""


@pytest.mark.parametrize(
    ("code", "way"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("fa-AF", "rtl"),
        ("prs", "rtl"),
        ("ckb", "rtl"),
        ("ku", "ltr"),
        ("", "ltr"),
        ("x!", "ltr"),
        ("so", "ltr"),
    ],
)
def test_direction(code: str, way: str) -> None:
    assert filters.direction(code) == way


def test_paragraphs_are_escaped() -> None:
    assert (
        filters.paragraphs("a\nb\n\n<c>")
        == '<p class="govuk-body">a<br>b</p><p class="govuk-body">&lt;c&gt;</p>'
    )
    assert filters.paragraphs(None) == ""
