"""An assessor's time, cut into slots that learners can be booked into."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.assessment import queries
from hub.assessment.domain import SlotRun, require_runnable
from hub.assessment.models import AssessorSlot
from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, NotPermitted, RuleBroken
from hub.core.permissions import HUB_ROLES, Actor, Role


def offer_slots(session: Session, run: SlotRun, actor: Actor, clock: Clock) -> list[AssessorSlot]:
    """Cut a stretch of one day into slots.

    What overlaps a slot that is there already is left out; an assessor adds her own, a hub manager anybody's.
    Raises Conflict when nothing new comes of it.
    """
    _require_may_change(actor, run.assessor_id)
    require_runnable(run, clock.today())
    _require_assessor(session, run.assessor_id)
    queries.lock(session, f"diary/{run.assessor_id}")
    wanted = [(start, end) for start, end in run.cut() if start > clock.now()]
    if not wanted:
        raise RuleBroken("All these times are in the past.", code="slot_past", field="start")
    taken = queries.slots_between(session, wanted[0][0], wanted[-1][1], run.assessor_id)
    made = [
        AssessorSlot(
            assessor_id=run.assessor_id, starts_at=start, ends_at=end, mode=run.mode, place=run.place.strip(),
            withdrawn_at=None,
        )
        for start, end in wanted
        if not any(start < other.ends_at and other.starts_at < end for other in taken)
    ]  # fmt: skip
    if not made:
        raise Conflict("The diary already has appointments at these times.", code="slots_overlap")
    session.add_all(made)
    session.flush()
    return made


def withdraw_slot(session: Session, slot_id: UUID, actor: Actor, clock: Clock) -> None:
    """Take a free slot out of the diary; a slot somebody is booked into must be moved or cancelled first."""
    slot = queries.slot_for_update(session, slot_id)
    if slot is None:
        raise NotFound
    _require_may_change(actor, slot.assessor_id)
    if queries.is_held(session, slot_id):
        raise Conflict("Somebody is booked at this time. Move the appointment first.", code="slot_taken")
    slot.withdrawn_at = clock.now()
    session.flush()


def _require_may_change(actor: Actor, assessor_id: UUID) -> None:
    if actor.role is Role.ASSESSOR and actor.id != assessor_id:
        raise NotPermitted("You can change your own diary only.")


def _require_assessor(session: Session, assessor_id: UUID) -> None:
    """The diary must belong to a person of the hub."""
    hub = accounts.hub_organisation(session)
    known = {user.id for user in accounts.users_of(session, hub.id) if user.role in HUB_ROLES}
    if assessor_id not in known:
        raise RuleBroken("Choose an assessor of the hub.", code="assessor_unknown", field="assessor_id")
