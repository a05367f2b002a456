"""The shape of the hub's forms about permission."""

from typing import Any

from babel import Locale
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validates

from hub.consent.domain import CURRENT_VERSION, OPTIONAL, PURPOSES, Channel, NewConsent, Proof, versions
from hub.infra.db import runtime
from hub.ui.fields import Choice, Date, Text, YesNo


class _Strict(Schema):
    class Meta:
        unknown = RAISE


def _known_language(code: str) -> None:
    if code.split("-", maxsplit=1)[0] not in Locale("en").languages:
        raise ValidationError("Select the language of the words")


class ProofSchema(_Strict):
    """How an unproven permission was confirmed."""

    wording_version = Text(40, "version of the words", required=True)
    language = Text(20, "language of the words", required=True)
    interpreter_used = YesNo("whether an interpreter helped", required=True)
    note = Text(500, "how you know", lines=True, required=True)

    @validates("wording_version")
    def known_version(self, value: str, **_: Any) -> None:
        if value not in versions():
            raise ValidationError("Select the version of the words")

    @validates("language")
    def known_language(self, value: str, **_: Any) -> None:
        _known_language(value)

    @post_load
    def as_proof(self, data: dict[str, Any], **_: Any) -> Proof:
        return Proof(**data)


class WithdrawalSchema(_Strict):
    """What the learner took back, as the hub was told."""

    purposes = fields.List(Text(3, "permission"), load_default=list)

    @validates("purposes")
    def at_least_one(self, value: list[str], **_: Any) -> None:
        if not value or not set(value) <= set(OPTIONAL):
            raise ValidationError("Select at least one permission that the learner took back")


class AskingSchema(_Strict):
    """The answers to an asking: yes or no to each optional purpose, in a language, by a channel."""

    language = Text(20, "language of the words", required=True)
    channel = Choice(Channel, "how you asked", required=True)
    given_on = Date("day you asked", required=True)
    interpreter_used = YesNo("whether an interpreter helped", required=True)

    @validates("language")
    def known_language(self, value: str, **_: Any) -> None:
        _known_language(value)

    @validates("given_on")
    def not_in_the_future(self, value: Any, **_: Any) -> None:
        if value > runtime().clock.today():
            raise ValidationError("The day you asked must not be in the future")

    @post_load
    def as_consent(self, data: dict[str, Any], **_: Any) -> NewConsent:
        agreed = frozenset(code for code in OPTIONAL if data.pop(code))
        return NewConsent(**data, purposes=agreed, wording_version=CURRENT_VERSION)


def _asking_schema() -> type[Schema]:
    """`AskingSchema` with a yes-or-no for each optional purpose, so that the data decides which are asked."""
    answers = {code: YesNo(f"“{PURPOSES[code].title}”", required=True) for code in OPTIONAL}
    return type("AskingForm", (AskingSchema,), dict(answers))


AskingForm = _asking_schema()
