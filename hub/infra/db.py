"""The database: base class, the one `commit` of the program, events drained before it.

One unit of work is one `transaction()`. Services add and flush and `record` events; the handlers that
`hub.wiring` installed run in the same transaction, first in first out, before the commit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from time import monotonic
from typing import Any, ClassVar, cast
from uuid import UUID

import psycopg
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import DateTime, Engine, Enum, MetaData, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError, IntegrityError, OperationalError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    SessionTransaction,
    declared_attr,
    mapped_column,
    sessionmaker,
)
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry

from hub.core.clock import Clock, SystemClock
from hub.core.errors import Conflict, Unavailable
from hub.core.events import Event
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM, Actor
from hub.infra.columns import Sealed, sealed_column
from hub.infra.config import Settings
from hub.infra.crypto import KeyRing
from hub.infra.gathering import GATHERED, act_now
from hub.infra.sight import ACTOR, actor_of, go_on_as_the_hub
from hub.infra.vault import Vault, using_vault
from hub.infra.writes import WAITING, HubSession, write_now

type_annotations = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB, list[str]: JSONB}


class Base(DeclarativeBase):
    """Base of all rows. Ids are made here, by the client, so that a row knows itself before it is stored."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = type_annotations

    def __init_subclass__(cls, **options: Any) -> None:
        for name, value in list(vars(cls).items()):
            if isinstance(value, Sealed):
                setattr(cls, f"{name}_sealed", sealed_column())
        super().__init_subclass__(**options)

    def __init__(self, **values: Any) -> None:
        # Sealing binds a value to its row and subject, so these two must be there before the others.
        if "id" in self.__mapper__.columns and "id" not in values:
            values["id"] = new_id()
        kind = type(self)
        for name in dict.fromkeys(("id", "subject_id", *values)):
            if name not in values:
                continue
            if not hasattr(kind, name):
                raise TypeError(f"{kind.__name__} has no {name}")
            setattr(self, name, values[name])


class Identified:
    """A row with a client-made UUID (version 7)."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-10)


class Versioned:
    """A row whose every update must start from the version that was read; a stale one is a Conflict."""

    version: Mapped[int] = mapped_column()

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy calls it with the class
        return {"version_id_col": cls.version}


def enum_column(enum: type[StrEnum], *, check: str | None = None, **options: Any) -> Mapped[Any]:
    """A StrEnum stored as text with a named check of its values.

    `check` names the check where a table has two columns of one kind.
    """
    kind = Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        name=check or _snake(enum.__name__),
        values_callable=lambda members: [member.value for member in members],
        length=40,
    )
    return mapped_column(kind, **options)


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


Handler = Callable[[Session, Any, Actor, Clock], None]


@dataclass(slots=True)
class Runtime:
    """What one process needs to work: made once at start, replaced only by tests."""

    settings: Settings
    engine: Engine
    keyring: KeyRing
    clock: Clock = field(default_factory=SystemClock)
    reactions: Mapping[type[Event], Sequence[Handler]] = field(default_factory=dict)
    deliveries: Mapping[str, Any] = field(default_factory=dict)
    memory: dict[str, tuple[float, Any]] = field(default_factory=dict)
    sessions: sessionmaker[Session] = field(init=False)
    glances: sessionmaker[Session] = field(init=False)

    def __post_init__(self) -> None:
        self.sessions = sessionmaker(self.engine, class_=HubSession, expire_on_commit=False, autoflush=True)
        self.glances = sessionmaker(self.engine.execution_options(isolation_level="AUTOCOMMIT"))


_runtime: list[Runtime] = []
_open_session: ContextVar[Session | None] = ContextVar("open_session", default=None)
current_actor_var: ContextVar[Actor] = ContextVar("current_actor", default=SYSTEM)

_MOST_EVENTS = 10_000
_IDLE_SECONDS = 20.0
_EVENTS, _MARKS, _TOLD = "hub_events", "hub_marks", "hub_told"


def configure(new: Runtime) -> None:
    """Install the runtime of this process."""
    _runtime[:] = [new]


def runtime() -> Runtime:
    """The runtime of this process; RuntimeError before `configure`."""
    if not _runtime:
        raise RuntimeError("The hub is not configured: call hub.infra.start first")
    return _runtime[0]


def make_engine(url: str, pool_size: int, *, fast_commits: bool = False) -> Engine:
    """An engine whose errors never show parameters, with limits so that no request hangs for ever."""
    commits = " -c synchronous_commit=off" if fast_commits else ""
    options = f"-c timezone=UTC -c lock_timeout=10s -c statement_timeout=120s{commits}"
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=2,
        hide_parameters=True,
        connect_args={"options": options, "connect_timeout": 5},
    )
    event.listen(engine, "connect", _send_lists_as_bytes)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _ask_after_idling)
    return engine


def _send_lists_as_bytes(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Lists go to the server in its binary form: escaping a list of hashes as text took a twelfth of an intake."""
    cast("psycopg.Connection[Any]", connection).adapters.register_dumper(list, ListBinaryDumper)


def _note_use(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = monotonic()


def _ask_after_idling(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
    """A connection that idled may have lost its server: ask it once, and let the pool make another."""
    if monotonic() - record.info.get("used_at", monotonic()) < _IDLE_SECONDS:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error


@contextmanager
def transaction(actor: Actor | None = None) -> Iterator[Session]:
    """One unit of work, committed once at its end. Inside another one it joins that one.

    Raises Conflict when another transaction changed the same row first or broke a unique rule, and
    Unavailable when the database cannot be reached.
    """
    outer = _open_session.get()
    if outer is not None:
        yield outer
        return
    with runtime().sessions() as session:
        session.info[ACTOR] = actor or current_actor_var.get()
        token = _open_session.set(session)
        try:
            with using_vault(Vault(session, runtime().keyring)), _plain_errors(session.info):
                yield session
                session.flush()
                go_on_as_the_hub(session)
                _drain(session)
                session.commit()
        finally:
            _open_session.reset(token)


@contextmanager
def glance() -> Iterator[Session]:
    """A look at a row outside any unit of work: one exchange with the server, where a transaction takes three."""
    outer = _open_session.get()
    if outer is not None:
        yield outer
        return
    with runtime().glances() as session, _plain_errors():
        yield session


@contextmanager
def _plain_errors(about: Mapping[Any, Any] | None = None) -> Iterator[None]:
    """Errors as people are told them; `about`: the session's notes, with the words of `when_broken`."""
    try:
        yield
    except StaleDataError as error:
        raise Conflict("Somebody else changed this first. Look at it again.", code="stale") from error
    except IntegrityError as error:
        broken = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if told := (about or {}).get(_TOLD, {}).get(broken):
            raise told from error
        raise Conflict("This is already there, or has just been done.", code="already_there") from error
    except OperationalError as error:
        raise Unavailable("The database cannot be reached just now. Try again in a minute.") from error


def when_broken(session: Session, constraint: str, told: Conflict) -> None:
    """What to tell whoever breaks this unique rule in this unit of work, which is found out when it is written."""
    session.info.setdefault(_TOLD, {})[constraint] = told


def record(session: Session, happened: Event) -> None:
    """Tell the other slices, in this transaction, what has happened."""
    session.info.setdefault(_EVENTS, []).append(happened)


def react(session: Session) -> None:
    """Run the handlers of the events recorded so far, now, and finish what they gathered: for tests."""
    _drain(session)


def handle(session: Session) -> None:
    """Run the handlers of the events recorded so far; what they gather waits: for long simulations."""
    events: list[Event] = session.info.setdefault(_EVENTS, [])
    handlers = runtime().reactions
    done = 0
    session.flush()
    while events:
        happened = events.pop(0)
        for handler in handlers.get(type(happened), ()):
            handler(session, happened, actor_of(session), runtime().clock)
        session.flush()
        done += 1
        if done > _MOST_EVENTS:
            raise RuntimeError("Events cause each other without end")


def _drain(session: Session) -> None:
    handle(session)
    while act_now(session):
        handle(session)
    write_now(session)


@event.listens_for(Session, "after_transaction_create")
def _mark_savepoint(session: Session, made: SessionTransaction) -> None:
    """What is recorded inside a savepoint goes with it when it is rolled back."""
    if made.nested:
        marks = {name: len(session.info.get(name, ())) for name in (_EVENTS, WAITING, GATHERED)}
        session.info.setdefault(_MARKS, {})[made] = marks


@event.listens_for(Session, "after_soft_rollback")
def _forget_recorded(session: Session, previous: SessionTransaction) -> None:
    marks = session.info.get(_MARKS, {}).pop(previous, {}) if previous.nested else {}
    for name in (_EVENTS, WAITING, GATHERED):
        del session.info.get(name, [])[marks.get(name, 0) :]
