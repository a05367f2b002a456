"""Onto the list: joining, changing level, coming back.

The queue date is the learner's first referral, always.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra.db import record
from hub.learners import reads as learners
from hub.policy import reads as policy
from hub.waitlist import queries
from hub.waitlist.domain import (
    ACTIVE,
    ENDED,
    LEVEL_CHANGED,
    EntryJoined,
    EntryRemoved,
    EntryState,
    JoinRequest,
    LevelChange,
)
from hub.waitlist.models import WaitlistEntry
from hub.waitlist.reads import levels_of, skills_of
from hub.waitlist.service.priorities import priority_of
from hub.waitlist.service.states import Change, change, keep_step, next_check_in, write_history


def join(session: Session, request: JoinRequest, actor: Actor, clock: Clock) -> WaitlistEntry:
    """Put a learner on the list for a strand. With an active entry in that strand there is no second one: the
    same level keeps it, with the newest skills; another level closes it and opens a linked one, date kept.

    Raises Conflict `offer_open` when the level would change while an offer is out.
    """
    learner_id = learners.survivor(session, request.learner_id)
    queries.lock(session, learner_id, request.strand)
    active = queries.active(session, learner_id, request.strand)
    if active is None:
        return _enter(session, request, learner_id, None, actor, clock)
    if active.level is request.level:
        _describe(active, request)
        session.flush()
        return active
    _require_no_offer(active)
    close_for_level(session, active, "", actor, clock)
    return _enter(session, request, learner_id, active, actor, clock)


def change_level(
    session: Session, entry_id: UUID, wanted: LevelChange, actor: Actor, clock: Clock
) -> WaitlistEntry:
    """Close an entry and open a linked one at another level, with the date kept; the same level changes
    nothing."""
    entry = locked(session, entry_id)
    if entry.state not in ACTIVE:
        raise Conflict("This entry is closed.", code="entry_state")
    if entry.level is wanted.level:
        return entry
    _require_no_offer(entry)
    request = request_of(entry, wanted)
    close_for_level(session, entry, wanted.note, actor, clock)
    return _enter(session, request, entry.learner_id, entry, actor, clock)


def rejoin(session: Session, entry_id: UUID, actor: Actor, clock: Clock) -> WaitlistEntry:
    """A new entry that continues one that has ended (an enrolment that came to nothing, a referral reopened),
    with the date kept. With an active entry in the strand already, that one."""
    old = locked(session, entry_id)
    if old.state not in ENDED:
        return old
    queries.lock(session, old.learner_id, old.strand)
    active = queries.active(session, old.learner_id, old.strand)
    return active or _enter(session, request_of(old), old.learner_id, old, actor, clock)


def come_back(session: Session, entry_id: UUID, actor: Actor, clock: Clock) -> WaitlistEntry:
    """A lapsed learner got in touch: waiting again, date kept, within policy `lapse_return_days`.

    Raises RuleBroken `lapsed_too_long` after that, Conflict when another entry of the strand is active.
    """
    entry = locked(session, entry_id)
    if entry.state is EntryState.WAITING:
        return entry
    if entry.state is not EntryState.LAPSED:
        raise Conflict("This entry has not lapsed.", code="entry_state")
    days = policy.number(session, "lapse_return_days", clock.today())
    if entry.lapsed_on and days and entry.lapsed_on + timedelta(days=days) < clock.today():
        raise RuleBroken(
            f"This entry lapsed more than {days} days ago. Assess the learner or refer them again.",
            code="lapsed_too_long",
        )
    queries.lock(session, entry.learner_id, entry.strand)
    if queries.active(session, entry.learner_id, entry.strand) is not None:
        raise Conflict("This learner is waiting again already.", code="already_waiting")
    entry.next_check_in_on = next_check_in(session, clock)
    entry.check_in_asked_on, entry.check_in_channels = None, []
    change(session, entry, Change(EntryState.WAITING, "replied"), actor, clock)
    return entry


def close_for_level(session: Session, entry: WaitlistEntry, note: str, actor: Actor, clock: Clock) -> None:
    """End an entry because the level changed; the linked one follows."""
    if entry.state is not EntryState.WAITING:
        change(session, entry, Change(EntryState.WAITING, LEVEL_CHANGED), actor, clock)
    change(session, entry, Change(EntryState.REMOVED, LEVEL_CHANGED, note), actor, clock)
    record(session, EntryRemoved(entry.id, entry.learner_id, entry.case_id, LEVEL_CHANGED))


def request_of(entry: WaitlistEntry, wanted: LevelChange | None = None) -> JoinRequest:
    """What a linked entry starts from: the old entry, with what a change of level brings."""
    new_skills = wanted.skills if wanted and wanted.skills is not None else None
    return JoinRequest(
        learner_id=entry.learner_id,
        source_record_id=entry.source_record_id,
        subject_id=entry.subject_id,
        strand=entry.strand,
        level=wanted.level if wanted else entry.level,
        skills=new_skills if new_skills is not None else skills_of(entry),
        also=wanted.also if wanted else levels_of(entry.also),
        case_id=entry.case_id,
        assessment_id=(wanted.assessment_id if wanted else None) or entry.assessment_id,
    )


def locked(session: Session, entry_id: UUID) -> WaitlistEntry:
    """The entry, locked and read afresh; NotFound."""
    found = queries.entry(session, entry_id, for_update=True)
    if found is None:
        raise NotFound
    return found


def _enter(  # noqa: PLR0913, PLR0917 - everything a new entry is made of
    session: Session,
    request: JoinRequest,
    learner_id: UUID,
    previous: WaitlistEntry | None,
    actor: Actor,
    clock: Clock,
) -> WaitlistEntry:
    entry = _row(session, request, learner_id, previous, clock)
    session.add(entry)
    session.flush()
    write_history(session, entry, None, Change(EntryState.WAITING), actor, clock)
    keep_step(session, entry, clock)
    previous_id = previous.id if previous else None
    record(session, EntryJoined(entry.id, learner_id, entry.case_id, entry.strand, entry.level, previous_id))
    return entry


def _row(
    session: Session,
    request: JoinRequest,
    learner_id: UUID,
    previous: WaitlistEntry | None,
    clock: Clock,
) -> WaitlistEntry:
    """The new entry, with the earliest date and today's priority."""
    first = learners.first_referred_on(session, [learner_id]).get(learner_id, clock.today())
    given = priority_of(session, learner_id, clock)
    return WaitlistEntry(
        learner_id=learner_id,
        source_record_id=request.source_record_id,
        subject_id=request.subject_id,
        strand=request.strand,
        level=request.level,
        state=EntryState.WAITING,
        queue_on=min(first, previous.queue_on) if previous else first,
        joined_at=clock.now(),
        changed_at=clock.now(),
        priority_band=given.band,
        priority_until=given.until,
        next_check_in_on=next_check_in(session, clock),
        check_in_channels=[],
        previous_entry_id=previous.id if previous else None,
        **_descriptions(request),
    )


def _descriptions(request: JoinRequest) -> dict[str, object]:
    """The columns that say what the learner is looking for."""
    return {
        "case_id": request.case_id,
        "assessment_id": request.assessment_id,
        "also": [level.value for level in request.also],
        "skills": {skill.value: level.value for skill, level in request.skills.items()},
    }


def _describe(entry: WaitlistEntry, request: JoinRequest) -> None:
    """A newer result at the same level: keep the entry, take over what it says."""
    for name, value in _descriptions(request).items():
        if value:
            setattr(entry, name, value)


def _require_no_offer(entry: WaitlistEntry) -> None:
    if entry.state is EntryState.OFFERED:
        raise Conflict(
            "This learner has an offer. Withdraw it first, then change the level.", code="offer_open"
        )
