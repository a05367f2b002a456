"""Acceptance 7 of 'same person': merging and parting again restores entries, offers, places, permissions and messages
of both sides, for random people at every stage of the way, through the reactions of all slices."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hub.consent import service as consents
from hub.consent.domain import NewConsent
from hub.consent.models import Consent
from hub.core.errors import RuleBroken
from hub.core.permissions import SYSTEM, Role
from hub.infra.db import react
from hub.learners import reads, service
from hub.learners.models import SplitItem
from hub.matching import service as matching
from hub.matching.domain import LearnerAnswer, Refusal
from hub.matching.models import Enrolment, Offer
from hub.messaging import service as messaging
from hub.messaging.models import Message
from hub.provision.models import EsolClass
from hub.steps.models import Step
from hub.steps.queries import OPEN
from hub.waitlist import service as waitlist
from hub.waitlist.domain import Pause
from hub.waitlist.models import WaitlistEntry
from tests.slices.matching.conftest import World, put_agreement, put_postcodes

STAGES = ("waiting", "paused", "with_provider", "with_learner", "refused", "enrolled")


@pytest.fixture
def world(session, person, clock):
    put_postcodes(session)
    manager, college = person(session, Role.HUB_MANAGER), person(session, Role.PROVIDER)
    put_agreement(session, manager.organisation_id, college.organisation_id, clock)
    return World(session, clock, manager, college)


def build(world, stages):
    """Learners at their stages, each with a permission and a message; their ids."""
    session, clock = world.session, world.clock
    world.add_class(capacity=len(stages))
    later = {"waiting", "paused"}
    offered = [(stage, world.add_learner()) for stage in stages if stage not in later]
    if offered:
        world.release()
    made = offered + [(stage, world.add_learner()) for stage in stages if stage in later]
    offers = {one.learner_id: one.id for one in session.scalars(select(Offer))}
    for stage, entry in made:
        allowed = frozenset({"P06"} if stage == "waiting" else {"P05", "P06"})
        asked = NewConsent(
            given_on=clock.today(),
            channel="phone",
            language="en",
            wording_version="2026-11",
            purposes=allowed,
        )
        consents.record(session, asked, entry, SYSTEM, clock)
        messaging.write_to(session, entry.learner_id, f"Hello, {stage}", world.manager, clock)
        bring(world, stage, entry, offers.get(entry.learner_id))
    react(session)
    return [entry.learner_id for _, entry in made]


def bring(world, stage, entry, offer):
    """Take one learner as far as the stage says."""
    session, clock = world.session, world.clock
    if stage == "paused":
        pause = Pause(clock.today() + timedelta(days=20), "health")
        waitlist.pause(session, entry.id, pause, world.manager, clock)
    elif stage == "refused":
        matching.decline_as_provider(session, offer, Refusal("wrong_level", "Too hard"), world.college, clock)
    elif stage in {"with_learner", "enrolled"}:
        matching.accept_as_provider(session, offer, world.college, clock)
        if stage == "enrolled":
            matching.answer_as_learner(session, offer, LearnerAnswer(True), SYSTEM, clock)


def state_of(session, ids, known):
    """All that a merge touches; of the messages those that were there before, for telling people is not undone."""
    session.flush()
    session.expire_all()

    def rows(model, *names):
        found = session.scalars(select(model).order_by(model.id)).all()
        return [tuple(getattr(one, name) for name in ("id", *names)) for one in found]

    whose = ("learner_id", "source_record_id", "subject_id")
    return {
        "people": reads.people(session, ids),
        "first": reads.first_referred_on(session, ids),
        "entries": rows(WaitlistEntry, *whose, "state", "queue_on", "paused_until", "removed_reason"),
        "offers": rows(Offer, *whose, "entry_id", "state", "note", "answer_by", "state_before_merge"),
        "places": rows(Enrolment, *whose, "entry_id", "state"),
        "classes": rows(EsolClass, "held", "enrolled", "places_free"),
        "consents": rows(Consent, *whose, "language"),
        "messages": [row for row in rows(Message, "learner_id", "subject_id", "body") if row[0] in known],
        "steps": sorted(
            (str(step.subject_id), step.kind.value, str(step.learner_id))
            for step in session.scalars(select(Step).where(OPEN))
        ),
        "splits": session.scalars(select(SplitItem)).all(),
    }


def play(session, ids, pairs, clock):
    """Merge what the rules allow; the decisions, each with the state before it."""
    known = set(session.scalars(select(Message.id)))
    done = []
    for left, right in pairs:
        before = state_of(session, ids, known)
        try:
            decision = service.merge(session, ids[left % len(ids)], ids[right % len(ids)], SYSTEM, clock)
        except RuleBroken:
            continue
        react(session)
        done.append((decision, before))
    return done, known


slow_ok = settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PEOPLE = st.lists(st.sampled_from(STAGES), min_size=2, max_size=3)
PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=3)


@slow_ok
@given(PEOPLE, PAIRS)
@example(["with_learner", "with_provider", "with_provider"], [(0, 1), (2, 0)])
@example(["enrolled", "paused", "waiting"], [(0, 1), (1, 2)])
def test_undoing_in_turn_restores_everything_on_both_sides(session, clock, world, stages, pairs):
    with session.begin_nested() as sandbox:
        world.venues.clear()
        ids = build(world, stages)
        done, known = play(session, ids, pairs, clock)
        for decision, before in reversed(done):
            service.undo_decision(session, decision, SYSTEM, clock)
            react(session)
            assert state_of(session, ids, known) == before
        sandbox.rollback()
    session.expire_all()


@slow_ok
@given(PEOPLE, PAIRS, st.randoms(use_true_random=False))
def test_undoing_in_any_order_restores_the_beginning(session, clock, world, stages, pairs, random):
    with session.begin_nested() as sandbox:
        world.venues.clear()
        ids = build(world, stages)
        beginning = state_of(session, ids, set(session.scalars(select(Message.id))))
        done, known = play(session, ids, pairs, clock)
        decisions = [decision for decision, _ in done]
        random.shuffle(decisions)
        for decision in decisions:
            service.undo_decision(session, decision, SYSTEM, clock)
            react(session)
        assert state_of(session, ids, known) == beginning
        sandbox.rollback()
    session.expire_all()
