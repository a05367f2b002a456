"""What matching tells the rest of the hub. Identifiers and codes only."""

from dataclasses import dataclass
from uuid import UUID

from hub.core.events import Event


@dataclass(frozen=True)
class OfferEvent(Event):
    """Something happened to an offer of a place."""

    offer_id: UUID
    learner_id: UUID
    class_id: UUID


@dataclass(frozen=True)
class OfferMade(OfferEvent):
    """A place is held and the provider is asked."""


@dataclass(frozen=True)
class OfferReadyForLearner(OfferEvent):
    """The place is theirs if they say yes; the open step `offer_learner` has the last day."""


@dataclass(frozen=True)
class OfferRestored(OfferEvent):
    """An offer that a merge had withdrawn is with the learner again, as it was."""


@dataclass(frozen=True)
class OfferConfirmed(OfferEvent):
    """The learner said yes: an enrolment is expected, the provider may see who comes."""


@dataclass(frozen=True)
class OfferReturned(OfferEvent):
    """Provider or learner said no, or the learner said nothing: in line again with the date kept.

    `why`: declined_by_provider, declined_by_learner or lapsed.
    """

    entry_id: UUID
    why: str


@dataclass(frozen=True)
class OfferWithdrawn(OfferEvent):
    """The place was taken back: `why` is class_cancelled, case_closed, round_undone, vacancy_gone and so on.

    Exactly one of OfferReturned and OfferWithdrawn follows an offer that came to nothing.
    """

    entry_id: UUID
    why: str


@dataclass(frozen=True)
class EnrolmentEvent(Event):
    """Something happened to a learner's place in a class."""

    enrolment_id: UUID
    learner_id: UUID
    class_id: UUID


@dataclass(frozen=True)
class EnrolmentStarted(EnrolmentEvent):
    """The learner came."""


@dataclass(frozen=True)
class EnrolmentEnded(EnrolmentEvent):
    """The enrolment is over: completed, left_early, transferred or returned_to_list.

    `next_level` is the level a completed course leads to without a new initial assessment; None where it did
    not end with an achievement, or after the highest level. `waits_again`: an entry on the list goes on.
    """

    outcome: str
    level: str
    next_level: str | None = None
    waits_again: bool = False


@dataclass(frozen=True)
class RoundReleased(Event):
    """A person released lines of a round."""

    round_id: UUID
