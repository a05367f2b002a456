"""What is seen or taken away says why it was allowed; what leaves as a file or by the API says who, what, how many."""

import ast

import pytest
from sqlalchemy import select

from hub.core.permissions import Role
from hub.infra.audit import AuditEntry
from tests.architecture.test_permission import comes_to, functions, trees
from tests.slices.matching.conftest import World, put_agreement, put_postcodes


@pytest.fixture
def waiting(session, person, clock):
    put_postcodes(session)
    manager, college = person(session, Role.HUB_MANAGER), person(session, Role.PROVIDER)
    put_agreement(session, manager.organisation_id, college.organisation_id, clock)
    world = World(session, clock, manager, college)
    world.add_class()
    entries = [world.add_learner() for _ in range(2)]
    world.release()
    return entries


def entries(session, action):
    return session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()


def test_a_view_says_why_it_was_allowed(session, waiting, as_role):
    as_role(Role.HUB_MANAGER).get(f"/learners/{waiting[0].learner_id}")
    (seen,) = entries(session, "learner.viewed")
    assert seen.basis == "Works for the hub, which has every learner's case (public task)"
    as_role(Role.PROVIDER).get("/offers")
    assert {one.basis for one in entries(session, "offer.viewed")} == {
        "An offer to their own organisation, without identity"
    }


@pytest.mark.parametrize(
    ("role", "address", "action", "count"),
    [
        (Role.HUB_MANAGER, "/waiting-list.csv", "waiting_list.exported", 2),
        (Role.HUB_MANAGER, "/api/v1/waitlist", "waitlist_entry.exported", 2),
        (Role.HUB_MANAGER, "/api/v1/appointments", "appointment.exported", 0),
        (Role.HUB_MANAGER, "/api/v1/assessments", "assessment.exported", 0),
        (Role.PROVIDER, "/api/v1/offers", "offer.exported", 2),
        (Role.DATA_PROTECTION, "/consent-register.csv", "consent_register.exported", 0),
        (Role.HUB_MANAGER, "/reports/providers.csv", "report.exported", 1),
    ],
)
def test_what_leaves_is_an_export_with_who_what_and_how_many(
    session, waiting, as_role, api, role, address, action, count
):
    client = api(role) if address.startswith("/api") else as_role(role)
    assert client.get(address).status_code == 200
    (one,) = entries(session, action)
    assert one.reason == f"{count} rows" and one.role == role and one.basis
    assert one.actor_id or one.organisation_id


NOTED_BY_CALLERS = {
    "hub.assessment.pages.base:calendar_response",  # a time and a place; the page it is on was noted
    "hub.oversight.pages:as_file",
    "hub.portal.pages.receipts:_json",
    "hub.portal.pages.views:calendar",  # the learner's own pages: each visit is noted by `own_page`
    "hub.rights.pages.casework:as_download",
    "hub.waitlist.pages:_csv",
}
"""Make a file of what they are given; who calls them has noted it."""
NOTES = frozenset({"record_export", "record"})


def leaves(function):
    """Whether a function answers a machine with a page of rows, or anybody with a file."""
    called = {ast.unparse(one.func) for one in ast.walk(function) if isinstance(one, ast.Call)}
    texts = {str(one.value) for one in ast.walk(function) if isinstance(one, ast.Constant)}
    return "page_of" in called or any("attachment; filename=" in one for one in texts)


def test_every_list_of_the_api_and_every_file_notes_that_it_left():
    edges = {
        name: one
        for name, one in trees().items()
        if ".pages" in name or (name.endswith(".api") and name != "hub.provision.api")  # classes are public
    }
    all_that_leaves = {(name, one) for name, edge in edges.items() for one, f in functions(edge) if leaves(f)}
    assert len(all_that_leaves) > 12
    silent = {
        f"{name}:{one}"
        for name, one in all_that_leaves
        if not comes_to(trees(), (name, one), "hub.infra", NOTES)
    }
    assert silent == NOTED_BY_CALLERS
