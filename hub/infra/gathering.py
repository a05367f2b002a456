"""What a unit of work gathers and does once for all of it: twenty messages cost what one does.

It is done after the last event has been handled or, before that, when the rows that come of it are read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session

GATHERED = "hub_gathered"


@dataclass(frozen=True, slots=True)
class Gathering:
    """`act` gets everything that was gathered, in its order, and makes rows of `model` of it."""

    model: type[DeclarativeBase]
    act: Callable[[Session, list[Any]], object]


def gather(session: Session, gathering: Gathering, item: object) -> None:
    """Keep `item` for the gathering. A savepoint that is rolled back takes it along."""
    session.info.setdefault(GATHERED, []).append((gathering, item))


def act_now(session: Session) -> bool:
    """Do what was gathered so far; False when there was nothing."""
    waiting: list[tuple[Gathering, Any]] = session.info.get(GATHERED, [])
    by_gathering: dict[Gathering, list[Any]] = {}
    for gathering, item in waiting:
        by_gathering.setdefault(gathering, []).append(item)
    waiting.clear()
    for gathering, items in by_gathering.items():
        gathering.act(session, items)
    return bool(by_gathering)


@event.listens_for(Session, "do_orm_execute")
def _act_before_reading(state: ORMExecuteState) -> None:
    waiting = state.session.info.get(GATHERED)
    if waiting and not state.is_insert:
        mappers = {gathering.model.__mapper__ for gathering, _ in waiting}
        if not mappers.isdisjoint(state.all_mappers):
            act_now(state.session)
