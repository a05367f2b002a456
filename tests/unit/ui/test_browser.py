"""The sample pages in a real browser: no accessibility fault, no sideways scrolling, no script or style refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import WSGIRequestHandler, make_server

import hub.infra.db
from tests.browser import faults_on_desk_and_phone, send
from tests.unit.ui.gallery import ERROR_CODES, PAGES, make_app, runtime_double

pytestmark = pytest.mark.browser
ADDRESSES = [
    *(f"{name}?as=public" if name.startswith("learner") else name for name in PAGES),
    "worklist?empty=1",
    *(f"{name}?as=public" for name in ("privacy", "accessibility", "help")),
    *(f"errors/{code}" for code in ERROR_CODES),
]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the test's output is the test's."""


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    """The address of the sample pages, served for this module."""
    before = list(hub.infra.db._runtime)
    hub.infra.db._runtime[:] = [runtime_double()]  # type: ignore[list-item]
    server = make_server("127.0.0.1", 0, make_app(), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    hub.infra.db._runtime[:] = before


def open_page(browser: Browser, width: int, **options: bool) -> tuple[Page, list[str]]:
    """A page of that width, and the list its console's complaints go to."""
    page = browser.new_context(viewport={"width": width, "height": 800}, **options).new_page()  # type: ignore[arg-type]
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    return page, complaints


def test_every_sample_page_is_accessible(browser: Browser, gallery: str) -> None:
    page, complaints = open_page(browser, 1280)
    faults: list[str] = []
    for address in ADDRESSES:
        page.goto(f"{gallery}/{address}")
        faults += [f"{address} {fault}" for fault in faults_on_desk_and_phone(page)]
    page.context.close()
    assert faults + complaints == []


def test_text_twice_as_big_still_fits(browser: Browser, gallery: str) -> None:
    page, _ = open_page(browser, 1280)
    for address in ("worklist", "form", "parts", "learner?as=public"):
        page.goto(f"{gallery}/{address}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, address
    page.context.close()


def test_a_heading_sorts_the_table(browser: Browser, gallery: str) -> None:
    page, _ = open_page(browser, 1280)
    page.goto(f"{gallery}/worklist")
    page.get_by_role("button", name="Waiting, weeks").click()
    first = page.locator("table[data-hub-sort] tbody tr").first
    assert "Oksana" in (first.text_content() or "")
    page.get_by_role("button", name="Due").click()
    page.get_by_role("button", name="Due").click()
    assert "Oksana" in (first.text_content() or "")
    assert page.get_by_role("columnheader", name="Due").get_attribute("aria-sort") == "descending"
    page.context.close()


def test_the_error_summary_has_the_focus_and_leads_to_the_field(browser: Browser, gallery: str) -> None:
    page, _ = open_page(browser, 320)
    page.goto(f"{gallery}/faulty")
    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
    page.get_by_role("link", name="Date of birth must include").click()
    assert page.evaluate("document.activeElement.id") == "born_on"
    page.context.close()


def test_what_belongs_to_an_answer_shows_when_it_is_chosen(browser: Browser, gallery: str) -> None:
    page, _ = open_page(browser, 320, java_script_enabled=False)
    page.goto(f"{gallery}/form")
    assert not page.get_by_label("Which surgery?").is_visible()
    page.get_by_label("GP").check()
    assert page.get_by_label("Which surgery?").is_visible()
    page.context.close()


def test_without_script_the_menu_is_open_and_the_form_is_sent(browser: Browser, gallery: str) -> None:
    page, _ = open_page(browser, 320, java_script_enabled=False)
    page.goto(f"{gallery}/form")
    assert page.get_by_role("link", name="Waiting list").is_visible()
    page.get_by_label("Postcode").fill("E8")
    send(page, page.get_by_role("button", name="Continue"))
    assert page.title().startswith("Error: ")
    assert page.get_by_label("Postcode").input_value() == "E8"
    page.context.close()


def test_on_a_phone_the_menu_folds(browser: Browser, gallery: str) -> None:
    page, _ = open_page(browser, 320)
    page.goto(f"{gallery}/worklist")
    assert not page.get_by_role("link", name="Waiting list").is_visible()
    page.get_by_text("Menu", exact=True).click()
    assert page.get_by_role("link", name="Waiting list").is_visible()
    page.context.close()


def test_the_first_key_press_reaches_the_skip_link(browser: Browser, gallery: str) -> None:
    page, _ = open_page(browser, 1280)
    page.goto(f"{gallery}/worklist")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main-content"
    page.context.close()


def test_a_form_is_sent_once(browser: Browser, gallery: str) -> None:
    page, _ = open_page(browser, 1280)
    page.goto(f"{gallery}/form")
    sent = page.evaluate(
        """() => {
            let sent = 0;
            window.addEventListener("submit", (event) => {
                sent += event.defaultPrevented ? 0 : 1;
                event.preventDefault();
            });
            const form = document.querySelector("main form");
            form.requestSubmit();
            form.requestSubmit();
            return sent;
        }"""
    )
    assert sent == 1
    page.context.close()
