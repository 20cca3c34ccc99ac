"""Tiles and checkpoints of each log, and who may read it.

Revision ID: 20261127_tiles
Revises: 20261126_annual_reviews

Literal on purpose, as the revisions before. Tiles and checkpoints are made of what is there: nothing is filled in here.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_tiles"
down_revision = "20261126_annual_reviews"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
GRANTED = "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])"
GRANTS = {
    "ledger_tiles": "SELECT, INSERT",
    "ledger_checkpoints": "SELECT, INSERT",
    "ledger_readings": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_tables()
    for name, privileges in GRANTS.items():
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {name} USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"CREATE POLICY granted ON {name} FOR SELECT USING ({GRANTED})")
        op.execute(f"GRANT {privileges} ON {name} TO xingji_app")
    for statement in GUARDS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER xingji_kept ON ledger_readings")
    op.execute("DROP TRIGGER xingji_recorded ON ledger_readings")
    op.execute("DROP FUNCTION xingji_audit_ledger_readings()")
    op.execute("DROP FUNCTION xingji_digest_ledger_readings(ledger_readings)")
    for name in reversed(GRANTS):
        op.drop_table(name)


def create_tables() -> None:
    op.create_table(
        "ledger_tiles",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("tile", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False, comment="of a full tile, 256 of 32 bytes"),
        sa.Column(
            "root", sa.LargeBinary(), nullable=False, comment="over the tile: its hash in the level above"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "level", "tile", name="pk_ledger_tiles"),
        sa.CheckConstraint("octet_length(hashes) = 8192", name="ck_ledger_tiles_hashes"),
        sa.CheckConstraint("octet_length(root) = 32", name="ck_ledger_tiles_root"),
    )
    op.create_table(
        "ledger_checkpoints",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False, comment="over that many entries, 32 bytes"),
        sa.Column(
            "note",
            sa.Text(),
            nullable=False,
            comment="the signed checkpoint as published, with its cosignatures",
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "size", name="pk_ledger_checkpoints"),
        sa.CheckConstraint("octet_length(root) = 32", name="ck_ledger_checkpoints_root"),
    )
    op.create_table(
        "ledger_readings",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "reading",
            sa.Text(),
            nullable=False,
            comment="who may read the tenant's log (tenancy/log_reading.py)",
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="grows by one with every act"),
        sa.Column("set_by", sa.Uuid(), nullable=False, comment="a person's pseudonym"),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reading IN ('public', 'granted', 'own')", name=("ck_ledger_readings_reading")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=("pk_ledger_readings")),
        sa.UniqueConstraint("tenant_id", name=("uq_ledger_readings_tenant_id")),
    )


GUARDS = (
    """CREATE FUNCTION public.xingji_digest_ledger_readings(r public.ledger_readings) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 ledger_readings 1' || E'\\n'
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('reading:text ' || octet_length(r.reading::text) || ' ' || r.reading::text || E'\\n', '')
    || coalesce('reason:text ' || octet_length(r.reason::text) || ' ' || r.reason::text || E'\\n', '')
    || coalesce('revision:int ' || octet_length(r.revision::text) || ' ' || r.revision::text || E'\\n', '')
    || coalesce('set_at:time 27 ' || CASE WHEN r.set_at >= '0001-01-01 00:00:00+00' AND r.set_at < '10000-01-01 00:00:00+00' THEN to_char(r.set_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.set_at::text END || E'\\n', '')
    || coalesce('set_by:uuid 36 ' || r.set_by::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_ledger_readings() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table ledger_readings is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row ledger_readings/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row ledger_readings/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_ledger_readings(r) FROM public.ledger_readings r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'ledger_readings' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row ledger_readings/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.ledger_readings
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_ledger_readings()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.ledger_readings
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_ledger_readings()""",
)
