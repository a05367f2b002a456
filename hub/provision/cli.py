"""`hub import classes`: a provider's timetable from a file."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

from hub.core.permissions import SYSTEM
from hub.infra.csvfiles import rows_read
from hub.infra.db import runtime, transaction
from hub.provision import service
from hub.provision.exchange import ImportReport, import_in_batches

MOST_SHOWN = 1000


@click.command("classes")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--provider", required=True, metavar="SLUG", help="The provider's short name.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def classes_command(path: Path, provider: str, as_json: bool) -> None:
    """Add and change the classes of a provider from a CSV file.

    Exit status: 0 all rows landed, 1 some were refused and are listed, 2 the file cannot be used.
    """
    content = path.read_bytes()
    with transaction(SYSTEM) as session:
        organisation_id = service.provider_of(session, provider)
    actor = replace(SYSTEM, name="File import")
    report = import_in_batches(content, organisation_id, actor, runtime().clock, rows_read())
    click.echo(json.dumps(report.as_json()) if as_json else _in_words(report))
    sys.exit(1 if report.faults else 0)


def _in_words(report: ImportReport) -> str:
    done = report.as_json()
    lines = [
        (
            f"{done['added']} classes added, {done['changed']} changed, {done['unchanged']} unchanged, "
            f"{done['refused']} rows refused."
        )
    ]
    if report.unknown_columns:
        lines.append(f"Columns not known and left out: {', '.join(report.unknown_columns)}.")
    for fault in report.faults[:MOST_SHOWN]:
        where = f"Line {fault.line}" + (f", {fault.column}" if fault.column else "")
        lines.append(
            f"{where}: {fault.value!r}. {fault.remedy}." if fault.value else f"{where}: {fault.remedy}."
        )
    if len(report.faults) > MOST_SHOWN:
        lines.append(f"and {len(report.faults) - MOST_SHOWN:,} faults more.")
    return "\n".join(lines)
