"""Whatever two people are called: comparing them has no direction, and a household never becomes one person."""

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.learners import reads
from hub.learners.domain.scoring import Comparable, Zone, compare, prepare
from tests.recognition.name_pools import CULTURES

MODEL = reads.recognition_model(date(2027, 1, 11))
NAMES = [
    spelling
    for culture in CULTURES
    for pool in (culture.men, culture.women, culture.families)
    for one in pool
    for spelling in one
]
names = st.one_of(
    st.sampled_from(NAMES), st.text(max_size=12), st.sampled_from(["", "FNU", "Begum", "Le", "Abdul"])
)
people = st.builds(
    Comparable,
    given_names=st.lists(names, max_size=3).map(" ".join),
    family_name=st.lists(names, max_size=2).map(" ".join),
    aliases=st.lists(names, max_size=1).map(tuple),
    gender=st.sampled_from([None, "F", "M", "X"]),
    date_of_birth=st.one_of(st.none(), st.dates(date(1950, 1, 1), date(2008, 12, 31))),
    phones=st.lists(st.sampled_from(["07700900123", "+447700900124", "020 7946 0000"]), max_size=2).map(
        tuple
    ),
    emails=st.lists(st.sampled_from(["a@example.org", "a@example.com", "b@x.org"]), max_size=1).map(tuple),
    postcode=st.sampled_from([None, "E8 1AA", "E8 1AB", "N1 9ZZ"]),
    address=st.sampled_from(
        [None, "12 Mare Street", "12 Mare St", "Flat 2, 12 Mare Street", "9 Well Street"]
    ),
    first_language=st.sampled_from([None, "so", "Somali", "zh"]),
)


@settings(max_examples=60, deadline=None)
@given(people, people)
def test_comparing_has_no_direction(left, right):
    assert compare(left, right, MODEL) == compare(right, left, MODEL)


@settings(max_examples=40, deadline=None)
@given(people)
def test_the_parts_add_up(person):
    other = replace(person, given_names=f"{person.given_names} Amina", postcode="E8 1AB")
    compared = compare(person, other, MODEL)
    assert abs(sum(part.weight for part in compared.parts) - compared.score) < 0.06


given_names = st.sampled_from(
    [one[0] for culture in CULTURES for pool in (culture.men, culture.women) for one in pool]
)


@settings(max_examples=60, deadline=None)
@given(people, given_names, given_names, st.booleans())
def test_two_of_one_household_never_link_without_asking(person, one, other, twins):
    """Different given names behind one door, on one phone; twins too."""
    first = replace(person, given_names=one, aliases=(), phones=("07700900123",), postcode="E8 1AA")
    born = first.date_of_birth if twins or first.date_of_birth is None else date(1999, 9, 9)
    second = replace(first, given_names=other, date_of_birth=born, emails=())
    if _is_one_name(one, other):
        return
    assert compare(first, second, MODEL).zone is not Zone.AUTO


def _is_one_name(one: str, other: str) -> bool:
    """Whether the pools give both as spellings of one name, or the hub's lists do."""
    forms = [
        {form for word in prepare(Comparable(given_names=name), MODEL).name.words for form in word.forms}
        for name in (one, other)
    ]
    return one == other or not forms[0].isdisjoint(forms[1]) or _together(one, other)


def _together(one: str, other: str) -> bool:
    return any(
        one in spellings and other in spellings
        for c in CULTURES
        for pool in (c.men, c.women)
        for spellings in pool
    )
