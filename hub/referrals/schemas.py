"""What comes in, for the pages, the API and files alike: shape only; the rules are the service's."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from babel import Locale
from marshmallow import (
    RAISE,
    Schema,
    ValidationError,
    fields,
    post_load,
    validate,
    validates,
    validates_schema,
)

from hub.consent.domain import ASKING, CIRCUMSTANCES, Circumstances
from hub.consent.domain import Channel as AskedBy
from hub.core.slots import SLOTS
from hub.infra.http import Out
from hub.learners.domain import Barrier, NewNeeds, NewPerson, Reason, Sex, StudyMode, TravelMode
from hub.referrals.domain import Ending, HoldTerms, InformationAnswer, Outcome, Source
from hub.referrals.service import ConsentGiven, NewReferral
from hub.referrals.service.information import Question, topics
from hub.ui.fields import Choice, Choices, Date, DateOfBirth, Email, Name, Phone, Postcode, Text, Whole, YesNo

FLAGS = ("childcare", "step_free", "women_only")
"""Needs that a class must meet; the rest of `needs` are barriers to know of."""

NEED_CODES = (*FLAGS, "in_person", "online", *(one.value for one in Barrier if one.value not in FLAGS))


@cache
def language_names() -> Mapping[str, str]:
    """Every language that CLDR knows, by code, with its English name."""
    return dict(sorted(Locale("en").languages.items(), key=lambda item: item[1]))


@cache
def _codes_by_name() -> Mapping[str, str]:
    return {name.casefold(): code for code, name in language_names().items()}


class Language(Text):
    """A language by its code (`tr`, `pt-BR`) or its English name; stored as the code."""

    def __init__(self, label: str = "language", **kwargs: Any) -> None:
        super().__init__(60, label, **kwargs)

    def checked(self, text: str) -> str:
        if code := _codes_by_name().get(text.casefold()):
            return code.replace("_", "-")
        primary, *rest = text.replace("_", "-").split("-")
        if primary.lower() in language_names() and all(part.isalnum() and len(part) <= 8 for part in rest):
            return "-".join((primary.lower(), *rest))
        raise ValidationError(
            "Enter a language that we know, by its English name or its code, like Turkish or tr"
        )


class _Strict(Schema):
    class Meta:
        unknown = RAISE


# ---------------------------------------------------------------- one question, one shape


class NameSchema(_Strict):
    given_names = Name("given names", required=True)
    family_name = Name("family name", required=True)
    known_as = Name("name they like to be called")


class BirthSchema(_Strict):
    date_of_birth = DateOfBirth("date of birth", required=True)


class PhoneSchema(_Strict):
    phone = Phone("phone number", required=True)
    second_phone = Phone("second phone number")
    safe_to_text = YesNo("whether it is safe to send texts to this number")
    safe_to_call = YesNo("whether it is safe to call this number")
    email = Email("email address")


class AddressSchema(_Strict):
    postcode = Postcode("postcode", required=True)
    address = Text(300, "address", lines=True)


class AddressPageSchema(AddressSchema):
    """The page lets a person insist on a postcode that our table does not know: it may be new."""

    postcode_checked = YesNo("whether the postcode is right")


class LanguageSchema(_Strict):
    preferred_language = Language("language the learner speaks best")
    interpreter_needed = YesNo("whether an interpreter is needed")


class SexSchema(_Strict):
    sex = Choice(Sex, "whether the learner is a woman or a man")


class TimesSchema(_Strict):
    availability = fields.List(Text(20, "time of the week"))

    @validates("availability")
    def known_slots(self, value: list[str], **_: Any) -> None:
        unknown = [slot for slot in value if slot not in SLOTS]
        if unknown:
            raise ValidationError(f"{unknown[0]} is not a time of the week. Use times like mon-am or sat-eve")


class TravelSchema(_Strict):
    travel_minutes = Whole(0, 180, "minutes the learner can travel")
    travel_mode = Choice(TravelMode, "how the learner travels")

    @validates_schema
    def both(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("travel_minutes") is not None and data.get("travel_mode") is None:
            raise ValidationError("Select how the learner travels", "travel_mode")


class NeedsSchema(_Strict):
    needs = fields.List(Text(40, "need"))

    @validates("needs")
    def known_needs(self, value: list[str], **_: Any) -> None:
        unknown = [need for need in value if need not in NEED_CODES]
        if unknown:
            raise ValidationError(
                f"{unknown[0]} is not a need that we know. Use one of: {', '.join(NEED_CODES)}"
            )


class StudySchema(_Strict):
    study_mode = Choice(StudyMode, "where the learner can study")
    has_device = YesNo("whether the learner has a device and internet")


class ReasonsSchema(_Strict):
    reasons = Choices(Reason, "reasons for learning English")
    reason = Text(500, "reason", lines=True)


class SourceSchema(_Strict):
    source = Choice(Source, "where the learner comes from", required=True)
    external_reference = Text(100, "your own reference")
    mandated = YesNo("whether the learner must take a class to keep a benefit")


# ---------------------------------------------------------------- the whole referral


class LearnerSchema(NameSchema, BirthSchema, PhoneSchema, AddressSchema, LanguageSchema, SexSchema):
    """The learner as the API and the draft describe them."""

    @post_load
    def as_person(self, data: dict[str, Any], **_: Any) -> NewPerson:
        return NewPerson(**{name: value for name, value in data.items() if value is not None})


CircumstancesSchema = Schema.from_dict(
    {name: Text(one.most, one.label, lines=one.lines) for name, one in CIRCUMSTANCES.items()},
    name="CircumstancesSchema",
)
"""How the asking went, where it was out of the ordinary; all of it may be left out."""


def circumstances_of(data: dict[str, Any]) -> Circumstances:
    """Take what was told of the asking out of loaded data."""
    return Circumstances(**{name: data.pop(name, None) for name in CIRCUMSTANCES})


class ConsentSchema(_Strict, CircumstancesSchema):  # type: ignore[misc, valid-type]
    """What the learner agreed to. A missing wording version or language is the service's to refuse."""

    given_on = Date("day the learner agreed", required=True)
    channel = Text(20, "way the words were read out", required=True)
    language = Language("language of the words read out")
    wording_version = Text(40, "version of the words read out")
    purposes = fields.List(Text(3, "purpose"))
    interpreter_used = YesNo("whether an interpreter helped")

    @post_load
    def as_consent(self, data: dict[str, Any], **_: Any) -> ConsentGiven:
        purposes, told = frozenset(data.pop("purposes", ())), circumstances_of(data)
        return ConsentGiven(
            purposes=purposes,
            circumstances=told,
            **{name: value for name, value in data.items() if value is not None},
        )


class AskPermissionSchema(_Strict):
    """How the learner is to be asked for permission."""

    by = Choice(
        AskedBy,
        "how to ask",
        required=True,
        validate=validate.OneOf(sorted(ASKING), error="Select how to ask"),
    )

    @post_load
    def way(self, data: dict[str, Any], **_: Any) -> AskedBy:
        by: AskedBy = data["by"]
        return by


class ReferralSchema(TimesSchema, TravelSchema, NeedsSchema, StudySchema, ReasonsSchema, SourceSchema):
    """The body of POST /api/v1/referrals; drafts and rows of files are brought into this form too."""

    learner = fields.Nested(LearnerSchema, required=True)
    consent = fields.Nested(ConsentSchema)
    notes = Text(2000, "notes", lines=True)
    available_from = Date("first day the learner can start")
    latest_start = Date("last day the learner can start")
    hours_per_week = Whole(1, 40, "hours a week")

    @post_load
    def as_referral(self, data: dict[str, Any], **_: Any) -> NewReferral:
        return NewReferral(
            person=data["learner"],
            source=data["source"],
            consent=data.get("consent"),
            needs=_needs(data),
            reason=data.get("reason") or "",
            notes=data.get("notes") or "",
            mandated=bool(data.get("mandated")),
            external_reference=data.get("external_reference"),
        )


def _needs(data: Mapping[str, Any]) -> NewNeeds:
    """The needs that the flat answers describe. Where to study was not asked: either is fine."""
    codes = set(data.get("needs") or ())
    mode = data.get("study_mode") or (
        StudyMode.ONLINE
        if "online" in codes
        else StudyMode.IN_PERSON
        if "in_person" in codes
        else StudyMode.EITHER
    )
    return NewNeeds(
        availability=frozenset(data.get("availability") or ()),
        travel_minutes=data.get("travel_minutes"),
        travel_mode=data.get("travel_mode"),
        study_mode=mode,
        has_device=bool(data.get("has_device")),
        hours_per_week=data.get("hours_per_week"),
        available_from=data.get("available_from"),
        latest_start=data.get("latest_start"),
        reasons=frozenset(data.get("reasons") or ()),
        barriers=frozenset(one for one in Barrier if one.value in codes),
        childcare="childcare" in codes,
        step_free="step_free" in codes,
        women_only="women_only" in codes,
    )


# ---------------------------------------------------------------- what is done with a referral


class SuccessorSchema(_Strict):
    """Who takes over: a person's id, or `colleagues` for all of them together."""

    successor = Text(40, "who takes over", load_default=None)


class ColleagueSchema(_Strict):
    """The one colleague who takes over."""

    successor = fields.UUID(
        required=True,
        error_messages=dict.fromkeys(("required", "null", "invalid_uuid"), "Choose a colleague"),
    )


class WithdrawSchema(_Strict):
    """Taking a referral back; `by` says whose wish it is."""

    by = Text(10, "who wants to withdraw")
    reason = Text(40, "reason", required=True)
    note = Text(500, "note", lines=True)

    @validates("by")
    def known(self, value: str | None, **_: Any) -> None:
        if value not in {None, "learner", "referrer"}:
            raise ValidationError("Say learner or referrer")

    @post_load
    def as_ending(self, data: dict[str, Any], **_: Any) -> Ending:
        learner = data.get("by") == "learner"
        outcome = Outcome.WITHDRAWN_BY_LEARNER if learner else Outcome.WITHDRAWN_BY_REFERRER
        return Ending(outcome, data["reason"], data.get("note") or "")


class CloseSchema(_Strict):
    """Closing by the hub."""

    outcome = Choice(Outcome, "how the referral ends", required=True)
    reason = Text(40, "reason", required=True)
    note = Text(500, "note", lines=True)

    @post_load
    def as_ending(self, data: dict[str, Any], **_: Any) -> Ending:
        return Ending(data["outcome"], data["reason"], data.get("note") or "")


class HoldSchema(_Strict):
    hold_reason = Text(40, "reason for the hold", required=True)
    hold_until = Date("day to look again", required=True)

    @post_load
    def as_terms(self, data: dict[str, Any], **_: Any) -> HoldTerms:
        return HoldTerms(data["hold_reason"], data["hold_until"])


class AskSchema(_Strict):
    topics = fields.List(Text(40, "topic"))
    note = Text(500, "question", lines=True)

    @post_load
    def as_question(self, data: dict[str, Any], **_: Any) -> Question:
        return Question(tuple(dict.fromkeys(data.get("topics") or ())), data.get("note") or "")


class InformationSchema(_Strict):
    """Answers by topic code, as the API takes them."""

    answers = fields.Dict(
        keys=fields.String(),
        values=Text(1000, "answer", lines=True),
        required=True,
        error_messages={"required": "Send the answers by topic code"},
    )

    @post_load
    def as_answer(self, data: dict[str, Any], **_: Any) -> InformationAnswer:
        return InformationAnswer({code: text or "" for code, text in data["answers"].items()})


def answers_schema(codes: tuple[str, ...]) -> Schema:
    """A page's form with one box for each thing asked."""
    boxes: dict[str, Any] = {
        f"answer-{code}": Text(1000, "answer", lines=True, required=True)
        for code in codes
        if code in topics()
    }
    return _Strict.from_dict(boxes, name="AnswersSchema")()


class NoteSchema(_Strict):
    note = Text(500, "note", lines=True)


# ---------------------------------------------------------------- what goes out


class LinksOut(Out):
    self = fields.String()
    withdraw = fields.String()
    information = fields.String()


class AskedOut(Out):
    topic = fields.String()
    question = fields.String()


class PermissionOut(Out):
    """Whether the learner was asked for permission, by you: `not_asked`, `asked` (by link, until), `answered`."""

    state = fields.String()
    until = fields.Date(allow_none=True)


class ReferralOut(Out):
    """What an organisation may know of its own referral. Never the machine's state, never a learner id."""

    id = fields.UUID()
    reference = fields.String()
    external_reference = fields.String(allow_none=True)
    label = fields.String()
    next_step = fields.String()
    date = fields.Date()
    outcome = fields.String(allow_none=True)
    asked = fields.List(fields.Nested(AskedOut))
    permission = fields.Nested(PermissionOut)
    links = fields.Nested(LinksOut)
