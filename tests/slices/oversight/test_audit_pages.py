"""The auditor's pages: search, one entry, the state of the seals, downloads that verify themselves."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from hub.core.ids import new_id
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.audit import AuditEntry
from hub.infra.seals import sealer, verifying
from hub.oversight import jobs
from hub.referrals import service
from hub.steps.domain import StepKind
from hub.steps.models import Step
from tests.slices.referrals.test_intake import new_referral


@pytest.fixture
def referral(session, person, clock):
    made = service.submit(session, new_referral(), person(session, Role.REFERRER), clock)
    session.flush()
    return made


@pytest.fixture
def auditor(as_role):
    return as_role(Role.AUDITOR)


@pytest.fixture
def looked(as_role, referral):
    """A manager has opened the learner's record."""
    manager = as_role(Role.HUB_MANAGER)
    assert manager.get(f"/learners/{referral.learner_id}").status_code == 200
    return manager


def rows_of(page):
    """(action, who) of each entry shown."""
    return re.findall(
        r'<th scope="row"[^>]*><bdi>([^<]*)</bdi>.*?<span class="govuk-hint">([a-z_.]+)</span>',
        page.text,
        re.DOTALL,
    )


def test_the_newest_entries_and_the_state_of_the_seals(auditor, looked, clock):
    page = auditor.get("/audit")
    assert ("Robin Hub Manager", "learner.viewed") in rows_of(page)
    assert "Nothing yet" in page.text and "Not yet" in page.text
    sealer.seal_due(clock)
    answer = auditor.post("/audit/check", follow_redirects=True)
    assert "Nothing was changed" in answer.text
    assert "(seal 1)" in answer.text


def test_no_name_of_a_learner_is_on_the_auditors_pages(auditor, looked, referral, session):
    entry = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == referral.learner_id)).first()
    for page in (auditor.get("/audit"), auditor.get(f"/audit/{entry.id}")):
        assert "Amina" not in page.text and "Yusuf" not in page.text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"who": "hub_manager@the-hub.example"}, True),
        ({"who": "robin hub"}, True),
        ({"who": "the hub"}, True),
        ({"who": "nobody at all"}, False),
        ({"kind": "view"}, True),
        ({"kind": "keys"}, False),
        ({"action": "learner.viewed"}, True),
        ({"action": "learner.merged"}, False),
        ({"first-day": "11", "first-month": "1", "first-year": "2027"}, True),
        ({"first-day": "12", "first-month": "1", "first-year": "2027"}, False),
        ({"last-day": "10", "last-month": "1", "last-year": "2027"}, False),
        ({"about": "no reference"}, False),
    ],
)
def test_the_audit_is_searched(auditor, looked, session, asked, found):
    page = auditor.post("/audit", data=asked)
    assert page.status_code == 200
    assert (("Robin Hub Manager", "learner.viewed") in rows_of(page)) is found
    searched = session.scalars(select(AuditEntry).where(AuditEntry.action == "audit.searched")).one()
    assert searched.fields == sorted({name.partition("-")[0] for name in asked})


def test_a_reference_finds_all_that_happened_to_the_learner(auditor, looked, referral):
    page = auditor.post("/audit", data={"about": referral.reference})
    actions = {action for _, action in rows_of(page)}
    assert {"learner.viewed", "learner.created"} <= actions
    assert referral.reference in page.text


def test_days_the_wrong_way_round_are_said_beside_the_day(auditor):
    asked = {
        "first-day": "2",
        "first-month": "1",
        "first-year": "2027",
        "last-day": "1",
        "last-month": "1",
        "last-year": "2027",
    }
    page = auditor.post("/audit", data=asked)
    assert page.status_code == 422
    assert "The last day must not be before the first" in page.text


def test_older_entries_come_page_by_page(auditor, session, clock, person):
    actor = person(session, Role.ASSESSOR)
    for _ in range(60):
        audit.record(session, actor, "learner.viewed", "learner", new_id(), clock=clock)
    page = auditor.post("/audit", data={"action": "learner.viewed"})
    before = re.search(r'name="before" value="(\d+)"', page.text)[1]
    older = auditor.post("/audit", data={"action": "learner.viewed", "before": before})
    assert (len(rows_of(page)), len(rows_of(older))) == (50, 10)
    assert "Older entries" not in older.text


def test_one_entry_shows_every_column_and_its_seal(auditor, looked, referral, session, clock):
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "learner.viewed")).first()
    assert entry.session is not None and entry.ip is None and entry.purpose == "P01"
    assert "Not sealed yet" in auditor.get(f"/audit/{entry.id}").text
    sealer.seal_due(clock)
    page = auditor.get(f"/audit/{entry.id}").text
    for shown in (
        "learner.viewed",
        "Robin Hub Manager",
        "P01",
        "Not kept",
        entry.session,
        str(entry.request_id),
    ):
        assert shown in page
    assert "Hash before" in page
    assert auditor.get(f"/audit/{new_id()}").status_code == 404


def test_a_download_verifies_itself(auditor, looked, clock, tmp_path):
    sealer.seal_due(clock)
    answer = auditor.post("/audit/download", data={"action": "learner.viewed"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-2027-01-11.jsonl"'
    path = tmp_path / "audit.jsonl"
    path.write_bytes(answer.data)
    found = verifying.verify_file(path)
    assert found.ok and found.entries == 1 and found.seals == 1
    path.write_bytes(answer.data.replace(b'"hub_manager"', b'"assessor"'))
    assert verifying.verify_file(path).fault.kind == "altered"


@pytest.mark.parametrize("role", [Role.REFERRER, Role.ASSESSOR, Role.HUB_MANAGER, Role.PROVIDER, Role.ADMIN])
def test_others_do_not_read_the_audit(as_role, role):
    assert as_role(role).get("/audit").status_code == 403


def test_a_change_found_at_night_is_a_step_for_data_protection(as_role, session, clock, looked, monkeypatch):
    sealer.seal_due(clock)
    real = verifying.leaf_of
    monkeypatch.setattr("hub.infra.seals.comparing.leaf_of", lambda line: real(line + b"x"))
    jobs.check_audit(clock)
    session.expire_all()
    step = session.scalars(select(Step).where(Step.kind == StepKind.AUDIT_TO_EXAMINE)).one()
    assert (step.role, step.due_on) == (Role.DATA_PROTECTION, clock.today())
    officer = as_role(Role.DATA_PROTECTION)
    assert "The audit was changed" in officer.get("/").text
    assert "was altered after seal 1" in officer.get("/audit").text
    monkeypatch.undo()
    clock.advance(timedelta(hours=1))
    jobs.check_audit(clock)
    session.expire_all()
    assert step.closed_at is not None


def test_signing_in_and_out_is_in_the_audit(client, session, person):
    person(session, Role.ASSESSOR)
    who = {"email": "assessor@the-hub.example", "password": "correct-horse-battery"}
    client.post("/sign-in", data=who | {"password": "wrong-horse-battery"})
    client.post("/sign-in", data=who)
    client.post("/sign-out")
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
    assert [one for one in actions if "sign" in one] == [
        "user.sign_in_failed",
        "user.signed_in",
        "user.signed_out",
    ]
    marked = session.execute(
        text("SELECT session FROM audit_entry WHERE action = 'user.signed_out'")
    ).scalar_one()
    assert len(marked) == 16
