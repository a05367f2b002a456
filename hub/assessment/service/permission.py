"""Whether somebody may be assessed at all: nobody is asked about it, but a person can have it stopped."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.core.clock import Clock
from hub.core.errors import RuleBroken

ASSESS = "P02"


def require_may_assess(session: Session, learner_id: UUID, clock: Clock) -> None:
    """RuleBroken while a restriction or objection of the learner stands."""
    if not consents.may(session, learner_id, ASSESS, clock.today()):
        raise RuleBroken(
            "The learner has had the use of their data stopped. Ask the data protection officer first.",
            code="processing_stopped",
        )
