"""Taking in a request or complaint, and moving it on until it is decided."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.ids import new_id, new_reference
from hub.core.permissions import Actor
from hub.infra.calendars import holidays
from hub.infra.vault import new_subject
from hub.learners import reads as learners
from hub.rights import queries
from hub.rights.domain.cases import Act, CaseKind, CaseState, Identity, NewCase, WhyLonger, case_faults
from hub.rights.models import RightsCase
from hub.rights.reads.cases import clock_of
from hub.rights.service import telling
from hub.rights.service.casework import Line, ask_to_acknowledge, take, write
from hub.steps import service as steps
from hub.steps.domain import StepKind


def receive(session: Session, new: NewCase, actor: Actor, clock: Clock) -> RightsCase:
    """Open a case; its clock runs from the day it was received. RuleBroken by field; NotFound.

    The same words about the same thing, while the first are open, are one case: a button pressed twice.
    """
    if faults := case_faults(new, clock.today()):
        raise RuleBroken.many(faults)
    learner_id = _known(session, new.learner_id)
    if learner_id is not None and (same := _same(session, new, learner_id)):
        return same
    row = _row(new, learner_id, actor, clock)
    session.add(row)
    write(session, row, Line(Act.RECEIVE), actor, clock)
    if new.identity is not None:
        identify(session, row.id, new.identity, actor, clock)
    if new.kind is CaseKind.COMPLAINT:
        ask_to_acknowledge(session, row, clock)
    return row


def _row(new: NewCase, learner_id: UUID | None, actor: Actor, clock: Clock) -> RightsCase:
    return RightsCase(
        id=new_id(),
        subject_id=new_subject(new_id()),
        reference=new_reference("D"),
        kind=new.kind,
        state=CaseState.WORKING if new.kind is CaseKind.COMPLAINT else CaseState.RECEIVED,
        door=new.door,
        learner_id=learner_id,
        received_on=new.received_on,
        received_by=actor.id,
        made_at=clock.now(),
        paused_days=0,
        name=(new.name or "").strip() or None,
        contact=(new.contact or "").strip() or None,
        words=new.words.strip() or None,
    )


def _known(session: Session, learner_id: UUID | None) -> UUID | None:
    if learner_id is None:
        return None
    person = learners.person(session, learner_id)
    if person is None:
        raise NotFound("There is no such learner.")
    return person.learner_id


def _same(session: Session, new: NewCase, learner_id: UUID) -> RightsCase | None:
    ids = learners.same_person_ids(session, learner_id)
    wanted = new.words.strip() or None
    for row in queries.open_cases_of(session, ids, new.kind):
        if row.words == wanted and row.door == new.door:
            return row
    return None


def identify(session: Session, case_id: UUID, how: Identity, actor: Actor, clock: Clock) -> None:
    """Note how we made sure who asks; the month counts from this day if it is later than the request."""
    row = queries.case(session, case_id, lock=True)
    if row.identity is not None:
        return
    if row.learner_id is None:
        raise RuleBroken("First say which learner this is about.", field="identity", code="learner_missing")
    row.identity, row.identified_on, row.identified_by = how, clock.today(), actor.id
    write(session, row, Line(Act.IDENTIFY), actor, clock)


def attach(session: Session, case_id: UUID, learner_id: UUID, actor: Actor, clock: Clock) -> None:
    """Say which learner a case is about; once said it stays. NotFound, RuleBroken."""
    row = queries.case(session, case_id, lock=True)
    known = _known(session, learner_id)
    if row.learner_id not in {None, known}:
        raise RuleBroken("This case is about another learner already.", field="learner")
    row.learner_id = known
    write(session, row, Line(Act.SEARCH, found=True), actor, clock)


def acknowledge(session: Session, case_id: UUID, note: str, actor: Actor, clock: Clock) -> None:
    """Note that the person was told we have it. A second time changes nothing."""
    row = take(session, case_id, Act.ACKNOWLEDGE)
    if row.acknowledged_on is not None:
        return
    row.acknowledged_on = clock.today()
    write(session, row, Line(Act.ACKNOWLEDGE, note), actor, clock)
    steps.close_step(session, StepKind.COMPLAINT_TO_ACKNOWLEDGE, row.id, clock, "acknowledged")
    telling.tell(session, row, "rights_received", clock)


def ask(session: Session, case_id: UUID, question: str, actor: Actor, clock: Clock) -> None:
    """Ask what we need to know to search; the clock stands still until the answer. RuleBroken beside `note`."""
    if not question.strip():
        raise RuleBroken("Write what you asked.", field="note")
    row = take(session, case_id, Act.ASK)
    row.paused_on = clock.today()
    write(session, row, Line(Act.ASK, question), actor, clock)


def note_answer(session: Session, case_id: UUID, answer: str, actor: Actor, clock: Clock) -> None:
    """The answer is here: the clock runs again, later by the days it stood."""
    row = take(session, case_id, Act.ANSWERED)
    _run_again(row, clock)
    write(session, row, Line(Act.ANSWERED, answer), actor, clock)


def _run_again(row: RightsCase, clock: Clock) -> None:
    if row.paused_on is not None:
        row.paused_days += (clock.today() - row.paused_on).days
        row.paused_on = None


@dataclass(frozen=True, slots=True)
class Longer:
    """Two months more, why, and the words in which the person was told."""

    because: WhyLonger
    told: str = field(repr=False)


def extend(session: Session, case_id: UUID, longer: Longer, actor: Actor, clock: Clock) -> None:
    """Take two months more. RuleBroken: no words, taken already, or the first month is over; complaints have none."""
    if not longer.told.strip():
        raise RuleBroken("Write what the person was told.", field="note")
    row = take(session, case_id, Act.EXTEND)
    if row.kind is CaseKind.COMPLAINT:
        raise RuleBroken("A complaint has no month to extend.", field="because")
    if row.longer_because is not None:
        raise RuleBroken("The two months were taken already.", field="because")
    if clock.today() > clock_of(row).last_day_to_extend(holidays()):
        raise RuleBroken("The first month is over: it cannot be extended any more.", field="because")
    row.longer_because = longer.because
    write(session, row, Line(Act.EXTEND, longer.told), actor, clock)


@dataclass(frozen=True, slots=True)
class Search:
    """Where somebody searched, for how long, and whether anything was there."""

    place: str = field(repr=False)
    minutes: int
    found: bool


def log_search(session: Session, case_id: UUID, search: Search, actor: Actor, clock: Clock) -> None:
    """Write down the effort: a search must be reasonable and proportionate, and we must be able to show it."""
    if not search.place.strip():
        raise RuleBroken("Say where you searched.", field="place")
    row = take(session, case_id, Act.SEARCH)
    write(session, row, Line(Act.SEARCH, search.place, search.minutes, search.found), actor, clock)


def note_handed_over(session: Session, case_id: UUID, how: str, actor: Actor, clock: Clock) -> None:
    """The answer was given and all is done: close the case. RuleBroken beside `note`."""
    if not how.strip():
        raise RuleBroken("Say how the person got the answer.", field="note")
    row = take(session, case_id, Act.CLOSE)
    if row.erase_on is not None:
        raise RuleBroken("This closes by itself when the record is erased.", field="note")
    close(session, row, how, actor, clock)


def close(session: Session, row: RightsCase, note: str, actor: Actor, clock: Clock) -> None:
    """End a case that is decided."""
    row.closed_at = clock.now()
    write(session, row, Line(Act.CLOSE, note), actor, clock)
