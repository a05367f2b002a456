"""What providers were told about the end of sharing, and when they said that they have noted it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.levels import Level
from hub.core.permissions import Actor, Role
from hub.matching import queries
from hub.matching.domain.enrolments import SharingEnd


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice. It names nobody: class, level and the day of the learner's yes tell whom the provider has."""

    id: UUID
    organisation_id: UUID
    class_id: UUID
    level: Level
    confirmed_at: datetime
    why: SharingEnd
    told_at: datetime
    acknowledged_at: datetime | None


def notices(session: Session, actor: Actor, limit: int = 200) -> list[NoticeView]:
    """A provider's own, or all for the hub; those without an answer first."""
    own = actor.organisation_id if actor.role is Role.PROVIDER else None
    return [
        NoticeView(
            notice.id, notice.organisation_id, enrolment.esol_class_id, enrolment.level,
            enrolment.created_at, notice.why, notice.told_at, notice.acknowledged_at,
        )
        for notice, enrolment in queries.notices(session, own, limit)
    ]  # fmt: skip
