"""Removing what is over its time from the audit: whole months that are sealed, checked first, by a rule.

What goes is chosen here and signed; the database's function `remove_audit` takes it, and refuses what is younger than
its own floor, not sealed, or not whole. Nothing else can take an entry away: not the application, not a mistake.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, TextClause, and_, func, or_, select, text
from sqlalchemy.orm import Session

from hub.core.clock import LONDON, Clock
from hub.core.errors import Conflict
from hub.core.permissions import SYSTEM
from hub.infra import audit
from hub.infra.audit import AuditEntry
from hub.infra.db import runtime
from hub.infra.seals import archiving, publishing
from hub.infra.seals.chain import NOTHING_BEFORE, merkle_root, ranges_of
from hub.infra.seals.comparing import expected_entries
from hub.infra.seals.models import AuditRemoval, AuditSeal
from hub.infra.seals.removal import Removal, signed
from hub.infra.seals.sealer import LOCK, signer
from hub.infra.seals.verifying import verify_database

SECURITY = ("user", "page")
"""What security entries are about: sign-ins, codes and refusals of staff, never a learner."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a rule would have go: whole periods, or of each period the security entries alone; all before a moment.

    `held`: the ids of subjects under a legal hold. The first entry about one of them ends what goes as a whole.
    """

    rule: str
    whole: bool
    before: datetime
    held: Collection[UUID] = field(default=(), repr=False)

    @property
    def month(self) -> datetime:
        """The first moment of the month (London) that `before` lies in: months go as a whole."""
        here = self.before.astimezone(LONDON)
        return here.replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    def takes(self) -> ColumnElement[bool]:
        return AuditEntry.subject_type.in_(SECURITY) if not self.whole else AuditEntry.seq > 0


@dataclass(frozen=True, slots=True)
class Due:
    """What would go now: how many entries, before which moment; how many stay for a legal hold alone."""

    entries: int
    held: int
    before: datetime


@dataclass(frozen=True, slots=True)
class _Period:
    """Sealed batches that lie wholly before a moment: numbers of the first and the last, and their entries."""

    first_seal: int
    last_seal: int
    before: datetime
    sealed: str


def is_due(wanted: Wanted) -> ColumnElement[bool]:
    """On an entry: it is over its month, and no removal of this rule has come so far yet. Cheap to ask each night."""
    done = select(AuditRemoval.number).where(
        AuditRemoval.rule == wanted.rule, AuditRemoval.before >= wanted.month
    )
    return and_(AuditEntry.at < wanted.month, wanted.takes(), ~done.exists())


def due(session: Session, wanted: Wanted) -> Due:
    """What a removal by this rule would take now. Changes nothing."""
    free = Wanted(wanted.rule, wanted.whole, wanted.before)
    before = _before(session, wanted)
    all_, kept = (_count(session, one) for one in (free, wanted))
    return Due(kept, all_ - kept, before)


def _count(session: Session, wanted: Wanted) -> int:
    period = _period(session, wanted)
    if period is None:
        return 0
    counted = select(func.count()).select_from(AuditEntry).where(*_chosen(wanted, period))
    return session.scalar(counted) or 0


def _before(session: Session, wanted: Wanted) -> datetime:
    """The month's first moment, and never later than the floor of the database."""
    floor = session.scalar(select(func.audit_floor(wanted.whole)))
    return min(wanted.month, floor) if floor else wanted.month


def _period(session: Session, wanted: Wanted) -> _Period | None:
    """The sealed batches before the first one with an entry that stays. The newest seal stays in any case."""
    before = _before(session, wanted)
    stays = AuditEntry.at >= before
    if wanted.whole and wanted.held:
        stays = or_(stays, AuditEntry.subject_id.in_(wanted.held))
    first_kept = select(func.min(AuditEntry.seq)).where(stays).scalar_subquery()
    newest = select(func.max(AuditSeal.number)).scalar_subquery()
    behind = select(func.min(AuditSeal.number)).where(
        or_(AuditSeal.last_seq >= first_kept, AuditSeal.number == newest)
    )
    first, last = session.scalar(select(func.min(AuditSeal.number))), session.scalar(behind)
    if first is None or last is None or last <= first:
        return None
    sealed = session.scalar(_SEALED, {"last": last - 1})
    return _Period(first, last - 1, before, sealed)


_SEALED = text("""
SELECT range_agg(int8range((one->>0)::bigint, (one->>1)::bigint, '[]'))::text
FROM audit_seal, jsonb_array_elements(ranges) AS one WHERE number <= :last
""")


def _chosen(wanted: Wanted, period: _Period) -> tuple[ColumnElement[bool] | TextClause, ...]:
    held = text("CAST(:sealed AS int8multirange) @> audit_entry.seq").bindparams(sealed=period.sealed)
    return wanted.takes(), AuditEntry.at < period.before, held


def remove(session: Session, wanted: Wanted, clock: Clock, *, archived: bool) -> Removal | None:
    """Remove what the rule takes now, after everything was checked; None where nothing goes.

    `archived`: what goes is first written into a sealed file. Conflict when the audit was changed: then it is
    evidence, and nothing goes.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK})
    period = _period(session, wanted)
    if period is None:
        return None
    seqs = list(
        session.scalars(select(AuditEntry.seq).where(*_chosen(wanted, period)).order_by(AuditEntry.seq))
    )
    if not seqs:
        return None
    verdict = verify_database(session, runtime().settings.audit_dir)
    if verdict.fault is not None:
        raise Conflict(
            f"Nothing was removed: the audit was changed. {verdict.fault.words}", code="audit_changed"
        )
    made = _made(session, wanted, period, seqs, clock)
    if archived:
        archive = archiving.write(session, made, seqs, clock)
        made = archiving.named(made, archive)
    made = signed(made, _last_hash(session), signer())
    session.execute(text("SELECT remove_audit(CAST(:made AS jsonb))"), {"made": _as_json(made)})
    audit.record(
        session, SYSTEM, "audit.removed", "audit", audit.NOBODY, clock=clock, fields=(wanted.rule,),
        reason=f"{made.entries} entries, removal {made.number}",
    )  # fmt: skip
    return made


def _made(session: Session, wanted: Wanted, period: _Period, seqs: list[int], clock: Clock) -> Removal:
    """The removal without its place in the chain."""
    first_at, last_at = session.execute(
        select(func.min(AuditEntry.at), func.max(AuditEntry.at)).where(*_chosen(wanted, period))
    ).one()
    number = (session.scalar(select(func.max(AuditRemoval.number))) or 0) + 1
    end = session.get_one(AuditSeal, period.last_seal)
    return Removal(
        number=number, made_at=clock.now(), rule=wanted.rule, whole=wanted.whole, before=period.before,
        first_seal=period.first_seal, last_seal=period.last_seal, ranges=ranges_of(seqs), entries=len(seqs),
        first_at=first_at, last_at=last_at, root=merkle_root(_leaves(session, period, seqs)),
        end=publishing.seal_of(end).published() if wanted.whole else None, archive=None, archive_hash=None, key_id="",
    )  # fmt: skip


def _leaves(session: Session, period: _Period, seqs: list[int]) -> list[bytes]:
    """The leaves of these entries as their seals hold them."""
    rows = session.execute(
        select(AuditSeal.number, AuditSeal.ranges, AuditSeal.leaves)
        .where(AuditSeal.number <= period.last_seal)
        .order_by(AuditSeal.first_seq)
        .execution_options(yield_per=50)
    )
    chosen = set(seqs)
    sealed = expected_entries((number, ranges, leaves) for number, ranges, leaves in rows)
    return [leaf for seq, leaf, _ in sealed if seq in chosen]


def _last_hash(session: Session) -> bytes:
    newest = select(AuditRemoval.hash).order_by(AuditRemoval.number.desc()).limit(1)
    return session.scalar(newest) or NOTHING_BEFORE


def _as_json(made: Removal) -> str:
    """As the database reads it: bytes in its own notation."""
    told = made.published()
    for name in ("root", "archive_hash", "prev_hash", "hash", "signature"):
        told[name] = None if told[name] is None else f"\\x{told[name]}"
    return orjson.dumps(told).decode()


def removals(session: Session) -> list[Removal]:
    """Every removal, the newest first."""
    rows = session.scalars(select(AuditRemoval).order_by(AuditRemoval.number.desc()))
    return [publishing.removal_of(row) for row in rows]
