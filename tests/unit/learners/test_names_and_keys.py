from dataclasses import replace
from datetime import date

import pytest

from hub.learners import reads
from hub.learners.domain import NewPerson, SearchTerms, name_tokens
from hub.learners.domain.blocking import keys_of, keys_to_look_up
from hub.learners.domain.keys import Key, KeyKind, phone_digits
from hub.learners.domain.scoring import comparable, prepare

MODEL = reads.recognition_model(date(2027, 1, 11))


def keys(person: NewPerson) -> frozenset[Key]:
    return keys_of(prepare(comparable(person), MODEL))


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


def test_the_keys_of_a_person_are_those_of_the_specification():
    found = {kind: {key.text for key in keys(PERSON) if key.kind is kind} for kind in KeyKind}
    assert found[KeyKind.PHONE] == {"7700900123", "2079460000"}
    assert found[KeyKind.EMAIL] == {"amina@example.com"}
    assert found[KeyKind.BIRTH] == {"1990|2|3"}
    assert {len(found[kind]) for kind in (KeyKind.YEAR_NAME, KeyKind.MONTH_DAY_NAME)} == {3}
    assert len(found[KeyKind.NAME_PAIR]) == 3 and not found[KeyKind.POSTCODE_NAME]


def test_no_index_holds_a_single_name_word():
    for key in keys(replace(PERSON, postcode="E8 1AA")):
        assert key.kind in {KeyKind.PHONE, KeyKind.EMAIL} or "|" in key.text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Cali", "Xasan"), ("Ali", "Hassan")),
        (("Oleksandr", "Hryhorenko"), ("Aleksandr", "Grigorenko")),
        (("Fadumo", "Cumar"), ("Fatima", "Omar")),
        (("Wei", "Wong"), ("Wei", "Huang")),
    ],
)
def test_a_name_spelled_differently_shares_a_key(one, other):
    first = NewPerson(given_names=one[0], family_name=one[1], date_of_birth=date(1990, 1, 1))
    second = NewPerson(given_names=other[0], family_name=other[1])
    assert {key.kind for key in keys(first) & keys(second)} == {KeyKind.NAME_PAIR}


def test_the_first_of_january_is_no_key_of_its_own():
    kinds = {key.kind for key in keys(replace(PERSON, date_of_birth=date(1990, 1, 1)))}
    assert KeyKind.YEAR_NAME in kinds and not kinds & {KeyKind.BIRTH, KeyKind.MONTH_DAY_NAME}


def test_a_record_is_found_by_two_words_or_a_word_and_the_birth_date():
    known = keys(PERSON)
    assert keys_to_look_up(SearchTerms(name="hassan amina"), MODEL) <= known
    assert keys_to_look_up(SearchTerms(name="Amina", date_of_birth=date(1990, 2, 3)), MODEL) <= known
    assert keys_to_look_up(SearchTerms(phone="07700 900123"), MODEL) <= known
    assert not keys_to_look_up(SearchTerms(name="Amina"), MODEL)


def test_a_name_of_twenty_words_makes_a_bounded_number_of_keys():
    long = NewPerson(
        given_names=" ".join(f"name{chr(97 + n)}" for n in range(20)), date_of_birth=date(1990, 1, 1)
    )
    assert len(keys(long)) <= 60


def test_nothing_known_makes_no_keys():
    assert not keys(NewPerson())
