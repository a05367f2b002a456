"""The pages: a request from the first word to the last, registers, partners, the learner's own page, the public form."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from markupsafe import escape

from hub.accounts.domain import disclosure
from hub.core.permissions import Role
from hub.infra import db
from hub.learners import reads as learners
from hub.messaging import reads as messages
from hub.referrals import reads as referrals
from hub.rights import queries, reads, service
from hub.rights.domain import CaseKind, CaseState, Decision, Ruling
from tests.slices.portal.conftest import BIRTH

DAY = {"received_on-day": "11", "received_on-month": "1", "received_on-year": "2027"}


def day(name, on):
    return {f"{name}-day": on.day, f"{name}-month": on.month, f"{name}-year": on.year}


@pytest.fixture
def officer_client(as_role):
    return as_role(Role.DATA_PROTECTION)


@pytest.fixture
def reference(life, session):
    return referrals.referral(session, life.referral_id).reference


def only_case(session, clock):
    (case,) = reads.cases(session, clock, open_only=False)
    return case


def post(client, path, expect=302, **data):
    answer = client.post(path, data=data)
    assert answer.status_code == expect, re.findall(r"error-message.*?</p>", answer.text) or answer.text[:800]
    return answer


def test_an_access_request_from_the_first_word_to_the_learners_phone(
    life, as_role, officer_client, client, session, clock, reference
):
    empty = officer_client.get("/data-rights")
    assert "Nothing is open." in empty.text
    post(
        as_role(Role.HUB_MANAGER),
        "/data-rights/new",
        kind="access",
        door="phone",
        reference=reference,
        words="All",
        **DAY,
    )
    case = only_case(session, clock)
    listed = officer_client.get("/data-rights").text
    assert case.reference in listed and "Zyxcanaria Quillonfarb" in listed and "31 days left" in listed
    home = f"/data-rights/{case.id}"
    assert "Check who asks" in officer_client.get(home).text
    post(officer_client, f"{home}/identify", identity="known")
    post(officer_client, f"{home}/search", place="The paper file at the front desk", minutes="25", found="no")
    assert "Searching took 25 minutes so far." in officer_client.get(home).text
    post(officer_client, f"{home}/decide", 422, decision="granted")
    post(officer_client, f"{home}/copy")
    seen = zipfile.ZipFile(io.BytesIO(officer_client.get(f"{home}/copy.zip").data))
    assert b"Zyxcanaria" in seen.read("your-data.json")
    post(officer_client, f"{home}/decide", decision="granted", note="Here it is.")
    db.react(session)

    assert client.get(f"/l/{life.token}/data").status_code == 302, "the date of birth first"
    assert client.post(f"/l/{life.token}", data=BIRTH).headers["Location"].endswith("/data"), (
        "a link about their data"
    )
    page = client.get(f"/l/{life.token}/data").text
    assert "Your copy is ready" in page and "Here it is." in page
    code_address, copy_address = (f"/l/{life.token}/data/{case.id}/{one}" for one in ("code", "copy"))
    post(client, copy_address, 422, code="0000000")
    post(client, code_address)
    said = next(
        one.body for one in messages.conversation(session, life.learner_id) if one.template == "rights_code"
    )
    answer = post(client, copy_address, 200, code=re.search(r"\d{7}", said)[0])
    assert (
        answer.headers["Content-Type"] == "application/zip" and answer.headers["Cache-Control"] == "no-store"
    )
    assert zipfile.ZipFile(io.BytesIO(answer.data)).namelist() == ["your-data.pdf", "your-data.json"]
    assert only_case(session, clock).state is CaseState.CLOSED


def test_the_clock_on_the_page_stands_still_and_gets_longer(
    life, as_role, officer_client, session, clock, ask
):
    row = ask(CaseKind.ACCESS, life.learner_id)
    home = f"/data-rights/{row.id}"
    assert "Thursday 11 February 2027" in officer_client.get(home).text
    post(officer_client, f"{home}/ask", note="Which years?")
    clock.advance(timedelta(days=7))
    officer_client = as_role(Role.DATA_PROTECTION)  # nobody stays signed in for a week
    assert "Thursday 18 February 2027" in officer_client.get(home).text
    post(officer_client, f"{home}/answered", note="All of them.")
    post(officer_client, f"{home}/extend", 422, because="complex")
    post(officer_client, f"{home}/extend", because="complex", note="We wrote to them.")
    page = officer_client.get(home).text
    assert "two months more" in page and "Monday 19 April 2027" in page
    post(officer_client, f"{home}/extend", because="many", note="Again.")
    assert officer_client.get(home).text.count("Two months more") == 1, "a second press changes nothing"


def test_a_correction_becomes_an_amending_record_and_partners_hear_of_it(
    placed, as_role, officer_client, session, clock, ask
):
    row = ask(CaseKind.CORRECTION, placed.learner_id, words="My name is spelt wrong")
    home = f"/data-rights/{row.id}"
    form = officer_client.get(f"{home}/correct").text
    assert 'value="Zyxcanaria"' in form
    person = learners.person(session, placed.learner_id)
    kept = ("family_name", "known_as", "email", "postcode", "address")
    right = {name: getattr(person, name) or "" for name in kept} | day("date_of_birth", person.date_of_birth)
    right |= {"given_names": "Zyxcanarie", "phone": "07700 900472"}
    post(officer_client, f"{home}/correct", 422, **right | {"phone": "12"})
    records = len(learners.source_records(session, placed.learner_id))
    post(officer_client, f"{home}/correct", **right)
    session.expire_all()
    person = learners.person(session, placed.learner_id)
    assert (person.given_names, person.phone) == ("Zyxcanarie", "+447700900472")
    assert len(learners.source_records(session, placed.learner_id)) == records + 1
    college = as_role(Role.PROVIDER)
    page = college.get("/notices").text
    assert "Correct: given names, phone" in page, re.findall(r"Correct:.*?<", page)
    assert "Zyxcanarie" not in page
    address = re.search(r"/notices/[0-9a-f-]{36}", page)[0]
    post(college, address)
    assert "It is done" not in college.get("/notices").text
    assert as_role(Role.REFERRER).post(address).status_code == 404, "somebody else's notice is not found"
    assert as_role(Role.REFERRER).get("/notices").status_code == 200


def test_a_refusal_needs_words_and_the_learner_reads_them_with_the_way_to_the_ico(
    life, officer_client, client, session, ask, clock
):
    row = ask(CaseKind.ERASURE, life.learner_id)
    home = f"/data-rights/{row.id}"
    answer = post(officer_client, f"{home}/decide", 422, decision="refused", reason="public_task")
    assert "in plain words" in answer.text
    post(officer_client, f"{home}/decide", decision="refused", reason="public_task", note="You have a place.")
    client.post(f"/l/{life.token}", data=BIRTH)
    page = client.get(f"/l/{life.token}/data").text
    assert "You have a place." in page and "ico.org.uk" in page


class TestTheLearnersOwnPage:
    @pytest.fixture
    def inside(self, life, client):
        client.post(f"/l/{life.token}", data=BIRTH)
        return f"/l/{life.token}/data"

    @pytest.mark.parametrize("kind", ["access", "correction", "complaint", "erasure"])
    def test_asking(self, inside, client, session, clock, kind):
        post(client, inside, kind=kind, words="Canarious words")
        post(client, inside, kind=kind, words="Canarious words")
        case = only_case(session, clock)
        assert (case.kind, case.identity, case.words) == (kind, "link_and_birth_date", "Canarious words")
        assert case.reference in client.get(inside).text

    @pytest.mark.parametrize(
        ("sent", "says"),
        [
            ({}, "Choose one answer."),
            ({"kind": "complaint"}, "Write what is wrong."),
            ({"kind": "nonsense"}, "Choose one answer."),
        ],
    )
    def test_what_is_missing_is_said_beside_it(self, inside, client, session, clock, sent, says):
        assert post(client, inside, 422, **sent).text.count(says) == 2
        assert reads.cases(session, clock) == []

    def test_somebody_elses_case_is_not_there(self, inside, client, life, session, clock, ask, officer):
        other = life.world.add_learner(given_names="Yusuf")
        row = ask(CaseKind.ACCESS, other.learner_id)
        service.keep_package(session, row.id, b"zip", officer, clock)
        service.decide(session, row.id, Ruling(Decision.GRANTED), officer, clock)
        for act in ("code", "copy"):
            assert client.post(f"{inside}/{row.id}/{act}", data={"code": "1"}).status_code == 404
        assert queries.package_of(session, row.id).code_hash is None
        assert row.reference not in client.get(inside).text

    def test_the_portal_leads_here(self, inside, client, life):
        assert f'href="{inside}"' in client.get(f"/l/{life.token}/here").text


def test_anybody_can_complain_without_an_account(client, officer_client, session, clock, organise):
    organise(session, "hub")
    assert "complain" in client.get("/privacy").text
    wrong = post(client, "/complain", 422, name="A")
    assert "email address or phone number" in wrong.text
    done = post(
        client, "/complain", 200, name="Ali", contact="ali@example.org", words="You wrote to my mother."
    )
    case = only_case(session, clock)
    assert case.reference in done.text and "within 30 days" in done.text
    home = f"/data-rights/{case.id}"
    assert "Acknowledge: 30 days left" in officer_client.get(home).text
    post(officer_client, f"{home}/acknowledge", note="By email.")
    assert "Acknowledge: 30" not in officer_client.get(home).text
    post(officer_client, f"{home}/decide", decision="partly", reason="not_upheld", note="We are sorry.")
    post(officer_client, f"{home}/close", note="By email.")
    assert only_case(session, clock).state is CaseState.CLOSED


def test_holds_on_pages(life, officer_client, session, clock, reference, ask):
    assert "No record is held." in officer_client.get("/data-rights/holds").text
    wrong = post(
        officer_client,
        "/data-rights/holds",
        422,
        reference="nonsense",
        kind="claim",
        reason="A",
        **day("review_on", clock.today()),
    )
    assert wrong.text.count("Enter the reference in full") == 2
    soon = clock.today() + timedelta(days=40)
    post(
        officer_client,
        "/data-rights/holds",
        reference=reference,
        kind="claim",
        reason="A claim",
        **day("review_on", soon),
    )
    page = officer_client.get("/data-rights/holds").text
    assert "A legal claim" in page and "40 days left" in page
    row = ask(CaseKind.ERASURE, life.learner_id)
    refused = post(officer_client, f"/data-rights/{row.id}/decide", 422, decision="granted")
    assert "legal hold stands" in refused.text
    lift = re.search(r"/data-rights/holds/[0-9a-f-]{36}/lift", page)[0]
    post(officer_client, lift, 422)
    post(officer_client, lift.replace("lift", "keep"), **day("review_on", soon + timedelta(days=9)))
    post(officer_client, lift, because="Settled")
    assert "Lifted" in officer_client.get("/data-rights/holds").text
    assert officer_client.get(lift).status_code == 404
    assert officer_client.get(lift.replace("lift", "eat")).status_code == 404


def test_a_breach_and_its_72_hours(as_role, officer_client, session, clock, organise):
    assert "No breach was written down." in officer_client.get("/data-rights/breaches").text
    told = {
        **day("aware_on", clock.today()),
        "aware_time": "09:00",
        "people": "12",
        "what": "A list went to the wrong school",
    }
    post(officer_client, "/data-rights/breaches", 422, **told | {"aware_time": "25:00"})
    post(officer_client, "/data-rights/breaches", 422, **told | {"aware_time": "23:00"})
    where = post(officer_client, "/data-rights/breaches", **told).headers["Location"]
    page = officer_client.get(where).text
    assert "71 hours left" in page and "Thursday 14 January 2027 at 9am" in page
    clock.advance(timedelta(hours=80))
    officer_client = as_role(Role.DATA_PROTECTION)
    assert "9 hours late" in officer_client.get("/data-rights/breaches").text
    post(officer_client, where, 422, risk="risk")
    post(officer_client, where, 422, risk="high", why="Names", ico_reference="IC-1")
    post(
        officer_client,
        where,
        risk="high",
        why="Names",
        **day("reported_on", clock.today()),
        ico_reference="IC-1",
    )
    page = officer_client.get(where).text
    assert "Told after 72 hours" in page and "IC-1" in page and "Save" in page
    post(
        officer_client,
        where,
        risk="high",
        why="Names",
        **day("reported_on", clock.today()),
        **day("people_told_on", clock.today()),
    )
    assert "Save" not in officer_client.get(where).text
    assert officer_client.get("/data-rights/breaches/00000000-0000-7000-8000-000000000000").status_code == 404


def test_retention_and_what_we_hold(life, officer_client, as_role):
    page = officer_client.get("/data-rights/retention").text
    assert (
        "24 months" in page
        and "6 years" in page
        and "Nobody&#39;s time is over." in page.replace("Nobody's", "Nobody&#39;s")
    )
    held = officer_client.get("/data-rights/what-we-hold").text
    assert "What was written about you" in held and "Other people" in held
    auditor = as_role(Role.AUDITOR)
    assert auditor.get("/data-rights/retention").status_code == 200
    assert auditor.get("/data-rights/what-we-hold").status_code == 200


@pytest.mark.parametrize(
    "role", [Role.REFERRER, Role.PROVIDER, Role.ASSESSOR, Role.HUB_MANAGER, Role.AUDITOR, Role.ADMIN]
)
def test_only_the_officer_handles_cases(life, ask, as_role, role):
    row = ask(CaseKind.ACCESS, life.learner_id)
    client = as_role(role)
    for path in ("/data-rights", f"/data-rights/{row.id}", f"/data-rights/{row.id}/decide", f"/data-rights/{row.id}/copy.zip",
                 "/data-rights/holds", "/data-rights/breaches"):  # fmt: skip
        assert client.get(path).status_code == 403, path
    assert client.post(f"/data-rights/{row.id}/copy").status_code == 403


def test_missing_ids_and_acts_are_not_found(officer_client, life, ask, session):
    row = ask(CaseKind.ACCESS, life.learner_id)
    nobody = "00000000-0000-7000-8000-000000000000"
    for path in (
        f"/data-rights/{nobody}",
        f"/data-rights/{nobody}/decide",
        f"/data-rights/{nobody}/copy.zip",
        f"/data-rights/{row.id}/eat",
    ):
        assert officer_client.get(path).status_code == 404, path
    assert post(
        officer_client, "/data-rights/new", 422, kind="access", door="phone", reference="R-7K3Q-95", **DAY
    )


def test_my_work_leads_to_each_kind_of_step(life, officer_client, session, clock, ask):
    ask(CaseKind.COMPLAINT, life.learner_id)
    page = officer_client.get("/").text
    assert "Answer somebody about their data" in page and "Acknowledge a complaint" in page
    assert re.search(r'href="/data-rights/[0-9a-f-]{36}"', page)


def test_a_partners_own_system_reads_notices_and_confirms(placed, api, ask, session, clock, officer):
    row = ask(CaseKind.ERASURE, placed.learner_id)
    service.decide(session, row.id, Ruling(Decision.GRANTED), officer, clock)
    db.react(session)
    college, jobcentre = api(Role.PROVIDER), api(Role.REFERRER)
    (mine,) = college.get("/api/v1/data-notices").json["items"]
    assert (mine["about"], mine["references"], mine["acknowledged_at"]) == (["everything"], [], None)
    (theirs,) = jobcentre.get("/api/v1/data-notices").json["items"]
    assert theirs["references"] == [referrals.referral(session, placed.referral_id).reference]
    confirm = f"/api/v1/data-notices/{mine['id']}/confirm"
    assert jobcentre.post(confirm).status_code == 404
    assert [college.post(confirm).status_code for _ in range(2)] == [204, 204]
    (mine,) = college.get("/api/v1/data-notices").json["items"]
    assert mine["acknowledged_at"] is not None


@pytest.mark.parametrize("role", [Role.DATA_PROTECTION, Role.AUDITOR])
def test_who_sees_what_is_the_table_that_pages_are_held_against(as_role, role):
    page = as_role(role).get("/data-rights/who-sees-what").text
    for rule in disclosure.field_rules().values():
        assert escape(rule.words) in page
    assert page.count("When the learner has said yes, if permission and agreement cover it") == 5
    assert "22 November 2026" in page
