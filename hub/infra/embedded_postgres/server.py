"""The public verbs: ensure_running, stop, status, destroy and the databases for tests."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from psycopg import pq

from hub.infra.embedded_postgres import process, roles
from hub.infra.embedded_postgres.account import can_run
from hub.infra.embedded_postgres.binaries import copy_binaries, find_binaries
from hub.infra.embedded_postgres.cluster import ADMIN, make_cluster, require_same_major
from hub.infra.embedded_postgres.errors import EmbeddedPostgresError, plain_errors
from hub.infra.embedded_postgres.locking import exclusive
from hub.infra.embedded_postgres.passwords import Passwords, load_or_create
from hub.infra.embedded_postgres.place import (
    PORT,
    Place,
    choose_place,
    control_folder,
    make_control_folder,
    record_place,
    recorded_place,
)


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server. The addresses hold passwords, so repr leaves them out.

    `started_here`: this call started it, so this caller stops it; everybody else only uses it.
    """

    data_dir: Path
    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)
    admin_url: str = field(repr=False)
    pid: int
    started_here: bool


@dataclass(frozen=True)
class ServerStatus:
    """What `hub database status` shows; `cluster` is where the data is, None before the first start."""

    running: bool
    pid: int | None
    cluster: Path | None
    socket_dir: Path | None


def ensure_running(data_dir: Path, *, durable: bool = True) -> EmbeddedServer:
    """The server of this data folder, made and started if needed, else adopted as it runs.

    `durable=False` is for tests only: faster, but a power cut may destroy the data.
    Any number of processes may call this at once; exactly one gets `started_here`.
    EmbeddedPostgresError: it cannot run; the message says why and what to do.
    """
    bin_dir = find_binaries()
    control = make_control_folder(data_dir)
    with exclusive(control):
        place = _place(control, durable=durable)
        if place.cluster.exists():
            require_same_major(place)
        passwords = load_or_create(place.passwords, cluster=place.cluster)
        started_here = process.wait_while_changing(place) != pq.Ping.OK
        if started_here:
            place = _start(place, bin_dir, passwords, durable=durable)
        try:
            return _ready_server(data_dir, place, passwords, durable=durable, started_here=started_here)
        except BaseException:
            if started_here:  # nobody would hold it, so nobody would stop it
                process.stop(place, _runnable(place, bin_dir))
            raise


def _place(control: Path, *, durable: bool) -> Place:
    place = recorded_place(control)
    if place is None:
        place = choose_place(control, durable=durable)
        record_place(place)
    return place


def _start(place: Place, bin_dir: Path, passwords: Passwords, *, durable: bool) -> Place:
    bin_dir = _runnable(place, bin_dir)
    if not place.cluster.exists():
        make_cluster(place, bin_dir, passwords, durable=durable)
    return process.start(place, bin_dir, durable=durable)


def _runnable(place: Place, bin_dir: Path) -> Path:
    if place.account.is_other and not can_run(place.account, bin_dir):
        return copy_binaries(place.home)
    return bin_dir


def _ready_server(
    data_dir: Path, place: Place, passwords: Passwords, *, durable: bool, started_here: bool
) -> EmbeddedServer:
    server = EmbeddedServer(
        data_dir=data_dir.resolve(),
        owner_url=_url(place, roles.OWNER, passwords.hub_owner, roles.DATABASE),
        app_url=_url(place, roles.APP, passwords.hub_app, roles.DATABASE),
        admin_url=_url(place, ADMIN, passwords.hub_admin, "postgres"),
        pid=process.server_pid(place) or 0,
        started_here=started_here,
    )
    roles.prepare(server.admin_url, passwords, place.cluster, durable=durable)
    return server


def _url(place: Place, role: str, password: str, database: str) -> str:
    # Passwords are URL-safe by their making, socket folders by the choice of their path.
    return f"postgresql+psycopg://{role}:{password}@/{database}?host={place.socket_dir}&port={PORT}"


@contextmanager
def running(data_dir: Path, *, durable: bool = True) -> Iterator[EmbeddedServer]:
    """The server for the length of a block; stopped at its end only if this block started it."""
    server = ensure_running(data_dir, durable=durable)
    try:
        yield server
    finally:
        if server.started_here:
            stop(data_dir)


def stop(data_dir: Path) -> bool:
    """Stop the server of this data folder, ending its connections; False if none was running.

    For the one who started it (`started_here`) or a person's explicit command; adopters must not call it.
    """
    control = control_folder(data_dir)
    if not control.is_dir():
        return False
    with exclusive(control):
        place = recorded_place(control)
        return place is not None and process.stop(place, _runnable(place, find_binaries()))


def status(data_dir: Path) -> ServerStatus:
    """Whether the server runs and where its data is. Changes nothing."""
    place = recorded_place(control_folder(data_dir))
    if place is None:
        return ServerStatus(running=False, pid=None, cluster=None, socket_dir=None)
    up = process.ping(place) == pq.Ping.OK
    pid = process.server_pid(place) if up else None
    return ServerStatus(running=up, pid=pid, cluster=place.cluster, socket_dir=place.socket_dir)


def destroy(data_dir: Path) -> None:
    """Stop the server and delete its data, passwords and folders for ever. For tests and the demo."""
    control = control_folder(data_dir)
    if not control.is_dir():
        return
    with exclusive(control):
        place = recorded_place(control)
        if place is not None:
            process.stop(place, _runnable(place, find_binaries()))
            with plain_errors(place.home):
                _delete(place)
    with plain_errors(control):
        shutil.rmtree(control)


def _delete(place: Place) -> None:
    if place.socket_dir is not None and place.socket_dir.is_dir():
        shutil.rmtree(place.socket_dir)
    if place.home != place.control and place.home.is_dir():
        shutil.rmtree(place.home)


def create_database(server: EmbeddedServer, name: str, template: str | None = None) -> EmbeddedServer:
    """Make a database owned by `hub_owner`, empty or copied from `template`; the server seen through it.

    EmbeddedPostgresError: it exists already, or somebody is connected to the template.
    """
    roles.create_database(server.admin_url, name, template)
    return for_database(server, name)


def drop_database(server: EmbeddedServer, name: str) -> None:
    """Remove a database, ending its connections; one that does not exist is no error."""
    if name in {roles.DATABASE, "postgres", "template0", "template1"}:
        raise EmbeddedPostgresError(f"The database {name} belongs to the server and is not dropped.")
    roles.drop_database(server.admin_url, name)


def for_database(server: EmbeddedServer, name: str) -> EmbeddedServer:
    """The same server with owner and application addresses of another of its databases."""
    owner_url, app_url = (
        re.sub(r"@/[^?]*\?", lambda _: f"@/{quote(name, safe='')}?", url)
        for url in (server.owner_url, server.app_url)
    )
    return replace(server, owner_url=owner_url, app_url=app_url)
