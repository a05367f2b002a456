from datetime import UTC, date, datetime

import pytest

from hub.learners.domain import golden_record
from hub.learners.domain.reviewing import field_rows, knowing, odds_words, who_knows_more
from hub.learners.domain.scoring import comparable, compare
from hub.learners.reads import recognition_model
from tests.unit.learners.test_golden_record import a_record

MODEL = recognition_model(date(2027, 1, 11))
AT = datetime(2027, 1, 5, 12, tzinfo=UTC)


def rows_of(left, right):
    comparison = compare(comparable(left), comparable(right), MODEL)
    return {row.label: row for row in field_rows(left, right, comparison)}, comparison


def test_two_people_are_compared_field_by_field_with_weights():
    left = golden_record(
        [
            a_record(
                1,
                given_names="Amina",
                family_name="Hassan",
                date_of_birth=date(1990, 2, 3),
                phone="+447700900123",
            )
        ]
    )
    right = golden_record(
        [
            a_record(
                2, given_names="Hassan", family_name="Amina", date_of_birth=date(1971, 9, 8), email="a@b.cc"
            )
        ]
    )
    rows, comparison = rows_of(left, right)
    assert rows["Name"].speaks == "strong for" and rows["Name"].left == "Amina Hassan"
    assert rows["Date of birth"].speaks == "strong against"
    assert rows["Phone"].right == "" and rows["Phone"].speaks == "nothing"
    assert "Address" not in rows
    assert rows["How common it is"].part.weight < 0 and rows["How common it is"].speaks == "nothing"
    weights = [part.weight for part in comparison.parts]
    assert sum(weights) == pytest.approx(comparison.score, abs=0.05)
    assert {row.part.field for row in rows.values() if row.part} <= {part.field for part in comparison.parts}


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.2, "as likely one person as two"),
        (3, "about 8 to 1 for one person"),
        (-2, "about 4 to 1 for two people"),
        (12.4, "about 5,000 to 1 for one person"),
        (30, "more than a million to 1 for one person"),
    ],
)
def test_a_score_is_told_as_odds(score, words):
    assert odds_words(score) == words


def test_who_knows_more_is_what_was_proven_then_how_much_then_how_new():
    bare = [a_record(1, given_names="Amina", family_name="Ali")]
    full = [a_record(2, given_names="Amina", family_name="Ali", phone="+441", email="a@b.cc")]
    seen = [a_record(3, given_names="Amina", family_name="Ali", name_verified_at=AT)]
    known = [knowing(golden_record(records), records) for records in (bare, full, seen)]
    assert who_knows_more(known[0], known[1]) == 1
    assert who_knows_more(known[2], known[1]) == 0
    assert who_knows_more(known[0], known[0]) is None
    assert known[2].name_seen_on == date(2027, 1, 5) and known[0].records == 1
