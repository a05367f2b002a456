"""Restrictions and objections that stand: who must be left in peace, with what, since when."""

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import queries
from hub.consent.domain import StopView
from hub.consent.models import ProcessingStop
from hub.core.clock import LONDON
from hub.learners import reads as learners


def stopped(session: Session, ids: Collection[UUID], purpose: str) -> set[UUID]:
    """Those of `ids` for whom a purpose is stopped, under whatever id of the person it was placed."""
    stops = {row.learner_id for row in queries.standing_stops(session, purpose=purpose)}
    if not stops:
        return set()
    now = learners.survivors(session, ids)
    return {one for one in ids if now.get(one, one) in stops}


def stops_of(session: Session, learner_id: UUID) -> tuple[StopView, ...]:
    """What stands for one person, the oldest first."""
    return _views(queries.standing_stops(session, [learners.survivor(session, learner_id)]))


def standing_stops(session: Session) -> tuple[StopView, ...]:
    """All that stand: the register."""
    return _views(queries.standing_stops(session))


def restricted(session: Session, ids: Collection[UUID]) -> dict[UUID, date]:
    """Those of `ids` of whom everything is restricted, with the day since when: nobody writes to them."""
    since: dict[UUID, date] = {}
    for one in standing_stops(session):
        if one.is_whole:
            since.setdefault(one.learner_id, one.since)
    now = learners.survivors(session, ids) if since else {}
    return {one: since[now.get(one, one)] for one in ids if now.get(one, one) in since}


def _views(rows: Iterable[ProcessingStop]) -> tuple[StopView, ...]:
    """Each stop once, whatever number of records the person came with."""
    found = {
        (row.case_id, row.learner_id): StopView(
            row.case_id,
            row.learner_id,
            row.kind,
            tuple(row.purposes),
            row.placed_at.astimezone(LONDON).date(),
        )
        for row in rows
    }
    return tuple(found.values())
