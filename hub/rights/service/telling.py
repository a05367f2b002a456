"""Texts to the person a case is about. Where no text may go, the answer is given by whoever handles the case."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.core.wording import day_and_date
from hub.infra.db import runtime
from hub.learners import service as learners
from hub.learners.domain import LinkPurpose
from hub.messaging import service as messaging
from hub.messaging.domain import NewMessage
from hub.rights.models import RightsCase
from hub.rights.reads.cases import due_on

LINK_LASTS = timedelta(days=60)


def tell(session: Session, row: RightsCase, template: str, clock: Clock) -> None:
    """Write to the learner of a case, with a link to their page about it. Nobody is written to who is unknown."""
    if row.learner_id is None:
        return
    link = personal_link(session, row.learner_id, clock)
    by = day_and_date(due_on(session, row, clock))
    send(session, row.learner_id, template, {"link": link, "by": by}, row.id, clock)


def send(  # noqa: PLR0913, PLR0917 - whom, what, about what
    session: Session, learner_id: UUID, template: str, values: dict[str, str], about: UUID, clock: Clock
) -> None:
    """A message that answers the learner's own: it needs no permission beyond it."""
    new = NewMessage(
        learner_id=learner_id,
        template=template,
        values=values,
        purpose=None,
        about_id=about,
        dedupe=f"{template}:{about}:{clock.now().isoformat()}",
    )
    messaging.send(session, new, SYSTEM, clock)


def personal_link(session: Session, learner_id: UUID, clock: Clock) -> str:
    """A link to the learner's page about their data."""
    token = learners.make_link(session, learner_id, LinkPurpose.INFORMATION, None, LINK_LASTS, clock)
    return f"{runtime().settings.base_url}/l/{token}"
