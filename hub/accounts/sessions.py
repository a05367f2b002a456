"""Who makes a request: a person with a session cookie, a machine with a key, or the public."""

from typing import cast

import flask
from flask import Flask, request
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user, login_user, logout_user

from hub.accounts import service
from hub.core.errors import NotSignedIn
from hub.core.ids import secret_hash
from hub.core.permissions import PUBLIC, Actor
from hub.infra import access, audit
from hub.infra.db import glance, runtime, transaction


class SessionUser(UserMixin):  # type: ignore[misc]
    """What Flask-Login carries: the session's token, so that a sign-in can be revoked."""

    def __init__(self, token: str, actor: Actor) -> None:
        self.id, self.actor = token, actor


def install(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = None  # sessions live on the server, bound to their token alone
    manager.user_loader(_load)


def _load(token: str) -> SessionUser | None:
    with transaction(PUBLIC) as session:
        actor = service.actor_of_token(session, token, runtime().clock)
    return SessionUser(token, actor) if actor is not None else None


def authenticate() -> Actor:
    """The actor of this request. A wrong key is refused; a wrong or old cookie is the public."""
    if request.path.startswith("/api/"):
        return _actor_of_header()
    if request.endpoint is None or request.endpoint.endswith("static"):
        return PUBLIC
    if not current_user.is_authenticated:
        return PUBLIC
    audit.note_session(secret_hash(current_user.id).hex())
    return cast(Actor, current_user.actor)


def _actor_of_header() -> Actor:
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    if not kind:
        return PUBLIC
    if kind.lower() != "bearer" or not key.startswith("hub_"):
        return PUBLIC  # callbacks carry a token of their own
    with glance() as session:
        actor = service.actor_of_key(session, key.strip())
    if actor is None:
        raise NotSignedIn("This API key is unknown or has been revoked.")
    return actor


def begin(signed_in: service.SignedIn) -> None:
    """Give the browser a fresh session after a sign-in."""
    flask.session.clear()
    login_user(SessionUser(signed_in.token, signed_in.actor))


def ask_nobody() -> None:
    """For the rest of this request everybody is the public: the database cannot be asked who it is."""
    access.act_as(PUBLIC)
    flask.g._login_user = AnonymousUserMixin()  # noqa: SLF001 - where Flask-Login keeps it


def token_of_request() -> str | None:
    return str(current_user.id) if current_user.is_authenticated else None


def end() -> None:
    logout_user()
    flask.session.clear()
