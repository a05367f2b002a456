"""The words of learners' pages in twelve languages: whole, translated, and in the script of the language."""

import re

import pytest

from hub.core.wordbook import WordBook, code_of
from hub.learners.domain import Reason, Sex, StudyMode, TravelMode
from hub.portal.domain import BOOK as PORTAL
from hub.referrals.pages.own_journey import BOOK as OWN
from hub.referrals.pages.own_journey import OWN_QUESTIONS
from hub.rights.pages.own import BOOK as RIGHTS
from hub.ui.speech import SHARED, own_names

BOOKS = {"shared": SHARED, "portal": PORTAL, "own": OWN, "rights": RIGHTS}
OTHERS = sorted(SHARED.languages() - {"en"})
LATIN = {"tr", "pl", "es", "pt", "fr", "so"}
ALIKE = {"Error", "Online", "Email", "Auditor", "Form", "No", "Administrator"}
"""Words that are the same in English and in another language."""


@pytest.mark.parametrize("name", BOOKS)
@pytest.mark.parametrize("code", OTHERS)
def test_every_word_is_translated(name: str, code: str) -> None:
    """`words` refuses a file with other keys, empty words or other places than the English one."""
    english, own = BOOKS[name].words("en"), BOOKS[name].words(code)
    kept = {
        key
        for key, text in own.items()
        if key != "reviewed_by" and text == english[key] and text not in ALIKE
    }
    assert kept == set()
    if code not in LATIN:
        said = [text for key, text in own.items() if key not in {"language", "reviewed_by"}]
        assert [text for text in said if not re.search(r"[^\x00-\x7f]", text)] == []


@pytest.mark.parametrize("book", BOOKS.values(), ids=list(BOOKS))
def test_twelve_languages_and_only_english_is_reviewed(book: WordBook) -> None:
    assert book.languages() == SHARED.languages()
    assert [code for code in sorted(book.languages()) if book.is_reviewed(code)] == ["en"]


def test_everything_that_is_asked_has_words() -> None:
    english = OWN.words("en")
    for question in OWN_QUESTIONS.values():
        assert f"{question.words}_title" in english
        for box in question.boxes:
            assert box.name in english
            assert [code for code in box.codes if f"{box.name}_{code}" not in english] == []
    assert {len(Sex), len(TravelMode), len(StudyMode), len(Reason)} == {3, 4, 9}


def test_no_word_is_there_twice_or_for_nothing() -> None:
    """What pages share is in one place; two books of a page never say the same key differently."""
    for name, book in BOOKS.items():
        if name != "shared":
            assert set(book.words("en")) & set(SHARED.words("en")) == {"language", "reviewed_by"}


def test_dari_and_iranian_persian_share_their_words() -> None:
    assert {code_of(one) for one in ("fa", "prs", "pes", "fa-AF")} == {"fa"}
    assert code_of("pt-BR") == "pt"


def test_languages_are_offered_by_their_own_names() -> None:
    names = dict(own_names(SHARED.languages()))
    assert next(iter(names)) == "en"
    assert (names["so"], names["ar"]) == ("Soomaali", "العربية")
