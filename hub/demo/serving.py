"""Serving the demo: its database, its borough, its processes, and what to tell the person who started it."""

import os
import threading
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import click

from hub.core.clock import FixedClock, SystemClock
from hub.core.errors import HubError
from hub.core.permissions import SYSTEM
from hub.demo import database, supervisor
from hub.demo.database import Standing
from hub.demo.sign_ins import PASSWORD, password_hint, sign_ins
from hub.infra import embedded_postgres, logs, start
from hub.infra.config import Settings, load_settings
from hub.infra.db import Runtime, configure, make_engine, runtime, transaction
from hub.infra.embedded_postgres import EmbeddedServer

TOKEN = "demo-callback-token"  # noqa: S105 - of the stand-in, which listens on this machine only


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for."""

    learners: int
    days: int
    port: int
    seed: str
    fresh: bool

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def phones(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"


def serve(wish: Wish) -> None:
    """Build what is not there, serve until Ctrl-C, stop everything. HubError in one clear line."""
    settings = settings_for(wish)
    logs.set_up(settings.log_level)
    supervisor.require_free([wish.port, wish.port + 1])
    with supervisor.stop_signals() as stopping:
        if wish.fresh:
            database.start_over(settings.data_dir)
        server = _database(settings.data_dir)
        try:
            _serve(server, settings, wish, stopping)
        finally:
            if server.started_here:
                embedded_postgres.stop(settings.data_dir)
    click.echo("Stopped. The data is kept: start again with the same command.")


def settings_for(wish: Wish) -> Settings:
    """Settings of the demo; those of the environment that would lead it to a real hub are refused."""
    real = [name for name in ("HUB_DATABASE_URL", "HUB_NOTIFY_KEY", "HUB_KEY_FILE") if os.environ.get(name)]
    if real:
        raise HubError(f"The demo uses a database and keys of its own: unset {real[0]} to run it.")
    return load_settings({**os.environ, **environment(wish)})


def environment(wish: Wish) -> dict[str, str]:
    """What the demo's processes are told."""
    return {
        "HUB_ENVIRONMENT": "demo",
        "HUB_DATA_DIR": str(Path(os.environ.get("HUB_DATA_DIR", "var")).resolve()),
        "HUB_BASE_URL": wish.address,
        "HUB_HUB_NAME": "Hackney ESOL Hub",
        "HUB_NOTIFY_URL": wish.phones,
        "HUB_NOTIFY_TOKENS": TOKEN,
        "HUB_ALLOW_DRAMA_NUMBERS": "1",
        "HUB_FAST_COMMITS": "1",
        "HUB_LOG_LEVEL": "WARNING",
    }


def _database(data_dir: Path) -> EmbeddedServer:
    """The running server; a borough that was not finished is thrown away first."""
    server = embedded_postgres.ensure_running(data_dir)
    found = database.standing(server.owner_url)
    if found in {Standing.EMPTY, Standing.READY}:
        return server
    if server.started_here:
        embedded_postgres.stop(data_dir)
    database.require_own(found, data_dir)
    database.start_over(data_dir)
    return embedded_postgres.ensure_running(data_dir)


def _serve(server: EmbeddedServer, settings: Settings, wish: Wish, stopping: threading.Event) -> None:
    ready = database.standing(server.owner_url) is Standing.READY
    database.migrate(server)
    keyring = start.keyring_for(settings)
    engine = make_engine(server.app_url, settings.pool_size, fast_commits=True)
    configure(Runtime(settings, engine, keyring))
    try:
        if not ready:
            _build(server, wish, stopping)
        with transaction(SYSTEM) as session:
            people = sign_ins(session)
    finally:
        engine.dispose()
    if not stopping.is_set():
        _run(wish, people, stopping)


def _build(server: EmbeddedServer, wish: Wish, stopping: threading.Event) -> None:
    """Everything that only this needs is imported here, so that a second start does not wait for it."""
    from hub.demo.build import Plan, build_until_now  # noqa: PLC0415
    from hub.wiring import DELIVERIES, REACTIONS  # noqa: PLC0415

    click.echo(f"Building the demo borough: {wish.days} days of work with {wish.learners:,} learners ...")
    began, before = time.monotonic(), runtime()
    database.mark(server.owner_url, Standing.BUILDING)
    database.import_postcodes()
    clock = FixedClock(SystemClock().now())
    today = clock.today()
    plan = Plan(wish.learners, today - timedelta(days=wish.days), today, wish.seed)
    configure(Runtime(before.settings, before.engine, before.keyring, clock, REACTIONS, DELIVERIES))
    build_until_now(plan, clock, _progress(stopping))
    configure(before)
    database.mark(server.owner_url, Standing.READY)
    click.echo(f"Built in {time.monotonic() - began:.0f} seconds.")


class Interrupted(HubError):
    """Somebody stopped the demo while it was being built."""


def _progress(stopping: threading.Event):  # type: ignore[no-untyped-def] # a closure of one day
    def tell(day: date) -> None:
        if stopping.is_set():
            raise Interrupted("Stopped while building; the next start begins anew.")
        if day.day == 1:
            click.echo(f"  {day:%B %Y}")

    return tell


def _run(wish: Wish, people: list[tuple[str, str, str]], stopping: threading.Event) -> None:
    kept = str(Path(environment(wish)["HUB_DATA_DIR"]) / "demo" / "phones.jsonl")
    commands = {
        "phones": ["fake-notify", "--port", str(wish.port + 1), "--hub-url", wish.address, "--keep", kept],
        "web server": ["serve", "--port", str(wish.port)],
        "scheduler": ["scheduler"],
        "delivery worker": ["worker"],
    }
    with supervisor.children(commands, environment(wish)) as started:
        supervisor.wait_until_ready([f"{wish.address}/healthz", wish.phones], started)
        click.echo(words(wish, people))
        supervisor.watch(started, stopping)


def words(wish: Wish, people: list[tuple[str, str, str]]) -> str:
    """What the person who started it needs to know."""
    return (
        f"\nThe demo borough is ready.\n\n  Hub       {wish.address}\n  Phones    {wish.phones}"
        "   (every text and e-mail; answer as a learner from there)\n\n"
        f"Sign in with the password  {PASSWORD}\n\n{password_hint(people)}\n\nCtrl-C stops everything."
    )
