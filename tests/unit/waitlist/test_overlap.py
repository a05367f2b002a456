"""Counting people, not places."""

from uuid import UUID

from hub.waitlist.domain.overlap import overlap

A, B, C = (UUID(int=n) for n in (1, 2, 3))
ANNA, BEN, ANNA_TOO, ANNA_THREE = (UUID(int=n) for n in (11, 12, 13, 14))


def test_people_on_several_lists_are_counted_once_and_by_pair_of_providers():
    seen = overlap(
        [(A, ANNA), (B, ANNA_TOO), (C, ANNA_THREE), (A, BEN)], [(ANNA, ANNA_TOO), (ANNA_TOO, ANNA_THREE)]
    )
    assert (seen.people, seen.places, seen.on_several) == (2, 4, 1)
    assert seen.on_lists == {1: 1, 3: 1}
    assert seen.shared == {(A, B): 1, (A, C): 1, (B, C): 1}


def test_the_same_person_twice_on_one_list_is_on_one_list():
    assert overlap([(A, ANNA), (A, ANNA_TOO)], [(ANNA, ANNA_TOO)]).on_lists == {1: 1}


def test_circles_of_suggestions_end():
    seen = overlap([(A, ANNA), (B, BEN)], [(ANNA, BEN), (BEN, ANNA), (ANNA, ANNA)])
    assert seen.people == 1
