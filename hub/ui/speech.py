"""The language of a learner's page: which one, its words with values in them, and dates as it says them.

A slice has a book of its own; the words that all learners' pages share are in `data/words` here.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, get_day_names
from flask import g, request
from markupsafe import Markup, escape

from hub.core.clock import LONDON
from hub.core.wordbook import FALLBACK, WordBook, code_of
from hub.core.wording import clock_time, day_and_date, long_date
from hub.infra.db import runtime
from hub.ui.visits import choose_language, chosen_language

SHARED = WordBook(Path(__file__).parent / "data" / "words")


class Speech:
    """The words of one language."""

    def __init__(self, book: WordBook, code: str) -> None:
        self.book, self.code = book, code
        self._words: Mapping[str, str] = ChainMap(dict(book.words(code)), dict(SHARED.words(code)))

    def context(self, address: Callable[[str], str]) -> dict[str, Any]:
        """What every page of a learner needs; `address` gives this very page in another language."""
        return {
            "lang": self.code,
            "say": self.say,
            "said_of": self.said_of,
            "day": self.day,
            "day_names": self.day_names(),
            "languages": [(code, name, address(code)) for code, name in own_names(self.book.languages())],
            "hub_phone": _to_call(runtime().settings.hub_phone),
        }

    def plain(self, key: str) -> str:
        """The words of a key that has no places for values."""
        return self._words[key]

    def said_of(self, key: str) -> str | None:
        """The words of a key that need not be there."""
        return self._words.get(key)

    def say(self, key: str, **values: Any) -> Markup:
        """The words of a key with values in them, each apart so that its direction does not turn the sentence."""
        apart = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in values.items()}
        return escape(self._words[key]).format(**apart)

    def day(self, value: date) -> str:
        """`Tuesday 12 January`, in the page's language."""
        if self.code == FALLBACK:
            return day_and_date(value)
        return str(format_date(value, "EEEE d MMMM", locale=self.code))

    def full_date(self, value: date) -> str:
        """`Tuesday 12 January 2027`, for what is kept or counts longer than a season."""
        if self.code == FALLBACK:
            return long_date(value)
        return str(format_date(value, "EEEE d MMMM y", locale=self.code))

    def moment(self, value: datetime) -> str:
        """Day and time of a meeting, in London time."""
        local = value.astimezone(LONDON)
        if self.code == FALLBACK:
            return f"{day_and_date(local.date())} at {clock_time(value)}"
        return f"{self.day(local.date())}, {local:%H:%M}"

    def day_names(self) -> list[str]:
        """Monday to Sunday."""
        names = get_day_names("wide", context="stand-alone", locale=self.code)
        return [str(names[number]).capitalize() for number in range(7)]

    def language_names(self, codes: Iterable[str]) -> list[dict[str, str]]:
        """Languages to choose from, as this one names them, itself first; at the end, marked as such, the English names
        of those for which it has none."""
        own, english = Locale(self.code).languages, Locale(FALLBACK).languages
        named = [
            {"value": code.replace("_", "-"), "text": str(own.get(code) or english[code])}
            | ({} if code in own else {"lang": FALLBACK})
            for code in codes
        ]
        return sorted(named, key=lambda one: (one["value"] != self.code, "lang" in one, one["text"]))


def _to_call(number: str) -> Markup:
    """A number in one piece, that a phone calls when it is touched."""
    link = Markup('<a class="govuk-link" dir="ltr" href="tel:{}">{}</a>')
    return link.format("".join(number.split()), number.replace(" ", "\u00a0"))


def own_names(codes: Iterable[str]) -> list[tuple[str, str]]:
    """(code, its name in itself), English first, the others by their own names."""
    named = [(code, SHARED.words(code)["own_name"]) for code in codes]
    return sorted(named, key=lambda one: (one[0] != FALLBACK, one[1]))


def spoken(book: WordBook) -> Speech:
    """The words of this request's language."""
    known: Speech | None = g.get("speech")
    if known is None or known.book is not book:
        known = g.speech = Speech(book, page_language())
    return known


def page_language() -> str:
    """The language of this request: asked for now, chosen before, the browser's, else English.

    From here on the parts of the page (`phrase`) speak it too.
    """
    if "page_language" not in g:
        g.page_language = _wanted_language()
    code: str = g.page_language
    return code


def language_is_chosen() -> bool:
    """Whether somebody chose a language in this browser, now or before."""
    page_language()
    return code_of(chosen_language() or "") in SHARED.languages()


def _wanted_language() -> str:
    known, asked = SHARED.languages(), request.args.get("lang", "")
    if asked in known:
        choose_language(asked)
        return asked
    chosen = code_of(chosen_language() or "")
    if chosen in known:
        return chosen
    return request.accept_languages.best_match(sorted(known)) or FALLBACK


def phrase(key: str) -> str:
    """A shared word in the language of the page that is being made: English on all pages but a learner's."""
    return SHARED.words(g.get("page_language", FALLBACK))[key]
