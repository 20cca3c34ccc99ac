"""Erasure of personal values: who proposed and confirmed it, and what was erased.

Revision ID: 20261127_erasure
Revises: 20261127_witnesses

Literal on purpose, as the revisions before. How a person signs in may be deleted from now on, with the name.
Beside it, a log's head knows the SM2 key that signs with the server's, if one was declared.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_erasure"
down_revision = "20261127_witnesses"
branch_labels = None
depends_on = None

OWN = "tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::int)"
GRANTED = "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "erasures",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="whose values are erased"),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column(
            "reference", sa.Text(), nullable=False, comment="number of the request on file; no personal data"
        ),
        sa.Column(
            "erased", sa.Text(), comment="canonical JSON: the commitments that tell nothing from now on"
        ),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), comment="another administrator"),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), comment="then the values were deleted"),
        sa.Column("declined_by", sa.Uuid()),
        sa.Column("declined_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("confirmed_at IS NULL OR declined_at IS NULL", name="ck_erasures_settled"),
        sa.CheckConstraint(
            "subject_type IN ('person', 'form_version', 'objection')", name="ck_erasures_subject_type"
        ),
        sa.CheckConstraint(
            "ground IN ('purpose_achieved', 'consent_withdrawn', 'retention_over', 'unlawful')",
            name="ck_erasures_ground",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_tenant_id_proposed_at_id", "erasures", ["tenant_id", "proposed_at", "id"])
    op.create_index(
        "uq_erasures_subject",
        "erasures",
        ["tenant_id", "subject_id"],
        unique=True,
        postgresql_where=sa.text("declined_at IS NULL"),
    )
    op.execute("ALTER TABLE erasures ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE erasures FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON erasures USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(f"CREATE POLICY granted ON erasures FOR SELECT USING ({GRANTED})")
    op.execute("GRANT SELECT, INSERT, UPDATE ON erasures TO xingji_app")
    op.execute("GRANT DELETE ON credentials TO xingji_app")
    op.add_column(
        "ledger_heads",
        sa.Column("national", sa.LargeBinary(), comment="SM2 key that signs every entry beside, 64 bytes"),
    )
    op.execute("GRANT UPDATE (national) ON ledger_heads TO xingji_app")
    for statement in GUARDS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER xingji_kept ON erasures")
    op.execute("DROP TRIGGER xingji_recorded ON erasures")
    op.execute("DROP FUNCTION xingji_audit_erasures()")
    op.execute("DROP FUNCTION xingji_digest_erasures(erasures)")
    op.execute("REVOKE DELETE ON credentials FROM xingji_app")
    op.drop_table("erasures")
    op.drop_column("ledger_heads", "national")


GUARDS = (
    """CREATE FUNCTION public.xingji_digest_erasures(r public.erasures) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 erasures 1' || E'\\n'
    || coalesce('confirmed_at:time 27 ' || CASE WHEN r.confirmed_at >= '0001-01-01 00:00:00+00' AND r.confirmed_at < '10000-01-01 00:00:00+00' THEN to_char(r.confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.confirmed_at::text END || E'\\n', '')
    || coalesce('confirmed_by:uuid 36 ' || r.confirmed_by::text || E'\\n', '')
    || coalesce('declined_at:time 27 ' || CASE WHEN r.declined_at >= '0001-01-01 00:00:00+00' AND r.declined_at < '10000-01-01 00:00:00+00' THEN to_char(r.declined_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.declined_at::text END || E'\\n', '')
    || coalesce('declined_by:uuid 36 ' || r.declined_by::text || E'\\n', '')
    || coalesce('erased:text ' || octet_length(r.erased::text) || ' ' || r.erased::text || E'\\n', '')
    || coalesce('ground:text ' || octet_length(r.ground::text) || ' ' || r.ground::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('proposed_at:time 27 ' || CASE WHEN r.proposed_at >= '0001-01-01 00:00:00+00' AND r.proposed_at < '10000-01-01 00:00:00+00' THEN to_char(r.proposed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.proposed_at::text END || E'\\n', '')
    || coalesce('proposed_by:uuid 36 ' || r.proposed_by::text || E'\\n', '')
    || coalesce('reference:text ' || octet_length(r.reference::text) || ' ' || r.reference::text || E'\\n', '')
    || coalesce('subject_id:uuid 36 ' || r.subject_id::text || E'\\n', '')
    || coalesce('subject_type:text ' || octet_length(r.subject_type::text) || ' ' || r.subject_type::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_erasures() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table erasures is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row erasures/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row erasures/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_erasures(r) FROM public.erasures r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'erasures' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row erasures/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.erasures
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_erasures()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.erasures
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_erasures()""",
)
