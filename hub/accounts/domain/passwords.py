"""Which passwords are guessed first, and are therefore refused.

A password is cut into as few pieces as possible that guessers try first: words of the shipped list, walks over the
keyboard, runs of one character or of neighbours (aaaa, 1234, fedc), years and dates, the person's own names. What
none of these covers is the part that must be guessed. Capitals, look-alikes (p@55w0rd) and signs between words do not
help. So one list of some hundred words stands for the hundreds of millions of passwords that follow from it.
Sources: OWASP ASVS 5.0 6.2.4, 6.2.11 (context words), 6.2.12; NIST SP 800-63B 5.1.1.2.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

LEAST_PIECES = 3
"""Different listed words that make a password long enough to guess: with 500 words, 10^8 tries behind Argon2."""
LEAST_OWN = 5
"""Characters that no guess covers."""
LONGEST_PIECE = 32
_LEET = str.maketrans("@431!0$578", "aaeiiosstb")
_ROWS = (
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb",
)
_DATE = re.compile(r"(?:[0-3]?\d[01]?\d)?(?:19|20)\d\d(?:[01]\d[0-3]\d)?")
_SHORTEST_RUN, _SHORTEST_OWN_WORD = 3, 3
_NUMBER = "0"


@dataclass(frozen=True, slots=True)
class PersonalWords:
    """What others know of the person: name, e-mail address, organisation, the hub's name."""

    texts: tuple[str, ...] = ()

    def words(self) -> frozenset[str]:
        """Their parts of three letters and more, in small letters."""
        parts = (part for text in self.texts for part in re.split(r"[^0-9a-z]+", _small(text)))
        return frozenset(part for part in parts if len(part) >= _SHORTEST_OWN_WORD and not part.isdigit())


@dataclass(frozen=True, slots=True)
class Guessable:
    """How a password falls apart: the listed pieces, and how many characters none of them covers."""

    pieces: frozenset[str]
    own: frozenset[str]
    uncovered: int

    @property
    def is_personal(self) -> bool:
        """Whether it stands on the person's own names and little else."""
        return bool(self.own) and self.is_common

    @property
    def is_common(self) -> bool:
        """Whether it is among the first that a guesser tries."""
        return self.uncovered < LEAST_OWN and len(self.pieces - self.own - {_NUMBER}) < LEAST_PIECES


def fall_apart(password: str, listed: Collection[str], personal: PersonalWords) -> Guessable:
    """Cut the password so that as little as possible is left over, in as few pieces as possible."""
    plain = re.sub(r"[\s\-_.,;:+/*#&]+", "", _small(password))
    own = personal.words()
    words = frozenset(listed) | own
    left, pieces = _cut(plain, words)
    used = frozenset(pieces)
    return Guessable(used, used & own, left)


def _small(text: str) -> str:
    """Small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def _cut(text: str, words: frozenset[str]) -> tuple[int, list[str]]:
    """(characters left over, pieces) of the best way to cut the text; a piece that comes twice counts once."""
    best: list[tuple[int, list[str]]] = [(0, [])]
    for end in range(1, len(text) + 1):
        left, pieces = best[end - 1]
        found = (left + 1, pieces)
        for start in range(max(0, end - LONGEST_PIECE), end - 1):
            piece = text[start:end]
            key = _listed_as(piece, words)
            if key is not None:
                before, so_far = best[start]
                tried = (before, so_far if key in so_far else [*so_far, key])
                found = min(found, tried, key=lambda one: (one[0], len(one[1])))
        best.append(found)
    return best[-1]


def _listed_as(piece: str, words: frozenset[str]) -> str | None:
    """The name under which a guesser has the piece, None if not at all. Numbers are one kind, however many: they are
    appended to everything."""
    if piece in words:
        return piece
    if piece.isdigit() and (len(piece) <= 4 or _DATE.fullmatch(piece) or _is_run(piece) or _is_walk(piece)):
        return _NUMBER
    if _is_run(piece) or _is_walk(piece):
        return piece
    meant = piece.translate(_LEET)
    return meant if meant in words else None


def _is_run(piece: str) -> bool:
    """One character again and again, or neighbours up or down: aaa, abcd, 4321."""
    if len(piece) < _SHORTEST_RUN:
        return False
    gaps = {ord(after) - ord(before) for before, after in pairwise(piece)}
    return len(gaps) == 1 and gaps <= {-1, 0, 1}


@cache
def _walks() -> str:
    """All rows of the keyboard, both ways, apart from each other."""
    return " ".join(row + " " + row[::-1] for row in _ROWS)


def _is_walk(piece: str) -> bool:
    return len(piece) > _SHORTEST_RUN and piece in _walks()
