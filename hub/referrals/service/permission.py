"""Asking a referred learner for permission by link, where nobody has asked them yet."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.consent import service as asking
from hub.consent.domain import Channel
from hub.core.clock import Clock
from hub.core.errors import Conflict
from hub.core.permissions import Actor
from hub.referrals import queries
from hub.referrals.domain import is_open


def ask_permission(session: Session, referral_id: UUID, by: Channel, actor: Actor, clock: Clock) -> UUID:
    """Ask the learner of an own referral; the asking's id, the same while it is open. What they answer counts for
    every partner, and is not told to who asked.

    Raises NotFound for another's referral, Conflict for one that is closed or whose learner has answered.
    """
    row = queries.referral_of(session, referral_id, actor)
    if not is_open(row.state):
        raise Conflict("This referral is closed.", code="not_possible_now")
    if consents.own_asking(session, row.learner_id, row.source_record_id)[1]:
        raise Conflict("The learner has answered already.", code="already_answered")
    new = asking.NewRequest(by, source_record_id=row.source_record_id)
    return asking.ask_by_link(session, row.learner_id, new, actor, clock)
