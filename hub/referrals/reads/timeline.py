"""What happened to a referral, in the words its referrer may read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from hub.policy import reads as policy
from hub.referrals import queries
from hub.referrals.domain import Move, Outcome, ReferralState
from hub.referrals.models import ReferralHistory
from hub.referrals.reads.views import MyReferral

_SHOWN = {
    Move.SUBMIT: ("Referral sent", "You"),
    Move.ASK: ("The hub asked for information", "The hub"),
    Move.ANSWER: ("Information given", "You"),
    Move.REOPEN: ("Opened again", "The hub"),
    Move.RELAY: ("Withdrawn", "You"),
    Move.HAND_OVER: ("Handed over to a colleague", "Your organisation"),
}


@dataclass(frozen=True, slots=True)
class PublicEvent:
    title: str
    at: datetime
    who: str


def public_timeline(session: Session, mine: MyReferral) -> list[PublicEvent]:
    """The referral's own history, newest first; where it was joined with another one, that looks like a case
    being arranged, and later steps are left to the label."""
    rows = queries.history_of(session, [mine.view.id])
    shown = [one for row in rows if (one := _public(session, row)) is not None]
    return shown[::-1]


def _public(session: Session, row: ReferralHistory) -> PublicEvent | None:
    if row.move in _SHOWN:
        title, who = _SHOWN[row.move]
        return PublicEvent(title, row.at, who)
    if row.outcome is Outcome.DUPLICATE:
        return PublicEvent(_label(session, ReferralState.TO_ASSESS), row.at, "The hub")
    if row.move in {Move.HOLD, Move.RELEASE}:
        return None
    return PublicEvent(_label(session, ReferralState(row.to_state)), row.at, "The hub")


def _label(session: Session, state: ReferralState) -> str:
    return policy.label(session, "referral", state.value, "referrer").text
