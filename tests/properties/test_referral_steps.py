"""Invariant 5: whatever happens to a referral, in whatever order, while it is open somebody has it to do."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from hub.assessment.domain import AppointmentMissed
from hub.core.errors import HubError
from hub.core.permissions import SYSTEM, Role
from hub.infra import db
from hub.learners import service as learners
from hub.referrals import reactions, reads, service
from hub.referrals.domain import Ending, HoldTerms, InformationAnswer, Outcome
from hub.referrals.service.information import Question
from hub.steps import reads as steps
from tests.slices.referrals.test_intake import new_referral


class Case:
    """Two referrals of one person by two organisations, and everything that may happen to them."""

    def __init__(self, session, person, organise, clock):
        self.session, self.clock = session, clock
        self.hub = person(session, Role.HUB_MANAGER)
        senders = [
            person(session, Role.REFERRER),
            person(session, Role.REFERRER, organise(session, "charity")),
        ]
        self.cases = []
        for sender in senders:
            unique = replace(new_referral().person, given_names=f"A{uuid4().hex}".translate(_LETTERS))
            self.cases.append(service.submit(session, new_referral(person=unique), sender, clock))
            clock.advance(timedelta(minutes=1))
        self.senders = dict(zip([one.id for one in self.cases], senders, strict=True))
        self.merged = None
        self.settle()

    def settle(self):
        self.session.flush()
        db.react(self.session)
        self.session.flush()

    def do(self, action, which):
        one = self.cases[which]
        try:
            with self.session.begin_nested():
                getattr(self, action)(one)
                self.settle()
        except HubError:
            self.session.info["hub_events"] = []
        self.check()

    def check(self):
        today = self.clock.today()
        for one in self.cases:
            view = reads.referral(self.session, one.id)
            own = steps.open_steps(self.session, [one.id], today).get(one.id, [])
            others = steps.learner_steps(self.session, [view.learner_id], today)
            if view.is_open:
                assert own or others, (view.state, reads.history(self.session, one.id))
                if view.hold_until:
                    assert "on_hold_to_review" in {step.kind.value for step in own}
            else:
                assert own == [] or view.outcome is None, (view.state, own)

    def ask(self, one):
        service.ask_information(self.session, one.id, Question(("phone",)), self.hub, self.clock)

    def answer(self, one):
        service.give_information(
            self.session, one.id, InformationAnswer({"phone": "1"}), self.senders[one.id], self.clock
        )

    def accept(self, one):
        service.mark_to_assess(self.session, one.id, self.hub, self.clock)

    def assess(self, one):
        service.mark_assessed(self.session, one.id, self.hub, self.clock)

    def wait(self, one):
        service.mark_waiting(self.session, one.id, self.hub, self.clock)

    def place(self, one):
        service.mark_placed(self.session, one.id, self.hub, self.clock)

    def hold(self, one):
        terms = HoldTerms("health", self.clock.today() + timedelta(days=10))
        service.hold(self.session, one.id, terms, self.hub, self.clock)

    def release(self, one):
        service.release_hold(self.session, one.id, self.hub, self.clock)

    def close(self, one):
        service.close(self.session, one.id, Ending(Outcome.CLOSED_BY_HUB, "moved_away"), self.hub, self.clock)

    def withdraw(self, one):
        ending = Ending(Outcome.WITHDRAWN_BY_LEARNER, "moved_away")
        service.withdraw(self.session, one.id, ending, self.senders[one.id], self.clock)

    def reopen(self, one):
        service.reopen(self.session, one.id, "", self.hub, self.clock)

    def miss(self, one):
        event = AppointmentMissed(uuid4(), one.learner_id, one.id, 2, True)
        reactions.appointment_missed(self.session, event, SYSTEM, self.clock)

    def remind(self, one):
        self.clock.advance(timedelta(days=14))
        service.remind(self.session, SYSTEM, self.clock)

    def merge(self, one):
        if self.merged is None:
            first, second = self.cases
            self.merged = learners.merge(
                self.session, first.learner_id, second.learner_id, self.hub, self.clock
            )

    def unmerge(self, one):
        if self.merged is not None:
            learners.unmerge(self.session, self.merged, self.hub, self.clock)
            self.merged = None


_LETTERS = str.maketrans("0123456789", "ghijklmnop")
ACTIONS = [name for name in vars(Case) if not name.startswith("_") and name not in {"settle", "do", "check"}]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(some.lists(some.tuples(some.sampled_from(ACTIONS), some.integers(0, 1)), min_size=4, max_size=14))
def test_every_open_referral_always_has_an_open_step(session, person, organise, clock, story):
    case = Case(session, person, organise, clock)
    case.check()
    for action, which in story:
        case.do(action, which)
