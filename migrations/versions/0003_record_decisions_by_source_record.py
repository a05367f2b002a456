"""record decisions by source record, hold and sample pairs, queue what happened between merge and unmerge

`link_decision` takes the form of the specification (person, source record, action, score, weights) and only grows
from now on; what was decided before is carried over.

Safety, before this is merged:
- expand, then backfill, then contract, in separate releases: the running version must work on both sides;
- new columns are nullable or have a value for old rows; no rewrite of a big table in one statement;
- indexes on big tables CONCURRENTLY (autocommit_block); new checks and keys NOT VALID, then VALIDATE;
- `lock_timeout` is 2 s: a migration that waits gives up, and is simply run again;
- grant the application's role what it needs on new tables (`hub db upgrade` does it for all tables).
In one step here: no hub is in service yet, and decisions are few.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

STEP_KINDS_BEFORE = (
    "referral_to_review", "duplicate_to_decide", "information_to_give", "appointment_to_make", "assessment_to_do",
    "waiting_check_in", "offer_provider", "offer_learner", "offer_to_decide", "enrolment_to_start",
    "course_to_finish", "places_to_confirm", "message_to_answer", "text_failed", "consent_to_confirm",
    "on_hold_to_review", "stop_to_handle", "adviser_to_see", "round_to_run",
)  # fmt: skip
ONLY_GROWS = (
    "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {0} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
)


def upgrade() -> None:
    _hold_pairs()
    _say_decisions_by_record()
    op.create_table(
        "automatic_linking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("model_version", sa.String(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automatic_linking")),
    )
    _queue_splits()
    for table in ("link_decision", "automatic_linking"):
        op.execute(ONLY_GROWS.format(table))
    op.add_column(
        "offer",
        sa.Column(
            "state_before_merge",
            _enum(
                "offer_state_before_merge",
                "with_provider", "decline_review", "hub_decides", "with_learner", "confirmed",
                "declined_by_provider", "declined_by_learner", "lapsed", "superseded", "withdrawn",
            ),
            nullable=True,
        ),
    )  # fmt: skip
    _allow_step_kinds((*STEP_KINDS_BEFORE, "split_to_settle"))


def _hold_pairs() -> None:
    held = _enum("held", "both_assessed", "told_apart", "member_unlike", "large_cluster")
    op.add_column("duplicate_pair", sa.Column("held_because", held, nullable=True))
    op.add_column("duplicate_pair", sa.Column("sampled_on", sa.Date(), nullable=True))


def _say_decisions_by_record() -> None:
    op.add_column("link_decision", sa.Column("person_id", sa.Uuid(), nullable=True))
    op.add_column("link_decision", sa.Column("source_record_id", sa.Uuid(), nullable=True))
    op.add_column(
        "link_decision", sa.Column("action", _enum("link_action", "link", "unlink", "reject"), nullable=True)
    )
    op.add_column("link_decision", sa.Column("score", sa.Double(), nullable=True))
    op.add_column("link_decision", sa.Column("weights_json", postgresql.JSONB(), nullable=True))
    op.add_column("link_decision", sa.Column("model_version", sa.String(), nullable=True))
    op.execute(
        "UPDATE link_decision SET person_id = kept_id, weights_json = '{}', "
        "action = CASE act WHEN 'merge' THEN 'link' WHEN 'different' THEN 'reject' ELSE 'unlink' END, "
        "source_record_id = (SELECT s.id FROM source_record s "
        "WHERE s.home_learner_id = lost_id AND s.amends_id IS NULL)"
    )
    for column in ("person_id", "source_record_id", "action", "weights_json"):
        op.alter_column("link_decision", column, nullable=False)
    op.create_foreign_key(
        op.f("fk_link_decision_person_id"), "link_decision", "learner", ["person_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_link_decision_source_record_id"),
        "link_decision",
        "source_record",
        ["source_record_id"],
        ["id"],
    )
    op.create_index(op.f("ix_link_decision_person_id"), "link_decision", ["person_id"])
    op.create_index(op.f("ix_link_decision_source_record_id"), "link_decision", ["source_record_id"])
    op.create_check_constraint(
        op.f("ck_link_decision_unlink_supersedes"),
        "link_decision",
        "(action = 'unlink') = (supersedes_id IS NOT NULL)",
    )
    for column in ("kept_id", "lost_id", "source_record_ids", "act"):
        op.drop_column("link_decision", column)


def _queue_splits() -> None:
    kinds = (
        "appointment", "assessment", "consent", "contact", "enrolment", "entry", "evidence", "message", "needs",
        "offer", "priority", "received_text",
    )  # fmt: skip
    op.create_table(
        "split_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _enum("split_kind", *kinds), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["link_decision.id"], name=op.f("fk_split_item_decision_id")
        ),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_split_item_learner_id")),
        sa.ForeignKeyConstraint(["other_id"], ["learner.id"], name=op.f("fk_split_item_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_split_item")),
        sa.UniqueConstraint(
            "decision_id", "kind", "row_id", name=op.f("uq_split_item_decision_id_kind_row_id")
        ),
    )
    op.create_index(op.f("ix_split_item_learner_id"), "split_item", ["learner_id"])
    op.create_index(op.f("ix_split_item_other_id"), "split_item", ["other_id"])
    op.create_index(
        "ix_split_item_open", "split_item", ["decision_id"], postgresql_where=sa.text("settled_at IS NULL")
    )


def downgrade() -> None:
    op.execute("DELETE FROM step WHERE kind = 'split_to_settle'")
    _allow_step_kinds(STEP_KINDS_BEFORE)
    op.drop_column("offer", "state_before_merge")
    op.drop_table("split_item")
    op.drop_table("automatic_linking")
    op.execute("DROP TRIGGER only_grows ON link_decision")
    _say_decisions_by_learner()
    for column in ("sampled_on", "held_because"):
        op.drop_column("duplicate_pair", column)


def _say_decisions_by_learner() -> None:
    op.add_column("link_decision", sa.Column("act", sa.String(40), nullable=True))
    op.add_column("link_decision", sa.Column("kept_id", sa.Uuid(), nullable=True))
    op.add_column("link_decision", sa.Column("lost_id", sa.Uuid(), nullable=True))
    op.add_column("link_decision", sa.Column("source_record_ids", postgresql.JSONB(), nullable=True))
    op.execute(
        "UPDATE link_decision d SET kept_id = person_id, source_record_ids = '[]', "
        "lost_id = (SELECT s.home_learner_id FROM source_record s WHERE s.id = d.source_record_id), "
        "act = CASE action WHEN 'link' THEN 'merge' WHEN 'reject' THEN 'different' "
        "ELSE (SELECT CASE b.action WHEN 'link' THEN 'unmerge' ELSE 'reconsider' END "
        "FROM link_decision b WHERE b.id = d.supersedes_id) END"
    )
    for column in ("act", "kept_id", "lost_id", "source_record_ids"):
        op.alter_column("link_decision", column, nullable=False)
    op.create_check_constraint(
        op.f("ck_link_decision_link_act"),
        "link_decision",
        "act IN ('merge', 'unmerge', 'different', 'reconsider')",
    )
    for column in ("kept_id", "lost_id"):
        op.create_foreign_key(
            op.f(f"fk_link_decision_{column}"), "link_decision", "learner", [column], ["id"]
        )
        op.create_index(op.f(f"ix_link_decision_{column}"), "link_decision", [column])
    for column in ("model_version", "weights_json", "score", "action", "source_record_id", "person_id"):
        op.drop_column("link_decision", column)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _allow_step_kinds(kinds: Sequence[str]) -> None:
    op.drop_constraint(op.f("ck_step_step_kind"), "step", type_="check")
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_step_step_kind"), "step", f"kind IN ({words})")
