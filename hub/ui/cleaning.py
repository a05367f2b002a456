"""Text as it comes in: one form of each character, nothing invisible, nothing that is not text."""

from __future__ import annotations

import re
import unicodedata

# Byte order mark and direction marks: phones add them when a number is copied, and they can make a text read
# in another order than it is stored. The joiners U+200C and U+200D stay: Persian and Hindi need them.
_INVISIBLE = re.compile("[\ufeff\u200b\u200e\u200f\u061c\u202a-\u202e\u2060-\u2069]")
_SPACES = re.compile(r"[^\S\n]+")
_NAME_PUNCTUATION = frozenset(" '-.\u2019\u2018\u02bc\u2010\u2011\u00b7\u0060\u00b4\u200c\u200d\u30fb")


class UnreadableText(ValueError):
    """The text holds a control, private or broken character."""


def clean_lines(text: str) -> str:
    """Text of several lines: NFC, one kind of line end, trimmed.

    Raises UnreadableText for control characters (NUL among them), half characters and private-use characters.
    """
    joined = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    tidy = unicodedata.normalize("NFC", _SPACES.sub(" ", joined)).strip()
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Co"} and letter != "\n" for letter in tidy):
        raise UnreadableText
    return tidy


def clean_line(text: str) -> str:
    """Text of one line: as `clean_lines`, with line ends made spaces."""
    return " ".join(clean_lines(text).split())


def name_fault(text: str) -> str | None:
    """Which kind of character a name must not hold: `numbers`, `emoji`, `symbols`; None when it is fine.

    Letters and marks of every script, spaces, hyphens, apostrophes and full stops are names.
    """
    for letter in text:
        kind = unicodedata.category(letter)
        if kind[0] in "LM" or letter in _NAME_PUNCTUATION:
            continue
        if kind[0] == "N":
            return "numbers"
        return "emoji" if kind in {"So", "Sk", "Cf"} and ord(letter) > 0xFF else "symbols"
    return None if any(unicodedata.category(letter)[0] == "L" for letter in text) or not text else "symbols"
