"""Who may use which page: declared on every view, checked before it runs, required at start-up.

@blueprint.get("/waiting-list")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def index(): ...
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.core.errors import NotPermitted, NotSignedIn
from hub.core.permissions import PUBLIC, SYSTEM, Actor, Role
from hub.infra import audit
from hub.infra.db import current_actor_var, runtime, transaction

View = TypeVar("View", bound=Callable[..., Any])
_RULE = "__allowed_roles__"
_NO_SUBJECT = UUID(int=0)


def allow(*roles: Role) -> Callable[[View], View]:
    """Only these roles may use the view. Stands nearest to the function, so that other decorators keep it."""

    def declare(view: View) -> View:
        setattr(view, _RULE, frozenset(roles))
        return view

    return declare


def allow_public(view: View) -> View:
    """Everybody may use the view, signed in or not."""
    return allow(*Role)(view)


def current_actor() -> Actor:
    """Who makes the request that is being answered."""
    return cast(Actor, g.get("actor", PUBLIC))


def act_as(actor: Actor) -> None:
    """From here on the request acts for `actor`: after a sign-in, or behind a learner's link."""
    g.actor = actor
    current_actor_var.set(actor)


def install(app: Flask, authenticate: Callable[[], Actor]) -> None:
    """Ask `authenticate` who it is at the start of each request; hold the view's rule against the answer."""

    def enforce() -> ResponseReturnValue | None:
        audit.note_caller(request.remote_addr)
        act_as(authenticate())
        if request.endpoint is None or request.endpoint in _OPEN_ENDPOINTS:
            return None
        rule = rule_of(app, request.endpoint, request.method)
        actor = current_actor()
        if rule is None or actor.role in rule:
            return None if rule is not None else _refuse(actor)
        return _sign_in_or_refuse(actor)

    app.before_request(enforce)
    app.teardown_request(_leave)


def _leave(_: BaseException | None) -> None:
    """What follows in this thread is no longer theirs."""
    current_actor_var.set(SYSTEM)


def _sign_in_or_refuse(actor: Actor) -> ResponseReturnValue:
    if actor.role is Role.PUBLIC:
        if request.path.startswith("/api/"):
            raise NotSignedIn("Send an API key: Authorization: Bearer <key>.")
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("accounts.sign_in", next=wanted))
    return _refuse(actor)


def _refuse(actor: Actor) -> ResponseReturnValue:
    clock = runtime().clock
    with transaction(actor) as session:
        reason = f"{request.method} {request.endpoint}"
        audit.record(
            session,
            actor,
            "access.refused",
            "page",
            _NO_SUBJECT,
            clock=clock,
            outcome="refused",
            reason=reason,
        )
    raise NotPermitted("Your role does not include this page.")


def rule_of(app: Flask, endpoint: str, method: str) -> frozenset[Role] | None:
    """The roles that may use an endpoint with a method, None when nothing is declared."""
    view = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        wanted = "get" if method in {"HEAD", "OPTIONS"} else method.lower()
        view = getattr(view_class, wanted, view)
    return getattr(view, _RULE, None)


_OPEN_ENDPOINTS = {"static", "ui.static"}


def undeclared(app: Flask) -> Iterator[str]:
    """Every rule and method without a declaration."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in _OPEN_ENDPOINTS or rule.endpoint.endswith(".static"):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if rule_of(app, rule.endpoint, method) is None:
                yield f"{method} {rule.rule} ({rule.endpoint})"


def require_declared(app: Flask) -> None:
    """RuntimeError at start-up when a view declares no access rule."""
    missing = list(undeclared(app))
    if missing:
        raise RuntimeError("These views declare no access rule:\n  " + "\n  ".join(missing))
