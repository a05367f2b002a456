"""Offers and enrolments of a stretch of time, for statistics: no learner, nothing sealed."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.matching import queries
from hub.matching.domain.offers import OfferState


@dataclass(frozen=True, slots=True)
class OfferFigure:
    """What became of an offer. `reason`: of the learner or the hub; `provider_reason`: of the provider."""

    organisation_id: UUID
    state: OfferState
    made_at: datetime
    provider_answered_at: datetime | None
    provider_silent: bool
    provider_reason: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class EnrolmentFigure:
    """A place taken, and the first day attended, if any."""

    case_id: UUID | None
    created_at: datetime
    started_on: date | None


def offers_made_between(session: Session, start: datetime, end: datetime) -> list[OfferFigure]:
    """Offers made from `start` on and before `end`, as they stand now."""
    return [
        OfferFigure(
            row.organisation_id, row.state, row.made_at, row.provider_answered_at, row.provider_silent,
            row.provider_reason, row.reason,
        )
        for row in queries.offers_between(session, start, end)
    ]  # fmt: skip


def enrolments_between(session: Session, start: datetime, end: datetime) -> list[EnrolmentFigure]:
    """Enrolments made, or started, from `start` on and before `end`."""
    rows = queries.enrolments_between(session, start, end)
    return [EnrolmentFigure(row.case_id, row.created_at, row.started_on) for row in rows]
