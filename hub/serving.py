"""Serving with gunicorn: several processes, each with its own runtime; scheduler and worker beside them if asked."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from hub.core.errors import HubError
from hub.infra import embedded_postgres
from hub.infra.config import Settings
from hub.infra.db import runtime

OPTIONS: dict[str, Any] = {
    "worker_class": "gthread",
    "threads": 4,
    "backlog": 256,
    "timeout": 60,
    "graceful_timeout": 30,
    "max_requests": 20_000,
    "max_requests_jitter": 2_000,
    "loglevel": "warning",
    "control_socket_disable": True,
}
"""What `hub serve` and deploy/gunicorn.conf.py have in common."""


class _Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from hub.wsgi import make  # noqa: PLC0415 - loaded by `serve`, called after the fork

        return make()

    def run(self) -> None:
        """A web process is a fork in the middle of this call: it ends here, and never runs the ends of the blocks
        around it, which stop the database and the companions and belong to the first process alone."""
        supervisor = os.getpid()
        try:
            super().run()
        except SystemExit as done:
            if os.getpid() != supervisor:
                sys.stderr.flush()
                os._exit(done.code if isinstance(done.code, int) else 1)
            raise


def listen(host: str, port: int) -> socket.socket:
    """The socket to serve on, taken before anything is started. HubError when another program has the port."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.create_server(address[:2], family=family, backlog=OPTIONS["backlog"])
    except OSError as error:
        raise HubError(_no_port(host, port, error)) from None
    made.set_inheritable(True)
    return made


def _no_port(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Stop that one, or choose another port with --port."
    if error.errno == errno.EACCES:
        return f"This account may not use port {port}. Choose one above 1023 with --port."
    return f"Cannot serve on {host} port {port}: {error.strerror or error}."


def serve(place: socket.socket, workers: int, *, with_scheduler: bool) -> None:
    """Serve on the socket until stopped. The program is loaded before the web processes are made of this one."""
    import_module("hub.wsgi")
    runtime().engine.dispose()
    with _companions(with_scheduler):
        _Server({**OPTIONS, "bind": f"fd://{place.detach()}", "workers": workers}).run()


@contextmanager
def database(settings: Settings) -> Iterator[None]:
    """The embedded database where no other is set, stopped at the end by the one who started it."""
    if settings.database_url is not None:
        yield
        return
    with embedded_postgres.running(settings.data_dir):
        yield


@contextmanager
def _companions(wanted: bool) -> Iterator[None]:
    commands = ("scheduler", "worker") if wanted else ()
    started = [subprocess.Popen([sys.executable, "-m", "hub", name]) for name in commands]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=35)
