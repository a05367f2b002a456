"""Who saw or changed what: one row in the same transaction as the act. Rows are only ever added.

A trigger of the database refuses every UPDATE and DELETE, and `hub.infra.seals` seals the rows into signed batches.
Ids and codes only, nothing personal: so an erasure changes no row, and no seal is ever broken by one.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.core.acts import ADDRESSED, act_of, ground_of
from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.infra.db import Base, Identified
from hub.infra.logs import request_id_var
from hub.infra.rows import anybody
from hub.infra.sight import actor_of
from hub.infra.writes import write_later


class AuditEntry(Identified, Base):
    """One act: actor, action, subject, the fields shown or changed, why it was allowed, and how it ended.

    `seq` is given by the database: it counts up, but rows of transactions that overlap appear out of order, and
    one that was rolled back leaves a gap. `session` marks a sign-in (16 hex digits of its token's hash), `purpose`
    and `basis` say what for and by what permission. `ip` stands on the entry of the sign-in, not on those about a
    learner: the learner may have these, with their proofs, and staff's addresses are nobody's business.
    """

    __tablename__ = "audit_entry"
    __rows__ = anybody("ids of acts; its pages are the auditor's")
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_id", "at"),
        Index("ix_audit_entry_at", "at", postgresql_using="brin"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID | None]
    role: Mapped[str]
    session: Mapped[str | None]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    fields: Mapped[list[str]]
    purpose: Mapped[str | None]
    basis: Mapped[str | None]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    request_id: Mapped[str | None]
    ip: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from: its sign-in and its address."""

    session: str | None = None
    ip: str | None = None


_NO_REQUEST = Caller()
caller_var: ContextVar[Caller] = ContextVar("caller", default=_NO_REQUEST)
_SESSION_DIGITS = 16


def note_caller(ip: str | None) -> None:
    """A request begins: from this address, not yet with a sign-in."""
    caller_var.set(Caller(ip=ip))


def note_session(token_hash: str) -> None:
    """The request belongs to the sign-in whose token has this hash (hexadecimal)."""
    caller_var.set(Caller(token_hash[:_SESSION_DIGITS], caller_var.get().ip))


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
    basis: str | None = None,
) -> None:
    """Add an entry; `action` is like `learner.viewed` and stands in `core/acts.toml`, which names its purpose.

    When it fails, the act it records fails too. `reason` is a code or a count, never words about a person. `basis`:
    why it was allowed, where that is more than the rule of the role (`core/acts.toml`, grounds).
    """
    who, caller, act = actor or actor_of(session), caller_var.get(), act_of(action)
    entry = AuditEntry(
        at=clock.now(), actor_kind=who.kind, actor_id=who.id, organisation_id=who.organisation_id,
        role=who.role.value, session=caller.session, action=action, subject_type=subject_type,
        subject_id=subject_id, fields=list(fields), purpose=act.purpose,
        basis=basis or ground_of(who.role.value, action), outcome=outcome,
        reason=reason, request_id=request_id_var.get(), ip=caller.ip if act.kind in ADDRESSED else None,
    )  # fmt: skip
    write_later(session, entry)


def record_export(
    session: Session, what: str, count: int, *, clock: Clock, fields: Sequence[str] = ()
) -> None:
    """Data left in a file or in an answer to a machine: who, what (`<what>.exported`), which fields, how many rows.

    Whom it was about is beside it, in an entry for each person.
    """
    record(
        session,
        None,
        f"{what}.exported",
        "export",
        NOBODY,
        clock=clock,
        fields=fields,
        reason=f"{count} rows",
    )


NOBODY = UUID(int=0)
"""The subject of an entry that is about no one row."""


def entries_of(session: Session, subject_ids: Sequence[UUID], limit: int = 100) -> list[AuditEntry]:
    """What was done with these subjects, newest first."""
    found = select(AuditEntry).where(AuditEntry.subject_id.in_(list(subject_ids)))
    return list(session.scalars(found.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)))
