"""A name taken apart for comparing: its words, what each is worth as evidence, and what may be left out.

Words keep which field they came from, for a changed family name (marriage, a patronymic) weighs less than a
changed given name, but no comparison depends on it: swapped fields lose nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import log2

from hub.learners.domain.names import ordered_words
from hub.learners.domain.spelling import Likeness, main_sound, sounds


@dataclass(frozen=True)
class NameLists:
    """What is known of names: shares of people, equal names, and words that carry little (dated data).

    `shares` is by sound. `same` gives the common forms of a name that sounds alone do not bring together.
    `established` are spellings common in their own right: one letter between two of them is no slip. `tongues` says
    of which language a form is where languages form one name differently.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    same: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    honorifics: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()  # English first names that Chinese speakers take
    established: frozenset[str] = frozenset()
    tongues: Mapping[str, str] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()  # given names that several of one family bear before their own
    patronymic_languages: frozenset[str] = frozenset()
    taking_families: frozenset[str] = frozenset()
    taking_languages: frozenset[str] = frozenset()
    usual_share: float = 1 / 3000
    words: dict[tuple[str, bool, bool], "NameWord"] = field(default_factory=dict, repr=False, compare=False)
    remembered: dict[tuple[str, str], tuple[float, Likeness] | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    def forms(self, word: str) -> tuple[str, ...]:
        """The common forms of a name, itself where it has no other; the first counts for its share."""
        return self.same.get(word, (word,))

    def share(self, form: str) -> float:
        return self.shares.get(main_sound(form), self.usual_share)


@dataclass(frozen=True, slots=True)
class NameWord:
    """One word. `spare` words (honorifics, aliases) may help but are not missed; `worth` is in bits.

    `keys` are the sounds of its common forms, by which it is looked up; `tongue` is empty where it tells none.
    """

    text: str
    forms: frozenset[str]
    keys: frozenset[str]
    worth: float
    family: bool
    spare: bool
    honorific: bool
    others: tuple[str, ...]  # its common forms where it is none itself
    tongue: str = ""


def name_words(
    names: tuple[str, str], aliases: Iterable[str], lists: NameLists, bounds: tuple[float, float]
) -> tuple[NameWord, ...]:
    """The distinct words of given and family names and aliases, as written; `bounds` hold a word's worth."""
    found: dict[str, NameWord] = {}
    for name, spare, family in (
        (names[0], False, False),
        (names[1], False, True),
        *((a, True, False) for a in aliases),
    ):
        for word in ordered_words(name, lists.taking_families):
            found.setdefault(word, _word(word, lists, bounds, family=family, spare=spare))
    words = tuple(found.values())
    if all(word.spare for word in words):  # called Khatun and nothing else: then that is the name
        return tuple(replace(word, spare=False, honorific=False) for word in words)
    return words


def _word(text: str, lists: NameLists, bounds: tuple[float, float], *, family: bool, spare: bool) -> NameWord:
    known = lists.words.get((text, family, spare))
    if known is None:
        if len(lists.words) > MOST_WORDS_KEPT:
            lists.words.clear()
        known = _new_word(text, lists, bounds, family=family, spare=spare)
        lists.words[text, family, spare] = known
    return known


MOST_WORDS_KEPT = 1 << 14


def _new_word(
    text: str, lists: NameLists, bounds: tuple[float, float], *, family: bool, spare: bool
) -> NameWord:
    forms = lists.forms(text)
    honorific = text in lists.honorifics
    least, most = bounds
    worth = min(most, max(least, -log2(lists.share(forms[0]))))
    keys = frozenset[str]().union(*(sounds(form) for form in forms))
    tongue = lists.tongues.get(text, "")
    others = tuple(form for form in forms if form != text)
    return NameWord(
        text, frozenset(forms), keys, worth, family, spare or honorific, honorific, others, tongue
    )  # fmt: skip
