"""When two spellings are certainly one name: every letter is read alike, by habits of spelling that change no sound.

Finer than a `sound` (spelling.py), which only brings names together: there Sadia and Said, Anatolii and Nataliia
meet, who may be twins. Here every vowel keeps its place, and `s` and `sh` stay apart. Doubled letters, `ee` and
`i`, `ou` and `u`, `y` and `i`, `q` and `k`, `w` and `v`, and an `h` that only marks another letter are one.
"""

import re
from functools import lru_cache

from hub.learners.domain.spelling import undoubled

LONG_ENOUGH = 5  # from so many letters on, close vowels are one: Bilal and Belal, but not Lina and Lena
SHORTEST = 2

_READ = {
    "tsch": "C", "tch": "C", "cz": "C", "ch": "C", "sch": "S", "sh": "S", "sz": "S", "kh": "k", "gh": "g", "ph": "f",
    "dh": "d", "ck": "k", "qu": "k", "q": "k", "x": "ks", "w": "v", "ce": "se", "ci": "si", "cy": "si",
    "c": "k", "dzh": "j", "dj": "j", "ee": "i", "oo": "u", "ou": "u", "y": "i",
}  # fmt: skip
_PATTERN = re.compile("|".join(sorted(_READ, key=len, reverse=True)))
_DIPHTHONG = re.compile(r"[ae]i")  # Zainab and Zeinab, Faisal and Faysal
_LONG = str.maketrans(
    "eojC", "iuiS"
)  # Jolanda and Yolanda, Rachid and Rashid, but not Jing and Ying, Chen and Shen
_SILENT_END = re.compile(r"(?<=[aeiou])h$")
_HARD_END = {"d": "t", "z": "s"}  # Murad and Murat, Almaz and Almas
_FEMININE = re.compile(r"(?<=[iu]v)a$|(?<=sk)a$")  # Ivanov and Ivanova, Kowalski and Kowalska
_LAST_E = re.compile(r"(?<=..[^aeiou])[ei]$")  # Zidan and Zidane
_VOWELS = re.compile(r"[aeiou]+")
_VOWEL = re.compile(r"[aeiou](?!$)")


@lru_cache(maxsize=1 << 14)
def spoken(word: str) -> str:
    """How a normalised word is read, letter by letter."""
    read = undoubled(_PATTERN.sub(lambda found: _READ[found[0]], word))
    read = _DIPHTHONG.sub("e", read)
    if len(read) > SHORTEST:
        read = _SILENT_END.sub("", read)
        read = read[:-1] + _HARD_END.get(read[-1], read[-1])
    return read.translate(_LONG).replace("th", "t") if len(read) >= LONG_ENOUGH else read


@lru_cache(maxsize=1 << 14)
def as_family(word: str) -> str:
    """How a family name is read where only its first and last vowels are sure: Sarkar and Sarker, Ivanov and Ivanova.

    For two records whose given names are certain: who is called alike behind one door and born on one day is one.
    Every vowel keeps its place, so that twins whose given names stand in the wrong field stay two.
    """
    read = _LAST_E.sub("", _FEMININE.sub("", spoken(word)))
    read = read[:-1] + _HARD_END.get(read[-1:], read[-1:])  # Bouzid and Bouzide
    first = _VOWELS.search(read)
    at = first.end() if first else len(read)
    return read[:at] + _VOWEL.sub(".", read[at:])
