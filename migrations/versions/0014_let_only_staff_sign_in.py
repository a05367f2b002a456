"""let only staff sign in

Safety, before this is merged:
- expand, then backfill, then contract, in separate releases: the running version must work on both sides;
- new columns are nullable or have a value for old rows; no rewrite of a big table in one statement;
- indexes on big tables CONCURRENTLY (autocommit_block); new checks and keys NOT VALID, then VALIDATE;
- `lock_timeout` is 2 s: a migration that waits gives up, and is simply run again;
- grant the application's role what it needs on new tables (`hub db upgrade` does it for all tables).

No service ever gave an account the role of a learner, the program or the public; one that has it was written by hand.
It is closed and left with the least role, so that the check holds for all rows.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

STAFF = "'admin', 'assessor', 'auditor', 'data_protection', 'hub_manager', 'provider', 'referrer'"


def upgrade() -> None:
    op.execute(f"UPDATE user_account SET is_active = false, role = 'referrer' WHERE role NOT IN ({STAFF})")
    op.execute(
        "ALTER TABLE user_account ADD CONSTRAINT ck_user_account_staff_role "
        f"CHECK (role IN ({STAFF})) NOT VALID"
    )
    op.execute("ALTER TABLE user_account VALIDATE CONSTRAINT ck_user_account_staff_role")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_user_account_staff_role"), "user_account", type_="check")
