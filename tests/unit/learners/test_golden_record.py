from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hub.learners.domain import NewPerson, contact_of, golden_record
from hub.learners.domain.golden import SourceRecordView

AT = datetime(2027, 1, 1, tzinfo=UTC)


def a_record(number: int, **said) -> SourceRecordView:
    base = {
        name: getattr(NewPerson(), name) for name in NewPerson.__dataclass_fields__ if name != "referred_on"
    }
    return SourceRecordView(
        **{
            **base,
            "id": UUID(int=number),
            "subject_id": UUID(int=100 + number),
            "learner_id": UUID(int=1),
            "home_learner_id": UUID(int=number),
            "organisation_id": None,
            "amends_id": None,
            "referred_on": date(2027, 1, number),
            "created_at": AT + timedelta(days=number),
            "superseded_at": None,
            "contact_confirmed_at": None,
            "name_verified_at": None,
            "birth_date_verified_at": None,
            **said,
        }
    )


def test_the_earliest_referral_counts():
    assert golden_record([a_record(5), a_record(3)]).first_referred_on == date(2027, 1, 3)


def test_a_verified_date_of_birth_beats_all_others():
    records = [
        a_record(1, date_of_birth=date(1990, 1, 1), birth_date_verified_at=AT),
        a_record(2, date_of_birth=date(1990, 5, 6)),
        a_record(3, date_of_birth=date(1990, 5, 6)),
    ]
    person = golden_record(records)
    assert person.date_of_birth == date(1990, 1, 1) and person.birth_date_verified


def test_the_first_of_january_is_a_guess():
    records = [a_record(1, date_of_birth=date(1990, 5, 6)), a_record(2, date_of_birth=date(1990, 1, 1))]
    assert golden_record(records).date_of_birth == date(1990, 5, 6)


def test_else_the_most_frequent_then_the_newest():
    one, two = date(1990, 5, 6), date(1990, 6, 5)
    assert (
        golden_record(
            [a_record(1, date_of_birth=one), a_record(2, date_of_birth=one), a_record(3, date_of_birth=two)]
        ).date_of_birth
        == one
    )
    assert (
        golden_record([a_record(1, date_of_birth=one), a_record(2, date_of_birth=two)]).date_of_birth == two
    )


def test_the_phone_that_the_learner_confirmed_counts_and_the_others_are_aliases():
    person = golden_record(
        [a_record(1, phone="+441", contact_confirmed_at=AT), a_record(2, phone="+442", second_phone="+443")]
    )
    assert person.phone == "+441" and person.other_phones == ("+442", "+443")
    assert person.contact_confirmed and person.second_phone is None


def test_without_confirmation_the_newest_phone_counts():
    assert golden_record([a_record(1, phone="+441"), a_record(2), a_record(3, phone="+443")]).phone == "+443"


def test_a_correction_takes_the_place_of_what_it_corrects():
    old = a_record(1, phone="+441", superseded_at=AT)
    person = golden_record([old, a_record(2, phone="+442", amends_id=old.id)])
    assert person.phone == "+442" and person.other_phones == ("+441",)


def test_street_and_postcode_come_from_one_record():
    person = golden_record(
        [a_record(1, postcode="E8 1AA", address="1 High St"), a_record(2, postcode="N1 1AA")]
    )
    assert (person.postcode, person.address) == ("N1 1AA", None)


def test_not_safe_to_text_stands_until_the_learner_says_otherwise():
    unsafe = a_record(1, safe_to_text=False)
    assert not golden_record([unsafe, a_record(2)]).safe_to_text
    assert golden_record([unsafe, a_record(2, contact_confirmed_at=AT)]).safe_to_text


def test_all_spellings_are_kept_and_a_verified_name_wins():
    person = golden_record(
        [
            a_record(1, given_names="Mohammed", family_name="Ali", name_verified_at=AT),
            a_record(2, given_names="Muhamad", family_name="Ali"),
        ]
    )
    assert person.full_name == "Mohammed Ali" and person.other_names == ("Muhamad Ali",)
    assert person.short_name == "Mohammed"


def test_contact_can_be_changed_in_part():
    person = golden_record([a_record(1, phone="+441", email="a@b.cc")])
    assert replace(contact_of(person), phone="+449").email == "a@b.cc"


def test_addresses_that_do_not_count_stay_as_aliases():
    old = a_record(1, address="1 High\nStreet", postcode="E8 1AA")
    new = a_record(2, address="9 Low Road", postcode="N1 1AA", contact_confirmed_at=AT)
    person = golden_record([old, new, a_record(3, postcode="E5 0AA")])
    assert person.address == "9 Low Road" and person.postcode == "N1 1AA"
    assert person.other_addresses == ("E5 0AA", "1 High Street, E8 1AA")
