"""Referrals of a stretch of time, for statistics: no learner."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.referrals import queries
from hub.referrals.domain import Channel, Source


@dataclass(frozen=True, slots=True)
class ReferralFigure:
    """Where a referral came from, and through which door."""

    source: Source
    channel: Channel


def submitted_between(session: Session, start: datetime, end: datetime) -> list[ReferralFigure]:
    """Referrals that came from `start` on and before `end`; their sources are opened, so never shown by name."""
    rows = queries.submitted_between(session, start, end)
    return [ReferralFigure(Source(row.source or Source.OTHER), row.channel) for row in rows]


def submitted_at(session: Session, case_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When each case was referred."""
    return {row.id: row.submitted_at for row in queries.referrals_by_id(session, case_ids)}
