"""The pages of provision in a real browser: no accessibility fault, no sideways scrolling, on a phone and a desk."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from hub.core.permissions import SYSTEM, Role
from hub.infra.db import transaction
from hub.infra.geography import Postcode
from hub.provision import service
from hub.provision.domain import SaveClass, SaveVenue, VenueDetails
from tests.browser import faults_on_desk_and_phone, send
from tests.conftest import PASSWORD
from tests.slices.provision.conftest import DETAILS

pytestmark = pytest.mark.browser


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the test's output is the test's."""


@pytest.fixture
def borough(committed, organise, person, clock):
    """A college with a class, a draft of a long name, and a manager; who they are, and the class's id."""
    with transaction(SYSTEM) as session:
        session.merge(Postcode(postcode="E8 1AA", lat=51.55, lon=-0.06, district=None, ward=None))
        college = person(session, Role.PROVIDER)
        person(session, Role.HUB_MANAGER)
        details = VenueDetails(
            name="Dalston Library", address="1 High Street", postcode="E8 1AA", step_free=True
        )
        owner = college.organisation_id
        venue = service.save_venue(session, SaveVenue(details=details, organisation_id=owner), SYSTEM, clock)
        one = replace(
            DETAILS, venue_id=venue.id, childcare=True, fee_pence=2000, notes="Bring a pen.\n\nAnd paper."
        )
        row = service.save_class(session, SaveClass(details=one, organisation_id=owner), college, clock)
        long = replace(one, title="Long" * 15)
        service.save_class(
            session, SaveClass(details=long, organisation_id=owner, publish=False), college, clock
        )
    return {"college": "provider@the-provider.example", "manager": "hub_manager@the-hub.example",
            "class": row.id, "venue": venue.id, "owner": owner}  # fmt: skip


@pytest.fixture
def address(app, borough) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


PUBLIC = (
    "/find-a-class",
    "/find-a-class?near=E8+1&parts=am&extras=childcare",
    "/find-a-class?level=L2",
    "/find-a-class/{class}",
)
MINE = (
    "/classes", "/classes?past=yes", "/classes/{class}", "/classes/add", "/classes/{class}/change",
    "/classes/{class}/copy", "/classes/{class}/cancel", "/venues", "/venues/add", "/venues/{venue}/change",
    "/provider-details", "/classes/import",
)  # fmt: skip
HUBS = ("/classes", "/providers", "/providers/{owner}")


def faults_of(page, path):
    return [f"{path} {fault}" for fault in faults_on_desk_and_phone(page)]


def sign_in(page, address, email):
    page.goto(address + "/sign-in")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    send(page, page.locator("main button[type=submit]"))


def test_every_page_is_accessible(browser, address, borough):
    faults = []
    for who, paths in ((None, PUBLIC), ("college", MINE), ("manager", HUBS)):
        context = browser.new_context()
        page = context.new_page()
        if who:
            sign_in(page, address, borough[who])
        for path in paths:
            answer = page.goto(address + path.format(**borough))
            assert answer.ok, f"{path}: {answer.status}"
            faults += faults_of(page, path)
        if who == "college":
            page.goto(f"{address}/classes/add")
            page.fill("#tue_start", "noonish")
            send(page, page.get_by_role("button", name="Save and open the class"))
            page.locator(".govuk-error-summary").wait_for()
            faults += faults_of(page, "/classes/add with faults")
            page.goto(f"{address}/classes/import")
            content = b"title,level,days,start_time,end_time,start_date,end_date,capacity\nBad,E9,,,,,,"
            page.set_input_files("#file", {"name": "c.csv", "mimeType": "text/csv", "buffer": content})
            send(page, page.locator("main button[type=submit]").first)
            page.get_by_role("heading", name="Check the timetable").wait_for()
            faults += faults_of(page, "/classes/import with faults")
        context.close()
    assert faults == []
