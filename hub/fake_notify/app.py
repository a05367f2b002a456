"""The application: Notify's endpoints, the page of phones, and the buttons that make it misbehave."""

from flask import Flask, Response

from hub.core.clock import Clock, SystemClock
from hub.fake_notify import endpoints, phones
from hub.fake_notify.settings import FakeSettings
from hub.fake_notify.store import FakeNotify


def create_app(settings: FakeSettings | None = None, clock: Clock | None = None) -> Flask:
    """The stand-in as a WSGI application; its state is `state_of(app)`. Starts no thread (see `Courier`)."""
    app = Flask("hub.fake_notify", static_folder="static/fake_notify", static_url_path="/static")
    app.extensions[endpoints.EXTENSION] = FakeNotify(settings or FakeSettings(), clock or SystemClock())
    app.register_blueprint(endpoints.blueprint)
    app.register_blueprint(phones.blueprint)
    app.after_request(_close_the_page)
    return app


def state_of(app: Flask) -> FakeNotify:
    """What the stand-in of `app` remembers."""
    found: FakeNotify = app.extensions[endpoints.EXTENSION]
    return found


def _close_the_page(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
