"""Selects of the policy slice."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from hub.policy.models import PolicyValue


def values_on(session: Session, on: date) -> dict[str, str]:
    """Every changed value that counts on a day: one query, read once a transaction."""
    found = (
        select(PolicyValue.code, PolicyValue.value)
        .where(PolicyValue.valid_from <= on)
        .ext(distinct_on(PolicyValue.code))
        .order_by(PolicyValue.code, PolicyValue.valid_from.desc(), PolicyValue.changed_at.desc())
    )
    return {code: value for code, value in session.execute(found)}


def history(session: Session) -> Sequence[PolicyValue]:
    return session.scalars(select(PolicyValue).order_by(PolicyValue.changed_at.desc()).limit(500)).all()
