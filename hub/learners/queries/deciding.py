"""Selects of suggested pairs and of what was decided about them."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from hub.learners.domain.merging import LinkAction
from hub.learners.domain.pairs import PairDecision
from hub.learners.domain.scoring import Zone
from hub.learners.models import AutomaticLinking, DuplicatePair, LinkDecision, SourceRecord

_DECISIONS = 0x4C494E4B  # "LINK"


def lock_decisions(session: Session) -> None:
    """One decision about people at a time, until the commit: they are few, and each may touch whole trees."""
    session.execute(select(func.pg_advisory_xact_lock(_DECISIONS)))


def pairs_between(
    session: Session, left: Collection[UUID], right: Collection[UUID], decision: PairDecision | None = None
) -> Sequence[DuplicatePair]:
    """The pairs with one learner in `left` and one in `right`, locked."""
    one_way = and_(DuplicatePair.left_id.in_(list(left)), DuplicatePair.right_id.in_(list(right)))
    other_way = and_(DuplicatePair.left_id.in_(list(right)), DuplicatePair.right_id.in_(list(left)))
    found = select(DuplicatePair).where(or_(one_way, other_way))
    if decision is not None:
        found = found.where(DuplicatePair.decision == decision)
    found = (
        found.order_by(DuplicatePair.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(found).all()


def _now_of(pairs: Select[DuplicatePair]) -> Select[DuplicatePair, UUID, UUID]:
    left, right = aliased(SourceRecord), aliased(SourceRecord)
    return (
        pairs.join(left, and_(left.home_learner_id == DuplicatePair.left_id, left.amends_id.is_(None)))
        .join(right, and_(right.home_learner_id == DuplicatePair.right_id, right.amends_id.is_(None)))
        .add_columns(left.learner_id, right.learner_id)
    )


def pairs_known(session: Session, wanted: Sequence[tuple[UUID, UUID]]) -> set[frozenset[UUID]]:
    """Which of these pairs of home ids were suggested before, or told apart, or are one person, by any record.

    Two queries for any number of pairs.
    """
    ids = {one for pair in wanted for one in pair}
    now = dict(session.execute(_survivor_of().where(SourceRecord.home_learner_id.in_(ids))).all())
    suggested: set[frozenset[UUID]] = set()
    asked_now: set[frozenset[UUID]] = set()
    for left_id, right_id, left_now, right_now in session.execute(_pairs_about(ids, set(now.values()))):
        suggested.add(frozenset({left_id, right_id}))
        asked_now.add(frozenset({left_now, right_now}))
    return {
        frozenset(pair)
        for pair in wanted
        if frozenset(pair) in suggested
        or now.get(pair[0], pair[0]) == now.get(pair[1], pair[1])
        or frozenset({now.get(one, one) for one in pair}) in asked_now
    }


def _pairs_about(ids: Collection[UUID], survivors: Collection[UUID]) -> Select[UUID, UUID, UUID, UUID]:
    """(left, right, whom each is now) of pairs suggested among `ids` or told apart from one of the survivors."""
    left, right = aliased(SourceRecord), aliased(SourceRecord)
    return (
        select(DuplicatePair.left_id, DuplicatePair.right_id, left.learner_id, right.learner_id)
        .join(left, and_(left.home_learner_id == DuplicatePair.left_id, left.amends_id.is_(None)))
        .join(right, and_(right.home_learner_id == DuplicatePair.right_id, right.amends_id.is_(None)))
        .where(
            or_(left.learner_id.in_(survivors), right.learner_id.in_(survivors)),
            or_(
                DuplicatePair.decision == PairDecision.DIFFERENT,
                and_(DuplicatePair.left_id.in_(ids), DuplicatePair.right_id.in_(ids)),
            ),
        )
    )


def _survivor_of() -> Select[UUID, UUID]:
    return select(SourceRecord.home_learner_id, SourceRecord.learner_id).where(
        SourceRecord.amends_id.is_(None)
    )


def open_pairs(
    session: Session, limit: int | None = None, *, low: bool = False
) -> Sequence[Row[DuplicatePair, UUID, UUID]]:
    """(pair, left now, right now) still to be decided, the likeliest first; `low`: the band that is only sampled."""
    found = _now_of(select(DuplicatePair)).where(
        DuplicatePair.decision == PairDecision.OPEN, _in_band(low=low)
    )
    order = (
        DuplicatePair.sampled_on.desc().nulls_last(),
        DuplicatePair.score.desc().nulls_last(),
        DuplicatePair.created_at,
        DuplicatePair.id,
    )
    return session.execute(found.order_by(*order[0 if low else 1 :]).limit(limit)).all()


def _in_band(*, low: bool) -> ColumnElement[bool]:
    is_low = func.coalesce(DuplicatePair.zone == Zone.NEW, false())
    return is_low if low else ~is_low


def pair(session: Session, pair_id: UUID) -> Row[DuplicatePair, UUID, UUID] | None:
    return session.execute(_now_of(select(DuplicatePair)).where(DuplicatePair.id == pair_id)).first()


def count_open_pairs(session: Session) -> int:
    """How many questions wait: pairs that ask about the same two learners count once."""
    found = _now_of(select(DuplicatePair)).where(
        DuplicatePair.decision == PairDecision.OPEN, _in_band(low=False)
    )
    open_now = found.subquery()
    left, right = list(open_now.c)[-2:]
    asked = select(func.least(left, right), func.greatest(left, right)).distinct().subquery()
    return session.scalar(select(func.count()).select_from(asked)) or 0


def count_low_pairs(session: Session) -> tuple[int, int]:
    """(pairs of the low band that are open, those of them drawn for a look)."""
    row = session.execute(
        select(func.count(), func.count(DuplicatePair.sampled_on)).where(
            DuplicatePair.decision == PairDecision.OPEN, _in_band(low=True)
        )
    ).one()
    return row[0], row[1]


def low_pairs_unseen(session: Session, limit: int) -> Sequence[DuplicatePair]:
    """Pairs of the low band that nobody was asked about, in no foreseeable order."""
    found = select(DuplicatePair).where(
        DuplicatePair.decision == PairDecision.OPEN, _in_band(low=True), DuplicatePair.sampled_on.is_(None)
    )
    return session.scalars(found.order_by(func.random()).limit(limit).with_for_update(skip_locked=True)).all()


def automatic_pairs(session: Session, model_version: str, limit: int) -> Sequence[UUID]:
    """Open pairs of the automatic zone of this model that nothing keeps for a person, oldest first."""
    found = select(DuplicatePair.id).where(
        DuplicatePair.decision == PairDecision.OPEN,
        DuplicatePair.zone == Zone.AUTO,
        DuplicatePair.model_version == model_version,
        DuplicatePair.held_because.is_(None),
    )
    return session.scalars(found.order_by(DuplicatePair.created_at, DuplicatePair.id).limit(limit)).all()


def sampled_since(session: Session, day: date) -> bool:
    """Whether pairs of the low band were drawn on a day or later."""
    found = select(DuplicatePair.id).where(DuplicatePair.sampled_on >= day)
    return session.scalar(found.limit(1)) is not None


def _still_stands() -> ColumnElement[bool]:
    undone = aliased(LinkDecision)
    return ~exists().where(undone.supersedes_id == LinkDecision.id)


def _decided() -> Select[LinkDecision, UUID]:
    """Decisions with the learner whose record it was."""
    return select(LinkDecision, SourceRecord.home_learner_id).join(
        SourceRecord, SourceRecord.id == LinkDecision.source_record_id
    )


def standing_decisions(session: Session, limit: int) -> Sequence[Row[LinkDecision, UUID]]:
    """(decision, the learner joined or told apart) that nobody has undone, newest first."""
    found = _decided().where(LinkDecision.action != LinkAction.UNLINK, _still_stands())
    return session.execute(found.order_by(LinkDecision.at.desc(), LinkDecision.id.desc()).limit(limit)).all()


def last_decision_of(session: Session, user_id: UUID) -> UUID | None:
    """The newest decision of a person that still stands."""
    found = select(LinkDecision.id).where(
        LinkDecision.decided_by == user_id, LinkDecision.action != LinkAction.UNLINK, _still_stands()
    )
    return session.scalar(found.order_by(LinkDecision.at.desc(), LinkDecision.id.desc()).limit(1))


_undoing = aliased(LinkDecision)


def evidence(session: Session, model_version: str) -> tuple[int, int, int]:
    """(all decisions of people, those about the automatic zone of this model, the errors in that zone).

    What was taken back counts once, by the decision that replaced it; a link that the hub made by itself and
    that a person undid is an error, for a person has said so.
    """
    zone = LinkDecision.weights_json["zone"].astext == Zone.AUTO.value
    under = and_(zone, LinkDecision.model_version == model_version)
    said = LinkDecision.action != LinkAction.UNLINK
    by_person = and_(said, LinkDecision.decided_by.is_not(None), _still_stands())
    wrong = and_(LinkDecision.action == LinkAction.REJECT, _still_stands())
    undone_by_person = exists().where(
        _undoing.supersedes_id == LinkDecision.id, _undoing.decided_by.is_not(None)
    )
    by_itself = and_(
        LinkDecision.action == LinkAction.LINK, LinkDecision.decided_by.is_(None), undone_by_person
    )
    row = session.execute(
        select(
            func.count().filter(by_person),
            func.count().filter(and_(by_person, under)),
            func.count().filter(and_(or_(wrong, by_itself), under)),
        ).select_from(LinkDecision)
    ).one()
    return row[0], row[1], row[2]


def switches(session: Session, limit: int) -> Sequence[AutomaticLinking]:
    """When automatic linking was switched, newest first."""
    found = select(AutomaticLinking).order_by(AutomaticLinking.changed_at.desc(), AutomaticLinking.id.desc())
    return session.scalars(found.limit(limit)).all()


def still_stands(session: Session, decision_id: UUID) -> bool:
    """Whether nobody has undone this decision."""
    return session.scalar(select(LinkDecision.id).where(LinkDecision.supersedes_id == decision_id)) is None


def locked_pair(session: Session, pair_id: UUID) -> DuplicatePair | None:
    found = select(DuplicatePair).where(DuplicatePair.id == pair_id).with_for_update(key_share=True)
    return session.scalars(found.execution_options(populate_existing=True)).first()


def pairs_decided_by(session: Session, decision_id: UUID) -> Sequence[DuplicatePair]:
    found = select(DuplicatePair).where(DuplicatePair.decision_id == decision_id).order_by(DuplicatePair.id)
    return session.scalars(
        found.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).all()


def decision(session: Session, decision_id: UUID) -> Row[LinkDecision, UUID] | None:
    """(decision, the learner joined or told apart)."""
    return session.execute(_decided().where(LinkDecision.id == decision_id)).first()


def first_record_of(session: Session, home_learner_id: UUID) -> UUID:
    """The source record that a learner came with."""
    found = select(SourceRecord.id).where(
        SourceRecord.home_learner_id == home_learner_id, SourceRecord.amends_id.is_(None)
    )
    return session.execute(found).scalar_one()
