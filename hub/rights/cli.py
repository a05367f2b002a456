"""Commands: what is over its time, and erasures after a restore."""

from collections.abc import Sequence
from pathlib import Path

import click

from hub.core.permissions import SYSTEM
from hub.infra import erasures
from hub.infra.db import runtime, transaction
from hub.infra.erasures import Erased


@click.group("retention")
def retention_group() -> None:
    """How long what is kept."""


@retention_group.command("run")
@click.option("--dry-run", is_flag=True, help="Only show what would go, by rule.")
def run(dry_run: bool) -> None:
    """Let go what is over its time now, without waiting for the night."""
    from hub.rights import jobs
    from hub.rights.reads.retention import preview

    clock = runtime().clock
    with transaction(SYSTEM) as session:
        states = preview(session, clock)
    for state in states:
        if state.due is not None:
            kept = f", {state.held:,} kept by a legal hold" if state.held else ""
            click.echo(f"{state.rule.code}: {state.due:,} over {state.number}{kept}")
    if dry_run:
        click.echo("Nothing was changed.")
        return
    click.echo(f"{jobs.retain(clock):,} went. Learners are told 28 days before they go.")


@click.group("rights")
def rights_group() -> None:
    """People's rights over their data."""


@rights_group.command("export-erasures")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def export_erasures(path: Path) -> None:
    """Write who was erased, in ids only, to a new FILE: keep it apart from the database and its backups."""
    with transaction(SYSTEM) as session:
        found = erasures.all_erased(session)
    if path.exists():
        raise erasures.ErasureLogProblem(f"{path} exists already: name a new file.")
    erasures.append(path, found)
    click.echo(f"{len(found):,} keys of erased people written to {path}.")


@rights_group.command("replay-erasures")
@click.argument("path", metavar="[FILE]", required=False, type=click.Path(path_type=Path, exists=True))
def replay_erasures(path: Path | None) -> None:
    """Erase again whom FILE (or our own file of erasures) names: after a restore by other means than ours."""
    erase_again(erasures.read(path or runtime().settings.erasures_path))


def erase_again(erased: Sequence[Erased]) -> None:
    """Erase them, and say how many were there."""
    from hub.rights import service

    with transaction(SYSTEM) as session:
        people = service.replay(session, erased, runtime().clock)
    click.echo(f"{people:,} people erased again.")
