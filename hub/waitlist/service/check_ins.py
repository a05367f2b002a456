"""Check-ins: does the learner still want a class? Two channels without an answer, and the entry lapses."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.core.working_days import add_working_days
from hub.infra.calendars import holidays
from hub.infra.db import record
from hub.learners import reads as learners
from hub.learners.domain import Person
from hub.policy import reads as policy
from hub.waitlist import queries
from hub.waitlist.domain import (
    NO_LONGER_INTERESTED,
    NO_RESPONSE,
    Channel,
    CheckInDue,
    EntryLapsed,
    EntryState,
    Removal,
    channels_for,
    may_lapse,
    next_channel,
)
from hub.waitlist.models import WaitlistEntry
from hub.waitlist.service.joining import come_back, locked
from hub.waitlist.service.queue import remove, resume
from hub.waitlist.service.states import Change, change, keep_step, next_check_in

BATCH = 500
MATCH = "P04"


def ask_check_ins(session: Session, actor: Actor, clock: Clock) -> int:
    """Ask every waiting learner whose check-in day has come, at most 500 at a time; how many were looked at."""
    due = queries.check_ins_due(session, clock.today(), BATCH)
    asked = _to_ask(session, due, clock)
    for entry in due:
        if entry not in asked:
            entry.next_check_in_on = next_check_in(session, clock)
    people = _people(session, asked)
    for entry in asked:
        entry.check_in_channels = []
        change(session, entry, Change(EntryState.CHECK_IN_DUE), actor, clock)
        _ask(session, entry, people.get(entry.learner_id), clock)
    return len(due)


def chase_check_ins(session: Session, actor: Actor, clock: Clock) -> int:
    """Go on with the check-ins nobody answered in time (policy `check_in_reply_days`, 0 = never): a second
    channel, then lapse. One that waits for a person's call never lapses by itself. How many were taken
    further."""
    days = policy.number(session, "check_in_reply_days", clock.today())
    if not days:
        return 0
    late = queries.unanswered(session, _asked_by(clock.today(), days), BATCH)
    asked = _to_ask(session, late, clock)
    for entry in late:
        if entry not in asked:
            entry.check_in_asked_on = clock.today()
    people = _people(session, asked)
    for entry in asked:
        if may_lapse(_tried(entry), entry.hold_reason):
            _lapse(session, entry, actor, clock)
        else:
            _ask(session, entry, people.get(entry.learner_id), clock)
    return len(late)


def check_in_replied(
    session: Session, entry_id: UUID, still_wants: bool, actor: Actor, clock: Clock
) -> WaitlistEntry:
    """The learner answered.

    Yes: in line, and asked again in eight weeks; a lapsed one comes back. No: off the list. An answer that
    comes twice, or while an offer is out, changes nothing more.
    """
    entry = locked(session, entry_id)
    if entry.state is EntryState.LAPSED and still_wants:
        return come_back(session, entry_id, actor, clock)
    if entry.state not in (EntryState.WAITING, EntryState.CHECK_IN_DUE):
        return entry
    entry.next_check_in_on = next_check_in(session, clock)
    entry.check_in_asked_on, entry.check_in_channels, entry.hold_reason = None, [], None
    if entry.state is EntryState.CHECK_IN_DUE:
        change(session, entry, Change(EntryState.WAITING, "replied"), actor, clock)
    if not still_wants:
        return remove(session, entry_id, Removal(NO_LONGER_INTERESTED), actor, clock)
    keep_step(session, entry, clock)
    return entry


def call_unanswered(session: Session, entry_id: UUID, actor: Actor, clock: Clock) -> WaitlistEntry:
    """A person called and nobody answered.

    After two channels the entry lapses; before, the next channel is tried.
    """
    entry = locked(session, entry_id)
    if entry.state is not EntryState.CHECK_IN_DUE:
        return entry
    tried = _tried(entry)
    if Channel.CALL not in tried:
        tried = (*tried, Channel.CALL)
    if len(tried) >= 2 and entry.hold_reason is None:
        entry.check_in_channels = [one.value for one in tried]
        _lapse(session, entry, actor, clock)
        return entry
    entry.check_in_channels = [one.value for one in tried]
    keep_step(session, entry, clock)
    return entry


def lapse(session: Session, entry_id: UUID, actor: Actor, clock: Clock) -> WaitlistEntry:
    """No answer on two channels: the entry leaves the line. It may come back within 90 days, date kept."""
    entry = locked(session, entry_id)
    if entry.state is not EntryState.LAPSED:
        _lapse(session, entry, actor, clock)
    return entry


def end_pauses(session: Session, actor: Actor, clock: Clock) -> int:
    """Put everybody whose pause is over back in line; how many."""
    over = queries.pauses_over(session, clock.today(), BATCH)
    for entry in over:
        resume(session, entry.id, actor, clock)
    return len(over)


def _ask(session: Session, entry: WaitlistEntry, person: Person | None, clock: Clock) -> None:
    """Try the next channel of this learner; a call becomes a person's step."""
    tried = _tried(entry)
    channel = next_channel(tried, _open_channels(person))
    entry.check_in_channels = [*(one.value for one in tried), channel.value]
    entry.check_in_asked_on = clock.today()
    keep_step(session, entry, clock)
    record(session, CheckInDue(entry.id, entry.learner_id, entry.case_id, channel, len(tried) + 1))


def _asked_by(today: date, days: int) -> date:
    """The last day from which so many working days have passed by today."""
    asked = today
    while add_working_days(asked, days, holidays()) > today:
        asked -= timedelta(days=1)
    return asked


def _open_channels(person: Person | None) -> tuple[Channel, ...]:
    if person is None:
        return (Channel.CALL,)
    return channels_for(
        text=bool(person.phone) and person.safe_to_text,
        email=bool(person.email),
        call=bool(person.phone or person.second_phone) and person.safe_to_call,
    )


def _to_ask(session: Session, entries: Sequence[WaitlistEntry], clock: Clock) -> list[WaitlistEntry]:
    """Those whose data may be used: who has had it stopped is not asked, and their silence counts for nothing."""
    may = consents.may_many(session, {entry.learner_id for entry in entries}, MATCH, clock.today())
    return [entry for entry in entries if entry.learner_id in may]


def _people(session: Session, entries: Sequence[WaitlistEntry]) -> dict[UUID, Person]:
    return learners.people(session, {entry.learner_id for entry in entries}) if entries else {}


def _tried(entry: WaitlistEntry) -> tuple[Channel, ...]:
    return tuple(Channel(one) for one in entry.check_in_channels)


def _lapse(session: Session, entry: WaitlistEntry, actor: Actor, clock: Clock) -> None:
    change(session, entry, Change(EntryState.LAPSED, NO_RESPONSE), actor, clock)
    record(session, EntryLapsed(entry.id, entry.learner_id, entry.case_id))
