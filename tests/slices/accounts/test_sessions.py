"""Sign-ins: new tokens, limits of time, cookies, ended here and elsewhere."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

from hub.accounts import service
from hub.accounts.models import UserAccount, UserSession
from hub.app import create_app
from hub.core.permissions import SYSTEM, Role
from hub.infra.audit import AuditEntry
from tests.conftest import PASSWORD, put_session

EMAIL = "assessor@the-hub.example"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def assessor(session, person):
    made = person(session, Role.ASSESSOR)
    session.flush()
    return made


def sign_in(client, **headers):
    return client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD}, headers=headers)


def token_of(client):
    with client.session_transaction() as cookie:
        return cookie.get("_user_id")


def test_each_sign_in_has_a_token_of_its_own_of_256_bits_kept_only_as_a_hash(session, assessor, client, app):
    other = app.test_client()
    sign_in(client)
    sign_in(other)
    first, second = token_of(client), token_of(other)
    assert first != second
    assert len(first) >= 43
    assert all(first.encode() not in row.token_hash for row in session.query(UserSession))


def test_what_a_visitors_cookie_held_before_does_not_survive_the_sign_in(session, assessor, client):
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["planted"] = "known to somebody else", "x"
    sign_in(client)
    assert token_of(client) != "known to somebody else"
    with client.session_transaction() as cookie:
        assert "planted" not in cookie


@pytest.mark.parametrize(("pause", "times", "still_in"), [(239, 3, True), (241, 1, False), (180, 5, False)])
def test_four_hours_idle_or_fourteen_in_all_end_it(session, as_role, clock, pause, times, still_in):
    me = as_role(Role.ASSESSOR)
    for _ in range(times):
        clock.advance(timedelta(minutes=pause))
        status = me.get("/account").status_code
    assert (status == 200) is still_in


def test_over_tls_cookies_are_bound_to_the_host_and_browsers_keep_to_tls(hub, session, assessor):
    hub.settings = replace(hub.settings, base_url="https://hub.example.org")
    app = create_app(hub)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    answer = app.test_client().post(
        "/sign-in", data={"email": EMAIL, "password": PASSWORD}, base_url="https://hub.example.org"
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-hub=")
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
    assert "max-age=63072000; includeSubDomains" in answer.headers["Strict-Transport-Security"]


def test_my_account_shows_where_i_am_signed_in_and_ends_the_others(hub, session, assessor, client, app):
    hub.settings = replace(hub.settings, networks=(("Town Hall", ip_network("127.0.0.0/8")),))
    sign_in(client, **{"User-Agent": FIREFOX})
    other = app.test_client()
    sign_in(other)
    page = client.get("/account").text
    assert "Firefox on Windows" in page
    assert "Town Hall" in page
    assert "(here, now)" in page
    assert "127.0.0.1" not in page
    client.post("/account/sessions/end-others")
    assert other.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


def test_nobody_ends_somebody_elses_sign_in(session, as_role):
    me, other = as_role(Role.ASSESSOR), as_role(Role.HUB_MANAGER)
    row = session.query(UserSession).filter_by(user_account_id=other.actor.id).one()
    assert me.post(f"/account/sessions/{row.id}/end").status_code == 404
    assert other.post(f"/account/sessions/{row.id}/end").status_code == 302
    assert other.get("/account").status_code == 302


def test_the_hub_ends_all_sign_ins_of_a_lost_laptop(session, as_role):
    manager, me = as_role(Role.HUB_MANAGER), as_role(Role.ASSESSOR)
    manager.post(f"/people/{me.actor.id}/sign-out")
    assert me.get("/account").status_code == 302
    assert (
        session.query(AuditEntry).filter_by(action="user.sessions_ended", subject_id=me.actor.id).count() == 1
    )


def test_closing_the_organisation_ends_the_sign_ins_of_its_people(session, as_role, organise):
    me = as_role(Role.PROVIDER)
    organise(session, "provider").is_active = False
    session.flush()
    assert me.get("/account").status_code == 302


def test_failed_tries_are_audited_also_for_addresses_that_nobody_has(session, assessor, client):
    client.post("/sign-in", data={"email": EMAIL, "password": "wrong"})
    client.post("/sign-in", data={"email": "nobody@nowhere.example", "password": "wrong"})
    entries = session.query(AuditEntry).filter_by(action="user.sign_in_failed").all()
    assert {entry.subject_id.int == 0 for entry in entries} == {True, False}


def test_sixty_wrong_tries_from_one_network_lock_it_out_whatever_the_address(
    session, assessor, client, clock
):
    for number in range(60):
        assert (
            client.post("/sign-in", data={"email": f"a{number}@x.example", "password": "x"}).status_code
            == 422
        )
    assert sign_in(client).status_code == 429
    clock.advance(timedelta(minutes=15))
    assert sign_in(client).status_code == 302


def test_the_list_of_people_shows_who_was_not_here_for_long_and_who_has_no_code(session, as_role, clock):
    admin = as_role(Role.ADMIN)
    provider = as_role(Role.PROVIDER)
    assert "Unused" not in admin.get("/people").text
    clock.advance(timedelta(days=91))
    put_session(admin, session, admin.actor, clock)
    session.get(UserAccount, admin.actor.id).last_sign_in_at = clock.now()
    session.flush()
    unused = admin.get("/people?show=unused").text
    assert "Robin Provider" in unused
    assert "Robin Admin" not in unused.split("<main")[1]
    assert "Robin Provider" in admin.get("/people?show=without").text
    service.set_active(session, provider.actor.id, False, SYSTEM, clock)
    session.flush()
    assert "Robin Provider" in admin.get("/people?show=closed").text
    assert "Open account" in admin.get(f"/people/{provider.actor.id}").text


def test_a_person_chooses_whether_to_get_the_digest(session, as_role, clock):
    from hub.messaging.service import digests
    from hub.steps import service as steps
    from hub.steps.domain import NewStep, Owner, StepKind
    from tests.conftest import uuid

    me = as_role(Role.HUB_MANAGER)
    owner = Owner.person(me.actor.organisation_id, Role.HUB_MANAGER, me.actor.id)
    late = clock.today() - timedelta(days=3)
    steps.open_step(session, NewStep(StepKind.ROUND_TO_RUN, "round", uuid(7), owner, late), clock)
    session.flush()

    def is_sent() -> bool:
        digests.preload(session, [me.actor.id], clock)
        return digests.may_go(session, me.actor.id, clock)

    assert is_sent()
    me.post("/account/digest", data={"digest": "no"})
    session.expire_all()
    assert not is_sent()
    me.post("/account/digest", data={"digest": "yes"})
    session.expire_all()
    assert is_sent()


def test_old_sign_ins_and_links_are_forgotten_a_day_after_their_end(session, as_role, clock):
    from hub.accounts import jobs

    me = as_role(Role.ASSESSOR)
    service.ask_reset(session, EMAIL, me.actor, clock)
    session.flush()
    clock.advance(timedelta(hours=14, minutes=1))
    assert jobs.forget(clock) == 0
    clock.advance(timedelta(days=1))
    assert jobs.forget(clock) == 2


def test_a_key_is_made_and_ended_on_the_page_of_the_organisation(session, as_role, api, app, clock, organise):
    manager = as_role(Role.HUB_MANAGER)
    home = organise(session, "jobcentre")
    page = f"/organisations/{home.id}"
    made = manager.post(f"{page}/keys", data={"role": "referrer"}).text
    key = made.split("The new API key is ")[1].split(".")[0]
    caller = app.test_client()
    ask = lambda: caller.get("/api/v1/openapi.json", headers={"Authorization": f"Bearer {key}"}).status_code  # noqa: E731
    assert ask() == 200
    address = manager.get(page).text.split('action="')
    end = next(one.split('"')[0] for one in address if "/revoke" in one.split('"')[0])
    manager.post(end)
    assert ask() == 401
    clock.advance(timedelta(minutes=11))
    assert "/account/prove" in manager.post(f"{page}/keys", data={"role": "referrer"}).headers["Location"]
