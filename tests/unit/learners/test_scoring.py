"""The scorer: what counts as one person, and that no household becomes one."""

from dataclasses import replace
from datetime import date

import pytest

from hub.learners import reads
from hub.learners.domain.scoring import Comparable, Zone, compare

MODEL = reads.recognition_model(date(2027, 1, 11))
AMINA = Comparable(
    given_names="Amina",
    family_name="Warsame",
    gender="F",
    date_of_birth=date(1990, 3, 14),
    phones=("+447700900123",),
    emails=("amina.w@example.org",),
    postcode="E8 1AA",
    address="12 Mare Street",
    first_language="so",
)


def test_the_same_description_twice_is_sure():
    found = compare(AMINA, AMINA, MODEL)
    assert found.zone is Zone.AUTO
    assert found.score > 15
    assert found.model_version == MODEL.version


def test_the_parts_add_up_to_the_score():
    found = compare(AMINA, replace(AMINA, date_of_birth=date(1990, 1, 1), given_names="Aamina"), MODEL)
    assert abs(sum(part.weight for part in found.parts) - found.score) < 0.1


def test_no_part_holds_anything_personal():
    found = compare(AMINA, replace(AMINA, family_name="Xasan"), MODEL)
    for part in found.parts:
        assert not {"Amina", "Warsame", "Xasan", "1990", "7700"} & set(part.note.split())


def test_a_sister_on_the_same_phone_is_somebody_else():
    sister = replace(AMINA, given_names="Hodan", date_of_birth=date(1993, 8, 2), emails=())
    assert compare(AMINA, sister, MODEL).zone is Zone.NEW


def test_name_and_birth_date_alone_are_never_linked_without_asking():
    other = replace(AMINA, phones=(), emails=(), postcode=None, address=None)
    assert compare(AMINA, other, MODEL).zone is Zone.REVIEW


BARE = replace(AMINA, emails=(), phones=("+447700900555",), postcode=None, address=None)


@pytest.mark.parametrize(
    ("changed", "zone"),
    [
        ({"phones": ("+447700900556",)}, Zone.AUTO),  # a digit apart
        ({"phones": ("+447700900999",)}, Zone.REVIEW),
        ({"phones": (), "postcode": "E8 1AA", "address": "12 Mare St"}, Zone.AUTO),
        ({"phones": (), "postcode": "E8 1AA", "address": "Mare House"}, Zone.REVIEW),
    ],
)
def test_what_stands_beside_name_and_birth_date_in_the_automatic_zone(changed, zone):
    """A phone but for a digit, or one door, be it a hostel's; a hostel's postcode alone will not do."""
    model = MODEL.where_crowded({"E81AA"})
    first = replace(
        BARE,
        **{
            name: value
            for name, value in {"postcode": "E8 1AA", "address": "12 Mare Street"}.items()
            if name in changed
        },
    )
    assert compare(first, replace(first, **changed), model).zone is zone


def test_one_door_mends_a_birth_date_that_a_number_of_the_hostel_alone_does_not():
    first = replace(AMINA, phones=(), emails=())
    near = replace(first, date_of_birth=date(1990, 3, 15))
    assert compare(first, near, MODEL).zone is Zone.AUTO
    assert compare(first, replace(near, address="Flat 9, 12 Mare Street"), MODEL).zone is Zone.REVIEW
    assert compare(first, replace(near, address=None), MODEL).zone is Zone.REVIEW
