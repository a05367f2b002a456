"""What leaves the building: entries written with the business, sent after it, each exactly once in effect.

An entry holds a kind and an id, nothing personal. A worker claims a batch of entries (SKIP LOCKED), asks the
delivery's `gate` whether sending each is still permitted and lets it `render` the message, sends them with the
entry's id as the provider's reference, and lets it `settle` the outcomes: three transactions a batch. After a
crash the next worker finds the reference at the provider before it sends again, so that a killed worker never
sends twice.

The word of a gate counts for the batch it was asked for: for two seconds of sending at most (WINDOW), then the
gates of what is left are asked again. A permission withdrawn inside that window comes too late for the text
that is leaving, as it would a moment after it.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Index, Table, bindparam, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.infra.db import Base, Identified, enum_column, runtime, transaction
from hub.infra.logs import logger
from hub.infra.rows import anybody
from hub.infra.sms import OutgoingEmail, OutgoingSms, Sender, SendLater, SendRefused, SendUnknown
from hub.infra.writes import write_later, write_now

log = logger(__name__)

LEASE = timedelta(seconds=60)
WINDOW = timedelta(seconds=2)  # of sending on the word of gates asked before it
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
MOST_ATTEMPTS = 20


class OutboxState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class OutboxEntry(Identified, Base):
    """One thing to deliver. `dedupe_key` makes asking for it twice the same as once."""

    __tablename__ = "outbox_entry"
    __rows__ = anybody("kinds and ids of deliveries; its lag is told to monitors")
    __table_args__ = (
        Index("ix_outbox_entry_due", "next_at", postgresql_where="state IN ('pending', 'sending')"),
    )

    dedupe_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    ref: Mapped[UUID]
    state: Mapped[OutboxState] = enum_column(OutboxState)
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    provider_ref: Mapped[str | None]
    last_error: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class NotNow:
    """The gate's answer: permitted, but not before this moment (night, for example)."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a delivery ended: its state, the provider's id, and a stable error code."""

    state: OutboxState
    provider_ref: str | None = None
    error: str | None = None


Outgoing = OutgoingSms | OutgoingEmail


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one kind of entry is delivered. The first three get (session, ref, clock).

    gate: True to send, False to cancel, NotNow to wait. render: the message, with `reference` left empty.
    settle: writes the outcome into the slice's own row.
    preload: gets all refs of a batch before the first of them is asked about, to look them up together.
    store: writes what was noted for a batch, after the last of it and in the same transaction.
    """

    gate: Callable[[Session, UUID, Clock], bool | NotNow]
    render: Callable[[Session, UUID, str, Clock], Outgoing]
    settle: Callable[[Session, UUID, Outcome, Clock], None]
    preload: Callable[[Session, Sequence[UUID], Clock], None] | None = None
    store: Callable[[Session, Clock], None] | None = None


def enqueue(  # noqa: PLR0913 - each is named at the call
    session: Session, kind: str, ref: UUID, *, dedupe: str, clock: Clock, not_before: datetime | None = None
) -> None:
    """Ask for a delivery; the same `dedupe` twice is one delivery."""
    now = clock.now()
    entry = OutboxEntry(
        dedupe_key=dedupe, kind=kind, ref=ref, state=OutboxState.PENDING, attempts=0, created_at=now,
        next_at=not_before or now,
    )  # fmt: skip
    write_later(session, entry)


def cancel(session: Session, kind: str, refs: Sequence[UUID]) -> None:
    """Withdraw what has not been sent, in the caller's transaction."""
    if not refs:
        return
    write_now(session)
    waiting = update(OutboxEntry).where(
        OutboxEntry.kind == kind, OutboxEntry.ref.in_(list(refs)), OutboxEntry.state == OutboxState.PENDING
    )
    session.execute(waiting.values(state=OutboxState.CANCELLED))


@dataclass(frozen=True, slots=True)
class Claimed:
    """An entry in a worker's hands: the columns that its delivery needs."""

    id: UUID
    kind: str
    ref: UUID
    attempts: int
    next_at: datetime
    lease_until: datetime
    last_error: str | None

    def ended(self, outcome: Outcome) -> dict[str, Any]:
        """The entry's new columns when there is nothing more to do."""
        return self._now(outcome.state, provider_ref=outcome.provider_ref, last_error=outcome.error)

    def put_off(self, next_at: datetime, last_error: str | None) -> dict[str, Any]:
        """The entry's new columns when it is to be tried again from `next_at`."""
        return self._now(OutboxState.PENDING, next_at=next_at, last_error=last_error)

    def not_begun(self, next_at: datetime) -> dict[str, Any]:
        """As `put_off`, where no attempt has been made."""
        return self.put_off(next_at, self.last_error) | {"to_attempts": self.attempts - 1}

    def _now(self, state: OutboxState, **columns: Any) -> dict[str, Any]:
        kept = {"next_at": self.next_at, "attempts": self.attempts, "provider_ref": None} | columns
        return {"entry": self.id, "to_state": state} | {f"to_{name}": value for name, value in kept.items()}


Ready = tuple[Claimed, Outgoing]
Sent = tuple[Claimed, Outcome | SendLater]


@dataclass(slots=True)
class Worker:
    """Drains the outbox. `clock` decides what is due; leases and windows run on `lease_clock`, the real time.

    `name` is this worker's alone, on any machine. Once `stop` is set, what is not yet sent is given back.
    """

    name: str
    sender: Sender
    clock: Clock
    lease_clock: Clock
    stop: Event = field(default_factory=Event)

    def drain(self, batch: int = 20) -> int:
        """Claim and deliver up to `batch` due entries; how many were claimed.

        The gates of a batch are asked in one transaction, then it is sent, then it is settled in another: one
        after the other for at most WINDOW of sending, after which the rest is asked about anew. So what a gate
        permitted is sent within WINDOW and the one sending that was under way, or not on that word.
        """
        claimed = self._claim(batch)
        waiting = claimed
        while waiting and not self.stop.is_set():
            sent, waiting = self._send_for_a_while(self._prepare(waiting))
            self._settle(sent)
            waiting = self._still_mine(waiting)
        self._give_back(waiting)
        return len(claimed)

    def _claim(self, batch: int) -> list[Claimed]:
        """Due entries, oldest first. Materialised: a plan may not ask for the next due ones twice."""
        real, now = self.lease_clock.now(), self.clock.now()
        due = (
            select(OutboxEntry.id)
            .where(
                or_(
                    (OutboxEntry.state == OutboxState.PENDING) & (OutboxEntry.next_at <= now),
                    (OutboxEntry.state == OutboxState.SENDING) & (OutboxEntry.lease_until < real),
                )
            )
            .order_by(OutboxEntry.next_at, OutboxEntry.id)
            .limit(batch)
            .with_for_update(skip_locked=True)
            .cte("due")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        taken = update(_ENTRIES).where(_ENTRIES.c.id == due.c.id)
        taken = taken.values(
            state=OutboxState.SENDING,
            attempts=_ENTRIES.c.attempts + 1,
            lease_until=real + LEASE,
            lease_owner=self.name,
        )
        with transaction(SYSTEM) as session:
            rows = session.execute(taken.returning(*_CLAIMED)).all()
        return sorted((Claimed(*row) for row in rows), key=lambda one: (one.next_at, one.id))

    def _still_mine(self, waiting: Sequence[Claimed]) -> list[Claimed]:
        """Renew the lease of what a slow batch left over; what another worker has taken is left to it."""
        if not waiting:
            return []
        until = self.lease_clock.now() + LEASE
        held = update(_ENTRIES).where(
            _ENTRIES.c.id.in_([entry.id for entry in waiting]),
            _ENTRIES.c.state == OutboxState.SENDING,
            _ENTRIES.c.lease_owner == self.name,
        )
        with transaction(SYSTEM) as session:
            kept = set(session.scalars(held.values(lease_until=until).returning(_ENTRIES.c.id)))
        return [replace(entry, lease_until=until) for entry in waiting if entry.id in kept]

    def _give_back(self, waiting: Sequence[Claimed]) -> None:
        """Let another worker have what this one claimed and has not begun to send."""
        if waiting:
            with transaction(SYSTEM) as session:
                self._store(session, [entry.not_begun(entry.next_at) for entry in waiting])

    def _prepare(self, entries: Sequence[Claimed]) -> list[Ready]:
        """Ask each gate and render what may go, in one transaction; refused ones are settled there.

        A fault in one message puts that one off, so that it cannot hold up the queue behind it.
        """
        try:
            with transaction(SYSTEM) as session:
                return self._render_all(session, entries)
        except Exception as error:
            if len(entries) > 1:
                return [ready for entry in entries for ready in self._prepare([entry])]
            log.error("outbox.not_rendered", entry=str(entries[0].id), kind=entries[0].kind, exc_info=error)
            self._settle([(entries[0], SendLater(f"fault_{type(error).__name__}"))])
            return []

    def _render_all(self, session: Session, entries: Sequence[Claimed]) -> list[Ready]:
        ready: list[Ready] = []
        changed: list[dict[str, Any]] = []
        with self._batch(session, entries):
            for entry in entries:
                delivery = _delivery(entry.kind)
                allowed = delivery.gate(session, entry.ref, self.clock)
                if isinstance(allowed, NotNow):
                    changed.append(entry.not_begun(allowed.until))
                elif allowed:
                    ready.append((entry, delivery.render(session, entry.ref, str(entry.id), self.clock)))
                else:
                    refused = Outcome(OutboxState.CANCELLED)
                    changed.append(entry.ended(refused))
                    delivery.settle(session, entry.ref, refused, self.clock)
        self._store(session, changed)
        return ready

    @contextmanager
    def _batch(self, session: Session, entries: Sequence[Claimed]) -> Iterator[None]:
        """Let each kind of delivery look up its entries together, and write together what it noted of them."""
        refs: dict[str, list[UUID]] = {}
        for entry in entries:
            refs.setdefault(entry.kind, []).append(entry.ref)
        for kind, own in refs.items():
            preload = _delivery(kind).preload
            if preload is not None:
                preload(session, own, self.clock)
        yield
        for kind in refs:
            store = _delivery(kind).store
            if store is not None:
                store(session, self.clock)

    def _send_for_a_while(self, ready: Sequence[Ready]) -> tuple[list[Sent], list[Claimed]]:
        """(what was sent, what was left when the window closed, the lease ran low, or this worker must stop)."""
        began = self.lease_clock.now()
        sent: list[Sent] = []
        for place, (entry, outgoing) in enumerate(ready):
            real = self.lease_clock.now()
            if self.stop.is_set() or real - began > WINDOW or entry.lease_until - real < LEASE / 2:
                return sent, [left for left, _ in ready[place:]]
            sent.append((entry, self._send(entry, outgoing)))
        return sent, []

    def _send(self, entry: Claimed, outgoing: Outgoing) -> Outcome | SendLater:
        try:
            if entry.attempts > 1:
                known = self.sender.find(str(entry.id))
                if known is not None:
                    return Outcome(OutboxState.SENT, known)
            return Outcome(OutboxState.SENT, self.sender.send(outgoing))
        except SendRefused as error:
            return Outcome(OutboxState.FAILED, error=error.code)
        except SendLater as error:
            return error
        except SendUnknown as error:
            # By then the message, if it arrived, can be found under its reference.
            return SendLater(error.code, retry_after=LEASE)

    def _settle(self, sent: Sequence[Sent]) -> None:
        """Write how a batch went, in one transaction; where that fails, each by itself, and the fault is raised.

        What could not be settled stays in its lease and is looked up at the provider afterwards.
        """
        if not sent:
            return
        try:
            with transaction(SYSTEM) as session:
                self._settle_all(session, sent)
        except Exception:
            if len(sent) == 1:
                raise
            self._settle_each(sent)

    def _settle_each(self, sent: Sequence[Sent]) -> None:
        faults: list[Exception] = []
        for one in sent:
            try:
                self._settle([one])
            except Exception as error:
                log.error("outbox.not_settled", entry=str(one[0].id), kind=one[0].kind, exc_info=error)
                faults.append(error)
        if faults:
            raise faults[0]

    def _settle_all(self, session: Session, sent: Sequence[Sent]) -> None:
        """Put off what may be tried again; end the other entries and tell their slices."""
        changed: list[dict[str, Any]] = []
        ended: list[tuple[Claimed, Outcome]] = []
        for entry, outcome in sent:
            if isinstance(outcome, SendLater) and entry.attempts < MOST_ATTEMPTS:
                next_at = _next_try(outcome, entry.attempts, self.clock.now())
                changed.append(entry.put_off(next_at, outcome.code))
            elif isinstance(outcome, SendLater):
                ended.append((entry, Outcome(OutboxState.UNKNOWN, error=outcome.code)))
            else:
                ended.append((entry, outcome))
        with self._batch(session, [entry for entry, _ in ended]):
            for entry, outcome in ended:
                changed.append(entry.ended(outcome))
                _delivery(entry.kind).settle(session, entry.ref, outcome, self.clock)
                log.info("outbox.settled", entry=str(entry.id), kind=entry.kind, state=str(outcome.state))
        self._store(session, changed)

    def _store(self, session: Session, changed: Sequence[dict[str, Any]]) -> None:
        """Write the entries' new columns, except of those whose lease was lost to another worker meanwhile."""
        if changed:
            session.execute(_SETTLE, [{"owner": self.name} | columns for columns in changed])


_ENTRIES = cast(Table, OutboxEntry.__table__)
_CLAIMED = tuple(_ENTRIES.c[one.name] for one in fields(Claimed))
_SETTLE = (
    update(_ENTRIES)
    .where(_ENTRIES.c.id == bindparam("entry"), _ENTRIES.c.lease_owner == bindparam("owner"))
    .values(
        state=bindparam("to_state"),
        attempts=bindparam("to_attempts"),
        next_at=bindparam("to_next_at"),
        provider_ref=bindparam("to_provider_ref"),
        last_error=bindparam("to_last_error"),
        lease_until=None,
    )
)


def _delivery(kind: str) -> Delivery:
    delivery: Delivery = runtime().deliveries[kind]
    return delivery


def _next_try(later: SendLater, attempts: int, now: datetime) -> datetime:
    """When to try again: after the time the provider asked for, or our own back-off."""
    return now + (later.retry_after or _wait(attempts))


def _wait(attempts: int) -> timedelta:
    """Twice as long each time from 30 seconds, at most 15 minutes, with full jitter."""
    longest = min(FIRST_WAIT * (1 << (attempts - 1)), LONGEST_WAIT)
    return longest * random.uniform(0.1, 1.0)  # noqa: S311 - spreads retries, protects nothing
