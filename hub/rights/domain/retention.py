"""How long what is kept: rules as data; the numbers in them are clocks of the policy slice."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from hub.core.clock import LONDON, london_time
from hub.policy.domain import clocks
from hub.rights.domain.clocks import months_after

_FILE = Path(__file__).parent.parent / "data" / "retention.toml"
NOTICE = timedelta(days=28)
"""Between telling a learner that the record is to be erased and erasing it."""


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One rule. `clock` names the number that the hub can change; a rule without one has `fixed` words."""

    code: str
    title: str
    since: str
    then: str
    source: str
    clock: str | None = None
    fixed: str | None = None


@cache
def rules() -> Mapping[str, RetentionRule]:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))["rules"]
    return {code: _rule(code, dict(row)) for code, row in data.items()}


def _rule(code: str, row: dict[str, str]) -> RetentionRule:
    return RetentionRule(code, since=row.pop("from"), **row)


def cutoff(rule: RetentionRule, number: int, today: date) -> date | None:
    """The day before which the rule takes things; None when its clock is 0, which is off.

    RuleBroken never: a rule without a clock has no cut-off of this kind either.
    """
    if rule.clock is None or number == 0:
        return None
    unit = clocks()[rule.clock].unit
    if unit == "days":
        return today - timedelta(days=number)
    return months_after(today, -(number * 12 if unit == "years" else number))


def start_of(day: date) -> datetime:
    """The first moment of a London day, in UTC."""
    return london_time(day, 0)


def london_day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()
