"""Selects of rounds, offers and enrolments. With an actor, a foreign and a missing id are answered alike.

Rows are locked with `key_share`: it keeps out other changes, and lets rows that point here be written, whose
foreign keys are checked under a key-share lock. A plain FOR UPDATE made two acts wait for each other.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from hub.core.clock import LONDON
from hub.core.errors import NotFound
from hub.core.permissions import Actor, Role
from hub.infra.rows import scoped
from hub.infra.sight import open_to_the_hub, visible
from hub.matching.domain.enrolments import TAKES_PLACE, EnrolmentState
from hub.matching.domain.offers import LIVE, OfferState
from hub.matching.domain.rounds import LineState, RoundKind, RoundState
from hub.matching.models import (
    AttendanceWeek,
    Enrolment,
    EnrolmentHistory,
    MatchClass,
    MatchLine,
    MatchRound,
    Offer,
    OfferHistory,
    SharingNotice,
    Vacancy,
)

SEES_ALL = frozenset({Role.HUB_MANAGER, Role.ASSESSOR, Role.WORKER})
ENDED = frozenset(EnrolmentState) - TAKES_PLACE
_RELEASES = 7_113_264_001  # advisory lock: one release or undo at a time, so that no two wait for each other


def lock_releases(session: Session) -> None:
    session.execute(select(func.pg_advisory_xact_lock(_RELEASES)))


# ---------------------------------------------------------------- rounds


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


# ---------------------------------------------------------------- vacancies


def open_vacancies(session: Session, *, for_update: bool = False) -> Sequence[Vacancy]:
    found = select(Vacancy).where(Vacancy.closed_at.is_(None)).order_by(Vacancy.opened_at, Vacancy.id)
    return session.scalars(found.with_for_update(key_share=True) if for_update else found).all()


# ---------------------------------------------------------------- offers


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


# ---------------------------------------------------------------- enrolments


def enrolment_to_change(session: Session, enrolment_id: UUID, actor: Actor) -> Enrolment:
    """The enrolment, locked, for its provider or the hub; NotFound for anybody else's."""
    found = scoped(Enrolment, actor).where(Enrolment.id == enrolment_id).with_for_update(key_share=True)
    row = session.scalar(found.execution_options(populate_existing=True))
    if row is None or actor.role not in {Role.PROVIDER, *SEES_ALL}:
        raise NotFound("There is no such enrolment.")
    open_to_the_hub(session)
    return row


def enrolment(session: Session, enrolment_id: UUID, actor: Actor) -> Enrolment:
    """The enrolment, for its provider or the hub; NotFound for anybody else's."""
    row = session.scalar(scoped(Enrolment, actor).where(Enrolment.id == enrolment_id))
    if row is None or actor.role not in {Role.PROVIDER, *SEES_ALL}:
        raise NotFound("There is no such enrolment.")
    return row


def enrolments(
    session: Session, states: Collection[EnrolmentState], organisation_id: UUID | None = None
) -> Select[Enrolment]:
    """Enrolments in these states, of one provider or of all, by first day."""
    found = visible(session, Enrolment).where(Enrolment.state.in_(list(states)))
    if organisation_id is not None:
        found = found.where(Enrolment.organisation_id == organisation_id)
    return found.order_by(Enrolment.expected_on, Enrolment.esol_class_id, Enrolment.id)


def count_enrolments(
    session: Session, states: Collection[EnrolmentState], organisation_id: UUID | None = None
) -> int:
    found = visible(session, Enrolment).where(Enrolment.state.in_(list(states)))
    if organisation_id is not None:
        found = found.where(Enrolment.organisation_id == organisation_id)
    return session.scalar(found.with_only_columns(func.count())) or 0


def enrolments_of(session: Session, learner_ids: Collection[UUID]) -> Sequence[Enrolment]:
    """All enrolments of the learners, newest first."""
    found = select(Enrolment).where(Enrolment.learner_id.in_(list(learner_ids)))
    return session.scalars(found.order_by(Enrolment.created_at.desc(), Enrolment.id.desc())).all()


def learners_with_place(session: Session) -> dict[UUID, bool]:
    now = func.bool_or(Enrolment.state.in_(list(TAKES_PLACE)))
    rows = session.execute(select(Enrolment.learner_id, now).group_by(Enrolment.learner_id))
    return {learner_id: bool(has) for learner_id, has in rows}


def enrolments_of_offers(session: Session, offer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Offer -> enrolment."""
    found = visible(session, Enrolment).where(Enrolment.offer_id.in_(list(offer_ids)))
    rows = session.execute(found.with_only_columns(Enrolment.offer_id, Enrolment.id))
    return {row[0]: row[1] for row in rows}


def current_where(session: Session, *conditions: Any) -> Sequence[Enrolment]:
    """Enrolments that take a place and meet the conditions, locked, in the order of their class."""
    found = select(Enrolment).where(Enrolment.state.in_(TAKES_PLACE), *conditions)
    rows = found.order_by(Enrolment.esol_class_id, Enrolment.id).with_for_update(key_share=True)
    return session.scalars(rows.execution_options(populate_existing=True)).all()


def enrolments_of_records(session: Session, source_record_ids: Collection[UUID]) -> Sequence[Enrolment]:
    found = select(Enrolment).where(Enrolment.source_record_id.in_(list(source_record_ids)))
    return session.scalars(found.order_by(Enrolment.id).with_for_update(key_share=True)).all()


def enrolments_between(session: Session, start: datetime, end: datetime) -> Sequence[Enrolment]:
    """Enrolments made from `start` on and before `end`, and those that started in between."""
    made = and_(Enrolment.created_at >= start, Enrolment.created_at < end)
    first, last = (moment.astimezone(LONDON).date() for moment in (start, end))
    started = and_(Enrolment.started_on >= first, Enrolment.started_on < last)
    return session.scalars(select(Enrolment).where(or_(made, started))).all()


def enrolment_history(session: Session, enrolment_ids: Collection[UUID]) -> Sequence[EnrolmentHistory]:
    found = visible(session, EnrolmentHistory).where(EnrolmentHistory.enrolment_id.in_(list(enrolment_ids)))
    return session.scalars(found.order_by(EnrolmentHistory.at, EnrolmentHistory.id)).all()


def attendance(session: Session, enrolment_ids: Collection[UUID]) -> Sequence[AttendanceWeek]:
    """Weeks of many enrolments, oldest first."""
    found = visible(session, AttendanceWeek).where(AttendanceWeek.enrolment_id.in_(list(enrolment_ids)))
    return session.scalars(found.order_by(AttendanceWeek.enrolment_id, AttendanceWeek.week_on)).all()


def attendance_week(session: Session, enrolment_id: UUID, week_on: date) -> AttendanceWeek | None:
    return session.get(AttendanceWeek, (enrolment_id, week_on))


def notice(session: Session, notice_id: UUID) -> SharingNotice | None:
    """One notice that sharing has ended, locked."""
    return session.scalars(
        visible(session, SharingNotice).where(SharingNotice.id == notice_id).with_for_update(key_share=True)
    ).first()


def open_notices(session: Session, enrolment_ids: Collection[UUID]) -> Sequence[SharingNotice]:
    """Notices about these enrolments that wait for an answer, locked."""
    found = visible(session, SharingNotice).where(
        SharingNotice.enrolment_id.in_(list(enrolment_ids)), SharingNotice.acknowledged_at.is_(None)
    )
    return session.scalars(found.with_for_update(key_share=True)).all()


def notices(
    session: Session, organisation_id: UUID | None, limit: int = 200
) -> Sequence[Row[SharingNotice, Enrolment]]:
    """Notices to one provider, or to all, with their enrolments: those that wait first, then the newest."""
    joined = visible(session, SharingNotice).join(Enrolment, Enrolment.id == SharingNotice.enrolment_id)
    found = joined.add_columns(Enrolment)
    if organisation_id is not None:
        found = found.where(SharingNotice.organisation_id == organisation_id)
    waiting_first = (SharingNotice.acknowledged_at.is_not(None), SharingNotice.told_at.desc())
    return session.execute(found.order_by(*waiting_first, SharingNotice.id).limit(limit)).all()
