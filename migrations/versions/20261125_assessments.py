"""Verdicts on the items of the standard, and why an application ended before anybody decided on it.

Revision ID: 20261125_assessments
Revises: 20261125_windows

Literal on purpose, as the revisions before.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_assessments"
down_revision = "20261125_windows"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
GRANTED = "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_tables()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {table} USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"CREATE POLICY granted ON {table} FOR SELECT USING ({GRANTED})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO xingji_app")
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        op.execute(f"DROP TRIGGER xingji_kept ON public.{table}")
        op.execute(f"DROP TRIGGER xingji_recorded ON public.{table}")
        op.execute(f"DROP FUNCTION public.xingji_audit_{table}()")
        op.execute(f"DROP FUNCTION public.xingji_digest_{table}(public.{table})")
        op.drop_table(table)


def create_tables() -> None:
    op.create_table(
        "item_assessments",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("opinion_id", sa.Uuid(), nullable=False, comment="the opinion that it was given with"),
        sa.Column("item_code", sa.Text(), nullable=False, comment="of the standard, e.g. 1.1"),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("assessor_tenant_id", sa.Integer(), nullable=False),
        sa.Column("assessor_id", sa.Uuid(), nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('meets', 'does_not_meet', 'not_applicable')", name="ck_item_assessments_verdict"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "application_id"],
            ["applications.tenant_id", "applications.id"],
            name="fk_item_assessments_tenant_id_application_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "opinion_id"],
            ["opinions.tenant_id", "opinions.id"],
            name="fk_item_assessments_tenant_id_opinion_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_item_assessments"),
        sa.UniqueConstraint(
            "tenant_id", "opinion_id", "item_code", name="uq_item_assessments_tenant_id_opinion_id_item_code"
        ),
    )
    op.create_index(
        "ix_item_assessments_tenant_id_application_id", "item_assessments", ["tenant_id", "application_id"]
    )
    op.create_table(
        "application_endings",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('withdrawn', 'lapsed')", name="ck_application_endings_status"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "application_id"],
            ["applications.tenant_id", "applications.id"],
            name="fk_application_endings_tenant_id_application_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "application_id", name="pk_application_endings"),
    )


TABLES = ("item_assessments", "application_endings")
TRIGGERS = (
    r"""CREATE FUNCTION public.xingji_digest_item_assessments(r public.item_assessments) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 item_assessments 1' || E'\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\n', '')
    || coalesce('assessed_at:time 27 ' || CASE WHEN r.assessed_at >= '0001-01-01 00:00:00+00' AND r.assessed_at < '10000-01-01 00:00:00+00' THEN to_char(r.assessed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.assessed_at::text END || E'\n', '')
    || coalesce('assessor_id:uuid 36 ' || r.assessor_id::text || E'\n', '')
    || coalesce('assessor_tenant_id:int ' || octet_length(r.assessor_tenant_id::text) || ' ' || r.assessor_tenant_id::text || E'\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\n', '')
    || coalesce('item_code:text ' || octet_length(r.item_code::text) || ' ' || r.item_code::text || E'\n', '')
    || coalesce('note:text ' || octet_length(r.note::text) || ' ' || r.note::text || E'\n', '')
    || coalesce('opinion_id:uuid 36 ' || r.opinion_id::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', '')
    || coalesce('verdict:text ' || octet_length(r.verdict::text) || ' ' || r.verdict::text || E'\n', ''), 'UTF8'))
$xingji$""",
    r"""CREATE FUNCTION public.xingji_audit_item_assessments() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table item_assessments is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row item_assessments/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row item_assessments/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_item_assessments(r) FROM public.item_assessments r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'item_assessments' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row item_assessments/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    r"""CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.item_assessments
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_item_assessments()""",
    r"""CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.item_assessments
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_item_assessments()""",
    r"""CREATE FUNCTION public.xingji_digest_application_endings(r public.application_endings) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 application_endings 1' || E'\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\n', '')
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\n', '')
    || coalesce('ended_at:time 27 ' || CASE WHEN r.ended_at >= '0001-01-01 00:00:00+00' AND r.ended_at < '10000-01-01 00:00:00+00' THEN to_char(r.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.ended_at::text END || E'\n', '')
    || coalesce('reason:text ' || octet_length(r.reason::text) || ' ' || r.reason::text || E'\n', '')
    || coalesce('status:text ' || octet_length(r.status::text) || ' ' || r.status::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', ''), 'UTF8'))
$xingji$""",
    r"""CREATE FUNCTION public.xingji_audit_application_endings() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table application_endings is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row application_endings/% is never deleted', OLD.application_id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.application_id <> NEW.application_id) THEN
    RAISE EXCEPTION 'audited row application_endings/% never changes its key', OLD.application_id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_application_endings(r) FROM public.application_endings r WHERE r.tenant_id = NEW.tenant_id AND r.application_id = NEW.application_id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'application_endings' AND l.row_key = NEW.application_id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row application_endings/% has no entry with its digest', NEW.application_id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    r"""CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.application_endings
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_application_endings()""",
    r"""CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.application_endings
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_application_endings()""",
)
