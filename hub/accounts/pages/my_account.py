"""My account: who I am, where I am signed in, my password."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import queries, reads, service, sessions
from hub.accounts.pages.edge import blueprint
from hub.accounts.schemas import (
    PasswordSchema,
)
from hub.core.errors import RuleBroken
from hub.core.permissions import ROLE_LABELS, STAFF_ROLES
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form


@blueprint.get("/account")
@allow(*STAFF_ROLES)
def my_account() -> ResponseReturnValue:
    """Who I am, where I am signed in, my password."""
    return _account(blank_form())


def _account(form: Form) -> str:
    actor = current_actor()
    assert actor.id is not None  # noqa: S101 - staff have both
    assert actor.organisation_id is not None  # noqa: S101
    with transaction() as session:
        return render_template(
            "accounts/account.html",
            form=form,
            me=reads.user(session, actor.id),
            organisation=reads.organisation(session, actor.organisation_id),
            role=ROLE_LABELS[actor.role],
            signed_in=queries.sessions_of(session, actor.id, runtime().clock.now()),
        )


@blueprint.post("/account/password")
@allow(*STAFF_ROLES)
def change_password() -> ResponseReturnValue:
    form = read_form(PasswordSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                service.change_password(
                    session, **_passwords(form), actor=current_actor(), clock=runtime().clock
                )
        except RuleBroken as error:
            form.fail_with(error)
    if not form.ok:
        form.values.clear()
        return _account(form), 422
    sessions.end()
    flash.success("Your password is changed. Sign in with the new one.")
    return redirect(url_for("accounts.sign_in"))


def _passwords(form: Form) -> dict[str, str]:
    return {"old": form.data["old_password"], "new": form.data["password"]}


@blueprint.post("/account/sessions/<uuid:session_id>/end")
@allow(*STAFF_ROLES)
def end_session(session_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        service.revoke_session(session, session_id, current_actor(), runtime().clock)
    flash.success("That sign-in has ended.")
    return redirect(url_for("accounts.my_account"))
