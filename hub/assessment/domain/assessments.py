"""An assessment: purposes, what may start, what may be overridden, how long a result is valid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from hub.assessment.domain.appointments import Mode
from hub.assessment.domain.combining import LiteracyNeed
from hub.assessment.domain.rubric import Mark
from hub.core.errors import RuleBroken
from hub.core.levels import Level

REASON_MIN = 10
OTHER_TEXT_MIN = 20
SECOND_PERSON_FROM = 2


class Purpose(StrEnum):
    """Why the learner is assessed."""

    INITIAL = "initial"
    REVIEW = "review"
    CHALLENGE = "challenge"
    PRIOR_EVIDENCE = "prior_evidence"

    @property
    def label(self) -> str:
        return {
            "initial": "First assessment",
            "review": "Review of an earlier result",
            "challenge": "A provider or the learner questions the level",
            "prior_evidence": "An earlier result or certificate from elsewhere",
        }[self.value]


class AssessmentStatus(StrEnum):
    """An assessment is worked on until it is completed, or given up."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    ABANDONED = "abandoned"


class ResultSource(StrEnum):
    """Where the level of a skill comes from."""

    CAT = "cat"
    RUBRIC = "rubric"
    EVIDENCE = "evidence"
    OVERRIDE = "override"


class OverrideCode(StrEnum):
    """Why an assessor decides another level than the rule."""

    SPEAKING_STRONGER = "speaking_stronger"
    LITERACY_NEED = "literacy_need"
    SCHOOLING_GAP = "schooling_gap"
    DISABILITY_OR_ILLNESS = "disability_or_illness"
    TEST_CONDITIONS = "test_conditions"
    PRIOR_EVIDENCE = "prior_evidence"
    LEARNER_CHOICE = "learner_choice"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _OVERRIDE_LABELS[self]


_OVERRIDE_LABELS: Mapping[OverrideCode, str] = {
    OverrideCode.SPEAKING_STRONGER: "Speaking is stronger than the marks show",
    OverrideCode.LITERACY_NEED: "Needs help with reading and writing first",
    OverrideCode.SCHOOLING_GAP: "Little or broken schooling",
    OverrideCode.DISABILITY_OR_ILLNESS: "Disability or illness affected the assessment",
    OverrideCode.TEST_CONDITIONS: "Noise, technical trouble or a break",
    OverrideCode.PRIOR_EVIDENCE: "Certificate or earlier result",
    OverrideCode.LEARNER_CHOICE: "The learner's own choice",
    OverrideCode.OTHER: "Another reason (say which)",
}


class Script(StrEnum):
    """How much of the Roman alphabet the learner knows."""

    NONE = "none"
    LETTERS = "letters"
    WORDS = "words"
    FLUENT = "fluent"

    @property
    def label(self) -> str:
        return {
            "none": "Does not know it",
            "letters": "Knows some letters",
            "words": "Reads some words",
            "fluent": "Reads and writes it easily",
        }[self.value]


class Ease(StrEnum):
    """How well the learner reads or writes their first language."""

    NO = "no"
    LITTLE = "little"
    YES = "yes"

    @property
    def label(self) -> str:
        return {"no": "No", "little": "A little", "yes": "Yes"}[self.value]


class Numeracy(StrEnum):
    """Numbers, where they were looked at."""

    NOT_DONE = "not_done"
    PRE = "pre"
    E1 = "e1"
    E2 = "e2"
    E3_PLUS = "e3_plus"

    @property
    def label(self) -> str:
        return {
            "not_done": "Not looked at",
            "pre": "Below Entry 1",
            "e1": "Entry 1",
            "e2": "Entry 2",
            "e3_plus": "Entry 3 or higher",
        }[self.value]


@dataclass(frozen=True)
class Literacy:
    """The literacy profile.

    What reveals origin or schooling is stored sealed; only `need` is used for matching.
    """

    need: LiteracyNeed
    roman_script: Script | None = None
    scripts_known: tuple[str, ...] = ()
    first_language: str = ""
    reads_first_language: Ease | None = None
    writes_first_language: Ease | None = None
    years_schooling: int | None = None
    pen_control: bool | None = None
    numeracy: Numeracy = Numeracy.NOT_DONE


@dataclass(frozen=True)
class NewAssessment:
    """Start an assessment for a case, usually from its appointment.

    `purpose` None means: a first assessment, refused when a valid result exists.
    """

    case_id: UUID
    learner_id: UUID
    mode: Mode = Mode.VENUE
    appointment_id: UUID | None = None
    purpose: Purpose | None = None
    reason: str = ""
    interpreter_used: bool = False


@dataclass(frozen=True)
class Marks:
    """What one save of the cockpit brings: marks of a stage, the literacy profile, or both.

    A save may be partial.
    """

    marks: tuple[Mark, ...] = ()
    literacy: Literacy | None = None


@dataclass(frozen=True)
class Override:
    """Another level than the rule's, with a coded reason; `text` is needed for OTHER, `second_person_id` for
    two levels or more."""

    level: Level
    code: OverrideCode
    text: str = ""
    second_person_id: UUID | None = None


@dataclass(frozen=True)
class Completion:
    """Complete an assessment, with or without an override."""

    override: Override | None = None
    sublevel: str | None = None


def require_no_valid_result(new: NewAssessment, valid_until: date | None) -> Purpose:
    """The purpose the assessment gets.

    A learner is assessed once: with a valid result, a new assessment is refused (code `already_assessed`)
    unless a purpose and a reason are given.
    """
    if valid_until is not None and (new.purpose is None or len(new.reason.strip()) < REASON_MIN):
        raise RuleBroken(
            "This learner already has a valid result. To assess again, choose a purpose and give a reason"
            f" of at least {REASON_MIN} characters.",
            code="already_assessed",
            field="reason" if new.purpose else "purpose",
        )
    return new.purpose or Purpose.INITIAL


def require_override(override: Override, computed: Level, decided_by: UUID | None) -> None:
    """Raise RuleBroken, with the fields, when an override lacks what it needs."""
    faults = {}
    if override.level is computed:
        faults["level"] = (
            "This is already the level from the rule. Choose another one, or agree with the rule."
        )
    if override.code is OverrideCode.OTHER and len(override.text.strip()) < OTHER_TEXT_MIN:
        faults["text"] = f"Say why in at least {OTHER_TEXT_MIN} characters."
    if needs_second_person(override.level, computed) and override.second_person_id in (None, decided_by):
        faults["second_person_id"] = (
            "A change of two levels or more needs a second person: choose the colleague who agreed."
        )
    if faults:
        raise RuleBroken.many(faults)


def needs_second_person(level: Level, computed: Level) -> bool:
    """Is the decided level two or more levels away from the rule's?"""
    return abs(level.rank - computed.rank) >= SECOND_PERSON_FROM


def valid_until(completed_on: date, days: int) -> date:
    """The last day on which a result counts. Expiry never removes a place in the queue."""
    return completed_on + timedelta(days=days)
