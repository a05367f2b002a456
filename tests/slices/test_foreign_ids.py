"""Another organisation's id, a missing id and a malformed one: nobody can tell the first two apart.

Every address with an id that a partner may use is asked twice, once with a real id of another organisation and once
with an id that never was; status, headers and body must be the same but for the id and the request's own number.
"""

import re
from uuid import UUID

import pytest

from hub.core.permissions import Role
from hub.infra.access import rule_of
from hub.matching import reads as matching
from hub.matching import service as matching_service
from hub.matching.domain import LearnerAnswer
from hub.referrals import service as referrals
from hub.rights import queries as rights_queries
from hub.rights import service as rights
from hub.rights.domain import CaseKind, Door, Identity, NewCase
from hub.rights.service.notices import tell_partners
from tests.slices.bad_input import fingerprint, masked
from tests.slices.matching.conftest import World, put_agreement, put_postcodes
from tests.slices.referrals.test_intake import body

MISSING = UUID("01900000-0000-7000-8000-000000000000")
TODAY = "2027-01-11"
BODIES = {
    "withdraw": {"reason": "moved_away", "by": "learner"}, "information": {"answers": {"phone": "1"}},
    "confirm-places": {"places_free": 1}, "free-places": {"places_free": "1"},
    "places": {"seen": "2", "to": "1"}, "decline": {"reason": "unreachable"}, "start": {"on": TODAY},
    "attendance": {"week_on": TODAY, "hours_attended": 1, "hours_of": 2}, "complete": {"on": TODAY, "achieved": True},
    "leave": {"on": TODAY, "reason": "moved_away"},
}  # fmt: skip
NO_SECRET = {"provision.public_class", "provision_api.show_class", "provision.one_class"}
"""Classes that learners can join are public."""
TAKEN_ALREADY = {"referrals.take_in"}
"""A file that is not there looks like one that was taken in: pressing twice is no error."""


@pytest.fixture
def theirs(session, person, clock, api):
    """The ids of everything that a jobcentre and a college have, by the name they carry in addresses."""
    put_postcodes(session)
    manager, college = person(session, Role.HUB_MANAGER), person(session, Role.PROVIDER)
    put_agreement(session, manager.organisation_id, college.organisation_id, clock)
    world = World(session, clock, manager, college)
    esol_class = world.add_class()
    entry = world.add_learner()
    offer_id = world.release().offer_ids[0]
    matching_service.accept_as_provider(session, offer_id, college, clock)
    matching_service.answer_as_learner(session, offer_id, LearnerAnswer(True), manager, clock)
    coach = person(session, Role.REFERRER)
    made = api(Role.REFERRER).post("/api/v1/referrals", json=body())
    draft = referrals.start_draft(session, coach, clock)
    file_id = referrals.keep_file(session, "eA==", coach, clock)
    asked = NewCase(
        kind=CaseKind.ERASURE, door=Door.PHONE, received_on=clock.today(), words="Delete it",
        learner_id=entry.learner_id, identity=Identity.KNOWN,
    )  # fmt: skip
    case = rights.receive(session, asked, person(session, Role.DATA_PROTECTION), clock)
    tell_partners(session, case, ["everything"], clock)
    (notice,) = rights_queries.notices_of(session, case.id)
    session.flush()
    return {
        "notice_id": notice.id,
        "class_id": esol_class.id, "venue_id": world.venue(college), "offer_id": offer_id,
        "enrolment_id": matching.enrolments_of(session, [entry.learner_id])[entry.learner_id][0].id,
        "referral_id": UUID(made.json["id"]), "draft_id": draft.id, "file_id": file_id,
    }  # fmt: skip


def addresses(app, role):
    """(rule, method) of every address with an id that the role may use."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PATCH"}):
            allowed = rule_of(app, rule.endpoint, method) or frozenset()
            if "uuid:" in rule.rule and role in allowed and rule.endpoint not in NO_SECRET:
                yield rule, method


def asked(client, rule, method, ids):
    values = {name: ids.get(name, MISSING) for name in rule.arguments}
    values |= {"slug": "name"} if "slug" in rule.arguments else {}
    path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda part: str(values[part[1]]), rule.rule)
    given = BODIES.get(rule.rule.rsplit("/", 1)[-1], {})
    sent = {"json": given} if path.startswith("/api/") else {"data": given}
    headers = {"X-Request-Id": "same", "If-Match": '"1"'}
    return client.open(path, method=method, headers=headers, **({} if method == "GET" else sent))


def told(answer):
    return answer.status_code, masked(answer.text), [
        (name, masked(value)) for name, value in answer.headers if name != "Set-Cookie"
    ]  # fmt: skip


@pytest.mark.parametrize("role", [Role.REFERRER, Role.PROVIDER])
def test_a_foreign_and_a_missing_id_are_the_same(
    app, session, theirs, as_role, api, organise, role, subtests
):
    kind = "charity" if role is Role.REFERRER else "provider"
    stranger_home = organise(session, kind, "the-strangers")
    page, machine = as_role(role, stranger_home), api(role, stranger_home)
    before = fingerprint(session)
    seen = 0
    for rule, method in addresses(app, role):
        with subtests.test(f"{method} {rule.rule}"):
            client = machine if rule.rule.startswith("/api/") else page
            foreign, missing = asked(client, rule, method, theirs), asked(client, rule, method, {})
            assert told(foreign) == told(missing)
            assert foreign.status_code == (302 if rule.endpoint in TAKEN_ALREADY else 404), foreign.text[:300]
            seen += 1
    assert seen > 8
    assert fingerprint(session) == before


def test_an_id_that_was_never_there_is_not_found_for_the_hub_either(app, session, theirs, as_role, subtests):
    hub = as_role(Role.HUB_MANAGER)
    before = fingerprint(session)
    for rule, method in addresses(app, Role.HUB_MANAGER):
        if rule.rule.startswith("/api/") or rule.endpoint in TAKEN_ALREADY:
            continue
        with subtests.test(f"{method} {rule.rule}"):
            assert asked(hub, rule, method, {}).status_code == 404
    assert fingerprint(session) == before


@pytest.mark.parametrize(
    "wrong", ["1", "null", "..%2f..%2fetc", "01900000-0000-7000-8000-00000000000", "%00", "' OR 1=1--"]
)
def test_an_id_that_is_none(as_role, api, wrong):
    assert api(Role.REFERRER).get(f"/api/v1/referrals/{wrong}").status_code == 404
    assert as_role(Role.REFERRER).get(f"/my-referrals/{wrong}").status_code == 404
