"""Automatic linking: what speaks for it, and the switch."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.permissions import Actor, Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.learners import reads, service
from hub.learners.domain.measured import measured_under
from hub.learners.domain.zones import zone_rules
from hub.learners.pages.edge import blueprint
from hub.learners.schemas import LinkingSchema
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form


@blueprint.get("/duplicates/linking")
@allow(Role.HUB_MANAGER)
def linking() -> ResponseReturnValue:
    """The evidence so far, and whether it is enough."""
    return _page(blank_form())


@blueprint.post("/duplicates/linking/on")
@allow(Role.HUB_MANAGER)
def turn_on() -> ResponseReturnValue:
    """Link the automatic zone without asking; needs the evidence and a reason."""
    return _switch(service.turn_on_linking, "Automatic linking is on. You can switch it off at any time.")


@blueprint.post("/duplicates/linking/off")
@allow(Role.HUB_MANAGER)
def turn_off() -> ResponseReturnValue:
    """Only suggest, from now on; needs a reason."""
    return _switch(service.turn_off_linking, "Automatic linking is off. From now on the hub only suggests.")


def _switch(switch: Callable[[Session, str, Actor, Clock], None], done: str) -> ResponseReturnValue:
    form = read_form(LinkingSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                switch(session, form.data, current_actor(), runtime().clock)
        except RuleBroken as error:
            form.fail_with(error)
    if not form.ok:
        return _page(form), 422
    flash.success(done)
    return redirect(url_for("learners.linking"))


def _page(form: Form) -> str:
    today = runtime().clock.today()
    with transaction() as session:
        version = reads.recognition_model(today).version
        found, rules = service.evidence(session, version), zone_rules(today)
        return render_template(
            "learners/linking.html",
            form=form,
            found=found,
            rules=rules,
            measured=measured_under(version),
            may_turn_on=not found.errors and not found.lacks(rules),
            is_on=service.is_linking(session, version),
            version=version,
            switches=reads.switches(session),
            names={
                one.id: one.name for one in accounts.users_of(session, accounts.hub_organisation(session).id)
            },
        )
