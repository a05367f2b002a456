"""Invitations and forgotten passwords: links by e-mail, good once, for a while."""

from datetime import timedelta

import pytest

from hub.accounts.models import Invitation, PasswordReset, UserAccount
from hub.core.permissions import Role
from hub.infra.outbox import OutboxEntry
from tests.conftest import PASSWORD
from tests.slices.accounts.conftest import codes_on, key_on

OLA = "ola@mare.example"
MANAGER = "hub_manager@the-hub.example"
GOOD = "four slow purple herons"


@pytest.fixture
def manager(as_role):
    return as_role(Role.HUB_MANAGER)


@pytest.fixture
def college(session, organise):
    made = organise(session, "provider")
    session.flush()
    return made


def invite(client, organisation, email=OLA, role="provider"):
    return client.post(f"/organisations/{organisation.id}/invitations", data={"email": email, "role": role})


def test_an_invited_person_joins_with_name_password_and_phone(
    session, required, person, college, client, post, clock, phone
):
    from hub.accounts import service
    from hub.accounts.domain import NewInvitation

    manager = person(session, Role.HUB_MANAGER)
    service.invite(session, NewInvitation(OLA, college.id, Role.PROVIDER), manager, clock)
    link = post.link(OLA)
    assert "The Provider" in client.get(link).text
    weak = client.post(link, data={"name": "Ola Nowak", "password": "OlaNowak2027!"})
    assert "Do not build your password on your name" in weak.text
    joined = client.post(link, data={"name": "Ola Nowak", "password": GOOD})
    assert joined.headers["Location"] == "/sign-in/set-up"
    key = key_on(client.get("/sign-in/set-up").text)
    assert len(codes_on(client.post("/sign-in/set-up", data={"code": phone(key)}).text)) == 10
    assert "Ola Nowak" in client.get("/account").text
    user = session.query(UserAccount).filter_by(email=OLA).one()
    assert (user.role, user.organisation_id) == (Role.PROVIDER, college.id)
    assert client.get(link).status_code == 410


def test_a_link_runs_out_after_seven_days_and_sending_again_ends_the_old_one(
    session, manager, college, client, post, clock
):
    invite(manager, college)
    old = post.link(OLA)
    clock.advance(timedelta(days=7))
    assert client.get(old).status_code == 410
    manager.post("/sign-out")


def test_an_invitation_is_sent_again_and_withdrawn(session, manager, college, client, post):
    invite(manager, college)
    old = post.link(OLA)
    row = session.query(Invitation).one()
    manager.post(f"/invitations/{row.id}/send-again")
    new = post.link(OLA)
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    manager.post(f"/invitations/{row.id}/withdraw")
    assert client.get(new).status_code == 410
    assert OLA not in manager.get(f"/organisations/{college.id}").text


def test_inviting_the_same_address_again_replaces_the_invitation(session, manager, college, client, post):
    invite(manager, college)
    old = post.link(OLA)
    invite(manager, college, role="referrer")
    assert session.query(Invitation).one().role is Role.REFERRER
    assert client.get(old).status_code == 404
    assert "Referrer" in client.get(post.link(OLA)).text


def test_neither_the_table_nor_the_outbox_holds_what_opens_the_link(session, manager, college, post):
    invite(manager, college)
    secret = post.link(OLA).rsplit("/", 1)[1]
    row = session.query(Invitation).one()
    assert len(secret) >= 22
    assert secret.encode() not in row.token_hash
    assert all(secret not in str(vars(one)) for one in session.query(OutboxEntry))


def test_a_lead_invites_colleagues_and_nobody_else_does(session, as_role, manager, college, post):
    lead, other = as_role(Role.PROVIDER, college), as_role(Role.REFERRER)
    assert "Invite a person" not in lead.get("/colleagues").text
    assert invite(lead, college).status_code == 404
    manager.post(f"/people/{lead.actor.id}/make-lead")
    assert "Invite a person" in lead.get("/colleagues").text
    assert invite(lead, college).headers["Location"] == "/colleagues"
    assert "You are invited" in post.to(OLA)[-1] or "you are invited" in post.to(OLA)[-1]
    row = session.query(Invitation).one()
    assert other.post(f"/invitations/{row.id}/withdraw").status_code == 404
    manager.post(f"/people/{lead.actor.id}/end-lead")
    assert invite(lead, college, "ida@mare.example").status_code == 404


def test_only_an_administrator_makes_administrators(session, as_role, manager, organise):
    hub = organise(session, "hub")
    refused = invite(manager, hub, "new@hub.example", "admin")
    assert "Ask an administrator to give this role" in refused.text
    assert invite(as_role(Role.ADMIN), hub, "new@hub.example", "admin").status_code == 302
    admin = as_role(Role.ADMIN).actor
    assert manager.post(f"/people/{admin.id}/sign-out").status_code == 422


def test_a_forgotten_password_is_chosen_anew_by_link(session, manager, client, post):
    assert client.post("/sign-in/forgotten", data={"email": MANAGER}).status_code == 200
    link = post.link(MANAGER)
    assert client.get(link).status_code == 200
    assert "tried first" in client.post(link, data={"password": "Password2027!!"}).text
    assert client.post(link, data={"password": GOOD}).headers["Location"] == "/sign-in"
    assert manager.get("/account").status_code == 302, "every sign-in ended"
    assert client.post("/sign-in", data={"email": MANAGER, "password": PASSWORD}).status_code == 422
    assert client.post("/sign-in", data={"email": MANAGER, "password": GOOD}).status_code == 302
    assert client.get(link).status_code == 410
    assert any("password was changed" in mail for mail in post.to(MANAGER))


def test_a_link_for_a_new_password_works_for_an_hour(session, manager, client, post, clock):
    client.post("/sign-in/forgotten", data={"email": MANAGER})
    link = post.link(MANAGER)
    clock.advance(timedelta(minutes=61))
    assert client.get(link).status_code == 410


def test_asking_for_an_unknown_address_looks_the_same_and_does_the_same(session, manager, client, post, hub):
    from sqlalchemy import event

    said, counted = [], []
    for email in (MANAGER, "nobody@nowhere.example"):
        statements = []
        note = lambda _c, _k, text, *_: statements.append(text.split()[0])  # noqa: B023, E731
        event.listen(hub.engine, "before_cursor_execute", note)
        answer = client.post("/sign-in/forgotten", data={"email": email})
        event.remove(hub.engine, "before_cursor_execute", note)
        said.append((answer.status_code, answer.text.replace(email, "")))
        counted.append(statements)
    assert said[0] == said[1]
    assert counted[0] == counted[1]
    assert session.query(PasswordReset).count() == 2
    assert post.to("nobody@nowhere.example") == []


def test_three_links_an_hour_for_one_address_then_the_same_words_and_no_mail(
    session, manager, client, post, clock
):
    for _ in range(5):
        assert client.post("/sign-in/forgotten", data={"email": MANAGER}).status_code == 200
    assert len(post.to(MANAGER)) == 3
    clock.advance(timedelta(hours=1))
    client.post("/sign-in/forgotten", data={"email": MANAGER})
    assert len(post.to(MANAGER)) == 4


def test_the_hub_sends_the_link_for_somebody_who_calls(session, as_role, manager, college, post):
    provider = as_role(Role.PROVIDER, college)
    manager.post(f"/people/{provider.actor.id}/send-link")
    assert "/new-password/" in post.link("provider@the-provider.example")
