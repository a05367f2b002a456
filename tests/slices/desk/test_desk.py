"""The desk: the first page of each role, the board, one learner's page, search with its trace."""

import re
from uuid import UUID

import pytest

from hub.core.permissions import Role
from hub.infra import audit
from hub.referrals import service
from tests.slices.referrals.test_intake import new_referral


@pytest.fixture
def referral(session, person, clock):
    made = service.submit(session, new_referral(), person(session, Role.REFERRER), clock)
    session.flush()
    return made


def test_a_visitor_sees_the_public_home(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "Learn English near you" in page.text
    assert "Find a class" in page.text


@pytest.mark.parametrize(
    "role",
    [
        Role.REFERRER,
        Role.ASSESSOR,
        Role.HUB_MANAGER,
        Role.PROVIDER,
        Role.AUDITOR,
        Role.DATA_PROTECTION,
        Role.ADMIN,
    ],
)
def test_each_role_has_its_work(as_role, role, referral):
    page = as_role(role).get("/")
    assert page.status_code == 200
    assert "My work" in page.text


def test_the_manager_sees_the_new_referral_with_its_one_action(as_role, referral, session):
    page = as_role(Role.HUB_MANAGER).get("/")
    assert "Look at a new referral" in page.text
    assert "Amina Yusuf" in page.text
    assert f"/referrals/{referral.id}" in page.text
    assert "learner.listed" in [one.action for one in audit.entries_of(session, [referral.learner_id])]


def test_the_referrer_sees_what_the_hub_asks(as_role, referral, session, person, clock):
    from hub.referrals.service.information import Question

    hub = person(session, Role.HUB_MANAGER)
    service.ask_information(session, referral.id, Question(("phone",)), hub, clock)
    session.flush()
    page = as_role(Role.REFERRER).get("/").text
    assert "Answer the hub&#39;s question" in page
    assert f"/my-referrals/{referral.id}" in page


def test_another_organisation_sees_nothing_of_it(as_role, referral, session, organise):
    page = as_role(Role.REFERRER, organise(session, "charity")).get("/").text
    assert "Amina" not in page


def test_overdue_is_said(as_role, referral, clock):
    from datetime import timedelta

    clock.advance(timedelta(days=9))
    page = as_role(Role.HUB_MANAGER).get("/").text
    assert "Overdue (1)" in page
    assert "late" in page


def test_the_board_counts_each_stage(as_role, referral, clock):
    page = as_role(Role.HUB_MANAGER).get("/board")
    assert page.status_code == 200
    assert "Learners by stage" in page.text
    from datetime import timedelta

    from hub.desk import reads as desk
    from hub.infra.db import transaction

    clock.advance(timedelta(weeks=7))
    with transaction() as session:
        stages = {one.code: one for one in desk.board(session, clock)}
    assert (stages["referred"].total, stages["referred"].longer, stages["referred"].late) == (1, 1, 1)
    assert stages["placed"].total == 0


class TestLearner:
    def test_one_page_with_everything_is_audited(self, as_role, referral, session):
        page = as_role(Role.ASSESSOR).get(f"/learners/{referral.learner_id}")
        assert page.status_code == 200
        for words in (
            "Amina Yusuf",
            "27 March 1990",
            "07700 900123",
            "Permissions",
            "Not assessed yet",
            "Who looked",
        ):
            assert words in page.text, words
        assert "learner.viewed" in [one.action for one in audit.entries_of(session, [referral.learner_id])]

    def test_a_missing_learner(self, as_role):
        assert as_role(Role.ASSESSOR).get("/learners/00000000-0000-7000-8000-000000000000").status_code == 404

    @pytest.mark.parametrize(
        "role", [Role.REFERRER, Role.PROVIDER, Role.AUDITOR, Role.ADMIN, Role.DATA_PROTECTION]
    )
    def test_only_the_hub_sees_the_whole_record(self, as_role, referral, role):
        assert as_role(role).get(f"/learners/{referral.learner_id}").status_code == 403

    def test_after_a_merge_the_old_address_leads_on(
        self, as_role, referral, session, person, organise, clock
    ):
        from hub.infra import db
        from hub.learners import service as learners

        other = person(session, Role.REFERRER, organise(session, "charity"))
        second = service.submit(session, new_referral(), other, clock)
        lost = second.learner_id
        session.flush()
        learners.merge(session, referral.learner_id, lost, person(session, Role.HUB_MANAGER), clock)
        db.react(session)
        session.flush()
        answer = as_role(Role.HUB_MANAGER).get(f"/learners/{lost}")
        assert answer.status_code == 302
        page = as_role(Role.HUB_MANAGER).get(answer.headers["Location"])
        assert page.status_code == 200
        assert "Same learner, kept under another referral" in page.text


class TestSearch:
    @pytest.mark.parametrize(
        "terms", ["{reference}", "07700 900123", "Yusuf Amina", "amina 27/3/1990", "1990-03-27 YUSUF"]
    )
    def test_found(self, as_role, referral, session, terms):
        client = as_role(Role.HUB_MANAGER)
        sent = client.post("/search", data={"terms": terms.format(reference=referral.reference.lower())})
        assert sent.status_code == 302, sent.text
        assert re.fullmatch(r"/search/[0-9a-f-]{36}", sent.headers["Location"])
        page = client.get(sent.headers["Location"]).text
        assert "Amina Yusuf" in page
        trace = audit.entries_of(session, [UUID(sent.headers["Location"][8:])])
        assert re.fullmatch("1 found; terms [0-9a-f]{32}", trace[0].reason)
        assert "amina" not in str(trace[0].fields).lower()

    @pytest.mark.parametrize("terms", ["", "Amina", "31/02/1990 Amina", "x" * 201])
    def test_too_little_to_search_by(self, as_role, referral, terms):
        answer = as_role(Role.HUB_MANAGER).post("/search", data={"terms": terms})
        assert answer.status_code == 422
        assert "There is a problem" in answer.text

    def test_nobody(self, as_role, referral):
        client = as_role(Role.HUB_MANAGER)
        page = client.get(client.post("/search", data={"terms": "Nobody Here"}).headers["Location"])
        assert "Nobody was found" in page.text

    def test_the_results_are_the_persons_own_and_end(self, as_role, referral, clock):
        from datetime import timedelta

        client = as_role(Role.HUB_MANAGER)
        address = client.post("/search", data={"terms": "Amina Yusuf"}).headers["Location"]
        assert as_role(Role.ASSESSOR).get(address).status_code == 404
        clock.advance(timedelta(hours=3, minutes=50))
        assert client.get(address).status_code == 200

    def test_referrers_cannot_search(self, as_role):
        assert as_role(Role.REFERRER).post("/search", data={"terms": "Amina Yusuf"}).status_code == 403

    def test_the_data_protection_officer_finds_a_learner_and_goes_on_to_the_permissions(
        self, as_role, referral
    ):
        client = as_role(Role.DATA_PROTECTION)
        page = client.get(client.post("/search", data={"terms": "Amina Yusuf"}).headers["Location"]).text
        assert f"/learners/{referral.learner_id}/consent" in page
        assert client.get(f"/learners/{referral.learner_id}/consent").status_code == 200

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
    def test_auditor_and_administrator_find_nobody(self, as_role, role):
        assert as_role(role).post("/search", data={"terms": "Amina Yusuf"}).status_code == 403
