"""Starting when something is wrong: one clear line on stderr, exit status 2, no traceback, nothing half-done."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.infra import embedded_postgres, migrations
from hub.infra.crypto import make_keyring, save_keyring
from tests.slices.infra.deployments import Deployment, deployment, free_port

AS_ROOT = os.geteuid() == 0
__all__ = ["deployment"]


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What a refused start says: exit status 2 and nothing but the program's own sentences."""
    assert done.returncode == 2, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    ours = [line for line in done.stderr.splitlines() if not line.startswith("{")]  # logs are JSON lines
    assert ours and ours[0].startswith("hub: "), done.stderr
    return "\n".join(ours)


# ---------------------------------------------------------------- settings


def test_every_faulty_setting_is_named(deployment: Deployment):
    wrong = {
        "HUB_ENVIRONMENT": "live", "HUB_POOL_SIZE": "many", "HUB_BASE_URL": "http://hub.example.org",
        "HUB_DATABSE_URL": "x",
    }  # fmt: skip
    told = said(deployment.hub("serve", **wrong))
    assert "HUB_ENVIRONMENT: write production, demo or test" in told
    assert "HUB_POOL_SIZE: write a whole number from 1 to 50" in told
    assert "HUB_BASE_URL must begin with https://" in told
    assert "HUB_DATABSE_URL is not a setting of ESOL Hub" in told


def test_one_database_address_without_the_other(deployment: Deployment):
    told = said(deployment.hub("db", "upgrade", HUB_DATABASE_OWNER_URL=None))
    assert "HUB_DATABASE_URL and HUB_DATABASE_OWNER_URL go together" in told


# ---------------------------------------------------------------- keys


def test_a_missing_key_file_in_production(deployment: Deployment):
    deployment.key_file.unlink()
    told = said(deployment.hub("serve", HUB_ENVIRONMENT="production"))
    assert f"There is no key file at {deployment.key_file}" in told
    assert not deployment.key_file.exists(), "production never makes keys by itself"


@pytest.mark.parametrize("content", ["", "{}", '{"active": "k1", "keys": {"k1": "short"}}', "\x00\x01"])
def test_a_damaged_key_file(deployment: Deployment, content: str):
    deployment.key_file.write_text(content)
    assert f"The key file {deployment.key_file} cannot be read" in said(
        deployment.hub("organisations", "list")
    )


def test_the_key_file_of_another_database(deployment: Deployment):
    assert deployment.hub("organisations", "list").returncode == 0
    deployment.key_file.unlink()
    save_keyring(make_keyring(), deployment.key_file)
    for command in (["serve"], ["organisations", "list"], ["worker"], ["scheduler"]):
        told = said(deployment.hub(*command))
        assert "The key file does not belong to this database" in told


def test_a_new_key_file_never_replaces_one(deployment: Deployment):
    before = deployment.key_file.read_bytes()
    assert f"{deployment.key_file} exists already" in said(deployment.hub("keys", "new"))
    assert deployment.key_file.read_bytes() == before


# ---------------------------------------------------------------- the database and its version


def test_a_database_that_is_behind_the_program(deployment: Deployment):
    deployment.sql("DELETE FROM alembic_version")
    told = said(deployment.hub("serve"))
    assert f"at migration none, this program needs {migrations.head_revision()}" in told
    assert "hub db upgrade" in told


def test_an_empty_database(deployment: Deployment):
    deployment.sql("DROP OWNED BY CURRENT_USER CASCADE")
    assert "hub db upgrade" in said(deployment.hub("worker"))


def test_a_migration_is_in_the_audit(deployment: Deployment):
    deployment.sql("DROP OWNED BY CURRENT_USER CASCADE")
    for _ in range(2):
        assert "up to date" in deployment.hub("db", "upgrade").stdout
    rows = deployment.sql("SELECT reason FROM audit_entry WHERE action = 'database.migrated'")
    assert rows == [(f"None to {migrations.head_revision()}",)]


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["db", "upgrade"]])
def test_a_database_that_is_ahead_of_the_program(deployment: Deployment, command: list[str]):
    deployment.sql("DELETE FROM alembic_version", "INSERT INTO alembic_version VALUES ('9999')")
    told = said(deployment.hub(*command))
    assert "The database (at 9999) was changed by a newer version of this program" in told


def test_a_database_that_cannot_be_reached(deployment: Deployment):
    nowhere = "postgresql://hub_app:secret-word@127.0.0.1:9/hub"
    for command in (["serve"], ["db", "upgrade"], ["db", "backup", "x"], ["organisations", "list"]):
        told = said(deployment.hub(*command, HUB_DATABASE_URL=nowhere, HUB_DATABASE_OWNER_URL=nowhere))
        assert "database cannot be used" in told
        assert "secret-word" not in told


def test_an_application_role_that_owns_the_tables(deployment: Deployment):
    told = said(deployment.hub("serve", HUB_DATABASE_URL=deployment.owner_url))
    assert "The role in HUB_DATABASE_URL owns the tables" in told


# ---------------------------------------------------------------- the data folder and the embedded server


@pytest.fixture(scope="module")
def own_server() -> Iterator[Path]:
    """A data folder whose embedded server has run once and stands still."""
    base = Path(tempfile.mkdtemp(prefix="hub-start-"))
    base.chmod(0o755)
    embedded_postgres.ensure_running(base / "var")
    embedded_postgres.stop(base / "var")
    yield base / "var"
    embedded_postgres.destroy(base / "var")
    shutil.rmtree(base)


Embedded = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def embedded(deployment: Deployment, own_server: Path) -> Embedded:
    """The command on the embedded server of `own_server`."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return deployment.hub(
            *words, HUB_DATABASE_URL=None, HUB_DATABASE_OWNER_URL=None, HUB_DATA_DIR=str(own_server)
        )

    return run


@contextmanager
def changed(path: Path, text: str) -> Iterator[None]:
    before = path.read_text()
    path.write_text(text)
    yield
    path.write_text(before)


def test_an_embedded_server_that_cannot_start(embedded: Embedded, own_server: Path):
    config = own_server / "postgres" / "data" / "postgresql.conf"
    with changed(config, "no_such_setting = 1\n"):
        told = said(embedded("serve"))
    assert "PostgreSQL did not start" in told
    assert "no_such_setting" in told


def test_data_of_a_newer_postgresql(embedded: Embedded, own_server: Path):
    with changed(own_server / "postgres" / "data" / "PG_VERSION", "19\n"):
        told = said(embedded("serve"))
    assert "was made by PostgreSQL 19; this program runs PostgreSQL 18" in told
    assert "The data was not changed" in told


def test_a_data_folder_that_cannot_be_made(deployment: Deployment, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    folder = str(tmp_path / "file" / "var")
    for command in (["serve"], ["database", "start"], ["keys", "new"]):
        told = said(
            deployment.hub(
                *command,
                HUB_DATABASE_URL=None,
                HUB_DATABASE_OWNER_URL=None,
                HUB_DATA_DIR=folder,
                HUB_KEY_FILE=None,
            )
        )
        assert str(tmp_path / "file") in told


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_data_folder_that_may_not_be_written(deployment: Deployment, tmp_path: Path):
    tmp_path.chmod(0o500)
    told = said(
        deployment.hub(
            "serve", HUB_DATABASE_URL=None, HUB_DATABASE_OWNER_URL=None, HUB_DATA_DIR=str(tmp_path / "var")
        )
    )
    assert "cannot be written by this account" in told


# ---------------------------------------------------------------- the port


def test_a_port_that_is_taken(deployment: Deployment):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        told = said(deployment.hub("serve", "--port", str(port)))
    assert f"Port {port} is taken by another program" in told


def test_an_address_that_is_not_this_machine(deployment: Deployment):
    told = said(deployment.hub("serve", "--host", "192.0.2.1", "--port", str(free_port())))
    assert "Cannot serve on 192.0.2.1" in told


# ---------------------------------------------------------------- the command itself


def test_a_word_that_is_no_command_is_refused_in_a_process_of_its_own():
    done = subprocess.run([sys.executable, "-m", "hub", "sevre"], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "No such command 'sevre'" in done.stderr
    assert "Traceback" not in done.stderr
