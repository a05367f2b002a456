"""Orders, choices, reserves and results, each on a round small enough to work out by hand."""

import pytest

from hub.matching.domain.allocation import allocate, next_pressures
from hub.matching.domain.maximum import maximum_placed
from hub.matching.domain.result import ResultInvalid, result_from_dict, result_to_dict
from hub.matching.domain.snapshot import canonical_sha256, parse_snapshot, ticket
from tests.unit.matching.worlds import esol_class, learner, random_snapshot, snapshot

ROUND = "2027-01-11-weekly"


def placed(data, seed="s"):
    """Who got which class and in which band."""
    result = allocate(parse_snapshot(data), seed)
    return {one.learner: (one.cls, one.band) for one in result.assignments}


def only(data, seed="s"):
    """The classes alone."""
    return {name: cls for name, (cls, _) in placed(data, seed).items()}


# ---------------------------------------------------------------- the learner's order

NEAR, FAR = [51.55, -0.06], [51.566, -0.062]  # 262 m and 2,002 m away: 65,500 and 500,500 millionths of 4 km


def two_classes(near=None, far=None, **policy):
    classes = [
        esol_class(id="near", location=NEAR, **(near or {})),
        esol_class(id="far", location=FAR, **(far or {})),
    ]
    return snapshot([learner()], classes, **policy)


def test_inside_a_band_the_less_contested_class_comes_first():
    assert placed(two_classes({"pressure": 2}, {"pressure": 1})) == {"L1": ("far", 0)}


def test_a_better_band_comes_before_pressure():
    data = two_classes({"pressure": 2}, {"pressure": 1}, preference_band_width=0.25)
    assert placed(data) == {"L1": ("near", 0)}
    data["classes"][0]["places"] = 0
    assert placed(data) == {"L1": ("far", 1)}, "435,000 behind the best: one width of 250,000"


def test_width_0_numbers_the_different_costs():
    data = two_classes({"pressure": 2, "places": 0}, {"pressure": 1}, preference_band_width=0)
    data["classes"].append(esol_class(id="twin", location=NEAR, places=0))
    assert placed(data) == {"L1": ("far", 1)}


def test_days_until_the_start_count_by_their_weight():
    late = {"starts": "2027-04-25"}  # 90 days later: 540,000 millionths
    assert placed(two_classes(late, {"pressure": 9}, preference_band_width=0.1)) == {"L1": ("far", 0)}
    assert placed(two_classes(late, {"pressure": 9}, preference_band_width=0.1, days_weight=0)) == {
        "L1": ("near", 0)
    }


def test_equal_in_all_else_the_class_ticket_decides():
    for seed in ("s", "t", "u", "v"):
        first = min(("near", "far"), key=lambda name: ticket(seed, ROUND, name))
        assert only(two_classes(), seed) == {"L1": first}


def test_choices_replace_the_order_and_bands_are_still_told():
    data = two_classes(preference_band_width=0.25)
    data["learners"][0]["choices"] = ["nowhere", "far", "far", "near"]
    assert placed(data) == {"L1": ("far", 1)}


def test_a_class_that_is_not_among_the_choices_is_not_given():
    data = two_classes(far={"places": 0})
    data["learners"][0]["choices"] = ["far"]
    result = allocate(parse_snapshot(data), "s")
    assert [(one.learner, one.reason) for one in result.unmatched] == [("L1", "outranked")]
    assert result.summary.edges == 2
    assert result.summary.maximum_possible == 0
    data["learners"][0]["choices"] = ["elsewhere"]
    result = allocate(parse_snapshot(data), "s")
    assert [one.reason for one in result.unmatched] == ["no_eligible_class"]


# ---------------------------------------------------------------- the class's order


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"priority_band": 1, "area": None, "referred_on": "2027-01-10"}, {"priority_band": 2}),
        ({"referred_on": "2027-01-10"}, {"area": "elsewhere"}),
        ({"referred_on": "2026-12-14"}, {"referred_on": "2026-12-15"}),  # 28 days are one bucket, 27 are none
        ({"referred_on": "2027-01-11"}, {"referred_on": "2027-01-12"}),  # the future is bucket -1
    ],
)
def test_who_comes_first(first, second):
    for names in (("L1", "L2"), ("L2", "L1")):
        rows = [learner(id=name, **row) for name, row in zip(names, (first, second), strict=True)]
        assert only(snapshot(rows, [esol_class()])) == {names[0]: "C1"}


def test_equal_in_all_else_the_learner_ticket_decides_and_becomes_the_cutoff():
    data = snapshot([learner(id="L1"), learner(id="L2")], [esol_class()])
    for seed in ("s", "t", "u"):
        winner = min(("L1", "L2"), key=lambda name: ticket(seed, ROUND, name))
        result = allocate(parse_snapshot(data), seed)
        assert [one.learner for one in result.assignments] == [winner]
        assert result_to_dict(result)["cutoffs"] == {
            "C1": {
                "priority_band": 2,
                "outside_area": False,
                "waiting_bucket": 4,
                "ticket": ticket(seed, ROUND, winner),
            }
        }


# ---------------------------------------------------------------- reserves


def queue(**rows):
    """Learners in the class's order A, B, C, ... by band, with changes by name."""
    return [learner(id=name, priority_band=place, **row) for place, (name, row) in enumerate(rows.items())]


LONG = {"referred_on": "2025-01-01"}
NORTH = {"area": "north"}
WAITED = {"count": 1, "min_waiting_days": 365}


@pytest.mark.parametrize(
    ("places", "reserves", "expected"),
    [
        (2, [], "AB"),
        (2, [WAITED], "AC"),  # one place is C's, who waited longest; A has the open one
        (2, [{"count": 2, "min_waiting_days": 365}], "CD"),
        (3, [{"count": 3, "min_waiting_days": 365}], "ACD"),  # an unfilled reserved place opens
        (2, [WAITED, {"count": 1, "areas": ["north"]}], "CD"),
        (2, [{"count": 1, "areas": ["north"]}, WAITED], "CD"),
        (2, [{"count": 1, "areas": ["north"], "min_waiting_days": 365}], "AD"),
        (1, [WAITED, {"count": 1, "areas": ["north"]}], "C"),  # entries are served in order
        (1, [{"count": 1, "areas": ["north"]}, WAITED], "D"),
        (2, [{"count": 0, "areas": ["north"]}], "AB"),
        (0, [WAITED], ""),
    ],
)
def test_reserved_places(places, reserves, expected):
    rows = queue(A={}, B={}, C=LONG, D={**LONG, **NORTH}, E={})
    data = snapshot(rows, [esol_class(places=places, reserves=reserves)])
    assert "".join(sorted(only(data))) == expected


def test_the_cutoff_is_that_of_the_last_open_place():
    rows = queue(A={}, B={}, C=LONG)
    result = allocate(parse_snapshot(snapshot(rows, [esol_class(places=2, reserves=[WAITED])])), "s")
    assert result.cutoffs["C1"].priority_band == 0
    result = allocate(parse_snapshot(snapshot(rows, [esol_class(places=1, reserves=[WAITED])])), "s")
    assert result.cutoffs == {}, "no open place, no cutoff"
    result = allocate(parse_snapshot(snapshot(rows, [esol_class(places=4)])), "s")
    assert result.cutoffs == {}, "not full, no cutoff"


# ---------------------------------------------------------------- the whole result


def test_a_displaced_learner_moves_on_down_the_list():
    """L2 takes L1's first place, L1 takes L3's, and L3 is left out: the textbook chain."""
    near, far = {"id": "near", "location": NEAR}, {"id": "far", "location": FAR}
    rows = [
        learner(id="L1", priority_band=1),
        learner(id="L2", priority_band=0, choices=["near"]),
        learner(id="L3", priority_band=2, choices=["far"]),
    ]
    data = snapshot(rows, [esol_class(**near), esol_class(**far)], preference_band_width=0)
    result = result_to_dict(allocate(parse_snapshot(data), "seed"))
    assert result == {
        "format": "esol-hub/matching-result/1",
        "snapshot_sha256": canonical_sha256(data),
        "seed": "seed",
        "algorithm": "learner-proposing-deferred-acceptance/1",
        "assignments": [
            {"learner": "L1", "class": "far", "band": 1, "distance_km": 2.002},
            {"learner": "L2", "class": "near", "band": 0, "distance_km": 0.262},
        ],
        "unmatched": [{"learner": "L3", "reason": "outranked"}],
        "cutoffs": {
            "far": {
                "priority_band": 1,
                "outside_area": False,
                "waiting_bucket": 4,
                "ticket": ticket("seed", ROUND, "L1"),
            },
            "near": {
                "priority_band": 0,
                "outside_area": False,
                "waiting_bucket": 4,
                "ticket": ticket("seed", ROUND, "L2"),
            },
        },
        "summary": {"placed": 2, "edges": 6, "maximum_possible": 2, "blocking_pairs": 0},
    }


def test_rows_are_sorted_by_code_point():
    names = ["b", "B", "é", "a1", "a10", "a2"]
    data = snapshot([learner(id=name) for name in names], [esol_class(places=3)])
    result = allocate(parse_snapshot(data), "s")
    for rows in (result.assignments, result.unmatched):
        assert [one.learner for one in rows] == sorted(one.learner for one in rows)


def test_an_empty_round_has_an_empty_result():
    result = allocate(parse_snapshot(snapshot([], [])), "s")
    assert (result.assignments, result.unmatched, dict(result.cutoffs)) == ((), (), {})
    assert result.summary.maximum_possible == 0


def test_the_largest_number_is_not_counted_above_20_000_learners(monkeypatch):
    monkeypatch.setattr("hub.matching.domain.allocation.MAXIMUM_UP_TO", 1)
    one, two = snapshot([learner()], [esol_class()]), snapshot([learner(), learner(id="L2")], [esol_class()])
    assert allocate(parse_snapshot(one), "s").summary.maximum_possible == 1
    assert allocate(parse_snapshot(two), "s").summary.maximum_possible is None


def test_the_largest_number_moves_people_to_make_room():
    assert maximum_placed([[0, 1], [0]], [1, 1], [0, -1]) == 2
    assert maximum_placed([[0], [0], []], [1], [-1, -1, -1]) == 1
    assert maximum_placed([[0, 1], [1, 2], [0]], [1, 1, 1], [0, 1, -1]) == 3


def test_a_result_reads_back_from_its_json():
    for seed in range(5):
        result = allocate(parse_snapshot(random_snapshot(seed)), "s")
        assert result_from_dict(result_to_dict(result)) == result


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"format": "x"}, "format"),
        ({"extra": 1}, "extra"),
        ({"seed": 1}, "seed"),
        ({"cutoffs": []}, "cutoffs"),
        ({"assignments": [{"learner": "L1"}]}, "assignments[0].class"),
        ({"unmatched": [{"learner": "L1", "reason": "?"}]}, "unmatched[0].reason"),
    ],
)
def test_what_is_not_a_result_is_refused(change, place):
    data = result_to_dict(allocate(parse_snapshot(random_snapshot(1)), "s"))
    with pytest.raises(ResultInvalid, match="^" + place.replace("[", r"\[")):
        result_from_dict({**data, **change})


def test_pressure_shares_each_learner_over_their_classes_for_each_place():
    rows = [learner(id="L1"), learner(id="L2", choices=["C1"]), learner(id="L3", level="E1")]
    classes = [
        esol_class(places=2),
        esol_class(id="C2", levels=["E1", "E2"], places=1),
        esol_class(id="C3", places=0),
    ]
    # L1 and L2 could go to C1, C2, C3; L3 to C2 alone
    pressures = next_pressures(parse_snapshot(snapshot(rows, classes)))
    assert pressures == pytest.approx({"C1": (2 / 3) / 2, "C2": 2 / 3 + 1, "C3": 2 / 3})


def test_pressure_does_not_depend_on_the_order_of_rows():
    data = random_snapshot(3, learners=300, classes=12)
    pressures = next_pressures(parse_snapshot(data))
    data["learners"].reverse()
    assert next_pressures(parse_snapshot(data)) == pressures
