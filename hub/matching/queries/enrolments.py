"""Selects of enrolments, attendance and notices about the end of sharing."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from hub.core.clock import LONDON
from hub.core.errors import NotFound
from hub.core.permissions import Actor, Role
from hub.infra.ages import Bounds, counts_by_age
from hub.infra.rows import scoped
from hub.infra.sight import open_to_the_hub, visible
from hub.matching.domain.enrolments import TAKES_PLACE, EnrolmentState
from hub.matching.models import (
    AttendanceWeek,
    Enrolment,
    EnrolmentHistory,
    SharingNotice,
)
from hub.matching.queries.offers import SEES_ALL

ENDED = frozenset(EnrolmentState) - TAKES_PLACE


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


def ages(session: Session, states: Collection[EnrolmentState], bounds: Bounds) -> tuple[int, int, int]:
    """Enrolments in these states: made since the first bound, since the second, before both."""
    found = visible(session, Enrolment).where(Enrolment.state.in_(list(states)))
    row = session.execute(found.with_only_columns(*counts_by_age(Enrolment.created_at, bounds))).one()
    return int(row[0]), int(row[1]), int(row[2])


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
