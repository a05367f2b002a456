"""The last day of the serving demo: lived only in part, so that for each role something is left to do.

What is written to learners today is left in the outbox: the real worker sends it once the phones are there.
"""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text

from hub.assessment import reads as assessments
from hub.assessment import service as assessing
from hub.assessment.domain import Mode, NewBooking, SlotRun
from hub.core.clock import LONDON
from hub.core.permissions import Actor
from hub.demo.classes import PlannedClass
from hub.demo.people import SimPerson
from hub.demo.year import intake, office, teaching
from hub.demo.year.intake import Arrival
from hub.demo.year.run import Year
from hub.demo.year.world import Act, World, todo
from hub.infra.db import transaction
from hub.matching import reads as matching_reads
from hub.matching import service as matching
from hub.matching.domain.offers import OfferState
from hub.matching.domain.rounds import NewRound
from hub.provision import service as provision
from hub.provision.domain import SaveClass
from hub.referrals import reads as referral_reads
from hub.referrals import service as referrals
from hub.referrals.domain import ReferralState
from hub.referrals.service.information import Question
from hub.steps.domain import StepKind

NEW_CLASSES_WITHIN = timedelta(days=75)
WRITE_TODAY = ("Can I change my day? I work on Monday now.", "Hello is there childcare please", "STOP")
AGAIN_TODAY = 3
OWN_TODAY = 3
EARLIEST, LATEST = 7, 20  # London hours between which appointments can still be made for today


def live(year: Year) -> None:
    """Jobs and people up to this moment."""
    world = year.world
    for job in year.jobs:
        job.run(world.clock)
    _classes_come(year)
    _referrals_come(year)
    _ask_the_referrer(world)
    office.review(world, leave=4)
    _appointments_today(world)
    office.book(world, leave=3)
    _round(world)
    _providers_answer(world)
    _people_write(year)


def _classes_come(year: Year) -> None:
    """Providers publish what they had planned to publish in the next weeks, so that there are free places."""
    world = year.world
    coming = [one for day, own in year.classes.items() if day >= world.today for one in own]
    soon = [one for one in coming if one.details.start_on <= world.today + NEW_CLASSES_WITHIN]
    teaching.publish(world, soon)
    later = [one for one in coming if one not in soon]
    for one in later[:4]:
        world.together(one.team.actor, [_drafting(world, one)])


def _drafting(world: World, one: PlannedClass) -> Act:
    asked = SaveClass(details=one.details, organisation_id=one.team.organisation_id, publish=False)
    return lambda session: provision.save_class(session, asked, one.team.actor, world.clock)


def _referrals_come(year: Year) -> None:
    """New people, and some whom another organisation has referred before."""
    world = year.world
    arrivals = list(year.arrivals.get(world.today, ()))
    own = [replace(one, source="jobcentre") for one in arrivals[:OWN_TODAY]]
    intake.refer(world, own, shown_referrer(world))
    intake.receive(world, arrivals[OWN_TODAY:] + _known_people(world))


def _known_people(world: World) -> list[Arrival]:
    with transaction(world.borough.manager) as session:
        rows = session.execute(_RECENT).all()
    people: list[SimPerson] = []
    for (learner_id,) in rows:
        person = world.people.get(learner_id)
        if person is not None and person not in people and person.source != "charity":
            people.append(person)
    return [Arrival(one, "charity", again=True) for one in people[:AGAIN_TODAY]]


_RECENT = text(
    "SELECT learner_id FROM referral WHERE state IN ('waiting', 'to_assess') ORDER BY submitted_at DESC LIMIT 60"
)


def shown_referrer(world: World) -> Actor:
    """The referrer whose sign-in the demo prints."""
    team = world.borough.referrers["jobcentre"]
    first = team[0].organisation_id
    return min((one for one in team if one.organisation_id == first), key=lambda one: one.name)


def _ask_the_referrer(world: World) -> None:
    """Two questions of the hub to the referrer who signs in."""
    worker, manager = shown_referrer(world), world.borough.manager
    with transaction(manager) as session:
        wanted = referral_reads.Filter(
            states=frozenset({ReferralState.SUBMITTED}), worker_id=worker.id, newest_first=True, limit=2
        )
        found = referral_reads.worklist(session, wanted)
    for one, topics in zip(found, (("availability", "phone"), ("address",)), strict=False):
        world.together(manager, [_asking(world, one.id, topics)])


def _asking(world: World, referral_id: UUID, topics: tuple[str, ...]) -> Act:
    question = Question(topics, "")
    return lambda session: referrals.ask_information(
        session, referral_id, question, world.borough.manager, world.clock
    )


def _appointments_today(world: World) -> None:
    """Slots in the next hours, whatever day of the week it is, and learners booked into some of them."""
    now = world.clock.now().astimezone(LONDON)
    if not EARLIEST <= now.hour < LATEST:
        return
    start = (now + timedelta(minutes=40)).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    for actor in world.borough.assessors:
        if actor.id is not None and start.hour <= 22 and start.date() == now.date():
            run = SlotRun(
                actor.id,
                now.date(),
                start.time(),
                start.replace(hour=23, minute=30).time(),
                30,
                0,
                Mode.PHONE,
            )
            world.together(world.borough.manager, [_slots(world, run)])
    _book_today(world, now.date())


def _slots(world: World, run: SlotRun) -> Act:
    return lambda session: assessing.offer_slots(session, run, world.borough.manager, world.clock)


def _book_today(world: World, today: date) -> None:
    with transaction(world.borough.manager) as session:
        waiting = todo(session, [StepKind.APPOINTMENT_TO_MAKE])
        free = [one for one in assessments.free_slots(session, world.clock.now(), 60) if one.day == today]
    for one, slot in zip(waiting[:6], free, strict=False):
        if one.learner_id is not None:
            booking = NewBooking(one.subject_id, one.learner_id, slot.id)
            world.together(world.borough.manager, [office.booking(world, booking)])


def _round(world: World) -> None:
    """A round of today: three quarters of it released, the rest left to the manager."""
    manager = world.borough.manager
    world.together(manager, [lambda session: matching.preview(session, NewRound(), manager, world.clock)])
    with transaction(manager) as session:
        rows = session.execute(_PROPOSED).all()
    lines = [line_id for _, line_id in rows]
    if lines:
        kept, round_id = lines[: max(1, len(lines) * 3 // 4)], rows[0][0]
        world.together(
            manager, [lambda session: matching.release(session, round_id, kept, manager, world.clock)]
        )


_PROPOSED = text(
    "SELECT match_round_id, id FROM match_line WHERE state = 'proposed' AND match_round_id = "
    "(SELECT id FROM match_round WHERE kind = 'weekly' ORDER BY created_at DESC, id DESC LIMIT 1) ORDER BY key"
)


def _providers_answer(world: World) -> None:
    """Each provider has answered half of its offers; one said no, for the hub to look at."""
    with transaction(world.borough.manager) as session:
        found = matching_reads.offers_in_states(session, {OfferState.WITH_PROVIDER}, limit=500)
    for team in world.borough.providers:
        own = [one for one in found if one.organisation_id == team.organisation_id]
        answered = own[: len(own) // 2]
        acts = [_accepting(world, one.id, team.actor) for one in answered[1:]]
        world.together(team.actor, acts)
        if answered and len(own) > 4:
            world.together(team.actor, [_declining(world, answered[0].id, team.actor)])


def _accepting(world: World, offer_id: UUID, actor: Actor) -> Act:
    return lambda session: matching.accept_as_provider(session, offer_id, actor, world.clock)


def _declining(world: World, offer_id: UUID, actor: Actor) -> Act:
    refusal = teaching.REFUSALS[1]
    return lambda session: matching.decline_as_provider(session, offer_id, refusal, actor, world.clock)


def _people_write(year: Year) -> None:
    """Texts for the hub to answer, and a STOP."""
    people = [arrival.person for arrival in year.arrivals.get(year.world.today, ())]
    people = [one for one in people if (one.person.phone or "").startswith("+447")]
    for person, words in zip(people, WRITE_TODAY, strict=False):
        year.post.write(person, words)
