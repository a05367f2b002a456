"""The questions of 'Refer a learner', in order: one table that the task list, the pages and the check page read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import Schema

from hub.consent.domain import CIRCUMSTANCES
from hub.core.slots import SLOTS, slot_label
from hub.infra.phones import national
from hub.learners.domain import Reason, Sex, StudyMode, TravelMode
from hub.referrals.domain import SOURCE_LABELS, Source
from hub.referrals.pages.consent_form import (
    ConsentLanguageSchema,
    ConsentPageSchema,
    consent_rows,
    purposes_of,
)
from hub.referrals.schemas import (
    AddressPageSchema,
    BirthSchema,
    LanguageSchema,
    NameSchema,
    NeedsSchema,
    PhoneSchema,
    ReasonsSchema,
    SexSchema,
    SourceSchema,
    StudySchema,
    TimesSchema,
    TravelSchema,
    language_names,
)

Answers = Mapping[str, Any]
Row = tuple[str, Any]

TRAVEL_LABELS = {
    TravelMode.WALK: "Walking",
    TravelMode.BUS: "Bus",
    TravelMode.CYCLE: "Cycling",
    TravelMode.CAR: "Car",
}
STUDY_LABELS = {
    StudyMode.IN_PERSON: "In person only",
    StudyMode.ONLINE: "Online only",
    StudyMode.EITHER: "In person or online",
}
REASON_LABELS = {
    Reason.DAILY_LIFE: "Daily life",
    Reason.FIND_WORK: "To find work",
    Reason.BETTER_WORK: "To find better work",
    Reason.FURTHER_STUDY: "To study more",
    Reason.CITIZENSHIP: "Citizenship or settlement",
    Reason.HELP_CHILDREN: "To help their children",
    Reason.HEALTH_SERVICES: "To use health services",
    Reason.SOCIAL: "To meet people",
    Reason.VOLUNTEERING: "To volunteer",
}
SEX_LABELS = {Sex.FEMALE: "Woman", Sex.MALE: "Man", Sex.OTHER: "Prefers another word"}
NEED_LABELS = {
    "childcare": "Childcare during class",
    "step_free": "Step-free access",
    "women_only": "A women-only class",
    "other_caring": "Cares for somebody else",
    "work_hours": "Work hours get in the way",
    "travel_cost": "Cost of travel",
    "distance": "Distance",
    "course_cost": "Cost of the course",
    "health_or_disability": "Health or disability (kept only if the learner agrees)",
    "low_first_language_literacy": "Cannot read or write well in their first language",
    "funding": "Does not know who pays",
    "information": "Needs information in their language",
    "confidence": "Lacks confidence",
    "digital": "Finds computers hard",
    "temporary_housing": "Lives in temporary housing",
}


@dataclass(frozen=True)
class Question:
    """One page: its address, its section, its schema, and how its answers read on the check page."""

    slug: str
    section: str
    title: str
    schema: type[Schema]
    rows: Callable[[Answers], list[Row]]
    optional: bool = False
    page: str = ""

    @property
    def template(self) -> str:
        return f"referrals/questions/{self.page or self.slug}.html"


SECTIONS = {
    "learner": "Name and contact",
    "needs": "Needs and times",
    "consent": "Agreement",
    "reason": "Reason and source",
}


def _yes(value: object) -> str:
    return "Yes" if value else "No"


def _name(a: Answers) -> list[Row]:
    rows: list[Row] = [("Given names", a["given_names"]), ("Family name", a["family_name"])]
    return rows + ([("Likes to be called", a["known_as"])] if a.get("known_as") else [])


def _birth(a: Answers) -> list[Row]:
    return [("Date of birth", date.fromisoformat(a["date_of_birth"]))]


def _contact(a: Answers) -> list[Row]:
    rows: list[Row] = [("Phone", national(a["phone"]))]
    rows += [("Second phone", national(a["second_phone"]))] if a.get("second_phone") else []
    rows += [("Safe to text", _yes(a.get("safe_to_text"))), ("Safe to call", _yes(a.get("safe_to_call")))]
    return rows + ([("Email", a["email"])] if a.get("email") else [])


def _address(a: Answers) -> list[Row]:
    return [("Postcode", a["postcode"])] + ([("Address", a["address"])] if a.get("address") else [])


def _language(a: Answers) -> list[Row]:
    code = a.get("preferred_language") or ""
    return [
        ("Speaks best", language_names().get(code.replace("-", "_"), code) or "Not said"),
        ("Interpreter needed", _yes(a.get("interpreter_needed"))),
    ]


def _sex(a: Answers) -> list[Row]:
    return [("Woman or man", SEX_LABELS[Sex(a["sex"])] if a.get("sex") else "Not said")]


def _times(a: Answers) -> list[Row]:
    chosen = set(a.get("availability") or ())
    return [("Days and times", ", ".join(slot_label(slot) for slot in SLOTS if slot in chosen))]


def _travel(a: Answers) -> list[Row]:
    if a.get("travel_minutes") is None:
        return [("Travel", "Not said")]
    return [
        (
            "Travel",
            f"Up to {a['travel_minutes']} minutes, {TRAVEL_LABELS[TravelMode(a['travel_mode'])].lower()}",
        )
    ]


def _study(a: Answers) -> list[Row]:
    mode = STUDY_LABELS[StudyMode(a["study_mode"])] if a.get("study_mode") else "Not said"
    return [("Where to study", mode), ("Has a device and internet", _yes(a.get("has_device")))]


def _needs(a: Answers) -> list[Row]:
    chosen = [NEED_LABELS[code] for code in a.get("needs") or () if code in NEED_LABELS]
    return [("Needs", ", ".join(chosen) or "None")]


def _reasons(a: Answers) -> list[Row]:
    chosen = ", ".join(REASON_LABELS[Reason(code)] for code in a.get("reasons") or ())
    return [
        ("Wants English for", chosen or "Not said"),
        ("In your words", a.get("reason") or "Nothing added"),
    ]


def _source(a: Answers) -> list[Row]:
    rows: list[Row] = [("Comes from", SOURCE_LABELS[Source(a["source"])])]
    rows += [("Must take a class to keep a benefit", "Yes")] if a.get("mandated") else []
    return rows + ([("Your reference", a["external_reference"])] if a.get("external_reference") else [])


QUESTIONS: Mapping[str, Question] = {
    one.slug: one
    for one in (
        Question("name", "learner", "What is the learner's name?", NameSchema, _name),
        Question("date-of-birth", "learner", "When was the learner born?", BirthSchema, _birth),
        Question("contact", "learner", "How can we reach the learner?", PhoneSchema, _contact),
        Question("address", "learner", "Where does the learner live?", AddressPageSchema, _address),
        Question(
            "language", "learner", "Which language does the learner speak best?", LanguageSchema, _language
        ),
        Question(
            "woman-or-man", "learner", "Is the learner a woman or a man?", SexSchema, _sex, optional=True
        ),
        Question("times", "needs", "When can the learner come to a class?", TimesSchema, _times),
        Question("travel", "needs", "How far can the learner travel?", TravelSchema, _travel, optional=True),
        Question("study", "needs", "Where can the learner study?", StudySchema, _study, optional=True),
        Question("needs", "needs", "What does the learner need?", NeedsSchema, _needs, optional=True),
        Question(
            "consent-language",
            "consent",
            "In which language will you read the agreement?",
            ConsentLanguageSchema,
            lambda answers: [],
        ),
        Question("consent", "consent", "Read this to the learner", ConsentPageSchema, consent_rows),
        Question(
            "reason", "reason", "Why does the learner want English?", ReasonsSchema, _reasons, optional=True
        ),
        Question("source", "reason", "Where does the learner come from?", SourceSchema, _source),
    )
}
_ORDER = tuple(QUESTIONS)


def questions_of(section: str) -> list[Question]:
    """The section's questions in order."""
    return [one for one in QUESTIONS.values() if one.section == section]


def next_slug(slug: str) -> str | None:
    """The next question of the same section; None at its end."""
    after = _ORDER.index(slug) + 1
    same = after < len(_ORDER) and QUESTIONS[_ORDER[after]].section == QUESTIONS[slug].section
    return _ORDER[after] if same else None


def previous_slug(slug: str) -> str | None:
    """The question before it in the same section; None at its start."""
    before = _ORDER.index(slug) - 1
    same = before >= 0 and QUESTIONS[_ORDER[before]].section == QUESTIONS[slug].section
    return _ORDER[before] if same else None


def unanswered(answers: Answers) -> list[Question]:
    """The questions that still need an answer, in order."""
    return [one for one in QUESTIONS.values() if one.slug not in answers and not one.optional]


def progress_of(section: str, answers: Answers) -> tuple[str, str]:
    """(words, colour) of a section on the task list."""
    questions = questions_of(section)
    if all(one.slug in answers or one.optional for one in questions):
        return "Completed", ""
    if any(one.slug in answers for one in questions):
        return "Partly done", "light-blue"
    return "Not yet started", "blue"


def first_open(section: str, answers: Answers) -> str:
    """Where the task list leads: the first question without an answer, else the section's first."""
    questions = questions_of(section)
    return next((one.slug for one in questions if one.slug not in answers), questions[0].slug)


_CONSENT = ("given_on", "channel", "language", "wording_version", "interpreter_used", *CIRCUMSTANCES)
_PERSON = ("name", "date-of-birth", "contact", "address", "language", "woman-or-man")
_REST = ("times", "travel", "study", "needs", "reason", "source")


def as_body(answers: Answers) -> dict[str, Any]:
    """The answers in the form of the API's body, so that both edges load through one schema."""
    learner = {name: value for slug in _PERSON for name, value in answers.get(slug, {}).items()}
    learner.pop("postcode_checked", None)
    rest = {name: value for slug in _REST for name, value in answers.get(slug, {}).items()}
    body = {"learner": _present(learner), **_present(rest)}
    if "consent" in answers:
        given = answers["consent"]
        told = {name: given.get(name) for name in _CONSENT}
        body["consent"] = _present(told) | {"purposes": purposes_of(given)}
    return body


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def question_of_field(field: str) -> str:
    """The question on which a field of the API's body stands, for change links beside refusals."""
    if field.startswith("consent"):
        return "consent"
    name = field.removeprefix("learner.")
    for question in QUESTIONS.values():
        if name in question.schema().fields:
            return question.slug
    return "name"
