"""Seals beyond the reach of whoever can change the database: a line in the log, and a file in HUB_AUDIT_DIR.

The folder is best on another machine, mounted so that lines can be added but not changed. One file a month; each
line is one seal. A tail that was cut off together with its seals is found by these files alone. Removals by rule stand
in a file of their own.
"""

import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import orjson
from sqlalchemy import select

from hub.core.permissions import SYSTEM
from hub.infra.db import runtime, transaction
from hub.infra.logs import logger
from hub.infra.seals.chain import Seal, seal_from
from hub.infra.seals.models import AuditRemoval, AuditSeal
from hub.infra.seals.removal import Removal, removal_from

log = logger(__name__)
_AT_ONCE = 1_000
_TAIL = 64 * 1024
_REMOVALS = "removals.jsonl"


def seal_of(row: AuditSeal) -> Seal:
    """A row as the seal it holds."""
    return Seal(
        row.number, row.made_at, row.ranges, row.entries, row.root, row.prev_hash, row.hash, row.key_id,
        row.signature,
    )  # fmt: skip


def removal_of(row: AuditRemoval) -> Removal:
    """A row as the removal it holds."""
    return Removal(**{one.name: getattr(row, one.name) for one in fields(Removal)})


def publish_new() -> int:
    """Write the seals that the folder has not got yet; how many. Without a folder nothing is written."""
    folder = runtime().settings.audit_dir
    if folder is None:
        return 0
    try:
        return _publish(folder)
    except OSError as error:  # the seals stand in the database and go out with the next ones
        log.error("audit.roots_not_written", error=type(error).__name__, cause=error.strerror)
        return 0


def _publish(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    _publish_removals(folder)
    written, last = 0, last_published(folder)
    while True:
        with transaction(SYSTEM) as session:
            newer = (
                select(AuditSeal).where(AuditSeal.number > last).order_by(AuditSeal.number).limit(_AT_ONCE)
            )
            seals = [seal_of(row) for row in session.scalars(newer)]
        for one in seals:
            _append(folder / f"seals-{one.made_at:%Y-%m}.jsonl", orjson.dumps(one.published()) + b"\n")
            last = one.number
        written += len(seals)
        if len(seals) < _AT_ONCE:
            return written


def _publish_removals(folder: Path) -> None:
    known = max(published_removals(folder), default=0)
    with transaction(SYSTEM) as session:
        newer = select(AuditRemoval).where(AuditRemoval.number > known).order_by(AuditRemoval.number)
        for row in session.scalars(newer):
            _append(folder / _REMOVALS, orjson.dumps(removal_of(row).published()) + b"\n")


def _append(path: Path, line: bytes) -> None:
    """Add one line, whole and on the disk; a half line that a crash left is ended first."""
    with path.open("ab+") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def last_published(folder: Path) -> int:
    """The number of the newest seal in the folder; 0 in an empty one."""
    for path in sorted(folder.glob("seals-*.jsonl"), reverse=True):
        with path.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _TAIL, 0))
            lines = file.read().splitlines()
        numbers = [one.number for one in map(_read, lines) if one is not None]
        if numbers:
            return max(numbers)
    return 0


def published(folder: Path) -> Iterator[Seal]:
    """Every seal of the folder, oldest file first; lines that are none are passed over."""
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as file:
            yield from (one for one in map(_read, file) if one is not None)


def published_removals(folder: Path) -> dict[int, Removal]:
    """Every removal of the folder by its number."""
    path = folder / _REMOVALS
    found: dict[int, Removal] = {}
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            one = removal_from(orjson.loads(line))
        except (ValueError, KeyError, TypeError):
            continue  # a half line that a crash left
        found[one.number] = one
    return found


def _read(line: bytes) -> Seal | None:
    try:
        return seal_from(orjson.loads(line))
    except (ValueError, KeyError, TypeError):
        return None
