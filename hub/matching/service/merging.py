"""What a merge and an unmerge of learners do to their offers and enrolments."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict
from hub.core.permissions import Actor
from hub.infra.columns import reseal
from hub.infra.db import record
from hub.learners import service as people
from hub.learners.domain import Happening, HappeningMoved, LearnersMerged, LearnersUnmerged, SplitKind
from hub.matching import queries
from hub.matching.domain.enrolments import TAKES_PLACE
from hub.matching.domain.events import OfferRestored
from hub.matching.domain.offers import LIVE, OfferState
from hub.matching.models import Enrolment, Offer
from hub.matching.service.states import Change, Ending, end_offer, keep_offer_step, offer_line
from hub.provision import service as provision
from hub.steps import service as steps
from hub.waitlist import reads as waitlists
from hub.waitlist import service as waitlist
from hub.waitlist.domain import EntryState

DUPLICATE, UNMERGED, SPLIT = "duplicate", "unmerged", "split"

# Of two live offers for one strand the one that got further stays.
_FURTHEST = (
    OfferState.WITH_LEARNER,
    OfferState.HUB_DECIDES,
    OfferState.DECLINE_REVIEW,
    OfferState.WITH_PROVIDER,
)


def merge_offers(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """Offers and enrolments go with their source records. Where both people have a live offer for the same
    strand, the one that got further stays; the other is withdrawn, remembers what it was, and its entry waits."""
    moving = [one for one in queries.offers_of_records(session, event.source_record_ids) if one.state in LIVE]
    staying = queries.live_where(session, Offer.learner_id == event.kept_id)
    for offer in moving:
        twin = next((one for one in staying if one.strand is offer.strand and one.id != offer.id), None)
        if twin is not None and twin.state in LIVE:
            keep, drop = sorted((offer, twin), key=_standing)
            drop.state_before_merge, drop.duplicate_of_id = drop.state, keep.id
            end_offer(session, drop, Ending(OfferState.WITHDRAWN, DUPLICATE), actor, clock)
    _move(session, event.source_record_ids, event.kept_id)


def unmerge_offers(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """They go back with their source records. An offer that the merge withdrew is live again where its place is
    still free and its time not over; else its entry waits with the old date."""
    _move(session, event.source_record_ids, event.restored_id)
    both = (event.kept_id, event.restored_id)
    for offer in queries.duplicates_between(session, both):
        _restore(session, offer, actor, clock)
    people.ask_whose(session, event, _since(session, both, event), clock)


def _restore(session: Session, offer: Offer, actor: Actor, clock: Clock) -> None:
    before = offer.state_before_merge
    if before is None or not _can_live_again(session, offer, clock):
        return
    try:
        provision.hold_place(session, offer.esol_class_id, clock)
    except Conflict:  # another learner has the place by now
        return
    waitlist.mark_offered(session, offer.entry_id, actor, clock)
    said = [line.note for line in queries.offer_history(session, [offer.id]) if line.to_state is before]
    session.add(offer_line(offer, offer.state, Change(before, UNMERGED), actor, clock))
    offer.state, offer.changed_at, offer.note = before, clock.now(), said[-1] if said else None
    offer.state_before_merge = offer.duplicate_of_id = None
    session.flush()
    keep_offer_step(session, offer, clock)
    if before is OfferState.WITH_LEARNER:
        record(session, OfferRestored(offer.id, offer.learner_id, offer.esol_class_id))


def _can_live_again(session: Session, offer: Offer, clock: Clock) -> bool:
    """Nothing else is live in the strand, its entry waits, the class has not begun and nobody's time is over."""
    entry = waitlists.entry(session, offer.entry_id)
    live = queries.live_where(session, Offer.learner_id == offer.learner_id, Offer.strand == offer.strand)
    last_day = min(day for day in (offer.starts_on, offer.answer_by) if day is not None)
    return (
        not live
        and entry is not None
        and entry.state is EntryState.WAITING
        and entry.learner_id == offer.learner_id
        and last_day >= clock.today()
    )


def _since(session: Session, both: Collection[UUID], event: LearnersUnmerged) -> list[Happening]:
    """Offers made and places taken while the two were one; a place goes with its offer if that is as new."""
    offers = [one for one in queries.offers_of(session, both) if one.made_at > event.merged_at]
    new = {one.id for one in offers}
    found = [Happening(SplitKind.OFFER, one.id, one.made_at, one.learner_id) for one in offers]
    return found + [
        Happening(SplitKind.ENROLMENT, one.id, one.created_at, one.learner_id)
        for one in queries.enrolments_of(session, both)
        if one.created_at > event.merged_at and one.offer_id not in new
    ]


def move_happening(session: Session, event: HappeningMoved, actor: Actor, clock: Clock) -> None:
    """Give an offer, with the place it led to, to the other of two who were one record.

    The entry it was made for is in line again; the other's entry of the strand stands for it from now on.
    Raises Conflict `no_entry` for a live offer to somebody who does not wait for it.
    """
    if event.kind is SplitKind.OFFER:
        offer = queries.locked_offer(session, event.row_id)
    elif event.kind is SplitKind.ENROLMENT:
        offer = queries.locked_offer(session, session.get_one(Enrolment, event.row_id).offer_id)
    else:
        return
    place = queries.enrolments_of_offers(session, [offer.id]).get(offer.id)
    enrolment = session.get_one(Enrolment, place) if place else None
    _swap_entries(session, offer, enrolment, event, actor, clock)
    rows: list[Offer | Enrolment] = [offer, *([enrolment] if enrolment else [])]
    for row in rows:
        reseal(row, event.subject_id)
        row.learner_id, row.source_record_id = event.learner_id, event.source_record_id
    steps.move_learner(session, [row.id for row in rows], event.learner_id)
    session.flush()


def _swap_entries(  # noqa: PLR0913, PLR0917 - the offer, its place, to whom, by whom, when
    session: Session,
    offer: Offer,
    enrolment: Enrolment | None,
    event: HappeningMoved,
    actor: Actor,
    clock: Clock,
) -> None:
    """The learner who loses the offer waits again with the date kept; the one who gets it has an entry for it."""
    has_place = enrolment is not None and enrolment.state in TAKES_PLACE
    if offer.state not in LIVE and not has_place:
        return
    waiting = [
        one
        for one in waitlists.entries_of(session, [event.learner_id]).get(event.learner_id, [])
        if one.strand is offer.strand and one.state is EntryState.WAITING
    ]
    if not waiting and offer.state in LIVE:
        raise Conflict(
            "That learner does not wait for such a class. Put them on the list first.", code="no_entry"
        )
    if has_place:
        waitlist.rejoin(session, offer.entry_id, actor, clock)
    else:
        waitlist.return_to_waiting(session, offer.entry_id, SPLIT, actor, clock)
    for entry in waiting:
        waitlist.mark_offered(session, entry.id, actor, clock)
        offer.entry_id = entry.id
        if enrolment is not None and has_place:
            waitlist.fulfil(session, entry.id, actor, clock)
            enrolment.entry_id = entry.id


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
