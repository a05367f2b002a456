"""Product invariant 10: merge then unmerge restores what was there, for any history, in any order."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hub.consent import reactions as consent_reactions
from hub.consent import reads as consents
from hub.consent import service as consent_service
from hub.consent.domain import NewConsent
from hub.consent.models import Consent
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import SYSTEM
from hub.learners import reads, service
from hub.learners.domain import LearnersMerged, LearnersUnmerged, NewNeeds, NewPerson
from hub.learners.models import DuplicatePair, Learner, SourceRecord
from hub.steps.models import Step

PEOPLE = [
    NewPerson(given_names=name, family_name="Hassan", phone=phone, referred_on=date(2026, month, 1))
    for name, phone, month in [
        ("Amina", "+447700900001", 5),
        ("Aamina", "+447700900001", 3),
        ("Yusuf", "+447700900001", 4),
        ("Amiina", "+447700900002", 9),
        ("Yuusuf", "+447700900002", 2),
    ]
]


@pytest.fixture
def everybody(session, clock, organise):
    organise(session, "hub")
    made = []
    for number, one in enumerate(PEOPLE):
        found = service.identify(session, one, NewNeeds(childcare=number % 2 == 0), None, SYSTEM, clock)
        asked = NewConsent(
            given_on=clock.today(), channel="phone", language="en", wording_version="2026-11",
            purposes=frozenset({"P05", "P06"} if number % 2 else {"P05"}),
        )  # fmt: skip
        consent_service.record(session, asked, found, SYSTEM, clock)
        made.append(found.learner_id)
    session.flush()
    return made


def state_of(session, ids):
    """Everything a merge touches, but the version counters."""
    session.flush()
    session.expire_all()
    people = reads.people(session, ids)
    return {
        "learners": session.execute(
            select(Learner.id, Learner.first_referred_on, Learner.merged_into_id).order_by(Learner.id)
        ).all(),
        "records": session.execute(
            select(SourceRecord.id, SourceRecord.learner_id).order_by(SourceRecord.id)
        ).all(),
        "consents": session.execute(select(Consent.id, Consent.learner_id).order_by(Consent.id)).all(),
        "pairs": session.execute(
            select(DuplicatePair.id, DuplicatePair.decision, DuplicatePair.decision_id).order_by(
                DuplicatePair.id
            )
        ).all(),
        "steps": session.execute(
            select(Step.subject_id, Step.kind).where(Step.state == "open").order_by(Step.id)
        ).all()
        and sorted(session.scalars(select(Step.subject_id).where(Step.state == "open"))),
        "people": people,
        "needs": reads.needs(session, ids),
        "may": consents.may_many(session, ids, "P06"),
    }


def hear(session, clock):
    for event in session.info.pop("hub_events", []):
        if isinstance(event, LearnersMerged):
            consent_reactions.learners_merged(session, event, SYSTEM, clock)
        if isinstance(event, LearnersUnmerged):
            consent_reactions.learners_unmerged(session, event, SYSTEM, clock)


MOVES = st.lists(
    st.tuples(st.sampled_from(["merge", "merge", "different"]), st.integers(0, 4), st.integers(0, 4)),
    min_size=1,
    max_size=7,
)


def play(session, everybody, moves, clock):
    """Play the moves that the rules allow; returns the standing decisions with the state before each."""
    done = []
    for what, left, right in moves:
        before = state_of(session, everybody)
        try:
            if what == "merge":
                decision = service.merge(session, everybody[left], everybody[right], SYSTEM, clock)
            else:
                pairs = reads.duplicate_pairs(session)
                if not pairs:
                    continue
                decision = service.mark_different(session, pairs[left % len(pairs)].id, SYSTEM, clock)
        except (RuleBroken, Conflict):
            continue
        hear(session, clock)
        done.append((decision, before))
    return done


slow_ok = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@slow_ok
@given(MOVES)
def test_undoing_in_turn_restores_each_state_exactly(session, clock, everybody, moves):
    with session.begin_nested() as sandbox:
        for decision, before in reversed(play(session, everybody, moves, clock)):
            service.undo_decision(session, decision, SYSTEM, clock)
            hear(session, clock)
            assert state_of(session, everybody) == before
        sandbox.rollback()
    session.expire_all()


@slow_ok
@given(MOVES, st.randoms(use_true_random=False))
def test_undoing_all_in_any_order_restores_the_beginning(session, clock, everybody, moves, random):
    beginning = state_of(session, everybody)
    with session.begin_nested() as sandbox:
        decisions = [decision for decision, _ in play(session, everybody, moves, clock)]
        random.shuffle(decisions)
        for decision in decisions:
            service.undo_decision(session, decision, SYSTEM, clock)
            hear(session, clock)
        assert state_of(session, everybody) == beginning
        sandbox.rollback()
    session.expire_all()


@slow_ok
@given(MOVES)
def test_a_merge_never_moves_a_queue_date_later(session, clock, everybody, moves):
    with session.begin_nested() as sandbox:
        before = reads.first_referred_on(session, everybody)
        play(session, everybody, [("merge", left, right) for _, left, right in moves], clock)
        after = reads.first_referred_on(session, everybody)
        assert all(after[one] <= before[one] for one in everybody)
        sandbox.rollback()
    session.expire_all()
