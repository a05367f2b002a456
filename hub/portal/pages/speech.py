"""The learner's own pages in the learner's language."""

from collections.abc import Mapping
from typing import Any

from flask import request, url_for

from hub.core.wordbook import FALLBACK
from hub.portal import domain
from hub.provision.reads import EsolClassView
from hub.ui.speech import Speech, spoken

_STEPS = ("step_form", "step_meeting", "step_list", "step_class")


def speech() -> Speech:
    """The words of this request's language."""
    return spoken(domain.BOOK)


def context(token: str) -> Mapping[str, Any]:
    """What every page behind a link needs."""
    said = speech()
    endpoint = request.endpoint if request.method == "GET" and request.endpoint else "portal.enter"
    return said.context(lambda code: url_for(endpoint, token=token, lang=code)) | {
        "moment": said.moment,
        "class_times": lambda found: class_times(said, found),
        "cost": lambda found: cost(said, found),
        "step_words": [said.plain(key) for key in _STEPS],
    }


def class_times(said: Speech, found: EsolClassView) -> list[str]:
    """Each meeting of a week: day and hours."""
    if said.code == FALLBACK:
        return [found.when]
    names = said.day_names()
    return [
        f"{names[one.weekday]} \u2066{one.starts_at:%H:%M}\u2013{one.ends_at:%H:%M}\u2069"
        for one in found.meetings
    ]


def cost(said: Speech, found: EsolClassView) -> str:
    """What a class costs."""
    if found.fee_pence == 0:
        return said.plain("free")
    return said.say("cost_less", fee=found.fee) if found.others_may_pay else found.fee
