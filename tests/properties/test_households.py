"""Two people of one household never link automatically, whatever they share (acceptance 7 of 'same person')."""

from dataclasses import replace
from datetime import date

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hub.learners.domain.scoring import Comparable, Zone, compare
from hub.learners.reads import recognition_model

MODEL = recognition_model(date(2027, 1, 11))
GIVEN = (
    "Amina",
    "Yusuf",
    "Fartun",
    "Ibrahim",
    "Hodan",
    "Zahra",
    "Nur",
    "Khadra",
    "Oksana",
    "Bilal",
    "Thi Mai",
)
FAMILY = ("Hassan", "Warsame Ali", "Begum", "Tkachenko", "Nguyen", "Garcia Lopez")
BORN = st.dates(date(1940, 1, 1), date(2008, 12, 31))


@st.composite
def household(draw):
    """Two who share name of the family, phone, e-mail, postcode and address; not the given name, or not the day."""
    one = Comparable(
        given_names=draw(st.sampled_from(GIVEN)),
        family_name=draw(st.sampled_from(FAMILY)),
        gender=draw(st.sampled_from(["F", "M", None])),
        date_of_birth=draw(BORN),
        phones=("+447700900123",),
        emails=draw(st.sampled_from([(), ("family@example.com",)])),
        postcode="E8 1AA",
        address=draw(st.sampled_from([None, "1 High Street"])),
        first_language=draw(st.sampled_from(["so", None])),
    )
    if draw(st.booleans()):  # brothers and sisters, a couple, twins
        given_names = draw(st.sampled_from([name for name in GIVEN if name != one.given_names]))
        return one, replace(
            one, given_names=given_names, date_of_birth=draw(st.sampled_from([one.date_of_birth, draw(BORN)]))
        )
    born = draw(BORN)  # father and son of one name
    assert one.date_of_birth is not None
    assume(one.date_of_birth.year - born.year >= 16)
    assume((born.month, born.day) != (one.date_of_birth.month, one.date_of_birth.day))
    return one, replace(one, date_of_birth=born)


@settings(max_examples=300, deadline=None)
@given(household())
def test_two_people_of_one_household_are_never_in_the_automatic_zone(two):
    for left, right in (two, two[::-1]):
        assert compare(left, right, MODEL).zone is not Zone.AUTO
