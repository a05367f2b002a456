"""Which rows are one person's, and what becomes of them at erasure: declared by each slice, so that none is missed.

    HOLDINGS = (
        Holding(LearningNeeds, by_record(LearningNeeds.source_record_id), OnErasure.DELETE),
        Holding(Referral, by_person(Referral.learner_id), wipe={"external_key": None}),
    )

in the `reads` of a slice. Export reads every row of a holding in clear; erasure deletes or wipes it, destroys the
person's data keys and empties every sealed column that stood under them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Table, cast, delete, func, inspect, select, update
from sqlalchemy.orm import InstrumentedAttribute, Mapper, Session

from hub.infra.columns import SealedBytes
from hub.infra.db import Base
from hub.infra.subject_keys import destroy_keys
from hub.infra.vault import current_vault


@dataclass(frozen=True, slots=True)
class DataSubject:
    """One person as the tables know them: the ids that rows point at, their source records, their data keys."""

    person_ids: frozenset[UUID]
    record_ids: frozenset[UUID]
    subject_ids: frozenset[UUID]


class OnErasure(StrEnum):
    """What becomes of a row. A kept row loses what is sealed and what `wipe` names; ids and dates stay."""

    KEEP = "keep"
    DELETE = "delete"


Which = Callable[[DataSubject], ColumnElement[bool]]


@dataclass(frozen=True)
class Holding:
    """One table's rows of a person. Declare children before their parents."""

    model: type[Base]
    which: Which
    on_erasure: OnErasure = OnErasure.KEEP
    wipe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> str:
        return str(self.model.__tablename__)


def by_person(column: InstrumentedAttribute[Any]) -> Which:
    """Rows that point at the person."""
    return lambda subject: column.in_(subject.person_ids)


def by_record(column: InstrumentedAttribute[Any]) -> Which:
    """Rows that hang on a source record of the person."""
    return lambda subject: column.in_(subject.record_ids)


def by_subject(column: InstrumentedAttribute[Any]) -> Which:
    """Rows under a data key of the person."""
    return lambda subject: column.in_(subject.subject_ids)


def within(column: InstrumentedAttribute[Any], parent: Holding, key: str = "id") -> Which:
    """Rows that belong to rows of `parent`."""
    return lambda subject: column.in_(select(getattr(parent.model, key)).where(parent.which(subject)))


@dataclass(frozen=True)
class Contact:
    """Moments or days in a table that count as the last contact with the person that `person` points at."""

    person: InstrumentedAttribute[Any]
    moments: tuple[InstrumentedAttribute[Any], ...]


def last_contacts(session: Session, contacts: Iterable[Contact]) -> dict[UUID, date]:
    """The last day of contact with everybody whom any of these tables knows, by the id it points with."""
    found: dict[UUID, date] = {}
    for contact in contacts:
        days = [cast(moment, Date) for moment in contact.moments]
        last = func.max(func.greatest(*days))
        rows = session.execute(
            select(contact.person, last).where(contact.person.is_not(None)).group_by(contact.person)
        )
        for person_id, day in rows:
            if day is not None:
                found[person_id] = max(day, found.get(person_id, day))
    return found


def rows_of(session: Session, holding: Holding, subject: DataSubject) -> list[dict[str, Any]]:
    """The person's rows of one table, each column by its name and in clear, oldest first."""
    order = list(inspect(holding.model).primary_key)
    found = session.scalars(select(holding.model).where(holding.which(subject)).order_by(*order)).all()
    current_vault().preload({row.__dict__["subject_id"] for row in found if "subject_id" in row.__dict__})
    return [in_clear(row) for row in found]


def in_clear(row: Base) -> dict[str, Any]:
    """A row's columns by name; what is sealed is opened."""
    mapper: Mapper[Any] = inspect(type(row))
    return {
        column.name: getattr(row, mapper.get_property_by_column(column).key.removesuffix("_sealed"))
        if isinstance(column.type, SealedBytes)
        else getattr(row, mapper.get_property_by_column(column).key)
        for column in mapper.columns
    }


def erase(session: Session, holdings: Iterable[Holding], subject: DataSubject, at: datetime) -> None:
    """Delete or wipe the person's rows, then destroy the keys. Nothing sealed for the person opens again."""
    session.flush()
    for holding in holdings:
        chosen = holding.which(subject)
        if holding.on_erasure is OnErasure.DELETE:
            session.execute(delete(holding.model).where(chosen), execution_options=_ROWS_ONLY)
        elif holding.wipe:
            changed = update(holding.model).where(chosen).values(**_with_version(holding))
            session.execute(changed, execution_options=_ROWS_ONLY)
    shred(session, subject.subject_ids, at)


_ROWS_ONLY = {"synchronize_session": False}


def shred(session: Session, subject_ids: Iterable[UUID], at: datetime) -> None:
    """Destroy these data keys and empty every sealed column under them, in whatever table."""
    ids = list(subject_ids)
    for table, columns in sealed_columns():
        emptied = update(table).where(table.c.subject_id.in_(ids)).values(dict.fromkeys(columns))
        session.execute(emptied)
    destroy_keys(session, ids, at)
    current_vault().forget(ids)
    session.expire_all()


def sealed_columns() -> list[tuple[Table, list[str]]]:
    """Every table with sealed columns, and their names."""
    found = []
    for table in Base.metadata.sorted_tables:
        sealed = [column.name for column in table.columns if isinstance(column.type, SealedBytes)]
        if sealed:
            found.append((table, sealed))
    return found


def _with_version(holding: Holding) -> dict[str, Any]:
    version = inspect(holding.model).version_id_col
    return {**holding.wipe, **({} if version is None else {version.name: version + 1})}
