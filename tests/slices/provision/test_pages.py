"""The pages of classes, venues, providers and the public search."""

import io

import pytest

from hub.core.permissions import Role
from hub.provision import reads, service
from tests.conftest import put_session, uuid
from tests.slices.provision.test_import import GOOD, csv

FORM = {
    "title": "Everyday English",
    "strand": "general",
    "levels": ["E1", "E2"],
    "mon_start": "10am",
    "mon_end": "12:00",
    "start_on-day": "25",
    "start_on-month": "1",
    "start_on-year": "2027",
    "end_on-day": "2",
    "end_on-month": "4",
    "end_on-year": "2027",
    "capacity": "12",
    "funding": ["asf"],
    "fee": "20",
    "access": ["childcare", "adults_only"],
    "publish": "yes",
}


@pytest.fixture
def mine(as_role, college):
    return as_role(Role.PROVIDER)


def only(session, college):
    (view,) = reads.classes_of(session, college.organisation_id)
    return view


def test_an_empty_list_says_what_to_do(mine):
    page = mine.get("/classes").text
    assert "You have no classes yet" in page
    assert "Tell us about The Provider" in page


def test_a_class_is_added_and_shown(mine, session, college, venue):
    assert mine.get("/classes/add").status_code == 200
    answer = mine.post("/classes/add", data=FORM | {"venue_id": str(venue.id), "places_free": "4"})
    assert answer.status_code == 302, answer.text
    view = only(session, college)
    assert (view.free, view.fee_pence, view.childcare, view.women_only) == (4, 2000, True, False)
    page = mine.get(answer.headers["Location"]).text
    for words in ("Everyday English", "Monday, 10am to midday", "Dalston Library", "£20", "4"):
        assert words in page
    assert "Everyday English" in mine.get("/classes").text


def test_every_fault_stands_beside_its_field(mine):
    page = mine.post(
        "/classes/add", data={"title": "", "tue_start": "10", "wed_start": "noonish", "publish": "yes"}
    )
    assert page.status_code == 422
    for words in (
        "Enter the name of the class",
        "Select the level or levels of the class",
        "Enter both times for Tuesday",
        "Write the time like 10:00 or 10am",
        "Enter the first day",
        "Enter the number of places",
        "Select the venue, or say that the class is online",
        "Select who can pay for a place",
    ):
        assert words in page.text, words
    assert 'href="#tue_end"' in page.text


def test_rules_stand_beside_their_fields_too(mine):
    page = mine.post(
        "/classes/add",
        data={**FORM, "mon_start": "", "mon_end": "", "funding": [], "title": "<b>", "capacity": "x"},
    )
    assert page.status_code == 422
    for words in (
        "Enter at least one day",
        "Select the venue",
        "Select who can pay",
        "&lt;b&gt;",
        "must be a whole number",
    ):
        assert words in page.text


def test_a_change_keeps_what_the_page_does_not_ask(mine, session, make_class, college):
    row = make_class(contract_areas=("E09000012",))
    page = mine.get(f"/classes/{row.id}/change").text
    assert 'value="10am"' in page
    data = FORM | {"venue_id": str(row.venue_id), "version": "1", "title": "Renamed"}
    assert mine.post(f"/classes/{row.id}/change", data=data).status_code == 302
    session.expire_all()
    view = only(session, college)
    assert (view.title, view.contract_areas, view.version) == ("Renamed", ("E09000012",), 2)
    stale = mine.post(f"/classes/{row.id}/change", data=data)
    assert stale.status_code == 422
    assert "Somebody else changed this class" in stale.text


def test_the_quick_buttons(mine, session, make_class, college):
    row = make_class(places_free=5)
    page = mine.get("/classes").text
    assert 'name="to" value="6"' in page
    for _ in range(2):
        answer = mine.post(f"/classes/{row.id}/places", data={"seen": "5", "to": "6"})
        assert answer.headers["Location"] == f"/classes?page=1#class-{row.id}"
    session.expire_all()
    assert only(session, college).free == 6
    mine.post(f"/classes/{row.id}/places", data={"seen": "1", "to": "2"})
    assert "have just changed" in mine.get("/classes").text
    assert mine.post(f"/classes/{row.id}/places", data={"seen": "x"}).status_code == 422


def test_a_typed_number_of_places(mine, session, make_class, college):
    row = make_class()
    assert "between 0 and 12" in mine.post(f"/classes/{row.id}/free-places", data={"places_free": "13"}).text
    assert mine.post(f"/classes/{row.id}/free-places", data={"places_free": "7"}).status_code == 302
    session.expire_all()
    assert only(session, college).free == 7


def test_stale_places_are_pointed_out(mine, make_class, clock, session):
    make_class()
    clock.move_to(clock.now().replace(day=26))
    session.flush()
    put_session(mine, session, mine.actor, clock)
    page = mine.get("/classes").text
    assert "1 class has free places that nobody has confirmed" in page
    assert "Please confirm" in page


def test_copy_then_open(mine, session, make_class, college):
    row = make_class()
    assert mine.get(f"/classes/{row.id}/copy").status_code == 200
    assert mine.post(f"/classes/{row.id}/copy", data={}).status_code == 422
    dates = {
        "start_on-day": "12",
        "start_on-month": "4",
        "start_on-year": "2027",
        "end_on-day": "16",
        "end_on-month": "7",
        "end_on-year": "2027",
    }
    answer = mine.post(f"/classes/{row.id}/copy", data=dates)
    assert answer.status_code == 302, answer.text
    copy = next(view for view in reads.classes_of(session, college.organisation_id) if view.id != row.id)
    assert "Save and open the class" in mine.get(answer.headers["Location"]).text
    assert "This is a draft" in mine.get(f"/classes/{copy.id}").text
    mine.post(f"/classes/{copy.id}/publish")
    session.expire_all()
    assert reads.esol_class(session, copy.id).state == "published"


def test_cancelling_asks_first(mine, session, make_class):
    row = make_class()
    assert "This cannot be undone" in mine.get(f"/classes/{row.id}/cancel").text
    assert mine.post(f"/classes/{row.id}/cancel").status_code == 302
    session.expire_all()
    assert reads.esol_class(session, row.id).state == "cancelled"
    assert row.title in mine.get("/classes?past=yes").text


def test_venues_and_details(mine, session, college, postcodes):
    assert "No venue yet" in mine.get("/venues").text
    assert mine.post("/venues/add", data={"name": "Library"}).status_code == 422
    good = {"name": "Library", "postcode": "e8 1aa", "step_free": "yes"}
    assert mine.post("/venues/add", data=good).status_code == 302
    assert "You already have this venue" in mine.post("/venues/add", data=good).text
    (venue,) = reads.venues_of(session, college.organisation_id)
    changed = good | {"name": "The Library", "version": "1"}
    assert mine.get(f"/venues/{venue.id}/change").status_code == 200
    assert mine.post(f"/venues/{venue.id}/change", data=changed).status_code == 302
    assert "The Library" in mine.get("/venues").text
    assert mine.get("/provider-details").status_code == 200
    assert mine.post("/provider-details", data={"ukprn": "1"}).status_code == 422
    answer = mine.post(
        "/provider-details", data={"kind": "college", "accepts_hub_assessments": "yes", "ukprn": "12"}
    )
    assert "8 numbers" in answer.text
    assert (
        mine.post("/provider-details", data={"kind": "college", "accepts_hub_assessments": "yes"}).status_code
        == 302
    )


def test_a_timetable_is_previewed_and_imported(mine, session, college, postcodes):
    assert mine.get("/classes/import").status_code == 200
    assert "Choose a CSV file" in mine.post("/classes/import", data={}).text
    empty = mine.post("/classes/import", data={"file": (io.BytesIO(b"name\nx"), "c.csv")})
    assert (empty.status_code, "These columns are missing" in empty.text) == (422, True)
    page = mine.post("/classes/import", data={"file": (io.BytesIO(csv(GOOD, "Bad,,E9")), "classes.csv")})
    assert page.status_code == 200, page.text
    assert "Nothing has changed yet" in page.text
    assert "Use a level such as E1" in page.text
    assert reads.classes_of(session, college.organisation_id) == []
    content = page.text.split('name="content" value="')[1].split('"')[0]
    for _ in range(2):
        assert mine.post("/classes/import/save", data={"content": content}).status_code == 302
    assert only(session, college).title == "English for all"
    assert mine.post("/classes/import/save", data={"content": "%%%"}).status_code == 422


def test_the_hub_sees_all_and_acts_for_a_provider(as_role, session, make_class, college, organise):
    row = make_class()
    manager = as_role(Role.HUB_MANAGER)
    organise(session, "provider", "the-quiet-one")
    assert "The Provider" in manager.get("/classes").text
    page = manager.get("/providers").text
    assert "The Quiet One" in page
    assert "Not said yet" in page
    assert row.title in manager.get(f"/providers/{college.organisation_id}").text
    assert manager.get("/classes/add").status_code == 404
    assert manager.get(f"/classes/add?provider={college.organisation_id}").status_code == 200
    assert manager.get(f"/venues?provider={college.organisation_id}").status_code == 200
    assert manager.post(f"/classes/{row.id}/places", data={"seen": "12", "to": "11"}).status_code == 302


def test_another_provider_and_a_missing_class_look_alike(as_role, session, make_class, organise, venue):
    row = make_class(publish=False)
    rival = as_role(Role.PROVIDER, organise(session, "provider", "the-rival"))
    for path in ("/classes/{}", "/classes/{}/change", "/classes/{}/copy", "/classes/{}/cancel"):
        assert (
            rival.get(path.format(row.id)).status_code == rival.get(path.format(uuid(404))).status_code == 404
        )
    assert rival.get(f"/venues/{venue.id}/change").status_code == 404
    assert rival.post(f"/classes/{row.id}/places", data={"seen": "1", "to": "1"}).status_code == 404
    assert row.title not in rival.get("/classes").text


def test_referrers_have_no_business_here(as_role, make_class):
    referrer = as_role(Role.REFERRER)
    for path in ("/classes", "/classes/add", "/venues", "/providers", "/classes/import"):
        assert referrer.get(path).status_code == 403


def test_the_public_finds_a_class(client, make_class):
    row = make_class(childcare=True, fee_pence=2000, enrol_url="https://college.example/english")
    page = client.get("/find-a-class").text
    assert "1 class" in page
    answer = client.post(
        "/find-a-class", data={"postcode": "e8 1ab", "level": "E1", "extras": ["childcare"], "parts": ["am"]}
    )
    assert answer.status_code == 302
    assert "E8+1" in answer.headers["Location"]
    assert "1AB" not in answer.headers["Location"].upper()
    page = client.get(answer.headers["Location"]).text
    assert "near E8 1" in page
    assert "less than 0.1 miles" in page
    assert "Map of the classes in the list" in page and "You: E8 1" in page
    shown = client.get(f"/find-a-class/{row.id}").text
    for words in (
        "How to join",
        "openstreetmap.org",
        "£20",
        "There is childcare",
        "https://college.example/english",
    ):
        assert words in shown


def test_dark_corners_of_the_search(client, make_class):
    row = make_class(publish=False)
    assert client.get(f"/find-a-class/{row.id}").status_code == 404
    assert "Nothing fits all your answers" in client.get("/find-a-class?level=L2").text
    assert "We do not know where ZE1 is" in client.get("/find-a-class?near=ZE1").text
    assert client.get("/find-a-class?level=<script>&page=x&near=&parts=never").status_code == 200
    bad = client.post("/find-a-class", data={"postcode": "Hackney", "level": ""})
    assert bad.status_code == 422
    assert "postcode in full" in bad.text


def test_a_full_class_says_so(client, make_class, session, clock):
    row = make_class(capacity=1)
    service.hold_place(session, row.id, clock)
    assert "Full now" in client.get(f"/find-a-class/{row.id}").text
