"""Matching as rules: the engine of a round, and the states of rounds, offers and enrolments.

The engine's public face: `snapshot.parse_snapshot`, `snapshot.dump_snapshot`, `allocation.allocate`,
`allocation.next_pressures`, `result.result_to_dict`, `result.result_from_dict`, `explain.Explainer`,
`verify.verify`. It is not imported here, and what is needs nothing beside Python itself: so does a verifier.
"""

from hub.matching.domain.enrolments import (
    Attendance,
    Completion,
    EnrolmentState,
    Leaving,
    Start,
    next_level,
)
from hub.matching.domain.events import (
    EnrolmentEnded,
    EnrolmentStarted,
    OfferConfirmed,
    OfferMade,
    OfferReadyForLearner,
    OfferRestored,
    OfferReturned,
    OfferWithdrawn,
    RoundReleased,
)
from hub.matching.domain.offers import (
    LIVE,
    TO_DECIDE,
    DeclineDecision,
    LearnerAnswer,
    OfferState,
    Refusal,
    SilenceDecision,
    Withdrawal,
)
from hub.matching.domain.rounds import (
    LineState,
    NewRound,
    RefusedLine,
    Released,
    RoundKind,
    RoundPolicy,
    RoundState,
    Stale,
)

__all__ = [
    "LIVE",
    "TO_DECIDE",
    "Attendance",
    "Completion",
    "DeclineDecision",
    "EnrolmentEnded",
    "EnrolmentStarted",
    "EnrolmentState",
    "LearnerAnswer",
    "Leaving",
    "LineState",
    "NewRound",
    "OfferConfirmed",
    "OfferMade",
    "OfferReadyForLearner",
    "OfferRestored",
    "OfferReturned",
    "OfferState",
    "OfferWithdrawn",
    "Refusal",
    "RefusedLine",
    "Released",
    "RoundKind",
    "RoundPolicy",
    "RoundReleased",
    "RoundState",
    "SilenceDecision",
    "Stale",
    "Start",
    "Withdrawal",
    "next_level",
]
