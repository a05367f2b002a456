"""take in long files

Safety, before this is merged:
- expand, then backfill, then contract, in separate releases: the running version must work on both sides;
- new columns are nullable or have a value for old rows; no rewrite of a big table in one statement;
- indexes on big tables CONCURRENTLY (autocommit_block); new checks and keys NOT VALID, then VALIDATE;
- `lock_timeout` is 2 s: a migration that waits gives up, and is simply run again;
- grant the application's role what it needs on new tables (`hub db upgrade` does it for all tables).
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("referral_file", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("referral_file", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("referral_file", sa.Column("report_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("referral_file", "report_sealed")
    op.drop_column("referral_file", "ended_at")
    op.drop_column("referral_file", "started_at")
