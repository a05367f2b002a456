"""A level two or more away from the rule's counts when a second person has confirmed it; the learner waits meanwhile."""

from datetime import timedelta
from uuid import uuid4

import pytest

from hub.accounts import service as accounts
from hub.accounts.domain import NewUser
from hub.accounts.reads import actor_of_user
from hub.assessment import jobs, reactions, reads, service
from hub.assessment.domain import (
    AssessmentCompleted,
    Completion,
    Literacy,
    LiteracyNeed,
    Marks,
    NewAssessment,
    Override,
    OverrideCode,
    PlacementConfirmed,
    SecondState,
    Verdict,
)
from hub.consent import service as consents
from hub.consent.domain import NewStop, StopKind
from hub.core.errors import Conflict, NotFound, NotPermitted, RuleBroken
from hub.core.levels import Level
from hub.core.permissions import SYSTEM, Role
from hub.infra.audit import AuditEntry
from hub.infra.db import react
from hub.steps import reads as steps
from hub.steps.domain import StepKind
from hub.waitlist import reactions as waitlist
from hub.waitlist import reads as waitlists
from hub.waitlist import service as lists
from hub.waitlist.domain import EntryState
from tests.conftest import PASSWORD, put_session
from tests.slices.assessment.conftest import all_marks

WHY = "Her speaking is far below that level"


@pytest.fixture
def manager(session, person):
    return person(session, Role.HUB_MANAGER)


@pytest.fixture
def other(session, manager, clock):
    """A second manager of the hub, whom nobody asked."""
    new = NewUser("other@the-hub.example", "Kim Other", manager.organisation_id, Role.HUB_MANAGER)
    return actor_of_user(accounts.create_user(session, new, PASSWORD, SYSTEM, clock))


@pytest.fixture
def proposed(hub, session, refer, assessor, manager, clock):
    """The rule says Entry 2, the assessor Level 1; the manager is asked."""
    hub.reactions = {
        AssessmentCompleted: [waitlist.assessment_completed],
        PlacementConfirmed: [waitlist.placement_confirmed],
    }
    case = refer()
    started = service.start(session, NewAssessment(case.case_id, case.learner_id), assessor, clock)
    marks = Marks(all_marks("2222"), Literacy(LiteracyNeed.NONE))
    service.save_marks(session, started.id, marks, assessor, clock)
    override = Override(Level.L1, OverrideCode.LEARNER_CHOICE, "Wants to", manager.id)
    service.complete(session, started.id, Completion(override), assessor, clock)
    react(session)
    return started


def entry(session, learner_id):
    return next(one for one in waitlists.entries_of(session, [learner_id])[learner_id] if one.is_active)


def step(session, assessment, clock):
    found = steps.open_steps(session, [assessment.id], clock.today()).get(assessment.id, [])
    return next((one for one in found if one.kind is StepKind.PLACEMENT_TO_CONFIRM), None)


def said(who, *, agrees, why=""):
    return service.Answer(who.id, Verdict(agrees, why))


def actions(session, learner_id):
    found = session.query(AuditEntry).filter_by(subject_id=learner_id)
    return [one.action for one in found if one.action.startswith("assessment.second")]


@pytest.fixture
def hand_on(session, clock):
    """The job's work in the test's own transaction."""
    return lambda: service.hand_on(session, clock)


def test_the_learner_waits_at_the_rules_level_while_the_second_person_is_asked(
    session, proposed, manager, clock
):
    placement, second = reads.placement(session, proposed.id), reads.second_opinion(session, proposed.id)
    assert (placement.level, placement.overridden_from) == (Level.E2, None)
    assert (second.state, second.level, second.asked_id) == (SecondState.WAITING, Level.L1, manager.id)
    assert entry(session, proposed.learner_id).level is Level.E2
    held = step(session, proposed, clock)
    assert (held.user_id, held.due_on) == (manager.id, clock.today() + timedelta(days=2))
    assert actions(session, proposed.learner_id) == ["assessment.second_asked"]


def test_a_yes_moves_the_entry_and_keeps_its_date(session, proposed, manager, clock):
    before = entry(session, proposed.learner_id)
    clock.advance(timedelta(days=1))
    service.answer(session, proposed.id, said(manager, agrees=True), manager, clock)
    react(session)
    placement, after = reads.placement(session, proposed.id), entry(session, proposed.learner_id)
    assert (placement.level, placement.overridden_from) == (Level.L1, Level.E2)
    assert "Level 1 (B2) instead of Entry 2 (A2)" in placement.explanation["steps"][-1]
    assert (after.level, after.queue_on, after.previous_entry_id) == (Level.L1, before.queue_on, before.id)
    assert step(session, proposed, clock) is None
    again = service.answer(session, proposed.id, said(manager, agrees=True), manager, clock)
    assert again.state is SecondState.CONFIRMED
    with pytest.raises(Conflict):
        service.answer(session, proposed.id, said(manager, agrees=False, why=WHY), manager, clock)
    assert actions(session, proposed.learner_id)[1:] == ["assessment.second_confirmed"]


def test_a_no_needs_a_reason_and_leaves_the_rules_level(session, proposed, manager, clock):
    with pytest.raises(RuleBroken) as refused:
        service.answer(session, proposed.id, said(manager, agrees=False, why="No."), manager, clock)
    assert list(refused.value.errors) == ["why"]
    service.answer(session, proposed.id, said(manager, agrees=False, why=WHY), manager, clock)
    react(session)
    second = reads.second_opinion(session, proposed.id)
    assert (second.state, second.why) == (SecondState.DISAGREED, WHY)
    assert reads.placement(session, proposed.id).level is Level.E2
    assert entry(session, proposed.learner_id).level is Level.E2
    assert step(session, proposed, clock) is None


def test_nobody_confirms_their_own_level_nor_in_anothers_place(
    session, proposed, assessor, manager, other, person, clock
):
    for who in (assessor, other):
        with pytest.raises(NotPermitted):
            service.answer(session, proposed.id, said(who, agrees=True), who, clock)
        assert not service.may_answer(session, proposed.id, who)
    assert service.may_answer(session, proposed.id, manager)
    with pytest.raises(NotFound):
        service.answer(session, uuid4(), said(manager, agrees=True), manager, clock)
    stranger = person(session, Role.REFERRER)
    with pytest.raises(RuleBroken):
        service.answer(session, proposed.id, said(stranger, agrees=True), stranger, clock)


def test_silence_goes_on_to_the_managers_and_never_to_whoever_decided(
    session, hand_on, proposed, other, assessor, clock
):
    clock.advance(timedelta(days=4))
    assert hand_on() == 0
    clock.advance(timedelta(days=6))
    assert hand_on() == 1
    assert hand_on() == 0, "once"
    held = step(session, proposed, clock)
    assert (held.user_id, held.role) == (None, Role.HUB_MANAGER)
    with pytest.raises(NotPermitted):
        service.answer(session, proposed.id, said(assessor, agrees=True), assessor, clock)
    service.answer(session, proposed.id, said(other, agrees=True), other, clock)
    assert reads.placement(session, proposed.id).level is Level.L1


def test_a_closed_case_needs_no_second_person(session, proposed, manager, clock):
    class Closed:
        referral_id = proposed.case_id

    reactions.case_closed(session, Closed(), SYSTEM, clock)
    assert reads.second_opinion(session, proposed.id).state is SecondState.NOT_NEEDED
    assert step(session, proposed, clock) is None
    with pytest.raises(Conflict):
        service.answer(session, proposed.id, said(manager, agrees=True), manager, clock)


def test_a_yes_brings_nobody_back_onto_the_list(session, proposed, manager, clock):
    waiting = entry(session, proposed.learner_id)
    lists.remove_for_learner(session, proposed.learner_id, "moved_away", manager, clock)
    service.answer(session, proposed.id, said(manager, agrees=True), manager, clock)
    react(session)
    found = waitlists.entries_of(session, [proposed.learner_id])[proposed.learner_id]
    assert [(one.id, one.state) for one in found] == [(waiting.id, EntryState.REMOVED)]


def test_nothing_is_confirmed_of_somebody_whose_data_may_not_be_used(session, proposed, manager, clock):
    stop = NewStop(StopKind.OBJECTION, frozenset({"P02"}), uuid4())
    consents.stop(session, proposed.learner_id, stop, manager, clock)
    with pytest.raises(RuleBroken, match="stopped"):
        service.answer(session, proposed.id, said(manager, agrees=True), manager, clock)


@pytest.fixture
def sign_in(app, session, clock):
    """sign_in(who) -> that person's browser."""

    def make(who):
        browser = app.test_client()
        put_session(browser, session, who, clock)
        return browser

    return make


def test_the_page_and_my_work(proposed, sign_in, manager, assessor):
    client, own, place = sign_in(manager), sign_in(assessor), f"/assessments/{proposed.id}"
    assert place in client.get("/").text
    page = client.get(place).text
    assert "Waiting for the second person" in page and "Do you agree with Level 1" in page
    assert "Select whether you agree" in client.post(f"{place}/second-opinion").text
    assert "Say why you disagree" in client.post(f"{place}/second-opinion", data={"answer": "disagree"}).text
    assert "Do you agree" not in own.get(place).text
    assert own.post(f"{place}/second-opinion", data={"answer": "agree"}).status_code == 403
    assert client.post(f"{place}/second-opinion", data={"answer": "agree"}).status_code == 302
    assert "Confirmed by the second person" in client.get(place).text


def test_by_api_for_a_named_person(proposed, api, manager, assessor):
    system, place = api(Role.HUB_MANAGER), f"/api/v1/assessments/{proposed.id}"
    assert system.get(place).json["second_opinion"]["state"] == "waiting"

    def send(**body):
        return system.post(f"{place}/second-opinion", json=body, headers={"Idempotency-Key": str(uuid4())})

    assert send(agrees=True).status_code == 422
    assert send(agrees=True, person_id=str(assessor.id)).status_code == 403
    assert send(agrees=False, person_id=str(manager.id)).status_code == 422
    done = send(agrees=False, person_id=str(manager.id), why=WHY)
    assert done.json["second_opinion"] | {"state": "disagreed", "why": WHY} == done.json["second_opinion"]
    assert done.json["placement"]["level"] == "E2"
    missing = system.post(
        f"/api/v1/assessments/{uuid4()}/second-opinion",
        json={"agrees": True, "person_id": str(manager.id)},
        headers={"Idempotency-Key": "x"},
    )
    assert missing.status_code == 404


def test_the_job_runs(committed, organise, session, clock):
    assert jobs.second_people(clock) == 0
