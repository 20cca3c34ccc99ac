"""Evidence: which file is bound to what.

Revision ID: 20261125_evidence
Revises: 20261125_head_times
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_evidence"
down_revision = "20261125_head_times"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
GRANTED = "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])"


def upgrade() -> None:
    # Rather fail than queue every reader behind us.
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_table()
    op.execute("ALTER TABLE evidence ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE evidence FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON evidence USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(f"CREATE POLICY granted ON evidence FOR SELECT USING ({GRANTED})")
    op.execute("GRANT SELECT, INSERT, UPDATE ON evidence TO xingji_app")
    guard()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER xingji_kept ON evidence")
    op.execute("DROP TRIGGER xingji_recorded ON evidence")
    op.execute("DROP FUNCTION xingji_audit_evidence()")
    op.execute("DROP FUNCTION xingji_digest_evidence(evidence)")
    op.drop_table("evidence")


def create_table() -> None:
    op.create_table(
        "evidence",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False, comment="application, unit, roster, …"),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="what it speaks of, of the same tenant"),
        sa.Column("item_code", sa.Text(), comment="the item of the standard that it shows"),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False, comment="as the bytes say"),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False, comment="of the file that is kept, 32 bytes"),
        sa.Column("author_tenant_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_evidence"),
    )
    op.create_index("ix_evidence_sha256", "evidence", ["tenant_id", "sha256"])
    op.create_index(
        "ix_evidence_tenant_id_subject_id_created_at_id",
        "evidence",
        ["tenant_id", "subject_id", "created_at", "id"],
    )


def guard() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_evidence(r public.evidence) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 evidence 1' || E'\\n'
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\\n', '')
    || coalesce('author_tenant_id:int ' || octet_length(r.author_tenant_id::text) || ' ' || r.author_tenant_id::text || E'\\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('item_code:text ' || octet_length(r.item_code::text) || ' ' || r.item_code::text || E'\\n', '')
    || coalesce('label:text ' || octet_length(r.label::text) || ' ' || r.label::text || E'\\n', '')
    || coalesce('media_type:text ' || octet_length(r.media_type::text) || ' ' || r.media_type::text || E'\\n', '')
    || coalesce('sha256:bytes ' || octet_length(encode(r.sha256, 'hex')) || ' ' || encode(r.sha256, 'hex') || E'\\n', '')
    || coalesce('size:int ' || octet_length(r.size::text) || ' ' || r.size::text || E'\\n', '')
    || coalesce('subject_id:uuid 36 ' || r.subject_id::text || E'\\n', '')
    || coalesce('subject_type:text ' || octet_length(r.subject_type::text) || ' ' || r.subject_type::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_evidence() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table evidence is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row evidence/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row evidence/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_evidence(r) FROM public.evidence r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'evidence' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row evidence/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.evidence
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_evidence()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.evidence
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_evidence()"""
    )
