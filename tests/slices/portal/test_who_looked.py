"""Who looked at my record: in the learner's words, by role and organisation, with a file that proves itself."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from hub.core.ids import new_id
from hub.core.permissions import SYSTEM, Role
from hub.infra import audit
from hub.infra.seals import removing, sealer, verifying
from hub.infra.seals.removing import Wanted
from hub.policy.service import NewValue, change
from hub.portal.domain import words


@pytest.fixture
def looked(visit, session, person, clock):
    """An assessor looked twice, and their referrer once; gives client and address."""
    client, token, learner_id = visit()
    assessor = person(session, Role.ASSESSOR)
    for _ in range(2):
        audit.record(session, assessor, "learner.viewed", "learner", learner_id, clock=clock, fields=["name"])
    audit.record(session, assessor, "learner.contact_changed", "learner", learner_id, clock=clock)
    return client, f"/l/{token}/who-looked"


def test_role_organisation_day_and_what_was_done_but_no_names(looked):
    client, place = looked
    page = client.get(place)
    assert page.status_code == 200
    assert "Monday 11 January" in page.text
    shown = " ".join(page.text.split())
    assert 'Assessor (<bdi lang="en">The Hub</bdi>): looked at your record (<bdi>2</bdi> times)' in shown
    assert "wrote in your record or changed it" in shown
    assert "Robin" not in page.text
    assert client.get(place.replace("who-looked", "here")).text.count("Who looked at my record") == 1


def test_names_are_shown_where_the_hub_has_decided_so(looked, session, person, clock):
    client, place = looked
    new = NewValue("clock.who_looked_names", "1", clock.today(), "Board of 11 January")
    change(session, new, person(session, Role.HUB_MANAGER), clock)
    session.flush()
    assert "Robin Assessor" in client.get(place).text


def test_the_list_is_saved_with_its_proofs(looked, clock, tmp_path):
    client, place = looked
    sealer.seal_due(clock)
    answer = client.get(f"{place}.jsonl")
    assert answer.headers["Content-Type"].startswith("application/jsonl")
    path = tmp_path / "mine.jsonl"
    path.write_bytes(answer.data)
    found = verifying.verify_file(path)
    assert found.ok and found.entries >= 3
    assert b"127.0.0.1" not in answer.data, "no address of the learner's own visits is kept"


@pytest.fixture
def removed_long_ago(session, clock):
    """What was done before May 2019 has been removed by rule."""
    now = clock.now()
    for at in (now.replace(year=2019), now):
        clock.move_to(at)
        audit.record(session, SYSTEM, "learner.viewed", "learner", new_id(), clock=clock)
        sealer.seal_due(clock)
    removing.remove(session, Wanted("audit", True, datetime(2019, 5, 9, tzinfo=UTC)), clock, archived=False)


def test_older_views_that_were_removed_are_plainly_said(removed_long_ago, looked, session, clock, as_role):
    client, place = looked
    manager = as_role(Role.HUB_MANAGER)
    learner_id = session.scalar(text("SELECT id FROM learner"))
    assert "1 May 2019" not in client.get(place).text, "they came later: nothing of theirs went"
    session.execute(text("UPDATE learner SET first_referred_on = '2018-05-01'"))
    session.expire_all()
    assert "Everything before <bdi>Wednesday 1 May 2019</bdi> was deleted" in client.get(place).text
    assert "before Wednesday 1 May 2019 is over its time" in manager.get(f"/learners/{learner_id}").text
    sealer.seal_due(clock)
    page = as_role(Role.AUDITOR).get("/audit").text
    assert "Whole months" in page and "11 January 2019" in page


@pytest.mark.parametrize("code", ["ar", "pl"])  # the page itself in all: test_pages
def test_it_speaks_the_learners_language(looked, code):
    client, place = looked
    page = client.get(f"{place}?lang={code}")
    assert words(code)["who_title"] in page.text.replace("&#39;", "'")
    assert words(code)["who_role_assessor"] in page.text


def test_every_role_of_staff_has_words():
    from hub.core.permissions import STAFF_ROLES

    assert all(f"who_role_{role.value}" in words("en") for role in STAFF_ROLES)


@pytest.mark.parametrize("page", ["who-looked", "who-looked.jsonl"])
def test_it_opens_only_with_the_date_of_birth(client, learner, link, page):
    token = link(learner().learner_id)
    assert client.get(f"/l/{token}/{page}").location == f"/l/{token}"
