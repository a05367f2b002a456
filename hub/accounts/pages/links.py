"""Pages behind a link from an e-mail: joining, choosing a new password."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import service
from hub.accounts.pages.edge import blueprint, here
from hub.accounts.pages.signing_in import go_on
from hub.accounts.schemas import ForgottenSchema, JoinSchema, NewPasswordSchema
from hub.core.errors import RuleBroken, TooMany
from hub.core.permissions import ROLE_LABELS
from hub.infra import limits
from hub.infra.access import allow_public, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.limits import limited
from hub.ui import flash
from hub.ui.forms import blank_form, read_form


@blueprint.get("/sign-in/forgotten")
@allow_public
def forgotten() -> str:
    """Ask for a link to choose a new password."""
    return render_template("accounts/forgotten.html", form=blank_form(), sent=False)


@blueprint.post("/sign-in/forgotten")
@limited("reset_address")
@allow_public
def send_forgotten() -> ResponseReturnValue:
    """The same answer, as quickly, whether somebody has this address or not; the mail goes out later."""
    form = read_form(ForgottenSchema, request.form)
    if not form.ok:
        return render_template("accounts/forgotten.html", form=form, sent=False), 422
    try:
        limits.take("reset_account", form.data["email"], runtime().clock)
    except TooMany:
        return render_template("accounts/forgotten.html", form=form, sent=True)  # three are on their way
    with transaction() as session:
        service.ask_reset(session, form.data["email"], current_actor(), runtime().clock)
    return render_template("accounts/forgotten.html", form=form, sent=True)


@blueprint.route("/new-password/<token>", methods=["GET", "POST"])
@limited("sign_in_failed")
@allow_public
def new_password(token: str) -> ResponseReturnValue:
    """Choose a new password by link; then sign in with it and the usual code."""
    form = read_form(NewPasswordSchema, request.form) if request.method == "POST" else blank_form()
    with transaction() as session:
        service.require_reset(session, token, runtime().clock)
    limits.give_back("sign_in_failed", limits.network(), runtime().clock)
    if request.method == "POST" and form.ok:
        try:
            with transaction() as session:
                service.reset_password(session, token, form.data["password"], runtime().clock)
        except RuleBroken as error:
            form.fail_with(error)
        else:
            flash.success("Your password is changed. Sign in with the new one.")
            return redirect(url_for("accounts.sign_in"))
    form.values.clear()
    return render_template("accounts/new_password.html", form=form), 422 if form.errors else 200


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
@limited("sign_in_failed")
@allow_public
def invitation(token: str) -> ResponseReturnValue:
    """Join: name and password, then the second proof where the hub asks for one."""
    form = read_form(JoinSchema, request.form) if request.method == "POST" else blank_form()
    clock = runtime().clock
    with transaction() as session:
        invited = service.read_invitation(session, token, clock)
    limits.give_back("sign_in_failed", limits.network(), clock)
    if request.method == "POST" and form.ok:
        try:
            with transaction() as session:
                user = service.accept(session, token, form.data["name"], form.data["password"], clock)
                found = service.go_on(session, user, here(), clock)
        except RuleBroken as error:
            form.fail_with(error)
        else:
            return go_on(found, None)
    form.values.pop("password", None)
    page = render_template("accounts/join.html", form=form, invited=invited, role=ROLE_LABELS[invited.role])
    return page, 422 if form.errors else 200
