"""A hub full of learners, quickly, and asking it whom somebody may be: for the benchmark of recognition."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from sqlalchemy import Table, create_engine, text
from sqlalchemy.orm import Session

from hub.core.ids import new_id
from hub.core.permissions import SYSTEM
from hub.infra import embedded_postgres
from hub.infra.db import runtime, transaction
from hub.infra.vault import new_subject
from hub.infra.writes import Values, columns_of
from hub.learners import queries, reads
from hub.learners.domain.blocking import KEY_WEIGHTS, MOST_COMPARED, keys_of
from hub.learners.domain.person import NewPerson, Sex
from hub.learners.domain.scoring import Zone, comparable, prepare
from hub.learners.models import BlindIndex, Learner, SourceRecord
from hub.learners.service.likeness import Known, likest
from hub.learners.service.records import Belonging, hashed_keys, make_record
from tests.recognition.borough import Record

BATCH = 5_000


@dataclass
class Asked:
    """What came of asking about somebody, many times."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    zones: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    blocked: int = 0
    among_compared: int = 0


def person_of(record: Record) -> NewPerson:
    return NewPerson(
        given_names=record.given_name,
        family_name=record.family_name,
        date_of_birth=record.dob,
        sex=Sex(record.gender) if record.gender else None,
        phone=record.phone or None,
        email=record.email or None,
        postcode=record.postcode or None,
        address=record.address or None,
        first_language=record.first_language or None,
    )


def fill(records: Sequence[Record]) -> dict[int, UUID]:
    """Store each record as a learner, sealed and indexed as an intake does, many in one statement; learner by person."""
    homes: dict[int, UUID] = {}
    for start in range(0, len(records), BATCH):
        rows: dict[Table, list[Values]] = {}
        with transaction(SYSTEM) as session:
            for record in records[start : start + BATCH]:
                homes[record.person] = _add(rows, record)
            for table in (Learner.__table__, SourceRecord.__table__, BlindIndex.__table__):
                _insert(session, cast(Table, table), rows[cast(Table, table)])
    return homes


def _add(rows: dict[Table, list[Values]], record: Record) -> UUID:
    clock = runtime().clock
    model = reads.recognition_model(clock.today())
    person = person_of(record)
    learner = Learner(first_referred_on=clock.today(), created_at=clock.now())
    belongs = Belonging(
        subject_id=new_subject(new_id()), learner_id=learner.id, home_learner_id=learner.id, organisation_id=None,
        referred_on=clock.today(),
    )  # fmt: skip
    row = make_record(person, belongs, model, clock.now())
    for one in (learner, row):
        rows.setdefault(cast(Table, one.__table__), []).append(columns_of(one))
    rows.setdefault(cast(Table, BlindIndex.__table__), []).extend(
        {"hash": one, "source_record_id": row.id, "kind": key.kind.value, "subject_id": row.subject_id}
        for one, key in hashed_keys(person, model).items()
    )
    return learner.id


def _insert(session: Session, table: Table, rows: Sequence[Values]) -> None:
    """All rows in one statement: the application may not COPY into a table with row-level security."""
    connection = session.connection()
    kinds = {column.name: column.type.compile(connection.dialect) for column in table.columns}
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in kinds.items())
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({', '.join(kinds)}) SELECT * FROM unnest({arrays})",
        {name: [row[name] for row in rows] for name in kinds},
    )


def analyse() -> None:
    """Let the planner know how full the tables are, as autovacuum does in service; only their owner may."""
    server = embedded_postgres.ensure_running(runtime().settings.data_dir)
    engine = create_engine(server.owner_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def look(records: Sequence[Record], homes: Sequence[UUID] | None, asked: Asked) -> Asked:
    """Ask about each record; with `homes`, who each one truly is."""
    for number, record in enumerate(records):
        found = _ask(record, asked)
        if homes is None:
            asked.zones[_strongest([one.comparison.zone for one in found])] += 1
            continue
        home = homes[number]
        asked.zones[_strongest([one.comparison.zone for one in found if one.now_id == home])] += 1
        asked.wrong += any(one.comparison.zone is Zone.AUTO for one in found if one.now_id != home)
    return asked


def _ask(record: Record, asked: Asked) -> list[Known]:
    """What `identify` does before it stores anybody, timed."""
    person, model = person_of(record), reads.recognition_model(runtime().clock.today())
    with transaction(SYSTEM) as session:
        session.connection()  # the pool's own time is not ours
        cpu, wall = time.thread_time(), time.perf_counter()
        prepared = prepare(comparable(person), model)
        found = likest(session, prepared, queries.hashes(keys_of(prepared)), model)
        asked.cpu.append(time.thread_time() - cpu)
        asked.wall.append(time.perf_counter() - wall)
    return found


def count_met(records: Sequence[Record], homes: Sequence[UUID], asked: Asked) -> None:
    """How often the true one shares a key at all, and is among those compared."""
    model = reads.recognition_model(runtime().clock.today())
    for record, home in zip(records, homes, strict=True):
        with transaction(SYSTEM) as session:
            hashed = queries.hashes(keys_of(prepare(comparable(person_of(record)), model)))
            weights = {one: KEY_WEIGHTS[key.kind] for one, key in hashed.items()}
            asked.blocked += home in {row.home_learner_id for row in queries.hits(session, weights)}
            compared = queries.candidates(session, weights, MOST_COMPARED)
            asked.among_compared += home in {row.home_learner_id for row in compared}


def _strongest(zones: Sequence[str]) -> str:
    return next((zone for zone in ("auto", "review") if zone in zones), "new")
