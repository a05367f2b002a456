"""What a merge and an unmerge of learners do to their entries: exactly what can be undone."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment import reads as assessments
from hub.core.clock import LONDON, Clock, london_time
from hub.core.errors import Conflict
from hub.core.permissions import Actor
from hub.infra.columns import reseal
from hub.learners import reads as learners
from hub.learners import service as people
from hub.learners.domain import Happening, HappeningMoved, LearnersMerged, LearnersUnmerged, SplitKind
from hub.steps import service as steps
from hub.waitlist import queries
from hub.waitlist.domain import ACTIVE, DUPLICATE, EntryState
from hub.waitlist.models import PriorityFact, WaitlistEntry
from hub.waitlist.service.priorities import refresh
from hub.waitlist.service.states import Change, change, keep_step, write_history


def merge_entries(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """Entries go with their source records.

    Where both people wait for the same strand, the one with an offer stays, else the one whose level comes from
    the newest completed assessment, else the older one; the other is removed as a duplicate and remembers what
    it was. The queue date is the earliest referral, whichever stays.
    """
    moving = queries.entries_of_records(session, event.source_record_ids)
    staying = [one for one in queries.active_of(session, [event.kept_id]) if one not in moving]
    for entry in moving:
        twin = next((one for one in staying if one.strand is entry.strand), None)
        if entry.state in ACTIVE and twin is not None:
            keep, drop = sorted((entry, twin), key=lambda one: _standing(session, one))
            _remove_as_duplicate(session, drop, keep, actor, clock)
            staying = [one for one in staying if one is not drop]
    _move(session, moving, event.source_record_ids, event.kept_id)
    _set_queue_dates(session, [event.kept_id])
    refresh(session, [event.kept_id], clock)


def unmerge_entries(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """Entries go back with their source records, and those removed as duplicates return to what they were,
    unless the learner has another active entry of the strand by now."""
    moving = queries.entries_of_records(session, event.source_record_ids)
    _move(session, moving, event.source_record_ids, event.restored_id)
    both = [event.kept_id, event.restored_id]
    for entry in queries.duplicates_between(session, both):
        if queries.active(session, entry.learner_id, entry.strand) is None:
            _restore(session, entry, actor, clock)
    _set_queue_dates(session, both)
    refresh(session, both, clock)
    people.ask_whose(session, event, _since(session, both, event), clock)


def _since(session: Session, both: Sequence[UUID], event: LearnersUnmerged) -> list[Happening]:
    """Entries joined and priorities noted while the two were one; of a priority only the day is known."""
    found = [
        Happening(SplitKind.ENTRY, entry.id, entry.joined_at, entry.learner_id)
        for entry in queries.entries_of(session, both)
        if entry.joined_at > event.merged_at
    ]
    day = event.merged_at.astimezone(LONDON).date()
    return found + [
        Happening(SplitKind.PRIORITY, fact.id, london_time(fact.noted_on, 0), fact.learner_id)
        for fact in queries.facts_since(session, both, day)
    ]


def move_happening(session: Session, event: HappeningMoved, actor: Actor, clock: Clock) -> None:
    """Give an entry or a priority to the other of two who were one record.

    Raises Conflict `already_waiting` where that one waits for the strand already.
    """
    if event.kind is SplitKind.ENTRY:
        entry = session.get_one(WaitlistEntry, event.row_id)
        before = entry.learner_id
        if entry.state in ACTIVE and queries.active(session, event.learner_id, entry.strand) is not None:
            raise Conflict(
                "That learner waits for the same already. Remove one entry first.", code="already_waiting"
            )
        entry.learner_id, entry.source_record_id = event.learner_id, event.source_record_id
        entry.subject_id = event.subject_id
        steps.move_learner(session, [entry.id], event.learner_id)
    elif event.kind is SplitKind.PRIORITY:
        fact = session.get_one(PriorityFact, event.row_id)
        before = fact.learner_id
        reseal(fact, event.subject_id)
        fact.learner_id, fact.source_record_id = event.learner_id, event.source_record_id
    else:
        return
    session.flush()
    _set_queue_dates(session, [before, event.learner_id])
    refresh(session, [before, event.learner_id], clock)


def set_queue_dates(session: Session, learner_ids: Sequence[UUID]) -> None:
    """An earlier referral has come to light: the queue date follows the learner's first referral."""
    _set_queue_dates(session, learner_ids)


def _standing(session: Session, entry: WaitlistEntry) -> tuple[object, ...]:
    """Smaller stays: an offer that is out, the newest assessment, the longer wait, the older entry."""
    decided = assessments.placement(session, entry.assessment_id) if entry.assessment_id else None
    assessed = -decided.decided_at.timestamp() if decided else 0.0
    return entry.state is not EntryState.OFFERED, assessed, entry.queue_on, entry.joined_at, entry.id


def _remove_as_duplicate(
    session: Session, entry: WaitlistEntry, keep: WaitlistEntry, actor: Actor, clock: Clock
) -> None:
    # No EntryRemoved: the learner goes on waiting, in the entry that stays.
    entry.state_before_merge, entry.paused_before_merge = entry.state, entry.paused_until
    entry.duplicate_of_id = keep.id
    if entry.state is not EntryState.WAITING:
        change(session, entry, Change(EntryState.WAITING, DUPLICATE), actor, clock)
    change(session, entry, Change(EntryState.REMOVED, DUPLICATE), actor, clock)
    session.flush()  # gone from the active ones before the other comes to the same learner


def _restore(session: Session, entry: WaitlistEntry, actor: Actor, clock: Clock) -> None:
    """Undo a removal as duplicate. An offer that was out has ended, so that entry waits again."""
    before = entry.state_before_merge or EntryState.WAITING
    back = EntryState.WAITING if before is EntryState.OFFERED else before
    entry.state, entry.removed_reason, entry.duplicate_of_id = back, None, None
    entry.paused_until = entry.paused_before_merge if back is EntryState.PAUSED else None
    entry.state_before_merge = entry.paused_before_merge = None
    entry.changed_at = clock.now()
    write_history(session, entry, EntryState.REMOVED, Change(back, "unmerged"), actor, clock)
    keep_step(session, entry, clock)
    session.flush()


def _move(
    session: Session, entries: Sequence[WaitlistEntry], source_record_ids: Sequence[UUID], learner_id: UUID
) -> None:
    for entry in entries:
        entry.learner_id = learner_id
    for fact in queries.facts_of_records(session, source_record_ids):
        fact.learner_id = learner_id
    steps.move_learner(session, [entry.id for entry in entries], learner_id)
    session.flush()


def _set_queue_dates(session: Session, learner_ids: Sequence[UUID]) -> None:
    """The queue date of every entry is the learner's first referral: after a merge the earlier of the two,
    after an unmerge what it was."""
    first = learners.first_referred_on(session, learner_ids)
    for entry in queries.entries_of(session, learner_ids):
        entry.queue_on = first.get(entry.learner_id, entry.queue_on)
    session.flush()
