"""Backup and restore: a real round trip, erasure that outlives backups, and every refusal in words."""

import os
from pathlib import Path
from unittest import mock
from uuid import UUID

import pytest

from hub.accounts import service as accounts
from hub.accounts.domain import NewOrganisation, OrganisationKind
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM
from hub.infra import db, start
from hub.infra.crypto import make_keyring, save_keyring
from hub.infra.personal import sealed_columns
from hub.learners import reads as learner_reads
from hub.learners import service as learners
from hub.learners.domain import NewPerson
from hub.rights.jobs import log_erasures
from hub.rights.service.erasing import erase_person
from hub.wiring import DELIVERIES, REACTIONS
from tests.slices.infra.deployments import Deployment, deployment

__all__ = ["deployment"]

SUBJECT, ERASED = UUID(int=1), UUID(int=2)


@pytest.fixture
def lived_in(deployment: Deployment) -> Deployment:
    """A deployment with an organisation, two people's keys, a sealed message and one that waits to be sent."""
    assert (
        deployment.hub(
            "organisations", "create", "council", "--kind", "council", "--name", "Käte's"
        ).returncode
        == 0
    )
    for subject in (SUBJECT, ERASED):
        deployment.sql(
            f"INSERT INTO subject_key (subject_id, kek_id, wrapped) VALUES ('{subject}', 'k1', '\\x01')"
        )
    deployment.sql(
        "INSERT INTO outbox_entry (id, dedupe_key, kind, ref, state, attempts, created_at, next_at) "
        f"SELECT '{new_id()}', 'd', 'message', '{new_id()}', 'pending', 0, now(), now()"
    )
    return deployment


def contents(place: Deployment) -> dict[str, int]:
    """Rows of every table."""
    tables = [
        str(name) for (name,) in place.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    return {name: int(str(place.sql(f'SELECT count(*) FROM "{name}"')[0][0])) for name in tables}


def triggers(place: Deployment) -> list[tuple[object, ...]]:
    """What the database itself refuses or does, such as changing the audit."""
    return place.sql(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
    )


def refused(place: Deployment, *words: str) -> str:
    done = place.hub(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_what_was_there_is_there_again(lived_in: Deployment, tmp_path: Path):
    before, guards, file = contents(lived_in), triggers(lived_in), tmp_path / "hub.backup"
    made = lived_in.hub("db", "backup", str(file))
    assert made.returncode == 0, made.stderr
    assert str(lived_in.key_file) in made.stdout, "says what is not in it"
    assert {path.name for path in tmp_path.glob("hub.backup*")} == {"hub.backup", "hub.backup.keys"}
    assert file.stat().st_mode & 0o077 == 0

    lived_in.sql("DELETE FROM organisation", "DELETE FROM subject_key", "CREATE TABLE newer (n int)")
    done = lived_in.hub("db", "restore", str(file), "--force")
    assert done.returncode == 0, done.stderr
    assert "2 people's keys, 0 erased" in done.stdout
    assert contents(lived_in) == before
    assert triggers(lived_in) == guards != []
    assert "Käte's" in lived_in.hub("organisations", "list").stdout, "the application's role may read again"


def test_it_restores_into_an_empty_database_without_force(lived_in: Deployment, tmp_path: Path):
    before, file = contents(lived_in), str(tmp_path / "hub.backup")
    lived_in.hub("db", "backup", file)
    lived_in.sql("DROP OWNED BY CURRENT_USER CASCADE")
    assert lived_in.hub("db", "restore", file).returncode == 0
    assert contents(lived_in) == before


def test_a_restored_database_still_refuses_to_change_its_audit(lived_in: Deployment, tmp_path: Path):
    file = str(tmp_path / "hub.backup")
    lived_in.hub("db", "backup", file)
    lived_in.hub("db", "restore", file, "--force")
    rights = lived_in.sql(
        "SELECT has_table_privilege('hub_app', 'audit_entry', 'INSERT'), "
        "has_table_privilege('hub_app', 'audit_entry', 'UPDATE'), has_table_privilege('hub_app', 'audit_entry', 'DELETE')"
    )
    assert rights == [(True, False, False)]


def test_data_keys_are_only_in_the_second_file(lived_in: Deployment, tmp_path: Path):
    """So that an erasure is complete when the second file's time is over, however long the first is kept."""
    file = tmp_path / "hub.backup"
    lived_in.hub("db", "backup", str(file))
    lived_in.sql(f"UPDATE subject_key SET wrapped = NULL, destroyed_at = now() WHERE subject_id = '{ERASED}'")
    newer = tmp_path / "newer.backup"
    lived_in.hub("db", "backup", str(newer))

    done = lived_in.hub("db", "restore", str(file), "--force", "--keys", f"{newer}.keys")
    assert "1 people's keys, 1 erased" in done.stdout
    assert lived_in.sql(f"SELECT wrapped FROM subject_key WHERE subject_id = '{ERASED}'") == [(None,)]


def test_what_waited_to_be_sent_is_looked_up_before_it_is_sent_again(lived_in: Deployment, tmp_path: Path):
    file = str(tmp_path / "hub.backup")
    lived_in.hub("db", "backup", file)
    lived_in.hub("db", "restore", file, "--force")
    assert lived_in.sql("SELECT state, attempts FROM outbox_entry") == [("pending", 1)]


@pytest.mark.parametrize("name", ["hub.backup", "hub.backup.keys"])
def test_a_backup_overwrites_nothing(lived_in: Deployment, tmp_path: Path, name: str):
    (tmp_path / name).write_text("precious")
    told = refused(lived_in, "db", "backup", str(tmp_path / "hub.backup"))
    assert f"{tmp_path / name} exists already" in told
    assert (tmp_path / name).read_text() == "precious"
    assert len(list(tmp_path.glob("hub.backup*"))) == 1, "and leaves nothing of its own"


def test_a_folder_that_is_not_there(lived_in: Deployment, tmp_path: Path):
    assert "No such file or directory" in refused(
        lived_in, "db", "backup", str(tmp_path / "gone" / "hub.backup")
    )


def test_an_empty_database_has_nothing_to_back_up(deployment: Deployment, tmp_path: Path):
    deployment.sql("DROP OWNED BY CURRENT_USER CASCADE")
    told = refused(deployment, "db", "backup", str(tmp_path / "hub.backup"))
    assert "nothing to back up" in told
    assert list(tmp_path.glob("hub.backup*")) == []


def test_a_full_database_is_not_restored_over(lived_in: Deployment, tmp_path: Path):
    file = str(tmp_path / "hub.backup")
    lived_in.hub("db", "backup", file)
    before = contents(lived_in)
    assert "is not empty" in refused(lived_in, "db", "restore", file)
    assert contents(lived_in) == before


def test_restoring_needs_the_keys(lived_in: Deployment, tmp_path: Path):
    file = tmp_path / "hub.backup"
    assert "There is no backup at" in refused(lived_in, "db", "restore", str(file))
    lived_in.hub("db", "backup", str(file))
    (tmp_path / "hub.backup.keys").unlink()
    assert "hub.backup.keys are missing" in refused(lived_in, "db", "restore", str(file), "--force")


@pytest.mark.parametrize("damage", ["no backup at all", "cut off"])
def test_a_damaged_backup_changes_nothing(lived_in: Deployment, tmp_path: Path, damage: str):
    file = tmp_path / "hub.backup"
    lived_in.hub("db", "backup", str(file))
    whole = file.read_bytes()
    file.write_bytes(b"no backup" if damage == "no backup at all" else whole[: len(whole) * 9 // 10])
    before = contents(lived_in)
    told = refused(lived_in, "db", "restore", str(file), "--force")
    assert "damaged" in told or "Nothing was restored and nothing was changed" in told
    assert contents(lived_in) == before


def test_a_backup_of_a_newer_version_is_refused(lived_in: Deployment, tmp_path: Path):
    file = str(tmp_path / "hub.backup")
    lived_in.sql("DELETE FROM alembic_version", "INSERT INTO alembic_version VALUES ('9999')")
    lived_in.hub("db", "backup", file)
    assert "written by a newer version" in refused(lived_in, "db", "restore", file, "--force")


def test_sealed_records_open_with_the_key_file_and_with_no_other(lived_in: Deployment, tmp_path: Path):
    """After the restore on another machine: with its own key file it refuses to work at all."""
    file = str(tmp_path / "hub.backup")
    lived_in.hub("db", "backup", file)
    right = lived_in.key_file.rename(tmp_path / "right.json")
    save_keyring(make_keyring(), lived_in.key_file)
    assert lived_in.hub("db", "restore", file, "--force").returncode == 0
    assert "does not belong to this database" in refused(lived_in, "organisations", "list")
    assert lived_in.hub("organisations", "list", HUB_KEY_FILE=str(right)).returncode == 0


def test_no_backup_brings_back_whom_we_erased_since(deployment: Deployment, tmp_path: Path):
    """Yesterday's backup with yesterday's keys, and only the file of erasures left of today: nothing opens."""
    with mock.patch.dict(os.environ, deployment.environment(), clear=True):
        hub = start.start(REACTIONS, DELIVERIES)
    with db.transaction() as session:
        home = NewOrganisation("hub", "The Hub", OrganisationKind.HUB)
        accounts.create_organisation(session, home, SYSTEM, hub.clock)
        people = [
            learners.identify(session, NewPerson(given_names=name, family_name="Hassan", phone=phone), None, None, SYSTEM, hub.clock)
            for name, phone in (("Amina", "+447700900001"), ("Berhane", "+447700900002"))
        ]  # fmt: skip
    file = tmp_path / "hub.backup"
    assert deployment.hub("db", "backup", str(file)).returncode == 0
    with db.transaction() as session:
        erase_person(session, people[0].learner_id, SYSTEM, hub.clock)
    assert log_erasures(hub.clock) == 1
    hub.engine.dispose()
    deployment.sql("DROP OWNED BY CURRENT_USER CASCADE")

    done = deployment.hub("db", "restore", str(file))
    assert done.returncode == 0, done.stderr
    assert "1 people's keys, 1 erased" in done.stdout and "1 people erased again" in done.stdout
    gone, kept = people[0].subject_id, people[1].subject_id
    with db.transaction() as session:
        for table, columns in sealed_columns():
            for column in columns:
                rows = deployment.sql(f"SELECT {column} FROM {table.name} WHERE subject_id = '{gone}'")
                assert {row[0] for row in rows} <= {None}, (table.name, column)
        assert learner_reads.person(session, people[0].learner_id).is_erased
        assert learner_reads.person(session, people[1].learner_id).given_names == "Berhane"
    indexes = "SELECT subject_id, count(*) FROM blind_index GROUP BY subject_id"
    assert [row[0] for row in deployment.sql(indexes)] == [kept]
    tombstones = "SELECT subject_id, person_id FROM erasure_tombstone"
    assert deployment.sql(tombstones) == [(gone, people[0].learner_id)]


def test_the_database_that_is_replaced_tells_of_its_erasures_too(lived_in: Deployment, tmp_path: Path):
    file = str(tmp_path / "hub.backup")
    lived_in.hub("db", "backup", file)
    lived_in.sql(f"INSERT INTO erasure_tombstone VALUES ('{ERASED}', '{ERASED}', now(), NULL)")
    assert "1 people's keys, 1 erased" in lived_in.hub("db", "restore", file, "--force").stdout
    assert lived_in.sql("SELECT subject_id FROM subject_key WHERE wrapped IS NULL") == [(ERASED,)]
    out = tmp_path / "erased.jsonl"
    assert "1 keys of erased people written" in lived_in.hub("rights", "export-erasures", str(out)).stdout
    assert "exists already" in refused(lived_in, "rights", "export-erasures", str(out))
    assert "0 people erased again" in lived_in.hub("rights", "replay-erasures", str(out)).stdout
    listed = lived_in.hub("retention", "run", "--dry-run").stdout
    assert "learner_unplaced: 0 over 24 months" in listed and "Nothing was changed." in listed
