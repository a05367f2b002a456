"""The door on the pages themselves: shut, no page of a provider or referrer shows who a learner is; open, the one
that should does. A page that went round the door would show the name here."""

import json
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text as sql

from hub.accounts.domain import disclosure
from hub.consent import service
from hub.consent.domain import OPTIONAL, NewConsent, StopKind
from hub.consent.models import ProcessingStop
from hub.consent.reads import sharing
from hub.core.permissions import SYSTEM, Role
from hub.infra import audit, db
from hub.infra.access import rule_of
from hub.learners import reads as learners
from hub.learners.domain import NewNeeds
from hub.matching import reads as matching
from hub.matching import service as matching_service
from hub.matching.domain import LearnerAnswer
from tests.slices.matching.conftest import World, put_agreement, put_postcodes

SECRETS = ("Zeynepcanary", "+447700900777", "07700 900777", "07700 900 777", "canary@example.com")


@pytest.fixture
def placed(session, person, clock):
    """A learner with a place, who has permitted everything; the ids that a page of the provider may ask for."""
    put_postcodes(session)
    manager, college = person(session, Role.HUB_MANAGER), person(session, Role.PROVIDER)
    put_agreement(session, manager.organisation_id, college.organisation_id, clock)
    world = World(session, clock, manager, college)
    esol_class = world.add_class()
    entry = world.add_learner(given_names="Zeynepcanary", phone="+447700900777", email="canary@example.com",
                              needs=NewNeeds(support_needed="Canary chair"))  # fmt: skip
    asked = NewConsent(
        given_on=date(2027, 1, 11),
        channel="phone",
        language="en",
        wording_version="2026-11",
        purposes=frozenset(OPTIONAL),
    )
    service.record_again(session, entry.learner_id, asked, SYSTEM, clock)
    (offer_id,) = world.release().offer_ids
    matching_service.accept_as_provider(session, offer_id, college, clock)
    matching_service.answer_as_learner(session, offer_id, LearnerAnswer(True), manager, clock)
    db.react(session)
    enrolment = matching.enrolments_of(session, [entry.learner_id])[entry.learner_id][0]
    return {
        "offer_id": offer_id, "enrolment_id": enrolment.id, "learner_id": entry.learner_id, "class_id": esol_class.id,
        "entry_id": entry.id, "organisation_id": college.organisation_id,
    }  # fmt: skip


def pages_that_name(app, client, ids):
    """Endpoints that answer this client with something of who the learner is."""
    found = set()
    for rule in app.url_map.iter_rules():
        allowed = rule_of(app, rule.endpoint, "GET") if "GET" in rule.methods else None
        if client.actor.role not in (allowed or ()) or not set(rule.arguments) <= set(ids):
            continue
        with app.test_request_context():
            url = app.url_for(rule.endpoint, **{name: ids[name] for name in rule.arguments})
        with client.get(url) as answer:
            if answer.status_code == 200 and any(one.encode() in answer.data for one in SECRETS):
                found.add(rule.endpoint)
    return found


IDENTIFYING = {
    "matching.enrolments", "matching.start", "matching.attendance", "matching.complete", "matching.leave",
    "matching.transfer",
}  # fmt: skip


def test_open_the_providers_own_pages_name_the_learner_and_no_other(app, as_role, placed):
    assert pages_that_name(app, as_role(Role.PROVIDER), placed) == IDENTIFYING


def test_shut_no_page_of_a_provider_names_anybody(app, as_role, placed, monkeypatch):
    monkeypatch.setattr(sharing, "may_many", lambda *_: set())
    assert pages_that_name(app, as_role(Role.PROVIDER), placed) == set()


@pytest.mark.parametrize(
    ("fields", "there"),
    [
        (("name",), {"name"}),
        (("name", "email"), {"name", "email"}),
        (("phone", "date_of_birth"), {"phone", "date_of_birth"}),
        (("name", "health"), {"name", "health"}),
    ],
)
def test_each_field_passes_by_itself(as_role, placed, session, fields, there):
    cover(session, fields)
    page = as_role(Role.PROVIDER).get("/enrolments").text
    shown = {name for name, words in FIELD_WORDS.items() if words in page}
    assert shown == there
    (entry,) = [
        one for one in audit.entries_of(session, [placed["learner_id"]]) if one.action == "enrolment.viewed"
    ]
    assert set(entry.fields) == there


def test_health_needs_its_own_permission_beside_the_agreement(as_role, placed, session, monkeypatch):
    cover(session, ("name", "health"))
    monkeypatch.setattr(
        sharing, "may_many", lambda _, ids, purpose, __: set(ids) if purpose == "P05" else set()
    )
    page = as_role(Role.PROVIDER).get("/enrolments").text
    assert FIELD_WORDS["name"] in page
    assert FIELD_WORDS["health"] not in page


def test_a_restriction_closes_the_door_although_a_provider_may_not_read_restrictions(
    app, as_role, placed, session, clock
):
    (source,) = learners.source_record_ids(session, [placed["learner_id"]])[placed["learner_id"]]
    stop = {"kind": StopKind.RESTRICTION, "purposes": ["P05"], "placed_at": clock.now()}
    ids = {"case_id": placed["offer_id"], "learner_id": placed["learner_id"], "source_record_id": source}
    session.add(ProcessingStop(**ids, **stop))
    session.flush()
    assert pages_that_name(app, as_role(Role.PROVIDER), placed) == set()


FIELD_WORDS = {
    "name": "Zeynepcanary", "phone": "07700 900777", "email": "canary@example.com",
    "date_of_birth": "Born 27 Mar", "health": "Support: Canary chair",
}  # fmt: skip


def cover(session, fields):
    """Make the agreement name these fields alone."""
    session.execute(
        sql("UPDATE sharing_agreement SET fields = CAST(:fields AS jsonb)"), {"fields": json.dumps(fields)}
    )
    session.expire_all()


def test_a_referrer_who_did_not_refer_the_learner_never_sees_the_name(app, as_role, placed):
    assert pages_that_name(app, as_role(Role.REFERRER), placed) == set()


@pytest.mark.parametrize("role", [Role.HUB_MANAGER, Role.DATA_PROTECTION, Role.PROVIDER])
def test_a_role_for_whom_the_table_closes_every_field_reads_none_on_any_page(
    app, as_role, placed, closed, role
):
    """Every page goes through the table of fields and roles: whatever a page makes of a view, it is not there."""
    closed(role)
    assert pages_that_name(app, as_role(role), placed) == set()


@pytest.fixture
def closed(monkeypatch):
    """Close the table for a role, all fields in all states."""

    def close(role):
        rules = {
            code: replace(rule, cells={**rule.cells, role: "no"})
            for code, rule in disclosure.field_rules().items()
        }
        disclosure.hidden.cache_clear()
        monkeypatch.setattr(disclosure, "field_rules", lambda: rules)

    yield close
    disclosure.hidden.cache_clear()
