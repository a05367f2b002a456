"""What the pages of people share."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import current_actor
from hub.infra.db import runtime
from hub.infra.http import pages_blueprint
from hub.learners import reads
from hub.learners.domain import Person

blueprint = pages_blueprint("learners", "hub.learners")
HUB = (Role.HUB_MANAGER, Role.ASSESSOR)


def seen(session: Session, ids: Sequence[UUID], action: str, fields: Sequence[str]) -> None:
    """Each of these learners was shown, with these fields."""
    for learner_id in dict.fromkeys(ids):
        audit.record(
            session, current_actor(), action, "learner", learner_id, fields=fields, clock=runtime().clock
        )


def people_listed(session: Session, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """The people of a list, each noted as seen."""
    seen(session, ids, "learner.listed", ("name", "date_of_birth"))
    return reads.people(session, ids)
