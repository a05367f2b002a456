"""What comes in and goes out at both edges: shape only; the rules are the service's."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from marshmallow import RAISE, Schema, ValidationError, fields, post_load

from hub.infra.http import Out
from hub.matching.domain.enrolments import Attendance, Completion, Leaving, Start
from hub.matching.domain.offers import (
    DeclineDecision,
    LearnerAnswer,
    Refusal,
    SilenceDecision,
    Withdrawal,
)
from hub.matching.domain.rounds import NewRound, RoundKind
from hub.ui.fields import Choice, Date, Text, YesNo

_REASON = {"required": "Choose a reason"}


class Input(Schema):
    """Unknown fields are refused."""

    class Meta:
        unknown = RAISE


class YesOrNo(StrEnum):
    """An answer."""

    YES = "yes"
    NO = "no"


class Verdict(StrEnum):
    """What the hub decides about an offer."""

    UPHOLD = "uphold"
    ASK_AGAIN = "ask_again"
    ACCEPT = "accept"
    VACANCY_GONE = "vacancy_gone"


class Hours(fields.Field[float]):
    """Hours, like 4 or 2.5."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        try:
            hours = float(str(value).strip().replace(",", "."))
        except ValueError:
            hours = -1.0
        if isinstance(value, bool) or not 0 <= hours <= 168:
            raise ValidationError("Enter the hours as a number, like 4 or 2.5")
        return round(hours, 2)


# ---------------------------------------------------------------- rounds


class NewRoundSchema(Input):
    """A round to preview; without classes, every open class."""

    classes = fields.List(fields.UUID(), load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> NewRound:
        if data["classes"] is None:
            return NewRound()
        return NewRound(RoundKind.REFILL, frozenset(data["classes"]))


class ReleaseSchema(Input):
    """Which lines to release; without any named, all of them."""

    lines = fields.List(fields.UUID(), load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> list[UUID] | None:
        lines: list[UUID] | None = data["lines"]
        return lines


class WhySchema(Schema):
    """Whom and which class a question is about."""

    class Meta:
        unknown = "exclude"

    learner = fields.UUID(required=True)
    class_id = fields.UUID(required=True, data_key="class")


class RoundOut(Out):
    """A round in figures."""

    id = fields.UUID()
    name = fields.String()
    kind = fields.String()
    state = fields.String()
    seed = fields.String()
    snapshot_sha256 = fields.String()
    algorithm = fields.String()
    policy = fields.Raw()
    learners = fields.Integer()
    placed = fields.Integer()
    maximum_possible = fields.Integer(allow_none=True)
    blocking_pairs = fields.Integer()
    created_at = fields.AwareDateTime()
    released_at = fields.AwareDateTime(allow_none=True)
    lines = fields.Raw()


class ReleasedOut(Out):
    """Offers made, and lines refused by name."""

    round = fields.UUID(attribute="round_id")
    offers = fields.List(fields.UUID(), attribute="offer_ids")
    refused = fields.Raw()


class WhyOut(Out):
    """Answers in sentences: A not eligible, B something better, C the class is full."""

    answers = fields.Raw()


class SnapshotOut(Out):
    """The snapshot and the result of a round, as `hub matching verify` takes them."""

    snapshot = fields.Raw()
    result = fields.Raw()


# ---------------------------------------------------------------- offers


class RefusalSchema(Input):
    """A provider says no."""

    reason = Text(40, "reason", required=True, error_messages=_REASON)
    note = Text(500, "note", load_default="", lines=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Refusal:
        return Refusal(**data)


class DecisionSchema(Input):
    """The hub decides about a no or a silence."""

    decision = Choice(Verdict, "decision", required=True)
    note = Text(500, "note", load_default="", lines=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> DeclineDecision | SilenceDecision:
        verdict: Verdict = data["decision"]
        if verdict in {Verdict.UPHOLD, Verdict.ASK_AGAIN}:
            return DeclineDecision(verdict is Verdict.UPHOLD, data["note"])
        return SilenceDecision(verdict is Verdict.ACCEPT, data["note"])


class LearnerAnswerSchema(Input):
    """What the learner said to the hub, by phone or in person."""

    answer = Choice(YesOrNo, "answer", required=True)
    reason = Text(40, "reason", load_default=None)
    note = Text(500, "note", load_default="", lines=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> LearnerAnswer:
        yes = data["answer"] is YesOrNo.YES
        if not yes and not data["reason"]:
            raise ValidationError("Choose a reason", "reason")
        return LearnerAnswer(yes, None if yes else data["reason"], data["note"], channel="phone")


class WithdrawalSchema(Input):
    """The hub takes an offer back."""

    reason = Text(40, "reason", required=True, error_messages=_REASON)
    note = Text(500, "note", load_default="", lines=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Withdrawal:
        return Withdrawal(**data)


class OfferOut(Out):
    """An offer as its provider may see it: no learner's id, name or phone."""

    id = fields.UUID()
    class_id = fields.UUID(data_key="class")
    state = fields.String()
    label = fields.String()
    starts_on = fields.Date()
    made_at = fields.AwareDateTime()
    answer_due_on = fields.Date(attribute="provider_due_on")
    profile = fields.Raw()
    reason = fields.String(attribute="provider_reason", allow_none=True)
    enrolment = fields.UUID(allow_none=True, metadata={"description": "Once the learner has said yes"})


class OfferPage(Out):
    """A page of offers."""

    items = fields.List(fields.Nested(OfferOut))
    next = fields.String(allow_none=True)


# ---------------------------------------------------------------- enrolments


class StartSchema(Input):
    """The learner came."""

    on = Date("first day", required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Start:
        return Start(**data)


class AttendanceSchema(Input):
    """Hours of one week."""

    week_on = Date("day of the week", required=True)
    hours_attended = Hours(required=True, error_messages={"required": "Enter the hours attended"})
    hours_of = Hours(required=True, error_messages={"required": "Enter the hours taught"})

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Attendance:
        return Attendance(**data)


class CompletionSchema(Input):
    """The course is over."""

    on = Date("last day", required=True)
    achieved = YesNo("whether the learner reached the aim", required=True, error_messages={
        "required": "Say whether the learner reached the aim of the course"})  # fmt: skip
    wants_next = YesNo("whether the learner wants the next level", load_default=False)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Completion:
        return Completion(**data)


class LeavingSchema(Input):
    """The learner left, or moved to another class of the provider's."""

    on = Date("last day", required=True)
    reason = Text(40, "reason", required=True, error_messages=_REASON)
    note = Text(500, "note", load_default="", lines=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Leaving:
        return Leaving(**data)


class TransferSchema(Input):
    """The provider moved the learner to another class of its own."""

    on = Date("last day in this class", required=True)
    note = Text(500, "note", load_default="", lines=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Leaving:
        return Leaving(data["on"], "", data["note"])


class ReturnSchema(Input):
    """Back to the waiting list."""

    reason = Text(40, "reason", required=True, error_messages=_REASON)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> str:
        reason: str = data["reason"]
        return reason


class EnrolmentOut(Out):
    """An enrolment."""

    id = fields.UUID()
    class_id = fields.UUID(data_key="class")
    state = fields.String()
    label = fields.String()
    expected_on = fields.Date()
    started_on = fields.Date(allow_none=True)
    ended_on = fields.Date(allow_none=True)
    next_level = fields.String(allow_none=True)
    hours = fields.Raw()
