"""From four skills to one placement level, with the reasons in words (combination rule, version 2026.1).

Lower-case names: s, l, r, w are the ranks of speaking, listening, reading and writing; SL is the lower of the
two spoken skills, RW the lower of the two written ones. Measured over all 1,296 profiles: the level always
lies between the weakest and the strongest skill, and a better skill never gives a lower placement.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from hub.core.levels import Level

RULE_VERSION = "2026.1"


class Skill(StrEnum):
    """The four skills, in the order they are assessed and shown."""

    SPEAKING = "speaking"
    LISTENING = "listening"
    READING = "reading"
    WRITING = "writing"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class LiteracyNeed(StrEnum):
    """What help with reading and writing itself the learner needs, whatever their spoken English."""

    NONE = "none"
    LITERACY_1 = "literacy_1"
    LITERACY_2 = "literacy_2"

    @property
    def label(self) -> str:
        return {
            LiteracyNeed.NONE: "No literacy help needed",
            LiteracyNeed.LITERACY_1: "Literacy 1: new to the Roman alphabet",
            LiteracyNeed.LITERACY_2: "Literacy 2: knows some letters and words",
        }[self]


class Strand(StrEnum):
    """What kind of class the learner waits for. An assessment places in `general` or `literacy`."""

    GENERAL = "general"
    LITERACY = "literacy"
    WORK = "work"
    FAMILY = "family"
    CITIZENSHIP = "citizenship"
    CONVERSATION = "conversation"

    @property
    def label(self) -> str:
        return {"general": "English", "work": "English for work", "family": "Family English"}.get(
            self.value, self.value.capitalize()
        )


class Rule(StrEnum):
    """How an even profile is placed: `lower_median` (default) or `minimum`, which mirrors certificates."""

    LOWER_MEDIAN = "lower_median"
    MINIMUM = "minimum"


Profile = Mapping[Skill, Level]


@dataclass(frozen=True)
class Combined:
    """The outcome of the rule: the level to join and why.

    `also` are the higher levels, up to spoken English, open to the learner only in classes that support
    reading and writing. `steps` and `changes` are plain sentences for staff, `for_learner` is plain English
    at A2.
    """

    level: Level
    rule_id: str
    spread: int
    spiky: bool
    strand: Strand
    literacy_offered: bool
    also: tuple[Level, ...]
    steps: tuple[str, ...]
    changes: tuple[str, ...]
    for_learner: str


def combine(
    profile: Profile, need: LiteracyNeed = LiteracyNeed.NONE, rule: Rule = Rule.LOWER_MEDIAN
) -> Combined:
    """Place one learner. Raises KeyError when a skill has no level yet."""
    rank, rule_id = _place(_ranks(profile), rule)
    level = Level.from_rank(rank)
    spread = max(_ranks(profile)) - min(_ranks(profile))
    strand = Strand.GENERAL if need is LiteracyNeed.NONE else Strand.LITERACY
    also = eligible_levels(profile, level)
    return Combined(
        level=level,
        rule_id=rule_id,
        spread=spread,
        spiky=spread >= 2,
        strand=strand,
        literacy_offered=need is not LiteracyNeed.NONE or rule_id == "spiky_spoken",
        also=also,
        steps=_steps(profile, level, rule_id) + _literacy_steps(profile, need) + _also_steps(also),
        changes=what_would_change(profile, rule),
        for_learner=learner_text(level, strand, also),
    )


def place(profile: Profile, rule: Rule = Rule.LOWER_MEDIAN) -> Level:
    """The placement level alone, without the words."""
    return Level.from_rank(_place(_ranks(profile), rule)[0])


def eligible_levels(profile: Profile, level: Level) -> tuple[Level, ...]:
    """The levels above `level` up to the weaker spoken skill, usable only where a class supports reading and
    writing. Strong speakers are not placed straight at their spoken level: that would invert (32 of 4,320
    steps)."""
    spoken = min(profile[Skill.SPEAKING].rank, profile[Skill.LISTENING].rank)
    return tuple(Level.from_rank(rank) for rank in range(level.rank + 1, spoken + 1))


def what_would_change(profile: Profile, rule: Rule = Rule.LOWER_MEDIAN) -> tuple[str, ...]:
    """For each skill, the smallest rise and the smallest fall that would move the placement, in words."""
    return tuple(chain.from_iterable(_changes(profile, skill, rule) for skill in Skill))


def learner_text(level: Level, strand: Strand, also: tuple[Level, ...] = ()) -> str:
    """What the learner is told about their own result."""
    words = f"Your English class level is {level.label}."
    if strand is Strand.LITERACY:
        words += " We will look for a class that helps you learn to read and write in English first."
    if also:
        words += (
            f" Your speaking is strong. A class at {also[-1].label} may be right"
            " if it helps with reading and writing."
        )
    return words


def _ranks(profile: Profile) -> tuple[int, int, int, int]:
    s, l, r, w = (profile[skill].rank for skill in Skill)  # noqa: E741 - the names of the published rule
    return s, l, r, w


def _place(ranks: tuple[int, int, int, int], rule: Rule) -> tuple[int, str]:
    """The rank of the placement and the branch of the rule that gave it."""
    s, l, r, w = ranks  # noqa: E741 - the names of the published rule
    if rule is Rule.MINIMUM:
        return min(ranks), "minimum"
    lower_median = sorted(ranks)[1]
    if max(ranks) - min(ranks) <= 1:
        return lower_median, "even"
    spoken, written = min(s, l), min(r, w)
    if spoken - written >= 2:
        return written + 1, "spiky_spoken"
    if written - spoken >= 2:
        return spoken + 1, "spiky_written"
    return lower_median, "spiky_mixed"


def _steps(profile: Profile, level: Level, rule_id: str) -> tuple[str, ...]:
    ranks = _ranks(profile)
    spoken, written = Level.from_rank(min(ranks[:2])), Level.from_rank(min(ranks[2:]))
    lowest, highest = Level.from_rank(min(ranks)), Level.from_rank(max(ranks))
    apart = max(ranks) - min(ranks)
    first = f"The weakest skill is at {lowest.label} and the strongest at {highest.label}: {_apart(apart)}."
    reason = {
        "minimum": f"This hub places at the weakest skill, so the class is {level.label}.",
        "even": f"The skills are close together, so we take the second lowest of the four: {level.label}.",
        "spiky_spoken": (
            f"Speaking and listening ({spoken.label}) are two or more levels above reading and writing"
            f" ({written.label}), so we place one level above reading and writing: {level.label}."
        ),
        "spiky_written": (
            f"Reading and writing ({written.label}) are two or more levels above speaking and listening"
            f" ({spoken.label}), so we place one level above speaking and listening: {level.label}."
        ),
        "spiky_mixed": (
            "The skills are uneven, but not split between spoken and written English, so we take the second"
            f" lowest of the four: {level.label}."
        ),
    }[rule_id]
    return first, reason


def _apart(levels: int) -> str:
    if levels == 0:
        return "all four are at the same level"
    return "one level apart" if levels == 1 else f"{levels} levels apart"


def _literacy_steps(profile: Profile, need: LiteracyNeed) -> tuple[str, ...]:
    if need is LiteracyNeed.NONE:
        return ()
    spoken = min(profile[Skill.SPEAKING], profile[Skill.LISTENING], key=lambda one: one.rank)
    return (
        f"{need.label}. A literacy class comes first; the spoken level, {spoken.label}, is kept beside it.",
    )


def _also_steps(also: tuple[Level, ...]) -> tuple[str, ...]:
    if not also:
        return ()
    named = " or ".join(level.label for level in also)
    return (f"May also join {named}, only where the class supports reading and writing.",)


def _changes(profile: Profile, skill: Skill, rule: Rule) -> list[str]:
    found = []
    here = profile[skill].rank
    for ranks in (range(here + 1, len(Level)), range(here - 1, -1, -1)):
        for rank in ranks:
            other = place({**profile, skill: Level.from_rank(rank)}, rule)
            if other is not place(profile, rule):
                was = Level.from_rank(rank).label
                found.append(f"If {skill.value} were {was}, the placement would be {other.label}.")
                break
    return found
