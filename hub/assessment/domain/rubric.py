"""What an assessor marks: criteria per skill, bands 0 to 5, and the band of a skill.

A band is a recommended placement level: 0 = pre-entry ... 5 = Level 2. Words live in rubric.toml.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hub.assessment.domain.combining import LiteracyNeed, Skill
from hub.core.levels import Level

BANDS = range(6)
SCRIPT = "script_handwriting"


@dataclass(frozen=True)
class Criterion:
    """One thing to listen or look for."""

    code: str
    label: str
    hint: str


@dataclass(frozen=True)
class Mark:
    """One band given by one assessor to one criterion of one skill."""

    skill: Skill
    criterion: str
    band: int


@dataclass(frozen=True)
class SkillRubric:
    """The criteria of one skill and what each band looks like."""

    skill: Skill
    criteria: tuple[Criterion, ...]
    bands: tuple[str, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(criterion.code for criterion in self.criteria)


@dataclass(frozen=True)
class WritingPrompt:
    """One of the three writing tasks; the interview decides which is given."""

    code: str
    levels: tuple[Level, ...]
    task: str


@cache
def rubrics() -> Mapping[Skill, SkillRubric]:
    """The rubric of each skill."""
    return {skill: _rubric(skill, _file()["skill"][skill.value]) for skill in Skill}


@cache
def writing_prompts() -> tuple[WritingPrompt, ...]:
    """The three writing tasks, easiest first."""
    return tuple(
        WritingPrompt(one["code"], tuple(Level(level) for level in one["levels"]), one["task"])
        for one in _file()["writing_prompt"]
    )


def prompt_for(speaking: Level | None) -> WritingPrompt:
    """The writing task that fits what was heard in the interview; the easiest when nothing was heard yet."""
    for prompt in writing_prompts():
        if speaking in prompt.levels:
            return prompt
    return writing_prompts()[0]


def is_known(mark: Mark) -> bool:
    """Does the rubric have this criterion, and is the band 0 to 5?"""
    return mark.criterion in rubrics()[mark.skill].codes and mark.band in BANDS


def missing(marks: Iterable[Mark]) -> dict[Skill, tuple[str, ...]]:
    """The criteria without a mark, by skill; empty when every skill can be given a band."""
    given = {(mark.skill, mark.criterion) for mark in marks}
    wanted = {
        skill: tuple(code for code in rubric.codes if (skill, code) not in given)
        for skill, rubric in rubrics().items()
    }
    return {skill: codes for skill, codes in wanted.items() if codes}


def skill_band(skill: Skill, bands: Mapping[str, int]) -> int:
    """The band of a skill: the lower median of its criteria.

    Poor handwriting beside good writing (script at most 1, all else 3 or more) points to a literacy need and
    does not pull the writing band down.
    """
    counted = dict(bands)
    if skill is Skill.WRITING and script_lags(bands):
        del counted[SCRIPT]
    ordered = sorted(counted.values())
    return ordered[(len(ordered) - 1) // 2]


def script_lags(writing: Mapping[str, int]) -> bool:
    """Is handwriting far behind the rest of the writing (script at most 1, all other criteria 3 or more)?"""
    others = [band for code, band in writing.items() if code != SCRIPT]
    return SCRIPT in writing and writing[SCRIPT] <= 1 and bool(others) and min(others) >= 3


def bands_by_skill(marks: Iterable[Mark]) -> dict[Skill, dict[str, int]]:
    """Marks grouped: skill, then criterion, then band."""
    grouped: dict[Skill, dict[str, int]] = {}
    for mark in marks:
        grouped.setdefault(mark.skill, {})[mark.criterion] = mark.band
    return grouped


def levels(marks: Iterable[Mark]) -> dict[Skill, Level]:
    """The level of every skill whose criteria are all marked."""
    grouped = bands_by_skill(marks)
    return {
        skill: Level.from_rank(skill_band(skill, grouped[skill]))
        for skill, rubric in rubrics().items()
        if set(rubric.codes) <= set(grouped.get(skill, {}))
    }


def literacy_need(recorded: LiteracyNeed, marks: Iterable[Mark]) -> LiteracyNeed:
    """The need recorded by the assessor, raised to Literacy 2 when handwriting lags behind good writing."""
    writing = bands_by_skill(marks).get(Skill.WRITING, {})
    if recorded is LiteracyNeed.NONE and script_lags(writing):
        return LiteracyNeed.LITERACY_2
    return recorded


def achieved(placement: Level) -> Level | None:
    """The level already achieved: one below the level to join, none below Entry 1 (many colleges mix up the
    two)."""
    return Level.from_rank(placement.rank - 1) if placement.rank >= Level.E2.rank else None


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).with_name("rubric.toml")).read_text("utf-8"))


def _rubric(skill: Skill, data: Mapping[str, Any]) -> SkillRubric:
    criteria = tuple(Criterion(one["code"], one["label"], one["hint"]) for one in data["criteria"])
    return SkillRubric(skill, criteria, tuple(str(words) for words in data["bands"]))
