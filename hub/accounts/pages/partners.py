"""The partners of the hub: their people, keys and agreements."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import queries, reads, service
from hub.accounts.domain import KIND_LABELS
from hub.accounts.pages.edge import blueprint, proved
from hub.accounts.pages.people import invitations_shown
from hub.accounts.schemas import (
    KeySchema,
    OrganisationSchema,
)
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import ROLE_LABELS, Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form


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
    return _organisation(organisation_id, blank_form())


def _organisation(organisation_id: UUID, form: Form, told: str | None = None) -> str:
    with transaction() as session:
        found = reads.organisation(session, organisation_id)
        return render_template(
            "accounts/organisation.html",
            organisation=found,
            people=reads.users_of(session, organisation_id),
            keys=queries.api_keys_of(session, organisation_id),
            agreements=reads.agreements(session, organisation_id),
            names={row.id: row.name for row in reads.organisations(session)},
            role_labels=ROLE_LABELS,
            form=form,
            told=told,
            now=runtime().clock.now(),
            **invitations_shown(session, found),
        )


@blueprint.post("/organisations/<uuid:organisation_id>/keys")
@proved("accounts.organisation")
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
    page = _organisation(organisation_id, form, told)
    return page, 422 if form.errors else 200


@blueprint.post("/organisations/<uuid:organisation_id>/keys/<uuid:key_id>/revoke")
@allow(Role.HUB_MANAGER, Role.ADMIN)
def revoke_key(organisation_id: UUID, key_id: UUID) -> ResponseReturnValue:
    """End an API key at once."""
    with transaction() as session:
        service.revoke_key(session, key_id, current_actor(), runtime().clock)
    flash.success("The key has ended.")
    return redirect(url_for("accounts.organisation", organisation_id=organisation_id))
