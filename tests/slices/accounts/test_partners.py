"""Sign-in pages, my account, partners, keys and agreements."""

from datetime import timedelta

import pytest
from click.testing import CliRunner

from hub.accounts import reads, service
from hub.accounts.cli import users
from hub.accounts.domain import NewAgreement
from hub.core.permissions import SYSTEM, Role
from tests.conftest import PASSWORD

EMAIL = "hub_manager@the-hub.example"


def sign_in(client, password=PASSWORD, **more):
    return client.post("/sign-in", data={"email": EMAIL, "password": password, **more})


def test_signing_in_leads_home_or_to_the_page_asked_for(session, client, person):
    person(session, Role.HUB_MANAGER)
    session.flush()
    assert client.get("/settings").headers["Location"] == "/sign-in?next=/settings"
    assert sign_in(client, next="/settings").headers["Location"] == "/settings"
    assert client.get("/settings").status_code == 200
    assert client.get("/sign-in").status_code == 302


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(session, client, person, target):
    person(session, Role.HUB_MANAGER)
    session.flush()
    assert sign_in(client, next=target).headers["Location"] == "/"


@pytest.mark.parametrize(("email", "password"), [(EMAIL, "wrong"), ("nobody@x.example", PASSWORD), ("", "")])
def test_a_wrong_sign_in_tells_nothing_about_who_exists(session, client, person, email, password):
    person(session, Role.HUB_MANAGER)
    session.flush()
    answer = client.post("/sign-in", data={"email": email, "password": password})
    assert answer.status_code == 422
    assert PASSWORD not in answer.text
    if email:
        assert "The email address or the password is not right" in answer.text


def test_a_sign_in_can_be_ended_and_ends_by_itself(session, as_role, clock):
    manager = as_role(Role.HUB_MANAGER)
    assert manager.get("/account").status_code == 200
    clock.advance(timedelta(hours=5))
    assert manager.get("/account").headers["Location"].startswith("/sign-in")


def test_signing_out_ends_it_at_once(session, as_role):
    manager = as_role(Role.HUB_MANAGER)
    with manager.session_transaction() as cookie:
        token = cookie["_user_id"]
    manager.post("/sign-out")
    with manager.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert manager.get("/account").status_code == 302


def test_closing_an_account_ends_its_sign_ins(session, as_role, clock):
    manager = as_role(Role.HUB_MANAGER)
    service.set_active(session, manager.actor.id, False, SYSTEM, clock)
    session.flush()
    assert manager.get("/account").status_code == 302


def test_a_new_password_signs_everybody_else_out(session, as_role, client):
    manager = as_role(Role.HUB_MANAGER)
    wrong = manager.post("/account/password", data={"old_password": "no", "password": "a much better one"})
    assert "not your present password" in wrong.text
    short = manager.post("/account/password", data={"old_password": PASSWORD, "password": "short"})
    assert "at least 12 characters" in short.text
    done = manager.post("/account/password", data={"old_password": PASSWORD, "password": "a much better one"})
    assert done.headers["Location"] == "/sign-in"
    assert sign_in(client, "a much better one").status_code == 302


def test_a_manager_adds_a_partner_a_person_and_a_key(session, as_role, clock):
    manager = as_role(Role.HUB_MANAGER)
    form = {"slug": "mare-college", "name": "Mare Street College", "kind": "provider"}
    made = manager.post("/organisations/add", data=form)
    assert made.status_code == 302
    home = made.headers["Location"]
    again = manager.post("/organisations/add", data=form)
    assert "already an organisation" in again.text
    invited = {"email": "ola@mare.example", "role": "provider"}
    assert manager.post(f"{home}/invitations", data=invited).headers["Location"] == home
    assert "ola@mare.example" in manager.get(home).text
    refused = manager.post(f"{home}/invitations", data={"email": "ida@mare.example", "role": "hub_manager"})
    assert "Here people may be: provider, referrer" in refused.text
    assert "hub_" in manager.post(f"{home}/keys", data={"role": "provider"}).text
    assert "Mare Street College" in manager.get("/organisations").text
    assert f"/agreements/add?with={home.rsplit('/')[-1]}" in manager.get(home).text


def test_an_agreement_counts_only_between_its_dates_and_until_it_is_ended(session, organise, clock):
    hub, college = organise(session, "hub"), organise(session, "provider")
    today = clock.today()
    new = NewAgreement(hub.id, college.id, ("P05",), ("name",), today, today + timedelta(days=1))
    row = service.agree(session, new, SYSTEM, clock)
    covers = lambda day, purpose="P05": reads.agreement_covers(session, hub.id, college.id, purpose, day)  # noqa: E731
    assert covers(today)
    assert covers(today + timedelta(days=1))
    assert not covers(today + timedelta(days=2))
    assert not covers(today, "P07")
    assert not reads.agreement_covers(session, college.id, hub.id, "P05", today)
    service.end_agreement(session, row.id, SYSTEM, clock)
    session.flush()
    assert not covers(today)


def test_a_revoked_key_is_refused(session, api, organise, clock):
    from hub.accounts.models import ApiKey

    caller = api(Role.REFERRER)
    key = session.query(ApiKey).one()
    service.revoke_key(session, key.id, SYSTEM, clock)
    session.flush()
    answer = caller.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.json["code"]) == (401, "not_signed_in")
    assert answer.mimetype == "application/problem+json"


def test_pages_carry_the_security_headers(client):
    headers = client.get("/sign-in").headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_a_missing_page_is_a_kind_page_and_a_problem_for_machines(client):
    assert client.get("/nothing").status_code == 404
    answer = client.get("/api/v1/nothing", headers={"X-Request-Id": "abc-1", "X-Correlation-Id": "c-2"})
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert (answer.headers["X-Request-Id"], answer.headers["X-Correlation-Id"]) == ("abc-1", "c-2")


def test_a_form_without_the_token_is_refused(app, session, person):
    app.config["WTF_CSRF_ENABLED"] = True
    person(session, Role.HUB_MANAGER)
    answer = app.test_client().post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 422
    assert "open too long" in answer.text


@pytest.mark.parametrize(
    ("role", "status", "said"),
    [
        ("data_protection", 0, "officer@the-hub.example signs in with the password: "),
        ("auditor", 0, "signs in"),
        ("provider", 1, ""),
        ("learner", 2, "Invalid value for '--role'"),
        ("worker", 2, "Invalid value for '--role'"),
    ],
)
def test_a_command_adds_people_of_the_hub(session, organise, role, status, said):
    """Each role of the staff, where it fits the organisation; nobody signs in as a learner or as the program."""
    organise(session, "hub")
    words = ["create", "officer@the-hub.example", "--organisation", "the-hub", "--role", role]
    ran = CliRunner().invoke(users, words)
    assert (ran.exit_code, said in ran.output) == (status, True)
