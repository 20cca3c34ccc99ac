"""Objections of the public, corrections of a publicity, counters of strangers' tries; and who reads without signing in.

Revision ID: 20261125_objections
Revises: 20261125_legacy_and_changes

The policy `public` opens to everybody the lists that are put up, and what is needed to read them. A new setting, `app.public`,
names the tenants; absent, it opens nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_objections"
down_revision = "20261125_legacy_and_changes"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
PUBLIC = "tenant_id = ANY ((SELECT nullif(current_setting('app.public', true), '')::int[])::int[])"
READERS = {
    "granted": "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])",
    "shared": "tenant_id = ANY ((SELECT nullif(current_setting('app.shared', true), '')::int[])::int[])",
    "public": PUBLIC,
}
OPENED = {
    "campaigns": PUBLIC,
    "campaign_levels": PUBLIC,
    "calendar_years": PUBLIC,
    "calendar_days": PUBLIC,
    "rosters": f"{PUBLIC} AND kind IN ('publicity', 'decision')",
    "roster_items": (
        f"{PUBLIC} AND EXISTS (SELECT FROM rosters r WHERE r.tenant_id = roster_items.tenant_id"
        " AND r.id = roster_items.roster_id AND r.kind IN ('publicity', 'decision'))"
    ),
}
MADE = {
    "publicity_corrections": (("granted", "shared", "public"), "SELECT, INSERT, UPDATE"),
    "objections": (("granted", "shared", "public"), "SELECT, INSERT, UPDATE"),
    "throttles": ((), "SELECT, INSERT, UPDATE, DELETE"),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_tables()
    for name, (readers, privileges) in MADE.items():
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {name} USING ({OWN}) WITH CHECK ({OWN})")
        for reader in readers:
            op.execute(f"CREATE POLICY {reader} ON {name} FOR SELECT USING ({READERS[reader]})")
        op.execute(f"GRANT {privileges} ON {name} TO xingji_app")
    for name, condition in OPENED.items():
        op.execute(f"CREATE POLICY public ON {name} FOR SELECT USING ({condition})")
    for statements in TRIGGERS.values():
        for statement in statements:
            op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in OPENED:
        op.execute(f"DROP POLICY public ON {name}")
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER xingji_kept ON {name}")
        op.execute(f"DROP TRIGGER xingji_recorded ON {name}")
        op.execute(f"DROP FUNCTION public.xingji_audit_{name}()")
        op.execute(f"DROP FUNCTION public.xingji_digest_{name}(public.{name})")
    for name in MADE:
        op.drop_table(name)


def create_tables() -> None:
    op.create_table(
        "publicity_corrections",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roster_id", sa.Uuid(), nullable=False, comment="the publicity"),
        sa.Column("position", sa.Integer(), nullable=False, comment="of the item"),
        sa.Column("community_name", sa.Text(), nullable=False, comment="as it should read"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "corrected_on", sa.Date(), nullable=False, comment="the day on which the item's count begins anew"
        ),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "number",
            sa.Integer(),
            nullable=False,
            comment="of the publicity's corrections, from 1 in their order",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "roster_id", "position"],
            ["roster_items.tenant_id", "roster_items.roster_id", "roster_items.position"],
            name="fk_publicity_corrections_tenant_id_roster_id_position",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_publicity_corrections"),
        sa.UniqueConstraint(
            "tenant_id", "roster_id", "number", name="uq_publicity_corrections_tenant_id_roster_id_number"
        ),
    )
    op.create_index(
        "ix_publicity_corrections_tenant_id_roster_id_position",
        "publicity_corrections",
        ["tenant_id", "roster_id", "position"],
        unique=False,
    )
    op.create_table(
        "objections",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roster_id", sa.Uuid(), nullable=False, comment="the publicity"),
        sa.Column("position", sa.Integer(), nullable=False, comment="of the item that it is against"),
        sa.Column("application_tenant_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "code_digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the follow code, 32 bytes"
        ),
        sa.Column(
            "text_commitment",
            sa.LargeBinary(),
            nullable=False,
            comment="salted; the text is in personal_values",
        ),
        sa.Column(
            "name_commitment",
            sa.LargeBinary(),
            nullable=True,
            comment="of the objector's name; NULL: anonymous",
        ),
        sa.Column(
            "contact_commitment", sa.LargeBinary(), nullable=True, comment="how the objector can be reached"
        ),
        sa.Column(
            "reason_commitment",
            sa.LargeBinary(),
            nullable=True,
            comment="of the city's own reasons, which may name persons",
        ),
        sa.Column(
            "public_reason", sa.Text(), nullable=True, comment="the city's reasons as everybody may read them"
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "accepted_at", sa.DateTime(timezone=True), nullable=True, comment="when the investigation began"
        ),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "status IN ('received', 'accepted', 'upheld', 'dismissed')", name="ck_objections_status"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "roster_id", "position"],
            ["roster_items.tenant_id", "roster_items.roster_id", "roster_items.position"],
            name="fk_objections_tenant_id_roster_id_position",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_objections"),
        sa.UniqueConstraint("tenant_id", "code_digest", name="uq_objections_tenant_id_code_digest"),
    )
    op.create_index(
        "ix_objections_tenant_id_application_tenant_id_application_id",
        "objections",
        ["tenant_id", "application_tenant_id", "application_id"],
        unique=False,
    )
    op.create_index(
        "ix_objections_tenant_id_received_at_id",
        "objections",
        ["tenant_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_objections_tenant_id_roster_id_position",
        "objections",
        ["tenant_id", "roster_id", "position"],
        unique=False,
    )
    op.create_table(
        "throttles",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column(
            "key", sa.LargeBinary(), nullable=False, comment="HMAC-SHA-256 of address and purpose, 32 bytes"
        ),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_throttles"),
    )
    op.create_index(
        "ix_throttles_tenant_id_window_start", "throttles", ["tenant_id", "window_start"], unique=False
    )


TRIGGERS = {
    "publicity_corrections": (
        r"""CREATE FUNCTION public.xingji_digest_publicity_corrections(r public.publicity_corrections) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 publicity_corrections 1' || E'\n'
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\n', '')
    || coalesce('community_name:text ' || octet_length(r.community_name::text) || ' ' || r.community_name::text || E'\n', '')
    || coalesce('corrected_on:date 10 ' || CASE WHEN r.corrected_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.corrected_on::timestamp, 'YYYY-MM-DD') ELSE r.corrected_on::text END || E'\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\n', '')
    || coalesce('number:int ' || octet_length(r.number::text) || ' ' || r.number::text || E'\n', '')
    || coalesce('position:int ' || octet_length(r.position::text) || ' ' || r.position::text || E'\n', '')
    || coalesce('reason:text ' || octet_length(r.reason::text) || ' ' || r.reason::text || E'\n', '')
    || coalesce('roster_id:uuid 36 ' || r.roster_id::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', ''), 'UTF8'))
$xingji$""",
        r"""CREATE FUNCTION public.xingji_audit_publicity_corrections() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table publicity_corrections is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row publicity_corrections/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row publicity_corrections/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_publicity_corrections(r) FROM public.publicity_corrections r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'publicity_corrections' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row publicity_corrections/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
        r"""CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.publicity_corrections
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_publicity_corrections()""",
        r"""CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.publicity_corrections
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_publicity_corrections()""",
    ),
    "objections": (
        r"""CREATE FUNCTION public.xingji_digest_objections(r public.objections) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 objections 1' || E'\n'
    || coalesce('accepted_at:time 27 ' || CASE WHEN r.accepted_at >= '0001-01-01 00:00:00+00' AND r.accepted_at < '10000-01-01 00:00:00+00' THEN to_char(r.accepted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.accepted_at::text END || E'\n', '')
    || coalesce('accepted_by:uuid 36 ' || r.accepted_by::text || E'\n', '')
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\n', '')
    || coalesce('application_tenant_id:int ' || octet_length(r.application_tenant_id::text) || ' ' || r.application_tenant_id::text || E'\n', '')
    || coalesce('code_digest:bytes ' || octet_length(encode(r.code_digest, 'hex')) || ' ' || encode(r.code_digest, 'hex') || E'\n', '')
    || coalesce('contact_commitment:bytes ' || octet_length(encode(r.contact_commitment, 'hex')) || ' ' || encode(r.contact_commitment, 'hex') || E'\n', '')
    || coalesce('decided_at:time 27 ' || CASE WHEN r.decided_at >= '0001-01-01 00:00:00+00' AND r.decided_at < '10000-01-01 00:00:00+00' THEN to_char(r.decided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.decided_at::text END || E'\n', '')
    || coalesce('decided_by:uuid 36 ' || r.decided_by::text || E'\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\n', '')
    || coalesce('name_commitment:bytes ' || octet_length(encode(r.name_commitment, 'hex')) || ' ' || encode(r.name_commitment, 'hex') || E'\n', '')
    || coalesce('position:int ' || octet_length(r.position::text) || ' ' || r.position::text || E'\n', '')
    || coalesce('public_reason:text ' || octet_length(r.public_reason::text) || ' ' || r.public_reason::text || E'\n', '')
    || coalesce('reason_commitment:bytes ' || octet_length(encode(r.reason_commitment, 'hex')) || ' ' || encode(r.reason_commitment, 'hex') || E'\n', '')
    || coalesce('received_at:time 27 ' || CASE WHEN r.received_at >= '0001-01-01 00:00:00+00' AND r.received_at < '10000-01-01 00:00:00+00' THEN to_char(r.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.received_at::text END || E'\n', '')
    || coalesce('roster_id:uuid 36 ' || r.roster_id::text || E'\n', '')
    || coalesce('status:text ' || octet_length(r.status::text) || ' ' || r.status::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', '')
    || coalesce('text_commitment:bytes ' || octet_length(encode(r.text_commitment, 'hex')) || ' ' || encode(r.text_commitment, 'hex') || E'\n', ''), 'UTF8'))
$xingji$""",
        r"""CREATE FUNCTION public.xingji_audit_objections() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table objections is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row objections/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row objections/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_objections(r) FROM public.objections r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'objections' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row objections/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
        r"""CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.objections
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_objections()""",
        r"""CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.objections
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_objections()""",
    ),
}
