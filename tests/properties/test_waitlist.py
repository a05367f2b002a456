"""Whatever happens in whatever order: one active entry per learner and strand, and a queue date that never moves
later (invariants 2 and 6), with a next step for everybody who waits (5) and history that follows the machine."""

import contextlib
import random
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from hub.assessment.domain import Strand
from hub.core.errors import Conflict, RuleBroken
from hub.core.levels import Level
from hub.core.permissions import SYSTEM, Role
from hub.infra.db import react
from hub.learners import service as learners
from hub.learners.domain import LearnersMerged, LearnersUnmerged, NewPerson
from hub.steps import reads as steps
from hub.waitlist import queries, reactions, service
from hub.waitlist.domain import ACTIVE, TRANSITIONS, EntryState, JoinRequest, LevelChange, Pause, Removal
from hub.waitlist.models import WaitlistEntry

STRANDS = (Strand.GENERAL, Strand.LITERACY)
LEVELS = (Level.PRE, Level.E1, Level.E2)
REASONS = ("health", "moved_away", "location", "class_cancelled")


class World:
    """Some learners and everything that can happen to their entries."""

    def __init__(self, session, organisation_id, clock, seed):
        self.session, self.clock, self.dice = session, clock, random.Random(seed)
        self.learners = [self._learner(organisation_id, number) for number in range(4)]
        self.merges = []
        self.dates = {}

    def _learner(self, organisation_id, number):
        referred = self.clock.today() - timedelta(days=self.dice.randrange(300))
        person = NewPerson(
            given_names="Learner", family_name=f"Number {uuid4().hex}", date_of_birth=date(1980, 1, 2 + number),
            phone=f"+44770090{self.dice.randrange(10000):04d}" if number % 2 else None, referred_on=referred,
        )  # fmt: skip
        return learners.identify(self.session, person, None, organisation_id, SYSTEM, self.clock)

    def entry(self):
        entries = self.session.query(WaitlistEntry).order_by(WaitlistEntry.id).all()
        return self.dice.choice(entries).id if entries else None

    def act(self):
        verbs = [self.join] * 4 + [self.merge, self.unmerge, self.wait] + [self.with_entry] * 9
        with contextlib.suppress(Conflict, RuleBroken):
            self.dice.choice(verbs)()
        react(self.session)

    def join(self):
        one = self.dice.choice(self.learners)
        request = JoinRequest(
            one.learner_id, one.source_record_id, one.subject_id,
            self.dice.choice(STRANDS), self.dice.choice(LEVELS), case_id=uuid4(),
        )  # fmt: skip
        service.join(self.session, request, SYSTEM, self.clock)

    def with_entry(self):
        entry_id = self.entry()
        if entry_id is None:
            return
        given = (SYSTEM, self.clock)
        reason, until = (
            self.dice.choice(REASONS),
            self.clock.today() + timedelta(days=self.dice.randrange(1, 60)),
        )
        self.dice.choice(
            [
                lambda: service.mark_offered(self.session, entry_id, *given),
                lambda: service.return_to_waiting(self.session, entry_id, reason, *given),
                lambda: service.fulfil(self.session, entry_id, *given),
                lambda: service.pause(self.session, entry_id, Pause(until, "health"), *given),
                lambda: service.resume(self.session, entry_id, *given),
                lambda: service.remove(self.session, entry_id, Removal("moved_away"), *given),
                lambda: service.rejoin(self.session, entry_id, *given),
                lambda: service.come_back(self.session, entry_id, *given),
                lambda: service.check_in_replied(self.session, entry_id, True, *given),
                lambda: service.call_unanswered(self.session, entry_id, *given),
                lambda: service.change_level(
                    self.session, entry_id, LevelChange(self.dice.choice(LEVELS)), *given
                ),
            ]
        )()

    def wait(self):
        self.clock.advance(timedelta(days=self.dice.randrange(1, 40)))
        for sweep in (service.end_pauses, service.chase_check_ins, service.ask_check_ins):
            sweep(self.session, SYSTEM, self.clock)

    def merge(self):
        one, other = self.dice.sample(self.learners, 2)
        self.session.flush()
        self.merges.append(learners.merge(self.session, one.learner_id, other.learner_id, SYSTEM, self.clock))

    def unmerge(self):
        if self.merges:
            learners.unmerge(self.session, self.merges.pop(), SYSTEM, self.clock)
            react(self.session)
            self.dates.clear()  # an unmerge restores what was there: the one change that may look later

    def check(self):
        self.session.flush()
        entries = self.session.query(WaitlistEntry).all()
        active = Counter((entry.learner_id, entry.strand) for entry in entries if entry.state in ACTIVE)
        assert all(count == 1 for count in active.values())
        for entry in entries:
            before = self.dates.setdefault(entry.id, entry.queue_on)
            assert entry.queue_on <= before
            self.dates[entry.id] = entry.queue_on
        by_id = {entry.id: entry for entry in entries}
        linked = [(entry, by_id[entry.previous_entry_id]) for entry in entries if entry.previous_entry_id]
        assert all(new.queue_on <= old.queue_on for new, old in linked if new.learner_id == old.learner_id)
        self._check_steps(entries)

    def _check_steps(self, entries):
        waiting = {one.id for one in entries if one.state in ACTIVE and one.state is not EntryState.OFFERED}
        assert not steps.subjects_without_step(self.session, waiting)
        ended = {one.id for one in entries} - waiting
        assert steps.subjects_without_step(self.session, ended) == ended

    def check_history(self):
        for entry in self.session.query(WaitlistEntry).all():
            lines = sorted(queries.history(self.session, [entry.id]), key=lambda line: (line.at, line.id))
            assert lines[0].from_state is None
            assert lines[-1].to_state is entry.state
            for earlier, later in pairwise(lines):
                assert later.from_state is earlier.to_state
                undone = later.reason == "unmerged"
                assert undone or later.to_state in TRANSITIONS[later.from_state]


@pytest.mark.parametrize("seed", range(6))
def test_random_sequences_keep_the_promises(session, hub, person, clock, seed):
    hub.reactions = {
        LearnersMerged: [reactions.learners_merged],
        LearnersUnmerged: [reactions.learners_unmerged],
    }
    world = World(session, person(session, Role.HUB_MANAGER).organisation_id, clock, seed)
    for _ in range(60):
        world.act()
        world.check()
    world.check_history()
