"""One day after the other: the jobs of the scheduler at their times, and people at theirs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text

from hub.consent import service as consents
from hub.core.clock import london_time
from hub.demo.classes import PlannedClass
from hub.demo.invariants import Violations, check
from hub.demo.year import assessing, intake, lists, office, teaching
from hub.demo.year.intake import Arrival
from hub.demo.year.lists import OldList
from hub.demo.year.post import Post
from hub.demo.year.world import World
from hub.infra.db import transaction
from hub.infra.jobs import Job
from hub.referrals import service as referrals
from hub.referrals.domain import Ending, Outcome

Doing = Callable[[], object]
Progress = Callable[[date], None]
DIARY_DAYS = 14
LEFT = 3


@dataclass(slots=True)
class Year:
    """Everything that happens between two days. `violations` counts what the weekly checks found.

    From `ease_from` on people leave a little of everything for the next day.
    """

    world: World
    post: Post
    jobs: Sequence[Job]
    arrivals: Mapping[date, Sequence[Arrival]]
    classes: Mapping[date, Sequence[PlannedClass]]
    lists: Mapping[date, Sequence[OldList]] = field(default_factory=dict)
    violations: Violations = field(default_factory=Violations)
    ease_from: date | None = None

    def run(self, first: date, last: date, progress: Progress) -> None:
        """Live from the first to the last day."""
        self.world.clock.move_to(london_time(first, 3))
        assessing.open_diaries(self.world, first, first + timedelta(days=DIARY_DAYS + 6 - first.weekday()))
        day = first
        while day <= last:
            self.world.clock.move_to(max(self.world.clock.now(), london_time(day, 2, 5)))
            for hour, minute, do in sorted(self._agenda(day), key=lambda one: one[:2]):
                self.world.at(hour, minute)
                do()
            progress(day)
            day += timedelta(days=1)

    def _agenda(self, day: date) -> list[tuple[int, int, Doing]]:
        found = [(*_time_of(job), self._job(job)) for job in self.jobs]
        found += [(8, 30, self.post.deliver), (18, 5, self.post.answer), (18, 40, self.post.deliver)]
        found.append((9, 5, lambda: teaching.publish(self.world, self.classes.get(day, ()))))
        if self.world.is_working_day:
            found += self._working_day(day)
        if day.weekday() == 6:
            found.append((22, 0, lambda: self.violations.add(check(self.world.clock))))
        return found

    def _working_day(self, day: date) -> list[tuple[int, int, Doing]]:
        world = self.world
        leave = LEFT if self.ease_from is not None and day >= self.ease_from else 0
        found: list[tuple[int, int, Doing]] = [
            (9, 8, lambda: lists.hand_in(world, self.lists.get(day, ()))),
            (9, 10, lambda: intake.receive(world, self.arrivals.get(day, ()))),
            (9, 15, lambda: office_hours(world, leave)),
            (9, 25, lambda: assessing.keep_appointments(world)),
            (15, 40, lambda: providers_hours(world, leave)),
        ]
        if day.weekday() == 0:
            ahead = (day + timedelta(days=DIARY_DAYS), day + timedelta(days=DIARY_DAYS + 6))
            found.append((9, 0, lambda: assessing.open_diaries(world, *ahead)))
            found.append((16, 30, lambda: teaching.keep_registers(world)))
            found.append((16, 40, lambda: changes_of_mind(world)))
        return found

    def _job(self, job: Job) -> Doing:
        return lambda: job.run(self.world.clock)


def _time_of(job: Job) -> tuple[int, int]:
    """When a job runs in the simulation: at its own time, or once in the evening where it runs all day long."""
    if "hour" in job.trigger:
        return int(job.trigger["hour"]), int(job.trigger.get("minute", 0))
    return 18, 10


def office_hours(world: World, leave: int = 0) -> None:
    """A manager's morning, with so many of each kind left for tomorrow."""
    office.decide_duplicates(world, leave)
    office.review(world, leave)
    office.book(world, leave)
    office.answer_messages(world, leave)
    office.answer_questions(world, leave)
    office.call_waiting(world)
    teaching.ring_learners(world)
    teaching.run_rounds(world)


def providers_hours(world: World, leave: int = 0) -> None:
    """The providers' afternoon, and the hub's answers to it."""
    teaching.confirm_places(world, leave)
    teaching.answer_offers(world)
    teaching.decide_offers(world, leave)
    teaching.report_starts(world, leave)
    teaching.finish_courses(world)


def changes_of_mind(world: World) -> None:
    """Some take a permission back, some move away: told to the hub by phone."""
    share = world.parameters.conduct["withdraws_consent"] / 4
    manager = world.borough.manager
    with transaction(manager) as session:
        rows = session.execute(_WAITING).all()
    for learner_id, case_id in rows:
        lot = world.rng.random()
        if lot < share:
            purpose = ("P06", "P05", "P07")[world.rng.randrange(3)]
            world.together(manager, [_taking_back(world, learner_id, purpose)])
        elif lot < 2 * share:
            world.together(manager, [_moving_away(world, case_id)])


_WAITING = text("SELECT learner_id, id FROM referral WHERE state = 'waiting' ORDER BY submitted_at, id")


def _taking_back(world: World, learner_id: UUID, purpose: str) -> Callable[..., object]:
    return lambda session: consents.withdraw(
        session, learner_id, {purpose}, world.borough.manager, world.clock, relayed=True
    )


def _moving_away(world: World, case_id: UUID) -> Callable[..., object]:
    ending = Ending(Outcome.WITHDRAWN_BY_LEARNER, "moved_away")
    return lambda session: referrals.close(session, case_id, ending, world.borough.manager, world.clock)
