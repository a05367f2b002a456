"""The web application: blueprints, error handlers, sign-in; refuses to start without access rules."""

import importlib
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import Any

import flask
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, before_render_template, render_template, request
from flask_smorest import Api
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from hub import ui
from hub.accounts import reads as accounts
from hub.accounts import sessions
from hub.accounts.domain import disclosure
from hub.core.errors import Conflict, Gone, HubError, NotFound, NotPermitted, RuleBroken, TooMany, Unavailable
from hub.core.permissions import Actor
from hub.infra import access, http, problems
from hub.infra.db import Runtime, runtime, transaction
from hub.infra.logs import logger, request_id_var
from hub.steps import reads as steps
from hub.steps.domain import StepKind
from hub.ui.errors import learners_error, speaks_to_learner
from hub.ui.navigation import Shell

log = logger(__name__)

SLICES = (
    "accounts", "policy", "steps", "learners", "consent", "eligibility", "provision", "assessment", "messaging",
    "waitlist", "matching", "referrals", "oversight", "rights", "desk", "portal", "reporting",
)  # fmt: skip
LARGEST_UPLOAD = 32 * 1024 * 1024


def create_app(hub: Runtime | None = None) -> Flask:
    """The application of the configured runtime. RuntimeError when a view declares no access rule."""
    hub = hub or runtime()
    app = Flask("hub", static_folder=None)
    _configure(app, hub)
    if hub.settings.proxies:  # whose X-Forwarded-For is believed: limits count networks
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hub.settings.proxies, x_proto=0)  # type: ignore[method-assign]
    http.install_request_ids(app)
    app.after_request(_secure)
    ui.init_app(app)
    ui.provide_shell(app, _shell)
    csrf = CSRFProtect(app)
    sessions.install(app)
    access.install(app, sessions.authenticate)
    _hold_fields(app)
    _register(app, csrf)
    _handle_errors(app)
    importlib.import_module("hub.infra.health").install(app)
    access.require_declared(app)
    return app


def _hold_fields(app: Flask) -> None:
    """Hold every page and every answer of the API against the table of fields and roles."""

    def on_page(_: Flask, template: Any, context: dict[str, Any]) -> None:
        sight = disclosure.sight_of(access.current_actor().role)
        context.update({name: disclosure.shown(value, sight) for name, value in context.items()})

    def in_answer(schema: type, names: Iterable[str]) -> set[str]:
        sight = disclosure.sight_of(access.current_actor().role)
        return disclosure.seen_of(f"{schema.__module__}.{schema.__qualname__}", names, sight)

    before_render_template.connect(on_page, app, weak=False)
    app.extensions[http.HOLD] = in_answer


_BADGES: Mapping[str, tuple[StepKind, ...]] = {
    "referrals": (StepKind.REFERRAL_TO_REVIEW, StepKind.ON_HOLD_TO_REVIEW, StepKind.ADVISER_TO_SEE),
    "my_referrals": (StepKind.INFORMATION_TO_GIVE,),
    "duplicates": (StepKind.DUPLICATE_TO_DECIDE, StepKind.SPLIT_TO_SETTLE),
    "diary": (StepKind.APPOINTMENT_TO_MAKE,),
    "messages": (StepKind.MESSAGE_TO_ANSWER, StepKind.TEXT_FAILED, StepKind.STOP_TO_HANDLE),
    "offers": (StepKind.OFFER_PROVIDER, StepKind.OFFER_TO_DECIDE),
    "places": (StepKind.PLACES_TO_CONFIRM,),
    "enrolments": (StepKind.ENROLMENT_TO_START,),
    "emergencies": (StepKind.EMERGENCY_TO_REVIEW,),
    "rights": (
        StepKind.RIGHTS_CASE_TO_ANSWER,
        StepKind.COMPLAINT_TO_ACKNOWLEDGE,
        StepKind.BREACH_TO_DECIDE,
        StepKind.HOLD_TO_LOOK_AT,
        StepKind.RESTRICTION_TO_LOOK_AT,
    ),
}


def _shell(actor: Actor) -> Shell:
    """The staff header: the person's organisation, and how much waits behind each destination."""
    if actor.organisation_id is None:
        return Shell()
    with transaction(actor) as session:
        home = accounts.organisation(session, actor.organisation_id)
        held = steps.held_by_kind(session, actor, runtime().clock.today())
    counts = {badge: sum(held.get(kind, 0) for kind in kinds) for badge, kinds in _BADGES.items()}
    return Shell(home.name, {**counts, "my_work": sum(held.values())})


def _configure(app: Flask, hub: Runtime) -> None:
    settings = hub.settings
    prefix = "__Host-" if settings.is_https else ""
    app.config.update(
        SECRET_KEY=hub.keyring.web_secret.hex(),
        SESSION_COOKIE_NAME=f"{prefix}hub",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # it wants a Referer, which our pages never send; token and SameSite protect
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        API_TITLE="ESOL Hub",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": "Referrals, classes, matching and offers of one ESOL hub."},
            "components": {
                "securitySchemes": {
                    "key": {"type": "http", "scheme": "bearer", "description": "An organisation's API key"},
                    "callback": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "One of HUB_NOTIFY_TOKENS",
                    },
                }
            },
            "security": [{"key": []}],
        },
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]


def _register(app: Flask, csrf: CSRFProtect) -> None:
    api = _HubApi(
        app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_schema_name)}
    )
    _open_the_description(app)
    for name in SLICES:
        for edge in ("pages", "api"):
            if find_spec(f"hub.{name}") is None or find_spec(f"hub.{name}.{edge}") is None:
                continue
            blueprint = importlib.import_module(f"hub.{name}.{edge}").blueprint
            if edge == "api":
                api.register_blueprint(blueprint)
                csrf.exempt(blueprint)  # callers of the API send a key, not a cookie
            else:
                app.register_blueprint(blueprint)


class _HubApi(Api):  # type: ignore[misc] # flask-smorest carries no types
    """Describes refusals as they are: problem+json."""

    ERROR_SCHEMA = problems.ProblemSchema

    def _register_responses(self) -> None:
        self.DEFAULT_RESPONSE_CONTENT_TYPE = "application/problem+json"
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE


def _schema_name(schema: Any) -> Any:
    """`matching` `OfferSchema` as `MatchingOffer`; a variant with fewer fields is written out where it stands."""
    made = schema() if isinstance(schema, type) else schema
    if isinstance(made, str) or made.only or made.exclude or made.partial:
        return None
    kind = type(made)
    home = kind.__module__.split(".")[1].title()
    return ("" if home == "Infra" else home) + kind.__name__.removesuffix("Schema")


def _open_the_description(app: Flask) -> None:
    """The API's description is public; flask-smorest's view is a bound method, which takes no mark."""
    describe: Any = app.view_functions["api-docs.openapi_json"]
    app.view_functions["api-docs.openapi_json"] = access.allow_public(
        lambda: describe()  # noqa: PLW0108 - see above
    )


_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def _secure(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _CSP)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if runtime().settings.is_https:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response


def _handle_errors(app: Flask) -> None:
    app.register_error_handler(HubError, _answer)
    app.register_error_handler(CSRFError, lambda error: _answer(_page_was_old(error)))
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_fault)


def _page_was_old(_: CSRFError) -> HubError:
    return RuleBroken(
        "This page was open too long. Go back, load it again and send it once more.", code="csrf"
    )


def _answer(error: HubError) -> Response:
    answer = problems.problem(error) if request.path.startswith("/api/") else _error_page(error)
    if "retry_after" in error.extra:
        answer.headers["Retry-After"] = str(error.extra["retry_after"])
    return answer


def _error_page(error: HubError) -> Response:
    if isinstance(error, Unavailable):
        sessions.ask_nobody()
    if speaks_to_learner(request.path):
        return Response(learners_error(error.status, request_id_var.get()), error.status)
    known = error.status if error.status in _PAGES else 500 if error.status >= 500 else 400
    body = render_template(f"ui/errors/{known}.html", error=error, reference=request_id_var.get())
    return Response(body, error.status)


_PAGES = {400, 403, 404, 409, 410, 413, 422, 429, 500, 503}
_HTTP_ERRORS: dict[int, type[HubError]] = {
    403: NotPermitted, 404: NotFound, 409: Conflict, 410: Gone, 422: RuleBroken, 429: TooMany, 503: Unavailable,
}  # fmt: skip


def _answer_http(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    plain = _HTTP_ERRORS.get(error.code or 500, HubError)(_detail(error))
    plain.status, plain.title = error.code or 500, error.name
    if type(plain) is HubError:
        plain.code = error.name.lower().replace(" ", "_")
    messages: Any = getattr(error, "data", {}).get("messages")
    if messages:
        body = messages.get("json", messages) if isinstance(messages, dict) else messages
        plain.code, plain.errors = "invalid_input", dict(problems.flatten(body))
        plain.detail = "Some fields are missing or wrong."
    answer = _answer(plain)
    answer.headers.extend((k, v) for k, v in error.get_headers() if k in {"Allow", "Retry-After"})
    return answer


def _detail(error: HTTPException) -> str:
    if error.code == 404:
        return "There is nothing at this address."
    if error.code == 413:
        return "This file is too large. Send at most 32 MB."
    return "This request cannot be answered."


def _answer_fault(error: Exception) -> Response:
    if flask.current_app.testing:
        raise error
    log.error("request.failed", path=request.endpoint, exc_info=error)
    return _answer(HubError("Something went wrong on our side. Nothing you sent was saved."))
