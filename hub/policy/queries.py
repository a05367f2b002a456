"""Selects of the policy slice."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.infra.writes import REFERENCE
from hub.policy.models import PolicyValue


def changes(session: Session) -> list[tuple[str, str, date]]:
    """(code, value, first day) of every change, the one that counts later in the list: read once a transaction."""
    found = select(PolicyValue.code, PolicyValue.value, PolicyValue.valid_from)
    in_order = found.order_by(PolicyValue.valid_from, PolicyValue.changed_at)
    rows = session.execute(in_order.execution_options(**REFERENCE))
    return [(code, value, first) for code, value, first in rows]


def history(session: Session) -> Sequence[PolicyValue]:
    return session.scalars(select(PolicyValue).order_by(PolicyValue.changed_at.desc()).limit(500)).all()
