"""Entries in the queue: offered, returned, fulfilled, paused, removed. The queue date never changes here."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.db import record
from hub.policy import reads as policy
from hub.steps import service as steps
from hub.waitlist import queries
from hub.waitlist.domain import (
    ACTIVE,
    NO_LONGER_INTERESTED,
    EntryPaused,
    EntryRemoved,
    EntryResumed,
    EntryState,
    Pause,
    Removal,
    require_pause,
)
from hub.waitlist.models import WaitlistEntry
from hub.waitlist.service.joining import locked
from hub.waitlist.service.states import Change, change, next_check_in, write_history

_OUTCOME_REASONS = {
    "withdrawn_by_learner": NO_LONGER_INTERESTED,
    "withdrawn_by_referrer": "other",
    "no_info": "no_response",
    "signposted": "needs_met_elsewhere",
}


def mark_offered(session: Session, entry_id: UUID, actor: Actor, clock: Clock) -> WaitlistEntry:
    """An offer goes out.

    Raises Conflict unless the entry is waiting: it was offered, paused or removed meanwhile.
    """
    entry = locked(session, entry_id)
    change(session, entry, Change(EntryState.OFFERED), actor, clock)
    return entry


def mark_offered_many(
    session: Session, versions: Mapping[UUID, int], actor: Actor, clock: Clock
) -> frozenset[UUID]:
    """As `mark_offered` for many entries at once, each only if it still waits in the version that was read.

    Returns those that are offered now. Entries are locked in the order of their ids.
    """
    found = queries.locked_entries(session, versions)
    waiting = [one for one in found if (one.state, one.version) == (EntryState.WAITING, versions[one.id])]
    for entry in waiting:
        write_history(session, entry, entry.state, Change(EntryState.OFFERED), actor, clock)
        entry.state, entry.changed_at = EntryState.OFFERED, clock.now()
    ids = frozenset(entry.id for entry in waiting)
    steps.close_steps(session, ids, clock)  # while an offer is out, its own step stands for it
    session.flush()
    return ids


def return_to_waiting(
    session: Session, entry_id: UUID, reason: str, actor: Actor, clock: Clock
) -> WaitlistEntry:
    """The offer came to nothing (refused, expired, withdrawn): in line again, date kept.

    A reason that parks pauses the entry for its days. An entry that is in line already stays as it is.
    """
    entry = locked(session, entry_id)
    if entry.state in ACTIVE and entry.state is not EntryState.OFFERED:
        return entry
    change(session, entry, Change(EntryState.WAITING, reason), actor, clock)
    parked = next((one.parked_days for one in policy.reasons(session) if one.code == reason), 0)
    if parked:
        until = clock.today() + timedelta(days=parked)
        change(session, entry, Change(EntryState.PAUSED, reason, until=until), actor, clock)
        record(session, EntryPaused(entry.id, entry.learner_id, entry.case_id, until))
    return entry


def fulfil(session: Session, entry_id: UUID, actor: Actor, clock: Clock) -> WaitlistEntry:
    """The learner has a place: the entry has done its work. Twice is the same as once."""
    entry = locked(session, entry_id)
    if entry.state is not EntryState.FULFILLED:
        change(session, entry, Change(EntryState.FULFILLED), actor, clock)
    return entry


def pause(session: Session, entry_id: UUID, wanted: Pause, actor: Actor, clock: Clock) -> WaitlistEntry:
    """No offers and no check-ins until a day; the date is kept.

    Raises RuleBroken for the day or the reason.
    """
    require_pause(wanted, clock.today())
    policy.check_reason(session, wanted.reason, wanted.note, "hub")
    entry = locked(session, entry_id)
    if entry.state is EntryState.PAUSED and entry.paused_until == wanted.until:
        return entry
    if entry.state in (EntryState.CHECK_IN_DUE, EntryState.PAUSED):
        change(session, entry, Change(EntryState.WAITING, wanted.reason), actor, clock)
    paused = Change(EntryState.PAUSED, wanted.reason, wanted.note, wanted.until)
    change(session, entry, paused, actor, clock)
    record(session, EntryPaused(entry.id, entry.learner_id, entry.case_id, wanted.until))
    return entry


def resume(session: Session, entry_id: UUID, actor: Actor, clock: Clock) -> WaitlistEntry:
    """A pause is over: in line again, with the date kept and a new check-in day.

    Twice is the same as once.
    """
    entry = locked(session, entry_id)
    if entry.state is EntryState.WAITING:
        return entry
    if entry.state is not EntryState.PAUSED:
        raise Conflict("This entry is not paused.", code="entry_state")
    entry.next_check_in_on = next_check_in(session, clock)
    change(session, entry, Change(EntryState.WAITING, "resumed"), actor, clock)
    record(session, EntryResumed(entry.id, entry.learner_id, entry.case_id))
    return entry


def remove(session: Session, entry_id: UUID, removal: Removal, actor: Actor, clock: Clock) -> WaitlistEntry:
    """Take an entry off the list with a coded reason; those who must know hear of it (EntryRemoved).

    Raises Conflict while an offer is out. Twice is the same as once.
    """
    policy.check_reason(session, removal.reason, removal.note, "hub")
    entry = locked(session, entry_id)
    if entry.state is EntryState.REMOVED:
        return entry
    if entry.state is EntryState.OFFERED:
        raise Conflict("This learner has an offer. Withdraw it first.", code="offer_open")
    _take_off(session, entry, removal, actor, clock)
    return entry


def remove_for_case(session: Session, case_id: UUID, outcome: str, actor: Actor, clock: Clock) -> None:
    """The case is closed: its active entries go.

    A duplicate's entry goes on with the learner who was kept, and what a class was found for is fulfilled
    already. An offer still out was withdrawn before this runs.
    """
    if outcome == "duplicate":
        return
    known = {one.code for one in policy.reasons(session)}
    reason = outcome if outcome in known else _OUTCOME_REASONS.get(outcome, "other")
    for entry in queries.entries_of_case(session, case_id):
        if entry.state in ACTIVE:
            _take_off(session, entry, Removal(reason, f"The referral was closed: {outcome}"), actor, clock)


def remove_for_learner(session: Session, learner_id: UUID, reason: str, actor: Actor, clock: Clock) -> None:
    """The learner wants no place any more: whatever waits goes. An offer still out was withdrawn before."""
    for entry in queries.active_of(session, [learner_id]):
        _take_off(session, entry, Removal(reason), actor, clock)


def hold(session: Session, learner_id: UUID, reason: str, actor: Actor, clock: Clock) -> None:
    """Nothing happens to the learner's entries by itself until a person has looked (a STOP, for example)."""
    for entry in queries.active_of(session, [learner_id]):
        entry.hold_reason = reason
    audit.record(session, actor, "waitlist_entry.held", "learner", learner_id, clock=clock, reason=reason)


def release(session: Session, learner_id: UUID, actor: Actor, clock: Clock) -> None:
    """A person has looked: the entries go on as before."""
    for entry in queries.active_of(session, [learner_id]):
        entry.hold_reason = entry.hold_until = None
    audit.record(session, actor, "waitlist_entry.released", "learner", learner_id, clock=clock)
    session.flush()


def _take_off(session: Session, entry: WaitlistEntry, removal: Removal, actor: Actor, clock: Clock) -> None:
    if entry.state is not EntryState.WAITING:
        change(session, entry, Change(EntryState.WAITING, removal.reason), actor, clock)
    change(session, entry, Change(EntryState.REMOVED, removal.reason, removal.note), actor, clock)
    record(session, EntryRemoved(entry.id, entry.learner_id, entry.case_id, removal.reason))
