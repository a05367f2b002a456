"""Changing a clock, a reason's words or a label: a new dated row, audited."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.writes import put, write_now
from hub.policy import domain, reads
from hub.policy.models import PolicyValue

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class NewValue:
    """`code` is clock.<code>, reason.<code> or label.<machine>.<state>.<audience>."""

    code: str
    value: str
    valid_from: date
    source: str


def change(session: Session, new: NewValue, actor: Actor, clock: Clock) -> PolicyValue:
    """Set a value from a day on. NotFound for an unknown code, RuleBroken beside `value` or `source`."""
    value = _checked(new.code, new.value.strip())
    if not new.source.strip():
        raise RuleBroken("Say who decided this, or where it is written.", field="source")
    row = PolicyValue(
        code=new.code, value=value, valid_from=new.valid_from, source=new.source.strip()[:_LONGEST],
        changed_by=actor.id, changed_by_name=actor.name, changed_at=clock.now(),
    )  # fmt: skip
    put(session, row)
    audit.record(session, actor, "policy.changed", "policy_value", row.id, clock=clock, reason=new.code)
    write_now(session)
    reads.forget(session)
    return row


def _checked(code: str, value: str) -> str:
    kind, _, name = code.partition(".")
    if kind == "clock" and name in domain.clocks():
        return _whole(value, domain.clocks()[name].most)
    if kind == "reason" and name in domain.reasons():
        return _words(value)
    if kind == "label" and tuple(name.split(".")) in domain.labels():
        return _words(value)
    if kind == "matching":
        return _words(value)
    raise NotFound("There is no such setting.")


def _whole(value: str, most: int) -> str:
    if not value.isdecimal() or len(value) > 12 or int(value) > most:
        raise RuleBroken(f"Write a whole number from 0 to {most}.", field="value")
    return str(int(value))


def _words(value: str) -> str:
    if not 1 <= len(value) <= _LONGEST:
        raise RuleBroken(f"Write 1 to {_LONGEST} characters.", field="value")
    return value
