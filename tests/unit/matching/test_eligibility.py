"""Each hard rule by hand, by both of its readings: the one for a round and the one for an answer."""

import pytest

from hub.matching.domain.edges import find_edges
from hub.matching.domain.eligibility import metres_between, refusals
from hub.matching.domain.snapshot import parse_snapshot
from tests.unit.matching import oracle
from tests.unit.matching.worlds import esol_class, learner, snapshot

CASES = [
    # learner, class, codes
    ({}, {}, []),
    ({"level": "E1"}, {}, ["LEVEL"]),
    ({"level": "E1"}, {"levels": ["E1", "E2"]}, []),
    ({"level": "E1", "also": ["E2"]}, {}, ["LEVEL"]),
    ({"level": "E1", "also": ["E2"]}, {"rw_support": True}, []),
    ({"level": "E3", "also": ["L1"]}, {"rw_support": True}, ["LEVEL"]),
    ({"skills": {"reading": "E1"}}, {"skill_bands": {"reading": ["E1", "E2"]}}, []),
    ({"skills": {"reading": "E3"}}, {"skill_bands": {"reading": ["E1", "E2"]}}, ["LEVEL"]),
    ({"skills": {}}, {"skill_bands": {"reading": ["E1", "E2"]}}, ["LEVEL"]),
    ({}, {"sessions": []}, []),
    ({}, {"sessions": ["mon-am", "tue-am"]}, []),
    ({}, {"sessions": ["tue-am", "tue-pm"]}, ["SLOT"]),
    ({"available": []}, {}, ["SLOT"]),
    ({}, {"requires": ["adult", "woman"]}, ["REQUIRES"]),
    ({"holds": []}, {"requires": []}, []),
    ({"needs": ["childcare"]}, {}, ["NEEDS"]),
    ({"needs": ["childcare"]}, {"offers": ["childcare"]}, []),
    ({"needs": ["in_person"]}, {}, []),
    ({"needs": ["in_person"]}, {"online": True, "offers": ["in_person"]}, ["NEEDS"]),
    ({"funding": []}, {}, ["FUNDING"]),
    ({"funding": ["charity"]}, {"funding": ["asf", "charity"]}, []),
    ({"funding": ["charity"]}, {"funding": ["asf"]}, ["FUNDING"]),
    ({"available_from": "2027-01-25"}, {}, []),
    ({"available_from": "2027-01-26"}, {}, ["START"]),
    ({"latest_start": "2027-01-25"}, {}, []),
    ({"latest_start": "2027-01-24"}, {}, ["START"]),
    ({"max_travel_km": 0.1}, {}, ["TRAVEL"]),
    ({"max_travel_km": 0}, {"location": [51.548, -0.062]}, []),
    ({"max_travel_km": 0}, {"online": True}, []),
    ({"location": None}, {}, ["TRAVEL"]),
    ({"location": None}, {"online": True, "location": None}, []),
    ({"declined": ["C7", "C1"]}, {}, ["DECLINED"]),
    ({}, {"places": 0}, []),
    (
        {"level": "L2", "available": [], "holds": [], "needs": ["childcare"], "funding": [],
         "latest_start": "2027-01-01", "max_travel_km": 0, "declined": ["C1"]},
        {},
        ["LEVEL", "SLOT", "REQUIRES", "NEEDS", "FUNDING", "START", "TRAVEL", "DECLINED"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("person", "one", "codes"), CASES)
def test_a_rule(person, one, codes):
    data = snapshot([learner(**person)], [esol_class(**one)])
    parsed = parse_snapshot(data)
    assert oracle.codes(data["learners"][0], data["classes"][0]) == codes
    assert [refusal.code for refusal in refusals(parsed.learners[0], parsed.classes[0])] == codes
    assert len(find_edges(parsed)) == (0 if codes else 1)


def test_distance_is_in_whole_metres_between_rounded_places():
    assert metres_between((51.548, -0.062), (51.55, -0.06)) == 262
    assert metres_between((51.5481, -0.0619), (51.55, -0.06)) == 262
    assert metres_between((0, 0), (0, 180)) == 20_015_114
    assert metres_between((51.548, -0.062), (51.5484, -0.062)) == 0


def test_the_furthest_travel_counts_to_the_metre():
    for km, edges in ((0.261, 0), (0.262, 1)):
        parsed = parse_snapshot(snapshot([learner(max_travel_km=km)], [esol_class()]))
        assert len(find_edges(parsed)) == edges


@pytest.mark.parametrize(
    ("home", "venue", "km"),
    [
        ([10.0, 179.99], [10.0, -179.99], 3),  # across the date line
        ([89.9, 0.0], [89.9, 180.0], 30),  # across the pole
        ([0.0, 0.0], [0.0, 179.9], 20_100),  # anywhere on earth
        ([-33.9, 151.2], [-33.92, 151.25], 6),
    ],
)
def test_neighbourhoods_are_right_everywhere_on_earth(home, venue, km):
    parsed = parse_snapshot(
        snapshot([learner(location=home, max_travel_km=km)], [esol_class(location=venue)])
    )
    edges = find_edges(parsed)
    assert edges.metres.tolist() == [oracle.metres(home, venue)]


def test_a_round_may_be_empty_on_either_side():
    for data in (snapshot([], []), snapshot([learner()], []), snapshot([], [esol_class()])):
        assert len(find_edges(parse_snapshot(data))) == 0
