"""From preview to a confirmed place and its end, through the services."""

from datetime import timedelta

import pytest

from hub.consent import reads as consents
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.levels import Level
from hub.core.permissions import Role, learner_actor
from hub.matching import queries, reads, service
from hub.matching.domain import (
    Attendance,
    Completion,
    DeclineDecision,
    EnrolmentState,
    LearnerAnswer,
    Leaving,
    LineState,
    OfferState,
    Refusal,
    RoundState,
    SilenceDecision,
    Stale,
    Start,
    Withdrawal,
)
from hub.provision import reads as provision
from hub.provision import service as provision_service
from hub.steps import reads as steps
from hub.waitlist import reads as waitlist
from hub.waitlist.domain import EntryState

YES, NO = LearnerAnswer(True), LearnerAnswer(False, "time")


def counters(world, class_id):
    view = provision.esol_class(world.session, class_id)
    return view.held, view.enrolled, view.free


def entry_now(world, entry):
    found = waitlist.entry(world.session, entry.id)
    assert found is not None
    return found


def entry_state(world, entry):
    return entry_now(world, entry).state


def kinds(world, subject_id):
    return [
        one.kind.value
        for one in steps.open_steps(world.session, [subject_id], world.clock.today()).get(subject_id, [])
    ]


@pytest.fixture
def offered(world):
    """One learner, one class with two places, released: (offer id, entry, class)."""
    esol_class, entry = world.add_class(), world.add_learner()
    return world.release().offer_ids[0], entry, esol_class


def accept(world, offer_id):
    return service.accept_as_provider(world.session, offer_id, world.college, world.clock)


def confirm(world, offer_id):
    accept(world, offer_id)
    service.answer_as_learner(world.session, offer_id, YES, world.manager, world.clock)
    return reads.enrolments_of(world.session, [world.offer(offer_id).learner_id])[
        world.offer(offer_id).learner_id
    ][0]


def test_a_preview_holds_nothing_and_says_who_would_go_where(world):
    esol_class = world.add_class(capacity=1)
    first, second = world.add_learner(), world.add_learner()
    unfit = world.add_learner(level=Level.L1)
    row = world.preview()
    assert (row.state, row.learners, row.placed, row.maximum_possible, row.blocking_pairs) == (
        RoundState.PREVIEWED,
        3,
        1,
        1,
        0,
    )
    lines = {one.entry_id: one for one in queries.lines(world.session, row.id)}
    assert lines[unfit.id].reason == "no_eligible_class"
    assert {lines[first.id].reason, lines[second.id].reason} == {None, "outranked"}
    assert counters(world, esol_class.id) == (0, 0, 1)
    assert entry_state(world, first) is EntryState.WAITING


def test_a_released_line_holds_a_place_and_asks_the_provider(world, offered):
    offer_id, entry, esol_class = offered
    assert world.offer(offer_id).state is OfferState.WITH_PROVIDER
    assert entry_state(world, entry) is EntryState.OFFERED
    assert counters(world, esol_class.id) == (1, 0, 1)
    assert kinds(world, offer_id) == ["offer_provider"]
    profile = world.offer(offer_id).profile
    assert profile.level is Level.E1
    assert profile.times == ("Monday morning", "Tuesday afternoon")


def test_yes_and_yes_enrols_and_gives_permission_to_pass_name_and_phone(world, offered):
    offer_id, entry, esol_class = offered
    assert not consents.may(world.session, entry.learner_id, "P05", world.clock.today())
    accept(world, offer_id)
    assert world.offer(offer_id).answer_by == world.clock.today() + timedelta(days=3)
    assert kinds(world, offer_id) == ["offer_learner"]
    service.answer_as_learner(world.session, offer_id, YES, learner_actor(entry.learner_id), world.clock)
    assert world.offer(offer_id).state is OfferState.CONFIRMED
    assert counters(world, esol_class.id) == (0, 1, 1)
    assert entry_state(world, entry) is EntryState.FULFILLED
    enrolment = reads.enrolments_of(world.session, [entry.learner_id])[entry.learner_id][0]
    assert enrolment.state is EnrolmentState.EXPECTED
    assert kinds(world, enrolment.id) == ["enrolment_to_start"]
    assert kinds(world, offer_id) == []
    assert consents.may(world.session, entry.learner_id, "P05", world.clock.today())


def test_answers_twice_are_one_answer(world, offered):
    offer_id, _, esol_class = offered
    accept(world, offer_id)
    accept(world, offer_id)
    for _ in range(2):
        service.answer_as_learner(world.session, offer_id, YES, world.manager, world.clock)
    assert counters(world, esol_class.id) == (0, 1, 1)
    with pytest.raises(Conflict):
        service.answer_as_learner(world.session, offer_id, NO, world.manager, world.clock)


def test_a_learners_no_gives_the_place_back_and_the_class_is_not_offered_again(world, offered):
    offer_id, entry, esol_class = offered
    queue_on = entry_now(world, entry).queue_on
    accept(world, offer_id)
    service.answer_as_learner(world.session, offer_id, NO, world.manager, world.clock)
    assert world.offer(offer_id).state is OfferState.DECLINED_BY_LEARNER
    assert counters(world, esol_class.id) == (0, 0, 2)
    assert entry_state(world, entry) is EntryState.WAITING
    assert entry_now(world, entry).queue_on == queue_on
    row = world.preview()
    assert row.placed == 0
    assert (
        "not offered again"
        in reads.why(world.session, row.id, entry.learner_id, esol_class.id)[0].sentences[0]
    )


def test_another_learners_link_and_another_provider_see_nothing(world, offered, person, organise):
    offer_id, _, _ = offered
    other = world.add_learner()
    accept(world, offer_id)
    with pytest.raises(NotFound):
        service.answer_as_learner(world.session, offer_id, YES, learner_actor(other.learner_id), world.clock)
    rival = person(world.session, Role.PROVIDER, organise(world.session, "provider", "the-rival"))
    with pytest.raises(NotFound):
        service.decline_as_provider(world.session, offer_id, Refusal("no_capacity"), rival, world.clock)


def test_a_providers_no_is_looked_at_by_the_hub(world, offered):
    offer_id, entry, esol_class = offered
    with pytest.raises(RuleBroken) as caught:
        service.decline_as_provider(
            world.session, offer_id, Refusal("wrong_level"), world.college, world.clock
        )
    assert "note" in caught.value.errors
    service.decline_as_provider(
        world.session, offer_id, Refusal("wrong_level", "Reads too well"), world.college, world.clock
    )
    assert kinds(world, offer_id) == ["offer_to_decide"]
    service.decide_decline(
        world.session, offer_id, DeclineDecision(False, "Please look again"), world.manager, world.clock
    )
    assert kinds(world, offer_id) == ["offer_provider"]
    service.decline_as_provider(world.session, offer_id, Refusal("no_capacity"), world.college, world.clock)
    service.decide_decline(world.session, offer_id, DeclineDecision(True), world.manager, world.clock)
    assert world.offer(offer_id).state is OfferState.DECLINED_BY_PROVIDER
    assert entry_state(world, entry) is EntryState.WAITING
    assert counters(world, esol_class.id) == (0, 0, 1), "a place that was none is not free again"


@pytest.mark.parametrize("accepts", [True, False])
def test_a_silent_provider_never_costs_the_learner(world, offered, accepts):
    offer_id, entry, _ = offered
    world.clock.advance(timedelta(days=14))
    assert service.provider_silence(world.session, world.manager, world.clock) == 0, (
        "ten working days are not over"
    )
    world.clock.advance(timedelta(days=1))
    assert service.provider_silence(world.session, world.manager, world.clock) == 1
    assert world.offer(offer_id).state is OfferState.HUB_DECIDES
    assert reads.silences(world.session) == {world.college.organisation_id: 1}
    service.decide_silence(world.session, offer_id, SilenceDecision(accepts), world.manager, world.clock)
    expected = OfferState.WITH_LEARNER if accepts else OfferState.WITHDRAWN
    assert world.offer(offer_id).state is expected
    assert entry_state(world, entry) is (EntryState.OFFERED if accepts else EntryState.WAITING)


def test_a_learners_silence_lapses_at_six_on_the_last_day_but_not_after_a_stop(world, offered):
    offer_id, entry, _ = offered
    accept(world, offer_id)
    world.clock.advance(timedelta(days=3, hours=7))
    assert service.lapse_due(world.session, world.clock, world.manager) == 0
    service.hold_for_stop(world.session, entry.learner_id, world.clock)
    world.clock.advance(timedelta(hours=1))
    assert service.lapse_due(world.session, world.clock, world.manager) == 0
    service.release_hold(world.session, offer_id, world.manager, world.clock)
    world.clock.advance(timedelta(days=5))
    assert service.lapse_due(world.session, world.clock, world.manager) == 1
    assert world.offer(offer_id).state is OfferState.LAPSED
    assert entry_state(world, entry) is EntryState.WAITING


def test_stale_lines_are_refused_by_name(world):
    esol_class = world.add_class(capacity=3)
    entries = [world.add_learner() for _ in range(3)]
    row = world.preview()
    from hub.waitlist import service as waiting
    from hub.waitlist.domain import Pause

    waiting.pause(
        world.session,
        entries[0].id,
        Pause(world.clock.today() + timedelta(days=9), "health"),
        world.manager,
        world.clock,
    )
    provision_service.confirm_places(world.session, esol_class.id, 1, world.college, world.clock)
    done = service.release(world.session, row.id, None, world.manager, world.clock)
    assert len(done.offer_ids) == 1
    assert {one.why for one in done.refused} == {Stale.ENTRY_CHANGED, Stale.CLASS_FULL}
    assert {one.learner_id for one in done.refused} | {world.offer(done.offer_ids[0]).learner_id} == {
        one.learner_id for one in entries
    }


def test_releasing_twice_and_in_parts(world):
    world.add_class(capacity=3)
    for _ in range(3):
        world.add_learner()
    row = world.preview()
    lines = queries.lines(world.session, row.id)
    with pytest.raises(RuleBroken):
        service.release(world.session, row.id, [], world.manager, world.clock)
    assert (
        len(service.release(world.session, row.id, [lines[0].id], world.manager, world.clock).offer_ids) == 1
    )
    assert (
        len(service.release(world.session, row.id, [lines[0].id], world.manager, world.clock).offer_ids) == 0
    )
    assert len(service.release(world.session, row.id, None, world.manager, world.clock).offer_ids) == 2
    assert {one.state for one in queries.lines(world.session, row.id)} == {LineState.RELEASED}


def test_undo_while_nobody_has_answered(world):
    esol_class = world.add_class(capacity=2)
    entries = [world.add_learner(), world.add_learner()]
    row = world.preview()
    done = service.release(world.session, row.id, None, world.manager, world.clock)
    service.undo(world.session, row.id, world.manager, world.clock)
    service.undo(world.session, row.id, world.manager, world.clock)
    assert [world.offer(one).state for one in done.offer_ids] == [OfferState.WITHDRAWN] * 2
    assert [entry_state(world, one) for one in entries] == [EntryState.WAITING] * 2
    assert counters(world, esol_class.id) == (0, 0, 2)
    again = world.preview()
    done = service.release(world.session, again.id, None, world.manager, world.clock)
    accept(world, done.offer_ids[0])
    with pytest.raises(Conflict) as caught:
        service.undo(world.session, again.id, world.manager, world.clock)
    assert caught.value.code == "round_answered"


def test_a_provider_without_an_agreement_takes_no_part(world, person, organise):
    rival = person(world.session, Role.PROVIDER, organise(world.session, "provider", "the-rival"))
    theirs = world.add_class(provider=rival)
    world.add_learner()
    with pytest.raises(RuleBroken) as caught:
        world.preview()
    assert caught.value.code == "no_classes"
    world.add_class()
    row = world.preview()
    out = [one for one in queries.round_classes(world.session, row.id) if one.left_out]
    assert [one.esol_class_id for one in out] == [theirs.id]


def test_a_freed_place_makes_a_refill_ready(world, offered):
    offer_id, _, esol_class = offered
    other = world.add_learner()
    accept(world, offer_id)
    assert service.prepare_refills(world.session, world.manager, world.clock) is None
    service.answer_as_learner(world.session, offer_id, NO, world.manager, world.clock)
    assert [view.id for view, _ in reads.vacancies(world.session)] == [esol_class.id]
    row = service.prepare_refills(world.session, world.manager, world.clock)
    assert row is not None
    assert row.placed == 1
    done = service.release(world.session, row.id, None, world.manager, world.clock)
    assert world.offer(done.offer_ids[0]).entry_id == other.id
    assert reads.vacancies(world.session) == []


def test_a_course_from_start_to_the_next_level(world, offered):
    enrolment = confirm(world, offered[0])
    world.clock.advance(timedelta(days=14))
    today = world.clock.today()
    service.start(world.session, enrolment.id, Start(today), world.college, world.clock)
    assert kinds(world, enrolment.id) == ["course_to_finish"]
    service.attendance(world.session, enrolment.id, Attendance(today, 3, 4), world.college, world.clock)
    service.attendance(world.session, enrolment.id, Attendance(today, 4, 4), world.college, world.clock)
    with pytest.raises(RuleBroken):
        service.attendance(world.session, enrolment.id, Attendance(today, 5, 4), world.college, world.clock)
    assert reads.enrolment_for(world.session, enrolment.id, world.college).hours == (4, 4)
    service.complete(world.session, enrolment.id, Completion(today, True, True), world.college, world.clock)
    assert counters(world, offered[2].id) == (0, 0, 2)
    entries = waitlist.entries_of(world.session, [enrolment.learner_id])[enrolment.learner_id]
    assert [(one.level, one.state) for one in entries] == [
        (Level.E2, EntryState.WAITING),
        (Level.E1, EntryState.FULFILLED),
    ]
    assert kinds(world, enrolment.id) == []


def test_no_show_goes_back_to_the_list_with_the_date_kept(world, offered):
    enrolment = confirm(world, offered[0])
    with pytest.raises(Conflict):
        service.no_show(world.session, enrolment.id, world.college, world.clock)
    world.clock.advance(timedelta(days=15))
    service.no_show(world.session, enrolment.id, world.college, world.clock)
    service.expect_again(world.session, enrolment.id, world.manager, world.clock)
    service.no_show(world.session, enrolment.id, world.college, world.clock)
    with pytest.raises(NotFound):
        service.return_to_list(world.session, enrolment.id, "unreachable", world.college, world.clock)
    service.return_to_list(world.session, enrolment.id, "unreachable", world.manager, world.clock)
    entries = waitlist.entries_of(world.session, [enrolment.learner_id])[enrolment.learner_id]
    assert [one.state for one in entries] == [EntryState.WAITING, EntryState.FULFILLED]
    assert entries[0].queue_on == entries[1].queue_on
    assert counters(world, offered[2].id) == (0, 0, 2)


def test_leaving_early_needs_a_reason_and_frees_the_place(world, offered):
    enrolment = confirm(world, offered[0])
    service.start(world.session, enrolment.id, Start(world.clock.today()), world.college, world.clock)
    with pytest.raises(RuleBroken):
        service.leave(
            world.session, enrolment.id, Leaving(world.clock.today(), "nonsense"), world.college, world.clock
        )
    service.leave(
        world.session, enrolment.id, Leaving(world.clock.today(), "moved_away"), world.college, world.clock
    )
    assert counters(world, offered[2].id) == (0, 0, 2)


def test_withdrawing_an_offer(world, offered):
    offer_id, entry, _ = offered
    service.withdraw_offer(
        world.session, offer_id, Withdrawal("entered_in_error", "Wrong one"), world.manager, world.clock
    )
    assert world.offer(offer_id).state is OfferState.WITHDRAWN
    assert entry_state(world, entry) is EntryState.WAITING


def test_nothing_to_match_is_said_plainly(world):
    with pytest.raises(RuleBroken) as caught:
        world.preview()
    assert caught.value.code == "nobody_waiting"
