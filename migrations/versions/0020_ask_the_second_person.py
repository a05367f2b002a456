"""ask the second person

Safety, before this is merged:
- a new table and more words in three checks: the running version goes on beside it;
- no column of an old row changes; the checks are added NOT VALID, then validated.
"""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MORE_WORDS = (
    ("step", "kind", "ck_step_step_kind", "placement_to_confirm"),
    ("appointment", "reason", "ck_appointment_move_reason", "processing_stopped"),
    ("appointment_history", "reason", "ck_appointment_history_move_reason", "processing_stopped"),
)


def upgrade() -> None:
    op.create_table(
        "second_opinion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "PRE",
                "E1",
                "E2",
                "E3",
                "L1",
                "L2",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "code",
            sa.Enum(
                "speaking_stronger",
                "literacy_need",
                "schooling_gap",
                "disability_or_illness",
                "test_conditions",
                "prior_evidence",
                "learner_choice",
                "other",
                name="override_code",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "confirmed",
                "disagreed",
                "not_needed",
                name="second_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("why_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("asked_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_on_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (answered_at IS NULL)", name=op.f("ck_second_opinion_is_answered")
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessment.id"], name=op.f("fk_second_opinion_assessment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_opinion")),
        sa.UniqueConstraint("assessment_id", name=op.f("uq_second_opinion_assessment_id")),
    )
    op.create_index(op.f("ix_second_opinion_subject_id"), "second_opinion", ["subject_id"], unique=False)
    op.create_index(
        "ix_second_opinion_waiting",
        "second_opinion",
        ["asked_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    for table, column, check, word in MORE_WORDS:
        _allow(table, column, check, _allowed(check) | {word})


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
    op.execute("DELETE FROM step WHERE kind = 'placement_to_confirm'")
    for table in ("appointment", "appointment_history"):
        op.execute(f"UPDATE {table} SET reason = 'other' WHERE reason = 'processing_stopped'")
    for table, column, check, word in MORE_WORDS:
        _allow(table, column, check, _allowed(check) - {word})
    op.drop_index(
        "ix_second_opinion_waiting",
        table_name="second_opinion",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index(op.f("ix_second_opinion_subject_id"), table_name="second_opinion")
    op.drop_table("second_opinion")
