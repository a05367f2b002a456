"""What comes in about classes, venues and providers: shape only; the rules are the service's."""

from collections.abc import Callable, Mapping
from datetime import time
from enum import StrEnum
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validates_schema

from hub.core.levels import Level
from hub.core.slots import DAY_NAMES, DAYS
from hub.core.wording import clock_time
from hub.infra.http import Out, as_uuid
from hub.provision.domain import (
    ClassDetails,
    CopyDates,
    Meeting,
    PlacesChange,
    ProviderDetails,
    ProviderKind,
    Strand,
    VenueDetails,
)
from hub.provision.domain.reading import read_pence, read_time
from hub.provision.reads import EsolClassView
from hub.ui.fields import Choice, Choices, Date, Email, Phone, Postcode, Text, Whole, YesNo


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _Read(Text):
    """A short text that one of our readers turns into a value; its refusal is told as it is."""

    def __init__(self, reader: Callable[[str], Any], label: str, **kwargs: Any) -> None:
        super().__init__(30, label, **kwargs)
        self.reader = reader

    def checked(self, text: str) -> Any:
        try:
            return self.reader(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class Teaching(StrEnum):
    """Boxes to tick about what is taught."""

    RW_SUPPORT = "rw_support"
    HAS_EXAM = "has_exam"
    ROLL_ON = "roll_on"


class Access(StrEnum):
    """Boxes to tick about who can come."""

    CHILDCARE = "childcare"
    STEP_FREE = "step_free"
    WOMEN_ONLY = "women_only"
    ADULTS_ONLY = "adults_only"


def _clock(day: str, end: str) -> _Read:
    return _Read(read_time, f"{day} {end} time")


class _Week(_Strict):
    """Two boxes for each day of the week."""

    mon_start, mon_end = _clock("Monday", "start"), _clock("Monday", "end")
    tue_start, tue_end = _clock("Tuesday", "start"), _clock("Tuesday", "end")
    wed_start, wed_end = _clock("Wednesday", "start"), _clock("Wednesday", "end")
    thu_start, thu_end = _clock("Thursday", "start"), _clock("Thursday", "end")
    fri_start, fri_end = _clock("Friday", "start"), _clock("Friday", "end")
    sat_start, sat_end = _clock("Saturday", "start"), _clock("Saturday", "end")
    sun_start, sun_end = _clock("Sunday", "start"), _clock("Sunday", "end")

    @validates_schema(skip_on_field_errors=False)
    def whole_days(self, values: Mapping[str, Any], **_: Any) -> None:
        """Both times of a day or none, in order; at least one day, unless one is there but cannot be read."""
        faults: dict[str, list[str]] = {}
        for day, name in zip(DAYS, DAY_NAMES, strict=True):
            start, end = values.get(f"{day}_start"), values.get(f"{day}_end")
            if start is not None and end is not None and end <= start:
                faults[f"{day}_end"] = [f"{name}: the end time must be later than the start time"]
        if faults:
            raise ValidationError(faults)


class ClassForm(_Week):
    """The page on which a class is added or changed."""

    title = Text(120, "name of the class", required=True)
    strand = Choice(Strand, "what the class is for", required=True)
    levels = Choices(Level, "level or levels of the class", required=True)
    teaching = Choices(Teaching, load_default=list)
    start_on = Date("first day", required=True)
    end_on = Date("last day", required=True)
    venue_id = Text(36, "venue", load_default=None)
    online = YesNo("whether the class is online", load_default=False)
    capacity = Whole(1, 500, "number of places", required=True)
    places_free = Whole(0, 500, "number of free places", load_default=None)
    funding = fields.List(Text(30, "who can pay for a place"), load_default=list)
    fee = _Read(read_pence, "fee", load_default=0)
    enrol_url = Text(300, "web address", load_default=None)
    access = Choices(Access, load_default=list)
    textbook_notes = Text(300, "what learners need to bring", load_default="")
    notes = Text(1000, "other notes", lines=True, load_default="")
    version = Whole(0, 1_000_000, load_default=None)
    publish = YesNo(load_default=True)

    @validates_schema(skip_on_field_errors=False)
    def some_day(self, values: Mapping[str, Any], **_: Any) -> None:
        """Half a day is told beside the day; no day at all once for the week."""
        faults: dict[str, list[str]] = {}
        for day, name in zip(DAYS, DAY_NAMES, strict=True):
            given = [values.get(f"{day}_{end}") is not None for end in ("start", "end")]
            if any(given) and not all(given):
                faults[f"{day}_{'end' if given[0] else 'start'}"] = [f"Enter both times for {name}"]
        if faults:
            raise ValidationError(faults)


def form_details(values: Mapping[str, Any], base: ClassDetails | None = None) -> ClassDetails:
    """A class from the page's answers; what the page does not ask stays as it was in `base`."""
    kept: dict[str, Any] = {}
    if base is not None:
        kept = {name: getattr(base, name) for name in ("skill_bands", "contract_areas", "reserves")}
    ticked = {*values["teaching"], *values["access"]}
    flags: dict[str, Any] = {str(box): box in ticked for box in (*Teaching, *Access)}
    return ClassDetails(
        title=values["title"], strand=values["strand"], levels=_sorted(values["levels"]),
        meetings=_meetings(values), start_on=values["start_on"], end_on=values["end_on"],
        capacity=values["capacity"], venue_id=as_uuid(values["venue_id"] or ""), online=values["online"],
        funding=tuple(values["funding"]), fee_pence=values["fee"], enrol_url=values["enrol_url"],
        textbook_notes=values["textbook_notes"], notes=values["notes"], **flags, **kept,
    )  # fmt: skip


def form_values(view: EsolClassView) -> dict[str, Any]:
    """The page's answers from a class as it stands."""
    values: dict[str, Any] = {
        name: getattr(view, name)
        for name in ("title", "strand", "levels", "start_on", "end_on", "venue_id", "online", "capacity",
                     "funding", "textbook_notes", "notes", "enrol_url", "version")
    }  # fmt: skip
    values["fee"] = f"{view.fee_pence / 100:.2f}" if view.fee_pence else "0"
    values["teaching"] = [str(box) for box in Teaching if getattr(view, box)]
    values["access"] = [str(box) for box in Access if getattr(view, box)]
    for one in view.meetings:
        values[f"{DAYS[one.weekday]}_start"] = clock_time(one.starts_at)
        values[f"{DAYS[one.weekday]}_end"] = clock_time(one.ends_at)
    return values


def _meetings(values: Mapping[str, Any]) -> tuple[Meeting, ...]:
    return tuple(
        Meeting(number, values[f"{day}_start"], values[f"{day}_end"])
        for number, day in enumerate(DAYS)
        if isinstance(values.get(f"{day}_start"), time) and isinstance(values.get(f"{day}_end"), time)
    )


def _sorted(levels: list[Level]) -> tuple[Level, ...]:
    return tuple(sorted(levels, key=lambda level: level.rank))


class VenueForm(_Strict):
    name = Text(120, "name of the venue", required=True)
    address = Text(200, "address", load_default="")
    postcode = Postcode(required=True)
    step_free = YesNo("whether one can get in without steps", required=True)
    version = Whole(0, 1_000_000, load_default=None)


def venue_details(values: Mapping[str, Any]) -> VenueDetails:
    wanted = ("name", "address", "postcode", "step_free")
    return VenueDetails(**{name: values[name] for name in wanted})


class ProviderForm(_Strict):
    kind = Choice(ProviderKind, "kind of provider", required=True)
    ukprn = Text(8, "UKPRN", load_default=None)
    contact_name = Text(100, "name of the contact", load_default=None)
    contact_email = Email("email address of the contact", load_default=None)
    contact_phone = Phone("phone number of the contact", load_default=None)
    accepts_hub_assessments = YesNo("whether you accept the hub's assessments", required=True)


def provider_details(values: Mapping[str, Any], organisation_id: Any) -> ProviderDetails:
    return ProviderDetails(organisation_id=organisation_id, **values)


class PlacesForm(_Strict):
    """A button -, + or 'still right': what was seen and what it should be."""

    seen = Whole(0, 500, required=True)
    to = Whole(0, 500, required=True)


def places_change(values: Mapping[str, Any], class_id: Any) -> PlacesChange:
    return PlacesChange(class_id, values["seen"], values["to"])


class FreePlacesForm(_Strict):
    places_free = Whole(0, 500, "number of free places", required=True)


class CopyForm(_Strict):
    start_on = Date("first day", required=True)
    end_on = Date("last day", required=True)

    @post_load
    def dates(self, values: dict[str, Any], **_: Any) -> CopyDates:
        return CopyDates(**values)


class SearchForm(_Strict):
    """What a visitor looks for. The postcode is made a rough place before it goes into an address."""

    level = Choice(Level, "level", load_default=None)
    strand = Choice(Strand, "kind of class", load_default=None)
    postcode = Postcode(load_default=None)
    parts = fields.List(Text(10, "when you can come"), load_default=list)
    extras = fields.List(Text(20, "what you need"), load_default=list)


# ---------------------------------------------------------------- the API


class MeetingSchema(_Strict):
    """One time in the week."""

    day = fields.String(required=True, metadata={"enum": list(DAYS)})
    start = _Read(read_time, "start time", required=True, metadata={"example": "10:00"})
    end = _Read(read_time, "end time", required=True, metadata={"example": "12:00"})

    @post_load
    def meeting(self, values: dict[str, Any], **_: Any) -> Meeting:
        if values["day"] not in DAYS:
            raise ValidationError("Use one of mon, tue, wed, thu, fri, sat, sun", "day")
        return Meeting(DAYS.index(values["day"]), values["start"], values["end"])


class ReserveSchema(_Strict):
    count = Whole(0, 500, required=True)
    min_waiting_days = Whole(0, 10_000)
    areas = fields.List(fields.String())


class ClassIn(_Strict):
    """A class as the API takes it; on a change, only what changes."""

    title = Text(120, "name of the class", required=True)
    strand = Choice(Strand, "strand", required=True)
    levels = Choices(Level, "levels", required=True)
    sessions = fields.List(fields.Nested(MeetingSchema), required=True, data_key="sessions")
    start_on = Date("first day", required=True)
    end_on = Date("last day", required=True)
    capacity = Whole(1, 500, "number of places", required=True)
    venue_id = fields.UUID(allow_none=True)
    online = YesNo("online")
    rw_support = YesNo("support with reading and writing")
    skill_bands = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    childcare = YesNo("childcare")
    women_only = YesNo("women only")
    adults_only = YesNo("adults only")
    step_free = YesNo("step-free access")
    funding = fields.List(Text(30, "funding"), required=True)
    fee_pence = Whole(0, 500_000, "fee in pence")
    has_exam = YesNo("exam")
    roll_on = YesNo("roll on, roll off")
    textbook_notes = Text(300, "textbook notes")
    notes = Text(1000, "notes", lines=True)
    enrol_url = Text(300, "web address", allow_none=True)
    contract_areas = fields.List(fields.String())
    reserves = fields.List(fields.Nested(ReserveSchema))
    publish = YesNo("publish")


class NewClassIn(ClassIn):
    """A new class; a provider's key may leave `provider` out."""

    provider = Text(40, "provider")
    places_free = Whole(0, 500, "number of free places")


_TUPLES = ("levels", "funding", "contract_areas", "reserves")


def api_details(values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ClassDetails among the API's values."""
    known = {name: value for name, value in values.items() if name in ClassDetails.__dataclass_fields__}
    if "sessions" in values:
        known["meetings"] = tuple(values["sessions"])
    if "levels" in known:
        known["levels"] = _sorted(known["levels"])
    return {name: tuple(value) if name in _TUPLES else value for name, value in known.items()}


class PlacesIn(_Strict):
    """The free places now; with `seen`, refused when the number has changed since it was read."""

    places_free = Whole(0, 500, "number of free places", required=True)
    seen = Whole(0, 500, "number of free places that was read")


class MeetingOut(Out):
    day = fields.String()
    start = fields.String()
    end = fields.String()


class VenueOut(Out):
    id = fields.UUID()
    name = fields.String()
    address = fields.String()
    postcode = fields.String()
    location = fields.List(fields.Float(), allow_none=True)


class ProviderOut(Out):
    id = fields.UUID()
    name = fields.String()


class ClassOut(Out):
    """A class as the API shows it."""

    id = fields.UUID()
    title = fields.String()
    state = fields.String()
    strand = fields.String()
    levels = fields.List(fields.String())
    provider = fields.Nested(ProviderOut)
    venue = fields.Nested(VenueOut, allow_none=True)
    online = fields.Boolean()
    sessions = fields.List(fields.Nested(MeetingOut))
    slots = fields.List(fields.String())
    when = fields.String()
    start_on = fields.Date()
    end_on = fields.Date()
    capacity = fields.Integer()
    places_free = fields.Integer()
    held = fields.Integer()
    enrolled = fields.Integer()
    places_confirmed_at = fields.DateTime()
    rw_support = fields.Boolean()
    skill_bands = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    childcare = fields.Boolean()
    women_only = fields.Boolean()
    adults_only = fields.Boolean()
    step_free = fields.Boolean()
    funding = fields.List(fields.String())
    fee_pence = fields.Integer()
    has_exam = fields.Boolean()
    roll_on = fields.Boolean()
    textbook_notes = fields.String()
    notes = fields.String()
    enrol_url = fields.String(allow_none=True)
    contract_areas = fields.List(fields.String())
    reserves = fields.List(fields.Dict())
    version = fields.Integer()
    distance_km = fields.Float()


class ClassesOut(Out):
    items = fields.List(fields.Nested(ClassOut))
    next = fields.String(allow_none=True)


def class_out(view: EsolClassView) -> dict[str, Any]:
    """A class as the API shows it."""
    shown = {name: getattr(view, name) for name in ClassOut().fields if hasattr(view, name)}
    return shown | {
        "places_free": view.free,
        "provider": {"id": view.organisation_id, "name": view.provider_name},
        "venue": _venue_out(view),
        "slots": sorted(view.slots),
        "sessions": [
            {"day": DAYS[one.weekday], "start": f"{one.starts_at:%H:%M}", "end": f"{one.ends_at:%H:%M}"}
            for one in view.meetings
        ],
    }


def _venue_out(view: EsolClassView) -> dict[str, Any] | None:
    if view.venue_id is None:
        return None
    return {
        "id": view.venue_id,
        "name": view.venue_name,
        "address": view.address,
        "postcode": view.postcode,
        "location": view.location,
    }
