"""The levels of English used by ESOL in England, their order and their CEFR equals.

Source: national ESOL levels and the Common European Framework: E1=A1, E2=A2, E3=B1, L1=B2, L2=C1.
"""

import re
from enum import StrEnum


class Level(StrEnum):
    """A level, from before Entry 1 to Level 2; compare by `rank`, never by text."""

    PRE = "PRE"
    E1 = "E1"
    E2 = "E2"
    E3 = "E3"
    L1 = "L1"
    L2 = "L2"

    @property
    def rank(self) -> int:
        return _ORDER.index(self)

    @property
    def cefr(self) -> str:
        return _CEFR[self.rank]

    @property
    def label(self) -> str:
        """As people read it: `Entry 2 (A2)`."""
        return f"{_NAMES[self.rank]} ({self.cefr})"

    @staticmethod
    def from_rank(rank: int) -> "Level":
        return _ORDER[rank]


_ORDER = tuple(Level)
_CEFR = ("below A1", "A1", "A2", "B1", "B2", "C1")
_NAMES = ("Pre-entry", "Entry 1", "Entry 2", "Entry 3", "Level 1", "Level 2")
_ONE_LEVEL = re.compile(
    r"(pre)(?:[\s-]*entry)?|(?:entry|e)(?:\s*level)?\s*([123])|(?:level|l)\s*([12])", re.IGNORECASE
)


def parse_levels(text: str) -> tuple[Level, ...]:
    """The levels meant by `E1`, `Entry 1`, `E1-E2`, `Pre-entry`, `E1/E2`; a dash between two is a range.

    Raises ValueError with words for the person who typed it.
    """
    found = list(_ONE_LEVEL.finditer(text))
    rest = _ONE_LEVEL.sub("", text)
    if not found or re.sub(r"(?i)[\s,;/&+\-\u2013]|to|and", "", rest):
        raise ValueError("Use a level such as E1, Entry 2, E1-E2 or Pre-entry")
    levels = [_level_of(match) for match in found]
    if len(levels) == 2 and re.search(r"(?i)-|\u2013|to", rest):
        low, high = sorted(level.rank for level in levels)
        return _ORDER[low : high + 1]
    return tuple(sorted(set(levels), key=lambda level: level.rank))


def _level_of(match: re.Match[str]) -> Level:
    pre, entry, level = match.groups()
    return Level.PRE if pre else Level(f"E{entry}") if entry else Level(f"L{level}")
