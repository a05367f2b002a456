"""Whether two names are one person's: words are paired off in any order, then what is left over is judged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, permutations
from typing import NamedTuple

from hub.learners.domain.name_words import NameLists, NameWord
from hub.learners.domain.spelling import Likeness, likeness
from hub.learners.domain.spoken import as_family, spoken


class NameLevel(StrEnum):
    """What is said of two names in one word."""

    SAME = "same"
    SPELLED = "spelled"  # the same but for spelling
    NEARLY = "nearly"  # a slip, a shortened word, an initial
    EXTRA = "extra"  # one has words the other has not
    FAMILY_DIFFERS = "family_differs"
    GIVEN_DIFFERS = "given_differs"
    TAKEN = "taken"  # one goes by an English first name
    DIFFERS = "differs"
    MISSING = "missing"


class NameEvidence(NamedTuple):  # made for each of millions of pairs: a tuple costs a third of a dataclass
    """`weight` in bits. `full` is true when every word of both is matched, as certainly one name; `loosely` when a
    family name among them is certain only because the given names are."""

    level: NameLevel
    weight: float
    full: bool
    mismatched: bool
    loosely: bool = False


@dataclass(frozen=True, slots=True)
class NameSide:
    """One person's words, with what bears on how a changed family name is weighed."""

    words: tuple[NameWord, ...]
    key: frozenset[tuple[str, bool]]
    may_change_family: bool
    may_take_name: bool
    top: float  # no comparison of this name can say more


def most_of(words: Sequence[NameWord], weights: Mapping[str, float]) -> float:
    """The most that any comparison of these words can weigh; one joined from two may escape `related` once."""
    said = _together([_worth(word, word) for word in words], weights) + weights["related"] * (len(words) > 2)
    return min(weights["most"], said)


Match = tuple[float, Likeness, NameWord, NameWord]


def compare_names(
    left: NameSide, right: NameSide, lists: NameLists, weights: Mapping[str, float]
) -> NameEvidence:
    """The evidence of two names, the same whichever comes first."""
    if not left.words or not right.words:
        return NameEvidence(NameLevel.MISSING, 0.0, full=False, mismatched=False)
    if left.key == right.key:
        return _equal(left, right, weights)
    matches = _pair_off(left.words, right.words, lists, weights)
    joined, rest = _joined(*_left_over(left.words, right.words, matches), weights)
    if any(rest) and not joined.number and any(match[1] is Likeness.SHORTENED for match in matches):
        # Xiao is not Xiaoming shortened where Ming stands beside it.
        firm = [match for match in matches if match[1] is not Likeness.SHORTENED]
        again = _joined(*_left_over(left.words, right.words, firm), weights)
        if again[0].number:
            matches, (joined, rest) = firm, again
    return _judge(matches, joined, rest, (left, right), lists, weights)


def _left_over(
    left: Sequence[NameWord], right: Sequence[NameWord], matches: Sequence[Match]
) -> tuple[list[NameWord], list[NameWord]]:
    taken = {id(word) for match in matches for word in match[2:]}
    return [w for w in left if id(w) not in taken], [w for w in right if id(w) not in taken]


def _equal(left: NameSide, right: NameSide, weights: Mapping[str, float]) -> NameEvidence:
    words, at = left.words, {word.text: word for word in right.words}
    total = min(weights["most"], _together([_worth(word, word) for word in words], weights))
    same = [(0.0, Likeness.EXACT, word, at[word.text]) for word in words]
    full = len(words) > 1 and _in_order(same, (left, right))
    return NameEvidence(NameLevel.SAME, total, full=full, mismatched=False)


def _in_order(matches: Sequence[Match], sides: tuple[NameSide, NameSide]) -> bool:
    """Whether words that stand in one field on both sides stand in one order: Ana Fernanda's twin is Fernanda Ana."""
    at = [{id(word): place for place, word in enumerate(side.words)} for side in sides]
    placed = sorted(
        (at[0][id(one)], at[1][id(other)], one.family, other.family) for _, _, one, other in matches
    )
    return all(one[1] < then[1] for one, then in combinations(placed, 2) if one[2:] == then[2:])


def _together(values: Sequence[float], weights: Mapping[str, float]) -> float:
    """Words of one name come from one culture: after the best, each further one says `related` bits less."""
    if len(values) < 2:
        return sum(values)
    best, *others = sorted(values, reverse=True)
    return best + sum(v if v <= 0 else max(weights["further_least"], v - weights["related"]) for v in others)


def _worth(one: NameWord, other: NameWord) -> float:
    """The commoner of the two counts; honorifics say next to nothing."""
    if one.honorific or other.honorific:
        return 1.0
    return min(one.worth, other.worth)


def _pair_off(
    left: Sequence[NameWord], right: Sequence[NameWord], lists: NameLists, weights: Mapping[str, float]
) -> list[Match]:
    """Greedily the best pairs, each word once."""
    at = {word.text: word for word in right}
    kept: list[Match] = [
        (_worth(one, other), Likeness.EXACT, one, other) for one in left if (other := at.get(one.text))
    ]
    if kept:  # nothing is stronger than the same letters
        left, right = _left_over(left, right, kept)
    found = [
        (agreed[0], agreed[1], one, other)
        for one in left
        for other in right
        if (agreed := _agreement(one, other, lists, weights))
    ]
    if len(found) > 1:
        found.sort(key=_strength, reverse=True)
    used: set[int] = set()
    for match in found:
        pair = id(match[2]), id(match[3])
        if used.isdisjoint(pair):
            used.update(pair)
            kept.append(match)
    return kept


def _strength(match: Match) -> tuple[int, float, str, str]:
    value, level, one, other = match
    low, high = sorted((one.text, other.text))
    return level, value, low, high


def _agreement(
    one: NameWord, other: NameWord, lists: NameLists, weights: Mapping[str, float]
) -> tuple[float, Likeness] | None:
    """What two words say together, remembered: a file compares the same names over and over."""
    key = (one.text, other.text) if one.text < other.text else (other.text, one.text)
    known = lists.remembered.get(key, _UNKNOWN)
    if known is _UNKNOWN:
        if len(lists.remembered) > MOST_REMEMBERED:
            lists.remembered.clear()
        known = lists.remembered[key] = _agree(one, other, lists, weights)
    return known


_UNKNOWN = (0.0, Likeness.NONE)
MOST_REMEMBERED = 1 << 16


def _agree(
    one: NameWord, other: NameWord, lists: NameLists, weights: Mapping[str, float]
) -> tuple[float, Likeness] | None:
    level = _likeness(one, other)
    if level is Likeness.NONE:
        return None
    worth = _worth(one, other)
    if level is Likeness.SOUND:
        return max(weights["sound_least"], worth - weights["sound_less"]), level
    if level is Likeness.NEAR:
        if one.text in lists.established and other.text in lists.established:
            return weights["established"], Likeness.WEAK
        return max(weights["near_least"], worth - weights["near_less"]), level
    if level is Likeness.SHORTENED:
        return max(weights["initial"], worth - weights["shortened_less"]), level
    return weights["initial" if level is Likeness.INITIAL else "weak"], level


def _likeness(one: NameWord, other: NameWord) -> Likeness:
    """Of what is written, or of the common forms: Sergdei is a slip away from Sergei, which is Serhii."""
    if not one.forms.isdisjoint(other.forms):
        return Likeness.SOUND
    written = likeness(one.text, other.text)
    if written >= Likeness.NEAR:
        return written
    for text, forms in ((one.text, other.others), (other.text, one.others)):
        for form in forms:
            if (by_form := likeness(text, form)) in _BY_FORM and by_form > written:
                written = by_form
    return written


_BY_FORM = frozenset({Likeness.NEAR, Likeness.SOUND})


class _Joined(NamedTuple):
    """What words written apart on one side and together on the other say; `sure` if they are read alike."""

    weight: float = 0.0
    number: int = 0
    sure: bool = True


_NONE_JOINED = _Joined()


def _joined(
    left: list[NameWord], right: list[NameWord], weights: Mapping[str, float]
) -> tuple[_Joined, tuple[list[NameWord], list[NameWord]]]:
    """Words written apart on one side and together on the other: Xiao Ming, Xiaoming."""
    if len(left) + len(right) < 3:
        return _NONE_JOINED, (left, right)
    weight, number, sure = 0.0, 0, True
    for one, other in ((left, right), (right, left)):
        for whole, parts in list(_written_together(one, other)):
            one.remove(whole)
            in_order = other.index(parts[0]) < other.index(parts[1])
            for part in parts:
                other.remove(part)
            weight += max(weights["sound_least"], whole.worth - weights["sound_less"])
            number += 1
            sure = sure and in_order and spoken(whole.text) == spoken(parts[0].text + parts[1].text)
    return _Joined(weight, number, sure), (left, right)


def _written_together(
    whole: Sequence[NameWord], parts: Sequence[NameWord]
) -> Iterator[tuple[NameWord, tuple[NameWord, NameWord]]]:
    used: set[int] = set()
    for word in whole if len(parts) > len(whole) else ():
        for first, second in permutations(parts, 2):
            if abs(len(first.text) + len(second.text) - len(word.text)) > 2 or {id(first), id(second)} & used:
                continue
            if likeness(word.text, first.text + second.text) >= Likeness.SOUND:
                used.update((id(first), id(second)))
                yield word, (first, second)
                break


def _judge(  # noqa: PLR0913, PLR0917 - what was matched, what is left, and by which rules
    matches: list[Match],
    joined: _Joined,
    rest: tuple[list[NameWord], list[NameWord]],
    sides: tuple[NameSide, NameSide],
    lists: NameLists,
    weights: Mapping[str, float],
) -> NameEvidence:
    missed = [[word for word in side if not word.spare] for side in rest]
    clashes, extra = min(map(len, missed)), abs(len(missed[0]) - len(missed[1]))
    weight = joined.weight + _together([match[0] for match in matches], weights)
    weight -= min(weights["extra_most"], extra * weights["extra"])
    if extra and min(sum(not word.spare for word in side.words) for side in sides) == 1:
        weight -= weights["single"]
    level = _level(matches, extra)
    if clashes:
        level, penalty = _clash(missed, matches, sides, lists, weights)
        weight -= penalty + (clashes - 1) * weights["clash"]
    full, loosely = _certainty(matches, joined, rest)
    if not full and not joined.number and _left_away(matches, rest, sides, lists, weights):
        full = loosely = True
    if full and not _in_order(matches, sides):
        full = loosely = False
    weak = any(match[1] is Likeness.WEAK for match in matches)
    total = min(weights["most"], max(weights["least"], weight))
    return NameEvidence(level, total, full, bool(clashes) or weak, loosely)


def _certainty(
    matches: Sequence[Match], joined: _Joined, rest: Sequence[Sequence[NameWord]]
) -> tuple[bool, bool]:
    """(every word is certain, a family name only because the given names are).

    No word may be left over, not even of several family names: in records with the fields swapped that is one of
    two sisters' given names. Begum for Khatun is no such word; where nothing but them stands beside the given
    name, that is like a family name written otherwise.
    """
    suffixes = all(rest)
    if not joined.sure or any(not word.honorific for side in rest for word in side):
        return False, False
    if len(matches) + joined.number + suffixes < 2:
        return False, False
    unsure = [match for match in matches if not _is_one(match)]
    full = len(unsure) < len(matches) + joined.number and all(_is_one_family(match) for match in unsure)
    return full, full and (bool(unsure) or any(map(bool, rest)))


def _left_away(
    matches: Sequence[Match],
    rest: Sequence[Sequence[NameWord]],
    sides: tuple[NameSide, NameSide],
    lists: NameLists,
    weights: Mapping[str, float],
) -> bool:
    """Whether one record only lacks a second family name or a grandfather's that the other has.

    Every given name stands in its own field on both and is certain, and so is a family name that few bear. In lists
    with the fields swapped that would be a given name: so not one that sisters share, Maria or Muhammad. Not for
    Chinese names, whose syllables are written apart, and family name first.
    """
    lacking, *also = [side for side in rest if side] or [()]
    if not lacking or also or any(not word.family or word.spare for word in lacking):
        return False
    if any(side.may_take_name for side in sides):
        return False
    if any(match[2].family != match[3].family or not _is_one(match) for match in matches):
        return False
    families = [match for match in matches if match[2].family]
    telling = [match[0] for match in families if lists.shared.isdisjoint(match[2].forms | match[3].forms)]
    return len(families) < len(matches) and max(telling, default=0.0) >= weights["family_sure"]


def _is_one(match: Match) -> bool:
    """Whether two words are certainly one name: the same letters, listed as its spellings, or read alike.

    Not by sound alone: Sadia and Said, Anatolii and Nataliia sound alike, and may be twins. Nor as the name of two
    languages: Ion and Ivan may be brothers.
    """
    one, other = match[2], match[3]
    if one.text == other.text:
        return True
    alike = not one.forms.isdisjoint(other.forms) or spoken(one.text) == spoken(other.text)
    return alike and not _of_two_tongues(one, other)


def _of_two_tongues(one: NameWord, other: NameWord) -> bool:
    return bool(one.tongue and other.tongue) and one.tongue != other.tongue


def _is_one_family(match: Match) -> bool:
    one, other = match[2], match[3]
    alike = one.family and other.family and as_family(one.text) == as_family(other.text)
    return alike and not _of_two_tongues(one, other)


def _level(matches: Sequence[Match], extra: int) -> NameLevel:
    lowest = min((match[1] for match in matches), default=Likeness.SOUND)
    if lowest < Likeness.SOUND:
        return NameLevel.NEARLY
    if extra:
        return NameLevel.EXTRA
    return NameLevel.SAME if lowest is Likeness.EXACT else NameLevel.SPELLED


def _clash(
    missed: Sequence[Sequence[NameWord]],
    matches: Sequence[Match],
    sides: tuple[NameSide, NameSide],
    lists: NameLists,
    weights: Mapping[str, float],
) -> tuple[NameLevel, float]:
    """What differs and how much it counts: a changed family name is common, a changed given name is a relative."""
    if not any(match[1] >= Likeness.NEAR for match in matches):
        return NameLevel.DIFFERS, weights["clash"]
    fields = {word.family for side in missed for word in side}
    if fields == {True}:
        may = any(side.may_change_family for side in sides)
        return NameLevel.FAMILY_DIFFERS, weights["clash_family_may" if may else "clash_family"]
    if any(side.may_take_name for side in sides) and _is_taken_name(missed, lists):
        return NameLevel.TAKEN, weights["clash_taken"]
    if fields == {False}:
        return NameLevel.GIVEN_DIFFERS, weights["clash_given"]
    return NameLevel.DIFFERS, weights["clash"]


def _is_taken_name(missed: Sequence[Sequence[NameWord]], lists: NameLists) -> bool:
    """Whether one side goes by an English first name where the other has its own."""
    taken = [any(word.text in lists.taken for word in side) for side in missed]
    return taken[0] != taken[1]
