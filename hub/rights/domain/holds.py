"""A legal hold: while it stands, a record is neither erased nor retained away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from hub.core.errors import RuleBroken
from hub.rights.domain.clocks import months_after

LONGEST_MONTHS = 12


class HoldKind(StrEnum):
    CLAIM = "claim"
    INQUIRY = "inquiry"
    SAFEGUARDING = "safeguarding"
    FUNDING_AUDIT = "funding_audit"
    COMPLAINT = "complaint"


HOLD_LABELS: Mapping[HoldKind, str] = {
    HoldKind.CLAIM: "A legal claim",
    HoldKind.INQUIRY: "An inquiry by the police, a court or a regulator",
    HoldKind.SAFEGUARDING: "Safeguarding",
    HoldKind.FUNDING_AUDIT: "An audit of funding",
    HoldKind.COMPLAINT: "A complaint that is not answered yet",
}


@dataclass(frozen=True, slots=True)
class NewHold:
    kind: HoldKind
    reason: str = field(repr=False)
    review_on: date


def require_hold(new: NewHold, today: date) -> None:
    """RuleBroken by field: a hold needs a reason and a day, within a year, on which somebody looks again."""
    if not new.reason.strip():
        raise RuleBroken("Say why the record must be kept.", field="reason")
    require_review(new.review_on, today)


def require_review(review_on: date, today: date) -> None:
    if not today < review_on <= months_after(today, LONGEST_MONTHS):
        raise RuleBroken("Choose a day within the next 12 months.", field="review_on")
