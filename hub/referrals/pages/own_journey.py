"""What a learner who refers themselves is asked: the questions that staff are asked about a learner, said to them.

One table gives each question its boxes; all words are in `data/own_words/<language>.toml` under the names of the boxes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from markupsafe import Markup
from marshmallow import RAISE, Schema

from hub.consent import reads as consents
from hub.consent.domain import OPTIONAL
from hub.core.slots import DAYS, PARTS
from hub.core.wordbook import WordBook
from hub.infra.phones import national
from hub.learners.domain import Reason, Sex, StudyMode, TravelMode
from hub.referrals.pages.consent_form import purposes_of
from hub.referrals.pages.journey import NEED_LABELS, QUESTIONS, Answers
from hub.referrals.schemas import language_names
from hub.ui.fields import Text, YesNo
from hub.ui.forms import Form
from hub.ui.speech import Speech, spoken

BOOK = WordBook(Path(str(resources.files("hub.referrals").joinpath("data/own_words"))))
NOT_ASKED = frozenset({"P07"})
"""Telling the referrer: nobody else refers them. It stands as refused."""
ASKED = tuple(code for code in OPTIONAL if code not in NOT_ASKED)
SECTIONS = ("learner", "needs", "consent")

_Permissions = Schema.from_dict({code: YesNo(required=True) for code in ASKED}, name="OwnConsentAnswers")


class OwnConsentSchema(_Permissions):  # type: ignore[misc, valid-type]
    """What the learner says to each question, on the words of this page."""

    class Meta:
        unknown = RAISE

    language = Text(20, "language", required=True)
    wording_version = Text(40, "version of the words", required=True)


@dataclass(frozen=True)
class Box:
    """One thing asked. `kind` says how it looks, `codes` what can be chosen, `fault` whose words say what is wrong."""

    name: str
    kind: str
    codes: tuple[str, ...] = ()
    optional: bool = False
    fault: str = ""
    limit: int | None = None


@dataclass(frozen=True)
class OwnQuestion:
    """One page: its address, its part of the form, its boxes and their schema."""

    slug: str
    section: str
    words: str
    boxes: tuple[Box, ...]
    schema: type[Schema]
    optional: bool = False

    @property
    def heading(self) -> bool:
        """Whether the page's title is the label of its only box."""
        return len(self.boxes) == 1 and self.boxes[0].kind in {"birth", "one", "many"}


_BOXES: Mapping[str, tuple[Box, ...]] = {
    "name": (
        Box("given_names", "text"), Box("family_name", "text"), Box("known_as", "text", optional=True),
    ),
    "date-of-birth": (Box("date_of_birth", "birth"),),
    "contact": (
        Box("phone", "tel"), Box("safe_to_text", "yes_no"), Box("safe_to_call", "yes_no"),
        Box("second_phone", "tel", optional=True, fault="phone"), Box("email", "email", optional=True),
    ),
    "address": (Box("postcode", "postcode"), Box("address", "lines", optional=True, limit=300)),
    "language": (Box("preferred_language", "language"), Box("interpreter_needed", "yes_no")),
    "woman-or-man": (Box("sex", "one", tuple(Sex), optional=True),),
    "times": (Box("availability", "week"),),
    "travel": (
        Box("travel_minutes", "number", optional=True), Box("travel_mode", "one", tuple(TravelMode), optional=True),
    ),
    "study": (
        Box("study_mode", "one", tuple(StudyMode), optional=True), Box("has_device", "yes_no", optional=True),
    ),
    "needs": (Box("needs", "many", tuple(NEED_LABELS), optional=True),),
    "reason": (
        Box("reasons", "many", tuple(Reason), optional=True), Box("reason", "lines", optional=True, limit=500),
    ),
}  # fmt: skip
_WORDS = {"language": "speaks", "woman-or-man": "sex", "reason": "reasons"}
"""Under which name a question's title stands, where it is not the question's own."""


def _questions() -> Mapping[str, OwnQuestion]:
    """The questions in the order in which they are asked."""
    asked = {
        slug: OwnQuestion(
            slug, "learner" if QUESTIONS[slug].section == "learner" else "needs",
            _WORDS.get(slug, slug.replace("-", "_")), boxes, QUESTIONS[slug].schema, QUESTIONS[slug].optional,
        )
        for slug, boxes in _BOXES.items()
    }  # fmt: skip
    return asked | {"consent": OwnQuestion("consent", "consent", "consent", (), OwnConsentSchema)}


OWN_QUESTIONS = _questions()
_ORDER = tuple(OWN_QUESTIONS)
FIRST = _ORDER[0]


def speech() -> Speech:
    """The words of this request's language."""
    return spoken(BOOK)


def follows(slug: str) -> str | None:
    """The question after this one; None at the end."""
    at = _ORDER.index(slug) + 1
    return _ORDER[at] if at < len(_ORDER) else None


def precedes(slug: str) -> str | None:
    """The question before this one; None at the start."""
    at = _ORDER.index(slug)
    return _ORDER[at - 1] if at else None


def unanswered(answers: Answers) -> list[OwnQuestion]:
    """The questions that still need an answer."""
    return [one for one in OWN_QUESTIONS.values() if one.slug not in answers and not one.optional]


def languages_offered(said: Speech) -> list[dict[str, str]]:
    """The languages somebody may speak, as the page's language names them."""
    return said.language_names(language_names())


def _language(value: Any, box: Box, said: Speech) -> str:
    return next((one["text"] for one in languages_offered(said) if one["value"] == value), str(value))


def tell_faults(form: Form, question: OwnQuestion, said: Speech) -> None:
    """What is wrong, in the learner's language: for each box what a right answer looks like."""
    boxes = {one.name: one for one in question.boxes}
    form.errors = {name: _fault(boxes.get(name), name, said) for name in form.errors}


def _fault(box: Box | None, name: str, said: Speech) -> str:
    if name in ASKED or (box is not None and box.kind == "yes_no"):
        return said.plain("choose_one")
    of = (box.fault or box.name) if box else name
    return said.said_of(f"{of}_fault") or said.plain("not_taken_title")


def rows_of(question: OwnQuestion, answers: Answers, said: Speech) -> list[tuple[str, str]]:
    """A question's answers as they are read again before sending: what was asked, what was said."""
    if question.slug == "consent":
        return _consent_rows(answers)
    return [(said.plain(box.name), _shown(answers.get(box.name), box, said)) for box in question.boxes]


def _shown(value: Any, box: Box, said: Speech) -> str:
    return said.plain("none") if value in (None, "", []) else _SHOWN[box.kind](value, box, said)


def _consent_rows(answers: Answers) -> list[tuple[str, str]]:
    """Each question and its answer, in the words that were read."""
    agreed = set(purposes_of(answers))
    read = consents.wording(None, answers["language"], answers["wording_version"])
    asked = [one for one in read.purposes if one.code in ASKED]
    return [(one.question, read.yes if one.code in agreed else read.no) for one in asked]


def _plain(value: Any, box: Box, said: Speech) -> str:
    """What was typed, apart, so that a page from right to left does not turn numbers round."""
    return Markup("<bdi>{}</bdi>").format(national(value) if box.kind == "tel" else value)


def _chosen(value: Any, box: Box, said: Speech) -> str:
    return said.plain(f"{box.name}_{value}")


def _times(value: Any, box: Box, said: Speech) -> str:
    """`Tuesday: Morning, Afternoon; Friday: Evening`, in the page's language."""
    parts = dict(
        zip(PARTS, (said.plain("morning"), said.plain("afternoon"), said.plain("evening")), strict=True)
    )
    by_day = {
        name: [parts[part] for part in PARTS if f"{day}-{part}" in value]
        for day, name in zip(DAYS, said.day_names(), strict=True)
    }
    return "; ".join(f"{name}: {', '.join(times)}" for name, times in by_day.items() if times)


_SHOWN: Mapping[str, Callable[[Any, Box, Speech], str]] = {
    "text": _plain,
    "lines": _plain,
    "email": _plain,
    "number": _plain,
    "postcode": _plain,
    "tel": _plain,
    "birth": lambda value, box, said: said.full_date(date.fromisoformat(value)),
    "yes_no": lambda value, box, said: said.plain("yes" if value else "no"),
    "language": _language,
    "one": _chosen,
    "many": lambda value, box, said: ", ".join(_chosen(one, box, said) for one in value),
    "week": _times,
}
