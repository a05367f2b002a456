"""A personal data breach: what is decided about it and until when (Art 33 and 34 UK GDPR)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hub.core.errors import RuleBroken


class Risk(StrEnum):
    """To people's rights and freedoms: from RISK on the ICO is told, at HIGH the people too."""

    UNLIKELY = "unlikely"
    RISK = "risk"
    HIGH = "high"


RISK_LABELS: Mapping[Risk, str] = {
    Risk.UNLIKELY: "A risk to people is unlikely: write it down here, tell nobody",
    Risk.RISK: "A risk to people: tell the ICO",
    Risk.HIGH: "A high risk to people: tell the ICO and the people",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBreach:
    """`aware_at` starts the 72 hours. `people`: about how many, 0 where nobody can say yet."""

    aware_at: datetime
    people: int
    what: str = field(repr=False)
    effects: str = field(default="", repr=False)
    measures: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachRuling:
    """What was decided and done."""

    risk: Risk
    why: str = field(repr=False)
    reported_at: datetime | None = None
    ico_reference: str | None = None
    people_told_at: datetime | None = None


def require_breach(new: NewBreach, now: datetime) -> None:
    if new.aware_at > now:
        raise RuleBroken("You cannot have learnt of it in the future.", field="aware_on")
    if not new.what.strip():
        raise RuleBroken("Say what happened.", field="what")


def require_breach_ruling(ruling: BreachRuling, aware_at: datetime, now: datetime) -> None:
    """A report later than 72 hours is still a report: the register shows it late, with the reason."""
    if not ruling.why.strip():
        raise RuleBroken("Write why the risk is as you say.", field="why")
    for name, at in (("reported_on", ruling.reported_at), ("people_told_on", ruling.people_told_at)):
        if at is not None and not aware_at <= at <= now:
            raise RuleBroken("This lies before we knew of it, or in the future.", field=name)


def is_settled(ruling: BreachRuling) -> bool:
    """Whether all that the risk asks for was done."""
    if ruling.risk is Risk.UNLIKELY:
        return True
    if ruling.reported_at is None:
        return False
    return ruling.risk is Risk.RISK or ruling.people_told_at is not None
