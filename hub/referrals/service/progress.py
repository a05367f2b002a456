"""How a case goes on: accepted, assessed, on the list, placed, finished; and on hold meanwhile."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict
from hub.core.permissions import Actor
from hub.infra.db import record
from hub.referrals import queries
from hub.referrals.domain import (
    Ending,
    HoldTerms,
    Move,
    Outcome,
    ReferralClosed,
    ReferralState,
    is_open,
    require_hold,
)
from hub.referrals.models import Referral
from hub.referrals.service.moves import Doing, move

S = ReferralState


def mark_to_assess(session: Session, referral_id: UUID, actor: Actor, clock: Clock) -> Referral:
    """The hub takes the case: the next thing is an appointment. Doing it again changes nothing."""
    return _go(session, referral_id, (Move.ACCEPT, S.TO_ASSESS), actor, clock)


def mark_assessed(session: Session, referral_id: UUID, actor: Actor, clock: Clock) -> Referral:
    """The assessment is complete (or an earlier one counts)."""
    return _go(session, referral_id, (Move.ASSESS, S.ASSESSED), actor, clock)


def mark_waiting(session: Session, referral_id: UUID, actor: Actor, clock: Clock) -> Referral:
    """The learner is on the list; from here the list entry has the open step. A placed case comes back here."""
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    step = Move.UNPLACE if referral.state is S.PLACED else Move.LIST
    return _moved(session, referral, (step, S.WAITING), actor, clock)


def mark_placed(session: Session, referral_id: UUID, actor: Actor, clock: Clock) -> Referral:
    """The learner has said yes to a place; from here the enrolment has the open step."""
    return _go(session, referral_id, (Move.PLACE, S.PLACED), actor, clock)


def mark_achieved(session: Session, referral_id: UUID, actor: Actor, clock: Clock) -> Referral:
    """The learner finished the class: the case ends well."""
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    if referral.outcome is Outcome.ACHIEVED:
        return referral
    move(session, referral, Doing(Move.CLOSE, ending=Ending(Outcome.ACHIEVED)), actor, clock)
    told = ("referrer",)
    record(session, ReferralClosed(referral.id, referral.learner_id, Outcome.ACHIEVED, told))
    return referral


def hold(session: Session, referral_id: UUID, terms: HoldTerms, actor: Actor, clock: Clock) -> Referral:
    """Let an open case rest until a day on which a person looks again."""
    require_hold(terms, clock.today())
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    if not is_open(referral.state):
        raise Conflict("A closed referral cannot be put on hold.", code="not_possible_now")
    if (referral.hold_reason, referral.hold_until) == (terms.reason, terms.until):
        return referral
    referral.hold_reason, referral.hold_until = terms.reason, terms.until
    move(session, referral, Doing(Move.HOLD, reason=terms.reason), actor, clock)
    return referral


def release_hold(session: Session, referral_id: UUID, actor: Actor, clock: Clock) -> Referral:
    """Go on with a case that was on hold; its state's own step opens again."""
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    if referral.hold_reason is not None:
        move(session, referral, Doing(Move.RELEASE), actor, clock)
    return referral


def _go(
    session: Session, referral_id: UUID, going: tuple[Move, ReferralState], actor: Actor, clock: Clock
) -> Referral:
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    return _moved(session, referral, going, actor, clock)


def _moved(
    session: Session, referral: Referral, going: tuple[Move, ReferralState], actor: Actor, clock: Clock
) -> Referral:
    """Make the move, unless the case is there already: then the second click has no effect."""
    if referral.state is not going[1]:
        move(session, referral, Doing(going[0]), actor, clock)
    return referral
