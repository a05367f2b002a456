"""remove from the audit by rule

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
from sqlalchemy.dialects import postgresql

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# The one way by which entries and seals leave the audit. The caller chooses and signs; this holds, by the database's
# own clock and tables, that what goes is old, sealed and whole, and that the signed row stays for it. The advisory
# lock is the sealer's (hub.infra.seals.sealer.LOCK).
REMOVING = """
CREATE FUNCTION audit_floor(whole boolean) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT clock_timestamp() - CASE WHEN whole THEN interval '1 year' ELSE interval '6 months' END
$$;

CREATE FUNCTION refuse_change_but_by_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('hub.removing', true) = 'by rule' THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION remove_audit(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  made audit_removal := jsonb_populate_record(NULL::audit_removal, wanted);
  seqs int8multirange;
  sealed int8multirange;
  gone bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(1213416769);
  SELECT range_agg(int8range((one->>0)::bigint, (one->>1)::bigint, '[]')) INTO seqs
    FROM jsonb_array_elements(made.ranges) AS one;
  SELECT range_agg(int8range((one->>0)::bigint, (one->>1)::bigint, '[]')) INTO sealed
    FROM audit_seal, jsonb_array_elements(audit_seal.ranges) AS one WHERE number <= made.last_seal;
  IF made.number IS DISTINCT FROM (SELECT coalesce(max(number), 0) + 1 FROM audit_removal) THEN
    RAISE EXCEPTION 'this is not the next removal' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF made.before > audit_floor(made.whole) THEN
    RAISE EXCEPTION 'entries of the audit after % stay', audit_floor(made.whole) USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF seqs IS NULL OR sealed IS NULL OR NOT sealed @> seqs
     OR NOT EXISTS (SELECT FROM audit_seal WHERE number > made.last_seal) THEN
    RAISE EXCEPTION 'only what is sealed is removed, and the newest seal stays' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF EXISTS (
    SELECT FROM audit_entry WHERE seq >= lower(seqs) AND seq < upper(seqs) AND seqs @> seq
      AND (at >= made.before OR NOT (made.whole OR subject_type IN ('user', 'page')))
  ) OR made.whole AND EXISTS (
    SELECT FROM audit_entry WHERE seq < upper(sealed) AND sealed @> seq AND NOT seqs @> seq
  ) THEN
    RAISE EXCEPTION 'only whole periods or security entries are removed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO audit_removal SELECT made.*;
  PERFORM set_config('hub.removing', 'by rule', true);
  DELETE FROM audit_entry WHERE seq >= lower(seqs) AND seq < upper(seqs) AND seqs @> seq;
  GET DIAGNOSTICS gone = ROW_COUNT;
  IF made.whole THEN DELETE FROM audit_seal WHERE number <= made.last_seal; END IF;
  PERFORM set_config('hub.removing', '', true);
  IF gone IS DISTINCT FROM made.entries THEN
    RAISE EXCEPTION '% entries are not %', gone, made.entries USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;
REVOKE ALL ON FUNCTION remove_audit(jsonb) FROM PUBLIC;

CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON audit_removal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER only_grows BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION refuse_change_but_by_rule();
CREATE OR REPLACE TRIGGER only_grows BEFORE UPDATE OR DELETE ON audit_seal
  FOR EACH ROW EXECUTE FUNCTION refuse_change_but_by_rule();
"""

NOT_REMOVING = """
CREATE OR REPLACE TRIGGER only_grows BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER only_grows BEFORE UPDATE OR DELETE ON audit_seal
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP FUNCTION remove_audit(jsonb);
DROP FUNCTION refuse_change_but_by_rule();
DROP FUNCTION audit_floor(boolean);
"""


def upgrade() -> None:
    op.create_table(
        "audit_removal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_seal", sa.BigInteger(), nullable=False),
        sa.Column("last_seal", sa.BigInteger(), nullable=False),
        sa.Column("ranges", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("end", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("archive", sa.String(), nullable=True),
        sa.Column("archive_hash", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_removal")),
    )
    op.add_column("audit_check", sa.Column("after_seal", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(REMOVING)


def downgrade() -> None:
    op.execute(NOT_REMOVING)
    op.drop_column("audit_check", "after_seal")
    op.drop_table("audit_removal")
