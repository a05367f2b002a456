"""Where a sealed value belongs: its table, column, row and subject. Moved elsewhere, it opens no more."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.infra.crypto import FORMAT, join


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


class RowSeals:
    """Opens the sealed columns of one row that was selected column by column."""

    __slots__ = ("_cipher", "_table", "_tail")

    def __init__(self, cipher: AESGCM, table: str, row_id: UUID, subject_id: UUID) -> None:
        self._cipher, self._table, self._tail = cipher, table, _row_tail(row_id, subject_id)

    def open(self, column: str, sealed: bytes) -> bytes:
        if sealed[0] != FORMAT:
            raise InvalidTag
        context = sealed[:3] + _column_head(self._table, column) + self._tail
        return self._cipher.decrypt(sealed[3:15], sealed[15:], context)
