"""The register of consent for those who must be able to prove it: counts and askings, without names."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import queries
from hub.consent.domain import Art9, Basis, ConsentState, ConsentView
from hub.consent.queries import RegisterFilter
from hub.consent.reads.standing import views

__all__ = ["BasisLine", "RegisterFilter", "basis_history", "counts", "register", "register_size"]


def register(
    session: Session, wanted: RegisterFilter, limit: int, offset: int = 0
) -> tuple[ConsentView, ...]:
    """The askings that meet the filter, newest first."""
    return views(session, queries.register(session, wanted, limit, offset))


def register_size(session: Session, wanted: RegisterFilter) -> int:
    """How many askings meet the filter."""
    return queries.register_size(session, wanted)


def counts(session: Session) -> dict[str, dict[ConsentState, int]]:
    """By purpose: how many permissions stand in each state, over the newest asking of each source."""
    found: dict[str, dict[ConsentState, int]] = defaultdict(dict)
    for purpose, state, number in queries.standings_count(session):
        found[purpose][state] = number
    return dict(found)


@dataclass(frozen=True, slots=True)
class BasisLine:
    """One decision about the basis of a purpose."""

    purpose: str
    basis: Basis
    art9_condition: Art9 | None
    starts_on: date
    reason: str
    decided_by: UUID | None
    decided_at: datetime


def basis_history(session: Session, purpose: str | None = None) -> list[BasisLine]:
    """What the controller has decided about bases, newest first."""
    rows = reversed(queries.basis_decisions(session))
    return [
        BasisLine(
            row.purpose, row.basis, row.art9_condition, row.starts_on, row.reason, row.decided_by,
            row.decided_at,
        )
        for row in rows
        if purpose is None or row.purpose == purpose
    ]  # fmt: skip
