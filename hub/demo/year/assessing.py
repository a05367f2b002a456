"""The assessors' diaries: slots cut ahead, learners who come, come late or do not, and the common assessment."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment import reads, service
from hub.assessment.domain import (
    AppointmentState,
    Completion,
    Ease,
    Literacy,
    Mark,
    Marks,
    Mode,
    NewAssessment,
    Override,
    OverrideCode,
    Script,
    SlotRun,
    rubrics,
)
from hub.assessment.reads import DiaryLine
from hub.core.clock import LONDON, london_time
from hub.core.levels import Level
from hub.core.permissions import Actor
from hub.core.working_days import is_working_day
from hub.demo.parameters import read_data
from hub.demo.people import SimPerson
from hub.demo.year.world import Act, World
from hub.infra.calendars import holidays
from hub.infra.db import transaction
from hub.referrals import service as referrals

DIARY_AHEAD = timedelta(days=14)
STARTS, ENDS, MINUTES = time(9, 30), time(15, 30), 45


def open_diaries(world: World, first: date, last: date) -> None:
    """Cut the working days of a stretch into slots, for each assessor; Fridays are by phone."""
    day = first
    acts: list[Act] = []
    while day <= last:
        if is_working_day(day, holidays()):
            acts += [_offer(world, actor, day) for actor in world.borough.assessors]
        day += timedelta(days=1)
    world.together(world.borough.manager, acts)


def _offer(world: World, assessor: Actor, day: date) -> Act:
    if assessor.id is None:
        raise ValueError("an assessor is a person")
    by_phone = day.weekday() == 4
    run = SlotRun(
        assessor_id=assessor.id,
        day=day,
        start=STARTS,
        end=ENDS,
        minutes=MINUTES,
        mode=Mode.PHONE if by_phone else Mode.VENUE,
        place="" if by_phone else read_data("organisations")["hub"]["venue"],
    )
    return lambda session: service.offer_slots(session, run, world.borough.manager, world.clock)


def keep_appointments(world: World, until: datetime | None = None) -> None:
    """All of today's appointments (to `until`), each at its time."""
    start, end = london_time(world.today, 0), until or london_time(world.today, 23)
    with transaction(world.borough.manager) as session:
        lines = [line for line in reads.diary(session, start, end) if line.state is AppointmentState.BOOKED]
    lines.sort(key=lambda line: (line.slot.starts_at, line.slot.id))
    actors = {actor.id: actor for actor in world.borough.assessors}
    acts = [_keeping(world, line, actors[line.slot.assessor_id]) for line in lines]
    world.together(world.borough.assessors[0], acts)


def _keeping(world: World, line: DiaryLine, actor: Actor) -> Act:
    misses, late = world.happens("misses_appointment"), world.happens("comes_late")
    overrides = world.happens("assessor_overrides")
    person = world.people[_the(line.learner_id)]

    def act(session: Session) -> None:
        if misses:
            world.clock.move_to(max(world.clock.now(), line.slot.ends_at))
            missed = AppointmentState.NOT_ATTENDED
            service.record_attendance(session, _the(line.appointment_id), missed, actor, world.clock)
            return
        world.clock.move_to(max(world.clock.now(), line.slot.starts_at + timedelta(minutes=2)))
        if late:
            came = AppointmentState.ATTENDED_LATE
            service.record_attendance(session, _the(line.appointment_id), came, actor, world.clock)
        if reads.valid_placement(session, _the(line.learner_id), world.today) is not None:
            referrals.use_earlier_assessment(session, _the(line.case_id), actor, world.clock)
            return
        assess(session, world, line, (person, overrides), actor)

    return act


def assess(
    session: Session, world: World, line: DiaryLine, about: tuple[SimPerson, bool], actor: Actor
) -> None:
    """The four skills by rubric and the literacy need; completing puts the learner on the list."""
    person, overrides = about
    new = NewAssessment(
        case_id=_the(line.case_id),
        learner_id=_the(line.learner_id),
        mode=line.slot.mode,
        appointment_id=line.appointment_id,
    )
    begun = service.start(session, new, actor, world.clock)
    service.save_marks(session, begun.id, _marks(person), actor, world.clock)
    completion = Completion()
    if overrides:
        combined = service.preview(session, begun)
        if combined is not None and combined.level is not Level.L2:
            higher = Level.from_rank(combined.level.rank + 1)
            completion = Completion(Override(higher, OverrideCode.SPEAKING_STRONGER))
    service.complete(session, begun.id, completion, actor, world.clock)


def _marks(person: SimPerson) -> Marks:
    marks = tuple(
        Mark(skill, code, person.skills[skill].rank)
        for skill, rubric in rubrics().items()
        for code in rubric.codes
    )
    schooled = person.years_schooling >= 6
    return Marks(
        marks=marks,
        literacy=Literacy(
            need=person.literacy,
            roman_script=Script.FLUENT if person.reads_roman and schooled else Script.LETTERS,
            first_language=person.person.preferred_language or "",
            reads_first_language=Ease.YES if schooled else Ease.LITTLE,
            writes_first_language=Ease.YES if schooled else Ease.NO,
            years_schooling=person.years_schooling,
        ),
    )


def _the(value: UUID | None) -> UUID:
    if value is None:
        raise ValueError("a booked slot has an appointment")
    return value


def london_date(at: datetime) -> date:
    return at.astimezone(LONDON).date()
