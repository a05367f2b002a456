"""A visit: the time after the date of birth was right, on this browser, for this one link."""

import hashlib
import hmac
from datetime import timedelta

import flask

from hub.core.clock import Clock

IDLE = timedelta(minutes=30)
_KEY, _LANGUAGE = "learner_link", "learner_language"


def begin_visit(token: str, clock: Clock, language: str | None) -> None:
    """Remember in the signed cookie that this browser may read this link's pages. Nothing personal in it."""
    flask.session[_KEY] = [_mark(token), clock.now().timestamp()]
    if language and _LANGUAGE not in flask.session:
        flask.session[_LANGUAGE] = language


def is_visiting(token: str, clock: Clock) -> bool:
    """Whether the date of birth was given for this link, and the page was used within half an hour."""
    mark, last = flask.session.get(_KEY, ["", 0.0])
    if not hmac.compare_digest(mark, _mark(token)) or clock.now().timestamp() - last > IDLE.total_seconds():
        return False
    flask.session[_KEY] = [mark, clock.now().timestamp()]
    return True


def end_visit() -> None:
    """Forget the visit, on a phone that others use too."""
    flask.session.pop(_KEY, None)


def chosen_language() -> str | None:
    """The language chosen in this browser."""
    return flask.session.get(_LANGUAGE)


def choose_language(code: str) -> None:
    """Remember a language for the next pages."""
    flask.session[_LANGUAGE] = code


def _mark(token: str) -> str:
    return hashlib.sha256(b"visit:" + token.encode()).hexdigest()[:32]
