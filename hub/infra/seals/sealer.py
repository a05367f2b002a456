"""The sealer: every few seconds it seals what was written to the audit since, in signed batches.

It runs on the scheduler's leader; a lock makes it safe to run anywhere. Sequence numbers appear out of order, because
transactions overlap. A seal therefore names exactly the numbers it holds; what appears later under a lower
number goes into a later seal. So no long transaction holds the sealing of the others up.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg.sql import SQL
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.infra import audit
from hub.infra.audit import AuditEntry
from hub.infra.db import runtime, transaction
from hub.infra.logs import logger
from hub.infra.seals import publishing
from hub.infra.seals.chain import NOTHING_BEFORE, Batch, Seal, Signer, leaf_of, make_seal
from hub.infra.seals.entries import stream
from hub.infra.seals.models import AuditSeal

log = logger(__name__)
LOCK = 0x4853_4541  # "HSEA": the number of the sealer's lock
BATCH = 5_000
GAP_SECONDS = 60
_WHOLE_AUDIT = UUID(int=0)

# The newest number below which nothing can appear any more: sealed before the oldest transaction that still runs
# here began, and at least two minutes ago (no statement of ours may run longer).
_SETTLED = text("""
SELECT coalesce(max(last_seq), 0) FROM audit_seal WHERE made_at < least(
  clock_timestamp() - interval '120 seconds',
  (SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user))
""")

_WAITING = text("""
SELECT seq FROM audit_entry WHERE seq > :start AND NOT CAST(:held AS int8multirange) @> seq ORDER BY seq LIMIT :limit
""")


def signer() -> Signer:
    """Signs with the key that belongs to this deployment's key ring."""
    return Signer(runtime().keyring.subkey("audit-seal"))


def seal_due(clock: Clock) -> int:
    """Seal all that is not sealed yet; how many entries. Their seals are published after each commit."""
    sealed = 0
    while True:
        made = _seal_batch(clock)
        if made is not None:
            sealed += made.entries
            log.info("audit.sealed", **made.published())
        if made is None or made.entries < BATCH:
            break
    publishing.publish_new()
    return sealed


def _seal_batch(clock: Clock) -> Seal | None:
    """One batch in a transaction of its own, the oldest first; None when everything is sealed."""
    with transaction(SYSTEM) as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK})
        waiting = unsealed(session, BATCH)
        if not waiting:
            return None
        late = lag(session, clock)
        found = list(stream(session, SQL("seq = ANY(%s)"), waiting))
        before = newest(session)
        # After the rows were read, by the database's own clock: `settled` compares it with running transactions.
        made_at = session.scalar(text("SELECT clock_timestamp()"))
        assert made_at is not None  # noqa: S101 - a clock always answers
        number, prev_hash = (before.number + 1, before.hash) if before else (1, NOTHING_BEFORE)
        leaves = [leaf_of(line) for _, line in found]
        made = make_seal(Batch(number, made_at, [seq for seq, _ in found], leaves, prev_hash), signer())
        session.add(_row(made, leaves))
        if late > GAP_SECONDS:
            reason = f"not sealed for {int(late)} seconds"
            audit.record(session, SYSTEM, "audit.gap", "audit", _WHOLE_AUDIT, clock=clock, reason=reason)
        return made


def _row(made: Seal, leaves: Sequence[bytes]) -> AuditSeal:
    return AuditSeal(
        number=made.number, made_at=made.made_at, first_seq=made.ranges[0][0], last_seq=made.ranges[-1][1],
        ranges=[list(one) for one in made.ranges], entries=made.entries, leaves=b"".join(leaves), root=made.root,
        prev_hash=made.prev_hash, hash=made.hash, key_id=made.key_id, signature=made.signature,
    )  # fmt: skip


def newest(session: Session) -> AuditSeal | None:
    """The last seal of the chain."""
    return session.scalar(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1))


def settled(session: Session) -> int:
    """Every entry up to this number that will ever appear has been sealed."""
    return session.scalar(_SETTLED) or 0


def unsealed(session: Session, limit: int) -> list[int]:
    """The lowest sequence numbers of entries that no seal holds."""
    start = settled(session)
    newer = session.scalars(select(AuditSeal.ranges).where(AuditSeal.last_seq > start))
    held = ",".join(f"[{first},{last}]" for ranges in newer for first, last in ranges)
    waiting = {"start": start, "held": f"{{{held}}}", "limit": limit}
    return list(session.scalars(_WAITING, waiting))


def lag(session: Session, clock: Clock) -> float:
    """For how many seconds the oldest entry that is not sealed has been waiting; 0 when all are."""
    sealed_to = select(func.coalesce(func.max(AuditSeal.last_seq), 0)).scalar_subquery()
    oldest = select(AuditEntry.at).where(AuditEntry.seq > sealed_to).order_by(AuditEntry.seq).limit(1)
    at: datetime | None = session.scalar(oldest)
    return 0.0 if at is None else max((clock.now() - at).total_seconds(), 0.0)
