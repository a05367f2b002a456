"""Where a referral stands as its referrer may be told; joined referrals never look like it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from hub.learners import reads as learners
from hub.referrals import queries
from hub.referrals.domain import Outcome, ReferralState, Survivor, public_state
from hub.referrals.models import Referral


@dataclass(frozen=True, slots=True)
class Standing:
    """The public state and, where it is closed, how it ended."""

    state: ReferralState
    outcome: Outcome | None


def public_standing(session: Session, referrals: Iterable[Referral]) -> dict[UUID, Standing]:
    """The public standing of each, in bulk: one more query only where there are duplicates."""
    rows = list(referrals)
    wanted = {row.duplicate_of_id for row in rows if row.outcome is Outcome.DUPLICATE and row.duplicate_of_id}
    joined = {row.learner_id for row in rows if row.duplicate_of_id in wanted}
    with learners.alone(
        session, joined
    ):  # the other referral may be another organisation's; nothing of it is told
        survivors = {row.id: row for row in queries.referrals_by_id(session, wanted)}
    return {row.id: Standing(*_public(row, survivors)) for row in rows}


def _public(row: Referral, survivors: dict[UUID, Referral]) -> tuple[ReferralState, Outcome | None]:
    kept = survivors.get(row.duplicate_of_id) if row.duplicate_of_id else None
    if kept is None or row.closed_at is None:
        return public_state(row.state, row.outcome)
    survivor = Survivor(kept.state, kept.outcome, kept.moved_at > row.closed_at)
    return public_state(row.state, row.outcome, survivor)
