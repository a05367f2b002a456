"""Priority bands 0 to 3 as dated, published data: few rules, each with a plain reason."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class PriorityRule:
    """A fact about a learner that gives a band for `months` after it was noted (0: without end)."""

    code: str
    band: int
    months: int
    label: str
    reason: str


@dataclass(frozen=True)
class PriorityPolicy:
    """One version of the rules, in force from a day on."""

    version: str
    valid_from: date
    standard_band: int
    bands: tuple[str, ...]
    rules: tuple[PriorityRule, ...]


@dataclass(frozen=True)
class Fact:
    """Something noted about a learner that a rule may name."""

    code: str
    noted_on: date


@dataclass(frozen=True)
class Priority:
    """A band with its reasons. `until` is the last day on which it surely holds; None: no rule ends it."""

    band: int
    label: str
    reasons: tuple[str, ...]
    until: date | None


@cache
def policies() -> tuple[PriorityPolicy, ...]:
    """All versions, oldest first."""
    data = tomllib.loads(Path(__file__).with_name("priority.toml").read_text("utf-8"))
    found = (
        PriorityPolicy(
            one["version"],
            one["valid_from"],
            one["standard_band"],
            tuple(one["bands"]),
            tuple(PriorityRule(**rule) for rule in one["rule"]),
        )
        for one in data["policy"]
    )
    return tuple(sorted(found, key=lambda policy: policy.valid_from))


def policy_on(day: date) -> PriorityPolicy:
    """The version in force on a day; before the first, the first."""
    return [policies()[0], *(policy for policy in policies() if policy.valid_from <= day)][-1]


def priority(facts: Iterable[Fact], day: date) -> Priority:
    """The best band that the facts give on a day, and every reason for it; the standard band without any.

    A fact that would only lower the band counts only where nothing raises it.
    """
    policy = policy_on(day)
    holding = [(rule, last) for rule, last in _holding(policy, facts) if last is None or last >= day]
    ends = [last for _, last in holding if last is not None]
    until = min(ends) if ends else None
    raising = [rule for rule, _ in holding if rule.band < policy.standard_band]
    lowering = [rule for rule, _ in holding if rule.band > policy.standard_band]
    chosen = raising or lowering
    if not chosen:
        return Priority(policy.standard_band, policy.bands[policy.standard_band], (), until)
    band = min(rule.band for rule in chosen)
    reasons = tuple(dict.fromkeys(rule.reason for rule in chosen if rule.band == band))
    return Priority(band, policy.bands[band], reasons, until)


def facts_of_referral(source: str, mandated: bool) -> frozenset[str]:
    """The facts that follow from how a learner was referred."""
    found = {"council_resettlement": "resettlement", "midwife_health_visitor": "maternity"}.get(source)
    return frozenset({found} if found else ()) | frozenset({"mandated"} if mandated else ())


def is_known(code: str, day: date) -> bool:
    return any(rule.code == code for rule in policy_on(day).rules)


def _holding(policy: PriorityPolicy, facts: Iterable[Fact]) -> list[tuple[PriorityRule, date | None]]:
    """Each rule that a fact meets, with the last day it holds."""
    rules = {rule.code: rule for rule in policy.rules}
    return [
        (
            rules[fact.code],
            add_months(fact.noted_on, rules[fact.code].months) if rules[fact.code].months else None,
        )
        for fact in facts
        if fact.code in rules
    ]


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError("no such day")
