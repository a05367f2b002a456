"""Idempotency, access, entity tags, errors and headers, on a small application of their own."""

from uuid import UUID

import flask
import pytest
from flask import jsonify, request

from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Actor, Role
from hub.infra import access, http, problems
from hub.infra.access import allow, allow_public
from hub.infra.db import transaction
from hub.infra.geography import Postcode
from hub.infra.idempotency import idempotent

ORGANISATION = UUID(int=7)


@pytest.fixture
def made(session):
    """How often the effect of the POST below took place."""
    return []


@pytest.fixture
def small(session, made):
    app = flask.Flask("small")

    @app.post("/things")
    @idempotent
    @allow_public
    def post():
        with transaction() as inner:
            body = request.get_json()
            if body.get("wrong"):
                raise RuleBroken("No.", code="no")
            made.append(body)
            inner.add(Postcode(postcode=f"ZZ8 {len(made)}ZZ", lat=51.5, lon=0.0))
        return jsonify(number=len(made)), 201, {"Location": "/things/1", "ETag": '"1"'}

    @app.get("/private")
    @allow(Role.HUB_MANAGER)
    def private():
        return "secret"

    @app.patch("/things/1")
    @allow_public
    def change():
        http.require_match(3)
        return "changed"

    @app.get("/page")
    @allow_public
    def page():
        marker, size = http.asked_page()
        start = marker or 0
        return jsonify(http.page_of(list(range(start + 1, 8))[: size + 1], size, lambda n: n))

    role = {"role": Role.REFERRER}
    actor = lambda: Actor("key", None, "A", role["role"], ORGANISATION)  # noqa: E731
    access.install(app, actor)
    for kind in (NotFound, Conflict, RuleBroken):
        app.register_error_handler(kind, problems.problem)
    from hub.core.errors import HubError

    app.register_error_handler(HubError, problems.problem)
    client = app.test_client()
    client.role = role
    return client


KEY = {"Idempotency-Key": "abc"}


def test_the_same_request_twice_has_one_effect_and_one_answer(small, made):
    first = small.post("/things", json={"a": 1}, headers=KEY)
    again = small.post("/things", json={"a": 1}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json == {"number": 1}
    assert (again.headers["Location"], again.headers["ETag"]) == ("/things/1", '"1"')
    assert again.headers["Idempotent-Replay"] == "true"
    assert len(made) == 1


def test_another_request_under_the_same_key_is_refused(small, made):
    small.post("/things", json={"a": 1}, headers=KEY)
    other = small.post("/things", json={"a": 2}, headers=KEY)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert len(made) == 1


def test_a_refused_request_may_be_mended_under_the_same_key(small, made):
    assert small.post("/things", json={"wrong": 1}, headers=KEY).status_code == 422
    assert small.post("/things", json={"a": 1}, headers=KEY).status_code == 201


def test_a_key_is_forgotten_after_72_hours(small, made, clock):
    from datetime import timedelta

    small.post("/things", json={"a": 1}, headers=KEY)
    clock.advance(timedelta(hours=73))
    assert small.post("/things", json={"a": 1}, headers=KEY).json == {"number": 2}


def test_without_a_key_each_request_counts(small, made):
    for _ in range(2):
        small.post("/things", json={"a": 1})
    assert len(made) == 2


def test_a_key_of_300_characters_is_refused(small):
    answer = small.post("/things", json={}, headers={"Idempotency-Key": "k" * 300})
    assert answer.json["code"] == "idempotency_key_invalid"


def test_a_role_that_is_not_named_is_refused_and_the_refusal_is_kept(small, session):
    from sqlalchemy import select

    from hub.infra.audit import AuditEntry

    answer = small.get("/private")
    assert (answer.status_code, answer.json["code"]) == (403, "not_permitted")
    assert b"secret" not in answer.data
    kept = session.scalars(select(AuditEntry).where(AuditEntry.action == "access.refused")).one()
    assert (kept.role, kept.outcome) == ("referrer", "refused")
    small.role["role"] = Role.HUB_MANAGER
    assert small.get("/private").data == b"secret"


def test_a_view_without_a_rule_stops_the_start():
    app = flask.Flask("bare")
    app.add_url_rule("/x", "x", lambda: "x", methods=["GET", "POST"])
    with pytest.raises(RuntimeError, match=r"GET /x[\s\S]*POST /x"):
        access.require_declared(app)


@pytest.mark.parametrize(("tag", "status"), [(None, 428), ('"2"', 409), ('"3"', 200), ('W/"3"', 200)])
def test_a_change_must_name_the_version_it_saw(small, tag, status):
    answer = small.patch("/things/1", headers={"If-Match": tag} if tag else {})
    assert answer.status_code == status
    if status == 409:
        assert answer.json["current_version"] == 3


def test_a_list_is_read_page_by_page(small):
    seen, address = [], "/page?limit=3"
    while address:
        body = small.get(address).json
        seen += body["items"]
        address = f"/page?limit=3&after={body['next']}" if body["next"] else None
    assert seen == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("query", ["limit=0", "limit=many", "limit=9999", "after=%25"])
def test_a_page_that_cannot_be_is_refused(small, query):
    assert small.get(f"/page?{query}").json["code"] == "invalid_input"


def test_nested_messages_become_errors_by_field():
    messages = {
        "learner": {"postcode": ["Enter a postcode"]},
        "_schema": ["Wrong"],
        "needs": {0: ["Unknown"]},
    }
    assert dict(problems.flatten(messages)) == {
        "learner.postcode": "Enter a postcode", "body": "Wrong", "needs.0": "Unknown",
    }  # fmt: skip
