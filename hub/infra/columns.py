"""Sealed attributes of rows.

    class SourceRecord(Base, Identified, SealedRow):
        given_names = Sealed.text()
        date_of_birth = Sealed.day()
        languages = Sealed.json()

declares the columns `given_names_sealed` and so on (bytea). The attribute is set and read in clear on an
instance, inside a `transaction()`; it cannot stand in a WHERE or an ORDER BY. The row's `id` and `subject_id`
come first (the constructor of Base sees to it), and the subject's key must exist (`crypto.new_subject`).
"""

import json
from collections.abc import Callable
from datetime import date
from typing import Any, Generic, NoReturn, TypeVar, overload
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.types import TypeDecorator

from hub.infra.places import Place
from hub.infra.vault import Destroyed, current_vault

T = TypeVar("T")


class Ciphertext(bytes):
    """Sealed bytes; shows nothing of itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__


class SealedBytes(TypeDecorator[Ciphertext]):
    """Stores only what was sealed; plain text, comparison and ordering are refused."""

    impl = LargeBinary
    cache_ok = True

    class comparator_factory(TypeDecorator.Comparator):  # type: ignore[type-arg] # noqa: N801 - SQLAlchemy's name
        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            if op.__name__ in {"is_", "is_not"}:
                return super().operate(op, *other, **kwargs)
            raise TypeError("A sealed column cannot be searched or sorted: use a blind index")

    def process_bind_param(self, value: Any, dialect: Any) -> bytes | None:
        if value is not None and not isinstance(value, Ciphertext):
            raise TypeError("A sealed column takes only what was sealed")
        return value

    def process_result_value(self, value: Any, dialect: Any) -> Ciphertext | None:
        return None if value is None else Ciphertext(value)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self


def sealed_column() -> Mapped[Any]:
    return mapped_column(SealedBytes, nullable=True)


class SealedRow:
    """A row that belongs to a subject, under whose key its sealed attributes stand."""

    subject_id: Mapped[UUID] = mapped_column(index=True, sort_order=-9)


class Sealed(Generic[T]):
    """A sealed attribute of type T or None; make it with `text`, `day` or `json`."""

    def __init__(self, dump: Callable[[Any], str], load: Callable[[str], Any]) -> None:
        self._dump, self._load = dump, load
        self.name = ""

    @staticmethod
    def text() -> "Sealed[str]":
        return Sealed(str, str)

    @staticmethod
    def day() -> "Sealed[date]":
        return Sealed(date.isoformat, date.fromisoformat)

    @staticmethod
    def json() -> "Sealed[Any]":
        return Sealed(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")), json.loads)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, row: None, owner: type) -> "Sealed[T]": ...
    @overload
    def __get__(self, row: object, owner: type) -> T | None: ...
    def __get__(self, row: Any, owner: type) -> "Sealed[T] | T | None":
        if row is None:
            return self
        sealed = getattr(row, f"{self.name}_sealed")
        if sealed is None:
            return None
        cached: tuple[Ciphertext, T] | None = row.__dict__.get(f"_opened_{self.name}")
        if cached is not None and cached[0] is sealed:
            return cached[1]
        value: T = self._load(current_vault().open(self._place(row), sealed).decode())
        row.__dict__[f"_opened_{self.name}"] = (sealed, value)
        return value

    def __set__(self, row: Any, value: T | None) -> None:
        if value is None:
            setattr(row, f"{self.name}_sealed", None)
            return
        place = self._place(row)
        try:
            sealed = Ciphertext(current_vault().seal(place, self._dump(value).encode()))
        except Destroyed:
            if not current_vault().was_destroyed(place.subject_id):
                raise
            setattr(row, f"{self.name}_sealed", None)  # of somebody erased, nothing more is written down
            return
        setattr(row, f"{self.name}_sealed", sealed)
        row.__dict__[f"_opened_{self.name}"] = (sealed, value)

    def _place(self, row: Any) -> Place:
        if row.id is None or row.subject_id is None:
            self._refuse(row)
        return Place(row.__tablename__, self.name, row.id, row.subject_id)

    def _refuse(self, row: Any) -> NoReturn:
        raise ValueError(f"{type(row).__name__}.{self.name} is sealed: set id and subject_id first")


def reseal(row: Any, subject_id: UUID) -> None:
    """Give a row to another subject: what is sealed in it is opened and sealed again under that one's key."""
    kept = {
        name: getattr(row, name)
        for kind in type(row).__mro__
        for name, value in vars(kind).items()
        if isinstance(value, Sealed)
    }
    row.subject_id = subject_id
    for name, value in kept.items():
        setattr(row, name, value)
