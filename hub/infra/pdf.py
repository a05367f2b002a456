"""PDFs that people and their screen readers can read: Typst, PDF/UA-1, our own fonts, no network.

A template is a `.typ` file in a slice's own templates. It starts with what `templates/infra/base.typ` defines
(`page-of`, `facts`, `listing`) and finds what it was given as `data`. Text from `data` is text: nothing a person
wrote can become markup.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import typst

import hub

FONTS = Path(hub.__file__).parent / "ui" / "static" / "vendor" / "noto"  # laid by tools/assets.py
STANDARD: Final = "ua-1"
_SPACING = frozenset({0x09, 0x0A, 0x0D, 0x20, 0xAD, *range(0x200B, 0x2010), *range(0x2028, 0x202F), 0xFEFF})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class FontsMissing(RuntimeError):
    """The fonts were not laid: a fault of the installation, not of the document."""


def render(template: Traversable, data: Mapping[str, Any]) -> bytes:
    """The template filled with `data` (what JSON can hold), as a PDF/UA-1.

    The same data gives the same bytes. A character that none of the fonts can draw is written as its number,
    [U+4E2D], so that nothing is lost and the document stays readable to all. Raises FontsMissing.
    """
    source = f"{_base()}\n#let data = json(bytes(sys.inputs.data))\n{template.read_text('utf-8')}"
    return typst.compile(
        source.encode(),
        format="pdf",
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(_drawable(data), ensure_ascii=False)},
        pdf_standards=STANDARD,
    )


@cache
def _fonts() -> typst.Fonts:
    if not (FONTS / "coverage.json").is_file():
        raise FontsMissing(f"{FONTS} has no fonts. Run `make setup`.")
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


@cache
def _base() -> str:
    return (resources.files("hub.infra") / "templates" / "infra" / "base.typ").read_text("utf-8")


@cache
def _covers() -> Callable[[str], bool]:
    """Whether a character can be drawn: read once from what the fonts were found to hold."""
    _fonts()
    ranges = json.loads((FONTS / "coverage.json").read_text("utf-8"))
    firsts = [first for first, _ in ranges]

    def covered(character: str) -> bool:
        number = ord(character)
        at = bisect_right(firsts, number) - 1
        return number in _SPACING or (at >= 0 and number <= ranges[at][1])

    return covered


def _drawable(value: Any) -> Any:
    if isinstance(value, str):
        covered = _covers()
        text = _CONTROL.sub("", value)
        return "".join(one if covered(one) else f"[U+{ord(one):04X}]" for one in text)
    if isinstance(value, Mapping):
        return {key: _drawable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_drawable(one) for one in value]
    return value
