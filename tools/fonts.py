"""Noto Sans for PDFs, as TrueType: npm ships each script as a woff2 for browsers, which Typst cannot read.

vendor/noto/<family>-<weight>.ttf     one family for each script, for all twelve languages and Latin names
vendor/noto/coverage.json             [[first, last], ...]: the characters that these fonts can draw
"""

import json
from itertools import pairwise
from pathlib import Path

from fontTools.ttLib import TTFont

# family as Typst names it -> (npm package, part of it). Every part has a family of its own: two files that
# share one would be taken for the same font, and the second never looked into.
FAMILIES = {
    "Noto Sans": ("noto-sans", "latin"),
    "Noto Sans Latin Ext": ("noto-sans", "latin-ext"),
    "Noto Sans Vietnamese": ("noto-sans", "vietnamese"),
    "Noto Sans Cyrillic": ("noto-sans", "cyrillic"),
    "Noto Sans Cyrillic Ext": ("noto-sans", "cyrillic-ext"),
    "Noto Sans Greek": ("noto-sans", "greek"),
    "Noto Sans Devanagari": ("noto-sans", "devanagari"),
    "Noto Sans Arabic": ("noto-sans-arabic", "arabic"),
    "Noto Sans Bengali": ("noto-sans-bengali", "bengali"),
    "Noto Sans Gujarati": ("noto-sans-gujarati", "gujarati"),
}
WEIGHTS = {"400": "Regular", "700": "Bold"}
_FAMILY_NAMES, _FULL_NAME, _POSTSCRIPT_NAME = (1, 16), 4, 6  # ids of the OpenType table `name`


def lay_fonts(modules: Path, target: Path) -> None:
    """Write the fonts and what they cover into a new folder. `modules` is npm's folder of @fontsource."""
    target.mkdir()
    covered: set[int] = set()
    for family, (package, part) in FAMILIES.items():
        for weight, style in WEIGHTS.items():
            font = TTFont(modules / package / "files" / f"{package}-{part}-{weight}-normal.woff2")
            font.flavor = None
            _rename(font, family, style)
            font.save(target / f"{family.replace(' ', '')}-{weight}.ttf")
            covered |= set(font.getBestCmap())
    (target / "coverage.json").write_text(json.dumps(ranges(covered)), encoding="utf-8")


def ranges(numbers: set[int]) -> list[tuple[int, int]]:
    """The numbers as runs, first and last included."""
    ordered = sorted(numbers)
    breaks = [(a, b) for a, b in pairwise(ordered) if b > a + 1]
    firsts = [*ordered[:1], *(b for _, b in breaks)]
    lasts = [*(a for a, _ in breaks), *ordered[-1:]]
    return list(zip(firsts, lasts, strict=True))


def _rename(font: TTFont, family: str, style: str) -> None:
    for record in font["name"].names:
        if record.nameID in _FAMILY_NAMES:
            record.string = family
        elif record.nameID == _FULL_NAME:
            record.string = f"{family} {style}"
        elif record.nameID == _POSTSCRIPT_NAME:
            record.string = f"{family.replace(' ', '')}-{style}"
