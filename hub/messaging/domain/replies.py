"""What a text from a learner means: only whole, plain answers are understood; a person reads the rest."""

import tomllib
import unicodedata
from functools import cache
from pathlib import Path

from hub.messaging.domain.messages import Meaning

MOST_WORDS = 4
_DATA = Path(__file__).parent.parent / "data" / "replies.toml"
_NOT_STOPPING = {"appointment", "class", "lesson", "bus", "not", "dont", "never"}


def understand(text: str) -> Meaning:
    """YES, NO, STOP, START or HELP where the whole message says so in one of our languages, else OTHER.

    Politeness around an answer is allowed ("yes please"); anything more ("yes but not Tuesday") is OTHER.
    STOP is heard more widely: a message of up to four words that begins or ends with it.
    """
    known, polite = _vocabulary()
    words = _words(text)
    if not words:
        return Meaning.OTHER
    whole = known.get(" ".join(words))
    if whole is not None:
        return whole
    if _asks_to_stop(words):
        return Meaning.STOP
    bare = [word for word in words if word not in polite]
    return known.get(" ".join(bare), Meaning.OTHER) if bare else Meaning.OTHER


def _asks_to_stop(words: list[str]) -> bool:
    """`stop texting me` asks us to stop; `cancel my appointment`, `bus stop` and `don't stop` do not."""
    at_an_end = "stop" in {words[0], words[-1]}
    return at_an_end and len(words) <= MOST_WORDS and not _NOT_STOPPING & set(words)


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = unicodedata.normalize("NFKD", folded)
    folded = "".join(c for c in folded if unicodedata.category(c) != "Mn" or not _latin_mark(c))
    folded = unicodedata.normalize("NFC", folded).replace("ı", "i").replace("’", "").replace("'", "")
    return _strip_marks(folded).split()


def _strip_marks(text: str) -> str:
    """Punctuation and pictures become spaces; letters, vowel signs of Indic scripts and thumbs stay."""
    kept = [c if c.isalnum() or c in "👍👎" or unicodedata.category(c) in {"Mn", "Mc"} else " " for c in text]
    return "".join(kept)


def _latin_mark(character: str) -> bool:
    """Accents of Latin and Greek letters and Arabic vowel signs: writers of texts leave them out."""
    return "\u0300" <= character <= "\u036f" or "\u064b" <= character <= "\u0655"


@cache
def _vocabulary() -> tuple[dict[str, Meaning], frozenset[str]]:
    """Every phrase with its one meaning; ValueError when two languages disagree about a word."""
    data = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    known: dict[str, Meaning] = {}
    for meaning in (Meaning.YES, Meaning.NO, Meaning.STOP, Meaning.START, Meaning.HELP):
        for phrases in data[meaning.value].values():
            for phrase in phrases:
                key = " ".join(_words(phrase))
                if known.setdefault(key, meaning) is not meaning:
                    raise ValueError(f"{phrase!r} means both {known[key]} and {meaning}")
    polite = frozenset(word for phrase in data["polite"]["words"] for word in _words(phrase))
    return known, polite
