"""The waiting list's rules without a database."""

from datetime import date

import pytest

from hub.core.errors import Conflict
from hub.waitlist.domain import (
    ACTIVE,
    TRANSITIONS,
    Channel,
    EntryState,
    Fact,
    channels_for,
    facts_of_referral,
    may_lapse,
    next_channel,
    policy_on,
    priority,
    require_transition,
)
from hub.waitlist.domain.priority import add_months

TODAY = date(2027, 1, 11)


def test_the_machine_is_the_one_of_the_product():
    allowed = {(before, after) for before, afters in TRANSITIONS.items() for after in afters}
    assert {(before.value, after.value) for before, after in allowed} == {
        ("waiting", "offered"), ("offered", "waiting"), ("offered", "fulfilled"), ("waiting", "paused"),
        ("paused", "waiting"), ("waiting", "check_in_due"), ("check_in_due", "waiting"),
        ("check_in_due", "lapsed"), ("lapsed", "waiting"), ("waiting", "removed"),
    }  # fmt: skip
    for before in EntryState:
        for after in EntryState:
            if (before, after) not in allowed:
                with pytest.raises(Conflict):
                    require_transition(before, after)
    assert len(ACTIVE) == 4


def test_channels_are_tried_in_order_and_a_person_calls_last():
    every = channels_for(text=True, email=True, call=True)
    assert every == (Channel.TEXT, Channel.EMAIL, Channel.CALL)
    assert channels_for(text=False, email=False, call=False) == (Channel.CALL,)
    assert next_channel((), every) is Channel.TEXT
    assert next_channel((Channel.TEXT,), every) is Channel.EMAIL
    assert next_channel((Channel.TEXT,), (Channel.TEXT,)) is Channel.CALL


@pytest.mark.parametrize(
    ("tried", "hold", "expected"),
    [
        ((Channel.TEXT,), None, False),
        ((Channel.TEXT, Channel.EMAIL), None, True),
        ((Channel.TEXT, Channel.EMAIL), "stop", False),
        ((Channel.TEXT, Channel.CALL), None, False),
    ],
)
def test_only_two_silent_channels_and_no_stop_lapse_an_entry(tried, hold, expected):
    assert may_lapse(tried, hold) is expected


def test_priority_is_the_best_band_with_its_reasons():
    assert (priority([], TODAY).band, priority([], TODAY).label) == (2, "Standard")
    both = priority([Fact("mandated", TODAY), Fact("resettlement", TODAY)], TODAY)
    assert (both.band, len(both.reasons), both.until) == (0, 1, date(2028, 1, 11))
    assert priority([Fact("mandated", TODAY), Fact("already_in_class", TODAY)], TODAY).band == 1
    assert priority([Fact("already_in_class", TODAY)], TODAY).band == 3
    assert priority([Fact("charm", TODAY)], TODAY).band == 2


def test_a_priority_ends_after_its_months():
    noted = [Fact("resettlement", date(2026, 1, 11))]
    assert priority(noted, date(2027, 1, 11)).band == 0
    assert priority(noted, date(2027, 1, 12)).band == 2


def test_the_rules_are_few_and_have_words():
    policy = policy_on(TODAY)
    assert len(policy.bands) == 4
    assert len(policy.rules) <= 6
    assert all(rule.reason.endswith(".") and 0 <= rule.band <= 3 for rule in policy.rules)


def test_what_follows_from_a_referral():
    assert facts_of_referral("council_resettlement", False) == {"resettlement"}
    assert facts_of_referral("jobcentre", True) == {"mandated"}
    assert facts_of_referral("library", False) == frozenset()


def test_months_end_on_the_last_day_when_they_must():
    assert add_months(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert add_months(date(2027, 11, 30), 3) == date(2028, 2, 29)
