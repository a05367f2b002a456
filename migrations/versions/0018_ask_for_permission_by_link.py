"""ask for permission by link

Safety, before this is merged:
- expand, then backfill, then contract, in separate releases: the running version must work on both sides;
- new columns are nullable or have a value for old rows; no rewrite of a big table in one statement;
- indexes on big tables CONCURRENTLY (autocommit_block); new checks and keys NOT VALID, then VALIDATE;
- `lock_timeout` is 2 s: a migration that waits gives up, and is simply run again;
- grant the application's role what it needs on new tables (`hub db upgrade` does it for all tables).
"""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

STEP_KINDS = {"permission_asked"}
CHANNELS = {"ask_by_text", "ask_by_email", "ask_on_paper"}


def upgrade() -> None:
    _allow("step", "kind", "ck_step_step_kind", _allowed("ck_step_step_kind") | STEP_KINDS)
    _allow("consent", "channel", "ck_consent_channel", _allowed("ck_consent_channel") | CHANNELS)


def _allowed(check: str) -> set[str]:
    """The words that a check allows now, whichever migrations came before."""
    asked = sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name")
    return set(re.findall(r"'([a-z_]+)'", op.get_bind().scalar(asked, {"name": check})))


def _allow(table: str, column: str, check: str, words: set[str]) -> None:
    op.drop_constraint(op.f(check), table, type_="check")
    listed = ", ".join(f"'{word}'" for word in sorted(words))
    op.create_check_constraint(op.f(check), table, f"{column} IN ({listed})", postgresql_not_valid=True)
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}")


def downgrade() -> None:
    op.execute("DELETE FROM step WHERE kind = 'permission_asked'")
    op.execute("UPDATE consent SET channel = 'web' WHERE channel LIKE 'ask\\_%'")
    _allow("step", "kind", "ck_step_step_kind", _allowed("ck_step_step_kind") - STEP_KINDS)
    _allow("consent", "channel", "ck_consent_channel", _allowed("ck_consent_channel") - CHANNELS)
