"""Legacy records (历史记录) of a community, and what the city does to a certification (暂停、撤销、恢复).

Revision ID: 20261125_legacy_and_changes
Revises: 20261125_evidence

Literal on purpose, as the revisions before.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_legacy_and_changes"
down_revision = "20261125_evidence"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
READERS = {
    "granted": "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])",
    "shared": "tenant_id = ANY ((SELECT nullif(current_setting('app.shared', true), '')::int[])::int[])",
}
POLICIES = {"legacy_records": ("granted",), "certification_changes": ("granted", "shared")}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_tables()
    for name, readers in POLICIES.items():
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {name} USING ({OWN}) WITH CHECK ({OWN})")
        for reader in readers:
            op.execute(f"CREATE POLICY {reader} ON {name} FOR SELECT USING ({READERS[reader]})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {name} TO xingji_app")
    guard_legacy_records()
    guard_certification_changes()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in POLICIES:
        op.execute(f"DROP TRIGGER xingji_kept ON {name}")
        op.execute(f"DROP TRIGGER xingji_recorded ON {name}")
        op.execute(f"DROP FUNCTION xingji_audit_{name}()")
        op.execute(f"DROP FUNCTION xingji_digest_{name}({name})")
        op.drop_table(name)


def create_tables() -> None:
    op.create_table(
        "legacy_records",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False, comment="of the certification, or that was reviewed"),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=False),
        sa.Column("document_date", sa.Date(), nullable=False, comment="a certification counts from that day"),
        sa.Column(
            "document_sha256", sa.LargeBinary(), nullable=False, comment="of the scanned document, 32 bytes"
        ),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attested_by", sa.Uuid(), comment="another person, of the city"),
        sa.Column("attested_tenant_id", sa.Integer()),
        sa.Column("attested_at", sa.DateTime(timezone=True), comment="from then on it counts"),
        sa.Column("declined_at", sa.DateTime(timezone=True)),
        sa.Column("decline_reason", sa.Text()),
        sa.CheckConstraint("kind IN ('certification', 'annual_review')", name="ck_legacy_records_kind"),
        sa.CheckConstraint("level IN ('provincial', 'star')", name="ck_legacy_records_level"),
        sa.CheckConstraint(
            "result IN ('certified', 'pass', 'pass_after_rectification', 'fail')",
            name="ck_legacy_records_result",
        ),
        sa.CheckConstraint(
            "(kind = 'certification') = (result = 'certified')", name="ck_legacy_records_kind_result"
        ),
        sa.CheckConstraint("octet_length(document_sha256) = 32", name="ck_legacy_records_document_sha256"),
        sa.CheckConstraint("attested_at IS NULL OR declined_at IS NULL", name="ck_legacy_records_settled"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id"],
            ["units.tenant_id", "units.id"],
            name="fk_legacy_records_tenant_id_community_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_legacy_records"),
    )
    op.create_index(
        "uq_legacy_records_live",
        "legacy_records",
        ["tenant_id", "community_id", "kind", "level", "year"],
        unique=True,
        postgresql_where=sa.text("declined_at IS NULL"),
    )
    op.create_index(
        "ix_legacy_records_tenant_id_community_id", "legacy_records", ["tenant_id", "community_id"]
    )
    op.create_index(
        "ix_legacy_records_tenant_id_proposed_at_id", "legacy_records", ["tenant_id", "proposed_at", "id"]
    )
    op.create_table(
        "certification_changes",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certification_tenant_id", sa.Integer(), nullable=False),
        sa.Column("certification_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=False, comment="the province's document"),
        sa.Column("document_date", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), comment="another person of the city"),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), comment="from then on it holds"),
        sa.Column("declined_by", sa.Uuid()),
        sa.Column("declined_at", sa.DateTime(timezone=True), comment="it never holds"),
        sa.Column("decline_reason", sa.Text()),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR declined_at IS NULL", name="ck_certification_changes_settled"
        ),
        sa.CheckConstraint(
            "kind IN ('suspend', 'revoke', 'reinstate')", name="ck_certification_changes_kind"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_certification_changes"),
    )
    op.create_index(
        "ix_certification_changes_tenant_id_certification_id",
        "certification_changes",
        ["tenant_id", "certification_id"],
    )
    op.create_index(
        "ix_certification_changes_tenant_id_proposed_at_id",
        "certification_changes",
        ["tenant_id", "proposed_at", "id"],
    )


def guard_legacy_records() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_legacy_records(r public.legacy_records) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 legacy_records 1' || E'\\n'
    || coalesce('attested_at:time 27 ' || CASE WHEN r.attested_at >= '0001-01-01 00:00:00+00' AND r.attested_at < '10000-01-01 00:00:00+00' THEN to_char(r.attested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.attested_at::text END || E'\\n', '')
    || coalesce('attested_by:uuid 36 ' || r.attested_by::text || E'\\n', '')
    || coalesce('attested_tenant_id:int ' || octet_length(r.attested_tenant_id::text) || ' ' || r.attested_tenant_id::text || E'\\n', '')
    || coalesce('community_id:uuid 36 ' || r.community_id::text || E'\\n', '')
    || coalesce('decline_reason:text ' || octet_length(r.decline_reason::text) || ' ' || r.decline_reason::text || E'\\n', '')
    || coalesce('declined_at:time 27 ' || CASE WHEN r.declined_at >= '0001-01-01 00:00:00+00' AND r.declined_at < '10000-01-01 00:00:00+00' THEN to_char(r.declined_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.declined_at::text END || E'\\n', '')
    || coalesce('document_date:date 10 ' || CASE WHEN r.document_date BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.document_date::timestamp, 'YYYY-MM-DD') ELSE r.document_date::text END || E'\\n', '')
    || coalesce('document_number:text ' || octet_length(r.document_number::text) || ' ' || r.document_number::text || E'\\n', '')
    || coalesce('document_sha256:bytes ' || octet_length(encode(r.document_sha256, 'hex')) || ' ' || encode(r.document_sha256, 'hex') || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('kind:text ' || octet_length(r.kind::text) || ' ' || r.kind::text || E'\\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\\n', '')
    || coalesce('proposed_at:time 27 ' || CASE WHEN r.proposed_at >= '0001-01-01 00:00:00+00' AND r.proposed_at < '10000-01-01 00:00:00+00' THEN to_char(r.proposed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.proposed_at::text END || E'\\n', '')
    || coalesce('proposed_by:uuid 36 ' || r.proposed_by::text || E'\\n', '')
    || coalesce('result:text ' || octet_length(r.result::text) || ' ' || r.result::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('year:int ' || octet_length(r.year::text) || ' ' || r.year::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_legacy_records() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table legacy_records is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row legacy_records/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row legacy_records/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_legacy_records(r) FROM public.legacy_records r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'legacy_records' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row legacy_records/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.legacy_records
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_legacy_records()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.legacy_records
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_legacy_records()"""
    )


def guard_certification_changes() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_certification_changes(r public.certification_changes) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 certification_changes 1' || E'\\n'
    || coalesce('certification_id:uuid 36 ' || r.certification_id::text || E'\\n', '')
    || coalesce('certification_tenant_id:int ' || octet_length(r.certification_tenant_id::text) || ' ' || r.certification_tenant_id::text || E'\\n', '')
    || coalesce('confirmed_at:time 27 ' || CASE WHEN r.confirmed_at >= '0001-01-01 00:00:00+00' AND r.confirmed_at < '10000-01-01 00:00:00+00' THEN to_char(r.confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.confirmed_at::text END || E'\\n', '')
    || coalesce('confirmed_by:uuid 36 ' || r.confirmed_by::text || E'\\n', '')
    || coalesce('decline_reason:text ' || octet_length(r.decline_reason::text) || ' ' || r.decline_reason::text || E'\\n', '')
    || coalesce('declined_at:time 27 ' || CASE WHEN r.declined_at >= '0001-01-01 00:00:00+00' AND r.declined_at < '10000-01-01 00:00:00+00' THEN to_char(r.declined_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.declined_at::text END || E'\\n', '')
    || coalesce('declined_by:uuid 36 ' || r.declined_by::text || E'\\n', '')
    || coalesce('document_date:date 10 ' || CASE WHEN r.document_date BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.document_date::timestamp, 'YYYY-MM-DD') ELSE r.document_date::text END || E'\\n', '')
    || coalesce('document_number:text ' || octet_length(r.document_number::text) || ' ' || r.document_number::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('kind:text ' || octet_length(r.kind::text) || ' ' || r.kind::text || E'\\n', '')
    || coalesce('proposed_at:time 27 ' || CASE WHEN r.proposed_at >= '0001-01-01 00:00:00+00' AND r.proposed_at < '10000-01-01 00:00:00+00' THEN to_char(r.proposed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.proposed_at::text END || E'\\n', '')
    || coalesce('proposed_by:uuid 36 ' || r.proposed_by::text || E'\\n', '')
    || coalesce('reason:text ' || octet_length(r.reason::text) || ' ' || r.reason::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_certification_changes() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table certification_changes is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row certification_changes/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row certification_changes/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_certification_changes(r) FROM public.certification_changes r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'certification_changes' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row certification_changes/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.certification_changes
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_certification_changes()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.certification_changes
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_certification_changes()"""
    )
