"""Fixtures for all tests: one embedded PostgreSQL, a database per worker from a template, a clock that stands.

- `session`: a transaction that is rolled back at the end; requests by `client` inside the same test see it.
- `committed`: real commits (races, browser journeys); the tables are emptied afterwards.
- `clock`: Monday 11 January 2027, 10:00 in London; move it as you like.
- `as_role(Role.X, organisation)`: a browser-like client that is signed in; `api(Role.X)`: one with a key.
"""

import fcntl
import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

from hub.accounts import service as accounts_service
from hub.accounts.domain import NewOrganisation, NewUser, OrganisationKind
from hub.accounts.domain.places import Where
from hub.accounts.models import Organisation, UserAccount
from hub.accounts.reads import actor_of_user
from hub.accounts.service import passwords
from hub.core.clock import FixedClock
from hub.core.permissions import SYSTEM, Actor, Role
from hub.infra import db, embedded_postgres, migrations, sight, writes
from hub.infra.config import Environment, SecondFactor, Settings
from hub.infra.crypto import KeyRing
from hub.infra.vault import Vault, using_vault
from hub.learners.queries import TAKEN_IN
from tests.browser import browser, context, page  # noqa: F401 - fixtures for all journeys

NOW = datetime(2027, 1, 11, 10, 0, tzinfo=UTC)
NOTIFY_TOKEN = "test-callback-token"
TEST_KEYRING = KeyRing("k1", {"k1": b"1" * 32}, b"2" * 32, b"3" * 32)
TEMPLATE = "hub_template"
PASSWORD = "correct-horse-battery"


# A property is tried with the same examples on every machine, however slow it is: no run fails by chance. To look for
# others: `make test ARGS="tests/properties --hypothesis-profile=explore"`.
property_settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
property_settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
property_settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """One server for all workers of this run: its folder is named before the workers start."""
    if not hasattr(config, "workerinput"):
        os.environ["ESOL_TEST_POSTGRES"] = tempfile.mkdtemp(prefix="esol-hub-tests-")


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        folder = Path(os.environ.pop("ESOL_TEST_POSTGRES"))
        if (folder / "postgres").exists():
            embedded_postgres.destroy(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> embedded_postgres.EmbeddedServer:
    """The run's PostgreSQL, started by whoever needs it first."""
    return embedded_postgres.ensure_running(Path(os.environ["ESOL_TEST_POSTGRES"]), durable=False)


@pytest.fixture(scope="session")
def database(
    server: embedded_postgres.EmbeddedServer, worker_id: str
) -> Iterator[embedded_postgres.EmbeddedServer]:
    """This worker's own database, copied from a template that the first worker migrates."""
    with (Path(os.environ["ESOL_TEST_POSTGRES"]) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Path(lock.name).with_suffix(".made")
        if not made.exists():
            template = embedded_postgres.create_database(server, TEMPLATE)
            migrations.upgrade(template.owner_url)
            migrations.grant(template.owner_url, "hub_app")
            made.touch()
    name = f"test_{worker_id}"
    yield embedded_postgres.create_database(server, name, template=TEMPLATE)
    embedded_postgres.drop_database(server, name)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Hashing a password costs a thousandth of what it costs in service: tests make people by the hundred."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    passwords._hasher = lambda: quick


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """`gw0`, `gw1`, or `main` without xdist."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


def make_settings(folder: Path) -> Settings:
    return Settings(
        environment=Environment.TEST,
        data_dir=folder,
        base_url="http://127.0.0.1:8000",
        hub_name="Hackney ESOL Hub",
        allow_drama_numbers=True,
        notify_tokens=(NOTIFY_TOKEN,),
        log_level="WARNING",
        remember_seconds=0,
        second_factor=SecondFactor.OPTIONAL,
    )


@pytest.fixture(scope="session")
def engine(database: embedded_postgres.EmbeddedServer) -> Iterator[object]:
    made = db.make_engine(database.app_url, 12)
    yield made
    made.dispose()


@pytest.fixture
def hub(engine, settings: Settings, clock: FixedClock) -> Iterator[db.Runtime]:
    """The runtime of this test, with the real wiring."""
    from hub.wiring import DELIVERIES, REACTIONS

    made = db.Runtime(settings, engine, TEST_KEYRING, clock, REACTIONS, DELIVERIES)
    db.configure(made)
    token = db.current_actor_var.set(SYSTEM)
    yield made
    db.current_actor_var.reset(token)


class AtOnce(list):
    """For the long-lived `session` of a test: what a unit of work writes at its end is written at once."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def append(self, row) -> None:
        super().append(row)
        writes.write_now(self.session)


def _own_settings_again(sessions: sessionmaker, made: Session) -> None:
    """A request inside the test shares its connection: when it ends, row security hears of the test's actor again."""

    @event.listens_for(sessions, "after_transaction_end")
    def announce(session: Session, ended: SessionTransaction) -> None:
        if session is not made and ended.parent is None:
            sight.announce(made, made.connection())


class Forgetful(dict):
    """For the same: what a unit of work has in hand, a test that goes on after it has not."""

    def __setitem__(self, key, value) -> None:
        pass


@pytest.fixture
def session(hub: db.Runtime) -> Iterator[Session]:
    """A session whose work is rolled back at the end. Call `db.react(session)` to run the reactions now."""
    with hub.engine.connect() as connection:
        outer = connection.begin()
        hub.sessions = sessionmaker(
            bind=connection,
            class_=writes.HubSession,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        )
        hub.glances = hub.sessions
        with hub.sessions() as made, using_vault(Vault(made, hub.keyring)):
            made.info["hub_actor"] = SYSTEM
            made.info[writes.WAITING] = AtOnce(made)
            made.info[TAKEN_IN] = Forgetful()
            _own_settings_again(hub.sessions, made)
            if made.execute(text("SELECT 1 FROM postcode LIMIT 1")).first():
                made.execute(text("DELETE FROM postcode"))  # left by a journey: rolled back with the rest
            yield made
        outer.rollback()


@pytest.fixture
def committed(hub: db.Runtime, database: embedded_postgres.EmbeddedServer) -> Iterator[db.Runtime]:
    """Real commits: for races and browsers. All tables but the postcodes are emptied at the end."""
    yield hub
    empty(database.owner_url)


def empty(owner_url: str) -> None:
    """Empty all tables but the postcodes."""
    owner = create_engine(owner_url)
    with owner.begin() as connection:
        names = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        tables = ", ".join(f'"{t}"' for t in names if t not in {"postcode", "alembic_version"})
        connection.execute(text(f"TRUNCATE {tables} CASCADE"))
    owner.dispose()


_apps: dict[tuple[object, ...], Flask] = {}


@contextmanager
def shared_app(hub: db.Runtime, **changes: Any) -> Iterator[Flask]:
    """The application of this worker: made once, since making it costs more than most tests, and lent to one at a time.

    What it is made from tells one from another; whatever a test changes in its configuration is undone. A test that
    adds a view or a hook needs an application of its own (Flask refuses to change one that has answered).
    """
    from hub.app import create_app

    settings = hub.settings
    made_from = (settings.environment, settings.is_https, settings.proxies, hub.keyring.web_secret)
    if made_from not in _apps:
        made = _apps[made_from] = create_app(hub)
        folder = Path(os.environ["ESOL_TEST_POSTGRES"], "templates")
        folder.mkdir(exist_ok=True)
        made.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(folder))  # compiled once for all workers
    app = _apps[made_from]
    before = dict(app.config)
    app.config.update(changes)
    try:
        yield app
    finally:
        app.config.clear()
        app.config.update(before)


FOR_TESTS = {"TESTING": True, "WTF_CSRF_ENABLED": False}


@pytest.fixture
def app(hub: db.Runtime) -> Iterator[Flask]:
    with shared_app(hub, **FOR_TESTS) as made:
        yield made


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A visitor who is not signed in, inside this test's transaction."""
    return app.test_client()


Organise = Callable[..., Organisation]


@pytest.fixture
def organise(clock: FixedClock) -> Organise:
    """organise(session, "jobcentre", slug=None) -> the organisation, made once per slug."""

    def make(session: Session, kind: str = "hub", slug: str | None = None) -> Organisation:
        slug = slug or f"the-{kind}"
        known = session.query(Organisation).filter_by(slug=slug).first()
        new = NewOrganisation(slug, slug.replace("-", " ").title(), OrganisationKind(kind))
        return known or accounts_service.create_organisation(session, new, SYSTEM, clock)

    return make


_KIND_OF = {Role.REFERRER: "jobcentre", Role.PROVIDER: "provider"}


@pytest.fixture
def person(clock: FixedClock, organise: Organise) -> Callable[..., Actor]:
    """person(session, Role.REFERRER, organisation=None) -> the Actor of a member of staff."""

    def make(session: Session, role: Role, organisation: Organisation | None = None) -> Actor:
        organise(session, "hub")
        home = organisation or organise(session, _KIND_OF.get(role, "hub"))
        email = f"{role}@{home.slug}.example"
        user = session.query(UserAccount).filter_by(email=email).first()
        if user is None:
            new = NewUser(email, f"Robin {role.replace('_', ' ').title()}", home.id, role)
            user = accounts_service.create_user(session, new, PASSWORD, SYSTEM, clock)
        return actor_of_user(user)

    return make


@pytest.fixture
def as_role(app: Flask, session: Session, person, clock: FixedClock) -> Callable[..., FlaskClient]:
    """as_role(Role.ASSESSOR, organisation=None) -> a signed-in client; `.actor` says who."""

    def sign_in(role: Role, organisation: Organisation | None = None) -> FlaskClient:
        actor = person(session, role, organisation)
        signed = app.test_client()
        put_session(signed, session, actor, clock)
        signed.actor = actor  # type: ignore[attr-defined]
        return signed

    return sign_in


def put_session(client: FlaskClient, session: Session, actor: Actor, clock: FixedClock) -> None:
    assert actor.id is not None
    token = accounts_service.new_session(session, actor.id, Where("test"), clock)
    session.flush()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True


@pytest.fixture
def api(app: Flask, session: Session, organise: Organise, clock: FixedClock) -> Callable[..., FlaskClient]:
    """api(Role.REFERRER, organisation=None) -> a client that sends an API key; `.organisation_id` says whose."""

    def make(role: Role, organisation: Organisation | None = None) -> FlaskClient:
        organise(session, "hub")
        home = organisation or organise(session, _KIND_OF.get(role, "hub"))
        key = accounts_service.create_key(session, home.id, role, SYSTEM, clock)
        session.flush()
        keyed = app.test_client()
        keyed.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
        keyed.organisation_id = home.id  # type: ignore[attr-defined]
        return keyed

    return make


def uuid(number: int) -> UUID:
    """A readable id for tests."""
    return UUID(int=number)
