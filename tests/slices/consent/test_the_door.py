"""The door on the pages themselves: shut, no page of a provider or referrer shows who a learner is; open, the one
that should does. A page that went round the door would show the name here."""

from datetime import date

import pytest

from hub.consent import service
from hub.consent.domain import OPTIONAL, NewConsent
from hub.consent.reads import sharing
from hub.core.permissions import SYSTEM, Role
from hub.infra import db
from hub.infra.access import rule_of
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
    entry = world.add_learner(given_names="Zeynepcanary", phone="+447700900777", email="canary@example.com")
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


def test_a_referrer_who_did_not_refer_the_learner_never_sees_the_name(app, as_role, placed):
    assert pages_that_name(app, as_role(Role.REFERRER), placed) == set()
