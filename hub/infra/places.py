"""Where a sealed value belongs: its table, column, row and subject. Moved elsewhere, it opens no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.infra.crypto import join


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value belongs."""

    table: str
    column: str
    row_id: UUID
    subject_id: UUID

    def context(self) -> bytes:
        return _column_head(self.table, self.column) + _row_tail(self.row_id, self.subject_id)


_UUID_LENGTH = (16).to_bytes(2, "big")


def _row_tail(row_id: UUID, subject_id: UUID) -> bytes:
    return b"".join((_UUID_LENGTH, row_id.bytes, _UUID_LENGTH, subject_id.bytes))


@lru_cache(maxsize=1024)
def _column_head(table: str, column: str) -> bytes:
    return join(table.encode(), column.encode())


class RowPlace(NamedTuple):
    """Which row it is that is opened column by column."""

    table: str
    row_id: UUID
    subject_id: UUID


class RowSeals:
    """Opens the sealed columns of one row that was selected column by column."""

    __slots__ = ("_cipher", "_table", "_tail")

    def __init__(self, cipher: AESGCM, place: RowPlace) -> None:
        self._cipher, self._table, self._tail = cipher, place.table, _row_tail(place.row_id, place.subject_id)

    def open(self, columns: tuple[str, ...], sealed: Sequence[bytes | None]) -> list[str | None]:
        """What stands in these columns; None where nothing does. InvalidTag for what was altered or moved."""
        decrypt, tail = self._cipher.decrypt, self._tail
        return [
            None if one is None else decrypt(one[3:15], one[15:], one[:3] + head + tail).decode()
            for head, one in zip(_column_heads(self._table, columns), sealed, strict=True)
        ]


@lru_cache(maxsize=64)
def _column_heads(table: str, columns: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(_column_head(table, column) for column in columns)
