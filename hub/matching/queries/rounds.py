"""Selects of rounds, their classes and lines, and vacancies."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from hub.core.errors import NotFound
from hub.infra.sight import visible
from hub.matching.domain.offers import LIVE
from hub.matching.domain.rounds import LineState, RoundKind, RoundState
from hub.matching.models import (
    MatchClass,
    MatchLine,
    MatchRound,
    Offer,
    Vacancy,
)

_RELEASES = 7_113_264_001  # advisory lock: one release or undo at a time, so that no two wait for each other


def lock_releases(session: Session) -> None:
    session.execute(select(func.pg_advisory_xact_lock(_RELEASES)))


def rounds(session: Session, limit: int = 50) -> Sequence[MatchRound]:
    """Rounds, newest first."""
    found = select(MatchRound).order_by(MatchRound.created_at.desc(), MatchRound.id.desc()).limit(limit)
    return session.scalars(found).all()


def match_round(session: Session, round_id: UUID, *, for_update: bool = False) -> MatchRound:
    found = visible(session, MatchRound).where(MatchRound.id == round_id)
    if for_update:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = session.scalar(found)
    if row is None:
        raise NotFound("There is no such round.")
    return row


def previews(session: Session, kind: RoundKind) -> Sequence[MatchRound]:
    """Previews that were not released, locked."""
    found = select(MatchRound).where(MatchRound.state == RoundState.PREVIEWED, MatchRound.kind == kind)
    return session.scalars(found.order_by(MatchRound.id).with_for_update(key_share=True)).all()


def newest_round(session: Session, kind: RoundKind, *, released: bool) -> MatchRound | None:
    found = select(MatchRound).where(MatchRound.kind == kind)
    if released:
        found = found.where(MatchRound.released_at.is_not(None), MatchRound.state != RoundState.UNDONE)
    return session.scalar(found.order_by(MatchRound.created_at.desc(), MatchRound.id.desc()).limit(1))


def round_before(session: Session, row: MatchRound) -> MatchRound | None:
    """The newest earlier round of the same kind."""
    found = select(MatchRound).where(
        MatchRound.kind == row.kind, MatchRound.id != row.id, MatchRound.created_at <= row.created_at
    )
    return session.scalar(found.order_by(MatchRound.created_at.desc(), MatchRound.id.desc()).limit(1))


def round_classes(session: Session, round_id: UUID) -> Sequence[MatchClass]:
    return session.scalars(visible(session, MatchClass).where(MatchClass.match_round_id == round_id)).all()


def lines(
    session: Session, round_id: UUID, ids: Collection[UUID] | None = None, *, for_update: bool = False
) -> Sequence[MatchLine]:
    """Lines of a round, all or those named, in the order of their names there."""
    found = visible(session, MatchLine).where(MatchLine.match_round_id == round_id).order_by(MatchLine.key)
    if ids is not None:
        found = found.where(MatchLine.id.in_(list(ids)))
    if for_update:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(found).all()


def line_of_learner(session: Session, round_id: UUID, learner_ids: Collection[UUID]) -> Sequence[MatchLine]:
    found = select(MatchLine).where(
        MatchLine.match_round_id == round_id, MatchLine.learner_id.in_(list(learner_ids))
    )
    return session.scalars(found.order_by(MatchLine.key)).all()


def line_counts(session: Session, round_ids: Collection[UUID]) -> dict[UUID, dict[LineState, int]]:
    """Lines by state, for many rounds."""
    wanted = visible(session, MatchLine).where(MatchLine.match_round_id.in_(list(round_ids)))
    counted = wanted.with_only_columns(MatchLine.match_round_id, MatchLine.state, func.count())
    rows = session.execute(counted.group_by(MatchLine.match_round_id, MatchLine.state))
    found: dict[UUID, dict[LineState, int]] = {}
    for round_id, state, count in rows:
        found.setdefault(round_id, {})[state] = count
    return found


def finished_rounds(session: Session) -> Sequence[MatchRound]:
    """Released rounds whose offers have all been answered or ended, locked."""
    open_offer = exists().where(Offer.match_round_id == MatchRound.id, Offer.state.in_(LIVE))
    found = select(MatchRound).where(MatchRound.state == RoundState.RELEASED, ~open_offer)
    return session.scalars(
        found.order_by(MatchRound.id).with_for_update(key_share=True, skip_locked=True)
    ).all()


def open_vacancies(session: Session, *, for_update: bool = False) -> Sequence[Vacancy]:
    found = select(Vacancy).where(Vacancy.closed_at.is_(None)).order_by(Vacancy.opened_at, Vacancy.id)
    return session.scalars(found.with_for_update(key_share=True) if for_update else found).all()
