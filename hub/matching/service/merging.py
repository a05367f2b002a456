"""What a merge and an unmerge of learners do to their offers and enrolments."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.learners.domain import LearnersMerged, LearnersUnmerged
from hub.matching import queries
from hub.matching.domain.offers import LIVE, OfferState
from hub.matching.models import Enrolment, Offer
from hub.matching.service.states import Ending, end_offer
from hub.steps import service as steps

# Of two live offers for one strand the one that got further stays.
_FURTHEST = (
    OfferState.WITH_LEARNER,
    OfferState.HUB_DECIDES,
    OfferState.DECLINE_REVIEW,
    OfferState.WITH_PROVIDER,
)


def merge_offers(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """Offers and enrolments go with their source records. Where both people have a live offer for the same
    strand, the one that got further stays; the other is withdrawn, and its entry waits again."""
    moving = [one for one in queries.offers_of_records(session, event.source_record_ids) if one.state in LIVE]
    staying = queries.live_where(session, Offer.learner_id == event.kept_id)
    for offer in moving:
        twin = next((one for one in staying if one.strand is offer.strand and one.id != offer.id), None)
        if twin is not None and twin.state in LIVE:
            drop = max(offer, twin, key=_standing)
            end_offer(session, drop, Ending(OfferState.WITHDRAWN, "duplicate"), actor, clock)
    _move(session, event.source_record_ids, event.kept_id)


def unmerge_offers(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """They go back with their source records. An offer withdrawn by the merge does not come back: its place
    may be another learner's by now, and its entry waits with the old date."""
    _move(session, event.source_record_ids, event.restored_id)


def _standing(offer: Offer) -> tuple[object, ...]:
    """Smaller stays: further along, then older."""
    return _FURTHEST.index(offer.state), offer.made_at, offer.id


def _move(session: Session, source_record_ids: Collection[UUID], learner_id: UUID) -> None:
    offers = queries.offers_of_records(session, source_record_ids)
    enrolments = queries.enrolments_of_records(session, source_record_ids)
    moving: list[Offer | Enrolment] = [*offers, *enrolments]
    for row in moving:
        row.learner_id = learner_id
    steps.move_learner(session, [row.id for row in moving], learner_id)
    session.flush()
