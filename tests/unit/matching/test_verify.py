"""The verifier accepts what follows from snapshot and seed, and names the first difference of anything else."""

import ast
import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest

from hub.matching.domain import verify as module
from hub.matching.domain.allocation import allocate
from hub.matching.domain.result import ResultInvalid, result_to_dict
from hub.matching.domain.snapshot import SnapshotInvalid, canonical_json, parse_snapshot
from hub.matching.domain.verify import verify
from tests.unit.matching.worlds import Json, random_snapshot

DATA = random_snapshot(11, learners=200)
RESULT: Json = json.loads(json.dumps(result_to_dict(allocate(parse_snapshot(DATA), "beacon"))))


def tampered(change):
    result = deepcopy(RESULT)
    change(result)
    return result


def swap(result):
    first, second = (row for row in result["assignments"][:2])
    first["class"], second["class"] = second["class"], first["class"]
    if first["class"] == second["class"]:
        first["class"] = "C-other"


TAMPERING = {
    "snapshot_sha256": lambda result: result.update(snapshot_sha256="0" * 64),
    "algorithm": lambda result: result.update(algorithm="first-come-first-served"),
    "assignments[0].class": swap,
    "assignments[0].band": lambda result: result["assignments"][0].update(band=9),
    "assignments[0].distance_km": lambda result: result["assignments"][0].update(distance_km=99.0),
    "assignments[0].learner": lambda result: result["assignments"].pop(0),
    "assignments[1].learner": lambda result: result["assignments"].insert(
        1, {**result["assignments"][0], "learner": "x"}
    ),
    "assignments[1].class": lambda result: result["assignments"][1].pop("class"),
    "unmatched[0].reason": lambda result: result["unmatched"][0].update(
        reason="outranked" if result["unmatched"][0]["reason"] != "outranked" else "no_eligible_class"
    ),
    "unmatched: ": lambda result: result["unmatched"].pop(),
    "cutoffs.": lambda result: next(iter(result["cutoffs"].values())).update(waiting_bucket=77),
    "cutoffs.C-new": lambda result: result["cutoffs"].update({"C-new": {}}),
    "summary.placed": lambda result: result["summary"].update(placed=0),
    "summary.edges": lambda result: result["summary"].update(edges=0),
    "summary.maximum_possible": lambda result: result["summary"].update(maximum_possible=None),
    "summary.blocking_pairs": lambda result: result["summary"].update(blocking_pairs=1),
    "note": lambda result: result.update(note="x"),
}


def test_the_true_result_is_accepted():
    assert len(RESULT["assignments"]) > 3
    assert len(RESULT["cutoffs"]) > 1
    assert verify(DATA, RESULT) is None


@pytest.mark.parametrize("place", TAMPERING)
def test_each_kind_of_tampering_is_named(place):
    difference = verify(DATA, tampered(TAMPERING[place]))
    assert difference is not None
    assert difference.startswith(place)


def test_another_seed_and_another_snapshot_are_noticed():
    assert verify(DATA, {**RESULT, "seed": "another"}) is not None
    other = deepcopy(DATA)
    other["learners"][0]["priority_band"] = 3 - other["learners"][0]["priority_band"]
    difference = verify(other, RESULT)
    assert difference is not None
    assert difference.startswith("snapshot_sha256")


def test_a_number_that_became_a_truth_value_is_noticed():
    result = deepcopy(RESULT)
    for row in result["assignments"]:
        row["band"] = bool(row["band"])
    assert verify(DATA, result) is not None


def test_where_there_is_nothing_to_check_it_says_so():
    nothing: list[object] = [[], {}, {**RESULT, "format": "x"}, {**RESULT, "seed": 1}]
    for result in nothing:
        with pytest.raises(ResultInvalid):
            verify(DATA, result)
    with pytest.raises(SnapshotInvalid):
        verify({}, RESULT)


def test_an_unstable_recount_would_be_named(monkeypatch):
    """If the recount itself were wrong in the same way as the result, the last check still stands."""
    true_propose = module._Recount._propose

    def one_place_short(self):
        holders = true_propose(self)
        next(rows for rows in holders if rows).pop()
        return holders

    monkeypatch.setattr(module._Recount, "_propose", one_place_short)
    recount = module._Recount(parse_snapshot(DATA), "beacon")
    assert "a place is wasted" in (recount.instability() or "")


def test_only_the_standard_library_is_needed(tmp_path):
    """Verify in a Python that cannot import numpy."""
    for name, value in (("snapshot", DATA), ("result", RESULT)):
        (tmp_path / f"{name}.json").write_text(canonical_json(value))
    program = (
        "import json, pathlib, sys; sys.modules['numpy'] = None; from hub.matching.domain.verify import verify; "
        "print(verify(*(json.loads(pathlib.Path(name).read_text()) for name in sys.argv[1:])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "snapshot.json"), str(tmp_path / "result.json")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.strip() == "None"


def test_the_engine_imports_only_python_itself_and_numpy():
    folder = Path(module.__file__).parent
    allowed = {*sys.stdlib_module_names, "numpy"}
    without_numpy = {
        "verify.py",
        "snapshot.py",
        "reading.py",
        "result.py",
        "maximum.py",
        "market.py",
        "eligibility.py",
    }
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                root = name.split(".")[0]
                ours = name.startswith(("hub.matching.domain.", "hub.core."))  # the core is pure Python too
                assert ours or root in allowed, f"{path.name}: {name}"
                assert not (root == "numpy" and path.name in without_numpy), path.name
