"""The waiting list through its service: joining, the queue date, the machine, priority, check-ins, merges."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from hub.assessment.domain import AssessmentCompleted, LiteracyNeed, Skill, Strand
from hub.core.errors import Conflict, RuleBroken
from hub.core.levels import Level
from hub.core.permissions import SYSTEM
from hub.infra.db import react
from hub.learners import service as learners
from hub.learners.domain import LearnersMerged, LearnersUnmerged
from hub.steps import reads as steps
from hub.waitlist import jobs, reactions, reads, service
from hub.waitlist.domain import (
    CheckInDue,
    EntryLapsed,
    EntryState,
    JoinRequest,
    LevelChange,
    Pause,
    Removal,
)


@pytest.fixture(autouse=True)
def wired(hub):
    """This slice's reactions only."""
    hub.reactions = {
        AssessmentCompleted: [reactions.assessment_completed],
        LearnersMerged: [reactions.learners_merged],
        LearnersUnmerged: [reactions.learners_unmerged],
    }


@pytest.fixture
def join(session, refer, clock):
    """join(level) -> (case, entry)."""

    def make(level=Level.E1, case=None, strand=Strand.GENERAL, **person):
        case = case or refer(**person)
        skills = dict.fromkeys(Skill, level)
        request = JoinRequest(
            case.learner_id,
            case.source_record_id,
            case.subject_id,
            strand,
            level,
            skills,
            case_id=case.case_id,
        )
        return case, service.join(session, request, SYSTEM, clock)

    return make


def now(entry) -> EntryState:
    """The state as it is now; what was asserted before may have changed."""
    return EntryState(entry.state)


def recorded(session, kind):
    return [event for event in session.info.get("hub_events", []) if isinstance(event, kind)]


def has_step(session, entry, clock):
    session.flush()
    return bool(steps.open_steps(session, [entry.id], clock.today()))


def test_completing_an_assessment_puts_the_learner_on_the_list(session, refer, assess, clock):
    case = refer()
    assess(case, "3311")
    react(session)
    (entry,) = reads.entries_of(session, [case.learner_id])[case.learner_id]
    assert (entry.level, entry.strand, entry.also) == (Level.E2, Strand.GENERAL, (Level.E3,))
    assert entry.skills[Skill.READING] is Level.E1
    assert entry.state is EntryState.WAITING
    assert entry.queue_on == clock.today()
    assert [view.id for view in reads.waiting(session, clock.today())] == [entry.id]
    assert reads.position(session, entry.id) == reads.Position(1, 1)
    assert has_step(session, entry, clock)


def test_a_literacy_need_joins_the_literacy_strand(session, refer, assess):
    case = refer()
    assess(case, "1100", LiteracyNeed.LITERACY_1)
    react(session)
    assert reads.entries_of(session, [case.learner_id])[case.learner_id][0].strand is Strand.LITERACY


def test_one_active_entry_per_strand_and_the_date_is_kept(session, join, clock):
    case, first = join(referred_on=date(2026, 9, 14))
    assert first.queue_on == date(2026, 9, 14)
    assert join(case=case)[1].id == first.id
    clock.advance(timedelta(days=30))
    _, moved = join(Level.E2, case=case)
    assert moved.previous_entry_id == first.id
    assert (first.state, first.removed_reason) == (EntryState.REMOVED, "wrong_level")
    assert moved.queue_on == date(2026, 9, 14)
    _, literacy = join(Level.E1, case=case, strand=Strand.LITERACY)
    assert literacy.queue_on == date(2026, 9, 14)
    assert [line.to_state for line in reads.history(session, moved.id)][:1] == [EntryState.WAITING]


def test_offered_and_returned_and_fulfilled(session, join, clock):
    _, entry = join()
    service.mark_offered(session, entry.id, SYSTEM, clock)
    with pytest.raises(Conflict):
        service.mark_offered(session, entry.id, SYSTEM, clock)
    assert not has_step(session, entry, clock)
    assert reads.position(session, entry.id) is None
    with pytest.raises(Conflict):
        service.remove(session, entry.id, Removal("moved_away"), SYSTEM, clock)
    service.return_to_waiting(session, entry.id, "class_cancelled", SYSTEM, clock)
    service.return_to_waiting(session, entry.id, "class_cancelled", SYSTEM, clock)
    assert entry.state is EntryState.WAITING
    assert has_step(session, entry, clock)
    service.mark_offered(session, entry.id, SYSTEM, clock)
    service.return_to_waiting(session, entry.id, "health", SYSTEM, clock)
    assert (entry.state, entry.paused_until) == (EntryState.PAUSED, clock.today() + timedelta(days=28))
    service.resume(session, entry.id, SYSTEM, clock)
    service.mark_offered(session, entry.id, SYSTEM, clock)
    service.fulfil(session, entry.id, SYSTEM, clock)
    service.fulfil(session, entry.id, SYSTEM, clock)
    again = service.rejoin(session, entry.id, SYSTEM, clock)
    assert (again.previous_entry_id, again.queue_on) == (entry.id, entry.queue_on)
    assert service.rejoin(session, entry.id, SYSTEM, clock).id == again.id


def test_pause_and_removal_need_their_reasons(session, join, clock):
    _, entry = join()
    tomorrow = clock.today() + timedelta(days=1)
    for wrong in (
        Pause(clock.today(), "health"),
        Pause(clock.today() + timedelta(days=999), "health"),
        Pause(tomorrow, "charm"),
    ):
        with pytest.raises(RuleBroken):
            service.pause(session, entry.id, wrong, SYSTEM, clock)
    with pytest.raises(RuleBroken):
        service.remove(session, entry.id, Removal("other"), SYSTEM, clock)
    service.pause(session, entry.id, Pause(tomorrow, "health"), SYSTEM, clock)
    assert reads.waiting(session, clock.today()) == []
    service.remove(session, entry.id, Removal("other", "Went back to Poland"), SYSTEM, clock)
    service.remove(session, entry.id, Removal("moved_away"), SYSTEM, clock)
    assert (entry.state, entry.removed_reason) == (EntryState.REMOVED, "other")
    assert not has_step(session, entry, clock)


def test_a_level_is_not_changed_under_an_offer(session, join, clock):
    _, entry = join()
    service.mark_offered(session, entry.id, SYSTEM, clock)
    with pytest.raises(Conflict):
        service.change_level(session, entry.id, LevelChange(Level.E3), SYSTEM, clock)


def test_priority_comes_first_then_the_longest_wait(session, join, clock):
    late_case, late = join()
    _, early = join(referred_on=date(2026, 6, 1))
    assert [view.id for view in reads.waiting(session, clock.today())] == [early.id, late.id]
    about = reads.JoiningRecord(late_case.learner_id, late_case.source_record_id, late_case.subject_id)
    service.note_priority(session, about, ["resettlement"], SYSTEM, clock)
    service.note_priority(session, about, ["resettlement"], SYSTEM, clock)
    assert [view.id for view in reads.waiting(session, clock.today())] == [late.id, early.id]
    assert reads.position(session, early.id) == reads.Position(2, 2)
    given = reads.priorities(session, [late_case.learner_id], clock.today())[late_case.learner_id]
    assert (given.band, given.label) == (0, "Urgent")
    assert "resettlement" in given.reasons[0]
    clock.advance(timedelta(days=400))
    jobs.renew_priorities(session, SYSTEM, clock)
    assert late.priority_band == 2
    with pytest.raises(RuleBroken):
        service.note_priority(session, about, ["charm"], SYSTEM, clock)
    service.note_priority(session, about, ["mandated"], SYSTEM, clock)
    service.end_priority(session, late_case.learner_id, "mandated", SYSTEM, clock)
    assert late.priority_band == 2


def test_check_ins_two_channels_then_lapse_and_back_with_the_date(session, join, clock):
    _, entry = join(referred_on=date(2026, 9, 14))

    def sweep():
        session.flush()
        done = jobs.sweep(clock)
        session.expire_all()
        return done

    assert sweep() == 0
    clock.advance(timedelta(weeks=8))
    assert sweep() == 1
    assert now(entry) is EntryState.CHECK_IN_DUE
    assert sweep() == 0
    clock.advance(timedelta(days=14))
    sweep()
    assert entry.check_in_channels == ["text", "email"]
    clock.advance(timedelta(days=20))
    sweep()
    assert now(entry) is EntryState.LAPSED
    assert not has_step(session, entry, clock)
    clock.advance(timedelta(days=60))
    service.check_in_replied(session, entry.id, True, SYSTEM, clock)
    assert (now(entry), entry.queue_on) == (EntryState.WAITING, date(2026, 9, 14))


def test_a_learner_with_one_channel_lapses_only_by_a_person(session, join, clock):
    _, entry = join(email=None)
    clock.advance(timedelta(weeks=8))
    service.ask_check_ins(session, SYSTEM, clock)
    for _ in range(4):
        clock.advance(timedelta(days=21))
        service.chase_check_ins(session, SYSTEM, clock)
    assert now(entry) is EntryState.CHECK_IN_DUE
    assert entry.check_in_channels == ["text", "call"]
    assert [event.channel.value for event in recorded(session, CheckInDue)] == ["text", "call"]
    service.call_unanswered(session, entry.id, SYSTEM, clock)
    assert now(entry) is EntryState.LAPSED
    assert len(recorded(session, EntryLapsed)) == 1
    clock.advance(timedelta(days=91))
    with pytest.raises(RuleBroken) as refused:
        service.come_back(session, entry.id, SYSTEM, clock)
    assert refused.value.code == "lapsed_too_long"


def test_a_stop_is_never_silence(session, join, clock):
    case, entry = join()
    clock.advance(timedelta(weeks=8))
    service.ask_check_ins(session, SYSTEM, clock)
    service.hold(session, case.learner_id, "stop", SYSTEM, clock)
    clock.advance(timedelta(days=90))
    assert service.chase_check_ins(session, SYSTEM, clock) == 0
    service.call_unanswered(session, entry.id, SYSTEM, clock)
    assert now(entry) is EntryState.CHECK_IN_DUE


def test_answers_to_a_check_in(session, join, clock):
    _, entry = join()
    clock.advance(timedelta(weeks=8))
    service.ask_check_ins(session, SYSTEM, clock)
    for _ in range(2):
        service.check_in_replied(session, entry.id, True, SYSTEM, clock)
    assert entry.next_check_in_on == clock.today() + timedelta(weeks=8)
    service.check_in_replied(session, entry.id, False, SYSTEM, clock)
    assert (entry.state, entry.removed_reason) == (EntryState.REMOVED, "no_longer_interested")


def test_a_closed_case_leaves_the_list_but_a_duplicate_does_not(session, join, clock):
    case, entry = join()
    service.remove_for_case(session, case.case_id, "duplicate", SYSTEM, clock)
    assert now(entry) is EntryState.WAITING
    service.remove_for_case(session, case.case_id, "withdrawn_by_learner", SYSTEM, clock)
    assert entry.removed_reason == "no_longer_interested"
    service.remove_for_case(session, uuid4(), "moved_away", SYSTEM, clock)


def snapshot(entry):
    return {
        name: getattr(entry, name)
        for name in ("learner_id", "state", "queue_on", "priority_band", "removed_reason", "paused_until")
    }


def test_after_a_merge_the_level_is_that_of_the_newest_assessment(session, refer, assess, clock):
    older, newer = refer(referred_on=date(2026, 9, 14)), refer()
    assess(older, "2222")
    clock.advance(timedelta(hours=1))
    assess(newer, "4444")
    react(session)
    entries = {
        case.learner_id: reads.entries_of(session, [case.learner_id])[case.learner_id][0]
        for case in (older, newer)
    }
    decision = learners.merge(session, older.learner_id, newer.learner_id, SYSTEM, clock)
    react(session)
    [active] = [
        one for one in reads.entries_of(session, [older.learner_id])[older.learner_id] if one.is_active
    ]
    assert active.level is entries[newer.learner_id].level is not entries[older.learner_id].level
    assert active.queue_on == date(2026, 9, 14)
    learners.unmerge(session, decision, SYSTEM, clock)
    react(session)
    for learner_id, entry in entries.items():
        assert reads.entries_of(session, [learner_id])[learner_id][0].level is entry.level


@pytest.mark.parametrize("offered", [None, 0, 1])
def test_merge_then_unmerge_restores_what_was_there(session, join, clock, offered):
    one_case, one = join(referred_on=date(2026, 9, 14))
    two_case, two = join(Level.E2)
    _, extra = join(Level.E1, case=two_case, strand=Strand.LITERACY)
    if offered is not None:
        service.mark_offered(session, (one, two)[offered].id, SYSTEM, clock)
    service.pause(session, extra.id, Pause(clock.today() + timedelta(days=9), "health"), SYSTEM, clock)
    session.flush()
    before = [snapshot(entry) for entry in (one, two, extra)]
    decision = learners.merge(session, one_case.learner_id, two_case.learner_id, SYSTEM, clock)
    react(session)
    kept, dropped = (two, one) if offered == 1 else (one, two)
    assert {entry.learner_id for entry in (one, two, extra)} == {one_case.learner_id}
    assert (dropped.state, dropped.removed_reason, dropped.duplicate_of_id) == (
        EntryState.REMOVED,
        "duplicate",
        kept.id,
    )
    assert kept.queue_on == extra.queue_on == date(2026, 9, 14)
    assert not has_step(session, dropped, clock)
    learners.unmerge(session, decision, SYSTEM, clock)
    react(session)
    assert [snapshot(entry) for entry in (one, two, extra)] == before
