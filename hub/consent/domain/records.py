"""What a learner agreed to, how it was asked, and what happened to it since."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from hub.consent.domain.circumstances import Circumstances, circumstances_faults
from hub.consent.domain.purposes import PURPOSES, Purpose
from hub.consent.domain.standing import GRANTS, ConsentState, EventType, Standing
from hub.consent.domain.wording import has_words, versions
from hub.core.events import Event

CHANNEL_WORDS = {
    "in_person": "In person",
    "phone": "By phone",
    "web": "On a web page",
    "paper": "On paper",
    "sms_link": "Through a link in a text",
    "ask_by_text": "Asked by a link in a text",
    "ask_by_email": "Asked by a link in an email",
    "ask_on_paper": "Asked by a printed sheet with a link",
}


class Channel(StrEnum):
    """How the learner was asked. The last three: by a link that is not answered yet (`asks`)."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    WEB = "web"
    PAPER = "paper"
    SMS_LINK = "sms_link"
    ASK_BY_TEXT = "ask_by_text"
    ASK_BY_EMAIL = "ask_by_email"
    ASK_ON_PAPER = "ask_on_paper"

    @property
    def words(self) -> str:
        return CHANNEL_WORDS[self.value]

    @property
    def asks(self) -> bool:
        """Whether nobody has answered yet: the learner is to, behind a link."""
        return self in ASKING

    @property
    def answered_by(self) -> "Channel":
        """How the learner has answered, once they have, what was asked this way."""
        return Channel.SMS_LINK if self is Channel.ASK_BY_TEXT else Channel.WEB


ASKING = frozenset({Channel.ASK_BY_TEXT, Channel.ASK_BY_EMAIL, Channel.ASK_ON_PAPER})
ANSWERED = tuple(one for one in Channel if one not in ASKING)
NO_ANSWER = "no_answer"
"""Reason of the end of an asking that nobody answered: it changes nothing about what was said before."""


@dataclass(frozen=True, kw_only=True)
class NewConsent:
    """The answers to one asking. `purposes` are those agreed to; optional ones left out were refused.

    Without wording version or language the consent is not proven, and permits nothing optional until the hub
    has confirmed it. `organisation_id` where an import acts for another organisation than the actor's.
    `agreement_id`: the sharing agreement under which a permission to share was asked. `confirm_by`: when an unproven
    one is to be confirmed, where many come at once; else as the clock says.
    """

    given_on: date
    channel: str
    language: str | None = None
    wording_version: str | None = None
    purposes: frozenset[str] = frozenset()
    interpreter_used: bool = False
    organisation_id: UUID | None = None
    under_18: bool = False
    agreement_id: UUID | None = None
    confirm_by: date | None = None
    circumstances: Circumstances = field(default_factory=Circumstances, repr=False)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How the hub confirmed an unproven consent: which words were shown, and how the hub knows."""

    wording_version: str
    language: str
    interpreter_used: bool = False
    note: str = ""


@dataclass(frozen=True)
class ConsentGiven(Event):
    """A learner was asked; the answers stand in the record."""

    consent_id: UUID
    learner_id: UUID


@dataclass(frozen=True)
class PermissionAsked(Event):
    """A learner is to answer behind a link, until this day. On paper whoever asks hands the link over."""

    consent_id: UUID
    learner_id: UUID
    by: Channel
    until: date


@dataclass(frozen=True)
class AskingSettled(Event):
    """These askings by link are answered or over: nothing more is said about them."""

    consent_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class ConsentWithdrawn(Event):
    """A learner took back these permissions; from this transaction on nothing may rely on them."""

    learner_id: UUID
    purposes: frozenset[str]


@dataclass(frozen=True)
class LearnerLeft(Event):
    """A learner takes everything back and wants no more of the service: what is open ends in this transaction."""

    learner_id: UUID


@dataclass(frozen=True)
class ReceiptWanted(Event):
    """The learner is to get a link to what they agreed to."""

    learner_id: UUID


class WhyInvalid(StrEnum):
    """Why an asking does not count."""

    NOT_UNDERSTOOD = "not_understood"
    PRESSURE = "pressure"
    WRONG_PERSON = "wrong_person"
    WRONG_WORDS = "wrong_words"

    @property
    def words(self) -> str:
        return _WHY_INVALID[self.value]


_WHY_INVALID = {
    "not_understood": "The learner had not understood",
    "pressure": "The learner was under pressure to say yes",
    "wrong_person": "It was not the learner who agreed, and nobody with a right to",
    "wrong_words": "Other words were read than those on record",
}


@dataclass(frozen=True, slots=True)
class ConsentEventView:
    """One thing that happened to one permission; nothing of it ever changes.

    `type`: regular or explicit. `relayed`: the hub wrote down what the learner told it. `reason`: a code.
    """

    purpose: str
    number: int
    state: ConsentState
    at: datetime
    actor_id: UUID | None
    actor_role: str
    type: EventType
    valid_until: date | None
    relayed: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class ChoiceMade:
    """The answer about one purpose in one asking, and what became of it."""

    purpose: str
    events: tuple[ConsentEventView, ...]

    @property
    def state(self) -> ConsentState:
        return self.events[-1].state

    @property
    def granted(self) -> bool:
        """Whether the learner said yes, whatever happened afterwards."""
        return any(one.state in GRANTS for one in self.events)

    @property
    def withdrawn_at(self) -> datetime | None:
        """Since when it is taken back."""
        last = self.events[-1]
        return last.at if last.state is ConsentState.WITHDRAWN else None


@dataclass(frozen=True)
class ConsentView:
    """One consent record in clear, with its choices. `captured_by` is a user, `captured_role` what they were."""

    id: UUID
    learner_id: UUID
    source_record_id: UUID
    organisation_id: UUID | None
    captured_by: UUID | None
    captured_role: str
    given_on: date
    channel: Channel
    language: str | None
    notice_id: str | None
    wording_version: str | None
    wording_sha256: str | None
    interpreter_used: bool
    proven: bool
    proven_at: datetime | None
    proof_note: str | None
    created_at: datetime
    receipt_id: UUID | None
    schema_version: str
    under_18: bool
    no_detriment_shown: bool
    agreement_id: UUID | None
    circumstances: Circumstances
    choices: tuple[ChoiceMade, ...]

    @property
    def is_answered(self) -> bool:
        """Whether the learner has said anything, whatever became of it."""
        return any(one.state in _SAID for choice in self.choices for one in choice.events)

    @property
    def is_invalid(self) -> bool:
        """Whether the hub has found that it does not count."""
        return (
            bool(self.choices)
            and all(one.state is ConsentState.INVALIDATED for one in self.choices if one.granted)
            and any(one.granted for one in self.choices)
        )


_SAID = GRANTS | {ConsentState.REFUSED}


@dataclass(frozen=True, slots=True)
class AskedByLink:
    """An asking by link that nobody has answered yet."""

    consent_id: UUID
    organisation_id: UUID | None
    by: Channel
    asked_on: date
    until: date


@dataclass(frozen=True)
class PurposeStanding:
    """How one purpose stands for a learner today, over all sources. `words` say why, for staff.

    `stopped_since`: a restriction or objection stands since that day; `standing` is what the learner had said.
    """

    purpose: Purpose
    standing: Standing
    permitted: bool
    words: str
    stopped_since: date | None = None


def is_proven(wording_version: str | None, language: str | None) -> bool:
    """Proof needs the exact words: their version and the language they were in."""
    return bool(wording_version and language)


def consent_faults(new: NewConsent, today: date) -> dict[str, str]:
    """What is wrong with an asking, by field; empty when nothing is."""
    faults = wording_faults(new.wording_version, new.language, new.interpreter_used)
    faults |= circumstances_faults(new.circumstances, new.interpreter_used)
    if new.given_on > today:
        faults["given_on"] = "The day the learner agreed must not be in the future"
    if new.channel not in CHANNEL_WORDS:
        faults["channel"] = f"Say how the learner was asked: {', '.join(CHANNEL_WORDS)}"
    elif Channel(new.channel).asks and new.purposes:
        faults["purposes"] = "Nothing is agreed to before the learner has answered the link"
    if unknown := unknown_purposes(new.purposes):
        faults["purposes"] = f"{unknown[0]} is not a purpose. Use {', '.join(PURPOSES)}"
    return faults


def unknown_purposes(codes: Collection[str]) -> list[str]:
    return sorted(set(codes) - set(PURPOSES))


def wording_faults(version: str | None, language: str | None, interpreter_used: bool) -> dict[str, str]:
    """The version must be one that was published; its words must exist in the language, unless somebody
    interpreted them. What is absent is no fault here: it makes the consent unproven."""
    if version and version not in versions():
        return {"wording_version": f"There is no wording {version[:20]}. Use {versions()[-1]}"}
    if version and language and not interpreter_used and not has_words(version, language):
        return {"language": "The words do not exist in this language. Say that an interpreter helped"}
    return {}
