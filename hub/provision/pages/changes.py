"""Adding, changing and copying a class: one page in four parts, every fault beside its field."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.core.errors import Conflict, RuleBroken
from hub.core.slots import DAY_NAMES, DAYS
from hub.eligibility import domain as eligibility
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.provision import reads, service
from hub.provision.domain import SaveClass
from hub.provision.domain.details import NO_DAY, NO_FUNDING, NO_PLACE
from hub.provision.pages.edge import (
    CHANGERS,
    LEVEL_OPTIONS,
    STRAND_OPTIONS,
    blueprint,
    provider_in_address,
    whose,
)
from hub.provision.reads import EsolClassView
from hub.provision.schemas import ClassForm, CopyForm, form_details, form_values
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

NEW_CLASS = {"access": ["adults_only"], "funding": ["asf"], "fee": "0"}
WEEK = list(zip(DAYS, DAY_NAMES, strict=True))


@blueprint.route("/classes/add", methods=["GET", "POST"])
@allow(*CHANGERS)
def add_class() -> ResponseReturnValue:
    """Add a class, open at once or as a draft."""
    owner = whose()
    form = _read() if request.method == "POST" else blank_form(NEW_CLASS)
    if request.method == "POST" and form.ok:
        saved = _save(form, None, owner)
        if saved is not None:
            return redirect(url_for("provision.one_class", class_id=saved))
    return _page(form, owner, None)


@blueprint.route("/classes/<uuid:class_id>/change", methods=["GET", "POST"])
@allow(*CHANGERS)
def change_class(class_id: UUID) -> ResponseReturnValue:
    """Change a class; refused with words when somebody else changed it meanwhile."""
    with transaction() as session:
        view = reads.class_to_change(session, class_id, current_actor())
    form = _read() if request.method == "POST" else blank_form(form_values(view))
    if request.method == "POST" and form.ok and _save(form, view, view.organisation_id) is not None:
        return redirect(url_for("provision.one_class", class_id=class_id))
    return _page(form, view.organisation_id, view)


def _read() -> Form:
    """The answers; what is missing altogether is told at once with what cannot be read."""
    form = read_form(ClassForm, request.form)
    if not any(request.form.get(f"{day}_{end}", "").strip() for day in DAYS for end in ("start", "end")):
        form.fail("meetings", NO_DAY)
    if not request.form.get("venue_id") and request.form.get("online") != "yes":
        form.fail("venue_id", NO_PLACE)
    if not request.form.getlist("funding"):
        form.fail("funding", NO_FUNDING)
    return form


def _save(form: Form, view: EsolClassView | None, owner: UUID) -> UUID | None:
    """The id of the class when all was well; None with the faults in the form."""
    details = form_details(form.data, view.details if view else None)
    asked = SaveClass(
        details=details,
        organisation_id=owner,
        class_id=view.id if view else None,
        version=form.data["version"],
        places_free=form.data["places_free"] if view is None else None,
        publish=form.data["publish"],
    )
    try:
        with transaction() as session:
            row = service.save_class(session, asked, current_actor(), runtime().clock)
            class_id, title = row.id, row.title
    except (RuleBroken, Conflict) as error:
        form.fail_with(error)
        return None
    flash.success(f"{title} is saved.")
    return class_id


def _page(form: Form, owner: UUID, view: EsolClassView | None) -> ResponseReturnValue:
    with transaction() as session:
        provider = reads.provider(session, owner)
        venues = reads.venues_of(session, owner)
    body = render_template(
        "provision/class_form.html",
        form=form,
        one=view,
        provider=provider,
        provider_id=provider_in_address(),
        venues=[(str(venue.id), venue.in_words) for venue in venues],
        **_options(),
    )
    return body, 422 if form.errors else 200


def _options() -> dict[str, Any]:
    pots = eligibility.pots(runtime().clock.today())
    return {
        "levels": LEVEL_OPTIONS,
        "strands": STRAND_OPTIONS,
        "week": WEEK,
        "pots": [(pot.code, pot.label) for pot in pots],
    }


@blueprint.route("/classes/<uuid:class_id>/copy", methods=["GET", "POST"])
@allow(*CHANGERS)
def copy_class(class_id: UUID) -> ResponseReturnValue:
    """Copy a class to other dates: a draft to look through and open."""
    with transaction() as session:
        view = reads.class_to_change(session, class_id, current_actor())
    form = read_form(CopyForm, request.form) if request.method == "POST" else blank_form()
    if request.method == "POST" and form.ok:
        try:
            with transaction() as session:
                row = service.copy_class(session, class_id, form.data, current_actor(), runtime().clock)
                copied = row.id
            flash.success("This is the copy, as a draft. Look through it, then open it.")
            return redirect(url_for("provision.change_class", class_id=copied))
        except (RuleBroken, Conflict) as error:
            form.fail_with(error)
    return render_template("provision/copy.html", one=view, form=form), 422 if form.errors else 200
