"""Notices to partners for their own systems: what to correct or delete, and that it is done."""

from typing import Any
from uuid import UUID

from hub.core.permissions import Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import api_blueprint
from hub.infra.idempotency import idempotent
from hub.rights import reads, service
from hub.rights.schemas import NoticeListSchema

blueprint = api_blueprint("rights", __name__, "Corrections and deletions that people have asked for")
PARTNERS = (Role.PROVIDER, Role.REFERRER)


@blueprint.get("/data-notices")
@blueprint.response(200, NoticeListSchema)
@allow(*PARTNERS)
def list_notices() -> Any:
    """What this organisation was asked to correct or delete, what is not confirmed first."""
    with transaction() as session:
        return {"items": reads.notices_to(session, current_actor())}


@blueprint.post("/data-notices/<uuid:notice_id>/confirm")
@idempotent
@blueprint.response(204)
@allow(*PARTNERS)
def confirm_notice(notice_id: UUID) -> None:
    """It is done. A second time changes nothing."""
    with transaction() as session:
        service.confirm(session, notice_id, current_actor(), runtime().clock)
