"""A small OpenID Connect provider on the loopback: discovery, keys, authorisation, tokens signed with RS256.

It checks what a strict provider checks (redirect address, client, PKCE), signs in whoever `person` describes without
asking, and can be made to lie: `claims` overrides claims of the next token, `sign` replaces how it is signed.
"""

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from hub.core.clock import Clock, SystemClock

CLIENT_ID, CLIENT_SECRET = "esol-hub", "a secret of the tests"


@dataclass
class IdentityProvider:
    """The provider's state; `issuer` is its address."""

    clock: Clock = field(default_factory=SystemClock)
    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "key-1"}))
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    named_issuer: str | None = None
    sign: Callable[[dict[str, Any]], str] | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @contextmanager
    def as_new(self, clock: Clock, person: dict[str, Any]) -> Iterator["IdentityProvider"]:
        """Honest, with this clock and this person; its own key comes back at the end."""
        key, self.clock, self.person = self.key, clock, dict(person)
        self.claims, self.named_issuer, self.sign = {}, None, None
        self.codes.clear()
        try:
            yield self
        finally:
            self.key = key

    def id_token(self, nonce: str) -> str:
        now = int(self.clock.now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= self.person | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def authorise(self, asked: dict[str, str]) -> str:
        """Where the browser goes back to, with a code."""
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["state"]) >= 22
        assert len(asked["nonce"]) >= 22
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[dict[str, Any], int]:
        wanted = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        if authorization != wanted:
            return {"error": "invalid_client"}, 401
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return {"error": "invalid_grant"}, 400
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}, 200


def _app(provider: IdentityProvider) -> Flask:
    app = Flask("identity-provider")

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return jsonify(
            issuer=provider.named_issuer or provider.issuer,
            authorization_endpoint=f"{provider.issuer}/authorize",
            token_endpoint=f"{provider.issuer}/token",
            jwks_uri=f"{provider.issuer}/keys",
        )

    @app.get("/keys")
    def keys() -> Response:
        return jsonify(keys=[provider.key.as_dict(private=False)])

    @app.get("/authorize")
    def authorize() -> Any:
        return redirect(provider.authorise(request.args.to_dict()))

    @app.post("/token")
    def token() -> Any:
        return provider.token(request.form.to_dict(), request.headers.get("Authorization", ""))

    return app


@contextmanager
def running() -> Iterator[IdentityProvider]:
    """The provider on a free port of this machine, until the end of the block."""
    provider = IdentityProvider()
    server = make_server("127.0.0.1", 0, _app(provider), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
