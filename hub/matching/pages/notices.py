"""Notices that a learner has ended the sharing of details: the provider says that it has noted each."""

from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import reads as accounts
from hub.core.permissions import Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.matching import service
from hub.matching.pages.edge import blueprint
from hub.matching.reads.notices import notices as notices_of
from hub.provision import reads as provision
from hub.ui import flash


@blueprint.get("/sharing-notices")
@allow(Role.PROVIDER, Role.HUB_MANAGER, Role.DATA_PROTECTION)
def notices() -> ResponseReturnValue:
    """A provider's own notices; for the hub all, with who has answered."""
    actor = current_actor()
    with transaction() as session:
        found = notices_of(session, actor)
        return render_template(
            "matching/notices.html",
            notices=found,
            classes=provision.classes(session, {one.class_id for one in found}),
            names={one.id: one.name for one in accounts.organisations(session)},
            answers=actor.role is Role.PROVIDER,
        )


@blueprint.post("/sharing-notices/<uuid:notice_id>/noted")
@allow(Role.PROVIDER)
def noted(notice_id: UUID) -> ResponseReturnValue:
    """The provider has noted that sharing has ended."""
    with transaction() as session:
        service.acknowledge(session, notice_id, current_actor(), runtime().clock)
    flash.success("Thank you. It is recorded that you know.")
    return redirect(url_for("matching.notices"))
