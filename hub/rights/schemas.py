"""Shapes of what people send about rights, for pages and machines."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from hub.core.clock import london_time
from hub.core.ids import tidy_reference
from hub.infra.db import runtime
from hub.infra.http import Out
from hub.rights.domain import (
    BreachRuling,
    CaseKind,
    Decision,
    Door,
    HoldKind,
    Identity,
    NewBreach,
    NewHold,
    Reason,
    Risk,
    Ruling,
    WhyLonger,
)
from hub.rights.domain.cases import LONGEST
from hub.rights.service import Longer, Search
from hub.ui.fields import Choice, Date, Email, Name, Phone, Postcode, Text, Whole, YesNo

_NOTE = 2000


def _reference(text: str) -> str:
    """A referral's reference, as it was meant."""
    found = tidy_reference(text)
    if found is None:
        raise ValidationError("Enter the reference in full, like R-7K3Q21-94")
    return found


class CaseSchema(Schema):
    """A request or complaint that a member of staff writes down."""

    kind = Choice(CaseKind, "what they ask for", required=True)
    door = Choice(Door, "how it reached us", required=True)
    received_on = Date("day it was received", required=True)
    words = Text(LONGEST, "what they said", lines=True, load_default="")
    reference = Text(20, "reference", load_default=None)
    name = Text(200, "name", load_default=None)
    contact = Text(300, "how to answer", load_default=None)

    @post_load
    def tidy(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data["reference"]:
            try:
                data["reference"] = _reference(data["reference"])
            except ValidationError as error:
                raise ValidationError(error.messages, "reference") from None
        return data


class ComplaintSchema(Schema):
    """A complaint from anybody, by the form on the website."""

    name = Text(200, "your name", required=True)
    contact = Text(300, "email address or phone number", required=True)
    words = Text(LONGEST, "what is wrong", lines=True, required=True)


class OwnRequestSchema(Schema):
    """What a learner asks on their own page."""

    kind = Choice(CaseKind, "what you want", required=True)
    words = Text(LONGEST, "your words", lines=True, load_default="")


class CodeSchema(Schema):
    code = Text(20, "code", required=True)


class NoteSchema(Schema):
    note = Text(_NOTE, "note", lines=True, required=True)


class IdentifySchema(Schema):
    identity = Choice(Identity, "how you made sure", required=True)
    reference = Text(20, "reference", load_default=None)


class ExtendSchema(Schema):
    because = Choice(WhyLonger, "why it takes longer", required=True)
    note = Text(_NOTE, "what the person was told", lines=True, required=True)

    @post_load
    def longer(self, data: dict[str, Any], **_: Any) -> Longer:
        return Longer(data["because"], data["note"])


class SearchEffortSchema(Schema):
    place = Text(_NOTE, "where you searched", lines=True, required=True)
    minutes = Whole(0, 10_000, "minutes it took", required=True)
    found = YesNo("whether anything was there", required=True)

    @post_load
    def search(self, data: dict[str, Any], **_: Any) -> Search:
        return Search(data["place"], data["minutes"], data["found"])


class DecisionSchema(Schema):
    decision = Choice(Decision, "decision", required=True)
    reason = Choice(Reason, "reason", load_default=None)
    note = Text(_NOTE, "answer", lines=True, load_default="")
    purposes = fields.List(Text(3, "use"), load_default=list)

    @post_load
    def ruling(self, data: dict[str, Any], **_: Any) -> Ruling:
        return Ruling(data["decision"], data["reason"], data["note"], frozenset(data["purposes"]))


class CorrectionSchema(Schema):
    """What is right. An empty box clears what may be empty; a name may not."""

    given_names = Name("given names", required=True)
    family_name = Name("family name", load_default="")
    known_as = Name("name they go by", load_default=None)
    date_of_birth = Date("date of birth", load_default=None)
    phone = Phone(load_default=None)
    email = Email(load_default=None)
    postcode = Postcode(load_default=None)
    address = Text(300, "address", lines=True, load_default=None)


class HoldSchema(Schema):
    reference = Text(20, "reference", required=True)
    kind = Choice(HoldKind, "kind of reason", required=True)
    reason = Text(_NOTE, "why the record must be kept", lines=True, required=True)
    review_on = Date("day to look again", required=True)

    @post_load
    def hold(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        try:
            reference = _reference(data.pop("reference"))
        except ValidationError as error:
            raise ValidationError(error.messages, "reference") from None
        return {"reference": reference, "new": NewHold(**data)}


class KeepSchema(Schema):
    review_on = Date("day to look again", required=True)


class LiftSchema(Schema):
    because = Text(_NOTE, "why it is no longer needed", lines=True, required=True)


class BreachSchema(Schema):
    aware_on = Date("day we learnt of it", required=True)
    aware_time = fields.Time(required=True, format="%H:%M", error_messages={
        "required": "Enter the time we learnt of it, like 14:30", "invalid": "Enter a time, like 14:30",
        "format": "Enter a time, like 14:30",
    })  # fmt: skip
    people = Whole(0, 10_000_000, "how many people it concerns", required=True)
    what = Text(LONGEST, "what happened", lines=True, required=True)
    effects = Text(LONGEST, "likely effects", lines=True, load_default="")
    measures = Text(LONGEST, "what was done", lines=True, load_default="")

    @post_load
    def breach(self, data: dict[str, Any], **_: Any) -> NewBreach:
        day, at = data.pop("aware_on"), data.pop("aware_time")
        return NewBreach(aware_at=london_time(day, at.hour, at.minute), **data)


class BreachRulingSchema(Schema):
    """Days on which the ICO and the people were told: today counts as now, another day as its end."""

    risk = Choice(Risk, "risk", required=True)
    why = Text(LONGEST, "why", lines=True, required=True)
    reported_on = Date("day the ICO was told", load_default=None)
    ico_reference = Text(40, "reference of the ICO", load_default=None)
    people_told_on = Date("day the people were told", load_default=None)

    @validates_schema
    def reference_needs_day(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("ico_reference") and not data.get("reported_on"):
            raise ValidationError("Enter the day the ICO was told", "reported_on")

    @post_load
    def ruling(self, data: dict[str, Any], **_: Any) -> BreachRuling:
        reported, told = (_moment(data.pop(name)) for name in ("reported_on", "people_told_on"))
        return BreachRuling(**data, reported_at=reported, people_told_at=told)


def _moment(day: Any) -> datetime | None:
    if day is None:
        return None
    clock = runtime().clock
    return clock.now() if day == clock.today() else london_time(day, 23, 59)


class NoticeSchema(Out):
    """A notice to a partner, for its own systems. `about`: `everything` (delete it) or the fields put right."""

    id = fields.UUID()
    about = fields.List(fields.String())
    references = fields.List(fields.String(), metadata={"description": "Your referrals that it is about"})
    told_at = fields.AwareDateTime()
    acknowledged_at = fields.AwareDateTime(allow_none=True)


class NoticeListSchema(Out):
    items = fields.List(fields.Nested(NoticeSchema))
