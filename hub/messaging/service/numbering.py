"""Carrying the hashes of telephone numbers on to the newest key, while the hub runs.

A number may be gone (its words are kept for days, a STOP for ever), so that nothing is hashed anew from it: each
hash is hashed again by the new key (`KeyRing.number_on`). Blocks come first, for nobody who said STOP may be texted.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.infra.vault import current_vault, number_on
from hub.messaging import queries

AT_ONCE = 2_000
_FIRST = UUID(int=0)


def renew_numbers(session: Session) -> int:
    """Carry one batch of each table on; how many. Rows that somebody is changing wait for the next."""
    made = 0
    for table in queries.NUMBERED:
        rows = queries.numbered_otherwise(session, table, _mark(), AT_ONCE)
        queries.number_anew(session, table, [(row_id, number_on(index)) for row_id, index in rows])
        made += len(rows)
    return made


def numbers_to_renew(session: Session) -> int:
    """How many hashes of numbers do not stand under the newest key."""
    return sum(queries.count_numbered_otherwise(session, table, _mark()) for table in queries.NUMBERED)


def _mark() -> bytes:
    """What hashes under the newest key begin with."""
    return current_vault().ring.number_on(bytes(16), current_vault().generations[0])[:-16]
