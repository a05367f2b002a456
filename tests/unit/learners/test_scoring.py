"""The scorer: what counts as one person, and that no household becomes one."""

from dataclasses import replace
from datetime import date

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
