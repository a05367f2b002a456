"""How names sound, whatever alphabet or habit they were written down in.

A *sound* is the frame of consonants of a word with the class of its first vowel: `Hasan`, `Hassan` and `Xasan`
share one, `Hussein` has another. Letters that different habits read differently (Somali `x` and `c`, `g` and `h` of
Russian and Ukrainian, `j` of German and English, `th` of Othman and Osman) give a word a second sound; two words
sound alike when any of theirs are equal. The rules are our own, from how names of these languages are romanised.
"""

import re
from enum import IntEnum
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

SHORTEST_FRAME = 2  # fewer consonants than this (Li, Le, Ali) say too little: all vowels are kept then
LONG_WORD, LONGER_WORD = 4, 8
SIMILAR, ROUGHLY, SAME_FRAME = 0.92, 0.84, 0.75


class Likeness(IntEnum):
    """How alike two words of names are, from nothing in common to the same letters."""

    NONE = 0
    WEAK = 1  # something in common: neither for nor against
    INITIAL = 2
    SHORTENED = 3  # one is the beginning of the other
    NEAR = 4  # a slip of the hand apart
    SOUND = 5  # one name, written down differently
    EXACT = 6


# First reading: English, Arabic, Persian, Bengali, Turkish and Slavic habits. The longest match comes first.
_FIRST = {
    "shch": "s", "tsch": "s", "sch": "s", "tch": "s", "sh": "s", "ch": "s", "sz": "s", "cz": "s", "ts": "s",
    "tz": "s", "zh": "z", "dzh": "j", "dj": "j", "dz": "j", "kh": "k", "gh": "g", "ph": "f", "th": "t",
    "dh": "d", "ck": "k", "qu": "k", "q": "k", "x": "ks", "w": "v", "ce": "se", "ci": "si", "cy": "si", "c": "k",
    "bh": "b", "ow": "o", "owa": "ova", "owi": "ovi", "oua": "va", "oui": "vi",
}  # fmt: skip
# Second reading: Somali x and c, Ukrainian h, Spanish and German j, Egyptian g, th and dh as in Osman and Ramazan.
_SECOND = _FIRST | {
    "kh": "h", "ch": "h", "x": "h", "gh": "h", "g": "h", "j": "i", "th": "s", "dh": "z", "ca": "a", "co": "o",
    "cu": "u", "ce": "e", "ci": "i", "cy": "i", "hy": "h", "ks": "h",
}  # fmt: skip
_TRIGGERS = re.compile(r"kh|ch|x|g|j|th|dh|c[aeiouy]")


def _pattern(readings: dict[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(readings, key=len, reverse=True)))


_FIRST_PATTERN, _SECOND_PATTERN = _pattern(_FIRST), _pattern(_SECOND)
_VOWELS = {"a": "a", "e": "i", "i": "i", "y": "i", "o": "u", "u": "u"}
_DIPHTHONGS = re.compile(r"[ae][eiy]")  # Zainab, Zeinab, Zaynab; Saeed, Said
_HARD_END = str.maketrans("dbgz", "tpks")  # Ahmed and Ahmet, Murad and Murat, Gonzalez and Gonzales
_COMPATIBLE = frozenset({"aa", "ii", "uu", "ai", "ia", "au", "ua", "", "a", "i", "u"})
# `a` with `u` only where the word begins with it: Oleksandr and Aleksandr, but not Hasan and Husain.
_INSIDE = frozenset({"aa", "ii", "uu", "ai", "ia"})


def undoubled(text: str) -> str:
    """Each run of one letter as one. A loop: replacing by a pattern with a group takes three times as long."""
    return "".join([letter for letter, before in zip(text, " " + text, strict=False) if letter != before])


@lru_cache(maxsize=1 << 14)
def sounds(word: str) -> frozenset[str]:
    """The sounds of a normalised word: one, or two where habits differ."""
    first = main_sound(word)
    if not _TRIGGERS.search(word):
        return frozenset({first})
    return frozenset({first, _sound(_SECOND_PATTERN.sub(lambda m: _SECOND[m[0]], word))})


@lru_cache(maxsize=1 << 14)
def main_sound(word: str) -> str:
    """The sound of the first reading."""
    return _sound(_FIRST_PATTERN.sub(lambda m: _FIRST[m[0]], word))


def _sound(spelled: str) -> str:
    text = undoubled(_DIPHTHONGS.sub("e", spelled))
    vowels = [_VOWELS[letter] for letter in text if letter in _VOWELS]
    frame = "".join(letter for letter in text if letter not in _VOWELS)
    if len(frame) > 1:
        frame = frame.rstrip("h") or "h"  # Hamza and Hamzah
    frame = undoubled(frame[:1] + frame[1:].translate(_HARD_END) if frame else "")
    if len(frame) < SHORTEST_FRAME:
        # Every vowel and its place matters here: Ali is not Lia, Zhou is not Zhu.
        return _short_sound(spelled)
    starts = "'" if text[:1] in _VOWELS else ""
    return f"{starts}{frame}{vowels[0] if vowels else ''}"


def _short_sound(spelled: str) -> str:
    text = spelled.replace("ee", "i").replace("oo", "u").replace("y", "i")
    return undoubled(text.rstrip("h") or text)


def likeness(left: str, right: str) -> Likeness:
    """How alike two words are, the same whichever comes first. Two of one sound are one name."""
    if left == right:
        return Likeness.EXACT
    shorter, longer = (left, right) if (len(left), left) < (len(right), right) else (right, left)
    if len(shorter) == 1:
        return Likeness.INITIAL if longer[0] == shorter else Likeness.NONE
    if not sounds(left).isdisjoint(sounds(right)):
        # Samir and Samira, Ivanov and Ivanova: brother and sister more often than one person.
        return Likeness.NEAR if longer == shorter + "a" else Likeness.SOUND
    return _by_letters(shorter, longer)


def _by_letters(shorter: str, longer: str) -> Likeness:
    slips = OSA.distance(shorter, longer, score_cutoff=3)
    similar = JaroWinkler.normalized_similarity(shorter, longer)
    if slips > 3 and similar < SAME_FRAME:
        return Likeness.NONE
    frames = _frames_agree(shorter, longer)
    if frames is True and similar >= SAME_FRAME:
        return Likeness.SOUND
    if frames is False:  # Hasan and Husain are brothers, not a slip
        return Likeness.NEAR if slips == 1 and len(shorter) > LONG_WORD else Likeness.NONE
    allowed = (len(shorter) >= LONG_WORD) + (len(shorter) >= LONGER_WORD)
    if slips <= allowed or (similar >= SIMILAR and slips <= 2):
        return Likeness.NEAR
    if len(shorter) >= 3 and longer.startswith(shorter):
        return Likeness.SHORTENED
    return Likeness.WEAK if slips <= 1 + (len(longer) > LONG_WORD) or similar >= ROUGHLY else Likeness.NONE


def _frames_agree(left: str, right: str) -> bool | None:
    """True when the consonants agree and the first vowels may be one; False when those vowels differ."""
    for one in sounds(left):
        for other in sounds(right):
            agree = _same_frame(one, other)
            if agree is not None:
                return agree
    return None


def _same_frame(one: str, other: str) -> bool | None:
    a, b = one.lstrip("'"), other.lstrip("'")
    if len(a) <= SHORTEST_FRAME or a[:-1] != b[:-1]:
        return None
    if one[0] == "'" and other[0] == "'":
        return a[-1] + b[-1] in _COMPATIBLE
    return one[0] == other[0] == "'" or a[-1] + b[-1] in _INSIDE
