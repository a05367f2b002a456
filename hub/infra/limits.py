"""How often somebody may do what can be abused: counted in the database, so that it holds over all web processes.

@blueprint.post("/search")
@limited("search")
@allow(Role.HUB_MANAGER)
def search(): ...

The numbers stand in data/limits.toml. A count is kept under a keyed hash of limit, caller and span of time: the table
tells nobody who did what. Spans are fixed (the count of 10:00 to 10:15 starts anew at 10:15).
"""

import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, wraps
from importlib import resources
from threading import Lock
from typing import Any, TypeVar, cast

from flask import request
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from hub.core.clock import Clock
from hub.core.errors import TooMany
from hub.core.permissions import SYSTEM, Actor
from hub.infra.access import current_actor
from hub.infra.db import Base, runtime, transaction
from hub.infra.rows import anybody

View = TypeVar("View", bound=Callable[..., Any])


class RateCount(Base):
    """How much of one limit one caller has used in one span of time."""

    __tablename__ = "rate_count"
    __rows__ = anybody("how often; keyed hashes")

    key: Mapped[bytes] = mapped_column(primary_key=True)
    used: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in each span of `minutes`; a process takes `lot` at once from the shared count."""

    name: str
    per: str
    most: int
    minutes: int
    meaning: str
    lot: int = 1


@cache
def limits() -> dict[str, Limit]:
    """All limits by name, from data/limits.toml."""
    text = resources.files("hub.infra").joinpath("data/limits.toml").read_text(encoding="utf-8")
    return {name: Limit(name=name, **one) for name, one in tomllib.loads(text).items()}


@dataclass(frozen=True, slots=True)
class _Count:
    """One limit, one caller, one span of time."""

    limit: Limit
    key: bytes
    ends_at: datetime


def _count(name: str, who: str, clock: Clock) -> _Count:
    limit = limits()[name]
    now, span = clock.now(), limit.minutes * 60
    number = int(now.timestamp()) // span
    key = runtime().keyring.blind_index("rate", f"{name}|{number}|{who}")
    return _Count(limit, key, datetime.fromtimestamp((number + 1) * span, now.tzinfo))


_taken: dict[bytes, tuple[int, datetime]] = {}
_taking = Lock()


def take(name: str, who: str, clock: Clock) -> None:
    """Count one more; TooMany, with the seconds to wait, when the limit is reached. A transaction of its own."""
    count = _count(name, who, clock)
    if count.limit.lot > 1 and _from_own_lot(count):
        return
    if not _from_shared(count):
        raise _too_many(count, clock)
    if count.limit.lot > 1:
        _keep_lot(count, clock)


def _from_own_lot(count: _Count) -> bool:
    """Use one of those that this process has taken already."""
    with _taking:
        left, ends_at = _taken.get(count.key, (0, count.ends_at))
        if left:
            _taken[count.key] = (left - 1, ends_at)
        return left > 0


def _keep_lot(count: _Count, clock: Clock) -> None:
    with _taking:
        for key in [key for key, (_, ends_at) in _taken.items() if ends_at <= clock.now()]:
            del _taken[key]
        left, _ = _taken.get(count.key, (0, count.ends_at))
        _taken[count.key] = (left + count.limit.lot - 1, count.ends_at)


def _from_shared(count: _Count) -> bool:
    lot = count.limit.lot
    more = (
        insert(RateCount)
        .values(key=count.key, used=lot, ends_at=count.ends_at)
        .on_conflict_do_update(
            index_elements=[RateCount.key],
            set_={"used": RateCount.used + lot},
            where=RateCount.used + lot <= count.limit.most,
        )
        .returning(RateCount.used)
    )
    with transaction(SYSTEM) as session:
        return session.execute(more).first() is not None


def give_back(name: str, who: str, clock: Clock) -> None:
    """One that does not count after all: a sign-in that was right."""
    count = _count(name, who, clock)
    less = update(RateCount).where(RateCount.key == count.key, RateCount.used > 0)
    with transaction(SYSTEM) as session:
        session.execute(less.values(used=RateCount.used - 1))


def _too_many(count: _Count, clock: Clock) -> TooMany:
    seconds = max(1, int((count.ends_at - clock.now()).total_seconds()) + 1)
    minutes = -(-seconds // 60)
    error = TooMany(f"That was too often. Try again in {minutes} minute{'s' if minutes > 1 else ''}.")
    error.extra["retry_after"] = seconds
    return error


def limited(name: str, *, on: Collection[str] = ("GET", "POST")) -> Callable[[View], View]:
    """Count each use of the view by one of these methods. Stands above `allow`: who is refused uses nothing up."""

    def declare(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, **kwargs: Any) -> Any:
            if request.method in on:
                take(name, caller(current_actor(), limits()[name]), runtime().clock)
            return view(*args, **kwargs)

        return cast(View, counted)

    return declare


def caller(actor: Actor, limit: Limit) -> str:
    """Who is counted: the person or key, or the network that the request came from."""
    if limit.per == "caller" and actor.id is not None:
        return str(actor.id)
    return network()


def network() -> str:
    """The network address of this request; it is never stored, only its keyed hash."""
    return request.remote_addr or "unknown"


def forget_old(clock: Clock) -> int:
    """Job: delete the counts of spans that are over; how many."""
    with transaction(SYSTEM) as session:
        gone = session.execute(
            delete(RateCount).where(RateCount.ends_at < clock.now() - timedelta(minutes=5))
        )
        return int(gone.rowcount)  # type: ignore[attr-defined]
