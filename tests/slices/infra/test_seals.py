"""Seals over the audit: what is sealed, and that every change afterwards is named."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import sessionmaker

from hub.core.errors import RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM
from hub.infra import audit
from hub.infra.audit import AuditEntry
from hub.infra.db import transaction
from hub.infra.seals import exporting, sealer, verifying
from hub.infra.seals.models import AuditCheck, AuditSeal

COLUMNS = {
    "at": "at + interval '1 microsecond'",
    "actor_kind": "'key'",
    "actor_id": "gen_random_uuid()",
    "organisation_id": "gen_random_uuid()",
    "role": "role || ' '",
    "session": "'0'",
    "action": "'learner.listed'",
    "subject_type": "'referral'",
    "subject_id": "gen_random_uuid()",
    "fields": """'["nam"]'""",
    "purpose": "NULL",
    "basis": "'another'",
    "outcome": "'refused'",
    "reason": "''",
    "request_id": "'x'",
    "ip": "'127.0.0.2'",
    "id": "gen_random_uuid()",
}
SEAL_COLUMNS = {
    "made_at": "made_at - interval '1 second'",
    "first_seq": "first_seq - 1",
    "last_seq": "last_seq + 1",
    "ranges": "jsonb_set(ranges, '{0,1}', to_jsonb((ranges->0->>1)::bigint + 1))",
    "entries": "entries + 1",
    "key_id": "'0000'",
    "number": "number + 50",
} | {
    name: f"set_byte({name}, 3, get_byte({name}, 3) # 1)"
    for name in ("leaves", "root", "prev_hash", "hash", "signature")
}


@pytest.fixture(scope="module")
def owner(database):
    made = create_engine(database.owner_url)
    yield made
    made.dispose()


@pytest.fixture
def forge(hub, owner):
    """Everything of a test in one transaction of the owner's, rolled back at its end, its triggers off.

    forge(statement, ...): what somebody with the owner's password does behind the triggers' backs.
    """
    with owner.connect() as connection:
        outer = connection.begin()
        hub.sessions = sessionmaker(
            bind=connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        for table in ("audit_entry", "audit_seal"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER only_grows")

        def run(*statements: str) -> None:
            for statement in statements:
                connection.exec_driver_sql(statement)

        yield run
        outer.rollback()


@pytest.fixture
def undone(forge):
    """`with undone(statement):` a forgery that is taken back at the end of the block."""

    @contextmanager
    def run(statement):
        forge("SAVEPOINT mutant", statement)
        yield
        forge("ROLLBACK TO SAVEPOINT mutant")

    return run


def write(clock, number=1, action="learner.viewed"):
    with transaction() as session:
        for _ in range(number):
            audit.record(
                session,
                SYSTEM,
                action,
                "learner",
                new_id(),
                clock=clock,
                fields=["name", "phone"],
                reason="r",
            )


@pytest.fixture
def sealed(forge, clock):
    """Three seals over 4, 3 and 2 entries; gives the sequence numbers."""
    for number in (4, 3, 2):
        write(clock, number)
        sealer.seal_due(clock)
    with transaction() as session:
        return list(session.scalars(select(AuditEntry.seq).order_by(AuditEntry.seq)))


def verdict():
    with transaction() as session:
        return verifying.verify_database(session)


def test_what_was_written_is_sealed_in_batches_and_verified(sealed):
    found = verdict()
    assert found.ok and (found.seals, found.entries, found.unsealed) == (3, 9, 0)
    assert found.sealed_to == sealed[-1]


def test_nothing_new_makes_no_seal(sealed, clock):
    assert sealer.seal_due(clock) == 0
    assert verdict().seals == 3


def test_a_large_flood_goes_into_batches(forge, clock, monkeypatch):
    monkeypatch.setattr(sealer, "BATCH", 4)
    write(clock, 10)
    assert sealer.seal_due(clock) == 10
    assert (verdict().seals, verdict().entries) == (3, 10)


def test_a_changed_column_of_an_entry_is_named(sealed, undone):
    for column, value in COLUMNS.items():
        with undone(f"UPDATE audit_entry SET {column} = {value} WHERE seq = {sealed[5]}"):
            fault = verdict().fault
            assert (fault.kind, fault.seq, fault.seal) == ("altered", sealed[5], 2), column
    assert verdict().ok


def test_every_column_of_an_entry_is_under_seal():
    assert {column.name for column in AuditEntry.__table__.columns} == {"seq", *COLUMNS}
    assert {column.name for column in AuditSeal.__table__.columns} == set(SEAL_COLUMNS)


@pytest.mark.parametrize("number", [1, 3])
def test_a_changed_seal_is_named(sealed, undone, number):
    for column, value in SEAL_COLUMNS.items():
        with undone(f"UPDATE audit_seal SET {column} = {value} WHERE number = {number}"):
            fault = verdict().fault
            assert (fault.kind, fault.seal) == ("seal", number), column
    assert verdict().ok


def test_the_first_of_several_changes_is_named(sealed, forge):
    for seq in (sealed[7], sealed[2], sealed[4]):
        forge(f"UPDATE audit_entry SET reason = 'x' WHERE seq = {seq}")
    forge(f"DELETE FROM audit_entry WHERE seq = {sealed[3]}")
    assert verdict().fault.seq == sealed[2]


@pytest.mark.parametrize("place", [0, 4, 8])
def test_a_deleted_entry_is_named_at_either_end_too(sealed, forge, place):
    forge(f"DELETE FROM audit_entry WHERE seq = {sealed[place]}")
    fault = verdict().fault
    assert (fault.kind, fault.seq) == ("missing", sealed[place])


def test_two_entries_that_changed_places_are_named(sealed, forge):
    one, other = sealed[1], sealed[6]
    forge(
        "ALTER TABLE audit_entry ALTER seq SET GENERATED BY DEFAULT",
        f"UPDATE audit_entry SET seq = -1 WHERE seq = {one}",
        f"UPDATE audit_entry SET seq = {one} WHERE seq = {other}",
        f"UPDATE audit_entry SET seq = {other} WHERE seq = -1",
        "ALTER TABLE audit_entry ALTER seq SET GENERATED ALWAYS",
    )
    fault = verdict().fault
    assert (fault.kind, fault.seq) == ("reordered", one)
    assert f"sealed as entry {other}" in fault.words


def test_a_seal_taken_out_is_named(sealed, forge):
    forge("DELETE FROM audit_seal WHERE number = 2")
    assert "Seal 2 is missing" in verdict().fault.words


def test_an_entry_slipped_in_between_is_named(sealed, forge, monkeypatch):
    monkeypatch.setattr(sealer, "settled", lambda _: sealed[-1])
    monkeypatch.setattr(verifying, "settled", lambda _: sealed[-1])
    forge(
        f"DELETE FROM audit_entry WHERE seq = {sealed[4]}",
        "DELETE FROM audit_seal WHERE number > 1",
    )
    forge(
        "INSERT INTO audit_entry (id, seq, at, actor_kind, role, action, subject_type, subject_id, fields, outcome) "
        f"OVERRIDING SYSTEM VALUE VALUES (gen_random_uuid(), {sealed[0] - 1}, now(), 'user', 'x', 'y', 'z', "
        "gen_random_uuid(), '[]', 'done')"
    )
    fault = verdict().fault
    assert (fault.kind, fault.seq) == ("added", sealed[0] - 1)


def test_a_tail_cut_off_with_its_seals_is_found_by_what_was_published(hub, sealed, forge, clock, tmp_path):
    hub.settings = replace(hub.settings, audit_dir=tmp_path / "seals")
    write(clock)
    sealer.seal_due(clock)
    assert verifying.check_now(clock).published == 4
    forge(f"DELETE FROM audit_entry WHERE seq > {sealed[5]}", "DELETE FROM audit_seal WHERE number > 2")
    forge(f"DELETE FROM audit_entry WHERE seq >= {sealed[7]}")
    fault = verifying.check_now(clock).fault
    assert (fault.kind, fault.seal) == ("published", 3)
    with transaction() as session:
        assert verifying.last_check(session).fault["seal"] == 3


def test_a_chain_made_anew_by_somebody_else_is_found(sealed, hub, forge, clock):
    """Whoever has the database but not the key file cannot sign."""
    before = hub.keyring
    forge("TRUNCATE audit_seal")
    hub.keyring = replace(before, index_key=b"x" * 32, _subkeys={})
    sealer.seal_due(clock)
    hub.keyring = before
    assert "does not carry our signature" in verdict().fault.words


def test_what_appears_late_under_a_lower_number_goes_into_the_next_seal(committed, clock, hub):
    """Sequence numbers are given out before the commit: an open transaction holds nobody up and is not lost."""
    late = AuditEntry(
        at=clock.now(), actor_kind="system", role="worker", action="thing.done", subject_type="thing",
        subject_id=new_id(), fields=[], outcome="done",
    )  # fmt: skip
    with ThreadPoolExecutor(1) as other, hub.sessions() as slow:
        slow.execute(insert(AuditEntry), [{k: v for k, v in vars(late).items() if not k.startswith("_")}])
        other.submit(write, clock, 3).result()
        assert sealer.seal_due(clock) == 3
        slow.commit()
    assert verdict().unsealed == 1
    assert verifying.check_now(clock).ok
    assert sealer.seal_due(clock) == 1
    nightly = verifying.check_now(clock, whole=False)
    assert (nightly.ok, nightly.seals, nightly.entries) == (True, 1, 4), "from the late entry's number on"
    found = verdict()
    assert found.ok and (found.seals, found.entries) == (2, 4)
    with transaction() as session:
        ranges = list(session.scalars(select(AuditSeal.ranges).order_by(AuditSeal.number)))
    assert ranges[1][0][0] == ranges[0][0][0] - 1, "the late one stands before those sealed first"


def test_rolled_back_numbers_leave_gaps_that_are_no_fault(forge, clock):
    write(clock, 2)
    with pytest.raises(ZeroDivisionError), transaction() as session:
        audit.record(session, SYSTEM, "learner.viewed", "learner", new_id(), clock=clock)
        session.scalars(select(AuditEntry)).all()
        raise ZeroDivisionError
    write(clock, 2)
    sealer.seal_due(clock)
    with transaction() as session:
        assert len(session.scalars(select(AuditSeal.ranges)).one()) == 2
    assert verdict().ok


def test_a_long_silence_of_the_sealer_is_itself_in_the_audit(forge, clock):
    write(clock)
    with transaction() as session:
        assert sealer.lag(session, clock) == 0
    clock.advance(timedelta(minutes=3))
    with transaction() as session:
        assert sealer.lag(session, clock) == 180
    sealer.seal_due(clock)
    with transaction() as session:
        gap = session.scalars(select(AuditEntry).where(AuditEntry.action == "audit.gap")).one()
    assert gap.reason == "not sealed for 180 seconds"


def test_the_application_cannot_change_seals_and_neither_can_the_owner_by_mistake(committed, clock, owner):
    write(clock)
    sealer.seal_due(clock)
    verifying.check_now(clock)
    for table in ("audit_entry", "audit_seal", "audit_check"):
        for statement in (
            f"UPDATE {table} SET id = id" if table != "audit_seal" else f"UPDATE {table} SET entries = 0",
            f"DELETE FROM {table}",
        ):
            with pytest.raises(Exception, match="permission denied"), transaction() as session:
                session.execute(text(statement))
            with owner.connect() as connection, pytest.raises(DBAPIError, match="only ever added"):
                connection.exec_driver_sql(statement)


def test_a_nightly_check_takes_up_where_the_last_one_ended(sealed, forge, clock):
    first = verifying.check_now(clock, whole=False)
    assert (first.seals, first.entries) == (3, 9), "the first is of everything"
    forge(f"UPDATE audit_entry SET reason = 'x' WHERE seq = {sealed[0]}")
    assert verifying.check_now(clock, whole=False).ok, "what was checked waits for the next whole check"
    write(clock, 2)
    sealer.seal_due(clock)
    nightly = verifying.check_now(clock, whole=False)
    assert (nightly.ok, nightly.seals, nightly.entries, nightly.unsealed) == (True, 1, 2, 0)
    whole = verifying.check_now(clock)
    assert (whole.seals, whole.fault.seq) == (4, sealed[0])
    assert verifying.check_now(clock, whole=False).fault.seq == sealed[0], (
        "after a fault everything, until it is mended"
    )


def test_a_nightly_check_names_what_was_changed_since_the_last_one(sealed, forge, clock):
    verifying.check_now(clock)
    write(clock, 2)
    sealer.seal_due(clock)
    forge("UPDATE audit_entry SET reason = 'x' WHERE seq = (SELECT max(seq) FROM audit_entry)")
    assert verifying.check_now(clock, whole=False).fault.kind == "altered"


@pytest.mark.parametrize("column", ["hash", "prev_hash", "signature"])
def test_a_nightly_check_holds_new_seals_to_the_one_checked_before(sealed, forge, clock, column):
    verifying.check_now(clock)
    write(clock)
    sealer.seal_due(clock)
    forge(f"UPDATE audit_seal SET {column} = {SEAL_COLUMNS[column]} WHERE number = 4")
    assert verifying.check_now(clock, whole=False).fault.seal == 4


# ---------------------------------------------------------------- published seals and exports


def test_published_lines_survive_a_crash_in_the_middle_of_one(hub, forge, clock, tmp_path):
    hub.settings = replace(hub.settings, audit_dir=tmp_path)
    write(clock)
    sealer.seal_due(clock)
    (file,) = tmp_path.glob("*.jsonl")
    with file.open("ab") as half:
        half.write(b'{"number": 2, "ma')
    write(clock)
    sealer.seal_due(clock)
    assert verifying.check_now(clock).published == 2
    assert len(file.read_bytes().splitlines()) == 3


def test_a_folder_that_cannot_be_written_does_not_stop_the_sealing(hub, forge, clock, tmp_path):
    (tmp_path / "file").touch()
    hub.settings = replace(hub.settings, audit_dir=tmp_path / "file" / "seals")
    write(clock)
    assert sealer.seal_due(clock) == 1
    hub.settings = replace(hub.settings, audit_dir=tmp_path / "seals")
    write(clock)
    sealer.seal_due(clock)
    assert verifying.check_now(clock).published == 2, "the one that could not be written goes out later"


@pytest.fixture
def exported(sealed, clock, tmp_path):
    path = tmp_path / "audit.jsonl"
    with transaction() as session:
        path.write_bytes(b"".join(exporting.export_all(session, clock)))
    return path


def test_an_exported_file_is_verified_without_the_database(exported, sealed):
    found = verifying.verify_file(exported)
    assert found.ok and (found.seals, found.entries) == (3, 9)


def test_any_changed_value_deleted_or_moved_line_of_a_file_is_named(exported, sealed):
    lines = exported.read_bytes().splitlines(keepends=True)
    entries = [number for number, line in enumerate(lines) if line.startswith(b'{"entry"')]

    def fault_of(changed):
        exported.write_bytes(b"".join(changed))
        return verifying.verify_file(exported).fault

    third = entries[2]
    for column in ("at", "role", "action", "outcome", "reason", "fields", "subject_id", "purpose"):
        read = orjson.loads(lines[third])
        read["entry"][column] = "another"
        fault = fault_of([*lines[:third], orjson.dumps(read) + b"\n", *lines[third + 1 :]])
        assert (fault.kind, fault.seq) == ("altered", sealed[2]), column
    assert fault_of([*lines[:third], *lines[third + 1 :]]).words.startswith(f"Entry {sealed[2]} is missing")
    assert fault_of(lines[:-1]).seq == sealed[-1]
    for seal in (1, 2, 3):
        fault = fault_of([*lines[:seal], *lines[seal + 1 :]])
        assert fault is not None, "a seal less"
        altered = lines[seal].replace(b'"entries":', b'"entries":1')
        assert fault_of([*lines[:seal], altered, *lines[seal + 1 :]]).seal == seal


def test_chosen_entries_carry_their_own_proof(sealed, clock, tmp_path):
    path = tmp_path / "mine.jsonl"
    write(clock)
    with transaction() as session:
        last = session.scalars(select(AuditEntry.seq).order_by(AuditEntry.seq.desc()).limit(1)).one()
        path.write_bytes(b"".join(exporting.export_chosen(session, [sealed[0], sealed[5], last], clock)))
    found = verifying.verify_file(path)
    assert found.ok and (found.seals, found.entries, found.unsealed) == (2, 2, 1)
    text_ = path.read_text()
    path.write_text(text_.replace('"reason":"r"', '"reason":"q"', 1))
    assert verifying.verify_file(path).fault.seq == sealed[0]


def test_a_file_signed_by_another_key_or_no_export_at_all(exported, tmp_path):
    with pytest.raises(RuleBroken, match="not by the one that you named"):
        verifying.verify_file(exported, public_key="00" * 32)
    other = tmp_path / "other"
    for content in (b"", b"{}\n", b"[1]\n", b"\xff\n", exported.read_bytes()[:700]):
        other.write_bytes(content)
        with pytest.raises(RuleBroken, match="not an export"):
            verifying.verify_file(other)


def test_lines_are_canonical_json_that_anybody_can_hash(exported):
    entry = next(line for line in exported.read_bytes().splitlines() if line.startswith(b'{"entry"'))
    inner = entry[len(b'{"entry":') : -1]
    assert orjson.dumps(orjson.loads(inner)) == inner
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", orjson.loads(inner)["at"])


def test_a_check_keeps_what_it_found(sealed, clock):
    verifying.check_now(clock)
    with transaction() as session:
        kept = session.scalars(select(AuditCheck)).one()
        assert (kept.seals, kept.entries, kept.fault) == (3, 9, None)
