"""The `hub` command. One clear line and exit status 2 when something cannot be done; never a traceback."""

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import click
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from hub.core.errors import HubError
from hub.infra import embedded_postgres, erasures, logs, start
from hub.infra.config import Settings, SettingsFaulty, load_settings
from hub.infra.crypto import KeyProblem, make_keyring, save_keyring
from hub.infra.db import Runtime, runtime, transaction
from hub.infra.embedded_postgres import EmbeddedPostgresError

Command = TypeVar("Command", bound=Callable[..., Any])
PLAIN_FAULTS = (HubError, SettingsFaulty, KeyProblem, EmbeddedPostgresError)


def main() -> None:
    """Entry point of the `hub` script."""
    try:
        status = hub(standalone_mode=False)  # click gives an Exit's status back instead of raising it
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except PLAIN_FAULTS as error:
        click.echo(f"hub: {getattr(error, 'detail', error)}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"hub: {error.filename or 'A file'} cannot be used: {error.strerror or error}.", err=True)
        sys.exit(2)
    except OperationalError as error:
        said = str(error.orig).strip().splitlines() or ["no answer"]
        click.echo(f"hub: The database cannot be used ({said[0]}).", err=True)
        sys.exit(2)
    except Exception as error:  # noqa: BLE001 - its message may quote a person: the log has its kind and lines alone
        logs.set_up("ERROR")
        logs.logger(__name__).error("command.failed", exc_info=error)
        click.echo(
            f"hub: An unexpected fault ({type(error).__name__}). The log line above says where.", err=True
        )
        sys.exit(70)


def settings() -> Settings:
    return load_settings(os.environ)


def bring_up() -> Runtime:
    """Configure this process with the real wiring, once."""
    from hub.wiring import DELIVERIES, REACTIONS

    try:
        return runtime()
    except RuntimeError:
        return start.start(REACTIONS, DELIVERIES)


def begin() -> None:
    """Bring the process up, and refuse to work on a database or with keys that are not the right ones."""
    from hub.infra.health import require_usable

    bring_up()
    require_usable()


class Later(NamedTuple):
    """A command of a slice that is not loaded yet: what it says of itself in a list, and what loads it."""

    words: str
    load: Callable[[], click.Command]


class Slices(click.Group):
    """A group with commands of the slices, each imported when it is called for, not when it is only listed.

    So a process loads what it needs: the demo starts four of them at once, and `hub --help` waits for none.
    """

    def __init__(self, *given: Any, load: Mapping[str, Later], **options: Any) -> None:
        super().__init__(*given, **options)
        self._load = load

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, loaded or not."""
        return sorted({*super().list_commands(ctx), *self._load})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded now if it has not been."""
        if cmd_name in self._load and cmd_name not in self.commands:
            self.add_command(self._load[cmd_name].load(), cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`."""
        names = self.list_commands(ctx)
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._in_a_line(name)) for name in names])

    def _in_a_line(self, name: str) -> str:
        return self._load[name].words if name in self._load else self.commands[name].get_short_help_str(80)


def _of(module: str, name: str, words: str) -> Later:
    """The command `name` of a module."""
    return Later(words, lambda: cast(click.Command, getattr(import_module(module), name)))


def _users() -> click.Command:
    from hub.accounts.cli import users
    from hub.referrals.cli import close_user_command

    users.add_command(close_user_command)
    return users


def _keys() -> click.Command:
    from hub.accounts.cli import keys
    from hub.oversight.cli import KEY_COMMANDS

    for one in (new_keys, *KEY_COMMANDS):
        keys.add_command(one)
    return keys


_COMMANDS = {
    "audit": _of(
        "hub.oversight.cli", "audit_group", "The audit: who did what, sealed so that a change shows."
    ),
    "demo": _of(
        "hub.demo.command", "demo", "Build the demo borough through the services and serve it, until Ctrl-C."
    ),
    "fake-notify": _of(
        "hub.fake_notify.command",
        "fake_notify",
        "A local stand-in for GOV.UK Notify with a page that shows the phones.",
    ),
    "keys": Later("API keys, and the keys that seal records.", _keys),
    "learners": _of("hub.learners.cli", "learners_group", "People: link files, renew indexes."),
    "matching": _of("hub.matching.cli", "matching_group", "Run a matching round on a file, or check one."),
    "retention": _of("hub.rights.cli", "retention_group", "How long what is kept."),
    "rights": _of("hub.rights.cli", "rights_group", "People's rights over their data."),
    "organisations": _of("hub.accounts.cli", "organisations", "Organisations of the partnership."),
    "users": Later("People who sign in.", _users),
}
_IMPORTS = {
    "classes": _of(
        "hub.provision.cli", "classes_command", "Add and change the classes of a provider from a CSV file."
    ),
    "referrals": _of(
        "hub.referrals.cli", "referrals_command", "Take in the referrals of an organisation from a CSV file."
    ),
    "waiting-list": _of(
        "hub.waitlist.cli",
        "waiting_list_command",
        "Take in a provider's waiting list from a CSV file, and say who stands on several lists.",
    ),
}
LATER = {**_COMMANDS, **_IMPORTS}


@click.group(cls=Slices, load=_COMMANDS)
@click.pass_context
def hub(context: click.Context) -> None:
    """ESOL Hub: one front door for adults who need to learn English."""
    words = sys.argv[1:]
    alone = words[:2] in (["keys", "new"], ["learners", "link"])
    alone = alone or (words[:2] == ["audit", "verify"] and "--file" in words)
    if context.invoked_subcommand in _NEED_DATABASE and not alone and "--help" not in words:
        begin()


_NEED_DATABASE = {
    "organisations", "users", "keys", "postcodes", "import", "audit", "scheduler", "worker", "rights", "retention",
    "learners",
}  # fmt: skip


@hub.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option("--with-scheduler", is_flag=True, help="Run scheduler and worker too: for a small hub.")
def serve(port: int, host: str, workers: int, with_scheduler: bool) -> None:
    """Serve the pages and the API."""
    from hub import serving

    with serving.listen(host, port) as place, serving.database(settings()):
        begin()
        serving.serve(place, workers, with_scheduler=with_scheduler)


@hub.command("scheduler")
def run_scheduler() -> None:
    """Run the jobs, when no other scheduler leads."""
    from hub import scheduler
    from hub.wiring import JOBS
    from hub.worker import stop_on_signals

    scheduler.run(JOBS, stop_on_signals())


@hub.command("worker")
def run_worker() -> None:
    """Deliver texts and e-mails from the outbox."""
    from hub import worker
    from hub.infra.sms import notify_sender

    worker.run(notify_sender(runtime().settings, runtime().clock))


@hub.group()
def database() -> None:
    """The embedded PostgreSQL, where no HUB_DATABASE_URL is set."""


@database.command("start")
def database_start() -> None:
    """Start it and leave it running."""
    server = embedded_postgres.ensure_running(settings().data_dir)
    click.echo(f"PostgreSQL runs (process {server.pid}).")


@database.command("stop")
def database_stop() -> None:
    """Stop it."""
    stopped = embedded_postgres.stop(settings().data_dir)
    click.echo("PostgreSQL has stopped." if stopped else "PostgreSQL was not running.")


@database.command("status")
def database_status() -> None:
    """Say whether it runs; exit status 1 when it does not."""
    status = embedded_postgres.status(settings().data_dir)
    click.echo(f"PostgreSQL runs (process {status.pid})." if status.running else "PostgreSQL is not running.")
    if not status.running:
        raise click.exceptions.Exit(1)


@hub.group()
def db() -> None:
    """Tables of the database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the tables to this program's version."""
    from hub.infra import migrations

    owner_url, app_role = _owner()
    before = migrations.revision_of(owner_url)
    migrations.upgrade(owner_url)
    migrations.grant(owner_url, app_role)
    migrations.note(owner_url, before)
    click.echo("The database is up to date.")


def _owner() -> tuple[str, str]:
    """The owner's address and the name of the application's role."""
    app_url, owner_url = start.database_urls(settings())
    return owner_url, make_url(app_url).username or "hub_app"


@db.command("backup")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def db_backup(path: Path) -> None:
    """Write all tables to FILE and the data keys to FILE.keys; overwrites nothing."""
    from hub.infra import backups

    for written in backups.back_up(_owner()[0], path):
        click.echo(f"{written} ({written.stat().st_size:,} bytes)")
    click.echo(f"Neither holds the key file {settings().keys_path}: keep a copy of that apart from both.")


@db.command("restore")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--keys", type=click.Path(path_type=Path), help="Data keys of a newer backup, to honour erasures."
)
@click.option(
    "--erasures",
    "more",
    type=click.Path(path_type=Path, exists=True),
    help="More erasures than our own file has.",
)
@click.option("--force", is_flag=True, help="Delete what is in the database now.")
def db_restore(path: Path, keys: Path | None, more: Path | None, force: bool) -> None:
    """Put a backup into an empty database, whole or not at all."""
    from hub.infra import backups, migrations
    from hub.rights.cli import erase_again

    owner_url, app_role = _owner()
    erased = {one.subject_id: one for one in _erased_since(owner_url, more)}
    source = backups.Source(path, keys or backups.keys_path(path), list(erased))
    found = backups.restore(owner_url, app_role, source, force=force)
    click.echo(f"Restored: {found.keys:,} people's keys, {found.erased:,} erased.")
    if found.revision != migrations.head_revision():
        click.echo(
            "The backup is of an older version: run `hub db upgrade`, then `hub rights replay-erasures`."
        )
    elif erased:
        begin()
        erase_again(list(erased.values()))
    if found.keyless:
        click.echo(
            f"{found.keyless:,} people's records have no key and cannot be read: the keys are older than the backup.",
            err=True,
        )
        raise click.exceptions.Exit(1)


def _erased_since(owner_url: str, more: Path | None) -> list[erasures.Erased]:
    """Whom anything here knows to be erased: the database that is replaced, our file, and a file that was named."""
    from hub.infra import backups

    found = [*backups.erased_in(owner_url), *erasures.read(settings().erasures_path)]
    return [*found, *(erasures.read(more) if more else ())]


@db.command("check")
def db_check() -> None:
    """Compare tables and models; exit status 1 when they differ."""
    from hub.infra import migrations

    _, owner_url = start.database_urls(settings())
    migrations.upgrade(owner_url)
    difference = migrations.check(owner_url)
    if difference is not None:
        click.echo(difference, err=True)
        raise click.exceptions.Exit(1)
    click.echo("Tables and models agree.")


@hub.group()
def postcodes() -> None:
    """Where postcodes are."""


@postcodes.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def postcodes_import(path: Path) -> None:
    """Load Code-Point Open, ONSPD or postcode,lat,lon[,district,ward], plain or .gz."""
    from hub.infra import geography

    with transaction() as session:
        taken, refused = geography.import_file(session, path)
    click.echo(f"{taken:,} postcodes imported, {refused:,} rows refused.")
    if refused:
        raise click.exceptions.Exit(1)


@hub.group("import", cls=Slices, load=_IMPORTS)
def imports() -> None:
    """Import files; good rows land, each bad row is named."""


@click.command("new")
def new_keys() -> None:
    """Make the key file of a new hub; refuses to overwrite one."""
    path = settings().keys_path
    if path.exists():
        raise HubError(f"{path} exists already: what it sealed could not be read without it.")
    save_keyring(make_keyring(), path)
    click.echo(f"Made {path}. Back it up, apart from the database.")
