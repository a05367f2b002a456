"""What templates use to say dates, levels and numbers the way people do. Nothing is said for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from babel import Locale, UnknownLocaleError
from markupsafe import Markup, escape

from hub.core import wording
from hub.core.clock import LONDON
from hub.core.levels import Level
from hub.core.slots import SLOTS, slot_label
from hub.infra.db import runtime
from hub.infra.phones import national

# CLDR has no direction for some ISO 639-3 codes (Dari, Mirpuri Pahari, Southern Pashto): right to left.
_RIGHT_TO_LEFT = frozenset(
    {"prs", "phr", "pst", "pbt", "pbu", "ckb", "sdh", "ar", "fa", "ur", "ps", "he", "yi", "ug", "sd"}
)


def _day(value: date | datetime) -> date:
    """The London date of a moment; a date is itself."""
    return value.astimezone(LONDON).date() if isinstance(value, datetime) else value


def long_date(value: date | datetime | None) -> str:
    """`Tuesday 12 January 2027`."""
    return wording.long_date(_day(value)) if value else ""


def short_date(value: date | datetime | None) -> str:
    """`12 Jan 2027`."""
    return wording.short_date(_day(value)) if value else ""


def day_and_date(value: date | datetime | None) -> str:
    """`Tuesday 12 January`."""
    return wording.day_and_date(_day(value)) if value else ""


def clock_time(value: time | datetime | None) -> str:
    """`10am`, `10:30am`."""
    return "" if value is None else wording.clock_time(value)


def date_and_time(value: datetime | None) -> str:
    """`Tuesday 12 January 2027 at 10:30am`."""
    return f"{long_date(value)} at {clock_time(value)}" if value else ""


def ago(value: date | datetime | None) -> str:
    """`today`, `yesterday`, `5 days ago`, `3 weeks ago`; `tomorrow`, `in 4 days` for what is to come."""
    if value is None:
        return ""
    days = (runtime().clock.today() - _day(value)).days
    if days in _NEAR:
        return _NEAR[days]
    words = wording.count_of(abs(days), "day") if abs(days) < 14 else wording.count_of(abs(days) // 7, "week")
    return f"{words} ago" if days > 0 else f"in {words}"


_NEAR = {0: "today", 1: "yesterday", -1: "tomorrow"}


def level(value: Level | str | None) -> str:
    """`Entry 2 (A2)`; several levels are for the caller to join."""
    return Level(value).label if value else ""


def slot(value: str | None) -> str:
    """`Monday morning`."""
    return slot_label(value) if value else ""


def slots(values: Iterable[str] | None) -> str:
    """`Monday morning, Thursday evening`: in the order of the week."""
    chosen = set(values or ())
    return ", ".join(slot_label(one) for one in SLOTS if one in chosen)


def language(code: str | None) -> str:
    """`Somali` for `so`; a code that nobody knows stays as it is."""
    known = Locale("en").languages
    wanted = (code or "").replace("-", "_")
    return str(known.get(wanted) or known.get(wanted.partition("_")[0]) or code or "")


def phone(value: str | None) -> str:
    """`07700 900123`: as people here write it."""
    return national(value) if value else ""


def email(value: str | None) -> Markup:
    """An address that a narrow column breaks before the @ and nowhere else, if it can."""
    name, at, home = (value or "").rpartition("@")
    return Markup("{}<wbr>{}").format(name, at + home)


def reference(value: str) -> Markup:
    """A reference on one line: it is read out and written down."""
    return Markup('<span class="hub-reference">{}</span>').format(value)


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`{{ 3|count_of("learner") }}`: `3 learners`."""
    return wording.count_of(number, one, many)


def direction(language: str | None) -> str:
    """`rtl` or `ltr`, as the language is written."""
    code = (language or "en").replace("_", "-")
    if code.split("-")[0] in _RIGHT_TO_LEFT:
        return "rtl"
    try:
        return str(Locale.parse(code, sep="-").text_direction)
    except (ValueError, UnknownLocaleError):
        return "ltr"


def paragraphs(text: str | None) -> Markup:
    """Text of several lines as paragraphs and line breaks, escaped."""
    blocks = [block.strip() for block in (text or "").split("\n\n") if block.strip()]
    lines = [Markup("<br>").join(escape(line) for line in block.split("\n")) for block in blocks]
    return Markup("").join(Markup('<p class="govuk-body">{}</p>').format(block) for block in lines)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "long_date": long_date,
    "short_date": short_date,
    "day_and_date": day_and_date,
    "clock_time": clock_time,
    "date_and_time": date_and_time,
    "ago": ago,
    "level": level,
    "slot": slot,
    "slots": slots,
    "language": language,
    "phone": phone,
    "email": email,
    "reference": reference,
    "count_of": count_of,
    "direction": direction,
    "paragraphs": paragraphs,
}
