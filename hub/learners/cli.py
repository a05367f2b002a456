"""`hub learners`: linking files of people, and renewing the indexes by which people are found."""

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from hub.core.clock import SystemClock
from hub.infra.db import runtime

MOST_SHOWN = 1000


@click.group("learners")
def learners_group() -> None:
    """People: link files, renew indexes."""


@learners_group.command("link")
@click.argument("first", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("second", metavar="[FILE2]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, metavar="PAIRS.csv", type=click.Path(path_type=Path, dir_okay=False),
    help="Where the pairs go.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def link_command(first: Path, second: Path | None, out: Path, as_json: bool) -> None:
    """Find the records of one person within FILE, or between FILE and FILE2. Needs no database.

    Exit status: 0 done, 1 done with rows left out and listed, 2 a file cannot be used.
    """
    from hub.learners.exchange import link_files

    contents = [path.read_bytes() for path in (first, second) if path is not None]
    with _no_looking_for_cycles():
        report = link_files(contents[0], contents[1] if second else None, out, SystemClock().today())
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        click.echo(
            f"{report.records:,} records: {report.auto:,} pairs sure, {report.review:,} to review, in {out}."
        )
        if report.unknown_columns:
            click.echo(f"Columns not known and left out: {', '.join(report.unknown_columns)}.")
        for fault in report.faults[:MOST_SHOWN]:
            value = f" {fault.value!r}." if fault.value else ""
            click.echo(f"Line {fault.line}, {fault.column}:{value} {fault.remedy}.")
    sys.exit(1 if report.faults else 0)


@contextmanager
def _no_looking_for_cycles() -> Iterator[None]:
    """All objects of a file live to the end: going through them for cycles took a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@learners_group.command("reindex")
@click.option("--all", "everything", is_flag=True, help="Also records whose index is of today's rules.")
def reindex_command(everything: bool) -> None:
    """Renew the indexes of people indexed by older rules, in batches; stopped and started again, it goes on."""
    from hub.learners.jobs import reindex

    done = reindex(
        runtime().clock, everything=everything, progress=_progress if sys.stderr.isatty() else None
    )
    click.echo(f"{done:,} records indexed anew.")


def _progress(done: int) -> None:
    click.echo(f"\r{done:,} records", nl=False, err=True)
