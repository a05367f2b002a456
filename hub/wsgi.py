"""For web servers: `gunicorn 'hub.wsgi:make()'`."""

import gc

from flask import Flask

from hub.app import create_app
from hub.infra import start
from hub.wiring import DELIVERIES, REACTIONS

_COLLECT_AFTER = 20_000


def make() -> Flask:
    """The application of this process, with its own database connections."""
    made = create_app(start.start(REACTIONS, DELIVERIES))
    _spare_the_collector()
    return made


def _spare_the_collector() -> None:
    """What was loaded by now stays for good: looking through it for rubbish took a twelfth of every request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
