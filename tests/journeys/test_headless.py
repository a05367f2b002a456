"""A service year without a browser: people act on the real services, and what must always be true stays true."""

from datetime import date

from hub.demo.headless import service_year


def test_a_term_keeps_every_invariant():
    found = service_year(40, "test", last=date(2026, 12, 20))
    assert found["invariant_violations"]["total"] == 0, found.get("violation_examples")
    assert found["refused"] == {}
    assert found["learners"] >= 5
    assert sum(found["referrals_by_channel"].values()) >= found["learners"]
    assert found["assessed"] > 0
    assert found["messages_sent"] > found["assessed"]
    # How many of so few start before the end hangs on the round's tickets; that offers are made does not.
    assert found["offers"] >= found["accepted"] >= found["placed"]
    assert found["offers"] > 0


def test_the_same_seed_lives_the_same_weeks():
    first, second = (service_year(8, "a", last=date(2026, 9, 15)) for _ in range(2))
    for one in (first, second):
        del one["seconds"]
    assert first == second
    assert first["referrals_by_state"]
    assert first["assessed"] > 0
