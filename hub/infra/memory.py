"""What hardly ever changes, remembered: for the unit of work, and by the process for a few seconds.

Clocks, reasons, wording and the hub's own organisation are asked in nearly every unit of work. A change made by this
process counts at once; one made by another process after HUB_REMEMBER_SECONDS at most.
"""

from collections.abc import Callable
from time import monotonic
from typing import TypeVar, cast

from sqlalchemy.orm import Session

from hub.infra.db import runtime

T = TypeVar("T")
_CHANGED = "hub_changed_here"


def remembered(session: Session, name: str, load: Callable[[Session], T], *, times: int = 1) -> T:
    """What `load` finds; never an older answer than this unit of work's own changes.

    `times`: for how many times HUB_REMEMBER_SECONDS the process keeps what changes a few times a year.
    """
    if name not in session.info:
        session.info[name] = _of_process(session, name, load, times)
    return cast(T, session.info[name])


def forget(session: Session, name: str) -> None:
    """This unit of work changes it: read it anew from here on, and tell nobody before the commit."""
    session.info.pop(name, None)
    session.info.setdefault(_CHANGED, set()).add(name)
    runtime().memory.pop(name, None)


def _of_process(session: Session, name: str, load: Callable[[Session], T], times: int) -> T:
    memory, seconds = runtime().memory, runtime().settings.remember_seconds * times
    if not seconds or name in session.info.get(_CHANGED, ()):
        return load(session)
    until, value = memory.get(name, (0.0, None))
    if until < monotonic():
        value = load(session)
        memory[name] = monotonic() + seconds, value
    return cast(T, value)
