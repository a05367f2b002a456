"""Exports of the audit as JSON lines that anybody can verify without a database.

{"esol_hub_audit": {"version": 1, "complete": ..., "public_key": ..., "key_id": ..., "made_at": ...}}
{"removal": {...}}                                                  one for each removal by rule
{"seal": {...}, "leaves": "..."}                                    one for each seal
{"entry": {...}}                                                    a complete export
{"entry": {...}, "seal": 7, "path": ["R...", "L..."]}               chosen entries, each with its proof
"""

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
from psycopg.sql import SQL
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.infra.seals.chain import proof_of, seqs_of
from hub.infra.seals.comparing import leaves_in
from hub.infra.seals.entries import stream
from hub.infra.seals.models import AuditRemoval, AuditSeal
from hub.infra.seals.publishing import removal_of, seal_of
from hub.infra.seals.sealer import signer

MEDIA_TYPE = "application/jsonl"
HOW_TO_VERIFY = "hub audit verify --file FILE"


def _header(clock: Clock, *, complete: bool) -> bytes:
    own = signer()
    head = {
        "version": 1, "complete": complete, "public_key": own.public.hex(), "key_id": own.key_id,
        "made_at": clock.now().isoformat(), "verify_with": HOW_TO_VERIFY,
    }  # fmt: skip
    return orjson.dumps({"esol_hub_audit": head}) + b"\n"


def _removals(session: Session, *, complete: bool) -> Iterator[bytes]:
    """All removals; with chosen entries only the one that says up to when everything went."""
    rows = list(session.scalars(select(AuditRemoval).order_by(AuditRemoval.number)))
    for row in rows if complete else [one for one in rows if one.whole][-1:]:
        yield orjson.dumps({"removal": removal_of(row).published()}) + b"\n"


def export_all(session: Session, clock: Clock, last_seal: int = 2**62) -> Iterator[bytes]:
    """Every seal with its leaves, up to `last_seal`, then every entry that they hold: the lines of one file."""
    yield _header(clock, complete=True)
    yield from _removals(session, complete=True)
    held: list[tuple[int, int]] = []
    wanted = select(AuditSeal).where(AuditSeal.number <= last_seal).order_by(AuditSeal.number)
    for row in session.scalars(wanted.execution_options(yield_per=50)):
        held += [(first, last) for first, last in row.ranges]
        leaves = base64.b64encode(row.leaves).decode()
        yield orjson.dumps({"seal": seal_of(row).published(), "leaves": leaves}) + b"\n"
    spans = iter(sorted(held))
    span = next(spans, None)
    for seq, line in stream(session, SQL("seq <= %s"), max((last for _, last in held), default=0)):
        while span is not None and seq > span[1]:
            span = next(spans, None)
        if span is not None and span[0] <= seq:
            yield b'{"entry":' + line + b"}\n"


@dataclass(frozen=True, slots=True)
class _Holding:
    """A seal, and where each of its entries stands in it."""

    row: AuditSeal
    leaves: Sequence[bytes]
    index: Mapping[int, int]


def export_chosen(session: Session, seqs: Collection[int], clock: Clock) -> Iterator[bytes]:
    """Only these entries, each with the proof that it is in a signed seal; one not sealed yet says so."""
    holdings = _holdings(session, seqs)
    yield _header(clock, complete=False)
    yield from _removals(session, complete=False)
    used = {id(one): one.row for one in holdings.values()}
    for row in sorted(used.values(), key=lambda row: row.number):
        yield orjson.dumps({"seal": seal_of(row).published()}) + b"\n"
    for seq, line in stream(session, SQL("seq = ANY(%s)"), sorted(seqs)):
        held = holdings.get(seq)
        path = proof_of(held.leaves, held.index[seq]) if held else []
        proof = orjson.dumps({"seal": held.row.number if held else None, "path": path})
        yield b'{"entry":' + line + b"," + proof[1:] + b"\n"


def _holdings(session: Session, seqs: Collection[int]) -> dict[int, _Holding]:
    """The seal of each of these entries."""
    if not seqs:
        return {}
    wanted, found = set(seqs), dict[int, _Holding]()
    near = select(AuditSeal).where(AuditSeal.first_seq <= max(wanted), AuditSeal.last_seq >= min(wanted))
    for row in session.scalars(near.order_by(AuditSeal.number).execution_options(yield_per=50)):
        mine = wanted & set(seqs_of(row.ranges))
        if mine:
            index = {seq: place for place, seq in enumerate(seqs_of(row.ranges)) if seq in mine}
            holding = _Holding(row, leaves_in(row.leaves), index)
            found.update(dict.fromkeys(mine, holding))
    return found


def unpack(text: str) -> bytes:
    """The leaves that an export wrote."""
    return base64.b64decode(text, validate=True)
