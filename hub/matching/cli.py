"""`hub matching`: a round on files alone, so that anyone can repeat and check it; no database.

Exit status: 0 done and right, 1 the result differs from its snapshot, 2 cannot be done (one line on stderr).
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hub.matching.domain.reading import SnapshotInvalid, read_json
from hub.matching.domain.result import ResultInvalid, result_to_dict
from hub.matching.domain.snapshot import canonical_sha256, parse_snapshot
from hub.matching.domain.verify import verify as first_difference


@click.group("matching")
def matching_group() -> None:
    """Run a matching round on a file, or check one."""


@matching_group.command("allocate")
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.option("--seed", required=True, help="The published seed, such as a public beacon's value.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Where the result is written.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def allocate_command(snapshot: Path, seed: str, out: Path, as_json: bool) -> None:
    """Match the learners and classes of SNAPSHOT and write the result."""
    from hub.matching.domain.allocation import allocate  # numpy: not needed to verify

    with _or_exit():
        data = _read(snapshot)
        result = result_to_dict(allocate(parse_snapshot(data), seed, canonical_sha256(data)))
        _write(out, result)
    summary = result["summary"]
    if as_json:
        click.echo(json.dumps({"snapshot_sha256": result["snapshot_sha256"], "seed": seed, **summary}))
        return
    click.echo(f"Placed {summary['placed']} of {len(data['learners'])} learners.")
    if summary["maximum_possible"] is not None:
        click.echo(f"The most that could be placed: {summary['maximum_possible']}.")
    click.echo(f"Snapshot SHA-256: {result['snapshot_sha256']}")


@matching_group.command("verify")
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the finding as JSON.")
def verify_command(snapshot: Path, result: Path, as_json: bool) -> None:
    """Work RESULT out again from SNAPSHOT and its seed; exit 1 and name the first difference."""
    with _or_exit():
        difference = first_difference(_read(snapshot), _read(result))
    if as_json:
        click.echo(json.dumps({"verified": difference is None, "difference": difference}))
    elif difference is None:
        click.echo(
            "Verified: the result follows from snapshot and seed. No blocking pairs, no wasted places."
        )
    else:
        click.echo(f"Differs: {difference}")
    sys.exit(0 if difference is None else 1)


@contextmanager
def _or_exit() -> Iterator[None]:
    """Turn everything that makes the work impossible into one line and status 2."""
    try:
        yield
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}")
    except UnicodeDecodeError:
        _fail("the file is not UTF-8 text")
    except (SnapshotInvalid, ResultInvalid) as error:
        _fail(str(error))


def _fail(problem: str) -> None:
    click.echo(problem.replace("\n", " "), err=True)
    sys.exit(2)


def _read(path: Path) -> Any:
    """A JSON file in UTF-8, with or without a byte-order mark; faults name the file."""
    try:
        return read_json(path.read_text(encoding="utf-8-sig"))
    except SnapshotInvalid as error:
        raise SnapshotInvalid(str(path), error.problem) from error


def _write(path: Path, result: dict[str, Any]) -> None:
    text = json.dumps(result, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
