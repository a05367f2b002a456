"""Referrals arrive: by month, by source, some twice by different organisations."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sqlalchemy.orm import Session

from hub.consent.domain import CURRENT_VERSION, languages_of
from hub.core.permissions import Actor
from hub.core.working_days import is_working_day
from hub.demo.parameters import Parameters
from hub.demo.people import SimPerson
from hub.demo.year.world import World, days
from hub.demo.year.writing import of_a_household, written_again
from hub.infra.calendars import holidays
from hub.learners.domain import NewPerson
from hub.referrals import service as referrals
from hub.referrals.domain import Channel, Source
from hub.referrals.service import ConsentGiven, NewReferral

_CHANNELS = {
    "self": Channel.SELF,
    "jobcentre": Channel.API,
    "council_resettlement": Channel.FILE,
    "housing": Channel.FILE,
}
_AGAIN_AFTER = (3, 90)
"""Days between two referrals of one person."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody is referred on a day, through a source; `again` when they were referred before."""

    person: SimPerson
    source: str
    again: bool


def plan(
    rng: Random, parameters: Parameters, people: Sequence[SimPerson], span: tuple[date, date]
) -> dict[date, list[Arrival]]:
    """Who is referred on which working day, and who again."""
    open_days = [day for day in days(*span) if is_working_day(day, holidays())]
    weights = [parameters.month_weight(day.month) for day in open_days]
    planned: dict[date, list[Arrival]] = defaultdict(list)
    share = parameters.mix["duplicate_referrals"]
    for person, day in zip(people, rng.choices(open_days, weights, k=len(people)), strict=True):
        planned[day].append(Arrival(person, person.source, again=False))
        if rng.random() < share / (1 - share):
            later = day + timedelta(days=rng.randrange(*_AGAIN_AFTER))
            usable = [one for one in open_days if one >= later][:1]
            others = {k: v for k, v in parameters.mix["source"].items() if k != person.source}
            source = rng.choices(list(others), list(others.values()))[0]
            for again_on in usable:
                planned[again_on].append(Arrival(person, source, again=True))
    return planned


def receive(world: World, arrivals: Sequence[Arrival]) -> None:
    """Submit the referrals of one morning, each organisation's together."""
    by_actor: dict[Actor, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        known = arrival.person.referred_by
        team = [one for one in world.borough.referrers[arrival.source] if one.organisation_id not in known]
        if team:  # nobody refers the same person twice
            actor = team[world.rng.randrange(len(team))]
            known.add(actor.organisation_id)
            by_actor[actor].append(arrival)
    for actor, own in by_actor.items():
        refer(world, own, actor)


def refer(world: World, arrivals: Sequence[Arrival], actor: Actor) -> None:
    """One person refers these learners."""
    acts = [_Submit(world, arrival, _referral(world, arrival), actor) for arrival in arrivals]
    world.together(actor, acts)


@dataclass(frozen=True, slots=True)
class _Submit:
    world: World
    arrival: Arrival
    new: NewReferral
    actor: Actor

    def __call__(self, session: Session) -> None:
        world = self.world
        made = referrals.submit(session, self.new, self.actor, world.clock)
        world.know(self.arrival.person, made.learner_id)


def _referral(world: World, arrival: Arrival) -> NewReferral:
    person, rng = arrival.person, world.rng
    if not arrival.again and rng.random() < world.parameters.mix["unreachable_at_first"]:
        person.unreachable_until = world.today + timedelta(days=rng.randrange(4, 15))
    channel = _CHANNELS.get(arrival.source, Channel.PAGE)
    if channel is Channel.API and rng.random() < 0.5:
        channel = Channel.PAGE
    return NewReferral(
        person=_as_written(world, arrival),
        source=Source(arrival.source),
        consent=_consent(world, person, channel),
        needs=person.needs,
        reason="Wants to learn English for everyday life and work." if rng.random() < 0.3 else "",
        mandated=person.mandated and arrival.source == "jobcentre",
        channel=channel,
    )


def _consent(world: World, person: SimPerson, channel: Channel) -> ConsentGiven:
    """Asked in the learner's language where the words exist in it, else with an interpreter; some files do
    not say which words were read."""
    language = person.person.preferred_language or "en"
    known = {one.code for one in languages_of()}
    proven = channel is not Channel.FILE or world.rng.random() < 0.7
    return ConsentGiven(
        given_on=world.today,
        channel="paper" if channel is Channel.FILE else "in_person",
        purposes=person.purposes,
        language=(language if language in known else "en") if proven else None,
        wording_version=CURRENT_VERSION if proven else None,
        interpreter_used=proven and language not in known,
    )


def _as_written(world: World, arrival: Arrival) -> NewPerson:
    """The person as this organisation's form has them; some are relatives of somebody known."""
    person, rng = arrival.person.person, world.rng
    if arrival.again:
        return written_again(rng, world.parameters, person)
    if rng.random() < world.parameters.mix["of_a_household"]:
        arrival.person.person = of_a_household(rng, person, world.people.values())
    return arrival.person.person


def everybody(planned: dict[date, list[Arrival]]) -> Iterator[Arrival]:
    for arrivals in planned.values():
        yield from arrivals
