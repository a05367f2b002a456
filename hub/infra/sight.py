"""How far a unit of work sees: its actor's rows, or, for the hub's part of it, all.

`transaction()` tells PostgreSQL who acts in the same message as BEGIN, so that row-level security costs no round
trip; `require_scope` holds the same on our side of the wire.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Select, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from hub.core.permissions import PUBLIC, SYSTEM, Actor
from hub.infra.rows import SEES_ALL, Model, narrowed, require_scope, scoped, settings_of
from hub.infra.writes import write_now

ACTOR = "hub_actor"
_WIDE, _LEARNERS, _OWN = "hub_wide", "hub_learners", "hub_own"


def actor_of(session: Session) -> Actor:
    """Who this unit of work acts for."""
    actor: Actor = session.info.get(ACTOR, SYSTEM)
    return actor


def sees_all(session: Session) -> bool:
    """Whether this unit of work may see every row now: its actor may, or it does the hub's part."""
    if session.info.get(_WIDE):
        return True
    return not session.info.get(_OWN) and actor_of(session).role in SEES_ALL


def visible(session: Session, model: type[Model]) -> Select[Model]:
    """Select the rows of `model` that this unit of work may see now: `rows.scoped` for its actor.

    A learner's own work asks plainly: PostgreSQL shows the rows of the one person alone.
    """
    if session.info.get(_OWN) and not sees_all(session):
        return scoped(model, SYSTEM)
    if (learners := session.info.get(_LEARNERS)) and not sees_all(session):
        return narrowed(model, actor_of(session), learners)
    return scoped(model, SYSTEM if sees_all(session) else actor_of(session))


def open_to_the_hub(session: Session) -> None:
    """From here on this unit of work is the hub's: the actor's right to what they asked for has been proven.

    A referral is held against everybody known, a provider's yes asks the learner: what follows an act reaches
    further than who began it may see. Reactions run so by themselves. A learner's own work stays their own.
    """
    if not session.info.get(_OWN):
        _widen(session)


def go_on_as_the_hub(session: Session) -> None:
    """The act is done; what follows from it (reactions, what was put off) is the hub's, whoever acted."""
    _widen(session)


def _widen(session: Session) -> None:
    if not sees_all(session):
        session.info[_WIDE] = True
        announce(session, session.connection())


def narrow_to_own(session: Session, learner_ids: Collection[UUID]) -> None:
    """From here on this unit of work is one learner's own: of learners it meets theirs alone, in reads and writes,
    until the act is done. `learner_ids`: every id that stands for the person.

    Behind a personal link everything runs so; what tells of others (a position in a list) says `as_the_hub`.
    """
    session.flush()
    write_now(session)
    session.info.update({_WIDE: False, _OWN: True, _LEARNERS: frozenset(learner_ids)})
    announce(session, session.connection())


@contextmanager
def as_the_hub(session: Session) -> Iterator[None]:
    """Inside, this unit of work sees every row; afterwards, what its actor may see again.

    For what a page tells of rows that its reader may not read: a label, a position, an agreed name.
    """
    if sees_all(session):
        yield
        return
    _widen(session)
    try:
        yield
        session.flush()
        write_now(session)
    finally:
        session.info[_WIDE] = False
        announce(session, session.connection())


def in_sight(session: Session, learner_ids: Collection[UUID]) -> bool:
    """Whether this unit of work may see these learners' rows already."""
    return sees_all(session) or set(learner_ids) <= session.info.get(_LEARNERS, frozenset())


@contextmanager
def of_learners(session: Session, learner_ids: Collection[UUID]) -> Iterator[None]:
    """Inside, this unit of work sees what its actor may see and the rows of these learners, the right to whom has
    been proven; nobody else's, whatever is asked. Only reads belong here."""
    if sees_all(session) or session.info.get(_OWN):
        yield
        return
    before = session.info.get(_LEARNERS, frozenset())
    session.info[_LEARNERS] = frozenset(learner_ids)
    announce(session, session.connection())
    try:
        yield
    finally:
        session.info[_LEARNERS] = before
        announce(session, session.connection())


@event.listens_for(Session, "after_begin")
def _begin(session: Session, begun: SessionTransaction, connection: Connection) -> None:
    """Not for a glance, which has no transaction and reads what is everybody's."""
    if not begun.nested and connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        announce(session, connection)


def announce(session: Session, connection: Connection) -> None:
    """Tell PostgreSQL who acts, together with BEGIN where that is not yet said: no round trip of its own.

    When it fails, the settings are missing and row security shows nothing; a lost connection is told by the next
    statement, in SQLAlchemy's words.
    """
    server = cast("psycopg.Connection[Any]", connection.connection.driver_connection).pgconn
    status, said = server.transaction_status, _said(session)
    if status == TransactionStatus.IDLE:
        server.exec_(f"BEGIN; {said}".encode())
    elif status == TransactionStatus.INTRANS:
        server.exec_(said.encode())


def _said(session: Session) -> str:
    learners = session.info.get(_LEARNERS)
    own = session.info.get(_OWN)
    actor = PUBLIC if own else actor_of(session)  # staff may be signed in, in the same browser
    return settings_of(actor, everything=sees_all(session), learners=learners, own=own)


@event.listens_for(Session, "do_orm_execute")
def _hold(state: ORMExecuteState) -> None:
    if not sees_all(state.session) and not state.session.info.get(_OWN):
        require_scope(state, narrow=bool(state.session.info.get(_LEARNERS)))
