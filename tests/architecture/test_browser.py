"""The test browser itself works: it starts, draws a page, and axe tells a good page from a bad one."""

import pytest

from tests.browser import axe_violations

pytestmark = pytest.mark.browser

GOOD = (
    "<!doctype html><html lang='en'><title>Good</title><main><h1>Classes</h1><p>Two places free.</p></main>"
)
BAD = "<!doctype html><html lang='en'><title>Bad</title><main><h1>Classes</h1><img src='data:,'></main>"


def test_a_good_page_has_nothing_against_it(page):
    page.goto(f"data:text/html,{GOOD}")
    assert page.get_by_role("heading", name="Classes").is_visible()
    assert axe_violations(page) == []


def test_a_picture_without_a_text_is_found(page):
    page.goto(f"data:text/html,{BAD}")
    (only,) = axe_violations(page)
    assert only.startswith("image-alt (critical)")
