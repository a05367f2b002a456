"""seal the references of organisations

An office may write anything into its own reference of a referral, a National Insurance number too: it is sealed under
the learner's key like the other words, and found by a keyed hash. Old rows are moved here, 1,000 at a time, so this
migration needs the key file; a database without such references does not.

Safety, before this is merged:
- expand, then backfill, then contract, in separate releases: the running version must work on both sides;
- new columns are nullable or have a value for old rows; no rewrite of a big table in one statement;
- indexes on big tables CONCURRENTLY (autocommit_block); new checks and keys NOT VALID, then VALIDATE;
- `lock_timeout` is 2 s: a migration that waits gives up, and is simply run again;
- grant the application's role what it needs on new tables (`hub db upgrade` does it for all tables).
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.infra.config import load_settings
from hub.infra.crypto import KeyRing, load_keyring, open_sealed, seal
from hub.infra.places import Place

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

BATCH = 1_000
_TO_SEAL = sa.text(
    "SELECT r.id, r.subject_id, r.external_reference, k.kek_id, k.wrapped FROM referral AS r "
    "LEFT JOIN subject_key AS k ON k.subject_id = r.subject_id "
    "WHERE r.external_reference IS NOT NULL AND r.id > :after ORDER BY r.id LIMIT :most"
)
_SEALED = sa.text(
    "UPDATE referral SET external_reference_sealed = :sealed, external_key = :key WHERE id = :id"
)
_TO_OPEN = sa.text(
    "SELECT r.id, r.subject_id, r.external_reference_sealed, k.kek_id, k.wrapped FROM referral AS r "
    "JOIN subject_key AS k ON k.subject_id = r.subject_id "
    "WHERE r.external_reference_sealed IS NOT NULL AND k.wrapped IS NOT NULL AND r.id > :after "
    "ORDER BY r.id LIMIT :most"
)
_OPENED = sa.text("UPDATE referral SET external_reference = :plain WHERE id = :id")


def upgrade() -> None:
    op.add_column("referral", sa.Column("external_key", sa.LargeBinary(), nullable=True))
    op.add_column("referral", sa.Column("external_reference_sealed", sa.LargeBinary(), nullable=True))
    _move(_TO_SEAL, _SEALED, _sealed)
    op.drop_index("ix_referral_external", "referral")
    op.drop_column("referral", "external_reference")
    op.create_index("ix_referral_external", "referral", ["organisation_id", "external_key"])


def downgrade() -> None:
    op.add_column("referral", sa.Column("external_reference", sa.String(100), nullable=True))
    _move(_TO_OPEN, _OPENED, _opened)
    op.drop_index("ix_referral_external", "referral")
    op.drop_column("referral", "external_reference_sealed")
    op.drop_column("referral", "external_key")
    op.create_index("ix_referral_external", "referral", ["organisation_id", "external_reference"])


def _move(select: sa.TextClause, update: sa.TextClause, changed: Any) -> None:
    ring: KeyRing | None = None
    for rows in _batches(select):
        ring = ring or load_keyring(_key_file())
        op.get_bind().execute(update, [changed(ring, row) for row in rows])


def _key_file() -> Path:
    config = op.get_context().config
    named = config.attributes.get("key_file") if config is not None else None
    return named or load_settings(os.environ).keys_path


def _batches(select: sa.TextClause) -> Iterator[Sequence[Any]]:
    after = UUID(int=0)
    while rows := op.get_bind().execute(select, {"after": after, "most": BATCH}).all():
        yield rows
        after = rows[-1].id


def _sealed(ring: KeyRing, row: Any) -> dict[str, Any]:
    """Of somebody erased nothing is kept."""
    if row.wrapped is None:
        return {"id": row.id, "sealed": None, "key": None}
    key = ring.people_index("referral_external", row.external_reference, ring.searched[0])
    return {
        "id": row.id,
        "sealed": seal(_cipher(ring, row), row.external_reference.encode(), _context(row)),
        "key": key,
    }


def _opened(ring: KeyRing, row: Any) -> dict[str, Any]:
    plain = open_sealed(_cipher(ring, row), row.external_reference_sealed, _context(row))
    return {"id": row.id, "plain": plain.decode()}


def _cipher(ring: KeyRing, row: Any) -> AESGCM:
    return AESGCM(ring.unwrap(row.subject_id, row.kek_id, row.wrapped))


def _context(row: Any) -> bytes:
    return Place("referral", "external_reference", row.id, row.subject_id).context()
