"""Runs the stand-in as a process: one threaded server and one courier."""

import logging

import click
from werkzeug.serving import make_server

from hub.fake_notify.app import create_app, state_of
from hub.fake_notify.courier import Courier
from hub.fake_notify.settings import FakeSettings


def serve(port: int, settings: FakeSettings) -> None:
    """Serve until interrupted. Listens on the loopback address only: it has no sign-in."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app = create_app(settings)
    try:
        server = make_server("127.0.0.1", port, app, threaded=True)
    except (OSError, SystemExit):
        raise click.ClickException(f"Port {port} is in use. Choose another with --port.") from None
    courier = Courier(state_of(app))
    if settings.hub_url:
        courier.start()
    click.echo(f"Phones: http://127.0.0.1:{port}/  (texts and e-mails the hub sends; answer from there)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("Stopped.")
    finally:
        server.server_close()
        if settings.hub_url:
            courier.stop()
