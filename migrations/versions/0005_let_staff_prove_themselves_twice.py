"""let staff prove themselves twice

Safety, before this is merged:
- expand, then backfill, then contract, in separate releases: the running version must work on both sides;
- new columns are nullable or have a value for old rows; no rewrite of a big table in one statement;
- indexes on big tables CONCURRENTLY (autocommit_block); new checks and keys NOT VALID, then VALIDATE;
- `lock_timeout` is 2 s: a migration that waits gives up, and is simply run again;
- grant the application's role what it needs on new tables (`hub db upgrade` does it for all tables).
Sign-ins that are open are kept: they count as proved when they were opened, without a second proof.
"""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "rate_count",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_count")),
    )
    op.create_index(op.f("ix_rate_count_ends_at"), "rate_count", ["ends_at"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "referrer",
                "assessor",
                "hub_manager",
                "provider",
                "learner",
                "auditor",
                "data_protection",
                "admin",
                "worker",
                "public",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("invited_by_id", sa.Uuid(), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["user_account.id"], name=op.f("fk_invitation_invited_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_invitation_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_invited_by_id"), "invitation", ["invited_by_id"], unique=False)
    op.create_index(op.f("ix_invitation_organisation_id"), "invitation", ["organisation_id"], unique=False)
    op.create_index(
        "uq_invitation_open",
        "invitation",
        ["email"],
        unique=True,
        postgresql_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.create_table(
        "password_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_account_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_account_id"], ["user_account.id"], name=op.f("fk_password_reset_user_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_reset_token_hash")),
    )
    op.create_index(op.f("ix_password_reset_expires_at"), "password_reset", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_password_reset_user_account_id"), "password_reset", ["user_account_id"], unique=False
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_account_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_account_id"], ["user_account.id"], name=op.f("fk_recovery_code_user_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint(
            "user_account_id", "code_hash", name=op.f("uq_recovery_code_user_account_id_code_hash")
        ),
    )
    op.create_index(
        op.f("ix_recovery_code_user_account_id"), "recovery_code", ["user_account_id"], unique=False
    )
    op.create_table(
        "second_factor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("user_account_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("next_secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_account_id"], ["user_account.id"], name=op.f("fk_second_factor_user_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("user_account_id", name=op.f("uq_second_factor_user_account_id")),
    )
    op.create_index(op.f("ix_second_factor_subject_id"), "second_factor", ["subject_id"], unique=False)
    op.create_table(
        "sign_in_start",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_account_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_account_id"], ["user_account.id"], name=op.f("fk_sign_in_start_user_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_start")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_start_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_start_expires_at"), "sign_in_start", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_sign_in_start_user_account_id"), "sign_in_start", ["user_account_id"], unique=False
    )
    _add_flag("user_account", "is_lead", "false")
    _add_flag("user_account", "wants_digest", "true")
    op.add_column("user_account", sa.Column("sign_on_subject", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("uq_user_account_sign_on_subject"), "user_account", ["sign_on_subject"])
    op.add_column("user_session", sa.Column("place", sa.String(), nullable=True))
    op.add_column("user_session", sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE user_session SET proved_at = created_at")
    op.alter_column("user_session", "proved_at", nullable=False)
    _add_flag("user_session", "second_factor", "false")
    _allow("step", "ck_step_step_kind", "kind", "caseload_without_person")
    _allow("referral_history", "ck_referral_history_move", "move", "hand_over")


def _add_flag(table: str, name: str, old_rows: str) -> None:
    """A flag that is never empty; rows that are there already get `old_rows`."""
    op.add_column(table, sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text(old_rows)))
    op.alter_column(table, name, server_default=None)


def _allow(table: str, check: str, column: str, *more: str, without: str | None = None) -> None:
    """Widen or narrow a check of values, whatever other migrations have made of it."""
    find = sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name")
    known = re.findall(r"'([a-z_0-9]+)'::", op.get_bind().scalar(find, {"name": check}))
    words = ", ".join(f"'{value}'" for value in dict.fromkeys([*known, *more]) if value != without)
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({words})")


def downgrade() -> None:
    op.execute("DELETE FROM step WHERE kind = 'caseload_without_person'")
    op.execute("DELETE FROM referral_history WHERE move = 'hand_over'")
    _allow("step", "ck_step_step_kind", "kind", without="caseload_without_person")
    _allow("referral_history", "ck_referral_history_move", "move", without="hand_over")
    op.drop_column("user_session", "second_factor")
    op.drop_column("user_session", "proved_at")
    op.drop_column("user_session", "place")
    op.drop_constraint(op.f("uq_user_account_sign_on_subject"), "user_account", type_="unique")
    op.drop_column("user_account", "sign_on_subject")
    op.drop_column("user_account", "wants_digest")
    op.drop_column("user_account", "is_lead")
    op.drop_index(op.f("ix_sign_in_start_user_account_id"), table_name="sign_in_start")
    op.drop_index(op.f("ix_sign_in_start_expires_at"), table_name="sign_in_start")
    op.drop_table("sign_in_start")
    op.drop_index(op.f("ix_second_factor_subject_id"), table_name="second_factor")
    op.drop_table("second_factor")
    op.drop_index(op.f("ix_recovery_code_user_account_id"), table_name="recovery_code")
    op.drop_table("recovery_code")
    op.drop_index(op.f("ix_password_reset_user_account_id"), table_name="password_reset")
    op.drop_index(op.f("ix_password_reset_expires_at"), table_name="password_reset")
    op.drop_table("password_reset")
    op.drop_index(
        "uq_invitation_open",
        table_name="invitation",
        postgresql_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.drop_index(op.f("ix_invitation_organisation_id"), table_name="invitation")
    op.drop_index(op.f("ix_invitation_invited_by_id"), table_name="invitation")
    op.drop_table("invitation")
    op.drop_index(op.f("ix_rate_count_ends_at"), table_name="rate_count")
    op.drop_table("rate_count")
