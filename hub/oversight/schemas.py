"""What the forms of oversight send."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, post_load, validates, validates_schema

from hub.core.acts import ActKind
from hub.oversight.domain import Emergency, Verdict, Wanted, reason_fault
from hub.ui.fields import Choice, Date, Text, Whole


class SearchSchema(Schema):
    """A search of the audit; everything may be left out. `before` pages on from an entry."""

    class Meta:
        unknown = RAISE

    who = Text(200, "person or organisation", load_default=None)
    about = Text(60, "reference", load_default=None)
    kind = Choice(ActKind, "kind of act", load_default=None)
    action = Text(60, "act", load_default=None)
    first = Date(label="first day", load_default=None)
    last = Date(label="last day", load_default=None)
    before = Whole(0, 2**62, "page", load_default=None)

    @validates_schema
    def in_order(self, data: dict[str, Any], **_: object) -> None:
        """The last day is not before the first."""
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            raise ValidationError("The last day must not be before the first", "last")

    @post_load
    def as_wanted(self, data: dict[str, Any], **_: object) -> tuple[Wanted, int | None]:
        before = data.pop("before")
        return Wanted(**data), before


class EmergencySchema(Schema):
    """Which record, and why now."""

    class Meta:
        unknown = RAISE

    reference = Text(40, "referral's reference", required=True)
    reason = Text(1000, "reason", required=True, lines=True)

    @validates("reason")
    def says_why(self, value: str, **_: object) -> None:
        """In 20 characters or more."""
        if fault := reason_fault(value):
            raise ValidationError(fault)

    @post_load
    def as_emergency(self, data: dict[str, str], **_: object) -> Emergency:
        return Emergency(data["reference"], data["reason"])


class ReviewSchema(Schema):
    """What a review found."""

    class Meta:
        unknown = RAISE

    verdict = Choice(Verdict, "whether it was justified", required=True)
    note = Text(1000, "note", load_default=None, lines=True)
