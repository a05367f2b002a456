"""Providers and the matching: classes published, places confirmed, rounds released, offers answered, courses taught."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.core.errors import RuleBroken
from hub.core.permissions import Actor
from hub.demo.borough import ProviderTeam
from hub.demo.classes import PlannedClass
from hub.demo.year.world import Act, Todo, World, todo, without_last
from hub.infra.db import transaction
from hub.matching import reads as matching_reads
from hub.matching import service as matching
from hub.matching.domain.enrolments import Attendance, Completion, EnrolmentState, Leaving, Start
from hub.matching.domain.offers import DeclineDecision, LearnerAnswer, OfferState, Refusal, SilenceDecision
from hub.matching.domain.rounds import NewRound, RoundKind
from hub.provision import reads as provision_reads
from hub.provision import service as provision
from hub.provision.domain import SaveClass
from hub.steps.domain import StepKind

REFUSALS = (
    Refusal("no_capacity"),
    Refusal("wrong_level", "Met the learner at our open day: a level lower."),
)
_LEAVES = ("work_or_caring", "moved_away", "health", "no_longer_interested", "childcare")
REACHED_BY_PHONE = 0.5
LEAVES_A_WEEK = 0.012
ATTENDANCE_KEPT = 0.06
"""Share of registers that are sent each week: enough to see, few enough to be quick."""


def publish(world: World, planned: Sequence[PlannedClass]) -> None:
    """Providers publish the classes whose day it is."""
    for one in planned:
        asked = SaveClass(details=one.details, organisation_id=one.team.organisation_id)
        world.together(one.team.actor, [_saving(world, asked, one.team)])


def _saving(world: World, asked: SaveClass, team: ProviderTeam) -> Act:
    return lambda session: provision.save_class(session, asked, team.actor, world.clock)


def confirm_places(world: World, leave: int = 0) -> None:
    """Providers confirm free places; a few leave them stale."""
    with transaction(world.borough.manager) as session:
        found = todo(session, [StepKind.PLACES_TO_CONFIRM])
        views = provision_reads.classes(session, [one.subject_id for one in found])
    for one in without_last(found, leave):
        stale = one.subject_id.int % 100 < 100 * world.parameters.conduct["places_left_stale"]
        if stale or one.subject_id not in views or world.rng.random() < 0.4:
            continue
        view, actor = views[one.subject_id], _team(world, one).actor
        taken_directly = view.free > 2 and world.rng.random() < 0.08
        world.together(actor, [_confirming(world, view.id, view.free - taken_directly, actor)])


def _confirming(world: World, class_id: UUID, free: int, actor: Actor) -> Act:
    return lambda session: provision.confirm_places(session, class_id, free, actor, world.clock)


def _team(world: World, step: Todo) -> ProviderTeam:
    return world.borough.team(step.organisation_id)


# ---------------------------------------------------------------- rounds


def run_rounds(world: World, *, release: bool = True) -> None:
    """The manager previews the weekly round when it is due, and releases what waits, refills too."""
    manager, hub_id = world.borough.manager, world.borough.manager.organisation_id
    with transaction(manager) as session:
        found = todo(session, [StepKind.ROUND_TO_RUN])
    if any(one.subject_id == hub_id for one in found):
        world.together(manager, [lambda session: _preview(session, world)])
        with transaction(manager) as session:
            found = todo(session, [StepKind.ROUND_TO_RUN])
    rounds = [one.subject_id for one in found if one.subject_id != hub_id]
    for round_id in rounds if release else ():
        world.together(manager, [_releasing(world, round_id)])


def _preview(session: Session, world: World) -> None:
    try:
        matching.preview(session, NewRound(RoundKind.WEEKLY), world.borough.manager, world.clock)
    except RuleBroken as error:
        if error.code not in {"nobody_waiting", "no_classes"}:
            raise


def _releasing(world: World, round_id: UUID) -> Act:
    return lambda session: matching.release(session, round_id, None, world.borough.manager, world.clock)


# ---------------------------------------------------------------- offers


def answer_offers(world: World, leave: int = 0) -> None:
    """Providers accept, decline with a reason, or say nothing."""
    with transaction(world.borough.manager) as session:
        found = todo(session, [StepKind.OFFER_PROVIDER])
    by_team: dict[UUID, list[Act]] = {}
    for one in without_last(found, leave):
        act = _answer(world, one)
        if act is not None:
            by_team.setdefault(one.organisation_id, []).append(act)
    for organisation_id, acts in by_team.items():
        world.together(world.borough.team(organisation_id).actor, acts)


def _answer(world: World, one: Todo) -> Act | None:
    actor, clock = _team(world, one).actor, world.clock
    lot = world.rng.random()
    if one.subject_id.int % 1000 < 1000 * world.parameters.conduct["provider_silent"] or lot < 0.3:
        return None
    if world.happens("provider_declines"):
        refusal = REFUSALS[world.rng.randrange(len(REFUSALS))]
        return lambda session: matching.decline_as_provider(session, one.subject_id, refusal, actor, clock)
    return lambda session: matching.accept_as_provider(session, one.subject_id, actor, clock)


def decide_offers(world: World, leave: int = 0) -> None:
    """The hub looks at refusals, at silence, and at places of those who took a permission back."""
    manager = world.borough.manager
    with transaction(manager) as session:
        found = todo(session, [StepKind.OFFER_TO_DECIDE])
        offers = {one.subject_id: matching_reads.offer(session, one.subject_id) for one in found}
    acts: list[Act] = []
    for one in without_last(found, leave):
        offer = offers[one.subject_id]
        yes = world.rng.random() < 0.75
        if offer is None:
            acts.append(_sending_back(world, one.subject_id))
        elif offer.state is OfferState.DECLINE_REVIEW:
            acts.append(_deciding_decline(world, one.subject_id, DeclineDecision(uphold=yes)))
        elif offer.state is OfferState.HUB_DECIDES:
            acts.append(_deciding_silence(world, one.subject_id, SilenceDecision(accept=yes)))
    world.together(manager, acts)


def _deciding_decline(world: World, offer_id: UUID, decision: DeclineDecision) -> Act:
    return lambda s: matching.decide_decline(s, offer_id, decision, world.borough.manager, world.clock)


def _deciding_silence(world: World, offer_id: UUID, decision: SilenceDecision) -> Act:
    return lambda s: matching.decide_silence(s, offer_id, decision, world.borough.manager, world.clock)


def _sending_back(world: World, enrolment_id: UUID) -> Act:
    return lambda s: matching.return_to_list(
        s, enrolment_id, "no_response", world.borough.manager, world.clock
    )


def ring_learners(world: World) -> None:
    """The hub rings those whose last day it is, and those whom no text may reach; some answer."""
    manager = world.borough.manager
    with transaction(manager) as session:
        found = todo(session, [StepKind.OFFER_LEARNER], until=world.today)
    acts: list[Act] = []
    for one in found:
        if world.rng.random() < REACHED_BY_PHONE:
            yes = not world.happens("learner_says_no")
            answer = LearnerAnswer(yes, None if yes else "time", channel="phone")
            acts.append(_answering(world, one.subject_id, answer))
    world.together(manager, acts)


def _answering(world: World, offer_id: UUID, answer: LearnerAnswer) -> Act:
    return lambda s: matching.answer_as_learner(s, offer_id, answer, world.borough.manager, world.clock)


# ---------------------------------------------------------------- courses


def report_starts(world: World, leave: int = 0) -> None:
    """Who came on the first day; the hub rings those who did not."""
    with transaction(world.borough.manager) as session:
        found = todo(session, [StepKind.ENROLMENT_TO_START])
        states = _enrolments(session, [one.subject_id for one in found])
    due = [one for one in found if states[one.subject_id][1] <= world.today]
    by_actor: dict[Actor, list[Act]] = {}
    for one in without_last(due, leave):
        state, expected_on = states[one.subject_id]
        if state == EnrolmentState.NO_SHOW:
            by_actor.setdefault(world.borough.manager, []).append(_after_no_show(world, one.subject_id))
        elif world.rng.random() < 0.7:
            actor = _team(world, one).actor
            by_actor.setdefault(actor, []).append(_report(world, one.subject_id, expected_on, actor))
    for actor, acts in by_actor.items():
        world.together(actor, acts)


def _enrolments(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, tuple[str, date]]:
    rows = session.execute(
        text("SELECT id, state, expected_on FROM enrolment WHERE id = ANY(:ids)"), {"ids": list(ids)}
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _report(world: World, enrolment_id: UUID, on: date, actor: Actor) -> Act:
    if world.happens("no_show"):
        return lambda session: matching.no_show(session, enrolment_id, actor, world.clock)
    return lambda session: matching.start(session, enrolment_id, Start(on), actor, world.clock)


def _after_no_show(world: World, enrolment_id: UUID) -> Act:
    manager, clock = world.borough.manager, world.clock
    if world.rng.random() < 0.5:
        return lambda session: matching.expect_again(session, enrolment_id, manager, clock)
    return lambda session: matching.return_to_list(session, enrolment_id, "no_response", manager, clock)


def keep_registers(world: World) -> None:
    """A week's attendance for some, and the few who leave before the end."""
    with transaction(world.borough.manager) as session:
        rows = session.execute(_STARTED).all()
    monday = world.today - timedelta(days=7 + world.today.weekday())
    by_actor: dict[Actor, list[Act]] = {}
    for enrolment_id, organisation_id, started_on in rows:
        actor = world.borough.team(organisation_id).actor
        if world.rng.random() < LEAVES_A_WEEK:
            reason = _LEAVES[world.rng.randrange(len(_LEAVES))]
            by_actor.setdefault(actor, []).append(_leaving(world, enrolment_id, reason, actor))
        elif started_on <= monday and world.rng.random() < ATTENDANCE_KEPT:
            week = Attendance(monday, float(world.rng.choices((4, 3, 2, 0), (60, 20, 14, 6))[0]), 4.0)
            by_actor.setdefault(actor, []).append(_attending(world, enrolment_id, week, actor))
    for actor, acts in by_actor.items():
        world.together(actor, acts)


_STARTED = text(
    "SELECT id, organisation_id, started_on FROM enrolment WHERE state = 'started' ORDER BY created_at, id"
)


def _leaving(world: World, enrolment_id: UUID, reason: str, actor: Actor) -> Act:
    leaving = Leaving(world.today, reason)
    return lambda session: matching.leave(session, enrolment_id, leaving, actor, world.clock)


def _attending(world: World, enrolment_id: UUID, week: Attendance, actor: Actor) -> Act:
    return lambda session: matching.attendance(session, enrolment_id, week, actor, world.clock)


def finish_courses(world: World) -> None:
    """Courses that are over: achieved, not achieved; half of those who can go on want to."""
    with transaction(world.borough.manager) as session:
        found = todo(session, [StepKind.COURSE_TO_FINISH], until=world.today)
        ends = session.execute(_ENDS, {"ids": [one.subject_id for one in found]}).all()
    over = {row[0]: (row[1], row[2]) for row in ends}
    by_actor: dict[Actor, list[Act]] = {}
    for one in found:
        level, ends_on = over[one.subject_id]
        if ends_on < world.today:
            actor = _team(world, one).actor
            by_actor.setdefault(actor, []).append(_finishing(world, one.subject_id, level, (ends_on, actor)))
    for actor, acts in by_actor.items():
        world.together(actor, acts)


_ENDS = text("SELECT id, level, course_ends_on FROM enrolment WHERE id = ANY(:ids)")


def _finishing(world: World, enrolment_id: UUID, level: str, about: tuple[date, Actor]) -> Act:
    ends_on, actor = about
    achieved = world.happens("completes")
    wants_next = achieved and level != "L2" and world.rng.random() < 0.5
    done = Completion(ends_on, achieved=achieved, wants_next=wants_next)
    return lambda session: matching.complete(session, enrolment_id, done, actor, world.clock)
