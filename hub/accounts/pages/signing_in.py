"""Signing in, by password or the organisation's account, then with a code; signing out."""

from dataclasses import asdict

import flask
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import service, sessions
from hub.accounts.pages.edge import blueprint, here, picture_of, safe_next
from hub.accounts.schemas import CodeSchema, SignInSchema
from hub.core.errors import TooMany, Unavailable
from hub.core.permissions import STAFF_ROLES
from hub.infra import access, limits
from hub.infra.access import allow_public, current_actor
from hub.infra.db import runtime, transaction
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

_STARTED, _NEXT, _AWAY = "sign_in_started", "sign_in_next", "sign_on_begun"
_WRONG = "The email address or the password is not right. After 10 tries you wait 15 minutes"
_WRONG_CODE = (
    "This code is not right, or was used already. Wait for the next one. After 10 tries you wait 15 minutes"
)


@blueprint.get("/sign-in")
@allow_public
def sign_in() -> ResponseReturnValue:
    """The sign-in page, or home for somebody who is signed in."""
    if current_actor().role in STAFF_ROLES:
        return redirect(safe_next(request.args.get("next")))
    return _sign_in_page(blank_form({"next": request.args.get("next", "")}))


def _sign_in_page(form: Form) -> str:
    settings = runtime().settings
    offered = settings.oidc_name if service.sign_on.is_offered(settings) else None
    return render_template("accounts/sign_in.html", form=form, sign_on=offered)


@blueprint.post("/sign-in")
@allow_public
def sign_in_now() -> ResponseReturnValue:
    """The first proof. Wrong ones are counted by account and by network."""
    form = read_form(SignInSchema, request.form)
    if form.ok:
        clock = runtime().clock
        _count_try()
        with transaction() as session:
            found = service.sign_in(session, form.data["email"], form.data["password"], here(), clock)
        if found is not None:
            _forgive_try()
            return go_on(found, form.data["next"])
        form.fail("email", _WRONG)
    form.values.pop("password", None)
    return _sign_in_page(form), 422


def _count_try() -> None:
    limits.take("sign_in_failed", limits.network(), runtime().clock)


def _forgive_try() -> None:
    limits.give_back("sign_in_failed", limits.network(), runtime().clock)


def go_on(found: service.SignedIn | service.Waiting, target: str | None) -> ResponseReturnValue:
    """In, or on to the code, or to setting up the second proof."""
    if isinstance(found, service.SignedIn):
        return _enter(found, target)
    flask.session.clear()
    flask.session[_STARTED], flask.session[_NEXT] = found.token, safe_next(target)
    return redirect(url_for("accounts.set_up_at_sign_in" if found.set_up else "accounts.code"))


def _enter(signed_in: service.SignedIn, target: str | None) -> ResponseReturnValue:
    sessions.begin(signed_in)
    access.act_as(signed_in.actor)
    return redirect(safe_next(target))


@blueprint.errorhandler(service.StartOver)
def start_over(error: service.StartOver) -> ResponseReturnValue:
    """Back to the password, with the reason."""
    for name in (_STARTED, _NEXT):  # no more: whoever is signed in and comes by stays so
        flask.session.pop(name, None)
    flash.notice(error.detail)
    return redirect(url_for("accounts.sign_in"))


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@allow_public
def code() -> ResponseReturnValue:
    """The second proof: a code from the phone, or a recovery code."""
    form = read_form(CodeSchema, request.form) if request.method == "POST" else blank_form()
    token = flask.session.get(_STARTED, "")
    with transaction() as session:
        start = service.started(session, token, runtime().clock)
    if start.set_up:
        return redirect(url_for("accounts.set_up_at_sign_in"))
    if request.method == "POST" and form.ok:
        _count_try()
        with transaction() as session:
            signed_in = service.give_code(session, token, form.data["code"], here(), runtime().clock)
        if signed_in is not None:
            _forgive_try()
            return _enter(signed_in, flask.session.get(_NEXT))
        form.fail("code", _WRONG_CODE)
    form.values.clear()
    return render_template("accounts/code.html", form=form), 422 if form.errors else 200


@blueprint.route("/sign-in/set-up", methods=["GET", "POST"])
@allow_public
def set_up_at_sign_in() -> ResponseReturnValue:
    """The first sign-in where a second proof is required: scan, give the first code, write the recovery codes down."""
    form = read_form(CodeSchema, request.form) if request.method == "POST" else blank_form()
    token, clock = flask.session.get(_STARTED, ""), runtime().clock
    with transaction() as session:
        start = service.started(session, token, clock)
        if not start.set_up:
            return redirect(url_for("accounts.code"))
        secret, address = service.second_factor.address(session, start.user_id)
    if request.method == "POST" and form.ok:
        _count_try()
        with transaction() as session:
            done = service.finish_set_up(session, token, form.data["code"], here(), clock)
        if done is not None:
            _forgive_try()
            target = safe_next(flask.session.get(_NEXT))
            _enter(done[0], target)
            return render_template("accounts/recovery_codes.html", codes=done[1], target=target)
        form.fail("code", _WRONG_CODE)
    form.values.clear()
    page = render_template("accounts/set_up.html", form=form, secret=secret, picture=picture_of(address))
    return page, 422 if form.errors else 200


@blueprint.get("/sign-in/organisation")
@allow_public
def sign_on() -> ResponseReturnValue:
    """Off to the identity provider; what comes back must carry what was kept here."""
    begun = service.sign_on.begin(_callback(), runtime().clock)
    flask.session[_AWAY] = {**asdict(begun), "next": safe_next(request.args.get("next"))}
    return redirect(begun.url)


def _callback() -> str:
    return runtime().settings.base_url + url_for("accounts.sign_on_done")


@blueprint.get("/sign-in/organisation/done")
@allow_public
def sign_on_done() -> ResponseReturnValue:
    """Back from the identity provider, with a code that only this hub can change for the provider's word."""
    kept = flask.session.pop(_AWAY, None)
    form = blank_form()
    if kept is None or request.args.get("state") != kept["state"] or not request.args.get("code"):
        form.fail(None, "Sign-in with your organisation's account was not finished. Try once more")
        return _sign_in_page(form), 422
    try:
        found = _signed_on(kept)
    except (service.sign_on.SignOnRefused, TooMany, Unavailable) as error:
        form.fail(None, error.detail)
        return _sign_in_page(form), error.status
    if found is None:
        form.fail(
            None, "Nobody signs in here with this account. Ask your hub or your organisation to invite you"
        )
        return _sign_in_page(form), 422
    return go_on(found, kept["next"])


def _signed_on(kept: dict[str, str]) -> service.SignedIn | service.Waiting | None:
    begun = service.sign_on.Begun(kept["url"], kept["state"], kept["nonce"], kept["verifier"])
    clock = runtime().clock
    _count_try()
    claims = service.sign_on.claims_of(_callback(), request.args["code"], begun, clock)
    with transaction() as session:
        found = service.sign_on.sign_on(session, claims, here(), clock)
    if found is not None:
        _forgive_try()
    return found


@blueprint.post("/sign-out")
@allow_public
def sign_out() -> ResponseReturnValue:
    """End this sign-in, on the server too."""
    token = sessions.token_of_request()
    if token is not None:
        with transaction() as session:
            service.sign_out(session, token, runtime().clock)
    sessions.end()
    return redirect(url_for("accounts.sign_in"))
