"""Selects of what happened while two people were one."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from hub.learners.domain.splitting import SplitKind
from hub.learners.models import LearningNeeds, SourceRecord, SplitItem


def corrections_since(
    session: Session, learner_ids: Collection[UUID], since: datetime
) -> Sequence[SourceRecord]:
    """Records of these learners that corrected an earlier one after `since`."""
    found = select(SourceRecord).where(
        SourceRecord.learner_id.in_(learner_ids),
        SourceRecord.amends_id.is_not(None),
        SourceRecord.created_at > since,
    )
    return session.scalars(found).all()


def needs_since(
    session: Session, learner_ids: Collection[UUID], since: datetime
) -> Sequence[Row[LearningNeeds, UUID]]:
    """(needs told after `since`, whose they are now)."""
    found = (
        select(LearningNeeds, SourceRecord.learner_id)
        .join(SourceRecord, SourceRecord.id == LearningNeeds.source_record_id)
        .where(SourceRecord.learner_id.in_(learner_ids), LearningNeeds.created_at > since)
    )
    return session.execute(found).all()


def locked_item(session: Session, item_id: UUID) -> SplitItem | None:
    found = select(SplitItem).where(SplitItem.id == item_id).with_for_update(key_share=True)
    return session.scalars(found.execution_options(populate_existing=True)).first()


def open_items(session: Session, decision_ids: Collection[UUID] | None = None) -> Sequence[SplitItem]:
    """What is still to be given to somebody, oldest first; of all partings, or of some."""
    found = select(SplitItem).where(SplitItem.settled_at.is_(None))
    if decision_ids is not None:
        found = found.where(SplitItem.decision_id.in_(decision_ids))
    return session.scalars(found.order_by(SplitItem.happened_at, SplitItem.id)).all()


def open_items_about(session: Session, learner_ids: Collection[UUID]) -> Sequence[SplitItem]:
    ids = list(learner_ids)
    found = select(SplitItem).where(
        SplitItem.settled_at.is_(None), or_(SplitItem.learner_id.in_(ids), SplitItem.other_id.in_(ids))
    )
    return session.scalars(found).all()


def moved_corrections(session: Session, home_learner_id: UUID) -> set[UUID]:
    """Corrections of a learner's record that were somebody else's and were given to them."""
    found = (
        select(SplitItem.row_id)
        .join(SourceRecord, SourceRecord.id == SplitItem.row_id)
        .where(
            SplitItem.kind == SplitKind.CONTACT,
            SplitItem.moved.is_(True),
            SourceRecord.home_learner_id == home_learner_id,
        )
    )
    return set(session.scalars(found))
