"""Pages of rounds, offers and enrolments, as a manager, a provider and others use them."""

from datetime import timedelta

import pytest

from hub.core.permissions import Role
from hub.infra.audit import AuditEntry
from hub.matching import queries, reads, service
from hub.matching.domain import (
    DeclineDecision,
    EnrolmentState,
    LearnerAnswer,
    OfferState,
    Refusal,
    RoundState,
    Start,
)

YES = LearnerAnswer(True)


@pytest.fixture
def manager(as_role):
    return as_role(Role.HUB_MANAGER)


@pytest.fixture
def provider(as_role):
    return as_role(Role.PROVIDER)


def text_of(answer, status=200):
    assert answer.status_code == status, answer.get_data(as_text=True)[:3000]
    return answer.get_data(as_text=True)


def follow(client, answer):
    assert answer.status_code == 302, answer.get_data(as_text=True)[:3000]
    return text_of(client.get(answer.location))


@pytest.fixture
def offered(world):
    esol_class, entry = world.add_class(), world.add_learner(given_names="Zainab", phone="+447700900555")
    return world.release().offer_ids[0], entry, esol_class


@pytest.fixture
def enrolled(world, offered):
    service.accept_as_provider(world.session, offered[0], world.college, world.clock)
    service.answer_as_learner(world.session, offered[0], YES, world.manager, world.clock)
    return reads.enrolments_of(world.session, [offered[1].learner_id])[offered[1].learner_id][0]


def test_empty_pages(world, manager, provider):
    assert "No round has been made yet" in text_of(manager.get("/matching-rounds"))
    assert "Nothing waits for a decision" in text_of(manager.get("/offers"))
    assert "No offer waits for you" in text_of(provider.get("/offers"))
    assert "No learner is expected" in text_of(provider.get("/enrolments"))
    assert "No course has ended yet" in text_of(manager.get("/enrolments?show=ended"))


def test_a_round_from_preview_to_undo(world, manager):
    assert "Nobody is waiting" in text_of(manager.post("/matching-rounds/preview"), 422)
    world.add_class(capacity=1, title="Morning English")
    first, _ = world.add_learner(given_names="Zainab"), world.add_learner(given_names="Bilal")
    page = follow(manager, manager.post("/matching-rounds/preview"))
    assert "most that could be placed" in page
    assert "1 of 1" in page
    row = queries.rounds(world.session)[0]
    with_class = text_of(manager.get(f"/matching-rounds/{row.id}?show=proposed"))
    without = text_of(manager.get(f"/matching-rounds/{row.id}?show=unmatched"))
    assert ("Zainab" in with_class) != ("Zainab" in without)
    assert "Others come first" in without
    why = text_of(manager.get(f"/matching-rounds/{row.id}/why?learner={first.learner_id}"))
    assert "Morning English" in why
    nothing = manager.post(f"/matching-rounds/{row.id}/release", data={})
    assert "Choose at least one line" in text_of(nothing, 422)
    line = next(one for one in queries.lines(world.session, row.id) if one.esol_class_id)
    page = follow(manager, manager.post(f"/matching-rounds/{row.id}/release", data={"lines": [str(line.id)]}))
    assert "1 offer made" in page
    page = follow(manager, manager.post(f"/matching-rounds/{row.id}/release", data={"which": "all"}))
    assert "nothing left to release" in page
    assert "in line again" in follow(manager, manager.post(f"/matching-rounds/{row.id}/undo"))
    world.session.expire_all()
    assert queries.rounds(world.session)[0].state is RoundState.UNDONE
    assert "This round is undone" in text_of(
        manager.post(f"/matching-rounds/{row.id}/release", data={"which": "all"}), 409
    )


def test_the_snapshot_downloads_for_manager_and_auditor(world, manager, as_role, provider):
    world.add_class()
    world.add_learner()
    row = world.preview()
    for client in (manager, as_role(Role.AUDITOR)):
        answer = client.get(f"/matching-rounds/{row.id}/snapshot.json")
        assert answer.json["format"] == "esol-hub/matching-snapshot/1"
    assert provider.get(f"/matching-rounds/{row.id}/snapshot.json").status_code == 403
    assert manager.get(f"/matching-rounds/{row.id}/other.json").status_code == 404


def test_a_provider_sees_a_profile_and_no_name_until_the_learner_says_yes(world, offered, provider):
    page = text_of(provider.get("/offers"))
    assert "Entry 1 (A1)" in page
    assert "Monday morning" in page
    assert "Zainab" not in page
    assert "900555" not in page.replace(" ", "")
    page = follow(provider, provider.post(f"/offers/{offered[0]}/accept"))
    assert "With the learner" in page
    assert "Zainab" not in text_of(provider.get("/enrolments"))
    service.answer_as_learner(world.session, offered[0], YES, world.manager, world.clock)
    page = text_of(provider.get("/enrolments"))
    assert "Zainab" in page
    assert "07700 900555" in page


def test_identity_goes_when_the_permission_goes(world, enrolled, provider):
    from hub.consent import service as consent

    consent.withdraw(world.session, enrolled.learner_id, ["P05"], world.manager, world.clock)
    page = text_of(provider.get("/enrolments"))
    assert "Zainab" not in page
    assert "Ask the hub" in page


def test_declining_needs_a_reason_and_the_hub_decides(world, offered, provider, manager):
    address = f"/offers/{offered[0]}/decline"
    assert "Zainab" not in text_of(provider.get(address))
    assert "Choose a reason" in text_of(provider.post(address, data={}), 422)
    assert "Say in a few words why" in text_of(provider.post(address, data={"reason": "wrong_level"}), 422)
    done = provider.post(address, data={"reason": "wrong_level", "note": "Reads <b>well</b>"})
    assert "The hub looks at it now" in follow(provider, done)
    assert "The level does not fit" in text_of(manager.get("/offers"))
    page = text_of(manager.get(f"/offers/{offered[0]}/decide"))
    assert "Reads &lt;b&gt;well&lt;/b&gt;" in page
    assert "Select the decision" in text_of(manager.post(f"/offers/{offered[0]}/decide", data={}), 422)
    follow(
        manager,
        manager.post(f"/offers/{offered[0]}/decide", data={"decision": "ask_again", "note": "Look again"}),
    )
    assert "Look again" in text_of(provider.get("/offers"))
    again = manager.post(f"/offers/{offered[0]}/decide", data={"decision": "uphold"})
    assert "This offer is now with the provider" in text_of(again, 409)


def test_the_hub_writes_down_a_learners_answer(world, offered, manager):
    service.accept_as_provider(world.session, offered[0], world.college, world.clock)
    page = text_of(manager.get(f"/offers/{offered[0]}"))
    assert "Zainab" in page
    address = f"/offers/{offered[0]}/answer"
    assert "Choose a reason" in text_of(manager.post(address, data={"answer": "no"}), 422)
    follow(manager, manager.post(address, data={"answer": "no", "reason": "time"}))
    assert world.offer(offered[0]).state is OfferState.DECLINED_BY_LEARNER


def test_withdrawing_and_lifting_a_hold(world, offered, manager):
    service.accept_as_provider(world.session, offered[0], world.college, world.clock)
    service.hold_for_stop(world.session, offered[1].learner_id, world.clock)
    assert "sent STOP" in text_of(manager.get(f"/offers/{offered[0]}"))
    follow(manager, manager.post(f"/offers/{offered[0]}/lift-hold"))
    address = f"/offers/{offered[0]}/withdraw"
    assert "Choose a reason" in text_of(manager.post(address, data={}), 422)
    follow(manager, manager.post(address, data={"reason": "entered_in_error", "note": "Sorry"}))
    assert world.offer(offered[0]).state is OfferState.WITHDRAWN


def test_a_course_by_page(world, enrolled, provider):
    base = f"/enrolments/{enrolled.id}"
    future = {"on-day": "1", "on-month": "6", "on-year": "2027"}
    assert "today or in the past" in text_of(provider.post(f"{base}/start", data=future), 422)
    today = {"on-day": "11", "on-month": "1", "on-year": "2027"}
    text_of(provider.get(f"{base}/start"))
    assert "The learner has started" in follow(provider, provider.post(f"{base}/start", data=today))
    week = {"week_on-day": "11", "week_on-month": "1", "week_on-year": "2027"}
    text_of(provider.get(f"{base}/attendance"))
    bad = provider.post(f"{base}/attendance", data=week | {"hours_attended": "six", "hours_of": "4"})
    assert "Enter the hours as a number" in text_of(bad, 422)
    follow(
        provider, provider.post(f"{base}/attendance", data=week | {"hours_attended": "2,5", "hours_of": "4"})
    )
    assert "2.5 of 4" in text_of(provider.get("/enrolments"))
    page = text_of(provider.get(f"{base}/complete"))
    assert "Entry 2 (A2)" in page
    done = today | {"achieved": "yes", "wants_next": "yes"}
    follow(provider, provider.post(f"{base}/complete", data=done))
    assert "Completed" in text_of(provider.get("/enrolments?show=ended"))


def test_no_show_and_back_to_the_list_by_page(world, enrolled, provider, as_role):
    base = f"/enrolments/{enrolled.id}"
    assert "has not begun" in follow(provider, provider.post(f"{base}/no-show"))
    world.clock.advance(timedelta(days=15))
    provider, manager = as_role(Role.PROVIDER), as_role(Role.HUB_MANAGER)
    follow(provider, provider.post(f"{base}/no-show"))
    assert "Back to the waiting list" in text_of(manager.get("/enrolments"))
    assert provider.get(f"{base}/return").status_code == 403
    text_of(manager.get(f"{base}/return"))
    follow(manager, manager.post(f"{base}/return", data={"reason": "unreachable"}))
    found = reads.enrolments_of(world.session, [enrolled.learner_id])[enrolled.learner_id][0]
    assert found.state is EnrolmentState.RETURNED_TO_LIST


def test_leaving_and_moving_by_page(world, enrolled, provider, manager):
    service.start(world.session, enrolled.id, Start(world.clock.today()), world.college, world.clock)
    today = {"on-day": "11", "on-month": "1", "on-year": "2027"}
    assert "Choose a reason" in text_of(provider.post(f"/enrolments/{enrolled.id}/leave", data=today), 422)
    text_of(provider.get(f"/enrolments/{enrolled.id}/transfer"))
    follow(provider, provider.post(f"/enrolments/{enrolled.id}/transfer", data=today))
    assert "Transferred" in text_of(manager.get("/enrolments?show=ended"))


def test_another_providers_pages_are_not_found(world, offered, enrolled, as_role, organise):
    rival = as_role(Role.PROVIDER, organise(world.session, "provider", "the-rival"))
    for address in (f"/offers/{offered[0]}/decline", f"/enrolments/{enrolled.id}/start"):
        assert rival.get(address).status_code == 404
    assert rival.post(f"/offers/{offered[0]}/accept").status_code == 404
    assert rival.post(f"/enrolments/{enrolled.id}/no-show").status_code == 404
    assert "Zainab" not in text_of(rival.get("/enrolments"))


def test_every_view_of_a_learner_is_audited(world, offered, provider, manager):
    text_of(provider.get("/offers"))
    text_of(manager.get(f"/offers/{offered[0]}"))
    found = (
        world.session.query(AuditEntry)
        .filter_by(subject_id=offered[1].learner_id, action="offer.viewed")
        .all()
    )
    assert {one.role for one in found} == {"provider", "hub_manager"}


def test_silent_providers_are_shown(world, offered, as_role):
    world.clock.advance(timedelta(days=15))
    manager = as_role(Role.HUB_MANAGER)
    service.provider_silence(world.session, world.manager, world.clock)
    assert "Was silent" in text_of(manager.get("/offers"))
    page = text_of(manager.get(f"/offers/{offered[0]}/decide"))
    assert "has not answered in time" in page
    follow(manager, manager.post(f"/offers/{offered[0]}/decide", data={"decision": "accept"}))
    assert world.offer(offered[0]).state is OfferState.WITH_LEARNER


def test_a_refill_is_prepared_and_released_in_one_press(world, offered, manager):
    world.add_learner(given_names="Bilal")
    service.decline_as_provider(world.session, offered[0], Refusal("unreachable"), world.college, world.clock)
    service.decide_decline(world.session, offered[0], DeclineDecision(True), world.manager, world.clock)
    assert "Places that came free" in text_of(manager.get("/matching-rounds"))
    follow(manager, manager.post("/matching-rounds/refill"))
    assert "Release all" in text_of(manager.get("/matching-rounds"))
    assert "nothing to refill" in follow(manager, manager.post("/matching-rounds/refill"))
