"""The JSON edge of rounds, offers and enrolments."""

import pytest

from hub.core.permissions import Role
from hub.matching import queries, reads, service
from hub.matching.domain import LearnerAnswer
from hub.matching.domain.verify import verify


@pytest.fixture
def hub_api(world, api):
    return api(Role.HUB_MANAGER)


@pytest.fixture
def college_api(world, api):
    return api(Role.PROVIDER)


def body(answer, status=200):
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.json


def test_a_round_by_api(world, hub_api, college_api, api):
    esol_class, entry = world.add_class(), world.add_learner()
    made = body(hub_api.post("/api/v1/match-rounds", json={}), 201)
    assert (made["placed"], made["state"], made["lines"]) == (1, "previewed", {"proposed": 1})
    base = f"/api/v1/match-rounds/{made['id']}"
    both = body(api(Role.AUDITOR).get(f"{base}/snapshot"))
    assert verify(both["snapshot"], both["result"]) is None
    why = body(hub_api.get(f"{base}/why?learner={entry.learner_id}&class={esol_class.id}"))
    assert why["answers"][0]["sentences"] == ["You have a place in this class."]
    assert body(hub_api.get(f"{base}/why?learner=x"), 422)["code"] == "invalid_input"
    assert college_api.post(f"{base}/release", json={}).status_code == 403
    done = body(hub_api.post(f"{base}/release", json={}, headers={"Idempotency-Key": "one"}))
    again = body(hub_api.post(f"{base}/release", json={}, headers={"Idempotency-Key": "one"}))
    assert done == again
    assert len(done["offers"]) == 1
    assert body(hub_api.post(f"{base}/undo"))["state"] == "undone"
    assert body(hub_api.post(f"{base}/release", json={}), 409)["code"] == "round_over"


def test_stale_lines_are_named(world, hub_api):
    world.add_class()
    entry = world.add_learner()
    row = world.preview()
    from hub.waitlist import service as waitlist
    from hub.waitlist.domain import Removal

    waitlist.remove(world.session, entry.id, Removal("moved_away"), world.manager, world.clock)
    world.session.flush()
    done = body(hub_api.post(f"/api/v1/match-rounds/{row.id}/release", json={}))
    assert [(one["learner"], one["code"]) for one in done["refused"]] == [
        (str(entry.learner_id), "entry_changed")
    ]


def test_a_line_of_another_round_is_not_found(world, hub_api):
    world.add_class()
    world.add_learner()
    row = world.preview()
    line = queries.lines(world.session, row.id)[0]
    other = world.preview()
    answer = hub_api.post(f"/api/v1/match-rounds/{other.id}/release", json={"lines": [str(line.id)]})
    assert body(answer, 404)["code"] == "not_found"
    assert body(hub_api.post("/api/v1/match-rounds", json={"seed": "mine"}), 422)["code"] == "invalid_input"


def test_offers_and_enrolments_by_api(world, college_api, api, organise):
    world.add_class()
    entry = world.add_learner(given_names="Zainab")
    offer_id = world.release().offer_ids[0]
    listed = college_api.get("/api/v1/offers")
    assert [one["id"] for one in body(listed)["items"]] == [str(offer_id)]
    assert "Zainab" not in listed.get_data(as_text=True)
    assert str(entry.learner_id) not in listed.get_data(as_text=True)
    rival = api(Role.PROVIDER, organise(world.session, "provider", "the-rival"))
    assert body(rival.get("/api/v1/offers"))["items"] == []
    assert body(rival.post(f"/api/v1/offers/{offer_id}/accept"), 404)["code"] == "not_found"
    wrong = college_api.post(f"/api/v1/offers/{offer_id}/decline", json={"reason": "moved_away"})
    assert body(wrong, 422)["errors"]["reason"]
    assert body(college_api.post(f"/api/v1/offers/{offer_id}/accept"))["state"] == "with_learner"
    assert body(college_api.get("/api/v1/offers?state=nonsense"), 422)["code"] == "invalid_input"
    service.answer_as_learner(world.session, offer_id, LearnerAnswer(True), world.manager, world.clock)
    confirmed = body(college_api.get("/api/v1/offers?state=confirmed"))["items"][0]
    enrolment_id = confirmed["enrolment"]
    found = reads.enrolments_of(world.session, [entry.learner_id])[entry.learner_id][0]
    assert enrolment_id == str(found.id)
    base = f"/api/v1/enrolments/{enrolment_id}"
    today = world.clock.today().isoformat()
    assert body(college_api.post(f"{base}/start", json={"on": today}))["state"] == "started"
    week = {"week_on": today, "hours_attended": 3, "hours_of": 4}
    assert body(college_api.post(f"{base}/attendance", json=week))["hours"] == [3, 4]
    assert body(rival.post(f"{base}/attendance", json=week), 404)["code"] == "not_found"
    done = body(college_api.post(f"{base}/complete", json={"on": today, "achieved": True}))
    assert (done["state"], done["next_level"]) == ("completed", "E2")
    late = college_api.post(f"{base}/leave", json={"on": today, "reason": "moved_away"})
    assert body(late, 409)["code"] == "enrolment_state"
