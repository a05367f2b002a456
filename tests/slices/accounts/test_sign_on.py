"""Sign-in with the organisation's accounts, against a provider on the loopback that may lie."""

import base64
import hmac
import json
import logging
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from hub.accounts import service
from hub.accounts.models import UserAccount
from hub.accounts.service import sign_on
from hub.core.permissions import SYSTEM, Role
from hub.infra.config import SecondFactor
from tests.fakes.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, running

EMAIL = "assessor@the-hub.example"
PERSON = {"sub": "u-17", "email": EMAIL, "email_verified": True}


@pytest.fixture(scope="module")
def served():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with running() as made:
        yield made


@pytest.fixture
def provider(hub, clock, served, monkeypatch):
    """The provider as it was made, with somebody to sign in, and the hub's settings for it."""
    monkeypatch.setattr(sign_on, "_known", {})
    with served.as_new(clock, PERSON) as made:
        hub.settings = replace(
            hub.settings, oidc_issuer=made.issuer, oidc_client_id=CLIENT_ID, oidc_client_secret=CLIENT_SECRET,
            oidc_name="the council's account",
        )  # fmt: skip
        yield made


@pytest.fixture
def assessor(session, person):
    made = person(session, Role.ASSESSOR)
    session.flush()
    return made


def go_there(client, target="/account"):
    """Press the button and let the provider send the browser back; the address to come back to."""
    away = client.get("/sign-in/organisation", query_string={"next": target})
    assert away.status_code == 302
    back = requests.get(away.headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
    return "/" + back.split("/", 3)[3]


def sign_in(client):
    return client.get(go_there(client))


def test_a_person_with_an_account_comes_in_and_goes_where_they_wanted(session, provider, assessor, client):
    assert "Sign in with the council" in client.get("/sign-in").text
    assert sign_in(client).headers["Location"] == "/account"
    assert client.get("/account").status_code == 200
    assert (
        session.get(UserAccount, assessor.id, populate_existing=True).sign_on_subject
        == f"{provider.issuer}|u-17"
    )


def test_without_the_setting_there_is_no_button_and_no_way(client, session):
    assert "Sign in with" not in client.get("/sign-in").text
    assert client.get("/sign-in/organisation").status_code == 422


def test_nobody_is_let_in_who_has_no_account_and_none_is_made(session, provider, assessor, client):
    provider.person["email"] = "stranger@elsewhere.example"
    before = session.query(UserAccount).count()
    answer = sign_in(client)
    assert answer.status_code == 422
    assert "Nobody signs in here with this account" in answer.text
    assert session.query(UserAccount).count() == before


def test_a_closed_account_stays_closed(session, provider, assessor, client, clock):
    service.set_active(session, assessor.id, False, SYSTEM, clock)
    session.flush()
    assert sign_in(client).status_code == 422


def test_an_address_given_to_somebody_else_opens_nothing(provider, assessor, client, app):
    assert sign_in(client).status_code == 302
    provider.person["sub"] = "u-99"
    assert sign_in(app.test_client()).status_code == 422
    provider.person = PERSON | {"email": "new-address@the-hub.example"}
    assert sign_in(app.test_client()).status_code == 302, "the same subject under another address"


def lie(**claims):
    return lambda provider: provider.claims.update(claims)


def sign_with_none(provider: IdentityProvider) -> None:
    provider.sign = lambda claims: f"{_part({'alg': 'none'})}.{_part(claims)}."


def _part(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def sign_with_the_public_key(provider: IdentityProvider) -> None:
    """The old trick: the public key as the secret of an HMAC."""
    secret = provider.key.as_pem(private=False)

    def sign(claims):
        words = f"{_part({'alg': 'HS256', 'kid': 'key-1'})}.{_part(claims)}"
        made = hmac.digest(secret, words.encode(), "sha256")
        return f"{words}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"

    provider.sign = sign


def sign_with_another_key(provider: IdentityProvider) -> None:
    other = RSAKey.generate_key(2048, {"kid": "key-1"})
    provider.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "key-1"}, claims, other)


@pytest.mark.parametrize(
    "lying",
    [lie(nonce="another"), lie(nonce=None), lie(aud="another-client"), lie(aud=[CLIENT_ID, "other"]), lie(azp="other"),
     lie(iss="https://evil.example"), lie(exp=1_600_000_000), lie(iat=1_999_999_999), lie(email_verified=False),
     lie(email_verified=None), lie(email=None), lie(sub=""), lie(exp="soon"), sign_with_none, sign_with_the_public_key,
     sign_with_another_key],
    ids=["nonce", "no-nonce", "audience", "two-audiences", "party", "issuer", "expired", "future", "unverified",
         "not-verified-said", "no-address", "no-subject", "nonsense", "alg-none", "public-key-as-secret", "another-key"],
)  # fmt: skip
def test_a_word_that_is_not_quite_right_is_not_believed(provider, assessor, client, lying):
    lying(provider)
    answer = sign_in(client)
    assert answer.status_code == 422
    assert "did not work" in answer.text
    assert client.get("/account").status_code == 302


def test_a_code_is_good_once_and_only_with_the_state_of_this_browser(provider, assessor, client, app):
    address = go_there(client)
    assert app.test_client().get(address).status_code == 422, "another browser"
    assert client.get(address.replace("state=", "state=x")).status_code == 422
    address = go_there(client)
    assert client.get(address).status_code == 302
    assert client.get(address).status_code == 422, "twice"


def test_a_stolen_code_is_worth_nothing_without_the_verifier(provider, assessor, client, app):
    code = parse_qs(urlsplit(go_there(client)).query)["code"][0]
    thief = app.test_client()
    own = parse_qs(urlsplit(go_there(thief)).query)
    answer = thief.get("/sign-in/organisation/done", query_string={"code": code, "state": own["state"][0]})
    assert answer.status_code == 422


def test_new_keys_of_the_provider_are_fetched(provider, assessor, client, app):
    assert sign_in(client).status_code == 302
    provider.key = RSAKey.generate_key(2048, {"kid": "key-2"})
    assert sign_in(app.test_client()).status_code == 302


def test_a_provider_that_names_another_issuer_is_refused(provider, assessor, client):
    provider.named_issuer = "https://evil.example"
    assert client.get("/sign-in/organisation").status_code == 422


def test_a_provider_that_does_not_answer_is_told_plainly(hub, session, client, provider, clock):
    hub.settings = replace(hub.settings, oidc_issuer="http://127.0.0.1:9")
    answer = client.get("/sign-in/organisation")
    assert answer.status_code == 503


@pytest.mark.parametrize("said", [{"amr": ["pwd", "mfa"]}, {"acr": "mfa"}])
def test_the_providers_second_proof_counts_where_the_setting_says_so(hub, provider, assessor, app, said):
    hub.settings = replace(hub.settings, second_factor=SecondFactor.REQUIRED)
    provider.claims.update(said)
    assert sign_in(app.test_client()).headers["Location"] == "/sign-in/set-up"
    hub.settings = replace(hub.settings, oidc_second_factor=("mfa", "otp"))
    client = app.test_client()
    assert sign_in(client).headers["Location"] == "/account"
    assert client.get("/account").status_code == 200
    provider.claims = {"amr": ["pwd"]}
    assert sign_in(app.test_client()).headers["Location"] == "/sign-in/set-up"


def test_the_token_runs_out_by_the_hubs_clock(provider, assessor, client, clock):
    address = go_there(client)
    provider.claims["exp"] = int((clock.now() - timedelta(seconds=61)).timestamp())
    assert client.get(address).status_code == 422


def test_next_never_leads_to_another_site(provider, assessor, client):
    assert client.get(go_there(client, "https://evil.example")).headers["Location"] == "/"
