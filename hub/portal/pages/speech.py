"""The language of a page: which one, its words with values in them, dates and times as it says them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from babel.dates import format_date, get_day_names
from flask import g, request, url_for
from markupsafe import Markup, escape

from hub.consent import reads as consents
from hub.core.clock import LONDON
from hub.core.wordbook import FALLBACK
from hub.core.wording import clock_time, day_and_date, long_date
from hub.infra.db import runtime
from hub.portal import domain
from hub.provision.reads import EsolClassView
from hub.ui.visits import choose_language, chosen_language

_STEPS = ("step_form", "step_meeting", "step_list", "step_class")


def speech() -> "Speech":
    """The language of this request: asked for now, chosen before, the browser's, else English."""
    known: Speech | None = g.get("portal_speech")
    if known is None:
        known = g.portal_speech = Speech(_code())
    return known


def _code() -> str:
    known = domain.languages()
    asked = request.args.get("lang", "")
    if asked in known:
        choose_language(asked)
        return asked
    chosen = (chosen_language() or "").split("-")[0]
    if chosen in known:
        return chosen
    return request.accept_languages.best_match(sorted(known)) or FALLBACK


class Speech:
    """The words of one language."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._words = domain.words(code)

    def context(self, token: str) -> Mapping[str, Any]:
        """What every page of a learner needs."""
        return {
            "lang": self.code,
            "say": self.say,
            "day": self.day,
            "moment": self.moment,
            "class_times": self.class_times,
            "day_names": self.day_names(),
            "step_words": [self.plain(key) for key in _STEPS],
            "languages": self._languages(token),
            "hub_phone": runtime().settings.hub_phone.replace(" ", "\u00a0"),
        }

    def plain(self, key: str) -> str:
        """The words of a key that has no places for values."""
        return self._words[key]

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

    def class_times(self, found: EsolClassView) -> list[str]:
        """Each meeting of a week: day and hours."""
        if self.code == FALLBACK:
            return [found.when]
        names = self.day_names()
        return [
            f"{names[one.weekday]} \u2066{one.starts_at:%H:%M}\u2013{one.ends_at:%H:%M}\u2069"
            for one in found.meetings
        ]

    def day_names(self) -> list[str]:
        """Monday to Sunday."""
        names = get_day_names("wide", context="stand-alone", locale=self.code)
        return [str(names[number]).capitalize() for number in range(7)]

    def _languages(self, token: str) -> list[tuple[str, str, str]]:
        """(code, own name, address of this very page in it)."""
        endpoint = request.endpoint if request.method == "GET" and request.endpoint else "portal.enter"
        return [
            (one.code, one.name, url_for(endpoint, token=token, lang=one.code))
            for one in consents.languages()
            if one.code in domain.languages()
        ]
