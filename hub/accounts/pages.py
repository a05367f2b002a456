"""Sign in and out, my account, and the partners of the hub."""

from urllib.parse import urlsplit
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import queries, reads, service, sessions
from hub.accounts.domain import KIND_LABELS, NewAgreement, NewUser, roles_in
from hub.accounts.schemas import (
    AgreementSchema,
    KeySchema,
    OrganisationSchema,
    PasswordSchema,
    PersonSchema,
    SignInSchema,
)
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import ROLE_LABELS, STAFF_ROLES, Role
from hub.infra import access
from hub.infra.access import allow, allow_public, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import pages_blueprint
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

blueprint = pages_blueprint("accounts", __name__)
HOME_PURPOSES = ("P03", "P04", "P05")
HOME_FIELDS = ("name", "phone", "level", "times", "needs")


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


@blueprint.get("/organisations")
@allow(Role.HUB_MANAGER, Role.ADMIN)
def organisations() -> ResponseReturnValue:
    """All partners."""
    with transaction() as session:
        return render_template("accounts/organisations.html", organisations=reads.organisations(session))


@blueprint.route("/organisations/add", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER, Role.ADMIN)
def add_organisation() -> ResponseReturnValue:
    form = read_form(OrganisationSchema, request.form) if request.method == "POST" else blank_form()
    if request.method == "POST" and form.ok:
        try:
            with transaction() as session:
                row = service.create_organisation(session, form.data, current_actor(), runtime().clock)
            return redirect(url_for("accounts.organisation", organisation_id=row.id))
        except (RuleBroken, Conflict) as error:
            form.fail_with(error)
    kinds = [(kind.value, label) for kind, label in KIND_LABELS.items()]
    return render_template(
        "accounts/add_organisation.html", form=form, kinds=kinds
    ), 422 if form.errors else 200


@blueprint.get("/organisations/<uuid:organisation_id>")
@allow(Role.HUB_MANAGER, Role.ADMIN)
def organisation(organisation_id: UUID) -> ResponseReturnValue:
    """One partner: its people, and the agreement to share with it."""
    return _organisation(organisation_id, blank_form(), blank_form())


def _organisation(organisation_id: UUID, form: Form, agreement_form: Form, told: str | None = None) -> str:
    with transaction() as session:
        found = reads.organisation(session, organisation_id)
        return render_template(
            "accounts/organisation.html",
            organisation=found,
            people=reads.users_of(session, organisation_id),
            agreements=queries.agreements_of(session, organisation_id),
            names={row.id: row.name for row in reads.organisations(session)},
            roles=[(role.value, ROLE_LABELS[role]) for role in sorted(roles_in(found.kind))],
            role_labels=ROLE_LABELS,
            form=form if form.errors or not agreement_form.errors else agreement_form,
            person_form=form,
            agreement_form=agreement_form,
            told=told,
            today=runtime().clock.today(),
        )


@blueprint.post("/organisations/<uuid:organisation_id>/people")
@allow(Role.HUB_MANAGER, Role.ADMIN)
def add_person(organisation_id: UUID) -> ResponseReturnValue:
    """Add a person; the first password is shown once, to be handed over and changed."""
    form = read_form(PersonSchema, request.form)
    told = None
    if form.ok:
        password = service.invent_password()
        new = NewUser(form.data["email"], form.data["name"], organisation_id, form.data["role"])
        try:
            with transaction() as session:
                service.create_user(session, new, password, current_actor(), runtime().clock)
            told = f"{new.email} can now sign in with the password {password} and should change it at once."
        except (RuleBroken, Conflict) as error:
            form.fail_with(error)
    page = _organisation(organisation_id, form if form.errors else blank_form(), blank_form(), told)
    return page, 422 if form.errors else 200


@blueprint.post("/organisations/<uuid:organisation_id>/people/<uuid:user_id>/<any(open, close):verb>")
@allow(Role.HUB_MANAGER, Role.ADMIN)
def open_or_close_person(organisation_id: UUID, user_id: UUID, verb: str) -> ResponseReturnValue:
    with transaction() as session:
        service.set_active(session, user_id, verb == "open", current_actor(), runtime().clock)
    flash.success("The account is open again." if verb == "open" else "The account is closed.")
    return redirect(url_for("accounts.organisation", organisation_id=organisation_id))


@blueprint.post("/organisations/<uuid:organisation_id>/keys")
@allow(Role.HUB_MANAGER, Role.ADMIN)
def add_key(organisation_id: UUID) -> ResponseReturnValue:
    """A new API key, shown once."""
    form = read_form(KeySchema, request.form)
    told = None
    if form.ok:
        try:
            with transaction() as session:
                key = service.create_key(
                    session, organisation_id, form.data["role"], current_actor(), runtime().clock
                )
            told = f"The new API key is {key}. It is shown only now: copy it to where it is needed."
        except RuleBroken as error:
            form.fail_with(error)
    page = _organisation(organisation_id, form if form.errors else blank_form(), blank_form(), told)
    return page, 422 if form.errors else 200


@blueprint.post("/organisations/<uuid:organisation_id>/agreements")
@allow(Role.HUB_MANAGER, Role.ADMIN)
def add_agreement(organisation_id: UUID) -> ResponseReturnValue:
    """Record the signed agreement by which the hub may pass learners' data to this organisation."""
    form = read_form(AgreementSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                hub_id = reads.hub_organisation(session).id
                new = NewAgreement(hub_id, organisation_id, HOME_PURPOSES, HOME_FIELDS, **form.data)
                service.agree(session, new, current_actor(), runtime().clock)
            flash.success("The agreement is recorded.")
            return redirect(url_for("accounts.organisation", organisation_id=organisation_id))
        except RuleBroken as error:
            form.fail_with(error)
    return _organisation(organisation_id, blank_form(), form), 422


@blueprint.post("/organisations/<uuid:organisation_id>/agreements/<uuid:agreement_id>/end")
@allow(Role.HUB_MANAGER, Role.ADMIN)
def end_agreement(organisation_id: UUID, agreement_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        service.end_agreement(session, agreement_id, current_actor(), runtime().clock)
    flash.success("The agreement has ended. Nothing more is shared under it.")
    return redirect(url_for("accounts.organisation", organisation_id=organisation_id))
