"""Notices to partners: correct or delete your copy, and confirm it."""

from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from hub.core.permissions import Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.rights import reads, service
from hub.rights.pages.base import blueprint
from hub.ui import flash

PARTNERS = (Role.PROVIDER, Role.REFERRER)


@blueprint.get("/notices")
@allow(*PARTNERS)
def notices() -> str:
    """What this organisation was asked to correct or delete."""
    with transaction() as session:
        return render_template("rights/notices.html", notices=reads.notices_to(session, current_actor()))


@blueprint.post("/notices/<uuid:notice_id>")
@allow(*PARTNERS)
def confirm_notice(notice_id: UUID) -> ResponseReturnValue:
    """It is done."""
    with transaction() as session:
        service.confirm(session, notice_id, current_actor(), runtime().clock)
    flash.success("Thank you. The hub knows that it is done.")
    return redirect(url_for("rights.notices"))
