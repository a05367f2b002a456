"""`hub import waiting-list`: a provider's own list from a file."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from hub.core.permissions import SYSTEM, Actor, Role
from hub.infra.csvfiles import rows_read
from hub.infra.db import runtime, transaction
from hub.waitlist import reads, service
from hub.waitlist.exchange import ListReport, import_waiting_list
from hub.waitlist.reads import OverlapView

MOST_SHOWN = 1000


@click.command("waiting-list")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--provider", required=True, metavar="SLUG", help="The provider's short name.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def waiting_list_command(path: Path, provider: str, as_json: bool) -> None:
    """Take in a provider's waiting list from a CSV file, and say who stands on several lists.

    Exit status: 0 all rows landed or were here, 1 some were refused and are listed, 2 the file cannot be used.
    """
    content = path.read_bytes()
    with transaction(SYSTEM) as session:
        organisation_id = service.provider_of(session, provider)
    actor = Actor("system", None, "File import", Role.WORKER, organisation_id)
    report = import_waiting_list(content, organisation_id, actor, runtime().clock, rows_read())
    with transaction(SYSTEM) as session:
        seen = reads.overlap(session)
    click.echo(json.dumps(_as_json(report, seen), ensure_ascii=False) if as_json else _in_words(report, seen))
    sys.exit(1 if report.faults else 0)


def _as_json(report: ListReport, seen: OverlapView) -> dict[str, Any]:
    return {**report.as_json(), "overlap": seen.as_json()}


def _in_words(report: ListReport, seen: OverlapView) -> str:
    lines = [
        (
            f"{report.added} people added, {report.unchanged} unchanged, {report.refused} rows refused. "
            f"{report.suspected} may be known already: the hub decides. {report.without_level} have no level yet."
        ),
        *seen.in_words(),
    ]
    if report.unknown_columns:
        lines.append(f"Columns not known and left out: {', '.join(report.unknown_columns)}.")
    for fault in report.faults[:MOST_SHOWN]:
        value = f" {fault.value!r}." if fault.value else ""
        lines.append(f"Line {fault.line}, {fault.column}:{value} {fault.remedy.rstrip('.')}.")
    if len(report.faults) > MOST_SHOWN:
        lines.append(f"and {len(report.faults) - MOST_SHOWN:,} faults more.")
    return "\n".join(lines)
