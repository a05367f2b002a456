"""The hub's worklist and one referral: seeing, asking, accepting, holding, closing, opening again."""

import pytest

from hub.core.permissions import Role
from hub.infra import audit
from hub.referrals import reads, service
from hub.referrals.domain import ReferralState
from tests.slices.referrals.test_intake import new_referral


@pytest.fixture
def referral(session, person, clock):
    made = service.submit(session, new_referral(), person(session, Role.REFERRER), clock)
    session.flush()
    return made


@pytest.fixture
def manager(as_role):
    return as_role(Role.HUB_MANAGER)


def state_of(session, referral):
    session.expire_all()  # the pages worked in sessions of their own
    return reads.referral(session, referral.id).state


def test_the_worklist_shows_what_is_new_and_is_audited(manager, referral, session):
    page = manager.get("/referrals")
    assert "Amina" in page.text
    assert referral.reference in page.text
    actions = [entry.action for entry in audit.entries_of(session, [referral.learner_id])]
    assert "learner.listed" in actions


@pytest.mark.parametrize(
    "show", ["new", "asked", "to-assess", "assessed", "hold", "waiting", "placed", "closed", "nonsense"]
)
def test_every_stage_has_its_page(manager, referral, show):
    assert manager.get(f"/referrals?show={show}&sort=newest&page=1").status_code == 200


def test_one_referral_shows_all_and_is_audited(manager, referral, session):
    page = manager.get(f"/referrals/{referral.id}")
    assert page.status_code == 200
    for words in ("Amina Yusuf", "07700 900123", "Jobcentre", "Look at a new referral", "Accept and book"):
        assert words in page.text, words
    assert "learner.viewed" in [entry.action for entry in audit.entries_of(session, [referral.learner_id])]


def test_asking_holding_and_closing(manager, referral, session):
    address = f"/referrals/{referral.id}"
    assert manager.post(f"{address}/ask", data={}).status_code == 422
    assert manager.post(f"{address}/ask", data={"topics": ["phone", "other"]}).status_code == 422
    assert (
        manager.post(f"{address}/ask", data={"topics": ["phone"], "note": "Dead number"}).status_code == 302
    )
    assert state_of(session, referral) is ReferralState.INFO_REQUESTED
    hold = {
        "hold_reason": "health",
        "hold_until-day": "1",
        "hold_until-month": "3",
        "hold_until-year": "2027",
    }
    assert manager.post(f"{address}/hold", data=hold).status_code == 302
    assert "On hold until 1 Mar 2027" in manager.get(address).text
    past = hold | {"hold_until-year": "2026"}
    assert manager.post(f"{address}/hold", data=past).status_code == 422
    assert manager.post(f"{address}/release").status_code == 302
    assert manager.post(f"{address}/close", data={"outcome": "closed_by_hub"}).status_code == 422
    other = {"outcome": "closed_by_hub", "reason": "other"}
    assert "note" in manager.post(f"{address}/close", data=other).text
    assert manager.post(f"{address}/close", data=other | {"note": "Moved to Leeds"}).status_code == 302
    page = manager.get(address).text
    assert "Closed: Closed by the hub" in page
    assert "Moved to Leeds" in page
    assert manager.post(f"{address}/reopen", data={"note": "Back again"}).status_code == 302
    assert state_of(session, referral) is ReferralState.SUBMITTED


def test_a_signpost_needs_an_assessment(manager, referral):
    answer = manager.post(
        f"/referrals/{referral.id}/close", data={"outcome": "signposted", "reason": "moved_away"}
    )
    assert answer.status_code == 422
    assert "moved on" in answer.text


def test_accepting_makes_the_appointment_the_next_thing(manager, referral, session, clock):
    from hub.steps import reads as steps

    answer = manager.post(f"/referrals/{referral.id}/accept")
    assert answer.status_code == 302
    assert state_of(session, referral) is ReferralState.TO_ASSESS
    opened = steps.open_steps(session, [referral.id], clock.today())[referral.id]
    assert [one.kind.value for one in opened] == ["appointment_to_make"]
    assert (
        manager.post(f"/referrals/{referral.id}/accept").status_code == 302
    )  # a second click changes nothing


@pytest.mark.parametrize("role", [Role.REFERRER, Role.PROVIDER, Role.AUDITOR])
def test_only_the_hub(as_role, referral, role):
    client = as_role(role)
    assert client.get("/referrals").status_code == 403
    assert client.get(f"/referrals/{referral.id}").status_code == 403
    assert client.post(f"/referrals/{referral.id}/accept").status_code == 403


def test_a_missing_referral(manager):
    assert manager.get("/referrals/00000000-0000-7000-8000-000000000000").status_code == 404
