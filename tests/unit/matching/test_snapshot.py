"""Reading a snapshot: what is refused, in which words; what is kept; how it is hashed."""

import json

import pytest

from hub.matching.domain.reading import read_json
from hub.matching.domain.snapshot import (
    Reserve,
    SnapshotInvalid,
    canonical_json,
    canonical_sha256,
    dump_snapshot,
    parse_snapshot,
    ticket,
)
from tests.unit.matching.worlds import esol_class, learner, snapshot


def one_of_each(**changes):
    return snapshot([learner(**changes)], [esol_class()])


def one_class(**changes):
    return snapshot([learner()], [esol_class(**changes)])


FAULTS = [
    ([], "snapshot", "must be an object"),
    ({**one_of_each(), "format": "esol-hub/matching-snapshot/2"}, "format", "must be"),
    ({**one_of_each(), "provider": "x"}, "provider", "not a field"),
    ({key: value for key, value in one_of_each().items() if key != "round"}, "round", "missing"),
    ({**one_of_each(), "round": ""}, "round", "non-empty text"),
    ({**one_of_each(), "learners": {}}, "learners", "must be a list"),
    (snapshot([], [], waiting_bucket_days=0), "policy.waiting_bucket_days", "whole number from 1"),
    (snapshot([], [], preference_band_width=-1), "policy.preference_band_width", "number from 0"),
    (snapshot([], [], days_weight=float("nan")), "policy.days_weight", "number from 0"),
    (snapshot([], [], today="11/01/2027"), "policy.today", "YYYY-MM-DD"),
    (one_of_each(name="Ada"), "learners[0].name", "not a field"),
    (one_of_each(id=7), "learners[0].id", "non-empty text"),
    (one_of_each(id="\ud800"), "learners[0].id", "Unicode"),
    (one_of_each(level="E4"), "learners[0].level", "'E4' is not one of PRE, E1"),
    (one_of_each(also=["E3", None]), "learners[0].also[1]", "not one of"),
    (one_of_each(skills={"maths": "E1"}), "learners[0].skills.maths", "not one of"),
    (one_of_each(skills={"reading": "low"}), "learners[0].skills.reading", "not one of"),
    (one_of_each(skills=[]), "learners[0].skills", "must be an object"),
    (one_of_each(available=["mon-am", "monday"]), "learners[0].available[1]", "'monday' is not one of"),
    (one_of_each(location=[51.5]), "learners[0].location", "latitude, longitude"),
    (one_of_each(location=[91, 0]), "learners[0].location[0]", "from -90 to 90"),
    (one_of_each(location=[51, True]), "learners[0].location[1]", "from -180 to 180"),
    (one_of_each(max_travel_km=-0.1), "learners[0].max_travel_km", "number from 0"),
    (one_of_each(max_travel_km="4"), "learners[0].max_travel_km", "number from 0"),
    (one_of_each(available_from="2027-02-30"), "learners[0].available_from", "not a date in the calendar"),
    (one_of_each(latest_start="20270630"), "learners[0].latest_start", "YYYY-MM-DD"),
    (one_of_each(priority_band=1.0), "learners[0].priority_band", "whole number"),
    (one_of_each(priority_band=True), "learners[0].priority_band", "whole number"),
    (one_of_each(area=""), "learners[0].area", "non-empty text"),
    (one_of_each(declined="C1"), "learners[0].declined", "must be a list"),
    (one_of_each(declined=[""]), "learners[0].declined[0]", "non-empty text"),
    (snapshot([learner(), learner()], []), "learners[1].id", "stands twice"),
    (snapshot([], [esol_class(), esol_class()]), "classes[1].id", "stands twice"),
    (one_class(levels="E2"), "classes[0].levels", "must be a list"),
    (one_class(rw_support="no"), "classes[0].rw_support", "true or false"),
    (one_class(skill_bands={"reading": "E1"}), "classes[0].skill_bands.reading", "must be a list"),
    (one_class(skill_bands={"reading": ["E9"]}), "classes[0].skill_bands.reading[0]", "not one of"),
    (one_class(sessions=["tue-noon"]), "classes[0].sessions[0]", "not one of"),
    (one_class(location=None), "classes[0].location", "not online"),
    (one_class(places=-1), "classes[0].places", "whole number from 0"),
    (one_class(pressure=None), "classes[0].pressure", "number from 0"),
    (one_class(reserves=[{"count": 1}]), "classes[0].reserves[0]", "min_waiting_days, areas or both"),
    (one_class(reserves=[{"min_waiting_days": 1}]), "classes[0].reserves[0].count", "missing"),
    (one_class(reserves=[{"count": 1, "band": 2}]), "classes[0].reserves[0].band", "not a field"),
]


@pytest.mark.parametrize(("data", "path", "problem"), FAULTS, ids=[path for _, path, _ in FAULTS])
def test_a_fault_is_one_error_that_names_the_place(data, path, problem):
    with pytest.raises(SnapshotInvalid) as caught:
        parse_snapshot(data)
    assert caught.value.path == path
    assert problem in caught.value.problem
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("group", ["policy", "learners", "classes"])
def test_every_needed_field_must_be_there(group):
    optional = {"also", "choices", "rw_support", "skill_bands", "reserves"}
    row = one_of_each()[group] if group == "policy" else one_of_each()[group][0]
    for name in row:
        data = one_of_each()
        (data[group] if group == "policy" else data[group][0]).pop(name)
        if name in optional:
            parse_snapshot(data)
        else:
            with pytest.raises(SnapshotInvalid, match="missing"):
                parse_snapshot(data)


def test_nothing_may_be_said_twice_or_be_no_number():
    for text in ('{"a": 1, "a": 2}', '{"a": NaN}', "{", "[" * 100_000):
        with pytest.raises(SnapshotInvalid):
            read_json(text)


def test_numbers_stay_as_they_were_written():
    data = one_of_each(max_travel_km=4)
    assert dump_snapshot(parse_snapshot(data)) == data
    assert canonical_json(dump_snapshot(parse_snapshot(data))) == canonical_json(data)
    assert canonical_sha256(data) != canonical_sha256(one_of_each(max_travel_km=4.0))


def test_the_canonical_text_has_sorted_keys_no_spaces_and_plain_letters():
    assert canonical_json({"b": [1.0, 2], "a": "é"}) == '{"a":"é","b":[1.0,2]}'
    assert json.loads(canonical_json(one_of_each())) == one_of_each()


def test_a_ticket_is_the_hash_of_seed_round_and_id():
    assert ticket("s", "r", "L1") == "".join(
        f"{byte:02x}" for byte in __import__("hashlib").sha256(b"s|r|L1").digest()
    )


def test_a_reserve_with_both_conditions_asks_for_both():
    both = Reserve(1, min_waiting_days=365, areas=("north",))
    assert both.admits(365, "north")
    assert not both.admits(364, "north")
    assert not both.admits(400, "south")
    assert not both.admits(400, None)
