"""The partners of the hub: their people, keys and agreements."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import queries, reads, service
from hub.accounts.domain import KIND_LABELS, NewAgreement, NewUser, roles_in
from hub.accounts.pages.edge import blueprint
from hub.accounts.schemas import (
    AgreementSchema,
    KeySchema,
    OrganisationSchema,
    PersonSchema,
)
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import ROLE_LABELS, Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

HOME_PURPOSES = ("P03", "P04", "P05")
HOME_FIELDS = ("name", "phone", "level", "times", "needs")


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
