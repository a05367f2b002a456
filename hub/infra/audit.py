"""Who saw or changed what: one row in the same transaction as the act. Rows are only ever added.

A trigger of the database refuses every UPDATE and DELETE. Ids only, nothing personal.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session

from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.infra.db import Base, Identified, actor_of
from hub.infra.logs import request_id_var
from hub.infra.writes import write_later


class AuditEntry(Identified, Base):
    """One act: actor, action, subject, the fields shown or changed, and how it ended."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_id", "at"),)

    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID | None]
    role: Mapped[str]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    fields: Mapped[list[str]]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    request_id: Mapped[str | None]


def record(  # noqa: PLR0913 - the columns of a row, named at every call
    session: Session,
    actor: Actor | None,
    action: str,
    subject_type: str,
    subject_id: UUID,
    *,
    clock: Clock,
    fields: Sequence[str] = (),
    outcome: str = "done",
    reason: str | None = None,
) -> None:
    """Add an entry; `action` is like `learner.viewed`. When it fails, the act it records fails too."""
    who = actor or actor_of(session)
    entry = AuditEntry(
        at=clock.now(), actor_kind=who.kind, actor_id=who.id, organisation_id=who.organisation_id,
        role=who.role.value, action=action, subject_type=subject_type, subject_id=subject_id,
        fields=list(fields), outcome=outcome, reason=reason, request_id=request_id_var.get(),
    )  # fmt: skip
    write_later(session, entry)


def entries_of(session: Session, subject_ids: Sequence[UUID], limit: int = 100) -> list[AuditEntry]:
    """What was done with these subjects, newest first."""
    found = select(AuditEntry).where(AuditEntry.subject_id.in_(list(subject_ids)))
    return list(session.scalars(found.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)))
