"""Selects of cases, copies, notices, holds and breaches."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from hub.core.errors import NotFound
from hub.core.permissions import Actor
from hub.infra.rows import scoped
from hub.infra.sight import visible
from hub.rights.domain.cases import CaseKind, CaseState
from hub.rights.models import (
    DataBreach,
    LegalHold,
    RetentionNotice,
    RightsCase,
    RightsEvent,
    RightsNotice,
    RightsPackage,
)

MOST_SHOWN = 500


def case(session: Session, case_id: UUID, *, lock: bool = False) -> RightsCase:
    """One case; NotFound."""
    found = select(RightsCase).where(RightsCase.id == case_id)
    if lock:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = session.scalars(found).first()
    if row is None:
        raise NotFound("There is no such case.")
    return row


def cases(open_only: bool) -> Select[RightsCase]:
    """Open cases, those received first at the top; or all, the newest first."""
    found = select(RightsCase).limit(MOST_SHOWN)
    if open_only:
        return found.where(RightsCase.state != CaseState.CLOSED).order_by(
            RightsCase.received_on, RightsCase.id
        )
    return found.order_by(RightsCase.made_at.desc(), RightsCase.id.desc())


def cases_of(session: Session, learner_ids: Collection[UUID]) -> Sequence[RightsCase]:
    """A person's cases, newest first."""
    found = select(RightsCase).where(RightsCase.learner_id.in_(list(learner_ids)))
    return session.scalars(found.order_by(RightsCase.made_at.desc(), RightsCase.id.desc())).all()


def open_cases_of(
    session: Session, learner_ids: Collection[UUID], kind: CaseKind | None = None
) -> Sequence[RightsCase]:
    found = select(RightsCase).where(
        RightsCase.learner_id.in_(list(learner_ids)), RightsCase.state != CaseState.CLOSED
    )
    if kind is not None:
        found = found.where(RightsCase.kind == kind)
    return session.scalars(found.order_by(RightsCase.id)).all()


def closed_before(session: Session, day: date, limit: int) -> Sequence[RightsCase]:
    """Closed cases whose words are still there although their time is over."""
    found = select(RightsCase).where(RightsCase.closed_at < day, RightsCase.wiped_at.is_(None))
    return session.scalars(found.order_by(RightsCase.closed_at).limit(limit)).all()


def erasures_due(session: Session, today: date) -> Sequence[RightsCase]:
    found = select(RightsCase).where(RightsCase.state == CaseState.DECIDED, RightsCase.erase_on <= today)
    return session.scalars(found.order_by(RightsCase.id)).all()


def events_of(session: Session, case_id: UUID) -> Sequence[RightsEvent]:
    found = select(RightsEvent).where(RightsEvent.case_id == case_id)
    return session.scalars(found.order_by(RightsEvent.at, RightsEvent.id)).all()


def package_of(session: Session, case_id: UUID, *, lock: bool = False) -> RightsPackage | None:
    found = select(RightsPackage).where(RightsPackage.case_id == case_id)
    if lock:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(found).first()


def packages_over(session: Session, today: date, limit: int) -> Sequence[RightsPackage]:
    found = select(RightsPackage).where(RightsPackage.expires_on < today).order_by(RightsPackage.expires_on)
    return session.scalars(found.limit(limit)).all()


def notices_of(session: Session, case_id: UUID) -> Sequence[RightsNotice]:
    return session.scalars(select(RightsNotice).where(RightsNotice.case_id == case_id)).all()


def notice(session: Session, notice_id: UUID, actor: Actor) -> RightsNotice:
    """A notice to the actor's own organisation; NotFound for any other."""
    row = session.scalar(scoped(RightsNotice, actor).where(RightsNotice.id == notice_id))
    if row is None or row.organisation_id != actor.organisation_id:
        raise NotFound("There is no such notice.")
    return row


def notices_to(session: Session, organisation_id: UUID) -> Sequence[RightsNotice]:
    """What an organisation was told, what it has not confirmed first."""
    found = visible(session, RightsNotice).where(RightsNotice.organisation_id == organisation_id)
    order = RightsNotice.acknowledged_at.is_not(None), RightsNotice.told_at.desc()
    return session.scalars(found.order_by(*order).limit(MOST_SHOWN)).all()


def hold(session: Session, hold_id: UUID) -> LegalHold:
    row = session.scalars(
        select(LegalHold).where(LegalHold.id == hold_id).with_for_update(key_share=True)
    ).first()
    if row is None:
        raise NotFound("There is no such hold.")
    return row


def holds(session: Session) -> Sequence[LegalHold]:
    """Standing holds, the next to look at first; then those lifted, newest first."""
    order = LegalHold.lifted_at.is_not(None), LegalHold.lifted_at.desc(), LegalHold.review_on
    return session.scalars(select(LegalHold).order_by(*order).limit(MOST_SHOWN)).all()


def held(session: Session, learner_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these learners on whom a hold stands."""
    found = select(LegalHold.learner_id).where(
        LegalHold.learner_id.in_(list(learner_ids)), LegalHold.lifted_at.is_(None)
    )
    return set(session.scalars(found))


def breach(session: Session, breach_id: UUID) -> DataBreach:
    found = select(DataBreach).where(DataBreach.id == breach_id).with_for_update(key_share=True)
    row = session.scalars(found.execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound("There is no such breach.")
    return row


def breaches(session: Session) -> Sequence[DataBreach]:
    """Open ones first, then the newest."""
    order = DataBreach.closed_at.is_not(None), DataBreach.aware_at.desc()
    return session.scalars(select(DataBreach).order_by(*order).limit(MOST_SHOWN)).all()


def breaches_closed_before(session: Session, day: date, limit: int) -> Sequence[DataBreach]:
    found = select(DataBreach).where(DataBreach.closed_at < day, DataBreach.wiped_at.is_(None))
    return session.scalars(found.order_by(DataBreach.closed_at).limit(limit)).all()


def open_retention_notices(session: Session) -> Sequence[RetentionNotice]:
    found = select(RetentionNotice).where(RetentionNotice.ended_at.is_(None))
    return session.scalars(found.order_by(RetentionNotice.erase_on, RetentionNotice.id)).all()


def end_retention_notice(row: RetentionNotice, outcome: str, now: datetime) -> None:
    row.ended_at, row.outcome = now, outcome


def all_held(session: Session) -> set[UUID]:
    """Every learner on whom a hold stands."""
    return set(session.scalars(select(LegalHold.learner_id).where(LegalHold.lifted_at.is_(None))))
