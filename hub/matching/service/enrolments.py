"""What becomes of a place: the learner comes, attends, finishes, leaves, or goes back to the list."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment.domain import Skill
from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.levels import Level
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.db import record
from hub.matching import queries
from hub.matching.domain.enrolments import (
    Attendance,
    Completion,
    EnrolmentState,
    Leaving,
    Start,
    attendance_faults,
    next_level,
    require_day,
)
from hub.matching.domain.events import EnrolmentEnded, EnrolmentStarted
from hub.matching.models import AttendanceWeek, Enrolment
from hub.matching.service.states import EnrolmentChange, change_enrolment, note_vacancy
from hub.policy import reads as policy
from hub.provision import service as provision
from hub.waitlist import reads as waitlist_reads
from hub.waitlist import service as waitlist
from hub.waitlist.domain import JoinRequest

_S = EnrolmentState


def start(session: Session, enrolment_id: UUID, command: Start, actor: Actor, clock: Clock) -> Enrolment:
    """The learner came. Twice is once. Raises RuleBroken for a day in the future, Conflict, NotFound."""
    require_day(command.on, clock.today(), "on")
    row = queries.enrolment_to_change(session, enrolment_id, actor)
    if row.state is _S.STARTED:
        return row
    if row.state is _S.NO_SHOW:
        change_enrolment(session, row, EnrolmentChange(_S.EXPECTED), actor, clock)
    row.started_on = command.on
    change_enrolment(session, row, EnrolmentChange(_S.STARTED), actor, clock)
    record(session, EnrolmentStarted(row.id, row.learner_id, row.esol_class_id))
    return row


def no_show(session: Session, enrolment_id: UUID, actor: Actor, clock: Clock) -> Enrolment:
    """The learner did not come: the hub decides whether to expect them again. Twice is once.

    Raises Conflict `too_early` before the first day.
    """
    row = queries.enrolment_to_change(session, enrolment_id, actor)
    if row.state is _S.NO_SHOW:
        return row
    if clock.today() < row.expected_on:
        raise Conflict("The class has not begun for this learner yet.", code="too_early")
    change_enrolment(session, row, EnrolmentChange(_S.NO_SHOW), actor, clock)
    return row


def expect_again(session: Session, enrolment_id: UUID, actor: Actor, clock: Clock) -> Enrolment:
    """The hub has spoken to a learner who did not come: they will. Twice is once."""
    row = queries.enrolment_to_change(session, enrolment_id, _hub(actor))
    if row.state is not _S.EXPECTED:
        row.expected_on = max(row.expected_on, clock.today())
        change_enrolment(session, row, EnrolmentChange(_S.EXPECTED), actor, clock)
    return row


def return_to_list(
    session: Session, enrolment_id: UUID, reason: str, actor: Actor, clock: Clock
) -> Enrolment:
    """Back to the waiting list with the date kept; the place is free again. Twice is once.

    `reason` is a code of the hub's. Raises RuleBroken, Conflict, NotFound.
    """
    policy.reason(session, reason, "hub")
    row = queries.enrolment_to_change(session, enrolment_id, _hub(actor))
    if row.state is not _S.RETURNED_TO_LIST:
        send_back(session, row, reason, actor, clock)
    return row


def send_back(session: Session, row: Enrolment, reason: str, actor: Actor, clock: Clock) -> None:
    """The place goes back and the learner waits again, first in line by the old date."""
    _end(session, row, EnrolmentChange(_S.RETURNED_TO_LIST, reason), actor, clock)
    waitlist.rejoin(session, row.entry_id, actor, clock)
    _tell(session, row, waits_again=True)


def attendance(
    session: Session, enrolment_id: UUID, week: Attendance, actor: Actor, clock: Clock
) -> AttendanceWeek:
    """Hours attended in one week; the same week again replaces what was recorded.

    Raises RuleBroken by field, Conflict `not_on_course`, NotFound.
    """
    row = queries.enrolment_to_change(session, enrolment_id, actor)
    if row.state is not _S.STARTED or row.started_on is None:
        raise Conflict("This learner is not on the course.", code="not_on_course")
    monday = week.week_on - timedelta(days=week.week_on.weekday())
    first = row.started_on - timedelta(days=row.started_on.weekday())
    if faults := attendance_faults(
        Attendance(monday, week.hours_attended, week.hours_of), first, clock.today()
    ):
        raise RuleBroken.many(faults)
    found = queries.attendance_week(session, row.id, monday)
    if found is None:
        found = AttendanceWeek(enrolment_id=row.id, week_on=monday)
        session.add(found)
    found.hours_attended, found.hours_of = week.hours_attended, week.hours_of
    found.recorded_at, found.recorded_by = clock.now(), actor.id
    audit.record(session, actor, "enrolment.attendance", "learner", row.learner_id, clock=clock)
    session.flush()
    return found


def complete(
    session: Session, enrolment_id: UUID, command: Completion, actor: Actor, clock: Clock
) -> Enrolment:
    """The course is over for this learner. With an achievement it leads to the next level, without another
    initial assessment; who wants that joins the list for it at once. Twice is once.

    Raises RuleBroken `no_next_level`, Conflict, NotFound.
    """
    require_day(command.on, clock.today(), "on")
    row = queries.enrolment_to_change(session, enrolment_id, actor)
    if row.state is _S.COMPLETED:
        return row
    following = next_level(row.level) if command.achieved else None
    if command.wants_next and following is None:
        raise RuleBroken(
            "There is no next level after this course.", code="no_next_level", field="wants_next"
        )
    row.achieved = command.achieved
    _end(session, row, EnrolmentChange(_S.COMPLETED), actor, clock, command)
    if command.wants_next and following is not None:
        _join_next(session, row, following, actor, clock)
    _tell(session, row, following, waits_again=command.wants_next)
    return row


def leave(session: Session, enrolment_id: UUID, command: Leaving, actor: Actor, clock: Clock) -> Enrolment:
    """The learner left before the end, for a coded reason of theirs; the place is free again. Twice is once.

    Raises RuleBroken by field, Conflict, NotFound.
    """
    require_day(command.on, clock.today(), "on")
    policy.check_reason(session, command.reason, command.note, "learner")
    row = queries.enrolment_to_change(session, enrolment_id, actor)
    if row.state is not _S.LEFT_EARLY:
        wanted = EnrolmentChange(_S.LEFT_EARLY, command.reason, command.note)
        _end(session, row, wanted, actor, clock, command)
        _tell(session, row)
    return row


def transfer(session: Session, enrolment_id: UUID, command: Leaving, actor: Actor, clock: Clock) -> Enrolment:
    """The provider moved the learner to another class of its own: this place is free again. Twice is once."""
    require_day(command.on, clock.today(), "on")
    row = queries.enrolment_to_change(session, enrolment_id, actor)
    if row.state is not _S.TRANSFERRED:
        wanted = EnrolmentChange(_S.TRANSFERRED, command.reason or None, command.note)
        _end(session, row, wanted, actor, clock, command)
        _tell(session, row)
    return row


def end_for_case(session: Session, row: Enrolment, reason: str, actor: Actor, clock: Clock) -> None:
    """The learner's case was closed: a place not taken up yet is free again."""
    _end(session, row, EnrolmentChange(_S.LEFT_EARLY, reason), actor, clock)
    _tell(session, row)


def _end(  # noqa: PLR0913, PLR0917 - what, why, by whom, on which day
    session: Session,
    row: Enrolment,
    wanted: EnrolmentChange,
    actor: Actor,
    clock: Clock,
    on: Completion | Leaving | None = None,
) -> None:
    """A terminal transition; the place is free again, and waits for a refill while the course runs."""
    row.ended_on = on.on if on is not None else clock.today()
    change_enrolment(session, row, wanted, actor, clock)
    provision.free_enrolled_place(session, row.esol_class_id, clock)
    if wanted.to is not _S.COMPLETED:
        note_vacancy(session, row.esol_class_id, clock)


def _join_next(session: Session, row: Enrolment, level: Level, actor: Actor, clock: Clock) -> None:
    """On the list for the next level: the finished course is the evidence, so no skill stands below its level."""
    old = waitlist_reads.entry(session, row.entry_id)
    known = old.skills if old is not None else {}
    skills = (
        {skill: max(known.get(skill, row.level), row.level, key=_rank) for skill in Skill} if known else {}
    )
    request = JoinRequest(
        learner_id=row.learner_id,
        source_record_id=row.source_record_id,
        subject_id=row.subject_id,
        strand=row.strand,
        level=level,
        skills=skills,
        case_id=row.case_id,
        assessment_id=old.assessment_id if old is not None else None,
    )
    waitlist.join(session, request, actor, clock)


def _rank(level: Level) -> int:
    return level.rank


def _tell(
    session: Session, row: Enrolment, following: Level | None = None, *, waits_again: bool = False
) -> None:
    ended = EnrolmentEnded(
        row.id,
        row.learner_id,
        row.esol_class_id,
        row.state.value,
        row.level.value,
        following.value if following else None,
        waits_again,
    )
    record(session, ended)


def _hub(actor: Actor) -> Actor:
    """NotFound for who does not decide for the hub."""
    if actor.role not in queries.SEES_ALL:
        raise NotFound("There is no such enrolment.")
    return actor
