"""What a learner who refers themselves is asked: the questions of 'Refer a learner' that are needed, in other words."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

from marshmallow import RAISE, Schema

from hub.consent import reads as consents
from hub.consent.domain import OPTIONAL, PURPOSES
from hub.referrals.pages.consent_form import purposes_of
from hub.referrals.pages.journey import QUESTIONS, Answers, Question, Row
from hub.ui.fields import Text, YesNo
from hub.ui.forms import Form

NOT_ASKED = frozenset({"P07"})
"""Telling the referrer: nobody else refers them. It stands as refused."""
ASKED = tuple(code for code in OPTIONAL if code not in NOT_ASKED)

_Answers = Schema.from_dict(
    {
        code: YesNo(required=True, error_messages={"required": f"Select yes or no: {PURPOSES[code].title}"})
        for code in ASKED
    },
    name="OwnConsentAnswers",
)


class OwnConsentSchema(_Answers):  # type: ignore[misc, valid-type]
    """What the learner says to each question, on the words of this page."""

    class Meta:
        unknown = RAISE

    language = Text(20, "language", required=True)
    wording_version = Text(40, "version of the words", required=True)


SECTION_TITLES = {"learner": "About you", "needs": "Your times", "consent": "Your permission"}


def _consent_rows(answers: Answers) -> list[Row]:
    """Each question and its answer, in the words that were read."""
    agreed = set(purposes_of(answers))
    read = consents.wording(None, answers["language"], answers["wording_version"])
    asked = [one for one in read.purposes if one.code in ASKED]
    return [(one.question, read.yes if one.code in agreed else read.no) for one in asked]


@cache
def words() -> Mapping[str, Any]:
    """data/own_words.toml: by question, and what is said instead of the words to staff."""
    text = resources.files("hub.referrals").joinpath("data/own_words.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def own_questions() -> Mapping[str, Question]:
    """The questions in their order, by slug."""
    asked = {
        slug: replace(QUESTIONS[slug], title=said["title"])
        for slug, said in words().items()
        if slug in QUESTIONS
    }
    asked["consent"] = replace(
        asked["consent"], schema=OwnConsentSchema, rows=_consent_rows, page="own-consent"
    )
    return asked


def follows(slug: str) -> str | None:
    """The question after this one; None at the end."""
    order = tuple(own_questions())
    at = order.index(slug) + 1
    return order[at] if at < len(order) else None


def precedes(slug: str) -> str | None:
    """The question before this one; None at the start."""
    order = tuple(own_questions())
    at = order.index(slug)
    return order[at - 1] if at else None


def unanswered(answers: Answers) -> list[Question]:
    """The questions that still need an answer."""
    return [one for slug, one in own_questions().items() if slug not in answers]


def say_it_to_them(form: Form) -> None:
    """Faults as one says them to the learner, not about them."""
    for name, message in form.errors.items():
        for rule in words()["faults"]:
            if rule["said"] in message:
                form.errors[name] = message.replace(rule["said"], rule["instead"])
                break
