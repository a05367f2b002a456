from datetime import date

import pytest

from hub.core.errors import RuleBroken
from hub.learners.domain.zones import Evidence, Held, Joining, held_because, require_evidence, zone_rules

RULES = zone_rules(date(2027, 1, 11))


def test_the_rules_come_from_dated_data():
    assert (RULES.decisions_needed, RULES.largest_cluster, RULES.low_band_from) == (500, 5, -3.0)
    assert zone_rules(date(2020, 1, 1)) == RULES


@pytest.mark.parametrize(
    ("decided", "errors", "bound"),
    [(0, 0, None), (2, 0, 1.0), (500, 0, 0.006), (3000, 0, 0.001), (500, 1, None)],
)
def test_the_rule_of_three_bounds_the_error(decided, errors, bound):
    assert Evidence(decided, decided, errors).upper_bound == bound


def test_it_takes_500_decisions_without_an_error():
    require_evidence(Evidence(900, 500, 0), RULES)
    with pytest.raises(RuleBroken, match="1 more decisions"):
        require_evidence(Evidence(900, 499, 0), RULES)
    with pytest.raises(RuleBroken, match="different people"):
        require_evidence(Evidence(900, 900, 1), RULES)


@pytest.mark.parametrize(
    ("joining", "held"),
    [
        (Joining(2, (9.0,), told_apart=False, both_assessed=False), None),
        (Joining(5, (9.0, 0.0), told_apart=False, both_assessed=False), None),
        (Joining(2, (9.0,), told_apart=False, both_assessed=True), Held.BOTH_ASSESSED),
        (Joining(2, (9.0,), told_apart=True, both_assessed=False), Held.TOLD_APART),
        (Joining(3, (9.0, -0.1), told_apart=False, both_assessed=False), Held.MEMBER_UNLIKE),
        (Joining(6, (9.0,) * 5, told_apart=False, both_assessed=False), Held.LARGE_CLUSTER),
    ],
)
def test_what_the_hub_leaves_to_a_person(joining, held):
    assert held_because(joining, RULES) is held
