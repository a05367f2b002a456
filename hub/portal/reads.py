"""What a learner may see of their own case, put together from the slices below."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment import reads as assessment
from hub.assessment.domain import AppointmentState
from hub.assessment.reads import AppointmentView
from hub.consent import reads as consents
from hub.core.clock import Clock
from hub.infra.sight import as_the_hub
from hub.learners import reads as learners
from hub.matching import reads as matching
from hub.matching.domain import OfferState
from hub.matching.reads import OfferView
from hub.portal.domain import Facts, Stage, next_step, stage_of
from hub.provision import reads as provision
from hub.provision.reads import EsolClassView
from hub.referrals import reads as referrals
from hub.referrals.reads import ReferralView
from hub.steps import reads as steps
from hub.steps.domain import StepKind
from hub.waitlist import reads as waitlist
from hub.waitlist.domain import EntryState
from hub.waitlist.reads import EntryView, Position

ASSESS = "P02"
_PROMISED = {
    "next_form": {StepKind.REFERRAL_TO_REVIEW},
    "next_meeting_wait": {StepKind.APPOINTMENT_TO_MAKE},
    "next_hold": {StepKind.ON_HOLD_TO_REVIEW, StepKind.ADVISER_TO_SEE},
}


@dataclass(frozen=True, slots=True)
class Here:
    """Where the learner is. `next_key` names the words; `by` the day until which it happens, never past."""

    stage: Stage | None
    next_key: str
    by: date | None
    meeting: AppointmentView | None
    entry: EntryView | None
    position: Position | None
    offer: OfferView | None
    esol_class: EsolClassView | None


def here(session: Session, learner_id: UUID, clock: Clock) -> Here:
    """All the learner's page shows, of every case that is the learner's."""
    open_cases = [one for one in _cases(session, learner_id) if one.is_open]
    entry = _newest_active(waitlist.entries_of(session, [learner_id]).get(learner_id, []))
    offers = matching.offers_of(session, [learner_id]).get(learner_id, [])
    offer = next((one for one in offers if one.state is OfferState.WITH_LEARNER), None)
    confirmed = next((one for one in offers if one.state is OfferState.CONFIRMED), None)
    meeting = _meeting(session, open_cases)
    placed = any(one.state == "placed" for one in open_cases)
    facts = Facts(
        referral_states=[one.state.value for one in open_cases],
        on_hold=any(one.hold_reason for one in open_cases),
        has_active_entry=entry is not None,
        check_in_due=entry is not None and entry.state is EntryState.CHECK_IN_DUE,
        has_offer=offer is not None,
        has_class=placed,
        has_meeting=meeting is not None,
        is_stopped=_is_stopped(session, learner_id, to_assess=entry is None),
    )
    key = next_step(facts)
    return Here(
        stage=stage_of(facts),
        next_key=key,
        by=offer.answer_by if offer else _by(session, learner_id, key, clock.today()),
        meeting=meeting,
        entry=entry,
        position=_position(session, entry.id) if entry and key == "next_list" else None,
        offer=offer,
        esol_class=_class(session, offer or (confirmed if placed else None)),
    )


def _position(session: Session, entry_id: UUID) -> Position | None:
    with as_the_hub(session):  # a number: how many stand before
        return waitlist.position(session, entry_id)


def offer_to_show(session: Session, learner_id: UUID, wanted: UUID | None) -> OfferView | None:
    """The offer the learner may answer, else the one the link was made for, if it is the learner's own."""
    offers = matching.offers_of(session, [learner_id]).get(learner_id, [])
    to_answer = [one for one in offers if one.state is OfferState.WITH_LEARNER]
    named = [one for one in offers if one.id == wanted]
    return next(iter([*to_answer, *named]), None)


def class_of(session: Session, offer: OfferView) -> EsolClassView:
    """The class an offer is of."""
    return provision.esol_class(session, offer.class_id)


def _cases(session: Session, learner_id: UUID) -> list[ReferralView]:
    return referrals.referrals_of(session, [learner_id]).get(learner_id, [])


def _newest_active(entries: Iterable[EntryView]) -> EntryView | None:
    return next((one for one in entries if one.is_active), None)


def _meeting(session: Session, cases: Iterable[ReferralView]) -> AppointmentView | None:
    """The appointment that is booked now."""
    found = assessment.appointments_of(session, [one.id for one in cases])
    booked = [one for each in found.values() for one in each if one.state is AppointmentState.BOOKED]
    return booked[0] if booked else None


def _is_stopped(session: Session, learner_id: UUID, *, to_assess: bool) -> bool:
    stops = consents.stops_of(session, learner_id)
    return any(one.is_whole or (to_assess and ASSESS in one.purposes) for one in stops)


def _class(session: Session, offer: OfferView | None) -> EsolClassView | None:
    return class_of(session, offer) if offer else None


def _by(session: Session, learner_id: UUID, key: str, today: date) -> date | None:
    """The due date of the step that holds the next thing up; nothing is promised once it is late."""
    kinds = _PROMISED.get(key, set())
    if not kinds:
        return None
    held = steps.learner_steps(session, learners.same_person_ids(session, learner_id), today)
    return min((one.due_on for one in held if one.kind in kinds and one.due_on >= today), default=None)
