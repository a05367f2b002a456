"""Signing in and out."""

from urllib.parse import urlsplit

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import service, sessions
from hub.accounts.pages.edge import blueprint
from hub.accounts.schemas import (
    SignInSchema,
)
from hub.core.permissions import STAFF_ROLES
from hub.infra import access
from hub.infra.access import allow_public, current_actor
from hub.infra.db import runtime, transaction
from hub.ui.forms import blank_form, read_form


@blueprint.get("/sign-in")
@allow_public
def sign_in() -> ResponseReturnValue:
    """The sign-in page, or home for somebody who is signed in."""
    if current_actor().role in STAFF_ROLES:
        return redirect(_safe_next(request.args.get("next")))
    return render_template("accounts/sign_in.html", form=blank_form({"next": request.args.get("next", "")}))


@blueprint.post("/sign-in")
@allow_public
def sign_in_now() -> ResponseReturnValue:
    form = read_form(SignInSchema, request.form)
    if form.ok:
        device = request.headers.get("User-Agent", "unknown device")
        with transaction() as session:
            signed_in = service.sign_in(
                session, form.data["email"], form.data["password"], device, runtime().clock
            )
        if signed_in is not None:
            sessions.begin(signed_in)
            access.act_as(signed_in.actor)
            return redirect(_safe_next(form.data["next"]))
        form.fail(
            "email", "The email address or the password is not right. After 10 tries you wait 15 minutes"
        )
    form.values.pop("password", None)
    return render_template("accounts/sign_in.html", form=form), 422


def _safe_next(target: str | None) -> str:
    """Where to go after sign-in: a path of ours, never another site."""
    parts = urlsplit(target or "")
    if target and target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc:
        return target
    return "/"


@blueprint.post("/sign-out")
@allow_public
def sign_out() -> ResponseReturnValue:
    token = sessions.token_of_request()
    if token is not None:
        with transaction() as session:
            service.sign_out(session, token, runtime().clock)
    sessions.end()
    return redirect(url_for("accounts.sign_in"))
