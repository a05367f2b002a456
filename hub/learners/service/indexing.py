"""Renewing the keyed hashes by which people are found, after the rules that make them have changed."""

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.infra.db import record
from hub.infra.vault import Destroyed, current_vault
from hub.learners import queries, reads
from hub.learners.domain.events import IndexesRenewed
from hub.learners.domain.model import Model
from hub.learners.models import SourceRecord
from hub.learners.service.records import hashed_keys, index_record, person_of

BATCH = 200


def renew_indexes(session: Session, clock: Clock) -> int:
    """Index anew one batch of records whose index is of other rules than today's; how many.

    Others may take people in meanwhile: each batch is short, and a record being changed waits for the next.
    """
    model = reads.recognition_model(clock.today())
    rows = queries.indexed_otherwise(session, queries.index_version(model.index_version), BATCH)
    current_vault().preload({row.subject_id for row in rows})
    for row in rows:
        _renew(session, row, model)
    session.flush()
    if rows:
        record(session, IndexesRenewed(tuple(row.id for row in rows if row.amends_id is None)))
    return len(rows)


def to_renew(session: Session, clock: Clock) -> int:
    """How many records are still found by other rules or under another key than today's."""
    model = reads.recognition_model(clock.today())
    return queries.count_indexed_otherwise(session, queries.index_version(model.index_version))


def _renew(session: Session, row: SourceRecord, model: Model) -> None:
    queries.forget_index(session, row.id)
    row.index_version = queries.index_version(model.index_version)
    try:
        index_record(session, row, hashed_keys(person_of(row), model))
    except Destroyed:  # erased: there is nothing left to be found by
        return


def forget_index_versions(session: Session) -> None:
    """Have every record indexed anew."""
    queries.forget_index_versions(session)
