"""What providers, learners and the hub do with an offer. Each verb locks the offer, then the class, then the
entry, so that two who act at once never wait for each other in a circle."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.consent import service as consent_service
from hub.consent.domain import CURRENT_VERSION, NewConsent
from hub.core.clock import LONDON, Clock
from hub.core.errors import Conflict, NotFound
from hub.core.permissions import Actor, Role
from hub.infra.db import record
from hub.learners import reads as learners
from hub.matching import queries
from hub.matching.domain.enrolments import EnrolmentState
from hub.matching.domain.events import OfferConfirmed, OfferReadyForLearner
from hub.matching.domain.offers import (
    LAST_HOUR_TO_ANSWER,
    LIVE,
    STOP_HOLD,
    DeclineDecision,
    LearnerAnswer,
    OfferState,
    Refusal,
    SilenceDecision,
    Withdrawal,
    require_transition,
)
from hub.matching.models import Enrolment, Offer
from hub.matching.reads.enrolments import SHARE
from hub.matching.service.states import (
    Change,
    Ending,
    EnrolmentChange,
    change,
    end_offer,
    keep_enrolment_step,
    write_enrolment_history,
)
from hub.policy import reads as policy
from hub.provision import reads as provision_reads
from hub.provision import service as provision
from hub.steps import service as steps
from hub.waitlist import service as waitlist

SILENCE = "no_response"
BATCH = 500
_S = OfferState


# ---------------------------------------------------------------- provider


def accept_as_provider(session: Session, offer_id: UUID, actor: Actor, clock: Clock) -> Offer:
    """The provider takes the learner: the learner is asked now, and has until 18:00 of the last day.

    Accepting twice is accepting once. Raises NotFound for another provider's offer, Conflict `offer_state`.
    """
    offer = queries.offer_to_answer(session, offer_id, actor)
    if offer.state is _S.WITH_LEARNER and offer.provider_answered_at is not None:
        return offer
    _require(offer, {_S.WITH_PROVIDER}, _S.WITH_LEARNER)
    offer.provider_answered_at = clock.now()
    _ask_learner(session, offer, Change(_S.WITH_LEARNER), actor, clock)
    return offer


def decline_as_provider(
    session: Session, offer_id: UUID, refusal: Refusal, actor: Actor, clock: Clock
) -> Offer:
    """The provider says no, with a reason of its own; the hub looks at it before it counts.

    Raises RuleBroken beside `reason` or `note`, NotFound, Conflict `offer_state`.
    """
    policy.check_reason(session, refusal.reason, refusal.note, "provider")
    offer = queries.offer_to_answer(session, offer_id, actor)
    if offer.state is _S.DECLINE_REVIEW and offer.provider_reason == refusal.reason:
        return offer
    _require(offer, {_S.WITH_PROVIDER}, _S.DECLINE_REVIEW)
    offer.provider_answered_at, offer.provider_reason = clock.now(), refusal.reason
    change(session, offer, Change(_S.DECLINE_REVIEW, refusal.reason, refusal.note), actor, clock)
    return offer


def _ask_learner(session: Session, offer: Offer, wanted: Change, actor: Actor, clock: Clock) -> None:
    offer.answer_by = steps.due(session, "learner_offer_days", clock)
    change(session, offer, wanted, actor, clock)
    record(session, OfferReadyForLearner(offer.id, offer.learner_id, offer.esol_class_id))


def _require(offer: Offer, states: Collection[OfferState], to: OfferState) -> None:
    """Conflict unless the offer is in one of these states; the words say where it is now."""
    require_transition(offer.state, to)
    if offer.state not in states:
        raise Conflict("This offer has moved on. Look at it again.", code="offer_state")


# ---------------------------------------------------------------- hub


def decide_decline(
    session: Session, offer_id: UUID, decision: DeclineDecision, actor: Actor, clock: Clock
) -> Offer:
    """The hub upholds a provider's no (the learner is in line again), or asks the provider anew."""
    offer = queries.offer_to_answer(session, offer_id, _hub(actor))
    if decision.uphold:
        _require(offer, {_S.DECLINE_REVIEW}, _S.DECLINED_BY_PROVIDER)
        code = offer.provider_reason or "other"
        gone = not policy.reason(session, code, "provider").frees_place
        ending = Ending(_S.DECLINED_BY_PROVIDER, "declined_by_provider", decision.note, code, gone)
        end_offer(session, offer, ending, actor, clock)
        return offer
    _require(offer, {_S.DECLINE_REVIEW}, _S.WITH_PROVIDER)
    offer.provider_answered_at = offer.provider_reason = None
    offer.provider_due_on = steps.due(session, "provider_reply_target", clock)
    offer.provider_ceiling_on = _ceiling(session, clock)
    change(session, offer, Change(_S.WITH_PROVIDER, note=decision.note), actor, clock)
    return offer


def decide_silence(
    session: Session, offer_id: UUID, decision: SilenceDecision, actor: Actor, clock: Clock
) -> Offer:
    """The hub accepts for a silent provider, or takes the vacancy away; the learner keeps their date."""
    offer = queries.offer_to_answer(session, offer_id, _hub(actor))
    if decision.accept:
        _require(offer, {_S.HUB_DECIDES}, _S.WITH_LEARNER)
        _ask_learner(session, offer, Change(_S.WITH_LEARNER, SILENCE, decision.note), actor, clock)
        return offer
    _require(offer, {_S.HUB_DECIDES}, _S.WITHDRAWN)
    ending = Ending(_S.WITHDRAWN, "vacancy_gone", decision.note, SILENCE, vacancy_gone=True)
    end_offer(session, offer, ending, actor, clock)
    return offer


def withdraw_offer(session: Session, offer_id: UUID, wanted: Withdrawal, actor: Actor, clock: Clock) -> Offer:
    """The hub takes an offer back, with a coded reason. Twice is once. Raises RuleBroken, Conflict, NotFound."""
    policy.check_reason(session, wanted.reason, wanted.note, "hub")
    offer = queries.offer_to_answer(session, offer_id, _hub(actor))
    if offer.state is _S.WITHDRAWN:
        return offer
    ending = Ending(_S.WITHDRAWN, "withdrawn_by_hub", wanted.note, wanted.reason, wanted.vacancy_gone)
    end_offer(session, offer, ending, actor, clock)
    return offer


def release_hold(session: Session, offer_id: UUID, actor: Actor, clock: Clock) -> Offer:
    """A person has spoken to a learner who had texted STOP: the time to answer runs again, from today."""
    offer = queries.offer_to_answer(session, offer_id, _hub(actor))
    if offer.hold_reason is not None and offer.state is _S.WITH_LEARNER:
        offer.hold_reason, offer.answer_by = None, steps.due(session, "learner_offer_days", clock)
        session.flush()
    return offer


def _hub(actor: Actor) -> Actor:
    """NotFound for who does not decide for the hub."""
    if actor.role not in queries.SEES_ALL:
        raise NotFound("There is no such offer.")
    return actor


def _ceiling(session: Session, clock: Clock) -> date | None:
    on = policy.number(session, "provider_reply_ceiling", clock.today())
    return steps.due(session, "provider_reply_ceiling", clock) if on else None


# ---------------------------------------------------------------- learner


def answer_as_learner(
    session: Session, offer_id: UUID, answer: LearnerAnswer, actor: Actor, clock: Clock
) -> Offer:
    """The learner's yes confirms the place; a no gives it back, and the learner keeps their date.

    The same answer twice is one answer. Raises Conflict `offer_state` when it is too late, RuleBroken for a
    reason that is none, NotFound for an offer of somebody else (the holder of a personal link).
    """
    offer = queries.locked_offer(session, offer_id)
    _require_own(session, offer, actor)
    if offer.state is (_S.CONFIRMED if answer.yes else _S.DECLINED_BY_LEARNER):
        return offer
    if answer.yes:
        _require(offer, {_S.WITH_LEARNER}, _S.CONFIRMED)
        _confirm(session, offer, answer, actor, clock)
        return offer
    _require(offer, {_S.WITH_LEARNER}, _S.DECLINED_BY_LEARNER)
    if answer.reason is not None:
        policy.reason(session, answer.reason, "learner")
    offer.answered_at, offer.reason = clock.now(), answer.reason
    ending = Ending(_S.DECLINED_BY_LEARNER, "declined_by_learner", answer.note, answer.reason)
    end_offer(session, offer, ending, actor, clock)
    return offer


def _require_own(session: Session, offer: Offer, actor: Actor) -> None:
    if actor.role is Role.LEARNER:
        now = learners.survivors(session, [one for one in (actor.learner_id, offer.learner_id) if one])
        if actor.learner_id is None or now.get(actor.learner_id) != now.get(offer.learner_id):
            raise NotFound("There is no such offer.")
    elif actor.role not in queries.SEES_ALL:
        raise NotFound("There is no such offer.")


def _confirm(session: Session, offer: Offer, answer: LearnerAnswer, actor: Actor, clock: Clock) -> None:
    """Enrolment expected, place taken, entry fulfilled, permission recorded, other offers superseded."""
    offer.answered_at = clock.now()
    change(session, offer, Change(_S.CONFIRMED), actor, clock)
    provision.take_held_place(session, offer.esol_class_id, clock)
    waitlist.fulfil(session, offer.entry_id, actor, clock)
    _enrol(session, offer, actor, clock)
    _permit_passing_on(session, offer, answer, actor, clock)
    same = (Offer.learner_id == offer.learner_id, Offer.strand == offer.strand, Offer.id != offer.id)
    for other in queries.live_where(session, *same):
        end_offer(session, other, Ending(_S.SUPERSEDED, "placed_elsewhere"), actor, clock)
    record(session, OfferConfirmed(offer.id, offer.learner_id, offer.esol_class_id))


def _enrol(session: Session, offer: Offer, actor: Actor, clock: Clock) -> Enrolment:
    view = provision_reads.esol_class(session, offer.esol_class_id)
    row = Enrolment(
        subject_id=offer.subject_id,
        offer_id=offer.id,
        entry_id=offer.entry_id,
        learner_id=offer.learner_id,
        source_record_id=offer.source_record_id,
        case_id=offer.case_id,
        esol_class_id=offer.esol_class_id,
        organisation_id=offer.organisation_id,
        strand=offer.strand,
        level=offer.level,
        state=EnrolmentState.EXPECTED,
        expected_on=offer.starts_on,
        course_ends_on=view.end_on,
        created_at=clock.now(),
        changed_at=clock.now(),
    )
    session.add(row)
    write_enrolment_history(session, row, None, EnrolmentChange(EnrolmentState.EXPECTED), actor, clock)
    keep_enrolment_step(session, row, clock)
    session.flush()
    return row


def _permit_passing_on(
    session: Session, offer: Offer, answer: LearnerAnswer, actor: Actor, clock: Clock
) -> None:
    """A yes is also the permission to give this class's provider name and phone, where it was not there."""
    if consents.may(session, offer.learner_id, SHARE, clock.today()):
        return
    known = {language.code for language in consents.languages()}
    language = answer.language if answer.language in known else "en"
    given = NewConsent(
        given_on=clock.today(),
        channel=answer.channel,
        language=language,
        wording_version=CURRENT_VERSION,
        purposes=frozenset({SHARE}),
        interpreter_used=answer.interpreter_used,
    )
    consent_service.grant(session, offer.learner_id, given, actor, clock)


# ---------------------------------------------------------------- time


def provider_silence(session: Session, actor: Actor, clock: Clock) -> int:
    """Offers whose provider let the ceiling pass go to the hub; the provider is flagged. How many."""
    found = queries.silent(session, clock.today(), BATCH)
    for offer in found:
        offer.provider_silent = True
        change(session, offer, Change(_S.HUB_DECIDES, SILENCE), actor, clock)
    return len(found)


def lapse_due(session: Session, clock: Clock, actor: Actor) -> int:
    """Offers not answered by 18:00 of their last day lapse; the learner keeps their date. How many.

    Never while a STOP stands: that is no silence.
    """
    london = clock.now().astimezone(LONDON)
    over = london.date() if london.hour >= LAST_HOUR_TO_ANSWER else london.date() - timedelta(days=1)
    found = queries.unanswered(session, over, BATCH)
    for offer in found:
        end_offer(session, offer, Ending(_S.LAPSED, "lapsed"), actor, clock)
    return len(found)


def hold_for_stop(session: Session, learner_id: UUID, clock: Clock) -> None:
    """A STOP: the learner's open offers do not lapse until a person has asked what they want."""
    ids = learners.same_person_ids(session, learner_id)
    for offer in queries.live_where(session, Offer.learner_id.in_(ids)):
        offer.hold_reason = STOP_HOLD
    session.flush()


def withdraw_for(session: Session, why: str, actor: Actor, clock: Clock, *conditions: object) -> int:
    """Withdraw every live offer that meets the conditions; how many."""
    found = queries.live_where(session, *conditions)
    for offer in found:
        if offer.state in LIVE:
            end_offer(session, offer, Ending(_S.WITHDRAWN, why), actor, clock)
    return len(found)
