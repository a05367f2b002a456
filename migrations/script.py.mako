"""${message}

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
${imports if imports else ""}

revision: str = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels: Sequence[str] | None = ${repr(branch_labels)}
depends_on: Sequence[str] | None = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
