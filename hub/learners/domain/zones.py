"""Zones of likeness, and when the hub may link two records without a person ('same person', section 4, Zones).

The hub only suggests until it has turned automatic linking on, which takes evidence: enough decisions of people
about pairs of the automatic zone, none of them 'different people'.
"""

import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from importlib import resources
from uuid import UUID

from hub.core.errors import RuleBroken

RULE_OF_THREE = 3.0
"""Where none of n was wrong, fewer than 3/n are, with 95 % confidence."""


class Held(StrEnum):
    """Why two records of the automatic zone wait for a person although linking is on."""

    BOTH_ASSESSED = "both_assessed"
    TOLD_APART = "told_apart"
    MEMBER_UNLIKE = "member_unlike"
    LARGE_CLUSTER = "large_cluster"
    TAKEN_BACK = "taken_back"


HELD_WORDS = {
    Held.BOTH_ASSESSED: "Both have had an assessment, so a person must decide.",
    Held.TOLD_APART: "Somebody decided that two of the records joined here are different people.",
    Held.MEMBER_UNLIKE: "One of the records already joined speaks against it.",
    Held.LARGE_CLUSTER: "More records would be joined than may be without a person.",
    Held.TAKEN_BACK: "Somebody took an earlier decision about these two back.",
}


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """The numbers of automatic linking: see data/zones.toml."""

    decisions_needed: int
    largest_cluster: int
    low_band_from: float
    sample_a_week: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What people have decided so far. `decided` and `errors` are about pairs of the automatic zone, under the
    model now in use; `all_decided` counts every pair, whatever its zone or model."""

    all_decided: int
    decided: int
    errors: int

    @property
    def upper_bound(self) -> float | None:
        """The share of wrong links that the evidence does not exclude, by the rule of three; None without any."""
        if not self.decided:
            return None
        return min(1.0, RULE_OF_THREE / self.decided) if not self.errors else None

    def lacks(self, rules: ZoneRules) -> int:
        """How many more decisions are needed."""
        return max(0, rules.decisions_needed - self.decided)


@dataclass(frozen=True, slots=True)
class SwitchView:
    """Automatic linking was switched on or off, with the evidence there was."""

    is_on: bool
    reason: str
    model_version: str
    decided: int
    errors: int
    changed_by: UUID | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Joining:
    """Two clusters that are to be linked by the hub alone.

    `scores` are of each record of the one against each of the other; `told_apart` where a person has said
    'different people' about two of them; `both_assessed` where each cluster has an assessment.
    """

    records: int
    scores: Sequence[float]
    told_apart: bool
    both_assessed: bool


def held_because(joining: Joining, rules: ZoneRules) -> Held | None:
    """Why the hub must not link by itself; None when it may.

    No single-link chaining: whoever joins must not be unlike any member (a score below 0).
    """
    if joining.told_apart:
        return Held.TOLD_APART
    if joining.both_assessed:
        return Held.BOTH_ASSESSED
    if any(score < 0 for score in joining.scores):
        return Held.MEMBER_UNLIKE
    if joining.records > rules.largest_cluster:
        return Held.LARGE_CLUSTER
    return None


def require_evidence(evidence: Evidence, rules: ZoneRules) -> None:
    """Raise RuleBroken unless people have decided often enough without one error."""
    if evidence.errors:
        raise RuleBroken(
            f"People decided {evidence.errors} times that two records of the automatic zone are different people.",
            code="errors_found",
        )
    if lacking := evidence.lacks(rules):
        raise RuleBroken(f"{lacking} more decisions are needed first.", code="too_little_evidence")


def zone_rules(on: date) -> ZoneRules:
    """The rules in force on a day."""
    dated = [rule for valid_from, rule in _dated() if valid_from <= on]
    return dated[-1] if dated else _dated()[0][1]


@functools.cache
def _dated() -> tuple[tuple[date, ZoneRules], ...]:
    text = resources.files("hub.learners").joinpath("data/zones.toml").read_text(encoding="utf-8")
    names = ZoneRules.__slots__
    rows = [
        (row["valid_from"], ZoneRules(**{name: row[name] for name in names}))
        for row in tomllib.loads(text)["rules"]
    ]
    return tuple(sorted(rows, key=lambda row: row[0]))
