"""The texts as data: read once, refused when a phone could not show them, filled with values."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from hub.messaging.domain.messages import AskKind
from hub.messaging.domain.size import MOST_CHARACTERS, fragments, lost, plain

_DATA = Path(__file__).parent.parent / "data" / "texts.toml"
_SUBJECTS = {
    "offer": "There is a place for you",
    "offer_reminder": "A place is waiting for you",
    "offer_confirmed": "You have the place",
    "appointment_booked": "Your meeting",
    "appointment_moved": "Your meeting has a new time",
    "appointment_reminder": "Your meeting is tomorrow",
    "appointment_call_booked": "We will call you",
    "appointment_call_moved": "We will call you at a new time",
    "appointment_call_reminder": "We will call you tomorrow",
}


class TextFaulty(ValueError):
    """A template or a filled text cannot be sent as a text message; the message says why."""


@dataclass(frozen=True, slots=True)
class Text:
    """One template. `parts` is the number of parts with the example values."""

    name: str
    body: str
    asks: AskKind | None
    values: frozenset[str]
    parts: int


@cache
def texts() -> Mapping[str, Text]:
    """All templates by name; TextFaulty at the first that could not be sent."""
    return read_texts(_DATA.read_text(encoding="utf-8"))


def read_texts(toml: str) -> dict[str, Text]:
    """Templates from TOML. Refuses characters that would arrive as `?`, unknown values, long texts."""
    data = tomllib.loads(toml)
    example: dict[str, str] = data.pop("example")
    return {name: _read(name, entry, example) for name, entry in data.items()}


def _read(name: str, entry: Mapping[str, str], example: Mapping[str, str]) -> Text:
    body = entry["body"]
    if missing := lost(body):
        raise TextFaulty(f"{name}: a text message cannot carry {' '.join(missing)}")
    values = frozenset(value for _, value, _, _ in Formatter().parse(body) if value is not None)
    if unknown := values - set(example):
        raise TextFaulty(f"{name}: no such value: {', '.join(sorted(unknown))}")
    filled = body.format_map(dict(example))
    if len(filled) > MOST_CHARACTERS:
        raise TextFaulty(f"{name}: {len(filled)} characters are too many for a text message")
    asks = AskKind(entry["asks"]) if "asks" in entry else None
    return Text(name, body, asks, values, fragments(filled))


def fill(name: str, values: Mapping[str, str]) -> str:
    """The text as the phone will show it. Accents that would be lost are taken off the values.

    Raises TextFaulty: an unknown template, a missing value, a value no phone could show, or too long a text.
    """
    text = texts().get(name)
    if text is None:
        raise TextFaulty(f"There is no text called {name}")
    missing = text.values - set(values)
    if missing:
        raise TextFaulty(f"{name}: {', '.join(sorted(missing))} is missing")
    body = text.body.format_map({value: plain(values[value]) for value in text.values})
    check(body)
    return body


def check(body: str) -> None:
    """TextFaulty, in words for whoever typed it, when a phone could not show `body`."""
    unshown = lost(body)
    if unshown:
        signs = " ".join(unshown[:10])
        raise TextFaulty(f"Text messages cannot carry these characters: {signs}")
    if len(plain(body)) > MOST_CHARACTERS:
        raise TextFaulty(f"Use {MOST_CHARACTERS} characters or fewer")


def subject_of(name: str) -> str:
    """The subject line where the message goes by e-mail."""
    return _SUBJECTS.get(name, "A message for you")
