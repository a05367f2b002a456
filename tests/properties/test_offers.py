"""Whatever people do with rounds, offers and places, in whatever order: the promises hold after every act."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from hub.core.errors import HubError
from hub.core.permissions import Role
from hub.infra import db
from hub.matching import service
from hub.matching.domain import (
    LIVE,
    Completion,
    DeclineDecision,
    LearnerAnswer,
    Leaving,
    NewRound,
    OfferState,
    Refusal,
    SilenceDecision,
    Start,
    Withdrawal,
)
from hub.matching.domain.enrolments import TAKES_PLACE
from hub.matching.models import Enrolment, MatchRound, Offer
from hub.provision import service as provision
from hub.provision.models import EsolClass
from hub.steps.models import Step
from hub.steps.queries import OPEN
from hub.waitlist.domain import ACTIVE, EntryState
from hub.waitlist.models import WaitlistEntry
from tests.slices.matching.conftest import World, put_agreement, put_postcodes

PICK = st.integers(min_value=0, max_value=50)


class Market(RuleBasedStateMachine):
    """A hub in one transaction; each run starts from a savepoint and goes back to it."""

    session: Any
    clock: Any
    manager: Any
    college: Any

    @initialize(capacities=st.lists(st.integers(1, 3), min_size=1, max_size=2), learners=st.integers(1, 4))
    def build(self, capacities, learners):
        self.point = self.session.begin_nested()
        self.began = self.clock.now()
        self.world = World(self.session, self.clock, self.manager, self.college)
        self.classes = [self.world.add_class(capacity=capacity).id for capacity in capacities]
        self.entries = [self.world.add_learner() for _ in range(learners)]
        self.queue_on = {one.learner_id: one.queue_on for one in self.entries}

    def teardown(self):
        self.session.info.pop("hub_events", None)
        if hasattr(self, "point"):
            self.point.rollback()
        self.session.expunge_all()
        if hasattr(self, "began"):
            self.clock.move_to(self.began)

    def attempt(self, verb, *arguments):
        """An act that may be refused, in a savepoint as a transaction of its own would be."""
        point = self.session.begin_nested()
        try:
            verb(self.session, *arguments)
            db.react(self.session)
            point.commit()
        except HubError:
            point.rollback()
            self.session.info.pop("hub_events", None)
        self.session.expire_all()

    def one_of(self, model, pick):
        rows = self.session.scalars(select(model).order_by(model.id)).all()
        return rows[pick % len(rows)].id if rows else None

    @rule()
    def preview_and_release(self):
        def act(session, actor, clock):
            row = service.preview(session, NewRound(), actor, clock)
            service.release(session, row.id, None, actor, clock)

        self.attempt(act, self.world.manager, self.clock)

    @rule()
    def refill(self):
        def act(session, actor, clock):
            row = service.prepare_refills(session, actor, clock)
            if row is not None and row.placed:
                service.release(session, row.id, None, actor, clock)

        self.attempt(act, self.world.manager, self.clock)

    @rule(pick=PICK)
    def undo(self, pick):
        if (round_id := self.one_of(MatchRound, pick)) is not None:
            self.attempt(service.undo, round_id, self.world.manager, self.clock)

    @rule(pick=PICK, act=st.sampled_from(["accept", "decline", "uphold", "ask_again", "yes", "no", "withdraw",
                                          "hub_accepts", "vacancy_gone"]))  # fmt: skip
    def do_with_an_offer(self, pick, act):
        offer_id = self.one_of(Offer, pick)
        if offer_id is None:
            return
        college, manager = self.world.college, self.world.manager
        acts = {
            "accept": (service.accept_as_provider, college),
            "decline": (service.decline_as_provider, Refusal("unreachable"), college),
            "uphold": (service.decide_decline, DeclineDecision(True), manager),
            "ask_again": (service.decide_decline, DeclineDecision(False), manager),
            "yes": (service.answer_as_learner, LearnerAnswer(True), manager),
            "no": (service.answer_as_learner, LearnerAnswer(False, "time"), manager),
            "withdraw": (service.withdraw_offer, Withdrawal("location"), manager),
            "hub_accepts": (service.decide_silence, SilenceDecision(True), manager),
            "vacancy_gone": (service.decide_silence, SilenceDecision(False), manager),
        }
        verb, *arguments = acts[act]
        self.attempt(verb, offer_id, *arguments, self.clock)

    @rule(pick=PICK, act=st.sampled_from(["start", "no_show", "expect", "back", "complete", "leave"]))
    def do_with_a_place(self, pick, act):
        enrolment_id = self.one_of(Enrolment, pick)
        if enrolment_id is None:
            return
        college, manager, today = self.world.college, self.world.manager, self.clock.today()
        acts = {
            "start": (service.start, Start(today), college),
            "no_show": (service.no_show, college),
            "expect": (service.expect_again, manager),
            "back": (service.return_to_list, "unreachable", manager),
            "complete": (service.complete, Completion(today), college),
            "leave": (service.leave, Leaving(today, "moved_away"), college),
        }
        verb, *arguments = acts[act]
        self.attempt(verb, enrolment_id, *arguments, self.clock)

    @rule(days=st.integers(1, 6))
    def time_passes(self, days):
        self.clock.advance(timedelta(days=days))
        self.attempt(lambda session: service.lapse_due(session, self.clock, self.world.manager))
        self.attempt(lambda session: service.provider_silence(session, self.world.manager, self.clock))

    @rule(pick=PICK, free=st.integers(0, 3))
    def confirm_places(self, pick, free):
        class_id = self.classes[pick % len(self.classes)]
        self.attempt(provision.confirm_places, class_id, free, self.world.college, self.clock)

    @rule(pick=PICK)
    def cancel(self, pick):
        if pick < 3:
            class_id = self.classes[pick % len(self.classes)]
            self.attempt(provision.cancel_class, class_id, self.world.college, self.clock)

    @invariant()
    def places_are_never_promised_twice(self):
        offers = Counter(one.esol_class_id for one in self.all(Offer) if one.state in LIVE)
        enrolled = Counter(one.esol_class_id for one in self.all(Enrolment) if one.state in TAKES_PLACE)
        for one in self.all(EsolClass):
            assert one.held + one.enrolled <= one.capacity
            assert (one.held, one.enrolled) == (offers[one.id], enrolled[one.id])

    @invariant()
    def one_live_offer_for_a_learner_and_strand(self):
        live = Counter((one.learner_id, one.strand) for one in self.all(Offer) if one.state in LIVE)
        assert all(count == 1 for count in live.values())
        entries = Counter(
            (one.learner_id, one.strand) for one in self.all(WaitlistEntry) if one.state in ACTIVE
        )
        assert all(count == 1 for count in entries.values())

    @invariant()
    def entries_and_offers_agree_and_the_date_never_moves(self):
        live = {one.entry_id for one in self.all(Offer) if one.state in LIVE}
        for entry in self.all(WaitlistEntry):
            assert (entry.state is EntryState.OFFERED) == (entry.id in live)
            assert entry.queue_on <= self.queue_on[entry.learner_id]

    @invariant()
    def everything_open_has_a_step(self):
        stepped = set(self.session.scalars(select(Step.subject_id).where(OPEN)))
        for one in self.all(Offer):
            assert (one.id in stepped) == (one.state in LIVE), one.state
        for place in self.all(Enrolment):
            assert (place.id in stepped) == (place.state in TAKES_PLACE), place.state

    @invariant()
    def a_confirmed_offer_has_its_enrolment(self):
        enrolled = {one.offer_id for one in self.all(Enrolment)}
        assert enrolled == {one.id for one in self.all(Offer) if one.state is OfferState.CONFIRMED}

    def all(self, model):
        return self.session.scalars(select(model)).all() if hasattr(self, "world") else []


@pytest.mark.usefixtures("hub")
def test_the_promises_hold_whatever_people_do(session, person, clock):
    manager, college = person(session, Role.HUB_MANAGER), person(session, Role.PROVIDER)
    put_postcodes(session)
    put_agreement(session, manager.organisation_id, college.organisation_id, clock)
    session.flush()
    here = {"session": session, "clock": clock, "manager": manager, "college": college}
    limits = settings(
        max_examples=12, stateful_step_count=18, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(type("HereAndNow", (Market,), here), settings=limits)
