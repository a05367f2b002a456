"""How well people are recognised: on our own generated borough (seeds not used for tuning) and on the public FEBRL sets.

The full figures, with 20,000 records and all four sets, are printed by `make bench ONLY=recognition`.
"""

from datetime import date

import pytest

from hub.learners import reads
from hub.learners.domain.linking import link
from hub.learners.domain.scoring import Zone
from tests.recognition import febrl
from tests.recognition.borough import Borough, comparable, true_pairs
from tests.recognition.measure import measure

MODEL = reads.recognition_model(date(2027, 1, 11))
HELD_OUT = 90210


@pytest.fixture(scope="module")
def borough():
    records = Borough(HELD_OUT).records(4000)
    return records, link([comparable(record) for record in records], MODEL)


def test_a_borough_is_recognised(borough):
    records, pairs = borough
    found = measure({(p.left, p.right): p.zone for p in pairs}, [one.person for one in records])
    assert found.f1 >= 0.93 and found.precision >= 0.93 and found.recall >= 0.92, found
    assert found.auto_wrong == 0 and found.auto_recall >= 0.55
    assert found.review_true >= 0.8 and found.review / len(records) <= 0.08


def test_no_naming_culture_is_left_behind(borough):
    records, pairs = borough
    found = {frozenset((records[p.left].rec_id, records[p.right].rec_id)) for p in pairs}
    by_culture: dict[str, list[bool]] = {}
    for key, (_, other) in true_pairs(records).items():
        by_culture.setdefault(other.culture, []).append(key in found)
    recall = {culture: sum(hits) / len(hits) for culture, hits in by_culture.items()}
    assert len(recall) == 13 and min(recall.values()) >= 0.88
    assert max(recall.values()) - min(recall.values()) <= 0.12  # 40 pairs each: one miss is .025


def test_members_of_one_household_are_never_linked_without_asking(borough):
    records, pairs = borough
    for pair in pairs:
        left, right = records[pair.left], records[pair.right]
        if left.household == right.household and left.person != right.person:
            assert pair.zone is Zone.REVIEW


def test_the_smallest_febrl_set():
    people = febrl.read("dataset1")
    ids = list(people)
    found = {frozenset((ids[p.left], ids[p.right])) for p in link(list(people.values()), MODEL)}
    truth = febrl.true_pairs(people)
    assert len(truth) == 500
    assert 2 * len(found & truth) / (len(found) + len(truth)) >= 0.985
