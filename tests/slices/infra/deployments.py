"""A deployment for tests of commands and processes: a migrated database, a key file, settings of its own."""

import contextlib
import io
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from unittest import mock

import psycopg
import pytest
from sqlalchemy import make_url

from hub.core.ids import new_id
from hub.infra import db, embedded_postgres
from hub.infra.crypto import make_keyring, save_keyring
from hub.infra.rows import OWNER_OPTIONS
from tests.conftest import TEMPLATE

REPOSITORY = Path(__file__).parents[3]


@dataclass
class Deployment:
    """Where it is, and how to run the `hub` command on it."""

    data_dir: Path
    app_url: str
    owner_url: str

    @property
    def key_file(self) -> Path:
        return self.data_dir / "keys.json"

    def environment(self, **changes: str | None) -> dict[str, str]:
        """What the process sees: nothing of HUB_* but this deployment's, with changes; None leaves one out."""
        ours: dict[str, str | None] = {
            "HUB_ENVIRONMENT": "test",
            "HUB_DATA_DIR": str(self.data_dir),
            "HUB_KEY_FILE": str(self.key_file),
            "HUB_DATABASE_URL": self.app_url,
            "HUB_DATABASE_OWNER_URL": self.owner_url,
            **changes,
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        return others | {name: value for name, value in ours.items() if value is not None}

    def hub(self, *words: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
        """Run the command's own entry point in this process, which takes a tenth of the time of another one."""
        from hub.cli import main

        out, err = io.StringIO(), io.StringIO()
        status = 0
        with (
            _undisturbed(),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.dict(os.environ, self.environment(**changes), clear=True),
            mock.patch.object(sys, "argv", ["hub", *words]),
            mock.patch("hub.serving.serve", side_effect=AssertionError("it serves")),
            mock.patch("hub.worker.run", side_effect=AssertionError("it works")),
            mock.patch("hub.scheduler.run", side_effect=AssertionError("it leads")),
        ):
            try:
                main()
            except SystemExit as done:
                status = done.code if isinstance(done.code, int) else 1
        return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())

    def start(self, *command: str, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a real process that writes to `output`."""
        return subprocess.Popen(
            [sys.executable, *command], cwd=REPOSITORY, env=self.environment(), stdout=output, stderr=output
        )

    def sql(self, *statements: str, owner: bool = True) -> list[tuple[object, ...]]:
        """Run statements as the owner, or as the program; the rows of the last one."""
        url = make_url(self.owner_url if owner else self.app_url).set(drivername="postgresql")
        address, options = url.render_as_string(hide_password=False), OWNER_OPTIONS if owner else ""
        with psycopg.connect(address, autocommit=True, options=options) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """The command sets up a process: put back what it changed of this one."""
    before, root = list(db._runtime), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    db._runtime.clear()
    try:
        yield
    finally:
        for made in db._runtime:
            made.engine.dispose()
        db._runtime[:] = before
        root.handlers[:], root.level = handlers, level


@pytest.fixture
def deployment(
    server: embedded_postgres.EmbeddedServer, database: embedded_postgres.EmbeddedServer, tmp_path: Path
) -> Iterator[Deployment]:
    """A deployment with all tables, empty; `database` made the template it is copied from."""
    name = f"deployment_{new_id().hex}"
    made = embedded_postgres.create_database(server, name, template=TEMPLATE)
    here = Deployment(tmp_path, made.app_url, made.owner_url)
    save_keyring(make_keyring(), here.key_file)
    with _undisturbed():
        yield here
    embedded_postgres.drop_database(server, name)


def free_port() -> int:
    """A port below 32768, where no outgoing connection can be given the same one; each test worker has its own eight."""
    first = 20_000 + os.getpid() % 1_500 * 8
    for port in (*range(first, first + 8), *range(20_000, 32_000)):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")
