"""The page on which the agreement is read out: the learner's language first, then each purpose on its own."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, validates, validates_schema

from hub.consent import reads as consents
from hub.consent.domain import (
    CIRCUMSTANCES,
    CURRENT_VERSION,
    OPTIONAL,
    PURPOSES,
    Authority,
    Circumstances,
    UnderstandingCheck,
    circumstances_faults,
)
from hub.infra.db import runtime
from hub.referrals.schemas import CircumstancesSchema
from hub.ui.fields import Choice, Date, Text, YesNo

CHANNEL_LABELS = {
    "in_person": "Face to face",
    "phone": "By phone",
    "web": "On a screen, the learner read it",
    "paper": "On paper, the learner signed it",
}


class HowToAsk(StrEnum):
    """With the learner now, or by a link that the learner answers alone (`consent.domain.ASKING`)."""

    NOW = "now"
    ASK_BY_TEXT = "ask_by_text"
    ASK_BY_EMAIL = "ask_by_email"
    ASK_ON_PAPER = "ask_on_paper"


HOW_LABELS = {
    HowToAsk.NOW: "I read it with the learner now",
    HowToAsk.ASK_BY_TEXT: "The learner is not with me: send a text with a link",
    HowToAsk.ASK_BY_EMAIL: "The learner is not with me: send an email with a link",
    HowToAsk.ASK_ON_PAPER: "I give the learner a printed sheet with a link",
}


def asked_by_link(language: str, how: HowToAsk, today: date) -> dict[str, Any]:
    """The answers of the agreement page where the learner is to answer alone: to each question none yet."""
    return {
        "language": language, "wording_version": CURRENT_VERSION, "channel": how.value, "interpreter_used": False,
        "given_on": today.isoformat(),
    }  # fmt: skip


class ConsentLanguageSchema(Schema):
    """The language in which the words will be read."""

    class Meta:
        unknown = RAISE

    language = Text(20, "language", required=True, error_messages={"required": "Select a language"})
    how = Choice(HowToAsk, "how the learner will answer", load_default=HowToAsk.NOW)

    @validates("language")
    def there_is_a_wording(self, value: str, **_: Any) -> None:
        if value not in {one.code for one in consents.languages()}:
            raise ValidationError("Select one of the languages in the list")


_Answers = Schema.from_dict(
    {
        code: YesNo(
            required=True,
            error_messages={"required": f"Select what the learner said: {PURPOSES[code].title}"},
        )
        for code in OPTIONAL
    },
    name="ConsentAnswers",
)


class ConsentPageSchema(_Answers, CircumstancesSchema):  # type: ignore[misc, valid-type]
    """What the learner said to each question. `wording_version` and `language` are of the words on this page."""

    class Meta:
        unknown = RAISE

    language = Text(20, "language", required=True)
    wording_version = Text(40, "version of the words", required=True)
    channel = Text(
        20,
        "how the learner agreed",
        required=True,
        error_messages={"required": "Select how the learner agreed"},
    )
    interpreter_used = YesNo("whether an interpreter helped", required=True)
    given_on = Date("day the learner agreed", required=True)
    read_out = YesNo(
        "",
        load_only=True,
        required=True,
        error_messages={"required": "Confirm that the learner has heard or read these words"},
    )

    @validates_schema
    def sound_circumstances(self, data: Mapping[str, Any], **_: Any) -> None:
        told = Circumstances(**{name: data.get(name) for name in CIRCUMSTANCES})
        if faults := circumstances_faults(told, bool(data.get("interpreter_used"))):
            raise ValidationError({name: [words] for name, words in faults.items()})

    @validates("channel")
    def known_channel(self, value: str, **_: Any) -> None:
        if value not in CHANNEL_LABELS:
            raise ValidationError("Select how the learner agreed")

    @validates("given_on")
    def not_later_than_today(self, value: date, **_: Any) -> None:
        if value > runtime().clock.today():
            raise ValidationError("The day the learner agreed must be today or before")


def purposes_of(answers: Mapping[str, Any]) -> list[str]:
    """The purposes to which the learner said yes."""
    return [code for code in OPTIONAL if answers.get(code)]


def consent_rows(answers: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The agreement on the check page: what was agreed and what was not."""
    if answers["channel"] in set(HOW_LABELS):
        return [
            ("Agreement", f"{HOW_LABELS[answers['channel']]}. Nothing that needs permission is done before.")
        ]
    chosen = set(purposes_of(answers))
    asked = [PURPOSES[code] for code in OPTIONAL]
    agreed = [one.title for one in asked if one.code in chosen]
    refused = [one.title for one in asked if one.code not in chosen]
    language = {one.code: one.english_name for one in consents.languages()}.get(answers["language"], "")
    return [
        ("Agreed to", ", ".join(agreed) or "None of the choices"),
        ("Did not agree to", ", ".join(refused) or "Agreed to all"),
        ("Read in", language),
        ("How", CHANNEL_LABELS.get(answers["channel"], "")),
        ("Interpreter helped", "Yes" if answers.get("interpreter_used") else "No"),
        ("On", date.fromisoformat(answers["given_on"])),
        *(
            (one.label[:1].upper() + one.label[1:], _WORDS.get(answers[name], answers[name]))
            for name, one in CIRCUMSTANCES.items()
            if answers.get(name)
        ),
    ]


_WORDS = {one.value: one.words for kind in (UnderstandingCheck, Authority) for one in kind}
