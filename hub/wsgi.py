"""For web servers: `gunicorn 'hub.wsgi:make()'`."""

from flask import Flask

from hub.app import create_app
from hub.infra import start
from hub.infra.collector import spare_the_collector
from hub.wiring import DELIVERIES, REACTIONS


def make() -> Flask:
    """The application of this process, with its own database connections."""
    made = create_app(start.start(REACTIONS, DELIVERIES))
    spare_the_collector()
    return made
