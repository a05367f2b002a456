import re
import tomllib
from datetime import date
from hashlib import sha256
from importlib import resources

import pytest

from hub.consent.domain import (
    CURRENT_VERSION,
    OPTIONAL,
    PURPOSES,
    Basis,
    BasisDecision,
    Circumstances,
    NewConsent,
    basis_faults,
    circumstances_faults,
    consent_faults,
    is_proven,
    is_under_18,
    languages_of,
    load_wording,
    purposes_on,
    versions,
)

TODAY = date(2027, 1, 11)
ASKED = {"tr", "pl", "es", "pt", "fr", "bn", "gu", "ar", "uk", "so", "fa"}


def test_there_are_thirteen_purposes_each_with_a_basis():
    assert list(PURPOSES) == [f"P{number:02}" for number in range(1, 14)]
    assert OPTIONAL == ("P03", "P05", "P06", "P07", "P08", "P11")
    assert PURPOSES["P08"].basis is Basis.EXPLICIT_CONSENT
    assert PURPOSES["P01"].basis is Basis.PUBLIC_TASK
    assert all(one.title and one.words for one in PURPOSES.values())


def test_the_words_exist_in_every_language_asked_for():
    assert {language.code for language in languages_of()} == {"en", *ASKED}


@pytest.mark.parametrize("code", sorted({"en", *ASKED}))
def test_every_language_asks_every_optional_purpose(code):
    words = load_wording(code, hub_name="Hackney ESOL Hub")
    assert tuple(one.code for one in words.purposes) == OPTIONAL
    assert "Hackney ESOL Hub" in words.intro and "{" not in words.intro
    texts = [
        words.title,
        words.intro,
        words.withdraw,
        words.yes,
        words.no,
        *(p.question for p in words.purposes),
    ]
    assert all(text.strip() and len(text) < 400 for text in texts)
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("code", sorted(ASKED))
def test_our_translations_say_that_they_need_a_native_reviewer(code):
    assert not load_wording(code).language.reviewed
    file = resources.files("hub.consent") / "wording" / CURRENT_VERSION / f"{code}.toml"
    assert "native reviewer" in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("code", "script"),
    [
        ("ar", "[\u0600-\u06ff]"),
        ("fa", "[\u0600-\u06ff]"),
        ("bn", "[\u0980-\u09ff]"),
        ("gu", "[\u0a80-\u0aff]"),
        ("uk", "[\u0400-\u04ff]"),
    ],
)
def test_each_is_written_in_its_own_script(code, script):
    words = load_wording(code)
    assert all(re.search(script, one.question) for one in words.purposes)
    assert words.language.right_to_left is (code in {"ar", "fa"})


def test_dari_uses_the_persian_words_and_an_unknown_language_gets_english():
    assert load_wording("prs").language.code == "fa"
    assert load_wording("ti").language.code == "en"
    assert load_wording(None).language.code == "en"
    assert load_wording("pt-BR").language.code == "pt"


def test_published_words_are_never_changed():
    """The sums of version 2026-11 as published: a file that differs must become a new version."""
    sums = (resources.files("hub.consent") / "wording" / "2026-11" / "SHA256SUMS").read_text()
    assert (
        sha256(sums.encode()).hexdigest()
        == "169c3cb08178726b012a4ba8164cf456b8583bfa1f0644f133d3beab47fff823"
    )
    assert len(sums.splitlines()) == 12
    for language in languages_of("2026-11"):
        assert load_wording(language.code, "2026-11").sha256 in sums


def test_a_version_that_never_was_is_a_fault_of_the_caller():
    assert versions() == ("2026-11",)
    with pytest.raises(KeyError):
        load_wording("en", "1999-01")


def test_every_wording_file_is_readable_toml():
    folder = resources.files("hub.consent") / "wording" / CURRENT_VERSION
    for file in folder.iterdir():
        if file.name.endswith(".toml"):
            assert tomllib.loads(file.read_text("utf-8"))["language"] == file.name.removesuffix(".toml")


def an_asking(**said) -> NewConsent:
    return NewConsent(
        **{
            "given_on": TODAY,
            "channel": "phone",
            "language": "en",
            "wording_version": CURRENT_VERSION,
            **said,
        }
    )


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (an_asking(given_on=date(2027, 1, 12)), "given_on"),
        (an_asking(channel="shouting"), "channel"),
        (an_asking(purposes=frozenset({"P99"})), "purposes"),
        (an_asking(wording_version="1999-01"), "wording_version"),
        (an_asking(language="ti"), "language"),
    ],
)
def test_an_impossible_asking_is_named_by_field(new, field):
    assert list(consent_faults(new, TODAY)) == [field]


def test_an_interpreter_can_read_the_words_in_any_language():
    assert consent_faults(an_asking(language="ti", interpreter_used=True), TODAY) == {}


def test_proof_needs_version_and_language():
    assert is_proven("2026-11", "en")
    assert not is_proven(None, "en") and not is_proven("2026-11", None)
    assert consent_faults(an_asking(language=None, wording_version=None), TODAY) == {}


@pytest.mark.parametrize("code", PURPOSES)
def test_every_purpose_says_what_a_record_must_say(code):
    one = PURPOSES[code]
    assert one.data and one.category and one.retention and one.recipients and one.basis_source
    assert one.basis_since == date(2026, 11, 1)
    assert (one.valid_months is not None) is one.optional
    assert basis_faults(one, one.basis, one.art9_condition) == {}
    assert one.basis.words and one.basis.article.startswith("UK GDPR Article 6")


def test_a_basis_of_a_day_is_the_last_that_had_begun():
    decided = [
        BasisDecision("P05", Basis.LEGAL_OBLIGATION, None, date(2027, 3, 1), "later"),
        BasisDecision("P05", Basis.PUBLIC_TASK, None, date(2027, 2, 1), "first"),
    ]
    bases = [purposes_on(day, decided)["P05"].basis for day in (TODAY, date(2027, 2, 1), date(2027, 3, 1))]
    assert bases == [Basis.CONFIDENTIALITY_PERMISSION, Basis.PUBLIC_TASK, Basis.LEGAL_OBLIGATION]


@pytest.mark.parametrize(
    ("told", "interpreter", "field"),
    [
        ({"on_behalf_of": "Mo", "capacity_note": "x"}, False, "authority"),
        ({"authority": "deputy"}, False, "on_behalf_of"),
        ({"on_behalf_of": "Mo", "authority": "deputy"}, False, "capacity_note"),
        ({"understanding": "guess"}, False, "understanding"),
        ({"on_behalf_of": "Mo", "authority": "king", "capacity_note": "x"}, False, "authority"),
        ({"interpreter": "I 7"}, False, "interpreter_used"),
    ],
)
def test_who_decides_for_another_needs_a_right_and_a_reason(told, interpreter, field):
    assert set(circumstances_faults(Circumstances(**told), interpreter)) == {field}


def test_a_parent_decides_without_a_note_on_capacity():
    assert circumstances_faults(Circumstances(on_behalf_of="Mo", authority="parent"), False) == {}


@pytest.mark.parametrize(
    ("born", "child"),
    [(date(2009, 1, 12), True), (date(2009, 1, 11), False), (None, False), (date(2008, 2, 29), False)],
)
def test_a_child_is_under_eighteen_on_the_day(born, child):
    assert is_under_18(born, TODAY) is child
