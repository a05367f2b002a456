"""Twins of one family, on one phone behind one door, are never linked by the hub alone, whatever they are called.

Every two different given names of one naming culture, in every spelling that the pools know: siblings are named from
one pool. Written as usual, and with given and family names in each other's field, on one record or on both.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest

from hub.learners import reads
from hub.learners.domain.name_match import compare_names
from hub.learners.domain.names import ordered_words
from hub.learners.domain.scoring import Comparable, Prepared, Zone, compare, named, prepare_around
from hub.learners.domain.spoken import as_family, spoken
from tests.recognition.name_pools import CULTURES, Culture

MODEL = reads.recognition_model(date(2027, 1, 11))
TWIN = Comparable(
    date_of_birth=date(1999, 3, 14), phones=("07700900123",), emails=("family@example.org",), postcode="E8 1AA",
    address="12 Mare Street",
)  # fmt: skip
AROUND = prepare_around(TWIN, MODEL)


def _siblings(culture: Culture) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    for one, other in combinations((*culture.men, *culture.women), 2):
        if set(one).isdisjoint(other):
            yield one, other


def _side(given: str, family: str) -> Prepared:
    return named(AROUND, (given, family), (), MODEL)


@pytest.mark.parametrize("culture", CULTURES, ids=lambda culture: culture.code)
def test_twins_of_one_culture_are_never_one(culture):
    family = culture.families[3][0]
    usual, swapped = {}, {}
    for spellings in (*culture.men, *culture.women):
        for name in spellings:
            usual[name], swapped[name] = _side(name, family).name, _side(family, name).name
    wrong = [
        (one, other)
        for left, right in _siblings(culture)
        for written, some in ((usual, None), (swapped, 2))  # swapped: the two commonest spellings
        for one in left[:some]
        for other in right[:some]
        if compare_names(written[one], written[other], MODEL.lists, MODEL.name).full
    ]
    assert not wrong


def test_no_two_names_of_different_cultures_are_read_alike():
    """By how they are read; the lists may know Jose and Joseph as one name, whom no family has both."""
    met: dict[str, list[frozenset[str]]] = {}
    for culture in CULTURES:
        for spellings in (*culture.men, *culture.women):
            words = {word[0] for name in spellings if len(word := ordered_words(name)) == 1}
            known = frozenset(words.union(*(MODEL.lists.forms(word) for word in words)))
            for read in {spoken(word) for word in words}:
                met.setdefault(read, []).append(known)
    assert not [read for read, names in met.items() for a, b in combinations(names, 2) if a.isdisjoint(b)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sadia", "Said"),
        ("Anatolii", "Nataliia"),
        ("Jamal", "Kamal"),
        ("Hassan", "Hussein"),
        ("Samir", "Samira"),
        ("Maria Elena", "Maria Luz"),
        ("Maria", "Maria Elena"),
        ("Wei", "Da Wei"),
        ("Wei", "Wei Min"),
        ("Ana Fernanda", "Fernanda Ana"),
    ],
)
def test_twins_with_all_contact_in_common_wait_for_a_person(one, other):
    for family in ("Khan", "Garcia Lopez"):
        first = replace(TWIN, given_names=one, family_name=family)
        second = replace(TWIN, given_names=other, family_name=family)
        assert compare(first, second, MODEL).zone is not Zone.AUTO
        back = replace(TWIN, given_names=family, family_name=other)
        assert compare(first, back, MODEL).zone is not Zone.AUTO


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nasreen", "Nasrin"),
        ("Raheemi", "Rahimi"),
        ("Layla", "Leila"),
        ("Boiko", "Boyko"),
        ("Naveed", "Nawid"),
    ],
)
def test_habits_of_spelling_are_no_difference(one, other):
    assert spoken(one.casefold()) == spoken(other.casefold())


def test_a_family_name_spelled_roughly_alike_needs_certain_given_names_and_an_equal_birth_date():
    first = replace(TWIN, given_names="Oksana", family_name="Ivanov")
    second = replace(first, family_name="Ivanova")
    assert as_family("ivanov") == as_family("ivanova")
    assert compare(first, second, MODEL).zone is Zone.AUTO
    assert compare(first, replace(second, given_names="Oksanka"), MODEL).zone is Zone.REVIEW
    assert compare(first, replace(second, date_of_birth=date(1999, 3, 15)), MODEL).zone is Zone.REVIEW


def test_a_second_family_name_left_away_is_no_difference_where_all_else_is_certain():
    first = replace(TWIN, given_names="Hodan", family_name="Jama Warsame")
    for family in ("Jama", "Warsame", "Jaamac"):
        assert compare(first, replace(first, family_name=family), MODEL).zone is Zone.AUTO
    assert compare(first, replace(first, family_name="Warsame Farah"), MODEL).zone is Zone.REVIEW
    near = replace(first, family_name="Jama", date_of_birth=date(1999, 3, 15))
    assert compare(first, near, MODEL).zone is Zone.REVIEW


def test_another_name_left_away_waits_for_a_person():
    first = replace(TWIN, given_names="Hodan", family_name="Jama Warsame")
    assert compare(first, replace(first, family_name=""), MODEL).zone is Zone.REVIEW
    assert compare(first, replace(first, given_names=""), MODEL).zone is Zone.REVIEW
    assert compare(first, replace(first, family_name="Maxamed Jama"), MODEL).zone is Zone.REVIEW
    swapped = replace(first, given_names="Jama", family_name="Hodan")
    assert compare(first, swapped, MODEL).zone is Zone.REVIEW
    common = replace(first, family_name="Ali Warsame")  # who is called Ali shows nothing by it
    assert compare(common, replace(first, family_name="Ali"), MODEL).zone is Zone.REVIEW


@pytest.mark.parametrize(
    ("one", "other", "family"),
    [
        ("Maria Elena", "Maria", "Garcia"),
        ("Ana Luz", "Ana", "Silva"),
        ("Muhammad Usman", "Muhammad", "Butt"),
        ("Xiao Ming", "Ming", "Wang"),
        ("Thi Lan", "Thi", "Tran"),
    ],
)
def test_sisters_who_share_a_first_name_stay_two_with_the_fields_swapped(one, other, family):
    first = replace(TWIN, given_names=family, family_name=one)
    assert compare(first, replace(first, family_name=other), MODEL).zone is Zone.REVIEW


@pytest.mark.parametrize(
    ("one", "other"), [("Elżbieta", "Erzsébet"), ("Ion", "Ivan"), ("Gheorghe", "Georgi"), ("Ioana", "Joanna")]
)
def test_one_name_in_two_languages_waits_for_a_person(one, other):
    first = replace(TWIN, given_names=one, family_name="Novak")
    assert compare(first, replace(first, given_names=other), MODEL).zone is Zone.REVIEW


def test_words_written_together_are_no_difference():
    first = replace(TWIN, given_names="Xiao Ming", family_name="Wang")
    assert compare(first, replace(first, given_names="Xiaoming"), MODEL).zone is Zone.AUTO
    assert compare(first, replace(first, given_names="Mingxiao"), MODEL).zone is not Zone.AUTO


def test_a_suffix_for_another_is_no_difference_where_the_given_name_is_certain():
    first = replace(TWIN, given_names="Fatema", family_name="Begum")
    assert compare(first, replace(first, given_names="Fatima", family_name="Khatun"), MODEL).zone is Zone.AUTO
    assert compare(first, replace(first, given_names="Rahima"), MODEL).zone is not Zone.AUTO
    assert compare(first, replace(first, family_name=""), MODEL).zone is Zone.REVIEW
    near = replace(first, family_name="Khatun", date_of_birth=date(1999, 3, 15))
    assert compare(first, near, MODEL).zone is Zone.REVIEW


def test_a_mailbox_alone_does_not_mend_a_birth_date():
    """Two of one name, a digit of their birth dates and everything but the mailbox different."""
    first = replace(TWIN, given_names="Emine", family_name="Demir")
    moved = replace(
        first, date_of_birth=date(1999, 8, 14), phones=("07700900999",), postcode="N16 5AA", address=None
    )
    assert compare(first, moved, MODEL).zone is Zone.REVIEW
    assert compare(first, replace(first, date_of_birth=date(1999, 8, 14)), MODEL).zone is Zone.AUTO
