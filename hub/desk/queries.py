"""Selects of the desk."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from hub.core.errors import Gone, NotFound
from hub.core.permissions import Actor
from hub.desk.domain import RESULTS_KEPT
from hub.desk.models import SavedSearch


def saved(session: Session, search_id: UUID, actor: Actor, now: datetime) -> SavedSearch:
    """The user's own results; NotFound for anybody else's, Gone once they are old."""
    found = select(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.user_id == actor.id)
    row = session.scalar(found)
    if row is None:
        raise NotFound
    if row.made_at < now - RESULTS_KEPT:
        raise Gone("These results are no longer kept. Search again.")
    return row


def forget_old(session: Session, now: datetime) -> int:
    """Delete results that are no longer shown; how many."""
    gone = session.execute(delete(SavedSearch).where(SavedSearch.made_at < now - RESULTS_KEPT))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def forget_found(session: Session, learner_ids: Collection[UUID]) -> None:
    """Delete the results that hold one of these learners."""
    found = [SavedSearch.learner_ids.contains([str(one)]) for one in learner_ids]
    session.execute(delete(SavedSearch).where(or_(*found)), execution_options={"synchronize_session": False})
