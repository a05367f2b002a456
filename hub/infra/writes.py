"""New rows wait in the unit of work and go to the server together, in one exchange.

A busy front door is made of such rows: one referral is some twenty of them. The ORM's unit of work would send them
one by one, each with its own answer to wait for; here they are sent in order, parents before children, through one
pipeline of the driver, each by a statement that was composed once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import psycopg
from sqlalchemy import Dialect, MetaData, Table, event
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapper,
    ORMExecuteState,
    Session,
    SessionTransaction,
    UOWTransaction,
    make_transient_to_detached,
)
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from hub.infra.gathering import act_now

Values = Mapping[str, Any]
WAITING = "hub_waiting"

REFERENCE = {"reference_data": True}
"""Execution options of a SELECT that reads only tables which no other row's transaction writes (postcodes, settings,
organisations): rows that wait may go on waiting."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Rows of one table to be sent. `needed`: whatever is read next may depend on them, not only their own table.

    `statement`: one of the caller's own, in the driver's form; None for the INSERT of one row.
    """

    table: Table
    mapper: Any
    values: Values
    needed: bool
    statement: str | None = None


def put(session: Session, *rows: DeclarativeBase) -> None:
    """Insert new rows, and go on with them as the session's own: what is read or changed next finds them there."""
    waiting = _waiting(session)
    for row in rows:
        waiting.append(_Waiting(_table(row), row.__mapper__, columns_of(row), needed=True))
        make_transient_to_detached(row)
        session.add(row)


def write_later(session: Session, row: DeclarativeBase) -> None:
    """Keep a row that this transaction does not need again.

    It is written when the transaction ends or, before that, when its table is read. A row whose unique key is
    there already is left out: so one delivery is asked for once.
    """
    _waiting(session).append(_Waiting(_table(row), row.__mapper__, columns_of(row), needed=False))


def execute_later(
    session: Session, model: type[DeclarativeBase], statement: str, values: Values, *, needed: bool = True
) -> None:
    """Keep a statement of one's own (the driver's form, `%(name)s`) that writes the table of `model`.

    `needed`: it goes before anything is read; else before rows of `model` are.
    """
    place = cast(Table, model.__table__), model.__mapper__
    _waiting(session).append(_Waiting(*place, values, needed=needed, statement=statement))


def write_now(session: Session) -> None:
    """Send everything that waits, parents before children; raises as any statement of the session does."""
    waiting = session.info.get(WAITING)
    if not waiting:
        return
    order = _order(waiting[0].table.metadata)
    to_send = sorted(waiting, key=lambda one: order[one.table])
    waiting.clear()
    connection = session.connection()
    raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    try:
        with raw.pipeline(), raw.cursor() as cursor:
            for one in to_send:
                cursor.execute(*_statement(one, connection.dialect))
    except psycopg.Error as error:
        raise as_sqlalchemy(error, connection.dialect) from error


def as_sqlalchemy(error: psycopg.Error, dialect: Dialect) -> BaseException:
    """The kind of error that every other statement of a session raises, without its values."""
    return DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True, dialect=dialect)


def _statement(one: _Waiting, dialect: Dialect) -> tuple[Any, Values]:
    if one.statement is not None:
        return one.statement, one.values
    composed = _composed(one.table, dialect, once=not one.needed)
    values = dict(one.values)
    for name, make in composed.makers:
        if values[name] is not None:
            values[name] = make(values[name])
    return composed.statement, values


@dataclass(frozen=True, slots=True)
class _Composed:
    """An INSERT of one row, and what makes the driver's value of a column's where they differ."""

    statement: str
    makers: Sequence[tuple[str, Callable[[Any], Any]]]


@cache
def _composed(table: Table, dialect: Dialect, *, once: bool) -> _Composed:
    columns = [column for column in table.columns if column.identity is None]
    wanted = insert(table).inline()
    chosen = wanted.on_conflict_do_nothing() if once else wanted
    compiled = chosen.compile(dialect=dialect, column_keys=[column.key for column in columns])
    kinds = ((column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in columns)
    return _Composed(str(compiled), [(name, make) for name, make in kinds if make is not None])


@cache
def _order(metadata: MetaData) -> dict[Table, int]:
    return {table: number for number, table in enumerate(metadata.sorted_tables)}


def columns_of(row: DeclarativeBase) -> dict[str, Any]:
    """A row's columns by name; what was not set has its column's default or is NULL, a version starts at 1."""
    known = row.__dict__
    for key, default in _defaults(row.__mapper__):
        if known.get(key) is None:
            setattr(row, key, default)
    values = {column.name: known.setdefault(column.key, None) for column in row.__mapper__.columns}
    version = row.__mapper__.version_id_col
    if version is not None and values[version.name] is None:
        values[version.name] = 1
        setattr(row, version.name, 1)
    return values


@cache
def _defaults(mapper: Mapper[Any]) -> Sequence[tuple[str, Any]]:
    columns = [column for column in mapper.columns if isinstance(column.default, ScalarElementColumnDefault)]
    return [(column.key, cast(Any, column.default).arg) for column in columns]


def _keep_new(session: Session) -> bool:
    """Let what was added wait too, instead of the ORM sending it row by row; False when that cannot be.

    It cannot where rows hang together as objects: their keys are the ORM's to fill in.
    """
    added = session.new
    if any(_needs_orm(row) for row in added):
        return False
    for row in added:
        session.expunge(row)
        put(session, row)
    return True


def _needs_orm(row: DeclarativeBase) -> bool:
    linked, required = _of_orm(row.__mapper__)
    known = row.__dict__
    return any(known.get(key) for key in linked) or any(known.get(key) is None for key in required)


@cache
def _of_orm(mapper: Mapper[Any]) -> tuple[Sequence[str], Sequence[str]]:
    """Attributes that bear other rows, and keys of other rows that must be there."""
    keys = [column.key for column in mapper.columns if column.foreign_keys and not column.nullable]
    return [one.key for one in mapper.relationships], keys


def _waiting(session: Session) -> list[_Waiting]:
    waiting: list[_Waiting] = session.info.setdefault(WAITING, [])
    return waiting


def _table(row: DeclarativeBase) -> Table:
    return cast(Table, row.__table__)


@event.listens_for(Session, "do_orm_execute")
def _write_before_reading(state: ORMExecuteState) -> None:
    session = state.session
    if not _keep_new(session):
        write_now(session)  # the flush that the ORM makes before it reads sends the rest
    waiting = session.info.get(WAITING)
    if not waiting or state.execution_options.get("reference_data"):
        return
    read = not state.is_orm_statement or any(one.needed for one in waiting)
    if read or not {one.mapper for one in waiting}.isdisjoint(state.all_mappers):
        write_now(session)


@event.listens_for(Session, "before_flush")
def _write_before_flushing(session: Session, _flushing: UOWTransaction, _rows: object) -> None:
    """A flush of nothing but new rows lets them wait; one that changes rows sends the new ones first."""
    if not _keep_new(session) or session.dirty or session.deleted:
        write_now(session)


class HubSession(Session):
    """A session whose waiting rows are sent before a savepoint begins and before it is released.

    What was gathered before it is done before it too: else its end could take it along.
    """

    def begin_nested(self) -> SessionTransaction:
        act_now(self)
        write_now(self)
        return super().begin_nested()


@event.listens_for(Session, "before_commit")
def _write_before_releasing(session: Session) -> None:
    write_now(session)
