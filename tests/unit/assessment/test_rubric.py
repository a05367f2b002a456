"""Marks, bands and the literacy flag."""

import pytest

from hub.assessment.domain import (
    LiteracyNeed,
    Mark,
    Skill,
    achieved,
    is_known,
    levels,
    literacy_need,
    missing,
    prompt_for,
    rubrics,
    skill_band,
)
from hub.core.levels import Level


def marks(skill, *bands):
    return [Mark(skill, code, band) for code, band in zip(rubrics()[skill].codes, bands, strict=True)]


def test_every_skill_has_criteria_and_six_bands():
    assert [len(rubrics()[skill].criteria) for skill in Skill] == [5, 3, 3, 4]
    assert all(len(rubrics()[skill].bands) == 6 for skill in Skill)


@pytest.mark.parametrize(
    ("bands", "band"),
    [((1, 2, 3, 4, 5), 3), ((0, 0, 0, 5, 5), 0), ((2, 2, 3, 3, 3), 3), ((2, 2, 2, 3, 3), 2)],
)
def test_a_skill_is_the_lower_median_of_its_criteria(bands, band):
    given = dict(zip(rubrics()[Skill.SPEAKING].codes, bands, strict=True))
    assert skill_band(Skill.SPEAKING, given) == band


def test_an_even_number_of_criteria_takes_the_lower_of_the_middle_two():
    given = dict(zip(rubrics()[Skill.WRITING].codes, (1, 2, 3, 4), strict=True))
    assert skill_band(Skill.WRITING, given) == 2


def test_poor_handwriting_beside_good_writing_is_a_literacy_need_and_not_a_lower_band():
    good_but_script = marks(Skill.WRITING, 3, 4, 5, 1)
    assert levels(good_but_script)[Skill.WRITING] is Level.L1
    assert literacy_need(LiteracyNeed.NONE, good_but_script) is LiteracyNeed.LITERACY_2
    assert literacy_need(LiteracyNeed.LITERACY_1, good_but_script) is LiteracyNeed.LITERACY_1
    assert literacy_need(LiteracyNeed.NONE, marks(Skill.WRITING, 2, 4, 5, 1)) is LiteracyNeed.NONE


def test_missing_marks_are_named_by_skill():
    assert set(missing([])) == set(Skill)
    assert set(missing(marks(Skill.READING, 1, 1, 1))) == set(Skill) - {Skill.READING}
    assert missing(marks(Skill.READING, 1, 1, 1)[:2])[Skill.READING] == ("words_sentences",)


def test_unknown_criteria_and_bands_are_known_to_be_so():
    assert is_known(Mark(Skill.READING, "gist", 5))
    assert not is_known(Mark(Skill.READING, "gist", 6))
    assert not is_known(Mark(Skill.READING, "range", 1))


def test_achieved_is_one_below_the_class_to_join():
    assert [achieved(level) for level in Level] == [None, None, Level.E1, Level.E2, Level.E3, Level.L1]


def test_the_writing_task_follows_the_interview():
    assert prompt_for(None).code == "form_and_sentence"
    assert prompt_for(Level.E3).code == "message"
    assert prompt_for(Level.L2).code == "letter"
