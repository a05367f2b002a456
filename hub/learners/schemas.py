"""The shape of the hub's forms about a learner."""

from collections.abc import Mapping
from typing import Any

from babel import Locale
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validates, validates_schema

from hub.core.slots import SLOTS
from hub.infra.phones import national
from hub.learners.domain import (
    Barrier,
    ContactChange,
    DocumentSeen,
    Needs,
    NewNeeds,
    Person,
    Reason,
    StudyMode,
    TravelMode,
)
from hub.learners.domain.needs import LONGEST_TRAVEL_MINUTES, MOST_HOURS
from hub.ui.fields import Choice, Choices, Date, Email, Phone, Postcode, Text, Whole, YesNo

_FLAGS = ("has_device", "childcare", "step_free", "women_only")
_LISTS = ("availability", "reasons", "barriers")


class ContactSchema(Schema):
    """How to reach the learner; a box left empty means there is none."""

    class Meta:
        unknown = RAISE

    phone = Phone(load_default=None)
    second_phone = Phone("second phone number", load_default=None)
    email = Email("email address", load_default=None)
    postcode = Postcode(load_default=None)
    address = Text(300, "address", lines=True, load_default=None)
    preferred_language = Text(20, "preferred language", load_default=None)
    interpreter_needed = YesNo("whether an interpreter is needed", load_default=False)
    safe_to_text = YesNo("whether it is safe to text", required=True)
    safe_to_call = YesNo("whether it is safe to call", required=True)
    confirmed_by_learner = YesNo("whether the learner told us", required=True)

    @validates("preferred_language")
    def known_language(self, value: str | None, **_: Any) -> None:
        if value and value.split("-")[0] not in Locale("en").languages:
            raise ValidationError("Select the preferred language")

    @post_load
    def as_change(self, data: dict[str, Any], **_: Any) -> ContactChange:
        return ContactChange(**data)


class NeedsSchema(Schema):
    """What the learner needs of a class."""

    class Meta:
        unknown = RAISE

    availability = fields.List(Text(20, "time of the week"), load_default=list)
    travel_minutes = Whole(0, LONGEST_TRAVEL_MINUTES, "minutes of travel", load_default=None)
    travel_mode = Choice(TravelMode, "how the learner travels", load_default=None)
    study_mode = Choice(StudyMode, "where the learner can study", required=True)
    has_device = YesNo("whether the learner has a device", load_default=False)
    childcare = YesNo("whether the learner needs childcare", load_default=False)
    step_free = YesNo("whether the learner needs step-free access", load_default=False)
    women_only = YesNo("whether the learner needs a class for women only", load_default=False)
    hours_per_week = Whole(1, MOST_HOURS, "hours a week", load_default=None)
    available_from = Date("first day the learner can start", load_default=None)
    latest_start = Date("last day the learner can start", load_default=None)
    reasons = Choices(Reason, "reasons", load_default=list)
    barriers = Choices(Barrier, "barriers", load_default=list)

    @validates("availability")
    def known_slots(self, value: list[str], **_: Any) -> None:
        if set(value) - set(SLOTS):
            raise ValidationError("Select times from the table")

    @validates_schema
    def travel_has_a_mode(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("travel_minutes") is not None and data.get("travel_mode") is None:
            raise ValidationError("Select how the learner travels", "travel_mode")

    @post_load
    def as_needs(self, data: dict[str, Any], **_: Any) -> NewNeeds:
        return NewNeeds(**{**data, **{name: frozenset(data[name]) for name in _LISTS}})


class VerifiedSchema(Schema):
    """What was seen on a document, and whose spelling it confirms."""

    class Meta:
        unknown = RAISE

    record_id = fields.UUID(
        required=True, error_messages={"required": "Select the record", "invalid_uuid": "Select the record"}
    )
    name = YesNo("the name", load_default=False)
    date_of_birth = YesNo("the date of birth", load_default=False)

    @post_load
    def as_seen(self, data: dict[str, Any], **_: Any) -> DocumentSeen:
        return DocumentSeen(**data)


class LinkingSchema(Schema):
    """Why automatic linking is switched."""

    class Meta:
        unknown = RAISE

    reason = Text(500, "the reason", lines=True, required=True)

    @post_load
    def as_reason(self, data: dict[str, Any], **_: Any) -> str:
        return str(data["reason"])


def contact_values(person: Person) -> dict[str, Any]:
    """A learner's contact details as the form shows them; whether the learner told us is asked each time."""
    names = [name for name in ContactSchema().load_fields if name != "confirmed_by_learner"]
    values = {name: getattr(person, name) for name in names}
    phones = {name: national(values[name]) for name in ("phone", "second_phone") if values[name]}
    return values | phones


def needs_values(needs: Needs | None) -> dict[str, Any]:
    """A learner's needs as the form shows them."""
    return {name: getattr(needs, name) for name in NeedsSchema().load_fields} if needs else {}
