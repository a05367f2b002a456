"""Limits: counted in the database, so that they hold over all processes; in lots where it must be quick."""

import threading
from datetime import timedelta

import pytest

from hub.core.errors import TooMany
from hub.core.permissions import Role
from hub.infra import limits
from hub.infra.limits import Limit, RateCount

SMALL = {
    "search": Limit("search", "caller", 3, 10, "three"),
    "export": Limit("export", "caller", 2, 60, "two"),
    "lots": Limit("lots", "caller", 50, 10, "fifty", lot=10),
    "network": Limit("network", "address", 2, 10, "two"),
}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(limits, "limits", lambda: SMALL)
    monkeypatch.setattr(limits, "_taken", {})


def taken(name, who, clock, tries):
    """How many of so many tries went through."""
    done = 0
    for _ in range(tries):
        try:
            limits.take(name, who, clock)
            done += 1
        except TooMany:
            pass
    return done


def test_after_the_last_one_comes_a_wait_and_then_a_new_span(session, small, clock):
    assert taken("search", "a", clock, 5) == 3
    assert taken("search", "b", clock, 1) == 1, "each caller has a count of their own"
    with pytest.raises(TooMany) as refused:
        limits.take("search", "a", clock)
    assert 0 < refused.value.extra["retry_after"] <= 601
    clock.advance(timedelta(minutes=10))
    assert taken("search", "a", clock, 5) == 3


def test_what_is_given_back_counts_no_more(session, small, clock):
    assert taken("search", "a", clock, 3) == 3
    limits.give_back("search", "a", clock)
    assert taken("search", "a", clock, 2) == 1


def test_the_table_tells_nobody_who_did_what(session, small, clock):
    limits.take("search", "amina@example.org", clock)
    row = session.query(RateCount).one()
    assert b"amina" not in row.key
    assert len(row.key) == 16


def test_lots_are_taken_with_one_statement_and_never_exceed_the_limit(session, small, clock, monkeypatch):
    asked: list[int] = []
    real = limits._from_shared

    def counted(count):
        asked.append(1)
        return real(count)

    monkeypatch.setattr(limits, "_from_shared", counted)
    assert taken("lots", "a", clock, 20) == 20
    assert len(asked) == 2
    limits._taken.clear()  # another process, which knows nothing of this one's lot
    assert taken("lots", "a", clock, 100) == 30


def test_eight_at_once_never_get_more_than_the_limit(committed, small, clock):
    """With real commits, as several web processes have them."""
    got = []
    threads = [threading.Thread(target=lambda: got.append(taken("search", "a", clock, 3))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(got) == 3


def test_old_counts_are_forgotten(session, small, clock):
    limits.take("search", "a", clock)
    assert limits.forget_old(clock) == 0
    clock.advance(timedelta(minutes=16))
    assert limits.forget_old(clock) == 1


def test_a_person_who_searches_too_often_is_told_when_to_come_back(session, small, as_role):
    manager = as_role(Role.HUB_MANAGER)
    codes = [manager.post("/search", data={"terms": "R-ABCDEF-12"}).status_code for _ in range(4)]
    assert codes[3] == 429
    assert 429 not in codes[:3]
    answer = manager.post("/search", data={"terms": "x"})
    assert "Try again in" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_a_key_that_sends_too_much_gets_a_problem_with_the_wait(session, monkeypatch, api, clock):
    from tests.slices.referrals.test_intake import body

    monkeypatch.setattr(limits, "limits", lambda: {"intake_api": Limit("intake_api", "caller", 1, 60, "one")})
    caller = api(Role.REFERRER)
    assert caller.post("/api/v1/referrals", json=body()).status_code == 201
    answer = caller.post("/api/v1/referrals", json=body(external_reference="JC-2"))
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_requests")
    assert answer.json["retry_after"] == int(answer.headers["Retry-After"])


def test_every_limit_that_is_named_is_there_and_every_one_is_used():
    import re

    from tests.architecture.source import HUB

    named = set()
    for path in HUB.rglob("*.py"):
        named |= set(re.findall(r'(?:limited|take|give_back)\(\s*"(\w+)"', path.read_text()))
    assert named == set(limits.limits())


def test_the_proxy_tells_the_network_only_when_the_settings_say_there_is_one(hub, session, small):
    from dataclasses import replace

    from hub.app import create_app

    seen = []
    for proxies in (0, 1):
        hub.settings = replace(hub.settings, proxies=proxies)
        app = create_app(hub)
        app.before_request(lambda: seen.append(limits.network()))
        app.test_client().get("/healthz", headers={"X-Forwarded-For": "203.0.113.7"})
    assert seen == ["127.0.0.1", "203.0.113.7"]
