"""The codes of a round in words that can be read out to a learner."""

import re
from datetime import date

from hub.core.levels import Level
from hub.core.slots import SLOTS, slot_label
from hub.core.wording import short_date

_NEEDS = {
    "childcare": "childcare",
    "step_free": "a way in without steps",
    "women_only": "a class for women only",
    "in_person": "a class in person",
}
_POTS = {
    "asf": "public funding",
    "tailored": "a local grant",
    "charity": "a charity",
    "resettlement": "a resettlement scheme",
    "self": "yourself",
}
_WORDS = (
    {slot: slot_label(slot) for slot in SLOTS}
    | {level.value: level.label for level in Level}
    | _NEEDS
    | _POTS
)
_GROUPS = {
    "adult": "people aged 19 or over",
    "woman": "women",
    "device": "people with a phone, tablet or computer",
}
_CODE = re.compile(r"\d{4}-\d\d-\d\d|[A-Za-z][A-Za-z0-9_-]*")


def in_words(text: str) -> str:
    """`E1, mon-am` as `Entry 1 (A1), Monday morning`; what is no code stays as it is."""
    return _CODE.sub(lambda found: _word(found[0]), text)


def _word(code: str) -> str:
    return short_date(date.fromisoformat(code)) if code[0].isdigit() else _WORDS.get(code, code)


def groups_missing(required: str, held: str) -> str:
    """Whom a class is for, as far as the learner is none of them: `women and people aged 19 or over`."""
    has = set(held.split(", "))
    return " and ".join(_group(code) for code in required.split(", ") if code not in has)


def _group(code: str) -> str:
    strand = code.removeprefix("strand:")
    known = f"people who wait for a {strand} class" if strand != code else code.replace("_", " ")
    return _GROUPS.get(code, known)
