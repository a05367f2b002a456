"""An offer of a place: states, the one transition table, what commands carry. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.core.errors import Conflict


class OfferState(StrEnum):
    """Where an offer stands. A place is held in every live state."""

    WITH_PROVIDER = "with_provider"
    DECLINE_REVIEW = "decline_review"
    HUB_DECIDES = "hub_decides"
    WITH_LEARNER = "with_learner"
    CONFIRMED = "confirmed"
    DECLINED_BY_PROVIDER = "declined_by_provider"
    DECLINED_BY_LEARNER = "declined_by_learner"
    LAPSED = "lapsed"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


_S = OfferState
LIVE = frozenset({_S.WITH_PROVIDER, _S.DECLINE_REVIEW, _S.HUB_DECIDES, _S.WITH_LEARNER})
TO_DECIDE = frozenset({_S.DECLINE_REVIEW, _S.HUB_DECIDES})
_ALWAYS = frozenset({_S.SUPERSEDED, _S.WITHDRAWN})
TRANSITIONS: Mapping[OfferState, frozenset[OfferState]] = {
    _S.WITH_PROVIDER: _ALWAYS | {_S.WITH_LEARNER, _S.DECLINE_REVIEW, _S.HUB_DECIDES},
    _S.DECLINE_REVIEW: _ALWAYS | {_S.DECLINED_BY_PROVIDER, _S.WITH_PROVIDER},
    _S.HUB_DECIDES: _ALWAYS | {_S.WITH_LEARNER},
    _S.WITH_LEARNER: _ALWAYS | {_S.CONFIRMED, _S.DECLINED_BY_LEARNER, _S.LAPSED},
}

LAST_HOUR_TO_ANSWER = 18
"""London time of the last day on which a learner may answer."""

STOP_HOLD = "stop"
"""Why an offer does not lapse by itself: the learner texted STOP, which is never silence."""

_NOW = {
    _S.WITH_PROVIDER: "with the provider",
    _S.DECLINE_REVIEW: "declined by the provider, and the hub is looking at it",
    _S.HUB_DECIDES: "with the hub, which decides for the provider",
    _S.WITH_LEARNER: "with the learner",
    _S.CONFIRMED: "confirmed",
    _S.DECLINED_BY_PROVIDER: "declined by the provider",
    _S.DECLINED_BY_LEARNER: "declined by the learner",
    _S.LAPSED: "over: the time to answer has passed",
    _S.SUPERSEDED: "over: the learner has another class",
    _S.WITHDRAWN: "withdrawn",
}


def require_transition(before: OfferState, after: OfferState) -> None:
    """Raise Conflict `offer_state` when an offer in `before` cannot become `after`: somebody acted first."""
    if after not in TRANSITIONS.get(before, frozenset()):
        raise Conflict(f"This offer is now {_NOW[before]}.", code="offer_state")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A provider says no, with a coded reason."""

    reason: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class DeclineDecision:
    """What the hub makes of a provider's no: it stands, or the offer goes back to the provider."""

    uphold: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class SilenceDecision:
    """What the hub does about a silent provider: accept in its place, or take the vacancy away."""

    accept: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class LearnerAnswer:
    """Yes, or no with a reason where one was given.

    `channel`, `language`, `interpreter_used`: how the learner was asked, for the record of the permission to
    pass name and phone that a yes gives.
    """

    yes: bool
    reason: str | None = None
    note: str = ""
    channel: str = "sms_link"
    language: str = "en"
    interpreter_used: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A place is taken back. `vacancy_gone`: it was no real place, so it is not free again."""

    reason: str
    note: str = ""
    vacancy_gone: bool = False
