"""The shape of the hub's forms about permission."""

from collections.abc import Collection
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

from hub.accounts.domain import AgreementTerms, ControllerRoles, NewAgreement
from hub.consent.domain import (
    ANSWERED,
    ASKING,
    CIRCUMSTANCES,
    CURRENT_VERSION,
    OPTIONAL,
    PURPOSES,
    Art9,
    Basis,
    Channel,
    Circumstances,
    NewConsent,
    Proof,
    WhyInvalid,
    versions,
)
from hub.consent.service import NewRequest
from hub.infra.db import runtime
from hub.ui.fields import Choice, Date, Text, YesNo


class _Strict(Schema):
    class Meta:
        unknown = RAISE


def _known_language(code: str) -> None:
    if code.split("-", maxsplit=1)[0] not in Locale("en").languages:
        raise ValidationError("Select the language of the words")


def _one_of(channels: Collection[Channel], words: str) -> validate.OneOf:
    return validate.OneOf(sorted(channels), error=words)


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
    """What the learner took back, as the hub was told. `everything`: they want no more of the service."""

    purposes = fields.List(Text(3, "permission"), load_default=list)
    everything = YesNo("whether the learner leaves", load_default=False)

    @validates_schema
    def at_least_one(self, data: dict[str, Any], **_: Any) -> None:
        known = set(data.get("purposes", ())) <= set(OPTIONAL)
        if not known or not (data.get("purposes") or data.get("everything")):
            raise ValidationError("Select at least one permission that the learner took back", "purposes")


class AskByLinkSchema(_Strict):
    """How the learner is to be asked, and in which language; without one, in their own as far as we know it."""

    by = Choice(Channel, "how to ask", required=True, validate=_one_of(ASKING, "Select how to ask"))
    language = Text(20, "language of the words", load_default=None)

    @validates("language")
    def known_language(self, value: str | None, **_: Any) -> None:
        if value:
            _known_language(value)

    @post_load
    def as_request(self, data: dict[str, Any], **_: Any) -> NewRequest:
        return NewRequest(data["by"], data["language"])


class InvalidSchema(_Strict):
    """Why an asking does not count."""

    why = Choice(WhyInvalid, "why it does not count", required=True)


class BasisSchema(_Strict):
    """What a purpose rests on from a day on, and why."""

    basis = Choice(Basis, "basis", required=True)
    art9_condition = Choice(Art9, "condition of Article 9", load_default=None)
    starts_on = Date("first day", required=True)
    reason = Text(1000, "reason", lines=True, required=True)


def _party(words: str) -> fields.UUID:
    return fields.UUID(required=True, error_messages=dict.fromkeys(("required", "invalid_uuid"), words))


def _some(words: str, label: str) -> fields.List[Any]:
    return fields.List(Text(40, label), required=True, error_messages={"required": words})


class AgreementSchema(_Strict):
    """A signed sharing agreement, as its document says."""

    reference = Text(120, "reference of the document", required=True)
    from_id = _party("Select who gives the data")
    to_id = _party("Select who receives the data")
    controller_roles = Choice(ControllerRoles, "how the two stand to each other", required=True)
    purposes = _some("Select at least one purpose", "purpose")
    fields_shared = _some("Select at least one kind of data", "kind of data")
    lawful_basis = Choice(Basis, "lawful basis", required=True)
    art9_condition = Choice(Art9, "condition of Article 9", load_default=None)
    dpia_id = Text(60, "number of the data protection impact assessment", required=True)
    retention = Text(200, "how long the receiver keeps it", required=True)
    security_terms = Text(1000, "security terms", lines=True, required=True)
    dsar_contact = Text(200, "who answers access requests", required=True)
    breach_contact = Text(200, "who hears of a breach", required=True)
    caldicott_guardian = Text(200, "Caldicott Guardian", load_default=None)
    signed_on = Date("day it was signed", required=True)
    starts_on = Date("first day", required=True)
    review_on = Date("day of the review", required=True)
    ends_on = Date("last day", required=True)

    @validates("purposes")
    def known_purposes(self, value: list[str], **_: Any) -> None:
        if not value or not set(value) <= set(PURPOSES):
            raise ValidationError("Select at least one purpose")

    @post_load
    def as_agreement(self, data: dict[str, Any], **_: Any) -> NewAgreement:
        who = {name: data.pop(name) for name in ("from_id", "to_id", "starts_on", "ends_on")}
        purposes, shared = tuple(data.pop("purposes")), tuple(data.pop("fields_shared"))
        return NewAgreement(**who, purposes=purposes, fields=shared, terms=AgreementTerms(**data))


CircumstancesSchema = Schema.from_dict(
    {name: Text(one.most, one.label, lines=one.lines) for name, one in CIRCUMSTANCES.items()},
    name="CircumstancesSchema",
)
"""How an asking went; all of it may be left out."""


class AskingSchema(_Strict, CircumstancesSchema):  # type: ignore[misc, valid-type]
    """The answers to an asking: yes or no to each optional purpose, in a language, by a channel."""

    language = Text(20, "language of the words", required=True)
    channel = Choice(
        Channel, "how you asked", required=True, validate=_one_of(ANSWERED, "Select how you asked")
    )
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
        told = Circumstances(**{name: data.pop(name, None) for name in CIRCUMSTANCES})
        return NewConsent(**data, purposes=agreed, wording_version=CURRENT_VERSION, circumstances=told)


def _asking_schema() -> type[Schema]:
    """`AskingSchema` with a yes-or-no for each optional purpose, so that the data decides which are asked."""
    answers = {code: YesNo(f"“{PURPOSES[code].title}”", required=True) for code in OPTIONAL}
    return type("AskingForm", (AskingSchema,), dict(answers))


AskingForm = _asking_schema()
