"""Steps: one open step of a kind for a subject, chased in working days, told in one digest a person."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from hub.core.ids import new_id
from hub.core.permissions import Role
from hub.infra import db
from hub.infra.db import transaction
from hub.steps import jobs, reads, service
from hub.steps.domain import DigestDue, NewStep, Owner, StepChased, StepEscalated, StepKind, StepState
from hub.steps.models import Step

DUE = date(2027, 1, 11)


@pytest.fixture
def open_one(session, clock):
    def make(owner: Owner, kind=StepKind.REFERRAL_TO_REVIEW, subject=None, due_on=DUE):
        about = subject or new_id()
        service.open_step(session, NewStep(kind, "referral", about, owner, due_on), clock)
        session.expire_all()
        return session.query(Step).filter_by(kind=kind, subject_id=about, state=StepState.OPEN).one()

    return make


def test_opening_twice_moves_the_one_step(session, person, open_one, clock):
    manager = person(session, Role.HUB_MANAGER)
    owner = Owner.of_role(manager.organisation_id, Role.HUB_MANAGER)
    subject = new_id()
    first = open_one(owner, subject=subject)
    session.flush()
    again = open_one(owner, subject=subject, due_on=DUE + timedelta(days=3))
    session.flush()
    assert first is again
    assert reads.open_steps(session, [subject], clock.today())[subject][0].due_on == DUE + timedelta(days=3)


def test_my_work_is_mine_and_my_roles(session, person, organise, open_one, clock):
    manager, assessor = person(session, Role.HUB_MANAGER), person(session, Role.ASSESSOR)
    provider = person(session, Role.PROVIDER)
    hub = manager.organisation_id
    open_one(Owner.of_role(hub, Role.HUB_MANAGER))
    open_one(Owner.person(hub, Role.ASSESSOR, assessor.id), StepKind.ASSESSMENT_TO_DO)
    open_one(Owner.of_role(provider.organisation_id, Role.PROVIDER), StepKind.OFFER_PROVIDER)
    session.flush()
    seen = {
        actor.role: reads.my_work(session, actor, clock.today()).total
        for actor in (manager, assessor, provider)
    }
    assert seen == {Role.HUB_MANAGER: 2, Role.ASSESSOR: 1, Role.PROVIDER: 1}


def test_work_is_sorted_by_how_pressing_it_is(session, person, open_one, clock):
    manager = person(session, Role.HUB_MANAGER)
    owner = Owner.of_role(manager.organisation_id, Role.HUB_MANAGER)
    for days in (-3, 0, 4):
        open_one(owner, due_on=clock.today() + timedelta(days=days))
    session.flush()
    work = reads.my_work(session, manager, clock.today())
    assert [len(part) for part in (work.overdue, work.today, work.soon)] == [1, 1, 1]


def test_what_comes_in_its_turn_weeks_later_is_no_work_yet(session, person, open_one, clock):
    manager = person(session, Role.HUB_MANAGER)
    owner = Owner.of_role(manager.organisation_id, Role.HUB_MANAGER)
    for days in (-1, 14, 15):
        for kind in (StepKind.REFERRAL_TO_REVIEW, StepKind.WAITING_CHECK_IN):
            open_one(owner, kind, due_on=clock.today() + timedelta(days=days))
    session.flush()
    work = reads.my_work(session, manager, clock.today())
    assert (work.overdue_total, work.total, work.later, len(work.soon)) == (2, 5, 1, 3)
    assert sum(reads.held_by_kind(session, manager, clock.today()).values()) == 5


def test_closing_ends_it_and_closing_nothing_is_no_fault(session, person, open_one, clock):
    manager = person(session, Role.HUB_MANAGER)
    step = open_one(Owner.of_role(manager.organisation_id, Role.HUB_MANAGER))
    session.flush()
    for _ in range(2):
        service.close_step(session, step.kind, step.subject_id, clock, "merged")
    session.refresh(step)
    assert (step.outcome, step.closed_at) == ("merged", clock.now())
    assert reads.subjects_without_step(session, [step.subject_id]) == {step.subject_id}


@pytest.fixture
def events(hub):
    seen = []
    hub.reactions = {
        kind: [lambda s, e, a, c: seen.append(e)] for kind in (StepChased, StepEscalated, DigestDue)
    }
    return seen


def test_the_holder_is_chased_after_seven_working_days_and_the_hub_after_fourteen(
    session, person, open_one, clock, events
):
    person(session, Role.HUB_MANAGER)
    provider = person(session, Role.PROVIDER)
    open_one(Owner.of_role(provider.organisation_id, Role.PROVIDER), StepKind.OFFER_PROVIDER)
    session.flush()
    told = {}
    for day in range(1, 32):
        clock.move_to(datetime(2027, 1, day, 8, tzinfo=UTC))
        jobs.chase(clock)
        session.expire_all()
        told[day] = Counter(type(event).__name__ for event in events)
        events.clear()
    assert [day for day, kinds in told.items() if kinds["StepChased"]] == [20]
    assert [day for day, kinds in told.items() if kinds["StepEscalated"]] == [29]
    assert not any(told[day] for day in (16, 17, 23, 24, 30, 31)), "nobody is written to at the weekend"
    assert told[29]["DigestDue"] == 2, "from then on the hub's manager is told too"


def test_ten_late_steps_are_one_digest(session, person, open_one, clock, events):
    provider = person(session, Role.PROVIDER)
    for _ in range(10):
        open_one(Owner.of_role(provider.organisation_id, Role.PROVIDER), StepKind.OFFER_PROVIDER)
    session.flush()
    clock.advance(timedelta(days=1))
    with transaction() as inner:
        service.digests_due(inner, clock)
    assert [event.user_id for event in events if isinstance(event, DigestDue)] == [provider.id]


def test_a_clock_that_is_off_chases_nobody(session, person, open_one, clock, events):
    from hub.core.permissions import SYSTEM
    from hub.policy.service import NewValue, change

    provider = person(session, Role.PROVIDER)
    open_one(Owner.of_role(provider.organisation_id, Role.PROVIDER), StepKind.OFFER_PROVIDER)
    change(session, NewValue("clock.stall_days", "0", DUE, "Board"), SYSTEM, clock)
    clock.advance(timedelta(days=60))
    with transaction() as inner:
        assert service.chase_due(inner, clock) == 0
    assert db.runtime() is not None
