"""From an empty database to a borough in the middle of its work."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from hub.core.clock import FixedClock, london_time
from hub.core.ids import ids_from
from hub.core.permissions import SYSTEM
from hub.demo import borough as partnership
from hub.demo.borough import Borough
from hub.demo.classes import PlannedClass, plan
from hub.demo.parameters import parameters
from hub.demo.people import invent
from hub.demo.year import intake, lists, today
from hub.demo.year.intake import Arrival
from hub.demo.year.post import Post
from hub.demo.year.run import Year
from hub.demo.year.world import World, seeded_ids
from hub.infra.collector import sparing_the_collector
from hub.infra.db import runtime, transaction
from hub.wiring import JOBS

Progress = Callable[[date], None]
CLASSES_AHEAD = timedelta(days=110)
EASING = timedelta(days=4)
KEPT_BACK = 8


FEWEST_REFERRED = 60
"""In a borough as small as this nobody is left to the old lists: there is to be something of everything to see."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How large a borough, from which day to which, from which seed.

    `learners` is what a year brings. Where the hub opened less than a year ago, those of the months before it wait on
    the providers' old lists: everybody is there, and as many are referred in a month as were published.
    """

    learners: int
    first: date
    last: date
    seed: str

    @property
    def listed(self) -> int:
        """How many come from the old lists; of a few learners none."""
        lived = round(self.learners * ((self.last - self.first).days + 1) / 365)
        return max(0, self.learners - max(lived, FEWEST_REFERRED))


def simulate(plan_: Plan, clock: FixedClock, progress: Progress) -> Year:
    """Build the partnership and live the days of the plan on the configured database."""
    rng = Random(f"{plan_.seed}/ids")
    with ids_from(seeded_ids(rng, clock)), sparing_the_collector():
        year = prepare(plan_, clock)
        year.run(plan_.first, plan_.last, progress)
    return year


def prepare(plan_: Plan, clock: FixedClock, kept_back: int = 0) -> Year:
    """The partnership, and who will be referred and which classes will be held on which day.

    `kept_back` people are referred on the last day whatever the lot says.
    """
    clock.move_to(london_time(plan_.first, 2))
    with transaction(SYSTEM) as session:
        borough = partnership.build(session, clock, plan_.learners)
    world = World(clock, Random(f"{plan_.seed}/conduct"), parameters(), borough)
    people = list(invent(Random(f"{plan_.seed}/people"), parameters(), plan_.learners, plan_.first))
    span = (plan_.first, plan_.last)
    old, people = people[: plan_.listed], people[plan_.listed :]
    usual = people[kept_back:]
    arrivals = intake.plan(Random(f"{plan_.seed}/arrivals"), parameters(), usual, span)
    arrivals[plan_.last] = [Arrival(one, one.source, again=False) for one in people[:kept_back]]
    rows = lists.plan(Random(f"{plan_.seed}/lists"), parameters(), old, borough.providers, plan_.first)
    post = Post.open(world, runtime().settings)
    return Year(world, post, JOBS, arrivals, _classes(plan_, borough), rows)


def _classes(plan_: Plan, borough: Borough) -> dict[date, list[PlannedClass]]:
    """Classes by the day they are published; those that should have been before the first day come on it."""
    span = (plan_.first + timedelta(days=7), plan_.last + CLASSES_AHEAD)
    planned = plan(Random(f"{plan_.seed}/classes"), parameters(), borough, plan_.learners, span)
    by_day: dict[date, list[PlannedClass]] = defaultdict(list)
    for one in planned:
        by_day[max(one.publish_on, plan_.first)].append(one)
    return by_day


def build_until_now(plan_: Plan, clock: FixedClock, progress: Progress) -> Year:
    """The same life, ended in the middle of today's work, with something of everything left to do."""
    now = clock.now()
    rng = Random(f"{plan_.seed}/ids")
    with ids_from(seeded_ids(rng, clock)), sparing_the_collector():
        year = prepare(plan_, clock, kept_back=KEPT_BACK)
        year.ease_from = plan_.last - EASING
        year.run(plan_.first, plan_.last - timedelta(days=1), progress)
        clock.move_to(now)
        today.live(year)
    return year
