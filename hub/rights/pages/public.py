"""The complaint form for everybody (Data Protection Act 2018 s. 164A)."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from hub.core.errors import RuleBroken
from hub.infra.access import allow_public, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.limits import limited
from hub.infra.sight import open_to_the_hub
from hub.rights import service
from hub.rights.domain import CaseKind, Door, NewCase
from hub.rights.pages.base import blueprint
from hub.rights.schemas import ComplaintSchema
from hub.ui.forms import blank_form, read_form


@blueprint.route("/complain", methods=["GET", "POST"])
@limited("complaint", on=("POST",))
@allow_public
def complain() -> ResponseReturnValue:
    """A complaint about how we use somebody's data. No account and no proof of who asks is needed."""
    if request.method == "GET":
        return render_template("rights/complain.html", form=blank_form(), reference=None)
    form = read_form(ComplaintSchema, request.form)
    if form.ok:
        clock = runtime().clock
        new = NewCase(kind=CaseKind.COMPLAINT, door=Door.WEB, received_on=clock.today(), **form.data)
        try:
            with transaction() as session:
                open_to_the_hub(session)  # it is laid before the hub; nothing is shown
                row = service.receive(session, new, current_actor(), clock)
            return render_template("rights/complain.html", form=blank_form(), reference=row.reference)
        except RuleBroken as error:
            form.fail_with(error)
    return render_template("rights/complain.html", form=form, reference=None), 422
