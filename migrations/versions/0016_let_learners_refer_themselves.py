"""let learners refer themselves

Safety, before this is merged:
- expand, then backfill, then contract, in separate releases: the running version must work on both sides;
- new columns are nullable or have a value for old rows; no rewrite of a big table in one statement;
- indexes on big tables CONCURRENTLY (autocommit_block); new checks and keys NOT VALID, then VALIDATE;
- `lock_timeout` is 2 s: a migration that waits gives up, and is simply run again;
- grant the application's role what it needs on new tables (`hub db upgrade` does it for all tables).

Drafts are few and gone after 30 days: the table is never big.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("referral_draft", sa.Column("token_hash", sa.LargeBinary(), nullable=True))
    op.alter_column("referral_draft", "user_id", existing_type=sa.Uuid(), nullable=True)
    op.create_unique_constraint(op.f("uq_referral_draft_token_hash"), "referral_draft", ["token_hash"])
    op.execute(
        "ALTER TABLE referral_draft ADD CONSTRAINT ck_referral_draft_one_writer "
        "CHECK ((user_id IS NULL) <> (token_hash IS NULL)) NOT VALID"
    )
    op.execute("ALTER TABLE referral_draft VALIDATE CONSTRAINT ck_referral_draft_one_writer")


def downgrade() -> None:
    op.execute("DELETE FROM referral_draft WHERE user_id IS NULL")
    op.drop_constraint(op.f("ck_referral_draft_one_writer"), "referral_draft", type_="check")
    op.drop_constraint(op.f("uq_referral_draft_token_hash"), "referral_draft", type_="unique")
    op.alter_column("referral_draft", "user_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_column("referral_draft", "token_hash")
