"""What a file tells about its own people: how common its names are, who is crowded together, whether families share.

The weights stay those of the model; what depends on the population is learnt from the file, with the model's own
figures as the starting point, so that a small file changes them little.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import log2

from hub.learners.domain.birth_dates import birth_level
from hub.learners.domain.contacts import contact
from hub.learners.domain.model import Model
from hub.learners.domain.name_match import NameLevel, compare_names
from hub.learners.domain.names import ordered_words
from hub.learners.domain.scoring import Comparable, Prepared
from hub.learners.domain.spelling import main_sound

MOST_AT_PHONE = 10
LISTS_COUNT_AS = 2000  # how many people the name lists weigh against the file's own counts
PAIRS_COUNT_AS = 30  # how many expected pairs the model's own relatedness weighs
MOST_RELATED = 4.0
YEARS_APART = 10
MOST_IN_GROUP, MOST_PAIRS = 6, 4000
FAMILIES_FROM = (
    0.15  # of those who share a phone or a door, how many must be strangers for families to be there
)


def model_of_file(people: Iterable[Comparable], model: Model, between: int | None = None) -> Model:
    """The model with the file's own name counts, its size as population, and its crowded places.

    `between` is the number of records of the first of two files, where only pairs between the two are asked for.
    """
    forms: Counter[str] = Counter()
    spellings: Counter[str] = Counter()
    places: Counter[str] = Counter()
    count = 0
    for person in people:
        count += 1
        words = {*ordered_words(person.given_names), *ordered_words(person.family_name)}
        spellings.update(words)
        forms.update({main_sound(model.lists.forms(word)[0]) for word in words})
        places.update(_places(person))
    often = max(4, count // 1500)
    lists = replace(
        model.lists,
        shares=_shares(forms, count, model),
        established=model.lists.established | {word for word, number in spellings.items() if number >= often},
        words={},
        remembered={},
    )
    crowded = {place for place, number in places.items() if number > _most_at(place, model)}
    population = count if between is None else max(between, count - between)
    return model.knowing(population, lists, crowded)


def _shares(forms: Mapping[str, int], count: int, model: Model) -> dict[str, float]:
    lists, whole = model.lists, count + LISTS_COUNT_AS
    return {
        sound: (number + LISTS_COUNT_AS * lists.shares.get(sound, lists.usual_share)) / whole
        for sound, number in forms.items()
    }


def _places(person: Comparable) -> set[str]:
    reached = contact(person.phones, person.emails, person.postcode, None)
    return {*reached.phones, *reached.emails, *([reached.postcode] if reached.postcode else [])}


def _most_at(place: str, model: Model) -> int:
    is_postcode = not place.isdigit() and "@" not in place
    return model.most_at_postcode if is_postcode else MOST_AT_PHONE


def knowing_relations(prepared: Sequence[Prepared], model: Model) -> Model:
    """The model with what the file tells of names that go together and of families that share a phone or door."""
    here = replace(model, name={**model.name, "related": _relatedness(prepared, model)})
    return here if _share_of_strangers(prepared, model) >= FAMILIES_FROM else here.without_families()


def _relatedness(prepared: Sequence[Prepared], model: Model) -> float:
    """Bits by which two people of one given name more often share the family name than if names were mixed.

    Measured on people born ten years apart who share no contact, so that nobody is counted with themselves.
    """
    full: dict[tuple[str, str], list[Prepared]] = defaultdict(list)
    given: Counter[str] = Counter()
    family: Counter[str] = Counter()
    years: Counter[int] = Counter()
    for person in prepared:
        words = _given_and_family(person)
        if words is None or person.born is None:
            continue
        full[words].append(person)
        given[words[0]] += 1
        family[words[1]] += 1
        years[person.born.year] += 1
    count = sum(years.values())
    if not count:
        return model.name["related"]
    met = sum(
        _are_strangers(one, other) for group in full.values() for one, other in combinations(group[:40], 2)
    )
    mixed = _same(given, count) * _same(family, count) * _apart(years, count) * count * count / 2
    usual = PAIRS_COUNT_AS * 2 ** model.name["related"]
    return min(MOST_RELATED, max(0.0, log2((met + usual) / (mixed + PAIRS_COUNT_AS))))


def _given_and_family(person: Prepared) -> tuple[str, str] | None:
    given = next((min(word.keys) for word in person.name.words if not word.family and not word.spare), None)
    family = next((min(word.keys) for word in person.name.words if word.family and not word.spare), None)
    return (given, family) if given and family else None


def _are_strangers(one: Prepared, other: Prepared) -> bool:
    if one.born is None or other.born is None or abs(one.born.year - other.born.year) < YEARS_APART:
        return False
    a, b = one.contact, other.contact
    shared = a.phones & b.phones or a.emails & b.emails
    return not (shared or (a.postcode and a.postcode == b.postcode) or (a.address and a.address == b.address))


def _same(counts: Counter[str], count: int) -> float:
    return sum(number * number for number in counts.values()) / (count * count)


def _apart(years: Counter[int], count: int) -> float:
    pairs = sum(a * b for x, a in years.items() for y, b in years.items() if abs(x - y) >= YEARS_APART)
    return pairs / (count * count)


def _share_of_strangers(prepared: Sequence[Prepared], model: Model) -> float:
    """Of pairs at one phone or door, how many differ in both given name and date of birth; 1 where none share."""
    seen = strangers = 0
    for one, other in _sharing(prepared):
        seen += 1
        if model.birth[birth_level(one.born, other.born)] <= model.contact["household_birth_apart"]:
            level = compare_names(one.name, other.name, model.lists, model.name).level
            strangers += level in {NameLevel.GIVEN_DIFFERS, NameLevel.DIFFERS}
        if seen >= MOST_PAIRS:
            break
    return strangers / seen if seen >= PAIRS_COUNT_AS else 1.0


def _sharing(prepared: Sequence[Prepared]) -> Iterator[tuple[Prepared, Prepared]]:
    groups: dict[tuple[str, ...], list[Prepared]] = defaultdict(list)
    for person in prepared:
        reached = person.contact
        for phone in reached.phones:
            groups[(phone,)].append(person)
        if reached.address and reached.numbers:
            groups[reached.postcode, reached.address, *sorted(reached.numbers)].append(person)
    for group in groups.values():
        if 2 <= len(group) <= MOST_IN_GROUP:
            yield from combinations(group, 2)
