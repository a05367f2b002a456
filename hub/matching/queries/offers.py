"""Selects of offers. With an actor, a foreign and a missing id are answered alike."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from hub.core.errors import NotFound
from hub.core.permissions import Actor, Role
from hub.infra.rows import scoped
from hub.infra.sight import open_to_the_hub, visible
from hub.matching.domain.offers import LIVE, OfferState
from hub.matching.models import (
    Enrolment,
    Offer,
    OfferHistory,
)

SEES_ALL = frozenset({Role.HUB_MANAGER, Role.ASSESSOR, Role.WORKER})


def offer(session: Session, offer_id: UUID) -> Offer | None:
    return session.scalar(visible(session, Offer).where(Offer.id == offer_id))


def offer_of(session: Session, offer_id: UUID, actor: Actor) -> Offer:
    """The offer, for its provider or for the hub; NotFound for anybody else's."""
    row = session.scalar(scoped(Offer, actor).where(Offer.id == offer_id))
    if row is None or actor.role not in {Role.PROVIDER, *SEES_ALL}:
        raise NotFound("There is no such offer.")
    return row


def locked_offer(session: Session, offer_id: UUID) -> Offer:
    """The offer, locked and read afresh; NotFound."""
    found = select(Offer).where(Offer.id == offer_id).with_for_update(key_share=True)
    row = session.scalar(found.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("There is no such offer.")
    return row


def offer_to_answer(session: Session, offer_id: UUID, actor: Actor) -> Offer:
    """The offer, locked, for its provider or for the hub; NotFound for anybody else's.

    What follows reaches further than a provider sees: from here on the transaction is the hub's.
    """
    found = scoped(Offer, actor).where(Offer.id == offer_id).with_for_update(key_share=True)
    row = session.scalar(found.execution_options(populate_existing=True))
    if row is None or actor.role not in {Role.PROVIDER, *SEES_ALL}:
        raise NotFound("There is no such offer.")
    open_to_the_hub(session)
    return row


def offers_of(session: Session, learner_ids: Collection[UUID]) -> Sequence[Offer]:
    """All offers of the learners, newest first."""
    found = select(Offer).where(Offer.learner_id.in_(list(learner_ids)))
    return session.scalars(found.order_by(Offer.made_at.desc(), Offer.id.desc())).all()


def offers_in(
    session: Session, states: Collection[OfferState], organisation_id: UUID | None = None
) -> Select[Offer]:
    """Offers in these states, of one provider or of all, oldest first."""
    found = visible(session, Offer).where(Offer.state.in_(list(states)))
    if organisation_id is not None:
        found = found.where(Offer.organisation_id == organisation_id)
    return found.order_by(Offer.made_at, Offer.id)


def count_offers(
    session: Session, states: Collection[OfferState], organisation_id: UUID | None = None
) -> int:
    found = visible(session, Offer).where(Offer.state.in_(list(states)))
    if organisation_id is not None:
        found = found.where(Offer.organisation_id == organisation_id)
    return session.scalar(found.with_only_columns(func.count())) or 0


def offers_after(
    session: Session, organisation_id: UUID | None, states: Collection[OfferState], marker: UUID | None
) -> Select[Offer]:
    """Offers by id, for paging through all of them."""
    found = visible(session, Offer).where(Offer.state.in_(list(states)))
    if organisation_id is not None:
        found = found.where(Offer.organisation_id == organisation_id)
    if marker is not None:
        found = found.where(Offer.id > marker)
    return found.order_by(Offer.id)


def live_of_learners(session: Session, learner_ids: Collection[UUID]) -> set[tuple[UUID, Any]]:
    """(learner, strand) of live offers."""
    found = select(Offer.learner_id, Offer.strand).where(
        Offer.learner_id.in_(list(learner_ids)), Offer.state.in_(LIVE)
    )
    return {(learner_id, strand) for learner_id, strand in session.execute(found)}


def live_where(session: Session, *conditions: Any) -> Sequence[Offer]:
    """Live offers that meet the conditions, locked, in the order of their class (as places are locked)."""
    found = select(Offer).where(Offer.state.in_(LIVE), *conditions).order_by(Offer.esol_class_id, Offer.id)
    return session.scalars(
        found.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).all()


def offers_of_round(session: Session, round_id: UUID) -> Sequence[Offer]:
    """A round's offers, locked, in the order of their class."""
    found = select(Offer).where(Offer.match_round_id == round_id).order_by(Offer.esol_class_id, Offer.id)
    return session.scalars(
        found.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).all()


def offers_of_records(session: Session, source_record_ids: Collection[UUID]) -> Sequence[Offer]:
    found = select(Offer).where(Offer.source_record_id.in_(list(source_record_ids)))
    return session.scalars(found.order_by(Offer.id).with_for_update(key_share=True)).all()


def duplicates_between(session: Session, learner_ids: Collection[UUID]) -> Sequence[Offer]:
    """Offers of these learners that a merge withdrew for one that is somebody else's now."""
    kept = aliased(Offer)
    found = (
        select(Offer)
        .join(kept, kept.id == Offer.duplicate_of_id)
        .where(
            Offer.learner_id.in_(list(learner_ids)),
            Offer.state_before_merge.is_not(None),
            kept.learner_id != Offer.learner_id,
        )
    )
    return session.scalars(found.order_by(Offer.id).with_for_update(of=Offer, key_share=True)).all()


def silent(session: Session, today: date, limit: int) -> Sequence[Offer]:
    """Offers whose provider has let the ceiling pass, skipping those another process works on."""
    found = select(Offer).where(Offer.state == OfferState.WITH_PROVIDER, Offer.provider_ceiling_on < today)
    return session.scalars(
        found.order_by(Offer.id).limit(limit).with_for_update(key_share=True, skip_locked=True)
    ).all()


def unanswered(session: Session, last_day: date, limit: int) -> Sequence[Offer]:
    """Offers with the learner to be answered by this day or an earlier one, in the order of their class.

    Not those that a person must look at first (a STOP).
    """
    found = select(Offer).where(
        Offer.state == OfferState.WITH_LEARNER, Offer.answer_by <= last_day, Offer.hold_reason.is_(None)
    )
    rows = (
        found.order_by(Offer.esol_class_id, Offer.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return session.scalars(rows).all()


def refused_classes(session: Session, learner_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """By learner: the classes that were offered and refused, by either side, or attended already."""
    wanted = list(learner_ids)
    offers = select(Offer.learner_id, Offer.esol_class_id).where(
        Offer.learner_id.in_(wanted),
        Offer.state.in_([OfferState.DECLINED_BY_LEARNER, OfferState.DECLINED_BY_PROVIDER]),
    )
    attended = select(Enrolment.learner_id, Enrolment.esol_class_id).where(Enrolment.learner_id.in_(wanted))
    found: dict[UUID, set[UUID]] = {}
    for learner_id, class_id in session.execute(offers.union(attended)):
        found.setdefault(learner_id, set()).add(class_id)
    return found


def offers_between(session: Session, start: datetime, end: datetime) -> Sequence[Offer]:
    """Offers made from `start` on and before `end`; nothing sealed is opened."""
    return session.scalars(select(Offer).where(Offer.made_at >= start, Offer.made_at < end)).all()


def offer_history(session: Session, offer_ids: Collection[UUID]) -> Sequence[OfferHistory]:
    found = visible(session, OfferHistory).where(OfferHistory.offer_id.in_(list(offer_ids)))
    return session.scalars(found.order_by(OfferHistory.at, OfferHistory.id)).all()


def silences(session: Session) -> dict[UUID, int]:
    """How often each provider let the ceiling pass."""
    rows = session.execute(
        select(Offer.organisation_id, func.count())
        .where(Offer.provider_silent)
        .group_by(Offer.organisation_id)
    )
    return {row[0]: row[1] for row in rows}
