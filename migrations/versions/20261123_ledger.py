"""The ledger's tables, and the triggers that bind every audited row to it.

Revision ID: 20261123_ledger
Revises: 20261123_tenancy

Literal on purpose, as the revision before. The digest functions are the text that `audit/triggers.py` gives for the
tables as they were that day; a test compares the newest state with the metadata.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123_ledger"
down_revision = "20261123_tenancy"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
GRANTED = "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])"
APP_GRANTS = {
    "ledger_heads": "SELECT, INSERT, UPDATE (size, head, frontier)",
    "ledger_entries": "SELECT, INSERT",
    "ledger_rows": "SELECT, INSERT",
}
AUDITED = (
    "campaigns",
    "people",
    "tenant_grants",
    "units",
    "applications",
    "campaign_levels",
    "campaign_windows",
    "role_assignments",
    "rosters",
    "standard_clauses",
    "unit_codes",
    "unit_lineages",
    "certifications",
    "form_versions",
    "roster_items",
    "opinions",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_tables()
    for name, privileges in APP_GRANTS.items():
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {name} USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"CREATE POLICY granted ON {name} FOR SELECT USING ({GRANTED})")
        op.execute(f"GRANT {privileges} ON {name} TO xingji_app")
    guard_campaigns()
    guard_people()
    guard_tenant_grants()
    guard_units()
    guard_applications()
    guard_campaign_levels()
    guard_campaign_windows()
    guard_role_assignments()
    guard_rosters()
    guard_standard_clauses()
    guard_unit_codes()
    guard_unit_lineages()
    guard_certifications()
    guard_form_versions()
    guard_roster_items()
    guard_opinions()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in AUDITED:
        op.execute(f"DROP TRIGGER xingji_kept ON {name}")
        op.execute(f"DROP TRIGGER xingji_recorded ON {name}")
        op.execute(f"DROP FUNCTION xingji_audit_{name}()")
        op.execute(f"DROP FUNCTION xingji_digest_{name}({name})")
    for name in ("ledger_rows", "ledger_entries", "ledger_heads"):
        op.drop_table(name)


def create_tables() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.Text(), nullable=False, comment="the entry in canonical JSON"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("arguments_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name="pk_ledger_entries"),
        sa.UniqueConstraint("tenant_id", "actor_id", "request_id", name="uq_ledger_entries_request"),
        sa.UniqueConstraint("tenant_id", "prev", name="uq_ledger_entries_prev"),
    )
    op.create_index(
        "ix_ledger_entries_subject", "ledger_entries", ["tenant_id", "subject_id", "seq"], unique=False
    )
    op.create_table(
        "ledger_heads",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False, comment="leaf hash of the last entry, 32 bytes"),
        sa.Column("frontier", sa.LargeBinary(), nullable=False, comment="compact range over all leaves"),
        sa.CheckConstraint("octet_length(head) = 32", name="ck_ledger_heads_head"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_ledger_heads"),
    )
    op.create_table(
        "ledger_rows",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "table_name", "row_key", "seq", name="pk_ledger_rows"),
    )


def guard_campaigns() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_campaigns(r public.campaigns) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 campaigns 1' || E'\\n'
    || coalesce('code:text ' || octet_length(r.code::text) || ' ' || r.code::text || E'\\n', '')
    || coalesce('document_number:text ' || octet_length(r.document_number::text) || ' ' || r.document_number::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('issued_on:date 10 ' || CASE WHEN r.issued_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.issued_on::timestamp, 'YYYY-MM-DD') ELSE r.issued_on::text END || E'\\n', '')
    || coalesce('name:text ' || octet_length(r.name::text) || ' ' || r.name::text || E'\\n', '')
    || coalesce('opened_at:time 27 ' || CASE WHEN r.opened_at >= '0001-01-01 00:00:00+00' AND r.opened_at < '10000-01-01 00:00:00+00' THEN to_char(r.opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.opened_at::text END || E'\\n', '')
    || coalesce('programme:text ' || octet_length(r.programme::text) || ' ' || r.programme::text || E'\\n', '')
    || coalesce('programme_digest:bytes ' || octet_length(encode(r.programme_digest, 'hex')) || ' ' || encode(r.programme_digest, 'hex') || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_campaigns() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table campaigns is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row campaigns/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row campaigns/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_campaigns(r) FROM public.campaigns r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'campaigns' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row campaigns/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.campaigns
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_campaigns()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.campaigns
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_campaigns()"""
    )


def guard_people() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_people(r public.people) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 people 1' || E'\\n'
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('name_commitment:bytes ' || octet_length(encode(r.name_commitment, 'hex')) || ' ' || encode(r.name_commitment, 'hex') || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_people() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table people is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row people/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row people/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_people(r) FROM public.people r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'people' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row people/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.people
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_people()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.people
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_people()"""
    )


def guard_tenant_grants() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_tenant_grants(r public.tenant_grants) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 tenant_grants 1' || E'\\n'
    || coalesce('grantee_tenant_id:int ' || octet_length(r.grantee_tenant_id::text) || ' ' || r.grantee_tenant_id::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('scope:text ' || octet_length(r.scope::text) || ' ' || r.scope::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('valid_from:time 27 ' || CASE WHEN r.valid_from >= '0001-01-01 00:00:00+00' AND r.valid_from < '10000-01-01 00:00:00+00' THEN to_char(r.valid_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.valid_from::text END || E'\\n', '')
    || coalesce('valid_to:time 27 ' || CASE WHEN r.valid_to >= '0001-01-01 00:00:00+00' AND r.valid_to < '10000-01-01 00:00:00+00' THEN to_char(r.valid_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.valid_to::text END || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_tenant_grants() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table tenant_grants is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row tenant_grants/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row tenant_grants/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_tenant_grants(r) FROM public.tenant_grants r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'tenant_grants' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row tenant_grants/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.tenant_grants
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_tenant_grants()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.tenant_grants
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_tenant_grants()"""
    )


def guard_units() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_units(r public.units) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 units 1' || E'\\n'
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('kind:text ' || octet_length(r.kind::text) || ' ' || r.kind::text || E'\\n', '')
    || coalesce('name:text ' || octet_length(r.name::text) || ' ' || r.name::text || E'\\n', '')
    || coalesce('parent_id:uuid 36 ' || r.parent_id::text || E'\\n', '')
    || coalesce('sort_key:text ' || octet_length(r.sort_key::text) || ' ' || r.sort_key::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('valid_from:date 10 ' || CASE WHEN r.valid_from BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.valid_from::timestamp, 'YYYY-MM-DD') ELSE r.valid_from::text END || E'\\n', '')
    || coalesce('valid_to:date 10 ' || CASE WHEN r.valid_to BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.valid_to::timestamp, 'YYYY-MM-DD') ELSE r.valid_to::text END || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_units() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table units is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row units/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row units/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_units(r) FROM public.units r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'units' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row units/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.units
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_units()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.units
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_units()"""
    )


def guard_applications() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_applications(r public.applications) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 applications 1' || E'\\n'
    || coalesce('campaign_id:uuid 36 ' || r.campaign_id::text || E'\\n', '')
    || coalesce('campaign_tenant_id:int ' || octet_length(r.campaign_tenant_id::text) || ' ' || r.campaign_tenant_id::text || E'\\n', '')
    || coalesce('community_id:uuid 36 ' || r.community_id::text || E'\\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\\n', '')
    || coalesce('filed_by:uuid 36 ' || r.filed_by::text || E'\\n', '')
    || coalesce('form_version_id:uuid 36 ' || r.form_version_id::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\\n', '')
    || coalesce('revision:int ' || octet_length(r.revision::text) || ' ' || r.revision::text || E'\\n', '')
    || coalesce('status:text ' || octet_length(r.status::text) || ' ' || r.status::text || E'\\n', '')
    || coalesce('street_id:uuid 36 ' || r.street_id::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('updated_at:time 27 ' || CASE WHEN r.updated_at >= '0001-01-01 00:00:00+00' AND r.updated_at < '10000-01-01 00:00:00+00' THEN to_char(r.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.updated_at::text END || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_applications() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table applications is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row applications/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row applications/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_applications(r) FROM public.applications r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'applications' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row applications/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.applications
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_applications()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.applications
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_applications()"""
    )


def guard_campaign_levels() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_campaign_levels(r public.campaign_levels) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 campaign_levels 1' || E'\\n'
    || coalesce('batch:int ' || octet_length(r.batch::text) || ' ' || r.batch::text || E'\\n', '')
    || coalesce('campaign_id:uuid 36 ' || r.campaign_id::text || E'\\n', '')
    || coalesce('city_quota:int ' || octet_length(r.city_quota::text) || ' ' || r.city_quota::text || E'\\n', '')
    || coalesce('county_quota:int ' || octet_length(r.county_quota::text) || ' ' || r.county_quota::text || E'\\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_campaign_levels() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table campaign_levels is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row campaign_levels/% is never deleted', OLD.campaign_id::text || '/' || OLD.level::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.campaign_id <> NEW.campaign_id OR OLD.level <> NEW.level) THEN
    RAISE EXCEPTION 'audited row campaign_levels/% never changes its key', OLD.campaign_id::text || '/' || OLD.level::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_campaign_levels(r) FROM public.campaign_levels r WHERE r.tenant_id = NEW.tenant_id AND r.campaign_id = NEW.campaign_id AND r.level = NEW.level)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'campaign_levels' AND l.row_key = NEW.campaign_id::text || '/' || NEW.level::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row campaign_levels/% has no entry with its digest', NEW.campaign_id::text || '/' || NEW.level::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.campaign_levels
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_campaign_levels()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.campaign_levels
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_campaign_levels()"""
    )


def guard_campaign_windows() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_campaign_windows(r public.campaign_windows) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 campaign_windows 1' || E'\\n'
    || coalesce('campaign_id:uuid 36 ' || r.campaign_id::text || E'\\n', '')
    || coalesce('closes_at:time 27 ' || CASE WHEN r.closes_at >= '0001-01-01 00:00:00+00' AND r.closes_at < '10000-01-01 00:00:00+00' THEN to_char(r.closes_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.closes_at::text END || E'\\n', '')
    || coalesce('opens_at:time 27 ' || CASE WHEN r.opens_at >= '0001-01-01 00:00:00+00' AND r.opens_at < '10000-01-01 00:00:00+00' THEN to_char(r.opens_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.opens_at::text END || E'\\n', '')
    || coalesce('stage:text ' || octet_length(r.stage::text) || ' ' || r.stage::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_campaign_windows() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table campaign_windows is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row campaign_windows/% is never deleted', OLD.campaign_id::text || '/' || OLD.stage::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.campaign_id <> NEW.campaign_id OR OLD.stage <> NEW.stage) THEN
    RAISE EXCEPTION 'audited row campaign_windows/% never changes its key', OLD.campaign_id::text || '/' || OLD.stage::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_campaign_windows(r) FROM public.campaign_windows r WHERE r.tenant_id = NEW.tenant_id AND r.campaign_id = NEW.campaign_id AND r.stage = NEW.stage)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'campaign_windows' AND l.row_key = NEW.campaign_id::text || '/' || NEW.stage::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row campaign_windows/% has no entry with its digest', NEW.campaign_id::text || '/' || NEW.stage::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.campaign_windows
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_campaign_windows()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.campaign_windows
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_campaign_windows()"""
    )


def guard_role_assignments() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_role_assignments(r public.role_assignments) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 role_assignments 1' || E'\\n'
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('person_id:uuid 36 ' || r.person_id::text || E'\\n', '')
    || coalesce('role:text ' || octet_length(r.role::text) || ' ' || r.role::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('unit_id:uuid 36 ' || r.unit_id::text || E'\\n', '')
    || coalesce('valid_from:time 27 ' || CASE WHEN r.valid_from >= '0001-01-01 00:00:00+00' AND r.valid_from < '10000-01-01 00:00:00+00' THEN to_char(r.valid_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.valid_from::text END || E'\\n', '')
    || coalesce('valid_to:time 27 ' || CASE WHEN r.valid_to >= '0001-01-01 00:00:00+00' AND r.valid_to < '10000-01-01 00:00:00+00' THEN to_char(r.valid_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.valid_to::text END || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_role_assignments() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table role_assignments is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row role_assignments/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row role_assignments/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_role_assignments(r) FROM public.role_assignments r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'role_assignments' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row role_assignments/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.role_assignments
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_role_assignments()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.role_assignments
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_role_assignments()"""
    )


def guard_rosters() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_rosters(r public.rosters) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 rosters 1' || E'\\n'
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\\n', '')
    || coalesce('campaign_id:uuid 36 ' || r.campaign_id::text || E'\\n', '')
    || coalesce('closed_at:time 27 ' || CASE WHEN r.closed_at >= '0001-01-01 00:00:00+00' AND r.closed_at < '10000-01-01 00:00:00+00' THEN to_char(r.closed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.closed_at::text END || E'\\n', '')
    || coalesce('closes_on:date 10 ' || CASE WHEN r.closes_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.closes_on::timestamp, 'YYYY-MM-DD') ELSE r.closes_on::text END || E'\\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\\n', '')
    || coalesce('document_date:date 10 ' || CASE WHEN r.document_date BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.document_date::timestamp, 'YYYY-MM-DD') ELSE r.document_date::text END || E'\\n', '')
    || coalesce('document_number:text ' || octet_length(r.document_number::text) || ' ' || r.document_number::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('kind:text ' || octet_length(r.kind::text) || ' ' || r.kind::text || E'\\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\\n', '')
    || coalesce('opens_on:date 10 ' || CASE WHEN r.opens_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.opens_on::timestamp, 'YYYY-MM-DD') ELSE r.opens_on::text END || E'\\n', '')
    || coalesce('previous_id:uuid 36 ' || r.previous_id::text || E'\\n', '')
    || coalesce('reason:text ' || octet_length(r.reason::text) || ' ' || r.reason::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_rosters() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table rosters is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row rosters/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row rosters/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_rosters(r) FROM public.rosters r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'rosters' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row rosters/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.rosters
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_rosters()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.rosters
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_rosters()"""
    )


def guard_standard_clauses() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_standard_clauses(r public.standard_clauses) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 standard_clauses 1' || E'\\n'
    || coalesce('campaign_id:uuid 36 ' || r.campaign_id::text || E'\\n', '')
    || coalesce('code:text ' || octet_length(r.code::text) || ' ' || r.code::text || E'\\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\\n', '')
    || coalesce('part:text ' || octet_length(r.part::text) || ' ' || r.part::text || E'\\n', '')
    || coalesce('position:int ' || octet_length(r.position::text) || ' ' || r.position::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('wording:text ' || octet_length(r.wording::text) || ' ' || r.wording::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_standard_clauses() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table standard_clauses is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row standard_clauses/% is never deleted', OLD.campaign_id::text || '/' || OLD.position::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.campaign_id <> NEW.campaign_id OR OLD.position <> NEW.position) THEN
    RAISE EXCEPTION 'audited row standard_clauses/% never changes its key', OLD.campaign_id::text || '/' || OLD.position::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_standard_clauses(r) FROM public.standard_clauses r WHERE r.tenant_id = NEW.tenant_id AND r.campaign_id = NEW.campaign_id AND r.position = NEW.position)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'standard_clauses' AND l.row_key = NEW.campaign_id::text || '/' || NEW.position::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row standard_clauses/% has no entry with its digest', NEW.campaign_id::text || '/' || NEW.position::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.standard_clauses
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_standard_clauses()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.standard_clauses
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_standard_clauses()"""
    )


def guard_unit_codes() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_unit_codes(r public.unit_codes) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 unit_codes 1' || E'\\n'
    || coalesce('code:text ' || octet_length(r.code::text) || ' ' || r.code::text || E'\\n', '')
    || coalesce('source:text ' || octet_length(r.source::text) || ' ' || r.source::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('unit_id:uuid 36 ' || r.unit_id::text || E'\\n', '')
    || coalesce('valid_from:date 10 ' || CASE WHEN r.valid_from BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.valid_from::timestamp, 'YYYY-MM-DD') ELSE r.valid_from::text END || E'\\n', '')
    || coalesce('valid_to:date 10 ' || CASE WHEN r.valid_to BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.valid_to::timestamp, 'YYYY-MM-DD') ELSE r.valid_to::text END || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_unit_codes() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table unit_codes is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row unit_codes/% is never deleted', OLD.unit_id::text || '/' || CASE WHEN OLD.valid_from BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(OLD.valid_from::timestamp, 'YYYY-MM-DD') ELSE OLD.valid_from::text END USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.unit_id <> NEW.unit_id OR OLD.valid_from <> NEW.valid_from) THEN
    RAISE EXCEPTION 'audited row unit_codes/% never changes its key', OLD.unit_id::text || '/' || CASE WHEN OLD.valid_from BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(OLD.valid_from::timestamp, 'YYYY-MM-DD') ELSE OLD.valid_from::text END USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_unit_codes(r) FROM public.unit_codes r WHERE r.tenant_id = NEW.tenant_id AND r.unit_id = NEW.unit_id AND r.valid_from = NEW.valid_from)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'unit_codes' AND l.row_key = NEW.unit_id::text || '/' || CASE WHEN NEW.valid_from BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(NEW.valid_from::timestamp, 'YYYY-MM-DD') ELSE NEW.valid_from::text END
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row unit_codes/% has no entry with its digest', NEW.unit_id::text || '/' || CASE WHEN NEW.valid_from BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(NEW.valid_from::timestamp, 'YYYY-MM-DD') ELSE NEW.valid_from::text END USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.unit_codes
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_unit_codes()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.unit_codes
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_unit_codes()"""
    )


def guard_unit_lineages() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_unit_lineages(r public.unit_lineages) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 unit_lineages 1' || E'\\n'
    || coalesce('effective_on:date 10 ' || CASE WHEN r.effective_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.effective_on::timestamp, 'YYYY-MM-DD') ELSE r.effective_on::text END || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('kind:text ' || octet_length(r.kind::text) || ' ' || r.kind::text || E'\\n', '')
    || coalesce('predecessor_tenant_id:int ' || octet_length(r.predecessor_tenant_id::text) || ' ' || r.predecessor_tenant_id::text || E'\\n', '')
    || coalesce('predecessor_unit_id:uuid 36 ' || r.predecessor_unit_id::text || E'\\n', '')
    || coalesce('source:text ' || octet_length(r.source::text) || ' ' || r.source::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('unit_id:uuid 36 ' || r.unit_id::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_unit_lineages() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table unit_lineages is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row unit_lineages/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row unit_lineages/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_unit_lineages(r) FROM public.unit_lineages r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'unit_lineages' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row unit_lineages/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.unit_lineages
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_unit_lineages()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.unit_lineages
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_unit_lineages()"""
    )


def guard_certifications() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_certifications(r public.certifications) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 certifications 1' || E'\\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\\n', '')
    || coalesce('certified_on:date 10 ' || CASE WHEN r.certified_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.certified_on::timestamp, 'YYYY-MM-DD') ELSE r.certified_on::text END || E'\\n', '')
    || coalesce('cited_hash:bytes ' || octet_length(encode(r.cited_hash, 'hex')) || ' ' || encode(r.cited_hash, 'hex') || E'\\n', '')
    || coalesce('cited_origin:text ' || octet_length(r.cited_origin::text) || ' ' || r.cited_origin::text || E'\\n', '')
    || coalesce('cited_seq:int ' || octet_length(r.cited_seq::text) || ' ' || r.cited_seq::text || E'\\n', '')
    || coalesce('community_id:uuid 36 ' || r.community_id::text || E'\\n', '')
    || coalesce('document_number:text ' || octet_length(r.document_number::text) || ' ' || r.document_number::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_certifications() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table certifications is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row certifications/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row certifications/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_certifications(r) FROM public.certifications r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'certifications' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row certifications/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.certifications
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_certifications()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.certifications
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_certifications()"""
    )


def guard_form_versions() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_form_versions(r public.form_versions) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 form_versions 1' || E'\\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\\n', '')
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\\n', '')
    || coalesce('contact_name_commitment:bytes ' || octet_length(encode(r.contact_name_commitment, 'hex')) || ' ' || encode(r.contact_name_commitment, 'hex') || E'\\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\\n', '')
    || coalesce('fixed_phone_commitment:bytes ' || octet_length(encode(r.fixed_phone_commitment, 'hex')) || ' ' || encode(r.fixed_phone_commitment, 'hex') || E'\\n', '')
    || coalesce('form:text ' || octet_length(r.form::text) || ' ' || r.form::text || E'\\n', '')
    || coalesce('hash:bytes ' || octet_length(encode(r.hash, 'hex')) || ' ' || encode(r.hash, 'hex') || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('mobile_phone_commitment:bytes ' || octet_length(encode(r.mobile_phone_commitment, 'hex')) || ' ' || encode(r.mobile_phone_commitment, 'hex') || E'\\n', '')
    || coalesce('narrative:text ' || octet_length(r.narrative::text) || ' ' || r.narrative::text || E'\\n', '')
    || coalesce('situation:text ' || octet_length(r.situation::text) || ' ' || r.situation::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('version:int ' || octet_length(r.version::text) || ' ' || r.version::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_form_versions() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table form_versions is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row form_versions/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row form_versions/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_form_versions(r) FROM public.form_versions r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'form_versions' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row form_versions/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.form_versions
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_form_versions()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.form_versions
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_form_versions()"""
    )


def guard_roster_items() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_roster_items(r public.roster_items) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 roster_items 1' || E'\\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\\n', '')
    || coalesce('application_tenant_id:int ' || octet_length(r.application_tenant_id::text) || ' ' || r.application_tenant_id::text || E'\\n', '')
    || coalesce('cited_hash:bytes ' || octet_length(encode(r.cited_hash, 'hex')) || ' ' || encode(r.cited_hash, 'hex') || E'\\n', '')
    || coalesce('cited_origin:text ' || octet_length(r.cited_origin::text) || ' ' || r.cited_origin::text || E'\\n', '')
    || coalesce('cited_seq:int ' || octet_length(r.cited_seq::text) || ' ' || r.cited_seq::text || E'\\n', '')
    || coalesce('community_name:text ' || octet_length(r.community_name::text) || ' ' || r.community_name::text || E'\\n', '')
    || coalesce('position:int ' || octet_length(r.position::text) || ' ' || r.position::text || E'\\n', '')
    || coalesce('reason:text ' || octet_length(r.reason::text) || ' ' || r.reason::text || E'\\n', '')
    || coalesce('roster_id:uuid 36 ' || r.roster_id::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('verdict:text ' || octet_length(r.verdict::text) || ' ' || r.verdict::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_roster_items() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table roster_items is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row roster_items/% is never deleted', OLD.roster_id::text || '/' || OLD.position::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.roster_id <> NEW.roster_id OR OLD.position <> NEW.position) THEN
    RAISE EXCEPTION 'audited row roster_items/% never changes its key', OLD.roster_id::text || '/' || OLD.position::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_roster_items(r) FROM public.roster_items r WHERE r.tenant_id = NEW.tenant_id AND r.roster_id = NEW.roster_id AND r.position = NEW.position)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'roster_items' AND l.row_key = NEW.roster_id::text || '/' || NEW.position::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row roster_items/% has no entry with its digest', NEW.roster_id::text || '/' || NEW.position::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.roster_items
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_roster_items()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.roster_items
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_roster_items()"""
    )


def guard_opinions() -> None:
    op.execute(
        """CREATE FUNCTION public.xingji_digest_opinions(r public.opinions) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 opinions 1' || E'\\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\\n', '')
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\\n', '')
    || coalesce('author_tenant_id:int ' || octet_length(r.author_tenant_id::text) || ' ' || r.author_tenant_id::text || E'\\n', '')
    || coalesce('form_hash:bytes ' || octet_length(encode(r.form_hash, 'hex')) || ' ' || encode(r.form_hash, 'hex') || E'\\n', '')
    || coalesce('form_version_id:uuid 36 ' || r.form_version_id::text || E'\\n', '')
    || coalesce('given_at:time 27 ' || CASE WHEN r.given_at >= '0001-01-01 00:00:00+00' AND r.given_at < '10000-01-01 00:00:00+00' THEN to_char(r.given_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.given_at::text END || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('stage:text ' || octet_length(r.stage::text) || ' ' || r.stage::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('text:text ' || octet_length(r.text::text) || ' ' || r.text::text || E'\\n', '')
    || coalesce('verdict:text ' || octet_length(r.verdict::text) || ' ' || r.verdict::text || E'\\n', ''), 'UTF8'))
$xingji$"""
    )
    op.execute(
        """CREATE FUNCTION public.xingji_audit_opinions() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table opinions is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row opinions/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row opinions/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_opinions(r) FROM public.opinions r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'opinions' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row opinions/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.opinions
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_opinions()"""
    )
    op.execute(
        """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.opinions
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_opinions()"""
    )
