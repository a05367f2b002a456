"""Venues, and what the hub knows of a provider."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.core.errors import Conflict, RuleBroken
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.provision import reads, service
from hub.provision.domain import PROVIDER_KIND_LABELS, SaveVenue
from hub.provision.pages.edge import CHANGERS, blueprint, provider_in_address, whose
from hub.provision.schemas import ProviderForm, VenueForm, provider_details, venue_details
from hub.ui import flash
from hub.ui.forms import blank_form, read_form


@blueprint.get("/venues")
@allow(*CHANGERS)
def venues() -> ResponseReturnValue:
    """A provider's venues."""
    owner = whose()
    with transaction() as session:
        return render_template(
            "provision/venues.html",
            provider=reads.provider(session, owner),
            venues=reads.venues_of(session, owner),
            provider_id=provider_in_address(),
        )


@blueprint.route("/venues/add", methods=["GET", "POST"])
@allow(*CHANGERS)
def add_venue() -> ResponseReturnValue:
    return _venue_page(None)


@blueprint.route("/venues/<uuid:venue_id>/change", methods=["GET", "POST"])
@allow(*CHANGERS)
def change_venue(venue_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        view = reads.venue_to_change(session, venue_id, current_actor())
    return _venue_page(view)


def _venue_page(view: reads.VenueView | None) -> ResponseReturnValue:
    owner = view.organisation_id if view else whose()
    wanted = ("name", "address", "postcode", "step_free", "version")
    stored = {name: getattr(view, name) for name in wanted} if view else {}
    form = read_form(VenueForm, request.form) if request.method == "POST" else blank_form(stored)
    if request.method == "POST" and form.ok:
        asked = SaveVenue(
            details=venue_details(form.data),
            organisation_id=owner,
            venue_id=view.id if view else None,
            version=form.data["version"],
        )
        try:
            with transaction() as session:
                service.save_venue(session, asked, current_actor(), runtime().clock)
            flash.success(f"{asked.details.name} is saved.")
            back = owner if provider_in_address() or current_actor().organisation_id != owner else None
            return redirect(url_for("provision.venues", provider=back))
        except (RuleBroken, Conflict) as error:
            form.fail_with(error)
    return render_template("provision/venue_form.html", form=form, one=view), 422 if form.errors else 200


@blueprint.route("/provider-details", methods=["GET", "POST"])
@allow(*CHANGERS)
def details() -> ResponseReturnValue:
    """What kind of provider this is, and whom to ask."""
    owner = whose()
    with transaction() as session:
        view = reads.provider(session, owner)
    wanted = ("kind", "ukprn", "contact_name", "contact_email", "contact_phone", "accepts_hub_assessments")
    stored = {name: getattr(view, name) for name in wanted}
    form = read_form(ProviderForm, request.form) if request.method == "POST" else blank_form(stored)
    if request.method == "POST" and form.ok:
        try:
            with transaction() as session:
                asked = provider_details(form.data, owner)
                service.save_provider(session, asked, current_actor(), runtime().clock)
            flash.success(f"The details of {view.name} are saved.")
            hub_page = url_for("provision.one_provider", organisation_id=owner)
            return redirect(hub_page if provider_in_address() else url_for("provision.my_classes"))
        except (RuleBroken, Conflict) as error:
            form.fail_with(error)
    kinds = [(kind.value, label) for kind, label in PROVIDER_KIND_LABELS.items()]
    body = render_template("provision/provider_form.html", form=form, provider=view, kinds=kinds)
    return body, 422 if form.errors else 200
