"""What goes when its time is over: one declaration counts what would go and makes it go, so the two never differ.

    SWEEPS = {"link": (Sweep(PersonalLink, lambda before: PersonalLink.expires_at < before),)}

stands in the `holdings` of a slice, by the code of a retention rule.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    delete,
    exists,
    func,
    inspect,
    literal,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from hub.infra.db import Base
from hub.infra.personal import shred

BATCH = 500


class Then(StrEnum):
    """Delete the row; wipe some of its columns; or destroy its own data key, with or without the row."""

    DELETE = "delete"
    WIPE = "wipe"
    SHRED = "shred"
    SHRED_AND_DELETE = "shred_and_delete"


@dataclass(frozen=True)
class Sweep:
    """Rows of one table whose time is over before a moment, and what becomes of them.

    A shredded row has a data key of its own (`subject_id`): all that stands under it, in whatever table, is gone.
    `over` must not choose the row again.
    """

    model: type[Base]
    over: Callable[[datetime], ColumnElement[bool]]
    then: Then = Then.DELETE
    wipe: Mapping[str, Any] = field(default_factory=dict)


def count(session: Session, sweep: Sweep, before: datetime) -> int:
    """How many rows would go."""
    found = select(func.count()).select_from(sweep.model).where(sweep.over(before))
    return session.scalar(found) or 0


def due(session: Session, asked: Iterable[tuple[str, Sweep, datetime]]) -> set[str]:
    """Of these (code, sweep, before), the codes of which something would go: one statement for all of them."""
    parts = [
        select(literal(code)).where(exists().select_from(sweep.model).where(sweep.over(before)))
        for code, sweep, before in asked
    ]
    return set(session.scalars(union_all(*parts))) if parts else set()


def run(session: Session, sweep: Sweep, before: datetime, now: datetime) -> int:
    """Let one batch go; how many. 0: nothing is left."""
    session.flush()
    keys = inspect(sweep.model).primary_key
    chosen = select(*keys).where(sweep.over(before)).order_by(*keys).limit(BATCH)
    rows = session.execute(chosen.with_for_update(skip_locked=True)).all()
    if not rows:
        return 0
    these = tuple_(*keys).in_([tuple(row) for row in rows])
    if sweep.then in {Then.SHRED, Then.SHRED_AND_DELETE}:
        subject: Any = inspect(sweep.model).columns["subject_id"]
        shred(session, session.scalars(select(subject).where(these)).all(), now)
    if sweep.then in {Then.DELETE, Then.SHRED_AND_DELETE}:
        session.execute(delete(sweep.model).where(these), execution_options=_ROWS_ONLY)
    elif sweep.wipe:
        session.execute(
            update(sweep.model).where(these).values(_wiped(sweep, now)), execution_options=_ROWS_ONLY
        )
    session.expire_all()
    return len(rows)


_ROWS_ONLY = {"synchronize_session": False}
NOW = object()
"""In `wipe`: the moment at which the sweep runs."""


def _wiped(sweep: Sweep, now: datetime) -> dict[str, Any]:
    values = {name: now if value is NOW else value for name, value in sweep.wipe.items()}
    version = inspect(sweep.model).version_id_col
    return {**values, **({} if version is None else {version.name: version + 1})}
