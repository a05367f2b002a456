"""Selects of the oversight slice."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from hub.core.acts import ActKind, act_of
from hub.core.clock import london_time
from hub.infra.audit import AuditEntry
from hub.infra.seals.models import AuditRemoval, AuditSeal
from hub.oversight.models import EmergencyAccess


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A search with its words resolved to ids; None: any, empty: nothing can fit."""

    actor_ids: Collection[UUID] | None
    organisation_ids: Collection[UUID]
    subject_ids: Collection[UUID] | None
    kind: ActKind | None
    action: str | None
    first: date | None
    last: date | None


def entries(session: Session, narrowed: Narrowed, before: int | None, limit: int) -> Sequence[AuditEntry]:
    """Entries that fit, newest first, those before a sequence number where one is given."""
    found = _fitting(session, narrowed).order_by(AuditEntry.seq.desc()).limit(limit)
    return session.scalars(found if before is None else found.where(AuditEntry.seq < before)).all()


def _fitting(session: Session, narrowed: Narrowed) -> Select[AuditEntry]:
    return select(AuditEntry).where(*_conditions(session, narrowed))


def _conditions(session: Session, narrowed: Narrowed) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if narrowed.actor_ids is not None:
        conditions.append(
            or_(
                AuditEntry.actor_id.in_(narrowed.actor_ids),
                AuditEntry.organisation_id.in_(narrowed.organisation_ids),
            )
        )
    if narrowed.subject_ids is not None:
        conditions.append(AuditEntry.subject_id.in_(narrowed.subject_ids))
    if narrowed.kind is not None:
        conditions.append(AuditEntry.action.in_(_actions_of(session, narrowed.kind)))
    if narrowed.action is not None:
        conditions.append(AuditEntry.action == narrowed.action)
    if narrowed.first is not None:
        conditions.append(AuditEntry.at >= london_time(narrowed.first, 0))
    if narrowed.last is not None:
        conditions.append(AuditEntry.at < london_time(narrowed.last + timedelta(days=1), 0))
    return conditions


def _actions_of(session: Session, kind: ActKind) -> list[str]:
    """The actions of a kind that the audit holds."""
    known = session.scalars(select(AuditEntry.action).distinct())
    return [action for action in known if act_of(action).kind is kind]


def entry(session: Session, entry_id: UUID) -> AuditEntry | None:
    return session.get(AuditEntry, entry_id)


def entries_about(session: Session, subject_ids: Collection[UUID], limit: int) -> Sequence[AuditEntry]:
    """What was done with these subjects, newest first."""
    found = select(AuditEntry).where(AuditEntry.subject_id.in_(subject_ids))
    return session.scalars(found.order_by(AuditEntry.at.desc(), AuditEntry.seq.desc()).limit(limit)).all()


def seal_holding(session: Session, seq: int) -> AuditSeal | None:
    """The seal that holds an entry; None while it is not sealed."""
    near = select(AuditSeal).where(AuditSeal.first_seq <= seq, AuditSeal.last_seq >= seq)
    for row in session.scalars(near.order_by(AuditSeal.number)):
        if any(first <= seq <= last for first, last in row.ranges):
            return row
    return None


def removed_whole_before(session: Session) -> datetime | None:
    """The moment before which all entries were removed by rule."""
    return session.scalar(select(func.max(AuditRemoval.before)).where(AuditRemoval.whole))


def emergency(session: Session, emergency_id: UUID) -> EmergencyAccess | None:
    return session.get(EmergencyAccess, emergency_id)


def emergencies(session: Session, *, reviewed: bool, limit: int = 100) -> Sequence[EmergencyAccess]:
    """Emergency accesses to be reviewed, the oldest first; or those reviewed, the newest first."""
    found = select(EmergencyAccess).limit(limit)
    if reviewed:
        done = found.where(EmergencyAccess.reviewed_at.is_not(None))
        return session.scalars(done.order_by(EmergencyAccess.opened_at.desc())).all()
    return session.scalars(
        found.where(EmergencyAccess.reviewed_at.is_(None)).order_by(EmergencyAccess.opened_at)
    ).all()


def unreviewed(session: Session) -> int:
    waiting = select(func.count()).select_from(EmergencyAccess).where(EmergencyAccess.reviewed_at.is_(None))
    return session.scalar(waiting) or 0
