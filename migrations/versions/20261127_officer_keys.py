"""Officers' keys, which acts need one, and the key in force of each log.

Revision ID: 20261127_officer_keys
Revises: 20261127_tiles

Literal on purpose, as the revisions before. Until now every log has signed with the key of its opening.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_officer_keys"
down_revision = "20261127_tiles"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
GRANTED = "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])"
TABLES = ("officer_keys", "signing_policies")
# The owner is under row-level security too, and no one tenant is meant here.
LEDGER = ("ledger_heads", "ledger_entries")
FILL = r"""
UPDATE ledger_heads h SET key_id = substring(e.leaf from '"server_sig":\{"key":"([0-9a-f]{8})"')
FROM ledger_entries e WHERE e.tenant_id = h.tenant_id AND e.seq = 0"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "ledger_heads", sa.Column("key_id", sa.Text, comment="key hash of the key that signs the next entry")
    )
    asks = "operations of the signing policy, ascending, with a blank between"
    op.add_column("ledger_heads", sa.Column("asks", sa.Text, nullable=False, server_default="", comment=asks))
    for name in LEDGER:
        op.execute(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
    op.execute(FILL)
    for name in LEDGER:
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.alter_column("ledger_heads", "key_id", nullable=False)
    op.execute("GRANT UPDATE (key_id, asks) ON ledger_heads TO xingji_app")
    create_tables()
    for name in TABLES:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {name} USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"CREATE POLICY granted ON {name} FOR SELECT USING ({GRANTED})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {name} TO xingji_app")
    for statement in GUARDS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in TABLES:
        op.execute(f"DROP TRIGGER xingji_kept ON {name}")
        op.execute(f"DROP TRIGGER xingji_recorded ON {name}")
        op.execute(f"DROP FUNCTION xingji_audit_{name}()")
        op.execute(f"DROP FUNCTION xingji_digest_{name}({name})")
    for name in reversed(TABLES):
        op.drop_table(name)
    op.drop_column("ledger_heads", "asks")
    op.drop_column("ledger_heads", "key_id")


def create_tables() -> None:
    op.execute(
        """
CREATE TABLE officer_keys (
    tenant_id INTEGER NOT NULL,
    id UUID NOT NULL,
    key TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    home_tenant_id INTEGER NOT NULL,
    person_id UUID NOT NULL,
    enrolled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    vouched_by UUID,
    vouched_at TIMESTAMP WITH TIME ZONE,
    certified_by UUID,
    certified_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_by TEXT,
    end_reason TEXT,
    CONSTRAINT pk_officer_keys PRIMARY KEY (tenant_id, id),
    CONSTRAINT ck_officer_keys_public_key CHECK (octet_length(public_key) = 32),
    CONSTRAINT ck_officer_keys_ended_by CHECK (ended_by IN ('rotated', 'revoked', 'withdrawn')),
    CONSTRAINT uq_officer_keys_tenant_id_key UNIQUE (tenant_id, key)
)
"""
    )
    op.execute(
        "CREATE INDEX ix_officer_keys_tenant_id_person_id_id ON officer_keys (tenant_id, person_id, id)"
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_officer_keys_in_force ON officer_keys (tenant_id, home_tenant_id, person_id) WHERE certified_at IS NOT NULL AND ended_at IS NULL"
    )
    op.execute("COMMENT ON COLUMN officer_keys.id IS 'derived from the key'")
    op.execute("COMMENT ON COLUMN officer_keys.key IS 'SHA-256 of the public key, in hex'")
    op.execute("COMMENT ON COLUMN officer_keys.home_tenant_id IS 'whose officer'")
    op.execute("COMMENT ON COLUMN officer_keys.certified_at IS 'in force since'")
    op.execute("COMMENT ON COLUMN officer_keys.ended_by IS 'what ended it'")
    op.execute(
        """
CREATE TABLE signing_policies (
    tenant_id INTEGER NOT NULL,
    id UUID NOT NULL,
    number INTEGER NOT NULL,
    operations TEXT NOT NULL,
    proposed_by UUID NOT NULL,
    proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    set_by UUID,
    set_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_signing_policies PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_signing_policies_tenant_id_number UNIQUE (tenant_id, number)
)
"""
    )
    op.execute(
        "CREATE INDEX ix_signing_policies_tenant_id_proposed_at_id ON signing_policies (tenant_id, proposed_at, id)"
    )
    op.execute("COMMENT ON COLUMN signing_policies.number IS 'of the tenant''s policies, from 1'")
    op.execute("COMMENT ON COLUMN signing_policies.operations IS 'ascending, with a blank between'")
    op.execute("COMMENT ON COLUMN signing_policies.set_at IS 'in force since, until the next'")


GUARDS = [
    r"""CREATE FUNCTION public.xingji_digest_officer_keys(r public.officer_keys) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 officer_keys 1' || E'\n'
    || coalesce('certified_at:time 27 ' || CASE WHEN r.certified_at >= '0001-01-01 00:00:00+00' AND r.certified_at < '10000-01-01 00:00:00+00' THEN to_char(r.certified_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.certified_at::text END || E'\n', '')
    || coalesce('certified_by:uuid 36 ' || r.certified_by::text || E'\n', '')
    || coalesce('end_reason:text ' || octet_length(r.end_reason::text) || ' ' || r.end_reason::text || E'\n', '')
    || coalesce('ended_at:time 27 ' || CASE WHEN r.ended_at >= '0001-01-01 00:00:00+00' AND r.ended_at < '10000-01-01 00:00:00+00' THEN to_char(r.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.ended_at::text END || E'\n', '')
    || coalesce('ended_by:text ' || octet_length(r.ended_by::text) || ' ' || r.ended_by::text || E'\n', '')
    || coalesce('enrolled_at:time 27 ' || CASE WHEN r.enrolled_at >= '0001-01-01 00:00:00+00' AND r.enrolled_at < '10000-01-01 00:00:00+00' THEN to_char(r.enrolled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.enrolled_at::text END || E'\n', '')
    || coalesce('home_tenant_id:int ' || octet_length(r.home_tenant_id::text) || ' ' || r.home_tenant_id::text || E'\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\n', '')
    || coalesce('key:text ' || octet_length(r.key::text) || ' ' || r.key::text || E'\n', '')
    || coalesce('person_id:uuid 36 ' || r.person_id::text || E'\n', '')
    || coalesce('public_key:bytes ' || octet_length(encode(r.public_key, 'hex')) || ' ' || encode(r.public_key, 'hex') || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', '')
    || coalesce('vouched_at:time 27 ' || CASE WHEN r.vouched_at >= '0001-01-01 00:00:00+00' AND r.vouched_at < '10000-01-01 00:00:00+00' THEN to_char(r.vouched_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.vouched_at::text END || E'\n', '')
    || coalesce('vouched_by:uuid 36 ' || r.vouched_by::text || E'\n', ''), 'UTF8'))
$xingji$""",
    r"""CREATE FUNCTION public.xingji_audit_officer_keys() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table officer_keys is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row officer_keys/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row officer_keys/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_officer_keys(r) FROM public.officer_keys r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'officer_keys' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row officer_keys/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    r"""CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.officer_keys
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_officer_keys()""",
    r"""CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.officer_keys
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_officer_keys()""",
    r"""CREATE FUNCTION public.xingji_digest_signing_policies(r public.signing_policies) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 signing_policies 1' || E'\n'
    || coalesce('id:uuid 36 ' || r.id::text || E'\n', '')
    || coalesce('number:int ' || octet_length(r.number::text) || ' ' || r.number::text || E'\n', '')
    || coalesce('operations:text ' || octet_length(r.operations::text) || ' ' || r.operations::text || E'\n', '')
    || coalesce('proposed_at:time 27 ' || CASE WHEN r.proposed_at >= '0001-01-01 00:00:00+00' AND r.proposed_at < '10000-01-01 00:00:00+00' THEN to_char(r.proposed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.proposed_at::text END || E'\n', '')
    || coalesce('proposed_by:uuid 36 ' || r.proposed_by::text || E'\n', '')
    || coalesce('set_at:time 27 ' || CASE WHEN r.set_at >= '0001-01-01 00:00:00+00' AND r.set_at < '10000-01-01 00:00:00+00' THEN to_char(r.set_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.set_at::text END || E'\n', '')
    || coalesce('set_by:uuid 36 ' || r.set_by::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', ''), 'UTF8'))
$xingji$""",
    r"""CREATE FUNCTION public.xingji_audit_signing_policies() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table signing_policies is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row signing_policies/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row signing_policies/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_signing_policies(r) FROM public.signing_policies r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'signing_policies' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row signing_policies/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    r"""CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.signing_policies
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_signing_policies()""",
    r"""CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.signing_policies
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_signing_policies()""",
]
