"""Providers' old lists: who waits on them, and that the hub takes every line in."""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from hub.core.permissions import Role
from hub.demo.borough import Borough, ProviderTeam
from hub.demo.build import FEWEST_REFERRED, Plan
from hub.demo.parameters import parameters
from hub.demo.people import invent
from hub.demo.year import lists
from hub.demo.year.world import World
from hub.learners.models import Learner
from hub.waitlist.models import ListedPlace, WaitlistEntry

FIRST = date(2027, 1, 11)


def some(number: int):
    return list(invent(Random("l"), parameters(), number, FIRST))


@pytest.fixture
def teams(session, person, organise):
    kinds = ("charity", "college", "library")
    made = [organise(session, "provider", kind) for kind in kinds]
    return [
        ProviderTeam(person(session, Role.PROVIDER, one), {"share": share})
        for one, share in zip(made, (3, 2, 1), strict=True)
    ]


def test_everybody_waits_somewhere_and_some_on_several_lists(teams):
    planned = lists.plan(Random("l"), parameters(), some(300), teams, FIRST)
    own = [one for day in planned.values() for one in day]
    on = Counter(id(place.person) for one in own for place in one.places)
    assert len(on) == 300
    assert all(len({id(place.person) for place in one.places}) == len(one.places) for one in own)
    assert 20 < sum(number > 1 for number in on.values()) < 60
    assert all(place.since < FIRST for one in own for place in one.places)


def test_each_line_is_taken_in_whatever_the_headings(session, person, teams, clock):
    world = World(clock, Random("l"), parameters(), Borough(managers=[person(session, Role.HUB_MANAGER)]))
    planned = lists.plan(Random("l"), parameters(), some(12), teams, FIRST)
    own = [one for day in sorted(planned) for one in planned[day]]
    lists.hand_in(world, own)
    lines = sum(len(one.places) for one in own)
    assert not world.refused
    assert session.scalar(select(func.count()).select_from(ListedPlace)) == lines
    assert session.scalar(select(func.count()).select_from(WaitlistEntry)) == lines
    assert world.people.keys() == set(session.scalars(select(Learner.id)))
    assert all(one.listed for one in world.people.values())


@pytest.mark.parametrize(
    ("learners", "days", "listed"),
    [(1000, 365, 0), (1000, 91, 751), (200, 91, 140), (FEWEST_REFERRED, 91, 0), (20, 91, 0)],
)
def test_a_month_brings_as_many_as_were_published(learners, days, listed):
    assert Plan(learners, FIRST, FIRST + timedelta(days=days - 1), "s").listed == listed
