"""Verification of the audit, whole or since the last check, in the database or in an exported file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
from psycopg.sql import SQL
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.permissions import SYSTEM
from hub.infra.db import runtime, transaction
from hub.infra.logs import logger
from hub.infra.seals import publishing
from hub.infra.seals.chain import Seal, key_id_of, leaf_of, root_by_proof, seal_from, seqs_of
from hub.infra.seals.comparing import Chain, Comparison, Expected, Fault, compare, expected_entries
from hub.infra.seals.entries import stream
from hub.infra.seals.exporting import unpack
from hub.infra.seals.models import AuditCheck, AuditRemoval, AuditSeal
from hub.infra.seals.removal import Removal, Removed, removal_from
from hub.infra.seals.removal import removed as check_removals
from hub.infra.seals.sealer import settled, signer

log = logger(__name__)
_ROWS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found. `published` counts the seals that were compared with HUB_AUDIT_DIR."""

    seals: int
    entries: int
    sealed_to: int | None
    sealed_at: datetime | None
    unsealed: int
    published: int
    key_id: str
    milliseconds: int
    fault: Fault | None
    removed: Mapping[str, tuple[int, datetime]]
    """Rule -> (entries that it took, when the newest of them was written)"""
    start: int
    """The last seal that was removed by rule; 0 for none"""

    @property
    def ok(self) -> bool:
        return self.fault is None

    def as_json(self) -> dict[str, Any]:
        at = self.sealed_at.astimezone(UTC).isoformat() if self.sealed_at else None
        return {
            "ok": self.ok, "seals": self.seals, "entries": self.entries, "sealed_to": self.sealed_to,
            "sealed_at": at, "unsealed": self.unsealed, "published": self.published, "key_id": self.key_id,
            "milliseconds": self.milliseconds, "fault": self.fault.as_json() if self.fault else None,
            "removed": {rule: {"entries": count, "up_to": last.astimezone(UTC).isoformat()}
                        for rule, (count, last) in self.removed.items()},
        }  # fmt: skip


def verify_database(session: Session, folder: Path | None = None, since: AuditSeal | None = None) -> Verdict:
    """Check every seal and every entry that no rule removed, or those after the seal `since`, checked before.

    With a folder also that what was published is still there.
    """
    began = perf_counter()
    chain = Chain(signer().public, _published(folder))
    removed = removed_by_rule(session, folder)
    chain.begin_behind(removed)
    if since is not None:
        chain.go_on_from(publishing.seal_of(since))
    wanted = _seals(since).order_by(AuditSeal.number).execution_options(**_STREAMED)
    for row in session.scalars(wanted):
        chain.take(publishing.seal_of(row), row.leaves)
        if chain.fault is None and (row.first_seq, row.last_seq) != _ends(row.ranges):
            chain.fault = Fault("seal", f"Seal {row.number} was altered.", seal=row.number)
    chain.end()
    session.expunge_all()
    bound, start = settled(session), _first_entry(session, since)
    entries = stream(session, SQL("seq >= %s"), start)
    found = compare(_expected(session, start), entries, bound, removed)
    return _verdict(chain, found, removed, began)


def removed_by_rule(session: Session, folder: Path | None = None) -> Removed:
    """Every removal, held against its signature, the one before it, and what was published."""
    rows = session.scalars(select(AuditRemoval).order_by(AuditRemoval.number))
    published = publishing.published_removals(folder) if folder else {}
    return check_removals(map(publishing.removal_of, rows), signer().public, published)


def _first_entry(session: Session, since: AuditSeal | None) -> int:
    """The lowest number that a seal after this one holds, or that comes next."""
    if since is None:
        return 0
    newer = session.scalar(select(func.min(AuditSeal.first_seq)).where(AuditSeal.number > since.number))
    return since.last_seq + 1 if newer is None else newer


_STREAMED: dict[str, Any] = {"yield_per": _ROWS_AT_ONCE}


def _seals(since: AuditSeal | None) -> Any:
    every = select(AuditSeal)
    return every if since is None else every.where(AuditSeal.number > since.number)


def _ends(ranges: Any) -> tuple[int, int]:
    return ranges[0][0], ranges[-1][1]


def _expected(session: Session, start: int) -> Iterator[Expected]:
    """Every sealed entry from this number on, whichever seal holds it."""
    wanted = select(AuditSeal.number, AuditSeal.ranges, AuditSeal.leaves).where(AuditSeal.last_seq >= start)
    rows = session.execute(wanted.order_by(AuditSeal.first_seq).execution_options(**_STREAMED))
    sealed = expected_entries((number, ranges, leaves) for number, ranges, leaves in rows)
    return (one for one in sealed if one[0] >= start)


def _published(folder: Path | None) -> Mapping[int, Seal]:
    return {one.number: one for one in publishing.published(folder)} if folder else {}


def _verdict(chain: Chain, found: Comparison, removed: Removed, began: float) -> Verdict:
    return Verdict(
        seals=chain.seals, entries=found.entries, sealed_to=chain.sealed_to, sealed_at=chain.sealed_at,
        unsealed=found.unsealed, published=len(chain.published), key_id=key_id_of(chain.public),
        milliseconds=round((perf_counter() - began) * 1000), fault=chain.fault or found.fault,
        removed=removed.by_rule(), start=removed.start.number if removed.start else 0,
    )  # fmt: skip


def check_now(clock: Clock, *, whole: bool = True) -> Verdict:
    """Verify the database and keep what was found, for the auditor's page. A fault also goes to the log.

    Not `whole`: what came since the last check, unless that one found something or was the first.
    """
    with transaction(SYSTEM) as session:
        since = None if whole else _checked_to(session)
        verdict = verify_database(session, runtime().settings.audit_dir, since)
        session.add(
            AuditCheck(
                at=clock.now(), first_seal=(since.number if since else verdict.start) + 1, seals=verdict.seals,
                after_seal=verdict.start,
                entries=verdict.entries, sealed_to=verdict.sealed_to, unsealed=verdict.unsealed,
                milliseconds=verdict.milliseconds, fault=verdict.fault.as_json() if verdict.fault else None,
            )
        )  # fmt: skip
    if verdict.fault is not None:
        log.error("audit.fault", **verdict.fault.as_json())
    return verdict


def _checked_to(session: Session) -> AuditSeal | None:
    """The last seal of the last check, if that one found nothing and the seal is still there."""
    last = last_check(session)
    if last is None or last.fault is not None:
        return None
    return session.get(AuditSeal, last.first_seal + last.seals - 1)


def last_check(session: Session) -> AuditCheck | None:
    """The newest check."""
    return session.scalar(_checks().limit(1))


def last_whole_check(session: Session) -> AuditCheck | None:
    """The newest check of everything."""
    return session.scalar(_checks().where(AuditCheck.first_seal == AuditCheck.after_seal + 1).limit(1))


def _checks() -> Select[AuditCheck]:
    return select(AuditCheck).order_by(AuditCheck.at.desc(), AuditCheck.id.desc())


# ---------------------------------------------------------------- exported files


def verify_file(path: Path, *, public_key: str | None = None, folder: Path | None = None) -> Verdict:
    """Check an export without any database. RuleBroken when the file is not one, or is signed by another key."""
    began = perf_counter()
    try:
        with path.open("rb") as file:
            return _verify_lines(_Lines(file), public_key, folder, began)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise RuleBroken(f"{path} is not an export of the audit, or it is damaged.") from error


def _verify_lines(lines: "_Lines", public_key: str | None, folder: Path | None, began: float) -> Verdict:
    head = lines.header
    if public_key is not None and public_key.lower() != head["public_key"]:
        raise RuleBroken(f"This file is signed by the key {head['key_id']}, not by the one that you named.")
    public = bytes.fromhex(head["public_key"])
    chain = Chain(public, _published(folder), partial=True)
    removed = check_removals(lines.removals, public, {}, partial=not head["complete"])
    chain.begin_behind(removed)
    seals: dict[int, tuple[Seal, bytes]] = {}
    for number, (seal, leaves) in lines.seals.items():
        chain.take(seal, leaves or None)
        seals[number] = (seal, leaves)
    if head["complete"]:
        _require_unbroken(chain, list(seals))
        expected = expected_entries(sorted(
            ((number, seal.ranges, leaves) for number, (seal, leaves) in seals.items()),
            key=lambda one: one[1][0][0],
        ))  # fmt: skip
        found = compare(
            expected, ((entry["seq"], orjson.dumps(entry)) for entry, _ in lines.entries()), 2**62, removed
        )
    else:
        found = _by_proof(lines, {number: seal for number, (seal, _) in seals.items()})
    return _verdict(chain, found, removed, began)


def _require_unbroken(chain: Chain, numbers: list[int]) -> None:
    """A whole export has every seal from its first to its last."""
    for before, after in pairwise(numbers):
        if after != before + 1 and chain.fault is None:
            chain.fault = Fault("seal", f"Seal {before + 1} is missing.", seal=before + 1)


def _by_proof(lines: "_Lines", seals: Mapping[int, Seal]) -> Comparison:
    """Each entry by the way that leads from it to the root of its seal."""
    found = Comparison()
    for entry, proof in lines.entries():
        seq = int(entry["seq"])
        if proof["seal"] is None:
            found.unsealed += 1
            continue
        found.entries += 1
        seal = seals[proof["seal"]]
        leads_to = root_by_proof(leaf_of(orjson.dumps(entry)), proof["path"])
        if (leads_to != seal.root or seq not in seqs_of(seal.ranges)) and found.fault is None:
            words = f"Entry {seq} was altered after seal {seal.number} was made."
            found.fault = Fault("altered", words, seq, entry["id"], seal.number)
    return found


class _Lines:
    """An export's header, removals and seals, which come first, and its entries one by one."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.header = orjson.loads(file.readline())["esol_hub_audit"]
        self.removals: list[Removal] = []
        self.seals: dict[int, tuple[Seal, bytes]] = {}
        self._first: dict[str, Any] | None = None
        for line in file:
            read = orjson.loads(line)
            if "removal" in read:
                self.removals.append(removal_from(read["removal"]))
                continue
            if "seal" not in read or "entry" in read:
                self._first = read
                break
            seal = seal_from(read["seal"])
            self.seals[seal.number] = (seal, unpack(read.get("leaves", "")))

    def entries(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """(entry, its proof) in the order of the file."""
        if self._first is not None:
            yield self._first["entry"], self._first
            for line in self._file:
                read = orjson.loads(line)
                yield read["entry"], read
