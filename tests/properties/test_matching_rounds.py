"""Whole rounds against plain readings of the rules: edges, results, row order, restarts, explanations."""

import json
import os
import subprocess
import sys

import pytest

from hub.matching.domain.allocation import decide, prepare
from hub.matching.domain.edges import find_edges
from hub.matching.domain.explain import Explainer, NotEligible
from hub.matching.domain.result import result_to_dict
from hub.matching.domain.snapshot import canonical_json, canonical_sha256, dump_snapshot, parse_snapshot
from hub.matching.domain.verify import verify
from tests.unit.matching import oracle
from tests.unit.matching.worlds import Json, random_snapshot, shuffled

SEED = "a public beacon"


def result_of(data: Json) -> Json:
    return result_to_dict(decide(prepare(parse_snapshot(data), SEED), canonical_sha256(data)))


@pytest.mark.parametrize("chunk", range(5))
def test_edges_are_those_of_the_plain_rules(chunk):
    """500 learners, 33 classes, 50 seeds in all."""
    found = 0
    for seed in range(chunk * 10, chunk * 10 + 10):
        data = random_snapshot(seed, learners=500, classes=33)
        snapshot = parse_snapshot(data)
        edges = find_edges(snapshot)
        named = {
            (snapshot.learners[row].id, snapshot.classes[cls].id): metres
            for row, cls, metres in zip(
                edges.learner.tolist(), edges.cls.tolist(), edges.metres.tolist(), strict=True
            )
        }
        assert named == oracle.edges(data)
        assert len(named) == len(edges)
        found += len(edges)
    assert found > 1000, "a world without edges would prove nothing"


@pytest.mark.parametrize("chunk", range(4))
def test_the_verifier_recounts_every_round_and_finds_no_difference(chunk):
    for seed in range(chunk * 40, chunk * 40 + 40):
        data = random_snapshot(seed)
        result = result_of(data)
        assert verify(data, json.loads(json.dumps(result))) is None, f"seed {seed}"
        assert result["summary"]["blocking_pairs"] == 0


def test_the_order_of_rows_changes_nothing_but_the_hash():
    for seed in range(40):
        data = random_snapshot(seed)
        plain, other = result_of(data), result_of(shuffled(data, seed))
        assert plain.pop("snapshot_sha256") != other.pop("snapshot_sha256")
        assert json.dumps(plain) == json.dumps(other)


def test_two_restarts_with_other_hash_seeds_give_the_same_bytes(tmp_path):
    source = tmp_path / "snapshot.json"
    source.write_text(canonical_json(random_snapshot(7)))
    program = (
        "import sys; from hub.matching.cli import matching_group; "
        "matching_group(['allocate', sys.argv[1], '--seed', 'x', '--out', sys.argv[2]])"
    )
    texts = []
    for number in ("1", "2"):
        out = tmp_path / f"result-{number}.json"
        subprocess.run(
            [sys.executable, "-c", program, str(source), str(out)],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": number, "PYTHONPATH": "."},
        )
        texts.append(out.read_bytes())
    assert texts[0] == texts[1]


def test_a_dumped_snapshot_reads_back_the_same_and_keeps_its_hash():
    for seed in range(20):
        data = random_snapshot(seed)
        snapshot = parse_snapshot(data)
        assert parse_snapshot(dump_snapshot(snapshot)) == snapshot
        assert canonical_sha256(dump_snapshot(snapshot)) == canonical_sha256(data)


def test_every_pair_has_an_answer_a_for_non_edges_and_b_or_c_for_edges():
    letters = {"A": 0, "B": 0, "C": 0}
    for seed in range(12):
        data = random_snapshot(seed)
        prepared = prepare(parse_snapshot(data), SEED)
        explainer = Explainer(prepared, decide(prepared))
        eligible = oracle.edges(data)
        for person in data["learners"]:
            for one in data["classes"]:
                answer = explainer.why(person["id"], one["id"])
                assert (answer.letter == "A") == ((person["id"], one["id"]) not in eligible)
                assert answer.sentences()
                assert all(sentence.endswith(".") for sentence in answer.sentences())
                letters[answer.letter] += 1
                if isinstance(answer, NotEligible):
                    assert [refusal.code for refusal in answer.refusals] == oracle.codes(person, one)
    assert min(letters.values()) > 100


def test_cutoffs_alone_give_the_whole_matching_back_where_nothing_is_reserved():
    """Everybody gets the first class on their list whose cutoff they meet."""
    for seed in range(30):
        data = random_snapshot(seed)
        for one in data["classes"]:
            one["reserves"] = []
        prepared = prepare(parse_snapshot(data), SEED)
        result = decide(prepared)
        has = {one.learner: one.cls for one in result.assignments}
        for row, person in enumerate(prepared.snapshot.learners):
            met = [
                prepared.snapshot.classes[cls].id
                for cls in prepared.market.wishes[row]
                if _meets(prepared, result, row, cls)
            ]
            assert has.get(person.id) == (met[0] if met else None)


def _meets(prepared, result, row, cls):
    from hub.matching.domain.allocation import standing

    one = prepared.snapshot.classes[cls]
    cutoff = result.cutoffs.get(one.id)
    if cutoff is None:
        return one.places > 0
    return standing(prepared, row, cls).key() <= cutoff.key()
