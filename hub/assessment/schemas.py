"""Shapes of what comes in and goes out. Rules live in domain and service."""

from enum import StrEnum
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load, validate

from hub.assessment.domain import (
    CHOOSABLE_REASONS,
    AppointmentState,
    AskedBy,
    AssessmentStatus,
    Cancellation,
    Completion,
    Ease,
    Literacy,
    LiteracyNeed,
    Mark,
    Marks,
    Mode,
    Move,
    MoveReason,
    NewAssessment,
    Numeracy,
    Override,
    OverrideCode,
    Purpose,
    Script,
    SecondState,
    Skill,
    SkillRubric,
    SlotRun,
    Strand,
    Verdict,
    rubrics,
)
from hub.assessment.service import Answer
from hub.core.levels import Level
from hub.infra.http import Out
from hub.ui.fields import Choice, Date, Text, Whole, YesNo

_Words = dict[str, str | list[Any] | dict[Any, Any]]
_UUID: _Words = {"invalid_uuid": "Choose one of the list.", "required": "Choose one of the list."}
_TIME: _Words = {"invalid": "Enter the time like 10:00", "format": "Enter the time like 10:00"}
_CHOOSABLE = validate.OneOf(CHOOSABLE_REASONS, error="Select the reason")


class Came(StrEnum):
    """What became of an appointment, as an assessor records it."""

    ATTENDED = "attended"
    ATTENDED_LATE = "attended_late"
    NOT_ATTENDED = "not_attended"


class Decision(StrEnum):
    """Agree with the rule, or decide another level."""

    AGREE = "agree"
    OVERRIDE = "override"


class Input(Schema):
    """Unknown fields are refused."""

    class Meta:
        unknown = RAISE


class SlotRunSchema(Input):
    """A stretch of a day to cut into slots."""

    assessor_id = fields.UUID(required=True, error_messages=_UUID)
    day = Date("day", required=True)
    start = fields.Time(required=True, error_messages={**_TIME, "required": "Enter the start"})
    end = fields.Time(required=True, error_messages={**_TIME, "required": "Enter the end"})
    minutes = Whole(10, 180, "minutes for each appointment", load_default=30)
    gap = Whole(0, 60, "minutes between appointments", load_default=0)
    mode = Choice(Mode, "kind of appointment", required=True)
    place = Text(200, "place", load_default="")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> SlotRun:
        return SlotRun(**data)


class BookSchema(Input):
    """The slot chosen for a case."""

    slot_id = fields.UUID(required=True, error_messages={**_UUID, "required": "Choose a time"})


class CancelSchema(Input):
    """Who cancels an appointment and why."""

    asked_by = Choice(AskedBy, "person who asked", required=True)
    reason = Choice(MoveReason, "reason", required=True, validate=_CHOOSABLE)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        return Cancellation(**data)


class MoveSchema(CancelSchema):
    """The new slot, who asked and why."""

    slot_id = fields.UUID(required=True, error_messages={**_UUID, "required": "Choose a time"})

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        return Move(**data)


class AttendanceSchema(Input):
    """Whether the learner came."""

    outcome = Choice(Came, "what happened", required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> AppointmentState:
        return AppointmentState(data["outcome"])


class StartSchema(Input):
    """Start an assessment; purpose and reason only where a valid result exists."""

    appointment_id = fields.UUID(load_default=None, error_messages=_UUID)
    mode = Choice(Mode, "kind of appointment", load_default=Mode.VENUE)
    purpose = Choice(Purpose, "purpose", load_default=None)
    reason = Text(500, "reason", load_default="", lines=True)
    interpreter_used = YesNo("whether an interpreter helps", load_default=False)


class NewAssessmentSchema(StartSchema):
    """The same by the API, for a referral."""

    referral_id = fields.UUID(required=True)


class LiteracyFields(Input):
    """What every literacy profile has."""

    need = Choice(LiteracyNeed, "literacy need", required=True)
    roman_script = Choice(Script, "Roman alphabet", load_default=None)
    first_language = Text(80, "first language", load_default="")
    reads_first_language = Choice(Ease, "reading in the first language", load_default=None)
    writes_first_language = Choice(Ease, "writing in the first language", load_default=None)
    years_schooling = Whole(0, 40, "years at school", load_default=None)
    pen_control = YesNo("holding a pen", load_default=None)
    numeracy = Choice(Numeracy, "numbers", load_default=Numeracy.NOT_DONE)


class LiteracySchema(LiteracyFields):
    """The literacy profile by the API."""

    scripts_known = fields.List(Text(40, "script"), load_default=list, validate=validate.Length(max=10))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Literacy:
        return Literacy(**(data | {"scripts_known": tuple(data["scripts_known"])}))


class LiteracyFormSchema(LiteracyFields):
    """The same from a page, where the scripts are one line of text."""

    scripts_known = Text(200, "scripts", load_default="")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Literacy:
        names = tuple(name.strip() for name in data["scripts_known"].split(",") if name.strip())
        return Literacy(**(data | {"scripts_known": names}))


class MarkSchema(Input):
    """One mark."""

    skill = Choice(Skill, "skill", required=True)
    criterion = Text(40, "criterion", required=True)
    band = Whole(0, 5, "mark", required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Mark:
        return Mark(**data)


class ResponsesSchema(Input):
    """Marks, the literacy profile, or both."""

    marks = fields.List(fields.Nested(MarkSchema), load_default=list, validate=validate.Length(max=60))
    literacy = fields.Nested(LiteracySchema, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Marks:
        return Marks(tuple(data["marks"]), data["literacy"])


class OverrideSchema(Input):
    """Another level than the rule's."""

    level = Choice(Level, "level", required=True)
    code = Choice(OverrideCode, "reason", required=True)
    text = Text(500, "explanation", load_default="", lines=True)
    second_person_id = fields.UUID(load_default=None, error_messages=_UUID)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Override:
        return Override(**data)


class CompletionSchema(Input):
    """Complete, with or without an override."""

    override = fields.Nested(OverrideSchema, load_default=None)
    sublevel = fields.String(load_default=None, validate=validate.OneOf(["A", "B"]))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Completion:
        return Completion(**data)


class ResultFormSchema(Input):
    """The result page: agree, or another level with its reason."""

    decision = Choice(Decision, "what you decide", required=True)
    level = Choice(Level, "level", load_default=None)
    code = Choice(OverrideCode, "reason", load_default=None)
    text = Text(500, "explanation", load_default="", lines=True)
    second_person_id = fields.UUID(load_default=None, error_messages=_UUID)


class SecondFormSchema(Input):
    """The second person's answer on the page."""

    answer = fields.String(
        required=True, validate=validate.OneOf(["agree", "disagree"]),
        error_messages={"required": "Select whether you agree"},
    )  # fmt: skip
    why = Text(500, "reason", load_default="", lines=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Verdict:
        return Verdict(data["answer"] == "agree", data["why"])


class SecondAnswerSchema(Input):
    """The same from one of the hub's own systems, which says for whom it speaks."""

    person_id = fields.UUID(required=True, error_messages=_UUID)
    agrees = YesNo("whether they agree", required=True)
    why = Text(500, "reason", load_default="", lines=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Answer:
        return Answer(data["person_id"], Verdict(data["agrees"], data["why"]))


class SlotOut(Out):
    """A slot."""

    id = fields.UUID()
    assessor_id = fields.UUID()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    mode = fields.Enum(Mode, by_value=fields.String)
    place = fields.String()


class AppointmentIn(Input):
    """Book a slot for a referral."""

    referral_id = fields.UUID(required=True)
    slot_id = fields.UUID(required=True)


class AppointmentOut(Out):
    """An appointment; `referral_id` is the case."""

    id = fields.UUID()
    referral_id = fields.UUID(attribute="case_id")
    state = fields.Enum(AppointmentState, by_value=fields.String)
    slot = fields.Nested(SlotOut, allow_none=True)
    moved_from_id = fields.UUID(allow_none=True)
    asked_by = fields.Enum(AskedBy, by_value=fields.String, allow_none=True)
    reason = fields.Enum(MoveReason, by_value=fields.String, allow_none=True)


class AppointmentPage(Out):
    """A page of appointments."""

    items = fields.List(fields.Nested(AppointmentOut))
    next = fields.String(allow_none=True)


class PlacementOut(Out):
    """A result. `also`: higher levels, only in classes that support reading and writing."""

    level = fields.Enum(Level, by_value=fields.String)
    achieved_level = fields.Enum(Level, by_value=fields.String, attribute="achieved", allow_none=True)
    strand = fields.Enum(Strand, by_value=fields.String)
    literacy_offered = fields.Boolean()
    also = fields.List(fields.Enum(Level, by_value=fields.String))
    skills = fields.Dict(keys=fields.String(), values=fields.String())
    explanation = fields.Dict()
    overridden_from = fields.Enum(Level, by_value=fields.String, allow_none=True)
    override_code = fields.Enum(OverrideCode, by_value=fields.String, allow_none=True)
    valid_until = fields.Date()


class SecondOpinionOut(Out):
    """A level two or more away from the rule's; it counts once the second person has confirmed it."""

    level = fields.Enum(Level, by_value=fields.String)
    override_code = fields.Enum(OverrideCode, by_value=fields.String, attribute="code")
    state = fields.Enum(SecondState, by_value=fields.String)
    asked_id = fields.UUID()
    asked_at = fields.AwareDateTime()
    answered_by = fields.UUID(allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True)
    why = fields.String(allow_none=True)


class AssessmentLine(Out):
    """An assessment as a list shows it."""

    id = fields.UUID()
    referral_id = fields.UUID(attribute="case_id")
    appointment_id = fields.UUID(allow_none=True)
    mode = fields.Enum(Mode, by_value=fields.String)
    purpose = fields.Enum(Purpose, by_value=fields.String)
    status = fields.Enum(AssessmentStatus, by_value=fields.String)
    started_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)
    valid_until = fields.Date(allow_none=True)


class AssessmentOut(AssessmentLine):
    """An assessment, with what is missing, and its result once it is completed."""

    missing = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    placement = fields.Nested(PlacementOut, allow_none=True)
    second_opinion = fields.Nested(SecondOpinionOut, allow_none=True)


class AssessmentPage(Out):
    """A page of assessments."""

    items = fields.List(fields.Nested(AssessmentLine))
    next = fields.String(allow_none=True)


def marks_schema(skills: tuple[Skill, ...]) -> Schema:
    """The form of one stage: a field `<skill>-<criterion>` for each criterion, none required, so that half a
    stage can be saved."""
    shape = {
        f"{skill.value}-{criterion.code}": Whole(
            0, 5, f"mark for {criterion.label.lower()}", load_default=None
        )
        for skill in skills
        for criterion in _rubric(skill).criteria
    }
    return Input.from_dict(dict(shape), name="StageSchema")()


def marks_of(data: dict[str, Any], skills: tuple[Skill, ...]) -> tuple[Mark, ...]:
    """The marks given in a stage's form."""
    given = (
        (skill, code, data.get(f"{skill.value}-{code}")) for skill in skills for code in _rubric(skill).codes
    )
    return tuple(Mark(skill, code, band) for skill, code, band in given if band is not None)


def start_command(data: dict[str, Any], case_id: Any, learner_id: Any) -> NewAssessment:
    """A loaded StartSchema as a command."""
    given = {key: value for key, value in data.items() if key != "referral_id"}
    return NewAssessment(case_id=case_id, learner_id=learner_id, **given)


def _rubric(skill: Skill) -> SkillRubric:
    return rubrics()[skill]
