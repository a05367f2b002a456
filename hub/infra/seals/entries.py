"""Audit entries as canonical lines: the same bytes when sealed, when verified and in an export.

A line is compact JSON in the order of `COLUMNS`, as orjson writes it; times in UTC to the microsecond.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson
from psycopg.sql import SQL, Composable
from sqlalchemy.orm import Session

COLUMNS = (
    "seq", "id", "at", "actor_kind", "actor_id", "organisation_id", "role", "session", "action",
    "subject_type", "subject_id", "fields", "purpose", "basis", "outcome", "reason", "request_id", "ip",
)  # fmt: skip
_AS_TEXT = {
    "id": "id::text",
    "at": """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    "actor_id": "actor_id::text",
    "organisation_id": "organisation_id::text",
    "subject_id": "subject_id::text",
    "fields": "fields::text",
}
_SELECT = f"SELECT {', '.join(_AS_TEXT.get(name, name) for name in COLUMNS)} FROM audit_entry"  # noqa: S608 - no input
_ROWS_AT_ONCE = 10_000
_FIELDS = COLUMNS.index("fields")


@lru_cache(maxsize=4096)
def _fields(text: str) -> Any:
    return orjson.loads(text)


def line_of(row: tuple[Any, ...]) -> bytes:
    """The canonical line of a row of `COLUMNS`."""
    entry = dict(zip(COLUMNS, row, strict=True))
    entry["fields"] = _fields(entry["fields"])
    return orjson.dumps(entry)


def stream(session: Session, where: Composable, *values: Any) -> Iterator[tuple[int, bytes]]:
    """(sequence number, canonical line) in ascending order, read by a cursor of the server's."""
    driver = session.connection().connection.driver_connection
    assert driver is not None  # noqa: S101 - the session is connected
    query = SQL(_SELECT) + SQL(" WHERE ") + where + SQL(" ORDER BY seq")
    with driver.cursor(name="audit_entries") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(query, values)
        for row in cursor:
            yield row[0], line_of(row)
