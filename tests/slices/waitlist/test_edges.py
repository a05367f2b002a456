"""The waiting list's pages, download and API."""

from datetime import timedelta
from uuid import uuid4

import pytest

from hub.assessment.domain import Skill, Strand
from hub.core.levels import Level
from hub.core.permissions import SYSTEM, Role
from hub.infra.audit import AuditEntry
from hub.waitlist import service
from hub.waitlist.domain import EntryState, JoinRequest


@pytest.fixture
def entry(session, refer, clock):
    case = refer(given_names="=HYPERLINK", family_name="ابو بكر")
    request = JoinRequest(
        case.learner_id, case.source_record_id, case.subject_id, Strand.GENERAL, Level.E2,
        dict.fromkeys(Skill, Level.E2), (Level.E3,), case.case_id,
    )  # fmt: skip
    made = service.join(session, request, SYSTEM, clock)
    session.flush()
    return made


@pytest.fixture
def page(as_role):
    return as_role(Role.HUB_MANAGER)


@pytest.fixture
def at(entry):
    return f"/waiting-list/{entry.id}"


def test_an_empty_list_says_so(page):
    assert "Nobody is on the list with these choices" in page.get("/waiting-list").text


def test_the_list_shows_place_wait_and_priority_and_is_audited(page, session, entry):
    shown = page.get("/waiting-list?level=E2&strand=general").text
    assert "ابو بكر" in shown
    assert "1 of 1" in shown
    assert "Standard" in shown
    assert "0 days" in shown
    assert "ابو بكر" not in page.get("/waiting-list?state=paused").text
    assert page.get("/waiting-list?level=charm&page=x").status_code == 200
    assert (
        session.query(AuditEntry)
        .filter_by(action="waitlist_entry.viewed", subject_id=entry.learner_id)
        .count()
    )


def test_the_download_is_safe_for_spreadsheets(page, entry):
    got = page.get("/waiting-list.csv")
    assert got.content_type.startswith("text/csv")
    assert "'=HYPERLINK ابو بكر,Entry 2 (A2),English" in got.text


def test_pausing_by_page(page, session, entry, at):
    assert page.get(f"{at}/pause").status_code == 200
    wrong = page.post(f"{at}/pause", data={"until-day": "1", "until-month": "1", "until-year": "2027"})
    assert wrong.status_code == 422
    assert "Choose a reason" in wrong.text
    past = {"until-day": "1", "until-month": "1", "until-year": "2027", "reason": "health"}
    assert "Choose a day after today" in page.post(f"{at}/pause", data=past).text
    right = past | {"until-month": "3", "note": "Operation"}
    assert page.post(f"{at}/pause", data=right).status_code == 302
    shown = page.get(at).text
    assert "Operation" in shown
    assert "Monday 1 March 2027" in shown
    assert page.post(f"{at}/resume").status_code == 302
    assert page.post(f"{at}/resume").status_code == 302


def test_level_priority_and_removal_by_page(page, session, entry, at):
    for act in ("level", "priority", "remove", "check-in"):
        assert page.get(f"{at}/{act}").status_code == 200
    assert page.post(f"{at}/priority", data={"code": "mandated"}).status_code == 302
    assert "requires this learner to attend" in page.get(at).text
    assert page.post(f"{at}/priority", data={"code": "mandated", "act": "end"}).status_code == 302
    assert page.post(f"{at}/level", data={"level": "E3"}).status_code == 422
    assert page.post(f"{at}/level", data={"level": "E3", "note": "Reassessed"}).status_code == 302
    listed = page.get("/waiting-list").text
    assert "Entry 3 (B1)" in listed
    assert page.post(f"{at}/level", data={"level": "L1", "note": "Again"}).status_code == 422
    session.expire_all()
    new = session.query(type(entry)).filter_by(previous_entry_id=entry.id).one()
    assert page.post(f"/waiting-list/{new.id}/remove", data={"reason": "other"}).status_code == 422
    assert page.post(f"/waiting-list/{new.id}/remove", data={"reason": "moved_away"}).status_code == 302
    session.expire_all()
    assert new.state is EntryState.REMOVED


def test_a_call_is_recorded(as_role, session, entry, at, clock):
    clock.advance(timedelta(weeks=8))
    service.ask_check_ins(session, SYSTEM, clock)
    page = as_role(Role.ASSESSOR)
    assert "I called, nobody answered" in page.get(f"{at}/check-in").text
    assert page.post(f"{at}/check-in", data={"answer": "no_answer"}).status_code == 302
    session.expire_all()
    assert entry.state is EntryState.LAPSED
    assert page.post(f"{at}/come-back").status_code == 302
    assert page.post(f"{at}/remove", data={"reason": "moved_away"}).status_code == 403


def test_an_offer_must_be_withdrawn_first(page, session, entry, at, clock):
    service.mark_offered(session, entry.id, SYSTEM, clock)
    session.flush()
    refused = page.post(f"{at}/remove", data={"reason": "moved_away"})
    assert refused.status_code == 422
    assert "has an offer" in refused.text


def test_missing_and_forbidden(page, as_role):
    assert page.get(f"/waiting-list/{uuid4()}").status_code == 404
    assert page.post(f"/waiting-list/{uuid4()}/resume").status_code == 404
    assert as_role(Role.REFERRER).get("/waiting-list").status_code == 403


def test_the_same_by_api(api, entry):
    client = api(Role.HUB_MANAGER)
    (item,) = client.get("/api/v1/waitlist?level=E2").json["items"]
    assert (item["id"], item["place"], item["places_in_line"]) == (str(entry.id), 1, 1)
    assert item["also"] == ["E3"]
    assert item["skills"]["reading"] == "E2"
    assert "learner_id" not in item
    assert client.get("/api/v1/waitlist?level=E1").json["items"] == []
    assert client.get("/api/v1/waitlist?level=charm").status_code == 422
    assert api(Role.REFERRER).get("/api/v1/waitlist").status_code == 403
