"""How a case ends, with an outcome and a word to those who must know; and how it is taken up again."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment import reads as assessments
from hub.assessment import service as assessing
from hub.core.clock import Clock
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import Actor, Role
from hub.infra.db import record
from hub.policy import reads as policy
from hub.referrals import queries
from hub.referrals.domain import (
    Ending,
    Move,
    Outcome,
    ReferralClosed,
    ReferralReopened,
    ReferralState,
    is_open,
    require_ending,
)
from hub.referrals.models import Referral
from hub.referrals.service.moves import Doing, is_duplicate, move, open_review
from hub.referrals.service.progress import mark_assessed, mark_to_assess, mark_waiting
from hub.waitlist import service as waitlist
from hub.waitlist.domain import JoinRequest

TOLD: Mapping[Outcome, tuple[str, ...]] = {
    Outcome.ACHIEVED: ("referrer",),
    Outcome.DUPLICATE: (),
    Outcome.NO_INFO: ("learner", "referrer"),
    Outcome.SIGNPOSTED: ("learner", "referrer"),
    Outcome.WITHDRAWN_BY_LEARNER: ("learner", "referrer"),
    Outcome.WITHDRAWN_BY_REFERRER: ("learner",),
    Outcome.CLOSED_BY_HUB: ("learner", "referrer"),
}
"""Who hears of each ending. Nobody hears of a duplicate: for its referrer the case goes on."""


def close(session: Session, referral_id: UUID, ending: Ending, actor: Actor, clock: Clock) -> Referral:
    """Close an open case by hand. The same ending twice is one ending."""
    require_ending(ending, {one.code: one.note_required for one in policy.reasons(session)})
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    if not is_open(referral.state) and referral.outcome is ending.outcome:
        return referral
    return end(session, referral, ending, actor, clock)


def withdraw(session: Session, referral_id: UUID, ending: Ending, actor: Actor, clock: Clock) -> Referral:
    """The referrer takes the referral back, for themselves or because the learner asked.

    A joined referral behaves exactly like any other to its referrer; the learner's wish is put before the hub.
    """
    if ending.outcome not in {Outcome.WITHDRAWN_BY_LEARNER, Outcome.WITHDRAWN_BY_REFERRER}:
        raise RuleBroken("Say who wants to withdraw.", field="by")
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    if not is_duplicate(referral):
        return close(session, referral_id, ending, actor, clock)
    require_ending(ending, {one.code: one.note_required for one in policy.reasons(session)})
    return _relay(session, referral, ending, actor, clock)


def _relay(session: Session, referral: Referral, ending: Ending, actor: Actor, clock: Clock) -> Referral:
    move(session, referral, Doing(Move.RELAY, ending.reason, ending.note, ending), actor, clock)
    referral.outcome, referral.closing_reason = ending.outcome, ending.reason
    for kept in queries.referrals_by_id(
        session, [referral.duplicate_of_id] if referral.duplicate_of_id else []
    ):
        if is_open(kept.state):
            open_review(session, kept, clock)
    return referral


def end(session: Session, referral: Referral, ending: Ending, actor: Actor, clock: Clock) -> Referral:
    """Close the case; what hangs on it (list entry, offer, appointment) goes with it in this transaction."""
    doing = Doing(Move.CLOSE, ending.reason, ending.note, ending)
    move(session, referral, doing, actor, clock)
    question = queries.open_request(session, referral.id)
    if question is not None:
        question.ended_at = clock.now()
    session.flush()
    told = TOLD[ending.outcome]
    record(session, ReferralClosed(referral.id, referral.learner_id, ending.outcome, told))
    return referral


def reopen(session: Session, referral_id: UUID, note: str, actor: Actor, clock: Clock) -> Referral:
    """Take a closed case up again where it was; refused while the learner has a newer open referral.

    One that was closed while information was asked comes back as submitted: the question has ended with it.
    """
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    if is_open(referral.state):
        return referral
    for other in queries.open_referrals_of(session, referral.learner_id):
        if other.submitted_at > referral.submitted_at:
            raise Conflict(
                f"The learner has a newer open referral: {other.reference}.", code="newer_referral_open"
            )
    move(session, referral, Doing(Move.REOPEN, note=note), actor, clock)
    if referral.state is ReferralState.INFO_REQUESTED:  # its question ended with it: nobody would be reminded
        move(session, referral, Doing(Move.ANSWER), actor, clock)
    record(session, ReferralReopened(referral.id, referral.learner_id))
    return referral


def use_earlier_assessment(session: Session, referral_id: UUID, actor: Actor, clock: Clock) -> Referral:
    """A valid earlier result counts: the learner goes on the list without another assessment.

    Raises RuleBroken `no_valid_assessment` when there is none.
    """
    if actor.role not in {Role.HUB_MANAGER, Role.ASSESSOR, Role.WORKER}:
        raise RuleBroken("Only the hub decides about an earlier assessment.")
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    found = assessments.valid_placement(session, referral.learner_id, clock.today())
    if found is None:
        raise RuleBroken("There is no valid earlier assessment.", code="no_valid_assessment")
    mark_to_assess(session, referral_id, actor, clock)
    mark_assessed(session, referral_id, actor, clock)
    session.flush()
    assessing.cancel_for_case(session, referral_id, actor, clock)
    request = JoinRequest(
        learner_id=referral.learner_id,
        source_record_id=found.source_record_id,
        subject_id=found.subject_id,
        strand=found.strand,
        level=found.level,
        skills=found.skills,
        also=found.also,
        case_id=referral.id,
        assessment_id=found.assessment_id,
    )
    waitlist.join(session, request, actor, clock)
    return mark_waiting(session, referral_id, actor, clock)
