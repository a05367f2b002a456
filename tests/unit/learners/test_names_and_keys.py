from datetime import date

import pytest

from hub.learners.domain import NewPerson, SearchTerms, duplicate_keys, name_tokens, search_keys
from hub.learners.domain.keys import KeyKind, keys_to_look_up, phone_digits


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Amina", "Hassan"), ("Hassan", "Amina")),
        (("Md", "Rahman"), ("Mohammed", "Rahman")),
        (("Abdul Rahman", "Khan"), ("Abd al-Rahman", "Khan")),
        (("Abdelrahman", "Khan"), ("Abdul-Rahman", "Khan")),
        (("Fatima", "Al-Sayed"), ("Fatima", "Sayed")),
        (("José", "García López"), ("Jose", "Garcia Lopez")),
        (("Şükrü", "Yıldız"), ("Sukru", "Yildiz")),
        (("Oksana", "Tkachenko"), ("  OKSANA ", "tkachenko")),
        (("Mrs Jane", "O'Neil"), ("Jane", "O’Neil")),
        (("Łukasz", "Kowalski"), ("Lukasz", "Kowalski")),
        (("FNU", "Ahmadi"), ("", "Ahmadi")),
        (("محمَّد", "أحمد"), ("محمد", "احمد")),
        (("Gebre Egziabher", "Tekle"), ("Gebreegziabher", "Tekle")),
    ],
)
def test_the_same_name_written_differently_gives_the_same_words(one, other):
    assert name_tokens(*one) == name_tokens(*other)


def test_different_names_stay_different():
    assert name_tokens("Amina", "Hassan") != name_tokens("Amina", "Hussein")


@pytest.mark.parametrize("odd", [("Mr", "De"), ("E", ""), ("李", "明"), ("🙂", ""), ("", "")])
def test_odd_names_do_not_break_anything(odd):
    assert isinstance(name_tokens(*odd), tuple)


def test_a_name_of_titles_only_keeps_its_words():
    assert name_tokens("Mr", "De") == ("de", "mr")


@pytest.mark.parametrize("written", ["+447700900123", "07700 900123", "0044 7700 900 123", "44 7700 900123"])
def test_one_number_however_written(written):
    assert phone_digits(written) == "7700900123"


PERSON = NewPerson(
    given_names="Amina Yusuf",
    family_name="Hassan",
    date_of_birth=date(1990, 2, 3),
    phone="+447700900123",
    second_phone="+442079460000",
    email="Amina@Example.com",
)


def test_duplicates_are_sought_by_phone_email_and_birth_date_with_all_names():
    found = {(key.kind, key.text) for key in duplicate_keys(PERSON)}
    assert found == {
        (KeyKind.PHONE, "7700900123"),
        (KeyKind.PHONE, "2079460000"),
        (KeyKind.EMAIL, "amina@example.com"),
        (KeyKind.BIRTH_NAMES, "1990-02-03|amina hassan yusuf"),
    }


def test_no_index_holds_a_single_name_word():
    for key in search_keys(PERSON):
        assert key.text not in {"amina", "yusuf", "hassan"}


def test_a_record_is_found_by_two_words_or_a_word_and_the_birth_date():
    known = search_keys(PERSON)
    assert keys_to_look_up(SearchTerms(name="hassan amina")) <= known
    assert keys_to_look_up(SearchTerms(name="Amina", date_of_birth=date(1990, 2, 3))) <= known
    assert keys_to_look_up(SearchTerms(phone="07700 900123")) <= known
    assert not keys_to_look_up(SearchTerms(name="Amina"))


def test_a_name_of_twenty_words_makes_a_bounded_number_of_keys():
    long = NewPerson(
        given_names=" ".join(f"name{chr(97 + n)}" for n in range(20)), date_of_birth=date(1990, 1, 1)
    )
    assert len(search_keys(long)) <= 30


def test_nothing_known_makes_no_keys():
    assert not search_keys(NewPerson())
