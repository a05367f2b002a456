"""My classes: what is open, how many places are free, and one press to keep that true."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import Role
from hub.core.wording import count_of
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.provision import reads, service
from hub.provision.pages.edge import CHANGERS, PAGE, SEES_CLASSES, asked_page, blueprint
from hub.provision.schemas import FreePlacesForm, PlacesForm, places_change
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form


@blueprint.get("/classes")
@allow(*SEES_CLASSES)
def my_classes() -> ResponseReturnValue:
    """A provider's own classes; for the hub, everybody's."""
    actor, clock = current_actor(), runtime().clock
    is_provider = actor.role is Role.PROVIDER
    past = request.args.get("past") == "yes"
    with transaction() as session:
        owner = actor.organisation_id if is_provider else None
        found = reads.classes_of(session, owner, past=past)
        stale = reads.stale_before(session, clock.now(), clock.today())
        mine = reads.provider(session, owner) if is_provider and owner else None
    page, pages = asked_page(), max(-(-len(found) // PAGE), 1)
    page = min(page, pages)
    return render_template(
        "provision/my_classes.html",
        classes=found[(page - 1) * PAGE : page * PAGE],
        stale=stale,
        stale_count=sum(stale is not None and one.places_confirmed_at <= stale for one in found),
        mine=mine,
        past=past,
        page=page,
        pages=pages,
        may_change=actor.role in CHANGERS,
    )


@blueprint.post("/classes/<uuid:class_id>/places")
@allow(*CHANGERS)
def change_places(class_id: UUID) -> ResponseReturnValue:
    """The buttons -, + and 'still right'."""
    form = read_form(PlacesForm, request.form)
    if not form.ok:
        raise RuleBroken("Open the page again and press the button once more.", code="invalid_input")
    try:
        with transaction() as session:
            change = places_change(form.data, class_id)
            row = service.change_places(session, change, current_actor(), runtime().clock)
            title, places = row.title, form.data["to"]
        flash.success(f"{title}: {count_of(places, 'free place')}. Confirmed just now.")
    except (Conflict, RuleBroken) as error:
        flash.notice(error.detail)
    return redirect(_back(class_id))


def _back(class_id: UUID) -> str:
    """Where the button was pressed, by name: the list at that row, the provider's page, or the class."""
    if request.args.get("back") == "class":
        return url_for("provision.one_class", class_id=class_id)
    page = request.args.get("page", "1")
    return url_for("provision.my_classes", page=page if page.isdecimal() else 1, _anchor=f"class-{class_id}")


@blueprint.get("/classes/<uuid:class_id>")
@allow(*SEES_CLASSES)
def one_class(class_id: UUID) -> ResponseReturnValue:
    """One class as its provider and the hub see it."""
    return _one_class(class_id, blank_form())


@blueprint.post("/classes/<uuid:class_id>/free-places")
@allow(*CHANGERS)
def set_places(class_id: UUID) -> ResponseReturnValue:
    """Type the number of free places."""
    form = read_form(FreePlacesForm, request.form)
    if form.ok:
        try:
            with transaction() as session:
                service.confirm_places(
                    session, class_id, form.data["places_free"], current_actor(), runtime().clock
                )
            flash.success("The free places are confirmed.")
            return redirect(url_for("provision.one_class", class_id=class_id))
        except (Conflict, RuleBroken) as error:
            form.fail_with(error)
    return _one_class(class_id, form), 422


def _one_class(class_id: UUID, form: Form) -> str:
    actor, clock = current_actor(), runtime().clock
    with transaction() as session:
        view = reads.class_for(session, class_id, actor)
        stale = reads.stale_before(session, clock.now(), clock.today())
    own = actor.role is Role.HUB_MANAGER or actor.organisation_id == view.organisation_id
    return render_template(
        "provision/one_class.html",
        one=view,
        form=form,
        stale=stale,
        may_change=own and actor.role in CHANGERS,
    )


@blueprint.post("/classes/<uuid:class_id>/publish")
@allow(*CHANGERS)
def publish(class_id: UUID) -> ResponseReturnValue:
    """Open a draft."""
    with transaction() as session:
        service.publish_class(session, class_id, current_actor(), runtime().clock)
    flash.success("The class is open: learners can find it and be matched to it.")
    return redirect(url_for("provision.one_class", class_id=class_id))


@blueprint.route("/classes/<uuid:class_id>/cancel", methods=["GET", "POST"])
@allow(*CHANGERS)
def cancel(class_id: UUID) -> ResponseReturnValue:
    """Ask before a class is cancelled, and say what will happen."""
    with transaction() as session:
        view = reads.class_to_change(session, class_id, current_actor())
        if request.method == "POST":
            service.cancel_class(session, class_id, current_actor(), runtime().clock)
    if request.method == "GET":
        return render_template("provision/cancel.html", one=view)
    flash.success(f"{view.title} is cancelled.")
    return redirect(url_for("provision.my_classes"))
