"""The project's own tools: the template lint finds what it is for, the stylesheet loses what is not ours."""

import re

import pytest

from tests.architecture.source import ROOT
from tests.benchmarks.figures import Figure, table
from tools.assets import neutral_stylesheet
from tools.lint_templates import faults_of

GOOD = """{% extends "ui/base.html" %}{# style="x" in a comment #}
{% block content %}
<form method="post" action="{{ url_for("x", a="b") }}">{{ csrf_field() }}<button>Send</button></form>
<form method="get"><img src="a.svg" alt=""></form>
<script type="module" src="{{ asset_url('hub.js') }}"></script>
<script type="application/json">{{ data }}</script>
{% endblock %}"""


def test_a_good_template_passes():
    assert faults_of(GOOD) == []


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("{% if %}", 1, "does not parse"),
        ("\n<script>let a = 1</script>", 2, "inline <script>"),
        ("<style>p {}</style>", 1, "no <style>"),
        ("{#\n\n#}<p style='color: red'>", 3, "no style="),
        ("<button {% if a %}onclick='x()'{% endif %}>", 1, "no onclick="),
        ("<a href='javascript:x()'>", 1, "no script address"),
        ("<img src='a.png'>", 1, "needs alt"),
        ("<form method='POST'>\n</form>{{ csrf_field() }}", 1, "csrf_field"),
        ("<form method=post>", 1, "csrf_field"),
        ("<p>{{ text | safe }}", 1, "marked safe"),
    ],
)
def test_a_bad_template_is_found(source, line, says):
    found = faults_of(source)
    assert any(fault.line == line and says in fault.text for fault in found), found


def test_the_stylesheet_keeps_no_foreign_typeface_and_no_absolute_address():
    css = (
        "@font-face{font-family:GDS Transport;src:url(/assets/fonts/a.woff2)}"
        ".a{font-family:GDS Transport,arial}.b{background:url(/assets/images/govuk-crest.svg)}\n"
        "/*# sourceMappingURL=a.map */"
    )
    assert neutral_stylesheet(css) == ".a{font-family:Atkinson Hyperlegible,arial}.b{background:none}\n"


@pytest.mark.parametrize(
    ("value", "target", "better", "ratio", "verdict"),
    [
        (10.0, 20.0, "less", 2.0, "met"),
        (20.0, 20.0, "less", 1.0, "met"),
        (40.0, 20.0, "less", 0.5, "MISSED"),
        (40.0, 20.0, "more", 2.0, "met"),
        (0.0, 0.0, "less", 1.0, "met"),
        (40.0, None, "more", None, "-"),
    ],
)
def test_a_figure_is_judged_in_its_own_direction(value, target, better, ratio, verdict):
    figure = Figure("one", value, "ms", target, better)
    assert (figure.ratio, figure.verdict) == (ratio, verdict)


def test_the_table_names_measured_and_target():
    text = table([Figure("refer a learner, p95", 0.01234, "s", 0.5, "less", "8 users")])
    cells = [cell.strip() for cell in re.split(r"  +", text.splitlines()[2])]
    assert cells == ["refer a learner, p95", "0.01234 s", "<= 0.5 s", "40.52x", "met", "8 users"]


def test_make_knows_the_options_that_its_front_passes_on():
    front = re.search(r"^OPTIONS = (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    known = re.search(r"^OPTIONS = \{(.*)\}$", (ROOT / "make.py").read_text(), re.MULTILINE)
    assert front is not None and known is not None
    assert set(front[1].split()) == set(re.findall(r'"(\w+)"', known[1]))
