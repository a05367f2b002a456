"""Reports of a small borough, as pages and as files."""

import csv
import io
from datetime import timedelta

import pytest

from hub.core.permissions import Role
from hub.infra.audit import AuditEntry
from hub.learners.domain import NewNeeds
from hub.matching import service as matching
from hub.matching.domain import Withdrawal
from hub.provision import service as provision
from hub.reporting import reads
from hub.reporting.domain import period_of

MORNINGS = NewNeeds(availability=frozenset({"mon-am", "tue-am"}))
PAGES = ("/reports", "/reports/unmet-demand", "/reports/providers")
FILES = ("/reports/service-figures.csv", "/reports/unmet-demand.csv", "/reports/providers.csv")


@pytest.fixture
def manager(as_role):
    return as_role(Role.HUB_MANAGER)


def rows_of(answer):
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_an_empty_hub_says_so(manager):
    shown = manager.get("/reports").text
    assert "Nobody was referred in this time." in shown
    assert "Nobody waits today." in shown
    assert "Smaller groups are not shown" in manager.get("/reports/unmet-demand").text
    assert "There are no providers yet." in manager.get("/reports/providers").text
    assert [rows_of(manager.get(one)) for one in FILES[1:]] == [[], []]


def test_who_may_read_reports(as_role):
    for role in (Role.HUB_MANAGER, Role.DATA_PROTECTION):
        reader = as_role(role)
        assert {reader.get(path).status_code for path in PAGES + FILES} == {200}
    for role in (Role.REFERRER, Role.PROVIDER, Role.ASSESSOR, Role.AUDITOR, Role.ADMIN):
        other = as_role(role)
        assert {other.get(path).status_code for path in PAGES + FILES} == {403}


def test_fourteen_people_are_enough_for_a_class(world, manager):
    for _ in range(14):
        world.add_learner(needs=MORNINGS)
    shown = manager.get("/reports/unmet-demand").text
    assert "14 people at Entry 1 (A1), weekday mornings, near E8: enough for a class." in shown
    [row] = rows_of(manager.get("/reports/unmet-demand.csv"))
    assert (row["people_waiting"], row["free_places"], row["enough_for_a_class"]) == ("14", "0", "yes")


def test_offers_and_waiting_are_counted(world, session, clock, manager):
    world.add_class(capacity=6)
    for _ in range(11):
        world.add_learner(needs=MORNINGS)
    released = world.release()
    first, second, *_ = released.offer_ids
    matching.accept_as_provider(session, first, world.college, clock)
    matching.withdraw_offer(
        session, second, Withdrawal("entered_in_error", "Wrong class"), world.manager, clock
    )
    figures = reads.service_figures(session, period_of("this-year", clock.today()), clock.today())
    assert figures.offered.total.number == 6
    assert figures.offers_ended.total.words == "under 5"
    assert figures.waiting.total.number == 6, "five not matched, one back on the list"
    shown = manager.get("/reports").text
    assert "offers made" in shown
    names = {row["what"]: row["number"] for row in rows_of(manager.get("/reports/service-figures.csv"))}
    assert names["Withdrawn by the hub"] == "under 5"
    assert "Amina" not in shown
    assert "Warsame" not in shown


def test_providers_and_a_name_that_is_a_formula(world, session, organise, manager):
    provider = organise(session, "provider", slug="another")
    provider.name = "=HYPERLINK(1)"
    world.add_class()
    session.flush()
    shown = manager.get("/reports/providers").text
    assert "The Provider" in shown
    rows = {row["provider"]: row for row in rows_of(manager.get("/reports/providers.csv"))}
    assert f"'{provider.name}" in rows
    assert rows["The Provider"]["open_classes"] == "1"


def test_another_period_by_its_name(manager):
    assert "December 2026." in manager.get("/reports?period=2026-12").text
    assert "This year, since 1 August 2026." in manager.get("/reports?period=<script>").text


def test_no_view_of_a_learner_is_recorded_because_none_is_shown(world, session, manager):
    for _ in range(5):
        world.add_learner(needs=MORNINGS)
    before = session.query(AuditEntry).count()
    for path in PAGES:
        manager.get(path)
    assert session.query(AuditEntry).count() == before


def test_the_cost_does_not_grow_with_the_list(world, session, clock):
    from sqlalchemy import event

    for _ in range(6):
        world.add_learner(needs=MORNINGS)
    session.flush()
    session.expire_all()
    statements: list[str] = []
    listen = lambda _c, _cur, statement, *_: statements.append(statement)  # noqa: E731
    event.listen(session.get_bind(), "before_cursor_execute", listen)
    reads.unmet(session, clock.today())
    event.remove(session.get_bind(), "before_cursor_execute", listen)
    assert len(statements) < 15


def test_a_confirmation_makes_a_provider_fresh(world, session, clock, as_role):
    one = world.add_class()
    clock.advance(timedelta(days=20))
    manager = as_role(Role.HUB_MANAGER)
    assert ">1</strong>" in manager.get("/reports/providers").text
    provision.confirm_places(session, one.id, 2, world.college, clock)
    assert ">1</strong>" not in manager.get("/reports/providers").text
