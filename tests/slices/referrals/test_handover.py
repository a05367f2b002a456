"""A caseload changes hands: everything moves, is told, and nobody waits behind an account that nobody opens."""

import pytest

from hub.accounts import service as accounts
from hub.accounts.domain import NewUser
from hub.accounts.reads import actor_of_user
from hub.core.permissions import SYSTEM, Role
from hub.infra.audit import AuditEntry
from hub.infra.db import react
from hub.referrals import reads, service
from hub.referrals.domain import Move
from hub.referrals.service.information import Question
from hub.steps import reads as steps
from hub.steps.domain import StepKind
from tests.conftest import PASSWORD, put_session
from tests.slices.referrals.test_intake import new_referral

ASKED = Question(("phone",))


@pytest.fixture
def colleague(session, person, clock):
    """colleague(name) -> another work coach of the same jobcentre."""

    def make(name, role=Role.REFERRER):
        home = person(session, Role.REFERRER).organisation_id
        new = NewUser(f"{name.lower()}@the-jobcentre.example", name, home, role)
        return actor_of_user(accounts.create_user(session, new, PASSWORD, SYSTEM, clock))

    return make


@pytest.fixture
def coach(session, as_role):
    """The work coach who has one referral with a question to answer, and one draft."""
    return as_role(Role.REFERRER)


@pytest.fixture
def referral(session, coach, person, clock):
    made = service.submit(session, new_referral(), coach.actor, clock)
    react(session)
    service.ask_information(session, made.id, ASKED, person(session, Role.HUB_MANAGER), clock)
    coach.post("/refer")
    react(session)
    return made


def held(session, actor, clock):
    session.expire_all()
    work = steps.my_work(session, actor, clock.today())
    return [(one.kind, one.subject_id) for one in (*work.overdue, *work.today, *work.soon)]


def signed_in(app, session, actor, clock):
    made = app.test_client()
    put_session(made, session, actor, clock)
    return made


def test_all_goes_to_the_successor_with_history_and_audit(app, session, coach, referral, colleague, clock):
    sam = colleague("Sam")
    due = steps.open_steps(session, [referral.id], clock.today())[referral.id][0].due_on
    page = signed_in(app, session, sam, clock)
    assert "Hand over" in page.get("/caseloads").text
    assert page.post(f"/caseloads/{coach.actor.id}", data={"successor": str(sam.id)}).status_code == 302
    session.expire_all()
    assert reads.referral(session, referral.id).worker_id == sam.id
    step = steps.open_steps(session, [referral.id], clock.today())[referral.id][0]
    assert (step.kind, step.user_id, step.due_on) == (StepKind.INFORMATION_TO_GIVE, sam.id, due)
    assert [one.id for one in reads.my_drafts(session, sam)]
    assert reads.caseload(session, coach.actor.id).is_empty
    assert [one.move for one in reads.history(session, referral.id)][-1] is Move.HAND_OVER
    actions = {one.action for one in session.query(AuditEntry).filter_by(actor_id=sam.id)}
    assert {"referral.handed_over", "caseload.handed_over"} <= actions
    assert "Handed over to a colleague" in page.get(f"/my-referrals/{referral.id}").text
    assert "Answer the hub" in page.get("/").text


def test_the_colleagues_together_take_over_and_drafts_stay(session, coach, referral, colleague, clock):
    sam = colleague("Sam")
    answer = coach.post(f"/caseloads/{coach.actor.id}", data={"successor": "colleagues"})
    assert answer.status_code == 302
    assert (StepKind.INFORMATION_TO_GIVE, referral.id) in held(session, sam, clock)
    assert reads.referral(session, referral.id).worker_id is None
    assert reads.my_drafts(session, coach.actor)


@pytest.mark.parametrize("chosen", ["", "nonsense", "myself", "stranger"])
def test_the_successor_is_an_open_account_of_the_same_organisation(
    session, coach, referral, colleague, person, chosen
):
    colleague("Sam")
    ids = {"myself": coach.actor.id, "stranger": person(session, Role.PROVIDER).id}
    answer = coach.post(f"/caseloads/{coach.actor.id}", data={"successor": str(ids.get(chosen, chosen))})
    assert answer.status_code == 422
    assert not reads.caseload(session, coach.actor.id).is_empty


def test_another_organisation_sees_no_caseload_of_ours(session, coach, referral, as_role, organise):
    other = as_role(Role.REFERRER, organise(session, "health"))
    missing = "/caseloads/01900000-0000-7000-8000-000000000000"
    ours = other.get(f"/caseloads/{coach.actor.id}")
    assert (ours.status_code, other.get(missing).status_code) == (404, 404)
    assert other.post(f"/caseloads/{coach.actor.id}", data={"successor": "colleagues"}).status_code == 404
    assert "Robin Referrer" in other.get("/caseloads").text, "its own people"


def test_one_referral_goes_to_a_colleague(session, coach, referral, colleague, clock):
    sam = colleague("Sam")
    page = f"/my-referrals/{referral.id}"
    assert "Sam" in coach.get(page).text
    assert coach.post(f"{page}/hand-over", data={}).status_code == 422
    assert coach.post(f"{page}/hand-over", data={"successor": str(sam.id)}).status_code == 302
    assert (StepKind.INFORMATION_TO_GIVE, referral.id) in held(session, sam, clock)
    assert (StepKind.INFORMATION_TO_GIVE, referral.id) not in held(session, coach.actor, clock)


def test_closing_an_account_with_a_caseload_asks_for_the_successor_first(
    session, coach, referral, colleague, as_role, clock
):
    sam, manager = colleague("Sam"), as_role(Role.HUB_MANAGER)
    page = f"/people/{coach.actor.id}/leaving"
    assert "Who takes over?" in manager.get(page).text
    refused = manager.post(page, data={})
    assert refused.status_code == 422
    assert "Choose who takes over" in refused.text
    assert coach.get("/account").status_code == 200
    closed = manager.post(page, data={"successor": str(sam.id)})
    assert closed.status_code == 302, closed.text[closed.text.index("<main") :]
    assert coach.get("/account").status_code == 302
    assert (StepKind.INFORMATION_TO_GIVE, referral.id) in held(session, sam, clock)


def test_when_nobody_is_left_the_hub_answers_and_is_told_to_find_somebody(
    session, coach, referral, as_role, clock
):
    manager = as_role(Role.HUB_MANAGER)
    page = f"/people/{coach.actor.id}/leaving"
    assert "The hub takes over" in manager.get(page).text
    assert manager.post(page, data={}).status_code == 302
    mine = held(session, manager.actor, clock)
    assert (StepKind.INFORMATION_TO_GIVE, referral.id) in mine
    assert (StepKind.CASELOAD_WITHOUT_PERSON, coach.actor.organisation_id) in mine
    assert f"/organisations/{coach.actor.organisation_id}" in manager.get("/").text
    manager.post(f"/people/{coach.actor.id}/open")
    mine = held(session, manager.actor, clock)
    assert (StepKind.CASELOAD_WITHOUT_PERSON, coach.actor.organisation_id) not in mine


def test_a_question_asked_after_the_worker_left_reaches_the_colleagues_or_the_hub(
    session, coach, referral, colleague, person, clock
):
    """Also when the account was closed by a command, without the page."""
    sam, manager = colleague("Sam"), person(session, Role.HUB_MANAGER)
    accounts.set_active(session, coach.actor.id, False, SYSTEM, clock)
    react(session)
    assert (StepKind.INFORMATION_TO_GIVE, referral.id) in held(session, sam, clock)
    accounts.set_active(session, sam.id, False, SYSTEM, clock)
    react(session)
    assert (StepKind.CASELOAD_WITHOUT_PERSON, coach.actor.organisation_id) in held(session, manager, clock)


def test_the_command_closes_an_account_and_hands_over(hub, session, coach, referral, colleague, clock):
    from click.testing import CliRunner

    from hub.cli import hub as command

    sam = colleague("Sam")
    email = "referrer@the-jobcentre.example"
    session.flush()
    refused = CliRunner().invoke(command, ["users", "close", email], standalone_mode=False)
    assert "Choose who takes over" in str(refused.exception)
    done = CliRunner().invoke(command, ["users", "close", email, "--to", "sam@the-jobcentre.example"])
    assert done.exit_code == 0, done.output
    assert (StepKind.INFORMATION_TO_GIVE, referral.id) in held(session, sam, clock)
