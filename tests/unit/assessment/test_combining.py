"""The combination rule over every profile there is (acceptance 11 of the assessment field)."""

from itertools import product

import pytest

from hub.assessment.domain import LiteracyNeed, Rule, Skill, Strand, combine, place
from hub.core.levels import Level

PROFILES = [dict(zip(Skill, levels, strict=True)) for levels in product(Level, repeat=4)]


def profile(text):
    """`3311` is speaking and listening at Entry 3, reading and writing at Entry 1."""
    return {skill: Level.from_rank(int(rank)) for skill, rank in zip(Skill, text, strict=True)}


def test_every_profile_is_placed_between_its_weakest_and_strongest_skill_and_explained():
    assert len(PROFILES) == 1296
    for one in PROFILES:
        ranks = [level.rank for level in one.values()]
        result = combine(one)
        assert min(ranks) <= result.level.rank <= max(ranks)
        assert len(result.steps) >= 2
        assert result.for_learner
        assert result.level.label in result.steps[1]


def test_a_better_skill_never_lowers_the_placement():
    steps = inversions = 0
    for one in PROFILES:
        for skill in Skill:
            if one[skill] is not Level.L2:
                better = {**one, skill: Level.from_rank(one[skill].rank + 1)}
                steps += 1
                inversions += place(better).rank < place(one).rank
    assert (steps, inversions) == (4320, 0)


@pytest.mark.parametrize(
    ("given", "level", "rule_id"),
    [
        ("2222", Level.E2, "even"),
        ("3322", Level.E2, "even"),
        ("3332", Level.E3, "even"),
        ("3311", Level.E2, "spiky_spoken"),
        ("5500", Level.E1, "spiky_spoken"),
        ("1133", Level.E2, "spiky_written"),
        ("1323", Level.E2, "spiky_mixed"),
    ],
)
def test_the_rule_by_its_branches(given, level, rule_id):
    result = combine(profile(given))
    assert (result.level, result.rule_id) == (level, rule_id)


def test_strong_speakers_may_join_higher_classes_that_support_reading_and_writing():
    result = combine(profile("4411"))
    assert result.level is Level.E2
    assert result.also == (Level.E3, Level.L1)
    assert result.literacy_offered
    assert result.strand is Strand.GENERAL


def test_literacy_need_puts_the_literacy_strand_first_and_keeps_the_level():
    result = combine(profile("2211"), LiteracyNeed.LITERACY_1)
    assert result.strand is Strand.LITERACY
    assert result.level is Level.E1
    assert "Literacy 1" in result.steps[2]


def test_the_minimum_rule_can_be_chosen():
    assert combine(profile("3332"), rule=Rule.MINIMUM).level is Level.E2


def test_what_would_change_names_only_true_changes():
    result = combine(profile("3311"))
    assert "If reading were Entry 2 (A2), the placement would be Entry 3 (B1)." not in result.changes
    assert any(text.startswith("If speaking were") for text in result.changes)
    for one in PROFILES[::37]:
        assert all("the placement would be" in text for text in combine(one).changes)
