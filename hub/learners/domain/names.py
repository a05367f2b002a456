"""Names made comparable: order-free words without titles, marks and articles. Originals are always kept too.

Rules of the specification 'same person' (Normalise). Spelling variants are not equated here beyond
Muhammad and Abdul, whose abbreviations are part of the name's writing; scoring variants comes later.
"""

import re
import unicodedata
from collections.abc import Collection

# Letters that NFKD leaves whole, and marks that stand for no sound of their own in Arabic script.
_FOLD = str.maketrans(
    {"ı": "i", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
)
_ARABIC_ALIKE = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي", "ـ": None}
)
_ASCII_WORDS = re.compile(r"[a-z0-9]+")
_APOSTROPHES = str.maketrans(dict.fromkeys("'’‘`ʼʻ´ʹ", ""))
_DROPPED_MARKS = frozenset(
    chr(code)
    for low, high in ((0x0300, 0x036F), (0x064B, 0x065F), (0x0670, 0x0670))
    for code in range(low, high + 1)
)
_TITLES = frozenset(["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "rev", "haji", "hajji", "hajj"])
_NO_NAME = frozenset(["fnu", "lnu", "nfn", "nln", "xxx", "unknown", "none", "na"])
_ARABIC = {"al", "el", "ul", "as", "ash", "ad", "bin", "bint", "binti", "ibn"}
_ROMANCE = {"de", "da", "do", "dos", "das", "del", "della", "di", "du", "la", "las", "los", "le", "y", "e"}
_PARTICLES = _ARABIC | _ROMANCE | {"van", "von", "der", "den"}
_ARTICLES = frozenset(["al", "el", "ul", "ar", "as", "ash", "ad", "an"])
_GLUED = {
    "abd": "abdul",
    "abdul": "abdul",
    "abdel": "abdul",
    "abdal": "abdul",
    "abdur": "abdul",
    "ben": "ben",
}
_GLUED |= {"gebre": "gebre", "gabre": "gebre", "gebra": "gebre"}
_MUHAMMAD = {"md", "mhd", "mohd", "mohamed", "mohammed", "mohammad", "mohamad", "muhamed", "muhammed"}
_SAME = dict.fromkeys(_MUHAMMAD | {"muhamad", "mohamud", "mahomed"}, "muhammad")


def name_tokens(*names: str | None) -> tuple[str, ...]:
    """The distinct words of a name, normalised and sorted, so that order and swapped fields do not matter.

    A name of nothing but titles and particles keeps its words: an odd name is better than none.
    """
    words = [word for name in names if name for word in _words(name)]
    kept = _glue(words)
    tokens = [_SAME.get(word, word) for word in kept if not _is_empty_word(word)]
    return tuple(sorted(set(tokens or words)))


def ordered_words(name: str, syllables: Collection[str] = ()) -> tuple[str, ...]:
    """The words of one field as written, normalised, without titles, 'no name' and particles.

    A particle that is all there is stays: Le and Du are family names too. So does one before a Chinese syllable:
    Da Wei is not Wei.
    """
    words = [word for word in _glue(_words(name)) if word not in _TITLES and word not in _NO_NAME]
    if not words or _PARTICLES.isdisjoint(words):
        return tuple(words)
    following = [*words[1:], ""]
    kept = (w for w, then in zip(words, following, strict=True) if w not in _PARTICLES or then in syllables)
    return tuple(kept) or tuple(words)


def _words(name: str) -> list[str]:
    if name.isascii():  # nothing to fold: five times as fast
        return _ASCII_WORDS.findall(name.lower().replace("'", "").replace("`", ""))
    text = unicodedata.normalize("NFKD", name).casefold().translate(_FOLD).translate(_APOSTROPHES)
    text = "".join(c for c in text if c not in _DROPPED_MARKS).translate(_ARABIC_ALIKE)
    spaced = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return spaced.split()


def _is_empty_word(word: str) -> bool:
    return word in _TITLES or word in _NO_NAME or word in _PARTICLES


def _glue(words: list[str]) -> list[str]:
    """`abd al rahman`, `abdul rahman` and `abdelrahman` all as `abdulrahman`; `ben ali` as `benali`."""
    glued: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        step = 2 if word in _GLUED and words[at + 1 : at + 2] and words[at + 1] in _ARTICLES else 1
        if word in _GLUED and at + step < len(words):
            glued.append(_GLUED[word] + words[at + step])
            at += step + 1
        else:
            glued.append(_one_word_abdul(word))
            at += 1
    return glued


def _one_word_abdul(word: str) -> str:
    if word.startswith(("abdel", "abdal")) and len(word) > 7:
        return "abdul" + word[5:]
    return word
