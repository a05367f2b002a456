"""A PDF is accessible, holds what it was given as text, in every language of the hub, and is the same every time."""

import re
from pathlib import Path

import pytest

from hub.consent.domain import languages_of, load_wording
from hub.infra import pdf
from tools.fonts import ranges

LETTER = """
#show: page-of.with(title: data.title, hub: "Hub", lang: data.lang, dir: data.dir, foot: "R-7K3Q-94")
== #data.title
#facts(data.pairs)
#listing(("Day", "What"), data.rows, widths: (auto, 1fr))
"""


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.typ"
    path.write_text(LETTER, encoding="utf-8")
    return path


def _data(words: str, lang: str = "en", direction: str = "ltr"):
    return {"title": words, "lang": lang, "dir": direction, "pairs": [["A", words]], "rows": [["1", words]]}


def test_it_is_tagged_titled_and_says_its_language_and_that_it_is_accessible(letter):
    made = pdf.render(letter, _data("Your permission", "tr"))
    assert made.startswith(b"%PDF-")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made and b"/StructTreeRoot" in made
    assert b"Your permission" in made and re.search(rb"/Lang ?\(tr\)", made)


def test_the_same_words_give_the_same_bytes(letter):
    assert pdf.render(letter, _data("Once")) == pdf.render(letter, _data("Once"))


@pytest.mark.parametrize("language", languages_of(), ids=lambda one: one.code)
def test_every_language_of_the_hub_can_be_drawn_without_a_missing_letter(letter, language):
    words = load_wording(language.code)
    said = " ".join([words.title, words.intro, words.yes, *(one.question for one in words.purposes)])
    assert pdf._drawable(said) == said
    assert pdf.render(letter, _data(said, language.code, language.direction))


def test_a_letter_no_font_can_draw_is_written_as_its_number(letter):
    assert pdf._drawable({"name": ["王 Łukasz\x07"]}) == {"name": ["[U+738B] Łukasz"]}
    assert pdf.render(letter, _data("王 ሰላም 😀"))


def test_what_people_wrote_cannot_become_markup(letter):
    assert pdf.render(letter, _data('#panic("stop") = Heading $x$ ]'))


def test_missing_fonts_say_what_to_do(letter, monkeypatch, tmp_path):
    pdf._fonts.cache_clear()
    monkeypatch.setattr(pdf, "FONTS", tmp_path)
    with pytest.raises(pdf.FontsMissing, match="make setup"):
        pdf.render(letter, _data("x"))
    pdf._fonts.cache_clear()


def test_coverage_is_kept_as_runs():
    assert ranges({1, 2, 3, 7, 9, 10}) == [(1, 3), (7, 7), (9, 10)]
    assert ranges(set()) == []
