"""What the desk does when others tell of something, in their transaction."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.desk import queries


class Gone(Protocol):
    """Somebody's record was erased."""

    @property
    def learner_ids(self) -> Sequence[UUID]: ...


def person_erased(session: Session, event: Gone, actor: Actor, clock: Clock) -> None:
    """Results of searches that found the learner go at once, not only after their hours."""
    queries.forget_found(session, event.learner_ids)
