"""The API's description: valid OpenAPI 3.1, complete, and kept by what the API does. Offline, a few seconds."""

import re

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from hub.core.permissions import Role
from hub.infra.access import rule_of

PROMISED = """
POST /referrals, GET /referrals/{id}, POST /referrals/{id}/withdraw, POST /referrals/{id}/information,
GET /appointments, POST /appointments, GET /assessments, POST /assessments, POST /assessments/{id}/responses,
POST /assessments/{id}/complete, GET /classes, POST /classes, PATCH /classes/{id}, POST /classes/{id}/confirm-places,
GET /waitlist, POST /match-rounds, POST /match-rounds/{id}/release, POST /match-rounds/{id}/undo,
GET /match-rounds/{id}/snapshot, GET /match-rounds/{id}/why, GET /offers, POST /offers/{id}/accept,
POST /offers/{id}/decline, POST /enrolments/{id}/start, POST /enrolments/{id}/attendance,
POST /enrolments/{id}/complete, POST /enrolments/{id}/leave, POST /callbacks/notify/delivery,
POST /callbacks/notify/received
"""
EXAMPLES = 5
REFUSALS = {400, 401, 403, 404, 405, 409, 413, 415, 422, 428, 429}


@pytest.fixture
def description(client):
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.json


def operations(description):
    for path, item in description["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def named(operation, place):
    return {one["name"] for one in operation.get("parameters", ()) if one["in"] == place}


def test_it_is_valid_openapi_3_1(description):
    assert description["openapi"].startswith("3.1")
    faults = sorted(Draft202012Validator(OPENAPI_31).iter_errors(description), key=str)
    assert not faults, [f"{fault.json_path}: {fault.message[:200]}" for fault in faults]
    for schema in description["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_operation_has_a_name_of_its_own(description):
    names = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(set(names)) == len(names)
    assert "referrals_submit_referral" in names
    assert all(name.isidentifier() for name in names)


def test_every_reference_leads_somewhere(description):
    def walk(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for inner in node.values():
                yield from walk(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from walk(inner)

    for reference in set(walk(description)):
        found = description
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_everything_that_was_promised_is_there_and_nothing_is_left_out(description, app):
    described = {
        f"{method} {re.sub(r'{[^}]+}', '{id}', path).removeprefix('/api/v1')}"
        for method, path, _ in operations(description)
    }
    assert {one.strip() for one in PROMISED.split(",")} <= described
    served = {
        f"{method} {re.sub(r'<[^>]+>', '{id}', rule.rule).removeprefix('/api/v1')}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and not rule.rule.endswith("openapi.json")
    }
    assert served == described


def test_every_operation_tells_its_headers_refusals_and_words(description, app, subtests):
    for method, path, operation in operations(description):
        with subtests.test(f"{method} {path}"):
            assert operation["summary"]
            assert "default" in operation["responses"]
            is_callback = "/callbacks/" in path
            assert ("Idempotency-Key" in named(operation, "header")) == (method == "POST" and not is_callback)
            assert ("If-Match" in named(operation, "header")) == (method == "PATCH")
            assert (operation.get("security") == [{"callback": []}]) == is_callback
            success = next(status for status in operation["responses"] if status.startswith("2"))
            properties = resolved(description, operation["responses"][success]).get("properties", {})
            if {"items", "next"} <= set(properties):
                assert {"limit", "after"} <= named(operation, "query")
    problem = description["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert list(problem) == ["application/problem+json"]


def resolved(description, response):
    """The schema of a response's JSON body."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    reference = schema.get("$ref", "")
    return description["components"]["schemas"][reference.rsplit("/", 1)[-1]] if reference else schema


def test_answers_are_as_described_whatever_is_asked(app, api, session, description, subtests):
    """Generated requests, right and wrong: never a fault of ours, refusals are problems, answers fit their schema."""
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    keys = {role: api(role).environ_base["HTTP_AUTHORIZATION"] for role in Role if role in API_ROLES}
    for result in schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app).get_all_operations():
        operation = result.ok()
        endpoint = app.url_map.bind("").match(
            re.sub(r"{[^}]+}", "01900000-0000-7000-8000-000000000000", operation.path),
            operation.method.upper(),
        )[0]
        allowed = rule_of(app, endpoint, operation.method) or frozenset()
        role = next(role for role in API_ROLES if role in allowed)
        with subtests.test(operation.label):
            _try(operation, keys[role], description)


API_ROLES = (Role.REFERRER, Role.PROVIDER, Role.HUB_MANAGER)


def _try(operation, key, description):
    token = "Bearer test-callback-token" if "/callbacks/" in operation.path else key
    tried = settings(
        max_examples=EXAMPLES, database=None, derandomize=True, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    @tried
    @given(case=operation.as_strategy())
    def ask(case):
        answer = case.call(headers={"Authorization": token})
        if answer.status_code in REFUSALS:
            assert answer.headers["content-type"][0] == "application/problem+json"
            problem = answer.json()
            schema = description["components"]["schemas"]["Problem"]
            Draft202012Validator(schema).validate(problem)
            assert problem["status"] == answer.status_code
            assert problem["detail"]
        else:
            operation.validate_response(answer)
            assert answer.status_code < 300, answer.text[:300]

    ask()
