"""The second proof: setting it up, each code once, recovery codes, a lost phone."""

from datetime import timedelta

import pytest

from hub.accounts import reads, service
from hub.accounts.domain.places import Where
from hub.accounts.models import RecoveryCode, SecondFactor
from hub.core.permissions import Role
from hub.infra.audit import AuditEntry
from hub.infra.subject_keys import SubjectKey
from tests.conftest import PASSWORD, put_session
from tests.slices.accounts.conftest import codes_on, key_on

EMAIL = "assessor@the-hub.example"


@pytest.fixture
def assessor(session, person):
    made = person(session, Role.ASSESSOR)
    session.flush()
    return made


def give_password(client):
    return client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD, "next": "/account"})


@pytest.fixture
def set_up(required, assessor, client, phone, clock):
    """A person who has set up a phone at the first sign-in: (key, recovery codes)."""
    assert give_password(client).headers["Location"] == "/sign-in/set-up"
    key = key_on(client.get("/sign-in/set-up").text)
    done = client.post("/sign-in/set-up", data={"code": phone(key)})
    clock.advance(timedelta(minutes=2))
    return key, codes_on(done.text)


def test_the_first_sign_in_sets_the_phone_up_and_only_then_lets_in(required, assessor, client, phone):
    assert give_password(client).headers["Location"] == "/sign-in/set-up"
    assert client.get("/account").status_code == 302
    page = client.get("/sign-in/set-up").text
    assert "<svg" in page
    assert key_on(client.get("/sign-in/set-up").text) == key_on(page), "going back does not spoil the picture"
    wrong = client.post("/sign-in/set-up", data={"code": "000000"})
    assert wrong.status_code == 422
    assert "This code is not right" in wrong.text
    done = client.post("/sign-in/set-up", data={"code": phone(key_on(page))})
    assert len(codes_on(done.text)) == 10
    assert client.get("/account").status_code == 200


def test_the_secret_has_160_bits_and_lies_sealed_in_the_database(session, set_up):
    key, codes = set_up
    row = session.query(SecondFactor).one()
    assert len(key) * 5 >= 160
    assert key.encode() not in bytes(row.secret_sealed)
    assert not {bytes(one.code_hash) for one in session.query(RecoveryCode)} & {
        code.encode() for code in codes
    }


def test_later_sign_ins_ask_for_a_code_and_each_code_works_once(set_up, client, app, phone):
    key, _ = set_up
    client.post("/sign-out")
    assert give_password(client).headers["Location"] == "/sign-in/code"
    assert client.post("/sign-in/code", data={"code": phone(key)}).headers["Location"] == "/account"
    other = app.test_client()
    give_password(other)
    again = other.post("/sign-in/code", data={"code": phone(key)})
    assert again.status_code == 422
    assert "was used already" in again.text
    assert other.post("/sign-in/code", data={"code": phone(key, steps=1)}).status_code == 302


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 302), (1, 302), (2, 422)])
def test_a_phones_clock_may_be_half_a_minute_off(set_up, client, phone, steps, status):
    key, _ = set_up
    client.post("/sign-out")
    give_password(client)
    assert client.post("/sign-in/code", data={"code": phone(key, steps)}).status_code == status


def test_ten_wrong_codes_make_the_account_wait_a_quarter_of_an_hour(set_up, client, phone, clock):
    key, codes = set_up
    client.post("/sign-out")
    give_password(client)
    for _ in range(10):
        assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 422
    assert client.post("/sign-in/code", data={"code": phone(key)}).status_code == 422
    assert client.post("/sign-in/code", data={"code": codes[0]}).status_code == 422
    clock.advance(timedelta(minutes=16))
    give_password(client)
    assert client.post("/sign-in/code", data={"code": phone(key)}).status_code == 302


def test_the_code_must_come_within_ten_minutes_of_the_password(set_up, client, phone, clock):
    key, _ = set_up
    client.post("/sign-out")
    give_password(client)
    clock.advance(timedelta(minutes=11))
    answer = client.post("/sign-in/code", data={"code": phone(key)})
    assert answer.headers["Location"] == "/sign-in"
    assert "Sign in again" in client.get("/sign-in").text


def test_a_code_without_a_password_before_leads_nowhere(set_up, app, phone):
    answer = app.test_client().post("/sign-in/code", data={"code": phone(set_up[0])})
    assert answer.headers["Location"] == "/sign-in"


def test_a_recovery_code_works_once_and_the_person_is_told(session, set_up, client, post):
    _, codes = set_up
    client.post("/sign-out")
    give_password(client)
    assert client.post("/sign-in/code", data={"code": codes[3].lower()}).status_code == 302
    client.post("/sign-out")
    give_password(client)
    assert client.post("/sign-in/code", data={"code": codes[3]}).status_code == 422
    assert any("recovery code was used" in mail for mail in post.to(EMAIL))


def test_few_recovery_codes_left_are_told_and_a_new_set_ends_the_old(session, set_up, client, clock):
    _, codes = set_up
    for code in codes[:7]:
        client.post("/sign-out")
        give_password(client)
        assert client.post("/sign-in/code", data={"code": code}).status_code == 302
    assert "You have 3 recovery codes left" in client.get("/account").text
    fresh = codes_on(client.post("/account/recovery-codes").text)
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    client.post("/sign-out")
    give_password(client)
    assert client.post("/sign-in/code", data={"code": codes[9]}).status_code == 422
    assert client.post("/sign-in/code", data={"code": fresh[0]}).status_code == 302


def test_a_sign_in_from_before_the_hub_required_codes_counts_no_more(session, assessor, app, clock, hub):
    early = app.test_client()
    put_session(early, session, assessor, clock)
    assert early.get("/account").status_code == 200
    from dataclasses import replace

    from hub.infra.config import SecondFactor as Rule

    hub.settings = replace(hub.settings, second_factor=Rule.REQUIRED)
    assert early.get("/account").status_code == 302


def test_where_it_is_optional_one_sets_it_up_changes_phones_and_turns_it_off(session, as_role, phone, clock):
    me = as_role(Role.ASSESSOR)
    assert "Set up my phone" in me.get("/account").text
    assert me.post("/account/second-proof").headers["Location"] == "/account/second-proof/set-up"
    first = key_on(me.get("/account/second-proof/set-up").text)
    assert len(codes_on(me.post("/account/second-proof/set-up", data={"code": phone(first)}).text)) == 10
    clock.advance(timedelta(minutes=1))
    me.post("/account/second-proof")
    second = key_on(me.get("/account/second-proof/set-up").text)
    assert service.second_factor.check(session, me.actor.id, phone(first), clock), (
        "the old phone counts until then"
    )
    me.post("/account/second-proof/set-up", data={"code": phone(second)})
    clock.advance(timedelta(minutes=1))
    assert not service.second_factor.check(session, me.actor.id, phone(first), clock)
    session.flush()
    session.expunge_all()
    me.post("/account/second-proof/off")
    assert not reads.second_factor(session, me.actor.id).is_on


def test_where_it_is_required_nobody_turns_it_off(set_up, client):
    assert client.post("/account/second-proof/off").status_code == 422


def test_what_protects_an_account_changes_only_with_password_and_code_given_lately(
    set_up, client, phone, clock
):
    key, _ = set_up
    clock.advance(timedelta(minutes=11))
    asked = client.post("/account/recovery-codes")
    assert asked.headers["Location"] == "/account/prove?next=/account"
    with client.session_transaction() as cookie:
        before = cookie["_user_id"]
    give = lambda password, code: client.post(  # noqa: E731
        "/account/prove", data={"password": password, "code": code, "next": "/account"}
    )
    assert give("wrong", phone(key)).status_code == 422
    assert give(PASSWORD, "").status_code == 422
    assert give(PASSWORD, phone(key)).headers["Location"] == "/account"
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != before, "a new token after each proof"
    assert len(codes_on(client.post("/account/recovery-codes").text)) == 10


def test_an_administrator_takes_a_lost_proof_away_with_a_reason(
    session, set_up, client, as_role, assessor, post
):
    manager, admin = as_role(Role.HUB_MANAGER), as_role(Role.ADMIN)
    page = f"/people/{assessor.id}"
    reset = {"reason": "Called back on the office number"}
    required = manager.post(f"{page}/reset-second-proof", data=reset)
    assert required.status_code in {302, 403}
    _with_second_proof(session, manager, admin)
    assert manager.post(f"{page}/reset-second-proof", data=reset).status_code == 403
    assert admin.post(f"{page}/reset-second-proof", data={"reason": ""}).status_code == 422
    sealed_under = session.query(SecondFactor).one().subject_id
    assert admin.post(f"{page}/reset-second-proof", data=reset).headers["Location"] == page
    assert client.get("/account").status_code == 302, "all sign-ins ended"
    assert session.query(RecoveryCode).count() == 0
    assert session.get(SubjectKey, sealed_under, populate_existing=True).wrapped is None
    entry = session.query(AuditEntry).filter_by(action="second_factor.reset").one()
    assert (entry.actor_id, entry.subject_id, entry.reason) == (admin.actor.id, assessor.id, reset["reason"])
    assert any("second proof was changed" in mail for mail in post.to(EMAIL))
    assert give_password(client).headers["Location"] == "/sign-in/set-up"


def _with_second_proof(session, *clients):
    """As if these had signed in with a code."""
    from hub.accounts.models import UserSession

    for one in clients:
        session.query(UserSession).filter_by(user_account_id=one.actor.id).update({"second_factor": True})
    session.expire_all()


def test_a_provider_of_identity_that_asked_twice_is_enough(session, required, assessor, clock):
    from hub.accounts.models import UserAccount

    user = session.get(UserAccount, assessor.id)
    assert isinstance(service.go_on(session, user, Where("x"), clock), service.Waiting)
    assert isinstance(service.go_on(session, user, Where("x"), clock, twice=True), service.SignedIn)
