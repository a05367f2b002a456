"""Reading rows in the driver's own form: for the one look-up that every referral waits for.

Ids and sealed bytes come in binary, without the ORM's statement and result objects: a third of the processor time.
"""

from typing import Any, cast

import psycopg
from sqlalchemy.orm import Session

from hub.infra.writes import Values, as_sqlalchemy, write_now


def fetch(session: Session, statement: str, values: Values) -> list[tuple[Any, ...]]:
    """Rows of a SELECT written for the driver (`%(name)s`). What waits is written first."""
    session.flush()
    write_now(session)
    connection = session.connection()
    raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    try:
        with raw.cursor(binary=True) as cursor:
            return cursor.execute(statement, values).fetchall()
    except psycopg.Error as error:
        raise as_sqlalchemy(error, connection.dialect) from error
