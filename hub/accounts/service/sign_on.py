"""Sign-in with the organisation's accounts: OpenID Connect, code flow with PKCE, state and nonce.

The identity provider says who somebody is; who may do what is the hub's. A verified e-mail address leads to an
account that is there already; none is ever made. From the first sign-in on the account belongs to the provider's
subject, so that an address given to somebody else later opens nothing.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain.places import Where
from hub.accounts.models import UserAccount
from hub.accounts.service.signing_in import SignedIn, Waiting, go_on
from hub.core.clock import Clock
from hub.core.errors import RuleBroken, Unavailable
from hub.core.permissions import PUBLIC
from hub.infra import audit
from hub.infra.config import Settings
from hub.infra.db import runtime
from hub.infra.logs import logger

log = logger(__name__)

ALGORITHMS = ["RS256", "PS256", "ES256"]
"""Signatures that only the provider can make; `none` and shared secrets are refused."""
_SECONDS = 5.0
_LEEWAY = 60
_KEPT = 3600
_LARGEST = 1_000_000


class SignOnRefused(RuleBroken):
    """What the provider sent cannot be believed, or belongs to nobody here."""

    code, title = "sign_on_refused", "Sign-in did not work"


class _NotBelieved(ValueError):
    """A signed word that is not for us, not now or not about a verified address; `faults` says which."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser keeps while the person is at the provider."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What was believed of the provider's word."""

    subject: str
    email: str
    twice: bool


_known: dict[str, tuple[float, dict[str, Any]]] = {}
_asking = Lock()


def is_offered(settings: Settings) -> bool:
    return settings.oidc_issuer is not None


def begin(callback: str, clock: Clock) -> Begun:
    """Where to send the browser. Unavailable when the provider does not answer."""
    provider = _discovery(clock)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    with _client(callback) as client:
        url, _ = client.create_authorization_url(
            provider["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )
    return Begun(url, state, nonce, verifier)


def claims_of(callback: str, code: str, begun: Begun, clock: Clock) -> Claims:
    """Change the code for the provider's word and check it; outside of any transaction, for it goes over the
    network. SignOnRefused says nothing of the reason; the log does."""
    provider = _discovery(clock)
    try:
        with _client(callback) as client:
            answer = client.fetch_token(
                provider["token_endpoint"], code=code, code_verifier=begun.verifier, timeout=_SECONDS,
                allow_redirects=False,
            )  # fmt: skip
        claims = _verified(str(answer["id_token"]), provider, clock)
        return _believed(claims, provider["issuer"], begun.nonce, clock)
    except (AuthlibBaseError, JoseError, KeyError, ValueError, TypeError) as error:
        faults = (
            error.faults if isinstance(error, _NotBelieved) else ()
        )  # other words may quote the person's claims
        log.warning("sign_on.refused", fault=type(error).__name__, faults=faults)
        raise SignOnRefused("Sign-in with your organisation's account did not work. Try once more.") from None
    except requests.RequestException as error:
        log.warning("sign_on.unreachable", fault=type(error).__name__)
        raise _silent() from None


def _client(callback: str) -> OAuth2Session:
    settings = runtime().settings
    return OAuth2Session(
        settings.oidc_client_id, settings.oidc_client_secret, scope="openid email profile", redirect_uri=callback,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if settings.oidc_client_secret else "none",
    )  # fmt: skip


def _discovery(clock: Clock) -> dict[str, Any]:
    """The provider's addresses, asked for once an hour; they must be the configured issuer's own word."""
    issuer = runtime().settings.oidc_issuer
    if issuer is None:
        raise SignOnRefused("This hub has no sign-in with an organisation's account.")
    found = _kept(f"{issuer}/.well-known/openid-configuration", clock)
    if str(found.get("issuer", "")).rstrip("/") != issuer:
        log.warning("sign_on.refused", fault="issuer")
        raise SignOnRefused("Sign-in with your organisation's account is not set up rightly. Tell your hub.")
    return found


def _kept(url: str, clock: Clock, *, anew: bool = False) -> dict[str, Any]:
    now = clock.now().timestamp()
    with _asking:
        asked_at, found = _known.get(url, (0.0, {}))
        if anew or not 0 <= now - asked_at < _KEPT or not found:
            found = _get(url)
            _known[url] = (now, found)
    return found


def _get(url: str) -> dict[str, Any]:
    """A JSON object from the provider: no redirects, five seconds, one megabyte."""
    try:
        answer = requests.get(url, timeout=_SECONDS, allow_redirects=False)
        if answer.status_code != 200 or len(answer.content) > _LARGEST:
            raise _silent()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        log.warning("sign_on.unreachable", fault=type(error).__name__)
        raise _silent() from None
    if not isinstance(found, dict):
        raise _silent()
    return found


def _silent() -> Unavailable:
    return Unavailable("Your organisation's sign-in does not answer just now. Try again in a minute.")


def _verified(id_token: str, provider: Mapping[str, Any], clock: Clock) -> dict[str, Any]:
    """The token's claims when its signature is the provider's; new keys are fetched once when none fits."""
    url = str(provider["jwks_uri"])
    try:
        return _decode(id_token, _kept(url, clock))
    except (JoseError, ValueError):
        return _decode(id_token, _kept(url, clock, anew=True))


def _decode(id_token: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    key_set = KeySet.import_key_set({"keys": list(keys["keys"])})
    return dict(jwt.decode(id_token, key_set, algorithms=ALGORITHMS).claims)


def _believed(claims: Mapping[str, Any], issuer: str, nonce: str, clock: Clock) -> Claims:
    """OpenID Connect Core 3.1.3.7: issuer, audience, time, nonce; and an address the provider has verified."""
    settings, now = runtime().settings, clock.now().timestamp()
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    faults = {
        "issuer": claims["iss"] != issuer,
        "audience": settings.oidc_client_id not in audience,
        "party": claims.get("azp", settings.oidc_client_id) != settings.oidc_client_id
        or (len(audience) > 1 and "azp" not in claims),
        "expired": now > float(claims["exp"]) + _LEEWAY,
        "too early": max(float(claims["iat"]), float(claims.get("nbf", 0))) > now + _LEEWAY,
        "nonce": not secrets.compare_digest(str(claims.get("nonce", "")), nonce),
        "subject": not claims["sub"],
        "unverified address": claims.get("email_verified") not in {True, "true"} or not claims.get("email"),
    }
    found = [name for name, is_so in faults.items() if is_so]
    if found:
        raise _NotBelieved(found)
    methods = {*map(str, claims.get("amr") or ()), str(claims.get("acr", ""))}
    twice = not methods.isdisjoint(settings.oidc_second_factor)
    return Claims(f"{issuer}|{claims['sub']}", str(claims["email"]).strip().lower(), twice)


def sign_on(session: Session, claims: Claims, where: Where, clock: Clock) -> SignedIn | Waiting | None:
    """A session or the question for a code for the account of this subject, or at the first time of this address; None
    when there is none. Keep the transaction: the refusal is audited."""
    user = queries.user_by_subject(session, claims.subject) or _first_time(session, claims, clock)
    if user is None or not user.is_active:
        if user is not None:
            audit.record(
                session, PUBLIC, "user.sign_in_failed", "user", user.id, clock=clock, outcome="refused"
            )
        return None
    return go_on(session, user, where, clock, twice=claims.twice)


def _first_time(session: Session, claims: Claims, clock: Clock) -> UserAccount | None:
    user = queries.user_by_email(session, claims.email)
    if user is None or user.sign_on_subject is not None:
        return None
    user.sign_on_subject = claims.subject
    audit.record(session, PUBLIC, "user.sign_on_linked", "user", user.id, clock=clock)
    return user
