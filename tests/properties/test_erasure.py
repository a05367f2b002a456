"""Whoever is erased, after whatever merges: nothing of theirs opens or is found, and everybody else is untouched."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import SYSTEM
from hub.infra.personal import sealed_columns
from hub.infra.vault import Destroyed, Vault, using_vault
from hub.learners import reads, service
from hub.learners.domain import NewNeeds, NewPerson, SearchTerms
from hub.learners.models import BlindIndex, SourceRecord
from hub.rights.service.erasing import erase_person
from tests.conftest import TEST_KEYRING

PHONES = [f"+44770090010{number}" for number in range(5)]
MERGES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=4)


@pytest.fixture
def everybody(session, clock, organise):
    organise(session, "hub")
    made = [
        service.identify(
            session, NewPerson(given_names="Amina", family_name=f"Hassan {chr(97 + number)}", phone=phone),
            NewNeeds(childcare=True), None, SYSTEM, clock,
        )
        for number, phone in enumerate(PHONES)
    ]  # fmt: skip
    session.flush()
    return made


def left(session, subject_id):
    """Sealed values that still stand under a key."""
    rows = 0
    for table, columns in sealed_columns():
        filled = " OR ".join(f"{column} IS NOT NULL" for column in columns)
        query = f'SELECT count(*) FROM "{table.name}" WHERE subject_id = :id AND ({filled})'
        rows += session.scalar(text(query), {"id": subject_id})
    return rows


@settings(
    max_examples=10, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(MERGES, st.integers(0, 4))
def test_erasing_takes_the_whole_person_and_nobody_else(session, clock, everybody, merges, victim):
    point = session.begin_nested()
    for one, other in merges:
        try:
            service.merge(session, everybody[one].learner_id, everybody[other].learner_id, SYSTEM, clock)
        except (RuleBroken, Conflict):
            continue
    session.info.pop("hub_events", None)
    gone = reads.same_person_ids(session, everybody[victim].learner_id)
    erase_person(session, everybody[victim].learner_id, SYSTEM, clock)
    session.info.pop("hub_events", None)
    session.flush()
    session.expire_all()
    with using_vault(Vault(session, TEST_KEYRING)):
        for phone, made in zip(PHONES, everybody, strict=True):
            record = session.get(SourceRecord, made.source_record_id)
            indexed = session.scalars(
                select(BlindIndex).where(BlindIndex.subject_id == made.subject_id)
            ).all()
            found = reads.find(session, SearchTerms(phone=phone))
            if made.learner_id in gone:
                assert (left(session, made.subject_id), indexed, found) == (0, [], [])
                assert record.given_names is None
                with pytest.raises(Destroyed):
                    Vault(session, TEST_KEYRING).open(record_place(record), b"\x01" * 60)
            else:
                assert (record.given_names, record.phone) == ("Amina", phone)
                assert found == [reads.survivor(session, made.learner_id)] and indexed
    point.rollback()
    session.expunge_all()


def record_place(record):
    from hub.infra.places import Place

    return Place("source_record", "given_names", record.id, record.subject_id)
