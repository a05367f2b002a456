"""Suggested pairs, decisions, and what is still to be split: for pages of the hub only."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from hub.learners import queries
from hub.learners.domain.merging import DecisionView, LinkAction, PairView
from hub.learners.domain.scoring import reason_words, stored_comparison
from hub.learners.domain.splitting import SplitKind, SplitView
from hub.learners.domain.zones import SwitchView
from hub.learners.models import DuplicatePair, SplitItem
from hub.learners.queries import deciding, splitting


def duplicate_pairs(session: Session, limit: int | None = 500, *, low: bool = False) -> list[PairView]:
    """The suggested pairs still to be decided, likeliest first; pairs that ask the same question only once.

    `low`: the band below the review zone, those drawn for a look first.
    """
    found: dict[frozenset[UUID], PairView] = {}
    for row, left_id, right_id in deciding.open_pairs(session, limit, low=low):
        found.setdefault(frozenset({left_id, right_id}), pair_view(row, left_id, right_id))
    return list(found.values())


def pair_view(row: DuplicatePair, left_id: UUID, right_id: UUID) -> PairView:
    """A pair as the pages show it."""
    return PairView(
        id=row.id,
        left_id=left_id,
        right_id=right_id,
        reasons=_words(row.reasons),
        since=row.created_at,
        version=row.version,
        comparison=stored_comparison(row.score, row.zone, row.parts, row.model_version),
        held_because=row.held_because,
        sampled_on=row.sampled_on,
    )


def duplicate_pair(session: Session, pair_id: UUID) -> tuple[PairView, str] | None:
    """A pair and what was decided about it (`open`, `same`, `different`)."""
    row = deciding.pair(session, pair_id)
    if row is None:
        return None
    pair, left_id, right_id = row
    return pair_view(pair, left_id, right_id), str(pair.decision)


def count_duplicate_pairs(session: Session) -> int:
    """How many suggestions wait: the badge on the hub's navigation."""
    return deciding.count_open_pairs(session)


def count_low_pairs(session: Session) -> tuple[int, int]:
    """(pairs of the low band that are open, those of them drawn for a look)."""
    return deciding.count_low_pairs(session)


def suspected_of(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """For each learner with open suggestions, whom they may be: for hub staff only."""
    wanted = queries.survivors(session, ids)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for _, left_id, right_id in deciding.open_pairs(session):
        found[left_id].add(right_id)
        found[right_id].add(left_id)
    return {asked: tuple(sorted(found[now])) for asked, now in wanted.items() if now in found}


def decisions(session: Session, limit: int = 100) -> list[DecisionView]:
    """'One person' and 'different people' that stand, newest first."""
    return [
        DecisionView(
            id=row.id,
            action=LinkAction(row.action),
            kept_id=row.person_id,
            lost_id=lost_id,
            decided_by=row.decided_by,
            reason=row.reason,
            score=row.score,
            at=row.at,
        )
        for row, lost_id in deciding.standing_decisions(session, limit)
    ]


def last_decision_of(session: Session, user_id: UUID) -> UUID | None:
    """The newest decision of a person that still stands: what `undo the last` takes back."""
    return deciding.last_decision_of(session, user_id)


def is_decision(session: Session, decision_id: UUID) -> bool:
    """Whether such a decision was ever made."""
    return deciding.decision(session, decision_id) is not None


def pair_of_decision(session: Session, decision_id: UUID) -> UUID | None:
    """A pair that this decision settled, to show it again after the decision was taken back."""
    rows = deciding.pairs_decided_by(session, decision_id)
    return rows[0].id if rows else None


def switches(session: Session, limit: int = 20) -> list[SwitchView]:
    """When automatic linking was switched on and off, newest first."""
    return [
        SwitchView(
            row.is_on, row.reason, row.model_version, row.decided, row.errors, row.changed_by, row.changed_at
        )
        for row in deciding.switches(session, limit)
    ]


def splits(session: Session, decision_id: UUID) -> list[SplitView]:
    """What is still to be given to one of two people who were one record, oldest first."""
    return [split_view(row) for row in splitting.open_items(session, [decision_id])]


def open_splits(session: Session) -> dict[UUID, list[SplitView]]:
    """The same for every parting that left something open, where the two are not one again."""
    rows = splitting.open_items(session)
    now = queries.survivors(session, {one for row in rows for one in (row.learner_id, row.other_id)})
    found: dict[UUID, list[SplitView]] = defaultdict(list)
    for row in rows:
        if now[row.learner_id] != now[row.other_id]:
            found[row.decision_id].append(split_view(row))
    return dict(found)


def split_view(row: SplitItem) -> SplitView:
    """One thing to give to one of two."""
    return SplitView(
        row.id,
        row.decision_id,
        SplitKind(row.kind),
        row.row_id,
        row.happened_at,
        row.learner_id,
        row.other_id,
    )


def _words(reasons: Iterable[str]) -> tuple[str, ...]:
    """Reasons in words; pairs older than the scorer hold the kinds of the keys they shared."""
    return tuple(OLD_REASONS[code] if code in OLD_REASONS else reason_words(code) for code in reasons)


OLD_REASONS = {"PH": "same phone", "EM": "same email", "DN": "same name and date of birth"}
