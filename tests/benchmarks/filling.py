"""A hub full of learners, quickly, and asking it whom somebody may be: for the benchmark of recognition."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from hub.core.ids import new_id
from hub.core.permissions import SYSTEM
from hub.infra.crypto import new_subject
from hub.infra.db import runtime, transaction
from hub.infra.writes import put
from hub.learners import queries, reads
from hub.learners.domain.blocking import KEY_WEIGHTS, MOST_COMPARED
from hub.learners.domain.person import NewPerson, Sex
from hub.learners.models import Learner
from hub.learners.service.likeness import likest
from hub.learners.service.records import Belonging, hashed_keys, index_record, make_record
from tests.recognition.borough import Record

if TYPE_CHECKING:
    from tests.benchmarks.bench_recognition import Asked

BATCH = 500


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
    """Store each record as a learner, sealed and indexed as an intake does; learner by person."""
    homes: dict[int, UUID] = {}
    for start in range(0, len(records), BATCH):
        with transaction(SYSTEM) as session:
            for record in records[start : start + BATCH]:
                homes[record.person] = _store(session, record)
    return homes


def _store(session, record: Record) -> UUID:
    clock = runtime().clock
    model = reads.recognition_model(clock.today())
    person = person_of(record)
    learner = Learner(first_referred_on=clock.today(), created_at=clock.now())
    belongs = Belonging(
        subject_id=new_subject(new_id()), learner_id=learner.id, home_learner_id=learner.id, organisation_id=None,
        referred_on=clock.today(),
    )  # fmt: skip
    row = make_record(person, belongs, model, clock.now())
    put(session, learner, row)
    index_record(session, row, hashed_keys(person, model))
    return learner.id


def look(records: Sequence[Record], homes: Sequence[UUID] | None, asked: "Asked") -> "Asked":
    """Ask about each record; with `homes`, who each one truly is."""
    model = reads.recognition_model(runtime().clock.today())
    for number, record in enumerate(records):
        person = person_of(record)
        with transaction(SYSTEM) as session:
            session.connection()  # the pool's own time is not ours
            cpu, wall = time.thread_time(), time.perf_counter()
            found = likest(session, person, hashed_keys(person, model), model)
            asked.cpu.append(time.thread_time() - cpu)
            asked.wall.append(time.perf_counter() - wall)
            if homes is None:
                asked.zones[_strongest([one.comparison.zone for one in found])] += 1
                continue
            asked.zones[
                _strongest([one.comparison.zone for one in found if one.now_id == homes[number]])
            ] += 1
            weights = {one: KEY_WEIGHTS[key.kind] for one, key in hashed_keys(person, model).items()}
            for most, name in ((1_000_000, "blocked"), (MOST_COMPARED, "in_fifty")):
                met = {row.home_learner_id for row in queries.candidates(session, weights, most)}
                setattr(asked, name, getattr(asked, name) + (homes[number] in met))
    return asked


def _strongest(zones: Sequence[str]) -> str:
    return next((zone for zone in ("auto", "review") if zone in zones), "new")
