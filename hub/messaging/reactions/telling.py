"""What every reaction tells with: a message about something, and links to the learner's pages."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.infra.db import runtime
from hub.learners import service as people
from hub.learners.domain import LinkPurpose
from hub.messaging.domain import (
    NewMessage,
)
from hub.messaging.service.sending import (
    send_all,
)

STATUS_LINK = timedelta(days=180)


def tell(  # noqa: PLR0913, PLR0917 - whom, what, with which words, about what
    session: Session, learner_id: UUID, template: str, values: dict[str, str], clock: Clock, about: UUID
) -> None:
    new = NewMessage(learner_id=learner_id, template=template, values=values, about_id=about)
    send_all(session, [new], SYSTEM, clock)


def status_link(
    session: Session,
    learner_id: UUID,
    clock: Clock,
    purpose: LinkPurpose = LinkPurpose.STATUS,
    subject_id: UUID | None = None,
) -> str:
    return link_to(session, learner_id, purpose, subject_id, STATUS_LINK, clock)


def link_to(  # noqa: PLR0913, PLR0917 - everything a link is made of
    session: Session,
    learner_id: UUID,
    purpose: LinkPurpose,
    subject_id: UUID | None,
    valid_for: timedelta,
    clock: Clock,
) -> str:
    token = people.make_link(session, learner_id, purpose, subject_id, valid_for, clock)
    return f"{runtime().settings.base_url}/l/{token}"
