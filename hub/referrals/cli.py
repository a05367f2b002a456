"""`hub import referrals`: an organisation's referrals from a file. `hub users close`: with the caseload handed over."""

import json
import sys
from pathlib import Path

import click

from hub.accounts import reads as accounts
from hub.core.permissions import SYSTEM, Actor, Role
from hub.infra.csvfiles import rows_read
from hub.infra.db import runtime, transaction
from hub.referrals import service
from hub.referrals.exchange import ImportResult, import_referrals

MOST_SHOWN = 1000


@click.command("referrals")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--organisation", required=True, metavar="SLUG", help="The referring organisation's short name."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def referrals_command(path: Path, organisation: str, as_json: bool) -> None:
    """Take in the referrals of an organisation from a CSV file. The same file twice changes nothing.

    Exit status: 0 all rows landed or were here, 1 some were refused and are listed, 2 the file cannot be used.
    """
    content = path.read_bytes()
    with transaction(SYSTEM) as session:
        found = accounts.organisation_by_slug(session, organisation)
    actor = Actor("system", None, "File import", Role.WORKER, found.id)
    result = import_referrals(content, found.id, actor, runtime().clock, rows_read())
    click.echo(json.dumps(result.as_json(), ensure_ascii=False) if as_json else in_words(result))
    sys.exit(1 if result.faults else 0)


def in_words(result: ImportResult) -> str:
    """The result as a person reads it."""
    lines = [f"{result.added} referrals added, {result.unchanged} unchanged, {result.refused} rows refused."]
    if result.unknown_columns:
        lines.append(f"Columns not known and left out: {', '.join(result.unknown_columns)}.")
    for fault in result.faults[:MOST_SHOWN]:
        where = f"Line {fault.line}" + (f", {fault.column}" if fault.column else "")
        value = f" {fault.value!r}." if fault.value else ""
        lines.append(f"{where}:{value} {fault.remedy.rstrip('.')}.")
    if len(result.faults) > MOST_SHOWN:
        lines.append(f"and {len(result.faults) - MOST_SHOWN:,} faults more.")
    return "\n".join(lines)


@click.command("close")
@click.argument("email")
@click.option("--to", default=None, metavar="EMAIL", help="The colleague who takes the caseload over.")
def close_user_command(email: str, to: str | None) -> None:
    """Close a person's account; what they have in hand goes to a colleague."""
    with transaction(SYSTEM) as session:
        leaver = accounts.user_by_email(session, email)
        successor = accounts.user_by_email(session, to) if to else None
        had = service.leave(session, leaver.id, successor.id if successor else None, SYSTEM, runtime().clock)
    click.echo(
        f"Closed {leaver.email}. Handed over: {had.referrals} open referrals, {had.steps} steps, "
        f"{had.drafts} unfinished referrals."
    )
