"""The hub's view of providers: whose places are fresh, and one provider's classes."""

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from hub.core.permissions import Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.provision import reads
from hub.provision.pages.edge import CHANGERS, blueprint
from hub.steps import reads as steps
from hub.steps.domain import StepKind


@blueprint.get("/providers")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def providers() -> ResponseReturnValue:
    """Every provider: open classes, free places, and how long ago they were confirmed."""
    clock = runtime().clock
    with transaction() as session:
        rows = reads.freshness(session, clock.now(), clock.today())
        stale = reads.stale_before(session, clock.now(), clock.today())
    return render_template("provision/providers.html", rows=rows, stale=stale)


@blueprint.get("/providers/<uuid:organisation_id>")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def one_provider(organisation_id: UUID) -> ResponseReturnValue:
    """One provider's classes, and which of them were asked about and not answered."""
    clock, actor = runtime().clock, current_actor()
    with transaction() as session:
        provider = reads.provider(session, organisation_id)
        classes = reads.classes_of(session, organisation_id)
        asked = steps.open_steps(session, [one.id for one in classes], clock.today())
        stale = reads.stale_before(session, clock.now(), clock.today())
    late = {
        class_id: step.due_on
        for class_id, found in asked.items()
        for step in found
        if step.kind is StepKind.PLACES_TO_CONFIRM
    }
    return render_template(
        "provision/one_provider.html",
        provider=provider,
        classes=classes,
        late=late,
        stale=stale,
        may_change=actor.role in CHANGERS,
    )
