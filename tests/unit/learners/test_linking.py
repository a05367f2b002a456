"""Which records of files are compared: everybody who shares a key, once, and across two files only where two are given."""

from datetime import date
from itertools import combinations

from hub.learners import reads
from hub.learners.domain import linking
from hub.learners.domain.blocking import keys_of
from hub.learners.domain.keys import KeyKind
from hub.learners.domain.linking import candidates, link
from hub.learners.domain.scoring import Comparable, Zone, prepare
from tests.recognition.borough import Borough, comparable

MODEL = reads.recognition_model(date(2027, 1, 11))
PEOPLE = [prepare(comparable(record), MODEL) for record in Borough(17).records(300)]


def test_who_shares_a_key_is_compared_once():
    found = list(candidates(PEOPLE))
    keys = [keys_of(person) for person in PEOPLE]
    sharing = {(a, b) for a, b in combinations(range(len(PEOPLE)), 2) if not keys[a].isdisjoint(keys[b])}
    assert len(found) == len(set(found))
    assert sharing and sharing <= set(found)  # and who lives at one door


def test_of_two_files_only_pairs_across_are_compared():
    across = {(a, b) for a, b in candidates(PEOPLE) if a < 100 <= b}
    assert across and set(candidates(PEOPLE, split=100)) == across


def test_a_weak_key_of_too_many_is_no_reason_to_compare(monkeypatch):
    monkeypatch.setattr(linking, "MOST_IN_BLOCK", 2)
    people = [Comparable(given_names="Oksana", family_name="Moroz") for _ in range(4)]
    assert not list(candidates([prepare(one, MODEL) for one in people]))
    phoned = [prepare(Comparable(given_names="Oksana", phones=("07700900123",)), MODEL) for _ in range(4)]
    assert KeyKind.PHONE in linking.STRONG_KEYS and len(list(candidates(phoned))) == 6


def test_places_of_the_second_file_count_on():
    one = Comparable(
        given_names="Oksana", family_name="Moroz", date_of_birth=date(1990, 3, 14), phones=("07700900123",)
    )
    stranger = Comparable(given_names="Hodan", family_name="Warsame", date_of_birth=date(1970, 9, 2))
    (pair,) = link([stranger, one], MODEL, [one])
    assert (pair.left, pair.right, pair.zone) == (1, 2, Zone.AUTO)
