"""The learner's pages and the hub's messages in a real browser: accessible, on a small phone, right to left."""

import threading
from datetime import date, timedelta

import pytest
from werkzeug.serving import make_server

from hub.core.permissions import SYSTEM, Role
from hub.infra.db import transaction
from hub.learners import service as learners
from hub.learners.domain import LinkPurpose, NewNeeds, NewPerson
from hub.messaging import service as messaging
from hub.messaging.domain import NewMessage, NewReceived
from tests.browser import axe_violations, faults_on_desk_and_phone, send, too_wide
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def hub_url(app, committed):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def token(committed, organise, clock):
    with transaction(SYSTEM) as session:
        hub = organise(session, "hub")
        person = NewPerson(
            given_names="Amina", family_name="Y" * 60, date_of_birth=date(1990, 3, 27), phone="+447700900123"
        )
        needs = NewNeeds(availability=frozenset({"mon-am"}))
        made = learners.identify(session, person, needs, hub.id, SYSTEM, clock)
        messaging.send(session, NewMessage(learner_id=made.learner_id, template="help"), SYSTEM, clock)
        for number in range(3):
            text = NewReceived(f"n{number}", "+447700900123", "Can I come later? " * 8, clock.now())
            messaging.receive(session, text, clock)
        return learners.make_link(
            session, made.learner_id, LinkPurpose.STATUS, None, timedelta(days=9), clock
        )


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 320)])
def test_the_learners_pages(page, hub_url, token, language, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{hub_url}/l/{token}?lang={language}")
    assert axe_violations(page) == []
    assert too_wide(page) == []
    send(page, page.get_by_role("button"))
    page.locator(".govuk-error-summary").wait_for()
    assert axe_violations(page) == []
    for part, value in (("day", "27"), ("month", "3"), ("year", "1990")):
        page.fill(f"[name=birth_date-{part}]", value)
    send(page, page.get_by_role("button"))
    for name in ("here", "times", "contact", "permissions", "ask"):
        assert page.goto(f"{hub_url}/l/{token}/{name}").url.endswith(name), "the door is open now"
        assert axe_violations(page) == [], name
        assert too_wide(page) == [], name


def test_the_hubs_messages(page, hub_url, token, person):
    with transaction(SYSTEM) as session:
        person(session, Role.HUB_MANAGER)
    page.goto(f"{hub_url}/sign-in")
    page.fill("[name=email]", f"{Role.HUB_MANAGER}@the-hub.example")
    page.fill("[name=password]", PASSWORD)
    send(page, page.locator("main").get_by_role("button"))
    for show in ("answer", "failed", "all"):
        page.goto(f"{hub_url}/messages?show={show}")
        assert page.get_by_role("heading", level=1).inner_text() == "Messages"
        assert faults_on_desk_and_phone(page) == [], show
    page.goto(f"{hub_url}/messages")
    send(page, page.get_by_role("button", name="Answer").first)
    assert faults_on_desk_and_phone(page) == []
