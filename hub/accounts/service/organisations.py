"""Adding organisations."""

import re

from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain import NewOrganisation
from hub.accounts.models import Organisation
from hub.core.clock import Clock
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.writes import put, write_now


def create_organisation(session: Session, new: NewOrganisation, actor: Actor, clock: Clock) -> Organisation:
    """Add an organisation; the slug is unique and made of small letters, digits and dashes."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,38}[a-z0-9]", new.slug):
        raise RuleBroken("Use 3 to 40 small letters, digits and dashes.", field="slug", code="slug_invalid")
    if queries.organisation_by_slug(session, new.slug) is not None:
        raise Conflict("There is already an organisation with this short name.", field="slug")
    row = Organisation(
        slug=new.slug, name=new.name.strip(), kind=new.kind, email=new.email, phone=new.phone, is_active=True,
        created_at=clock.now(),
    )  # fmt: skip
    put(session, row)
    audit.record(session, actor, "organisation.created", "organisation", row.id, clock=clock)
    write_now(session)  # lists of organisations are read as reference data
    return row
