"""Serving with gunicorn: several processes, each with its own runtime; scheduler and worker beside them if asked."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from hub.infra import embedded_postgres
from hub.infra.db import runtime


class _Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from hub.wsgi import make  # noqa: PLC0415 - in the child, after the fork

        return make()


def serve(host: str, port: int, workers: int, *, with_scheduler: bool) -> None:
    """Serve until stopped. A small embedded database is started and stopped with it."""
    settings = runtime().settings
    runtime().engine.dispose()
    with _database(settings.data_dir, needed=settings.database_url is None), _companions(with_scheduler):
        _Server(
            {
                "bind": f"{host}:{port}",
                "workers": workers,
                "worker_class": "gthread",
                "threads": 4,
                "graceful_timeout": 30,
                "max_requests": 20_000,
                "max_requests_jitter": 2_000,
                "loglevel": "warning",
                "control_socket_disable": True,
            }
        ).run()


@contextmanager
def _database(data_dir: Any, *, needed: bool) -> Iterator[None]:
    if not needed:
        yield
        return
    with embedded_postgres.running(data_dir):
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
