"""`hub matching` on files: what it prints, what it writes, with which status it ends."""

import json

import pytest
from click.testing import CliRunner

from hub.matching.cli import matching_group
from hub.matching.domain.snapshot import canonical_sha256
from tests.unit.matching.worlds import random_snapshot


@pytest.fixture
def files(tmp_path):
    snapshot, result = tmp_path / "snapshot.json", tmp_path / "result.json"
    snapshot.write_text(json.dumps(random_snapshot(3)))
    return snapshot, result


def run(*words):
    done = CliRunner().invoke(matching_group, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_allocate_then_verify(files):
    snapshot, result = files
    done = run("allocate", snapshot, "--seed", "beacon", "--out", result)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "of 120 learners" in done.stdout
    done = run("verify", snapshot, result)
    assert done.exit_code == 0
    assert done.stdout.startswith("Verified")


def test_json_for_machines(files):
    snapshot, result = files
    done = run("allocate", snapshot, "--seed", "beacon", "--out", result, "--json")
    written = json.loads(result.read_text())
    assert json.loads(done.stdout) == {
        "snapshot_sha256": canonical_sha256(random_snapshot(3)), "seed": "beacon", **written["summary"],
    }  # fmt: skip
    assert json.loads(run("verify", snapshot, result, "--json").stdout) == {
        "verified": True,
        "difference": None,
    }


def test_a_difference_ends_with_status_1(files):
    snapshot, result = files
    run("allocate", snapshot, "--seed", "beacon", "--out", result)
    written = json.loads(result.read_text())
    written["assignments"].pop()
    result.write_text(json.dumps(written))
    done = run("verify", snapshot, result)
    assert done.exit_code == 1
    assert done.stdout.startswith("Differs: assignments: the result lists")
    done = run("verify", snapshot, result, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["difference"].startswith("assignments")


def test_fields_that_mean_none_may_be_left_out_and_the_hash_is_that_of_the_file(files):
    snapshot, result = files
    data = random_snapshot(3)
    for row in data["learners"]:
        row.pop("choices")
    for row in data["classes"]:
        row.pop("reserves")
    snapshot.write_text("\ufeff" + json.dumps(data), encoding="utf-8")
    assert run("allocate", snapshot, "--seed", "", "--out", result).exit_code == 0
    assert json.loads(result.read_text())["snapshot_sha256"] == canonical_sha256(data)
    assert run("verify", snapshot, result).exit_code == 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"{", "is not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "must be an object"),
        (b'{"format": 1, "format": 2}', "stands twice"),
        (
            json.dumps({**random_snapshot(3), "learners": [{"id": "x"}]}).encode(),
            "learners[0].level: is missing",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(files, text, problem):
    snapshot, result = files
    snapshot.write_bytes(text)
    done = run("allocate", snapshot, "--seed", "s", "--out", result)
    assert (done.exit_code, done.stdout) == (2, "")
    assert problem in done.stderr
    assert done.stderr.count("\n") == 1
    assert not result.exists()


def test_a_file_that_is_not_there(files, tmp_path):
    snapshot, result = files
    for words in (
        ("allocate", tmp_path / "none.json", "--seed", "s", "--out", result),
        ("allocate", snapshot, "--seed", "s", "--out", tmp_path / "no folder" / "r.json"),
        ("verify", snapshot, tmp_path / "none.json"),
        ("verify", snapshot, snapshot),
    ):
        done = run(*words)
        assert done.exit_code == 2
        assert done.stderr.count("\n") == 1
