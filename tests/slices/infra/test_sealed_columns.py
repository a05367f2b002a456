"""Sealed attributes in the database: round trip, refusals, many keys in one query, destroyed keys."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import event, select, text
from sqlalchemy.exc import ProgrammingError, StatementError

from hub.core.ids import new_id
from hub.infra import subject_keys
from hub.infra.crypto import KeyProblem, make_keyring
from hub.infra.fetching import fetch
from hub.infra.places import RowPlace
from hub.infra.subject_keys import SubjectKey, check_keyring, destroy_key
from hub.infra.vault import Destroyed, Vault, new_subject, using_vault
from hub.learners.models import SourceRecord
from tests.conftest import TEST_KEYRING


@pytest.fixture
def make(session, clock, organise):
    """make(name) -> a stored source record of a new subject."""
    from hub.learners.models import Learner

    home = organise(session, "hub")

    def one(name: str = "Amina") -> SourceRecord:
        learner = Learner(first_referred_on=clock.today(), created_at=clock.now())
        session.add(learner)
        session.flush()
        row = SourceRecord(
            subject_id=new_subject(new_id()), learner_id=learner.id, home_learner_id=learner.id, organisation_id=home.id,
            created_at=clock.now(), referred_on=clock.today(), given_names=name, family_name="Yılmaz", date_of_birth=clock.today(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row

    return one


def test_a_sealed_value_comes_back_and_stands_unreadable_in_the_table(session, make):
    row = make()
    raw = session.execute(
        text("SELECT given_names_sealed FROM source_record WHERE id = :id"), {"id": row.id}
    ).scalar_one()
    assert b"Amina" not in bytes(raw)
    session.expire_all()
    assert (row.given_names, row.family_name) == ("Amina", "Yılmaz")


def test_a_sealed_column_cannot_be_searched_sorted_or_given_plain_text(session, make):
    row = make()
    with pytest.raises(TypeError, match="blind index"):
        select(SourceRecord).where(SourceRecord.given_names_sealed == b"x")
    with pytest.raises(TypeError, match="blind index"):
        select(SourceRecord).order_by(SourceRecord.given_names_sealed.desc())
    row.given_names_sealed = b"Amina"
    with pytest.raises(StatementError, match="only what was sealed"):
        session.flush()


def test_a_ciphertext_copied_to_another_row_does_not_open(session, make):
    one, other = make("Amina"), make("Berhane")
    one.given_names_sealed = other.given_names_sealed
    with pytest.raises(InvalidTag):
        _ = one.given_names


@pytest.mark.parametrize("column", ["family_name", "known_as"])
def test_a_ciphertext_moved_to_another_column_does_not_open(session, make, column):
    row = make()
    setattr(row, f"{column}_sealed", row.given_names_sealed)
    with pytest.raises(InvalidTag):
        getattr(row, column)


def test_a_ciphertext_moved_to_another_row_or_table_of_the_same_person_does_not_open(session, make, clock):
    """Not even under the same key: a correction cannot be given the old words by who can write to the table."""
    from hub.learners.models import LearningNeeds

    row = make()
    values = {column.name: getattr(row, column.key) for column in SourceRecord.__table__.columns}
    other = SourceRecord(
        **{
            name: values[name]
            for name in ("subject_id", "learner_id", "home_learner_id", "referred_on", "created_at")
        },
        given_names="Berhane",
    )
    other.given_names_sealed = row.given_names_sealed
    needs = LearningNeeds(
        subject_id=row.subject_id, source_record_id=row.id, recorded_on=clock.today(), created_at=clock.now()
    )
    needs.answers_sealed = row.given_names_sealed
    for read in (lambda: other.given_names, lambda: needs.answers):
        with pytest.raises(InvalidTag):
            read()


def test_a_row_given_to_another_person_does_not_open(session, make):
    one, other = make("Amina"), make("Berhane")
    moved = text("UPDATE source_record SET subject_id = :subject WHERE id = :row")
    session.execute(moved, {"subject": other.subject_id, "row": one.id})
    session.expire_all()
    with using_vault(Vault(session, TEST_KEYRING)), pytest.raises(InvalidTag):
        _ = one.given_names


def test_the_keys_of_many_rows_are_fetched_in_one_query(hub, session, make):
    for n in range(20):
        make(f"Amina{'a' * n}")
    session.expire_all()
    statements = []
    event.listen(hub.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    with using_vault(Vault(session, TEST_KEYRING)):
        rows = list(session.scalars(select(SourceRecord)))
        assert all(row.given_names.startswith("Amina") for row in rows)
    assert len([s for s in statements if "subject_key" in s]) == 1


SELECTED = """
    SELECT given_names_sealed, known_as_sealed, family_name_sealed, kek_id, wrapped
    FROM source_record JOIN subject_key USING (subject_id) WHERE source_record.id = %(id)s
"""


def test_a_row_read_in_the_drivers_form_opens_where_it_stands(session, make):
    row, other = make(), make("Berhane")  # both wait in the unit of work: they are written first
    place = RowPlace("source_record", row.id, row.subject_id)
    ((*sealed, name, wrapped),) = fetch(session, SELECTED, {"id": row.id})
    vault = Vault(session, TEST_KEYRING)
    vault.take(row.subject_id, name, wrapped)
    columns = ("given_names", "known_as", "family_name")
    assert vault.row(place).open(columns, sealed) == ["Amina", None, "Yılmaz"]
    for moved in (place._replace(row_id=other.id), place._replace(table="learner")):
        with pytest.raises(InvalidTag):
            vault.row(moved).open(columns, sealed)
    with pytest.raises(InvalidTag):
        vault.row(place).open(("family_name", "known_as", "given_names"), sealed)
    vault.forget({row.subject_id})
    vault.take(row.subject_id, name, wrapped)
    with pytest.raises(Destroyed):
        vault.row(place)


def test_what_the_driver_refuses_is_raised_as_by_any_other_statement(session):
    with pytest.raises(ProgrammingError) as refused, session.begin_nested():
        fetch(session, "SELECT nothing FROM source_record WHERE id = %(id)s", {"id": "secret"})
    assert "secret" not in str(refused.value)


def test_destroying_the_key_makes_the_record_unreadable_for_ever(session, make, clock):
    row = make()
    destroy_key(session, row.subject_id, clock.now())
    session.expire_all()
    with using_vault(Vault(session, TEST_KEYRING)), pytest.raises(Destroyed):
        _ = row.given_names
    assert session.get(SubjectKey, row.subject_id).wrapped is None


def test_a_foreign_key_file_is_noticed(session):
    check_keyring(session, TEST_KEYRING)
    session.flush()
    check_keyring(session, TEST_KEYRING)
    with pytest.raises(KeyProblem, match="does not belong to this database"):
        check_keyring(session, make_keyring())


def test_two_processes_may_meet_a_new_database_at_the_same_moment(session, monkeypatch):
    """Both find no mark; whoever writes second holds the same key file, or is told that it does not."""
    check_keyring(session, TEST_KEYRING)
    for ring, belongs in ((TEST_KEYRING, True), (make_keyring(), False)):
        seen: Iterator[dict[str, bytes]] = iter([{}])
        with monkeypatch.context() as earlier:
            known = subject_keys._known
            earlier.setattr(
                subject_keys, "_known", lambda found, seen=seen, known=known: next(seen, known(found))
            )
            with nullcontext() if belongs else pytest.raises(KeyProblem):
                check_keyring(session, ring)


def test_sealing_outside_a_unit_of_work_is_refused():
    row = SourceRecord()
    with pytest.raises(ValueError, match="subject_id first"):
        row.given_names = "Amina"
    with pytest.raises(RuntimeError, match="inside a transaction"):
        SourceRecord(subject_id=new_id(), given_names="Amina")
