"""keep for a person what was taken back

Safety, before this is merged:
- expand, then backfill, then contract, in separate releases: the running version must work on both sides;
- new columns are nullable or have a value for old rows; no rewrite of a big table in one statement;
- indexes on big tables CONCURRENTLY (autocommit_block); new checks and keys NOT VALID, then VALIDATE;
- `lock_timeout` is 2 s: a migration that waits gives up, and is simply run again;
- grant the application's role what it needs on new tables (`hub db upgrade` does it for all tables).
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


WHY = ("both_assessed", "told_apart", "member_unlike", "large_cluster")


def upgrade() -> None:
    _allow((*WHY, "taken_back"))


def downgrade() -> None:
    op.execute("UPDATE duplicate_pair SET held_because = NULL WHERE held_because = 'taken_back'")
    _allow(WHY)


def _allow(reasons: Sequence[str]) -> None:
    op.drop_constraint(op.f("ck_duplicate_pair_held"), "duplicate_pair", type_="check")
    words = ", ".join(f"'{reason}'" for reason in reasons)
    op.create_check_constraint(op.f("ck_duplicate_pair_held"), "duplicate_pair", f"held_because IN ({words})")
