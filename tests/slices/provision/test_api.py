"""Classes through the JSON edge."""

import pytest

from hub.core.permissions import Role
from tests.conftest import uuid

BODY = {
    "title": "Everyday English",
    "strand": "general",
    "levels": ["E2", "E1"],
    "sessions": [{"day": "mon", "start": "10:00", "end": "12:00"}],
    "start_on": "2027-01-25",
    "end_on": "2027-04-02",
    "capacity": 12,
    "online": True,
    "funding": ["asf"],
}


@pytest.fixture
def mine(api, college):
    return api(Role.PROVIDER)


def test_a_provider_adds_and_reads_a_class(mine):
    answer = mine.post(
        "/api/v1/classes", json=BODY | {"places_free": 4, "reserves": [{"count": 1, "min_waiting_days": 365}]}
    )
    assert answer.status_code == 201, answer.json
    assert answer.headers["ETag"] == '"1"'
    shown = mine.get(answer.headers["Location"])
    assert shown.json == answer.json
    assert (shown.json["levels"], shown.json["places_free"], shown.json["slots"]) == (
        ["E1", "E2"],
        4,
        ["mon-am"],
    )
    assert (shown.json["state"], shown.json["reserves"]) == (
        "published",
        [{"count": 1, "min_waiting_days": 365}],
    )


def test_the_same_key_adds_once(mine):
    first = mine.post("/api/v1/classes", json=BODY, headers={"Idempotency-Key": "a"})
    again = mine.post("/api/v1/classes", json=BODY, headers={"Idempotency-Key": "a"})
    assert again.json["id"] == first.json["id"]
    assert len(mine.get("/api/v1/classes?mine=yes").json["items"]) == 1


def test_what_is_wrong_is_told_by_field(mine):
    answer = mine.post("/api/v1/classes", json={"title": "", "colour": "red", "levels": ["E9"]})
    assert answer.status_code == 422
    assert {"title", "colour", "strand", "sessions", "capacity", "funding"} <= set(answer.json["errors"])
    answer = mine.post("/api/v1/classes", json=BODY | {"end_on": "2027-01-01", "funding": ["lottery"]})
    assert (answer.status_code, sorted(answer.json["errors"])) == (422, ["end_on", "funding"])
    answer = mine.post(
        "/api/v1/classes", json=BODY | {"sessions": [{"day": "noday", "start": "x", "end": "12:00"}]}
    )
    assert answer.status_code == 422


def test_a_change_names_its_version(mine):
    made = mine.post("/api/v1/classes", json=BODY)
    path = made.headers["Location"]
    assert mine.patch(path, json={"title": "New"}).status_code == 428
    changed = mine.patch(path, json={"title": "New"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json["title"], changed.headers["ETag"]) == (200, "New", '"2"')
    assert changed.json["sessions"] == made.json["sessions"]
    stale = mine.patch(path, json={"title": "Newer"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json["current_version"]) == (409, 2)


def test_confirming_places(mine):
    path = mine.post("/api/v1/classes", json=BODY).headers["Location"] + "/confirm-places"
    assert mine.post(path, json={"places_free": 3}).json["places_free"] == 3
    assert mine.post(path, json={"places_free": 13}).json["errors"] == {
        "places_free": "Free places must be between 0 and 12."
    }
    assert mine.post(path, json={"places_free": 5, "seen": 9}).json["code"] == "places_moved"
    assert mine.post(path, json={}).status_code == 422


def test_others_search_but_change_nothing(api, mine, organise, session):
    draft = mine.post("/api/v1/classes", json=BODY | {"publish": False}).headers["Location"]
    path = mine.post("/api/v1/classes", json=BODY).headers["Location"]
    rival = api(Role.PROVIDER, organise(session, "provider", "the-rival"))
    referrer = api(Role.REFERRER)
    assert len(referrer.get("/api/v1/classes?level=E1&parts=am,eve").json["items"]) == 1
    assert referrer.get("/api/v1/classes?level=L2").json["items"] == []
    assert referrer.get(path).status_code == 200
    assert referrer.patch(path, json={}, headers={"If-Match": '"1"'}).status_code == 403
    missing = rival.patch(f"/api/v1/classes/{uuid(404)}", json={}, headers={"If-Match": '"1"'})
    foreign = rival.patch(path, json={}, headers={"If-Match": '"1"'})
    assert missing.status_code == foreign.status_code == 404
    assert missing.json["detail"].split()[0] == foreign.json["detail"].split()[0]
    assert rival.post(path + "/confirm-places", json={"places_free": 1}).status_code == 404
    assert rival.get(draft).status_code == referrer.get(draft).status_code == 404
    assert rival.get("/api/v1/classes?mine=yes").json["items"] == []


def test_the_hub_names_the_provider(api, college):
    hub = api(Role.HUB_MANAGER)
    assert hub.post("/api/v1/classes", json=BODY).json["code"] == "not_a_provider"
    assert hub.post("/api/v1/classes", json=BODY | {"provider": "the-provider"}).status_code == 201
    assert hub.post("/api/v1/classes", json=BODY | {"provider": "nobody"}).status_code == 404


def test_a_list_comes_in_pages(mine):
    for number in range(3):
        mine.post("/api/v1/classes", json=BODY | {"title": f"Class {number}"})
    first = mine.get("/api/v1/classes?limit=2").json
    second = mine.get(f"/api/v1/classes?limit=2&after={first['next']}").json
    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]


@pytest.mark.parametrize(
    "query",
    [
        "level=E9",
        "strand=x",
        "parts=noon",
        "near=Hackney",
        "within_km=far",
        "within_km=nan",
        "near=ZE9",
        "limit=0",
        "after=x",
    ],
)
def test_a_query_that_makes_no_sense(mine, query):
    assert mine.get(f"/api/v1/classes?{query}").status_code == 422


def test_near_gives_distances(api, make_class):
    make_class()
    (one,) = api(Role.REFERRER).get("/api/v1/classes?near=N1&within_km=5").json["items"]
    assert one["distance_km"] == pytest.approx(2.98, abs=0.05)
    assert one["venue"]["location"] == [51.55, -0.06]


def test_without_a_key(client):
    assert client.get("/api/v1/classes").status_code == 401
