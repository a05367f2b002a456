"""The clocks, reasons and labels in force: the hub's own values over the shipped defaults."""

from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from hub.core.errors import RuleBroken
from hub.infra import memory
from hub.policy import domain, queries
from hub.policy.domain import Audience, Label, Reason

_CACHE = "hub_policy"


def number(session: Session, code: str, on: date) -> int:
    """The value of a clock on a day, in its own unit; 0 = off. KeyError for a code that does not exist."""
    return int(_values(session, on).get(f"clock.{code}", domain.clocks()[code].value))


def text(session: Session, code: str, default: str, on: date) -> str:
    """Any other wording or setting that the hub may have changed."""
    return _values(session, on).get(code, default)


def reasons(session: Session, whose: str | None = None, on: date | None = None) -> list[Reason]:
    """The reasons that `whose` (learner, provider, referrer, hub) may give, with the hub's labels."""
    values = _values(session, on or date.max)
    return [
        replace(reason, label=values.get(f"reason.{reason.code}", reason.label))
        for reason in domain.reasons().values()
        if whose is None or whose in reason.whose
    ]


def reason(session: Session, code: str, whose: str) -> Reason:
    """One reason that `whose` may give; RuleBroken beside `reason` for any other code."""
    found = {known.code: known for known in reasons(session, whose)}.get(code)
    if found is None:
        raise RuleBroken("Choose a reason from the list.", code="reason_unknown", field="reason")
    return found


def check_reason(session: Session, code: str, note: str | None, whose: str) -> Reason:
    """As `reason`, and RuleBroken beside `note` when this reason needs words and has none."""
    found = reason(session, code, whose)
    if found.note_required and not (note or "").strip():
        raise RuleBroken("Say in a few words why.", code="note_required", field="note")
    return found


def label(session: Session | None, machine: str, state: str, audience: Audience | str) -> Label:
    """What `audience` sees of a state; referrers see staff's words where they have none of their own."""
    known = domain.labels()
    shipped = known.get((machine, state, Audience(audience))) or known[machine, state, Audience.STAFF]
    if session is None:
        return shipped
    changed = _values(session, date.max).get(f"label.{machine}.{state}.{Audience(audience)}")
    return replace(shipped, text=changed) if changed else shipped


def _values(session: Session, on: date) -> dict[str, str]:
    """Every value on a day, of what is remembered."""
    changes, days = memory.remembered(session, _CACHE, _changes)
    if on not in days:
        days[on] = {code: value for code, value, first in changes if first <= on}
    return days[on]


def _changes(session: Session) -> tuple[list[tuple[str, str, date]], dict[date, dict[str, str]]]:
    return queries.changes(session), {}


def forget(session: Session) -> None:
    memory.forget(session, _CACHE)
