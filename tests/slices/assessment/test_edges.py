"""The pages and the API of appointments and assessments."""

from datetime import timedelta
from uuid import uuid4

import icalendar
import pytest

from hub.assessment import reads
from hub.core.permissions import Role
from hub.infra.audit import AuditEntry
from hub.learners import service as learners
from hub.learners.domain import LinkPurpose

from .conftest import all_marks


@pytest.fixture
def page(as_role):
    return as_role(Role.ASSESSOR)


def marks_form(ranks, *skills):
    return {
        f"{mark.skill}-{mark.criterion}": str(mark.band)
        for mark in all_marks(ranks)
        if mark.skill.value in skills
    }


def test_times_are_added_by_page_and_shown_in_the_diary(page, assessor, clock):
    assert b"Nothing in the diary on this day" in page.get("/diary").data
    form = {
        "assessor_id": str(assessor.id),
        "day-day": "12",
        "day-month": "1",
        "day-year": "2027",
        "start": "10:00",
        "end": "11:00",
        "minutes": "30",
        "gap": "0",
        "mode": "venue",
        "place": "Dalston Library",
    }
    assert page.get("/diary/times").status_code == 200
    assert page.post("/diary/times", data=form).status_code == 302
    shown = page.get("/diary?date=2027-01-12&view=week").text
    assert shown.count("Dalston Library") == 2
    assert "10:30am to 11am" in shown
    again = page.post("/diary/times", data=form)
    assert again.status_code == 422
    assert "already has appointments" in again.text
    wrong = page.post("/diary/times", data=form | {"minutes": "abc", "place": "", "day-year": "2026"})
    assert wrong.status_code == 422
    assert "must be a whole number" in wrong.text


def test_from_booking_to_the_result_by_page(page, as_role, session, refer, diary, clock):
    case, slots = refer(), diary()
    assert "Amina" in page.get("/learners-to-assess").text
    assert "What happens next" in page.get(f"/referrals/{case.case_id}/book").text
    nothing = page.post(f"/referrals/{case.case_id}/book", data={})
    assert nothing.status_code == 422
    assert "Choose a time" in nothing.text
    booked = page.post(f"/referrals/{case.case_id}/book", data={"slot_id": str(slots[0].id)})
    assert booked.status_code == 302
    shown = page.get(booked.location).text
    assert "Tuesday 12 January, 10am to 10:30am" in shown
    assert page.get(f"/referrals/{case.case_id}/book").status_code == 302
    clock.advance(timedelta(days=1))
    page = as_role(Role.ASSESSOR)
    assert "Start the assessment" in page.get(booked.location).text
    assert page.get(f"/referrals/{case.case_id}/assess").status_code == 200
    at = page.post(f"/referrals/{case.case_id}/assess", data={}).location
    assert "To do" in page.get(at).text
    for stage, skills in [
        ("speaking", ("speaking", "listening")),
        ("reading", ("reading",)),
        ("writing", ("writing",)),
    ]:
        assert page.get(f"{at}?stage={stage}").status_code == 200
        saved = page.post(f"{at}?stage={stage}", data=marks_form("3311", *skills))
        assert saved.status_code == 302
    assert "Some stages are not finished" in page.get(f"{at}?stage=result").text
    literacy = {"need": "none", "scripts_known": "Arabic, Ethiopic", "numeracy": "not_done"}
    assert page.post(f"{at}?stage=literacy", data=literacy).status_code == 302
    assert "Arabic, Ethiopic" in page.get(f"{at}?stage=literacy").text
    result = page.get(f"{at}?stage=result").text
    assert "The rule says: Entry 2 (A2)" in result
    assert "What would change the result" in result
    assert page.post(f"{at}/complete", data={}).status_code == 422
    half = page.post(f"{at}/complete", data={"decision": "override", "level": "L1"})
    assert half.status_code == 422
    assert "Choose the reason" in half.text
    assert page.post(f"{at}/complete", data={"decision": "agree"}).status_code == 302
    done = page.get(at).text
    assert "Placement: Entry 2 (A2)" in done
    assert "Level already achieved" in done
    assert page.post(f"{at}?stage=reading", data=marks_form("5555", "reading")).status_code == 422
    assert (
        session.query(AuditEntry).filter_by(action="assessment.viewed", subject_id=case.learner_id).count()
        > 1
    )


def test_attendance_moving_and_cancelling_by_page(page, session, refer, diary, clock):
    case, slots = refer(), diary()
    at = page.post(f"/referrals/{case.case_id}/book", data={"slot_id": str(slots[0].id)}).location
    assert page.post(f"{at}/attendance", data={"outcome": "attended"}).status_code == 422
    assert page.get(f"{at}/move").status_code == 200
    new = {"slot_id": str(slots[1].id), "asked_by": "learner", "reason": "childcare"}
    assert page.post(f"{at}/move", data=new | {"reason": "not_attended"}).status_code == 422
    moved = page.post(f"{at}/move", data=new).location
    assert "Cancelled by the learner (Childcare)" in page.get(moved).text
    assert page.get(f"{moved}/cancel").status_code == 200
    assert (
        page.post(f"{moved}/cancel", data={"asked_by": "hub", "reason": "assessor_away"}).status_code == 302
    )
    proposed = reads.open_appointment(session, case.case_id)
    assert proposed
    assert proposed.slot is None


def test_the_calendar_file_tells_nothing_personal_and_follows_moves(
    page, client, session, refer, diary, clock
):
    case, slots = refer(), diary()
    at = page.post(f"/referrals/{case.case_id}/book", data={"slot_id": str(slots[0].id)}).location
    token = learners.make_link(session, case.learner_id, LinkPurpose.STATUS, None, timedelta(days=30), clock)
    session.flush()
    first = client.get(f"/l/{token}/appointment.ics")
    assert first.status_code == 200
    assert first.content_type.startswith("text/calendar")
    assert b"METHOD:PUBLISH" in first.data
    assert b"Amina" not in first.data
    assert b"Warsame" not in first.data
    (event,) = icalendar.Calendar.from_ical(first.data).walk("VEVENT")
    assert event["summary"] == "Appointment with Hackney ESOL Hub"
    page.post(f"{at}/move", data={"slot_id": str(slots[1].id), "asked_by": "hub", "reason": "time"})
    (later,) = icalendar.Calendar.from_ical(client.get(f"/l/{token}/appointment.ics").data).walk("VEVENT")
    assert later["uid"] == event["uid"]
    assert int(str(later["sequence"])) > int(str(event["sequence"]))
    assert b"STATUS:CANCELLED" in page.get(f"{at}.ics").data
    assert client.get("/l/AAAAAAAAAAAAAAAAAAAAAA/appointment.ics").status_code == 404


@pytest.mark.parametrize(
    "path", ["/referrals/{}/book", "/referrals/{}/assess", "/appointments/{}", "/assessments/{}"]
)
def test_a_missing_id_is_not_found(page, path):
    assert page.get(path.format(uuid4())).status_code == 404


@pytest.mark.parametrize("role", [Role.REFERRER, Role.PROVIDER, Role.AUDITOR])
def test_others_may_not_look(as_role, role):
    assert as_role(role).get("/diary").status_code == 403


def test_the_same_by_api(api, session, refer, diary):
    case, slots = refer(), diary()
    client = api(Role.ASSESSOR)
    assert client.get("/api/v1/appointments").json["items"][0]["referral_id"] == str(case.case_id)
    new = {"referral_id": str(case.case_id), "slot_id": str(slots[0].id)}
    booked = client.post("/api/v1/appointments", json=new)
    assert (booked.status_code, booked.json["state"]) == (201, "booked")
    assert "learner_id" not in booked.json
    assert client.post("/api/v1/appointments", json=new | {"referral_id": str(uuid4())}).status_code == 404
    begun = client.post("/api/v1/assessments", json={"referral_id": str(case.case_id)})
    assert begun.status_code == 201
    at = f"/api/v1/assessments/{begun.json['id']}"
    unfinished = client.post(f"{at}/complete", json={})
    assert unfinished.status_code == 422
    assert set(unfinished.json["errors"]) == {"speaking", "listening", "reading", "writing", "literacy"}
    marks = [{"skill": m.skill.value, "criterion": m.criterion, "band": m.band} for m in all_marks("2222")]
    answers = {"marks": marks, "literacy": {"need": "none"}}
    assert client.post(f"{at}/responses", json=answers).json["missing"] == {}
    assert client.post(f"{at}/complete", json={"override": {"level": "E3"}}).status_code == 422
    done = client.post(f"{at}/complete", json={})
    assert done.json["placement"]["level"] == "E2"
    assert done.json["placement"]["achieved_level"] == "E1"
    assert client.get("/api/v1/assessments").json["items"][0]["status"] == "completed"
    again = client.post("/api/v1/assessments", json={"referral_id": str(case.case_id)})
    assert (again.status_code, again.json["code"]) == (422, "already_assessed")
    assert client.post(f"{at}/responses", json={"charm": 1}).status_code == 422
