"""Extensions of a window, and the calendar that a city's administrator keeps.

Revision ID: 20261125_windows
Revises: 20261124_sealed

Counties read both as shared rows. Of the city's log they read the entries on extensions, and no others: an act that was admitted late
cites the one that confirmed its extension.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_windows"
down_revision = "20261124_sealed"
branch_labels = None
depends_on = None

OWN = "tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::int)"
GRANTED = "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])"
SHARED = "tenant_id = ANY ((SELECT nullif(current_setting('app.shared', true), '')::int[])::int[])"
TABLES = ("extensions", "calendar_years", "calendar_days")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_tables()
    for name in TABLES:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {name} USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"CREATE POLICY granted ON {name} FOR SELECT USING ({GRANTED})")
        op.execute(f"CREATE POLICY shared ON {name} FOR SELECT USING ({SHARED})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {name} TO xingji_app")
    for sql in TRIGGERS:
        op.execute(sql)
    op.execute(
        f"CREATE POLICY cited ON ledger_entries FOR SELECT USING (subject_type = 'extension' AND {SHARED})"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP POLICY cited ON ledger_entries")
    for name in reversed(TABLES):
        op.execute(f"DROP TRIGGER xingji_kept ON public.{name}")
        op.execute(f"DROP TRIGGER xingji_recorded ON public.{name}")
        op.execute(f"DROP FUNCTION public.xingji_audit_{name}()")
        op.execute(f"DROP FUNCTION public.xingji_digest_{name}(public.{name})")
        op.drop_table(name)


def create_tables() -> None:
    op.create_table(
        "extensions",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), comment="NULL: every level"),
        sa.Column("stage", sa.Text(), nullable=False, comment="the window that it extends"),
        sa.Column("beneficiary_tenant_id", sa.Integer(), comment="NULL: every county, and the city's lists"),
        sa.Column("community_id", sa.Uuid(), comment="of the beneficiary; NULL: every community"),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False, comment="exclusive"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False, comment="a person's pseudonym"),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), comment="another person"),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), comment="NULL: it admits nobody"),
        sa.Column("declined_by", sa.Uuid()),
        sa.Column("declined_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_extensions"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "campaign_id"],
            ["campaigns.tenant_id", "campaigns.id"],
            name="fk_extensions_tenant_id_campaign_id",
        ),
        sa.CheckConstraint("level IN ('provincial', 'star')", name="ck_extensions_level"),
        sa.CheckConstraint("confirmed_by <> proposed_by", name="ck_extensions_two_persons"),
    )
    op.create_index(
        "ix_extensions_tenant_id_campaign_id_stage", "extensions", ["tenant_id", "campaign_id", "stage"]
    )
    op.create_table(
        "calendar_years",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "document_number", sa.Text(), nullable=False, comment="of the arrangements that were set last"
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False, comment="the year is arranged by the document"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="grows by one with every act"),
        sa.Column("set_by", sa.Uuid(), nullable=False, comment="a person's pseudonym"),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_calendar_years"),
        sa.UniqueConstraint("tenant_id", "year", name="uq_calendar_years_tenant_id_year"),
    )
    op.create_table(
        "calendar_days",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("working", sa.Boolean(), comment="NULL: as published again"),
        sa.Column("name", sa.Text(), nullable=False, comment="what the day is called"),
        sa.Column("set_by", sa.Uuid(), nullable=False, comment="a person's pseudonym"),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "day", name="pk_calendar_days"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "year"],
            ["calendar_years.tenant_id", "calendar_years.year"],
            name="fk_calendar_days_tenant_id_year",
        ),
    )


TRIGGERS = (
    r"""CREATE FUNCTION public.xingji_digest_extensions(r public.extensions) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 extensions 1' || E'\n'
    || coalesce('beneficiary_tenant_id:int ' || octet_length(r.beneficiary_tenant_id::text) || ' ' || r.beneficiary_tenant_id::text || E'\n', '')
    || coalesce('campaign_id:uuid 36 ' || r.campaign_id::text || E'\n', '')
    || coalesce('closes_at:time 27 ' || CASE WHEN r.closes_at >= '0001-01-01 00:00:00+00' AND r.closes_at < '10000-01-01 00:00:00+00' THEN to_char(r.closes_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.closes_at::text END || E'\n', '')
    || coalesce('community_id:uuid 36 ' || r.community_id::text || E'\n', '')
    || coalesce('confirmed_at:time 27 ' || CASE WHEN r.confirmed_at >= '0001-01-01 00:00:00+00' AND r.confirmed_at < '10000-01-01 00:00:00+00' THEN to_char(r.confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.confirmed_at::text END || E'\n', '')
    || coalesce('confirmed_by:uuid 36 ' || r.confirmed_by::text || E'\n', '')
    || coalesce('declined_at:time 27 ' || CASE WHEN r.declined_at >= '0001-01-01 00:00:00+00' AND r.declined_at < '10000-01-01 00:00:00+00' THEN to_char(r.declined_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.declined_at::text END || E'\n', '')
    || coalesce('declined_by:uuid 36 ' || r.declined_by::text || E'\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\n', '')
    || coalesce('proposed_at:time 27 ' || CASE WHEN r.proposed_at >= '0001-01-01 00:00:00+00' AND r.proposed_at < '10000-01-01 00:00:00+00' THEN to_char(r.proposed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.proposed_at::text END || E'\n', '')
    || coalesce('proposed_by:uuid 36 ' || r.proposed_by::text || E'\n', '')
    || coalesce('reason:text ' || octet_length(r.reason::text) || ' ' || r.reason::text || E'\n', '')
    || coalesce('stage:text ' || octet_length(r.stage::text) || ' ' || r.stage::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', ''), 'UTF8'))
$xingji$""",
    r"""CREATE FUNCTION public.xingji_audit_extensions() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table extensions is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row extensions/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row extensions/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_extensions(r) FROM public.extensions r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'extensions' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row extensions/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    r"""CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.extensions
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_extensions()""",
    r"""CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.extensions
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_extensions()""",
    r"""CREATE FUNCTION public.xingji_digest_calendar_years(r public.calendar_years) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 calendar_years 1' || E'\n'
    || coalesce('complete:bool ' || octet_length(r.complete::text) || ' ' || r.complete::text || E'\n', '')
    || coalesce('document_number:text ' || octet_length(r.document_number::text) || ' ' || r.document_number::text || E'\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\n', '')
    || coalesce('reason:text ' || octet_length(r.reason::text) || ' ' || r.reason::text || E'\n', '')
    || coalesce('revision:int ' || octet_length(r.revision::text) || ' ' || r.revision::text || E'\n', '')
    || coalesce('set_at:time 27 ' || CASE WHEN r.set_at >= '0001-01-01 00:00:00+00' AND r.set_at < '10000-01-01 00:00:00+00' THEN to_char(r.set_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.set_at::text END || E'\n', '')
    || coalesce('set_by:uuid 36 ' || r.set_by::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', '')
    || coalesce('title:text ' || octet_length(r.title::text) || ' ' || r.title::text || E'\n', '')
    || coalesce('year:int ' || octet_length(r.year::text) || ' ' || r.year::text || E'\n', ''), 'UTF8'))
$xingji$""",
    r"""CREATE FUNCTION public.xingji_audit_calendar_years() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table calendar_years is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row calendar_years/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row calendar_years/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_calendar_years(r) FROM public.calendar_years r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'calendar_years' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row calendar_years/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    r"""CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.calendar_years
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_calendar_years()""",
    r"""CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.calendar_years
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_calendar_years()""",
    r"""CREATE FUNCTION public.xingji_digest_calendar_days(r public.calendar_days) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 calendar_days 1' || E'\n'
    || coalesce('day:date 10 ' || CASE WHEN r.day BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.day::timestamp, 'YYYY-MM-DD') ELSE r.day::text END || E'\n', '')
    || coalesce('name:text ' || octet_length(r.name::text) || ' ' || r.name::text || E'\n', '')
    || coalesce('set_at:time 27 ' || CASE WHEN r.set_at >= '0001-01-01 00:00:00+00' AND r.set_at < '10000-01-01 00:00:00+00' THEN to_char(r.set_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.set_at::text END || E'\n', '')
    || coalesce('set_by:uuid 36 ' || r.set_by::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', '')
    || coalesce('working:bool ' || octet_length(r.working::text) || ' ' || r.working::text || E'\n', '')
    || coalesce('year:int ' || octet_length(r.year::text) || ' ' || r.year::text || E'\n', ''), 'UTF8'))
$xingji$""",
    r"""CREATE FUNCTION public.xingji_audit_calendar_days() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table calendar_days is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row calendar_days/% is never deleted', CASE WHEN OLD.day BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(OLD.day::timestamp, 'YYYY-MM-DD') ELSE OLD.day::text END USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.day <> NEW.day) THEN
    RAISE EXCEPTION 'audited row calendar_days/% never changes its key', CASE WHEN OLD.day BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(OLD.day::timestamp, 'YYYY-MM-DD') ELSE OLD.day::text END USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_calendar_days(r) FROM public.calendar_days r WHERE r.tenant_id = NEW.tenant_id AND r.day = NEW.day)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'calendar_days' AND l.row_key = CASE WHEN NEW.day BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(NEW.day::timestamp, 'YYYY-MM-DD') ELSE NEW.day::text END
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row calendar_days/% has no entry with its digest', CASE WHEN NEW.day BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(NEW.day::timestamp, 'YYYY-MM-DD') ELSE NEW.day::text END USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    r"""CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.calendar_days
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_calendar_days()""",
    r"""CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.calendar_days
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_calendar_days()""",
)
