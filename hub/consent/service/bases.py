"""The controller's decision about the basis of a purpose: dated, by whom, why. Never undone, only decided anew."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from hub.consent.domain import PURPOSES, Art9, Basis, basis_faults
from hub.consent.models import PurposeBasis
from hub.core.clock import Clock
from hub.core.errors import NotFound, NotPermitted, RuleBroken
from hub.core.permissions import Actor, Role
from hub.infra import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBasis:
    """What is decided about a purpose from a day on, and why."""

    purpose: str
    basis: Basis
    art9_condition: Art9 | None = None
    starts_on: date
    reason: str


def decide_basis(session: Session, new: NewBasis, actor: Actor, clock: Clock) -> PurposeBasis:
    """Rest a purpose on another basis from today or later. Raises NotFound, NotPermitted, RuleBroken by field.

    Whether learners are asked does not change with it, and what was asked before keeps the basis of its day.
    """
    known = PURPOSES.get(new.purpose)
    if known is None:
        raise NotFound("There is no such purpose.")
    if actor.role is not Role.DATA_PROTECTION:
        raise NotPermitted("Only the data protection officer decides the basis of a purpose.")
    faults = basis_faults(known, new.basis, new.art9_condition)
    if new.starts_on < clock.today():
        faults["starts_on"] = "The first day must be today or later: what was, stays as it was"
    if faults:
        raise RuleBroken.many(faults)
    row = PurposeBasis(
        purpose=new.purpose, basis=new.basis, art9_condition=new.art9_condition, starts_on=new.starts_on,
        reason=new.reason.strip(), decided_by=actor.id, decided_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    audit.record(
        session, actor, "purpose_basis.decided", "purpose_basis", row.id, fields=[new.purpose], clock=clock
    )
    session.flush()
    return row
