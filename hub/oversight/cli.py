"""`hub audit`: seal, verify, export (exit status 0: nothing was changed; 1: something was; 2: cannot be done).

`hub keys`: the keys that seal records, listed and rotated.
"""

import json
from pathlib import Path

import click

from hub.core.permissions import SYSTEM
from hub.infra import index_rotation, key_rotation
from hub.infra.db import runtime, transaction
from hub.infra.seals import archiving, exporting, sealer, verifying
from hub.infra.seals.verifying import Verdict
from hub.learners import service as learners
from hub.messaging import service as messaging

json_option = click.option("--json", "as_json", is_flag=True, help="Print the finding as JSON.")
folder = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group("audit")
def audit_group() -> None:
    """The audit: who did what, sealed so that a change shows."""


@audit_group.command("verify")
@click.option(
    "--file", "file", type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="An exported file instead of the database; needs no database.",
)  # fmt: skip
@click.option("--seals", type=folder, help="Compare with the seals published here, besides HUB_AUDIT_DIR.")
@click.option("--public-key", help="With --file: the key that must have signed it (`hub audit key`).")
@json_option
def verify(file: Path | None, seals: Path | None, public_key: str | None, as_json: bool) -> None:
    """Check every entry and seal; name the first altered, missing, added or reordered one."""
    if file is not None:
        found = verifying.verify_file(file, public_key=public_key, folder=seals)
    else:
        with transaction(SYSTEM) as session:
            found = verifying.verify_database(session, seals or runtime().settings.audit_dir)
    click.echo(json.dumps(found.as_json()) if as_json else words(found))
    if not found.ok:
        raise click.exceptions.Exit(1)


def words(found: Verdict) -> str:
    """What a person reads."""
    seconds = f"{found.milliseconds / 1000:.2f} s"
    if found.fault is not None:
        return f"The audit was changed. {found.fault.words}"
    sealed = (
        f"up to entry {found.sealed_to}, {found.sealed_at:%d %B %Y %H:%M:%S} UTC" if found.sealed_at else ""
    )
    removed = "".join(
        f"Removed by rule ({rule}): {count:,} entries up to {last:%d %B %Y}, signed.\n"
        for rule, (count, last) in found.removed.items()
    )
    return (
        f"Nothing was changed: {found.entries:,} entries in {found.seals:,} seals {sealed}; checked in {seconds}.\n"
        f"{removed}Not sealed yet: {found.unsealed:,}. Compared with {found.published:,} published seals. "
        f"Signed by the key {found.key_id}."
    )


@audit_group.command("seal")
def seal() -> None:
    """Seal what is not sealed yet, now; otherwise the scheduler does it every 5 seconds."""
    click.echo(f"{sealer.seal_due(runtime().clock):,} entries sealed.")


@audit_group.command("export")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def export(path: Path) -> None:
    """Write every sealed entry with the seals to FILE; overwrites nothing. Verify it with --file."""
    with transaction(SYSTEM) as session, path.open("xb") as file:
        lines = 0
        for line in exporting.export_all(session, runtime().clock):
            file.write(line)
            lines += 1
    click.echo(f"{lines:,} lines written to {path}. Anybody verifies it: hub audit verify --file {path}")


@audit_group.command("open-archive")
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def open_archive(archive: Path, path: Path) -> None:
    """Open a sealed ARCHIVE of removed entries into FILE; overwrites nothing. Verify it with --file."""
    content = archiving.opened(archive)
    with path.open("xb") as file:
        file.write(content)
    click.echo(f"Written to {path}. Anybody verifies it: hub audit verify --file {path}")


@audit_group.command("key")
def key() -> None:
    """Print the public key that signs the seals; publish it where others can find it."""
    own = sealer.signer()
    click.echo(f"{own.public.hex()}  (short: {own.key_id})")


# ---------------------------------------------------------------- keys that seal records


@click.command("list")
def list_keys() -> None:
    """Show the keys that wrap data keys: which is active, and how many data keys each wraps."""
    click.echo(f"{'key':<8}{'data keys':>12}  standing")
    for one in key_rotation.held_keys():
        standing = (
            "active" if one.is_active else "prepared or old" if one.in_file else "MISSING in the key file"
        )
        click.echo(f"{one.name:<8}{one.data_keys:>12,}  {standing}")


@click.command("prepare")
def prepare_key() -> None:
    """Add the next key to the key file, not in use yet, so that it can be copied to every machine."""
    _say_prepared(key_rotation.prepare(runtime().clock), "hub keys rotate")


def _say_prepared(name: str, then: str) -> None:
    click.echo(
        f"{name} is in {runtime().settings.keys_path}. Copy the file to every machine and to your safe places,"
    )
    click.echo(f"then run: {then}")


@click.command("rotate")
def rotate_keys() -> None:
    """Wrap every data key by a new key while the hub runs; stopped half-way, run it again."""
    told = 0

    def progress(done: int) -> None:
        nonlocal told
        if done - told >= 10_000:
            told = done
            click.echo(f"{done:,} data keys ...", err=True)

    found = key_rotation.rotate(runtime().clock, progress)
    click.echo(f"{found.active} is the active key; {found.done:,} data keys are wrapped by it now.")
    click.echo(
        "Copy the key file to your safe places. Keep the old key in it for the backups of the last 30 days;"
    )
    click.echo("then: hub keys retire NAME")
    if found.unreadable:
        click.echo(
            f"{found.unreadable:,} data keys could not be opened and were left as they were.", err=True
        )
        raise click.exceptions.Exit(1)


@click.command("retire")
@click.argument("name")
def retire_key(name: str) -> None:
    """Take the key NAME out of the key file for ever; refused while a data key needs it."""
    key_rotation.retire(name, runtime().clock)
    click.echo(
        f"{name} is gone from {runtime().settings.keys_path}. Backups from before its rotation cannot be read now."
    )


# ---------------------------------------------------------------- the key under which people are found


@click.command("prepare-index")
def prepare_index() -> None:
    """Add the next key of the blind indexes to the key file, looked up but not used yet, to be copied everywhere."""
    _say_prepared(index_rotation.prepare(runtime().clock), "hub keys rotate-index")


@click.command("rotate-index")
def rotate_index() -> None:
    """Have people found by a new key, hashing every record anew while the hub runs; stopped half-way, run it again."""
    clock = runtime().clock
    name, done = index_rotation.activate(clock), 0
    with_numbers = 0
    while True:
        with transaction(SYSTEM) as session:
            numbers = messaging.renew_numbers(session)
            renewed = learners.renew_indexes(session, clock)
        done, with_numbers = done + renewed, with_numbers + numbers
        if not renewed and not numbers:
            break
        if renewed and done % 10_000 < renewed:
            click.echo(f"{done:,} records ...", err=True)
    left = _to_renew()
    click.echo(f"{name} is the key of the indexes; {done:,} records are found by it now.")
    click.echo(f"{with_numbers:,} numbers of messages, texts and blocks stand under it.")
    if left:
        click.echo(f"{left:,} records were being changed by somebody: run it again.", err=True)
        raise click.exceptions.Exit(1)
    click.echo(
        "Copy the key file to your safe places. When no web process is older than this: hub keys retire-index"
    )


@click.command("retire-index")
def retire_index() -> None:
    """Find people by the newest key alone; refused while a record stands under an older one."""
    gone = index_rotation.retire(runtime().clock, _to_renew())
    click.echo(f"Nobody is looked for by {', '.join(gone)} any more.")


def _to_renew() -> int:
    with transaction(SYSTEM) as session:
        return learners.to_renew(session, runtime().clock) + messaging.numbers_to_renew(session)


KEY_COMMANDS = (list_keys, prepare_key, rotate_keys, retire_key, prepare_index, rotate_index, retire_index)
