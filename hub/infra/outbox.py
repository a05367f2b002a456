"""What leaves the building: entries written with the business, sent after it, each exactly once in effect.

An entry holds a kind and an id, nothing personal. A worker claims entries (SKIP LOCKED), asks the
delivery's `gate` whether sending is still permitted, lets it `render` the message, sends it with the entry's
id as the provider's reference, and lets it `settle` the outcome. After a crash the next worker finds the
reference at the provider before it sends again, so that a killed worker never sends twice.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import Index, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.infra.db import Base, Identified, enum_column, runtime, transaction, write_later, write_now
from hub.infra.logs import logger
from hub.infra.sms import OutgoingEmail, OutgoingSms, Sender, SendLater, SendRefused, SendUnknown

log = logger(__name__)

LEASE = timedelta(seconds=60)
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
    """How one kind of entry is delivered. All three get (session, ref, clock).

    gate: True to send, False to cancel, NotNow to wait. render: the message, with `reference` left empty.
    settle: writes the outcome into the slice's own row.
    """

    gate: Callable[[Session, UUID, Clock], bool | NotNow]
    render: Callable[[Session, UUID, str, Clock], Outgoing]
    settle: Callable[[Session, UUID, Outcome, Clock], None]


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
    write_now(session)
    waiting = update(OutboxEntry).where(
        OutboxEntry.kind == kind, OutboxEntry.ref.in_(list(refs)), OutboxEntry.state == OutboxState.PENDING
    )
    session.execute(waiting.values(state=OutboxState.CANCELLED))


@dataclass(slots=True)
class Worker:
    """Drains the outbox. `clock` decides what is due; leases run on `lease_clock`, the real time.

    `name` is this worker's alone, on any machine. Once `stop` is set, what is not yet sent is given back.
    """

    name: str
    sender: Sender
    clock: Clock
    lease_clock: Clock
    stop: Event = field(default_factory=Event)

    def drain(self, batch: int = 20) -> int:
        """Claim and deliver up to `batch` due entries; how many were claimed."""
        claimed = self._claim(batch)
        for entry, outgoing in self._prepare(claimed):
            if self.stop.is_set():
                self._give_back(entry)
            elif self._still_mine(entry):
                self._settle(entry, self._send(entry, outgoing))
        return len(claimed)

    def _still_mine(self, entry: OutboxEntry) -> bool:
        """Whether the lease lasts for one more sending; in a slow batch it is renewed, if nobody took the entry."""
        real, until = self.lease_clock.now(), entry.lease_until
        if until is not None and until - real > LEASE / 2:
            return True
        held = update(OutboxEntry).where(
            OutboxEntry.id == entry.id,
            OutboxEntry.state == OutboxState.SENDING,
            OutboxEntry.lease_owner == self.name,
            OutboxEntry.lease_until == until,
        )
        with transaction(SYSTEM) as session:
            renewed = session.execute(held.values(lease_until=real + LEASE).returning(OutboxEntry.id)).all()
        return bool(renewed)

    def _give_back(self, entry: OutboxEntry) -> None:
        """Let another worker have what this one claimed and has not begun to send."""
        with transaction(SYSTEM) as session:
            _update(session, entry, state=OutboxState.PENDING, attempts=entry.attempts - 1)

    def _claim(self, batch: int) -> list[OutboxEntry]:
        real = self.lease_clock.now()
        with transaction(SYSTEM) as session:
            due = (
                select(OutboxEntry)
                .where(
                    or_(
                        (OutboxEntry.state == OutboxState.PENDING)
                        & (OutboxEntry.next_at <= self.clock.now()),
                        (OutboxEntry.state == OutboxState.SENDING) & (OutboxEntry.lease_until < real),
                    )
                )
                .order_by(OutboxEntry.next_at, OutboxEntry.id)
                .limit(batch)
                .with_for_update(skip_locked=True)
            )
            entries = list(session.scalars(due))
            for entry in entries:
                entry.state = OutboxState.SENDING
                entry.attempts += 1
                entry.lease_until, entry.lease_owner = real + LEASE, self.name
            return entries

    def _prepare(self, entries: Sequence[OutboxEntry]) -> list[tuple[OutboxEntry, Outgoing]]:
        """Ask each gate and render what may go, in one transaction; refused ones are settled there."""
        ready: list[tuple[OutboxEntry, Outgoing]] = []
        with transaction(SYSTEM) as session:
            for entry in entries:
                outgoing = self._render_safely(session, entry)
                if outgoing is not None:
                    ready.append((entry, outgoing))
        return ready

    def _render_safely(self, session: Session, entry: OutboxEntry) -> Outgoing | None:
        """A fault in one message puts that one off, so that it cannot hold up the queue behind it."""
        try:
            with session.begin_nested():
                return self._render(session, entry)
        except Exception as error:
            log.error("outbox.not_rendered", entry=str(entry.id), kind=entry.kind, exc_info=error)
            self._write(session, entry, SendLater(f"fault_{type(error).__name__}"))
            return None

    def _render(self, session: Session, entry: OutboxEntry) -> Outgoing | None:
        delivery = _delivery(entry.kind)
        allowed = delivery.gate(session, entry.ref, self.clock)
        if isinstance(allowed, NotNow):
            _update(
                session, entry, state=OutboxState.PENDING, next_at=allowed.until, attempts=entry.attempts - 1
            )
            return None
        if not allowed:
            _update(session, entry, state=OutboxState.CANCELLED)
            delivery.settle(session, entry.ref, Outcome(OutboxState.CANCELLED), self.clock)
            return None
        return delivery.render(session, entry.ref, str(entry.id), self.clock)

    def _send(self, entry: OutboxEntry, outgoing: Outgoing) -> Outcome | SendLater:
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

    def _settle(self, entry: OutboxEntry, outcome: Outcome | SendLater) -> None:
        with transaction(SYSTEM) as session:
            self._write(session, entry, outcome)

    def _write(self, session: Session, entry: OutboxEntry, outcome: Outcome | SendLater) -> None:
        """Put off what may be tried again; else end the entry and tell its slice."""
        if isinstance(outcome, SendLater):
            if entry.attempts < MOST_ATTEMPTS:
                next_at = _next_try(outcome, entry.attempts, self.clock.now())
                _update(session, entry, state=OutboxState.PENDING, next_at=next_at, last_error=outcome.code)
                return
            outcome = Outcome(OutboxState.UNKNOWN, error=outcome.code)
        _update(
            session, entry, state=outcome.state, provider_ref=outcome.provider_ref, last_error=outcome.error
        )
        _delivery(entry.kind).settle(session, entry.ref, outcome, self.clock)
        log.info("outbox.settled", entry=str(entry.id), kind=entry.kind, state=str(outcome.state))


def _delivery(kind: str) -> Delivery:
    delivery: Delivery = runtime().deliveries[kind]
    return delivery


def _update(session: Session, entry: OutboxEntry, **values: Any) -> None:
    """Settle the entry unless its lease was lost to another worker meanwhile."""
    mine = update(OutboxEntry).where(OutboxEntry.id == entry.id, OutboxEntry.lease_owner == entry.lease_owner)
    session.execute(mine.values(lease_until=None, **values))


def _next_try(later: SendLater, attempts: int, now: datetime) -> datetime:
    """When to try again: after the time the provider asked for, or our own back-off."""
    return now + (later.retry_after or _wait(attempts))


def _wait(attempts: int) -> timedelta:
    """Twice as long each time from 30 seconds, at most 15 minutes, with full jitter."""
    longest = min(FIRST_WAIT * (1 << (attempts - 1)), LONGEST_WAIT)
    return longest * random.uniform(0.1, 1.0)  # noqa: S311 - spreads retries, protects nothing
