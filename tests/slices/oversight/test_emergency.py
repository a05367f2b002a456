"""Emergency access: a record outside one's work, for an hour, with a reason, reviewed by somebody else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.core.permissions import Role
from hub.infra.audit import AuditEntry
from hub.oversight.models import EmergencyAccess
from hub.referrals import service
from hub.steps.domain import StepKind
from hub.steps.models import Step
from tests.slices.referrals.test_intake import new_referral

WHY = "The school called: she has collapsed and they need her family."


@pytest.fixture
def referral(session, person, clock):
    made = service.submit(session, new_referral(), person(session, Role.REFERRER), clock)
    session.flush()
    return made


@pytest.fixture
def opened(as_role, referral):
    """(the administrator, the address of what they opened)."""
    admin = as_role(Role.ADMIN)
    answer = admin.post("/emergency-access", data={"reference": referral.reference.lower(), "reason": WHY})
    assert answer.status_code == 302, answer.text
    return admin, answer.location


def test_it_shows_how_to_reach_the_learner_and_nothing_more(opened, session, referral):
    admin, place = opened
    page = admin.get(place)
    assert "Amina Yusuf" in page.text and "07700" in page.text
    assert admin.get(f"/learners/{referral.learner_id}").status_code == 403
    acts = session.scalars(
        select(AuditEntry).where(AuditEntry.action.like("emergency.%")).order_by(AuditEntry.seq)
    ).all()
    assert [one.action for one in acts] == ["emergency.opened", "emergency.viewed"]
    assert acts[1].fields == ["name", "date_of_birth", "phone", "address", "language"]
    assert WHY not in (acts[0].reason or "") and "emergency_access" in acts[0].basis


def test_the_reason_is_sealed_with_the_learners_key(opened, session):
    row = session.scalars(select(EmergencyAccess)).one()
    assert row.reason == WHY
    assert WHY.encode() not in bytes(row.reason_sealed)


def test_it_ends_after_an_hour_and_is_nobody_elses(opened, as_role, clock):
    admin, place = opened
    assert as_role(Role.DATA_PROTECTION).get(place).status_code == 404
    clock.advance(timedelta(minutes=61))
    assert admin.get(place).status_code == 404


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"reference": "R-7K3Q21-94", "reason": WHY}, "No learner has this reference"),
        ({"reference": "", "reason": WHY}, "Enter the referral&#39;s reference"),
        ({"reference": "R-7K3Q21-94", "reason": "urgent"}, "20 characters or more"),
    ],
)
def test_a_wrong_reference_or_a_short_reason_is_refused_beside_the_field(as_role, session, data, words):
    page = as_role(Role.ADMIN).post("/emergency-access", data=data)
    assert page.status_code == 422
    assert words in page.text
    tried = session.scalars(select(AuditEntry).where(AuditEntry.action == "emergency.refused")).all()
    assert len(tried) == ("No learner" in words)


@pytest.mark.parametrize(
    "role", [Role.REFERRER, Role.ASSESSOR, Role.HUB_MANAGER, Role.PROVIDER, Role.AUDITOR]
)
def test_others_do_not_get_it(as_role, role):
    assert as_role(role).get("/emergency-access").status_code == 403


def test_somebody_else_reviews_it_on_the_next_working_day(opened, as_role, session, clock):
    step = session.scalars(select(Step).where(Step.kind == StepKind.EMERGENCY_TO_REVIEW)).one()
    assert (step.due_on - clock.today()).days == 1
    officer = as_role(Role.DATA_PROTECTION)
    assert "Review an emergency access" in officer.get("/").text
    page = officer.get("/emergency-access/reviews")
    assert WHY in page.text and "Robin Admin" in page.text
    row = session.scalars(select(EmergencyAccess)).one()
    review = f"/emergency-access/{row.id}/review"
    assert officer.post(review, data={}).status_code == 422
    done = officer.post(
        review, data={"verdict": "justified", "note": "Called the school."}, follow_redirects=True
    )
    assert "Your review is recorded" in done.text and "Nothing waits for a review" in done.text
    assert officer.post(review, data={"verdict": "justified"}).status_code == 409
    session.expire_all()
    assert step.closed_at is not None and row.verdict.value == "justified"


def test_nobody_reviews_their_own(as_role, session, referral):
    officer = as_role(Role.DATA_PROTECTION)
    officer.post("/emergency-access", data={"reference": referral.reference, "reason": WHY})
    assert "Somebody else must review your own" in officer.get("/emergency-access/reviews").text
    row = session.scalars(select(EmergencyAccess)).one()
    assert (
        officer.post(f"/emergency-access/{row.id}/review", data={"verdict": "justified"}).status_code == 403
    )


def test_the_learner_sees_that_it_happened(opened, session, referral, clock):
    from hub.oversight import reads

    admin, place = opened
    admin.get(place)
    told = {one.look.told.value for one in reads.who_looked(session, referral.learner_id, clock.today())}
    assert "emergency" in told
