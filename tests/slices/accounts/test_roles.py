"""An administrator gives somebody another role."""

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from hub.accounts import reads, service
from hub.accounts.cli import users
from hub.accounts.domain import NewUser
from hub.core.errors import RuleBroken
from hub.core.permissions import SYSTEM, Role
from hub.infra.audit import AuditEntry
from hub.infra.db import react
from hub.referrals import reads as referrals
from hub.referrals import service as referral_service
from tests.conftest import PASSWORD
from tests.slices.referrals.test_intake import new_referral


def role_of(session, actor):
    session.expire_all()
    return reads.user(session, actor.id).role


def test_an_administrator_changes_a_role_and_all_sign_ins_end(session, as_role):
    admin, assessor = as_role(Role.ADMIN), as_role(Role.ASSESSOR)
    assert f"/people/{assessor.actor.id}/role" in admin.get(f"/people/{assessor.actor.id}").text
    page = admin.get(f"/people/{assessor.actor.id}/role").text
    assert "Hub manager" in page
    assert 'value="assessor"' not in page
    assert 'value="provider"' not in page, "nobody of the hub teaches"
    answer = admin.post(f"/people/{assessor.actor.id}/role", data={"role": "hub_manager"})
    assert answer.headers["Location"] == f"/people/{assessor.actor.id}"
    assert role_of(session, assessor.actor) is Role.HUB_MANAGER
    assert assessor.get("/account").status_code == 302
    entry = session.query(AuditEntry).filter_by(action="user.role_changed").one()
    assert (entry.actor_id, entry.subject_id) == (admin.actor.id, assessor.actor.id)
    assert entry.reason == "assessor to hub_manager"


@pytest.mark.parametrize("wrong", ["", "learner", "worker", "public", "provider", "nonsense", "assessor"])
def test_only_another_role_of_the_organisation_is_given(session, as_role, wrong):
    admin, assessor = as_role(Role.ADMIN), as_role(Role.ASSESSOR)
    answer = admin.post(f"/people/{assessor.actor.id}/role", data={"role": wrong})
    assert answer.status_code == 422
    assert 'href="#role"' in answer.text
    assert role_of(session, assessor.actor) is Role.ASSESSOR
    assert assessor.get("/account").status_code == 200


def test_a_place_with_one_role_says_so(as_role, person, session):
    admin, coach = as_role(Role.ADMIN), person(session, Role.REFERRER)
    assert "there is no other role" in admin.get(f"/people/{coach.id}/role").text
    assert "This is you" in admin.get(f"/people/{admin.actor.id}/role").text
    assert admin.post(f"/people/{admin.actor.id}/role", data={"role": "auditor"}).status_code == 422


def test_the_last_administrator_stays(session, person, clock):
    admin = person(session, Role.ADMIN)
    for act in (
        lambda: service.set_role(session, admin.id, Role.AUDITOR, SYSTEM, clock),
        lambda: service.set_active(session, admin.id, False, SYSTEM, clock),
    ):
        with pytest.raises(RuleBroken, match="last administrator"):
            act()
    home = reads.user(session, admin.id).organisation_id
    service.create_user(session, NewUser("b@hub.example", "Bo", home, Role.ADMIN), PASSWORD, SYSTEM, clock)
    service.set_role(session, admin.id, Role.AUDITOR, SYSTEM, clock)
    assert role_of(session, admin) is Role.AUDITOR


def test_nobody_but_an_administrator_changes_roles(session, person, clock):
    manager, assessor = person(session, Role.HUB_MANAGER), person(session, Role.ASSESSOR)
    with pytest.raises(RuleBroken, match="administrator"):
        service.set_role(session, assessor.id, Role.HUB_MANAGER, manager, clock)


def test_what_was_the_persons_goes_to_colleagues(session, person, clock):
    coach = person(session, Role.REFERRER)
    made = referral_service.submit(session, new_referral(), coach, clock)
    react(session)
    session.execute(
        text("UPDATE organisation SET kind = 'provider' WHERE id = :id"), {"id": coach.organisation_id}
    )
    session.expire_all()
    service.set_role(session, coach.id, Role.PROVIDER, SYSTEM, clock)
    react(session)
    session.expire_all()
    assert referrals.referral(session, made.id).worker_id is None
    assert referrals.caseload(session, coach.id).is_empty


def test_the_command_does_the_same(session, person):
    assessor = person(session, Role.ASSESSOR)
    session.flush()
    asked = ["role", "assessor@the-hub.example", "--role", "auditor"]
    done = CliRunner().invoke(users, asked, catch_exceptions=False)
    assert "Auditor" in done.output
    assert role_of(session, assessor) is Role.AUDITOR


@pytest.mark.parametrize("role", ["learner", "worker", "public"])
def test_the_database_keeps_accounts_for_staff(session, person, role):
    assessor = person(session, Role.ASSESSOR)
    session.flush()
    change = text("UPDATE user_account SET role = :role WHERE id = :id")
    with pytest.raises(IntegrityError, match="staff_role"), session.begin_nested():
        session.execute(change, {"role": role, "id": assessor.id})
