"""What PostgreSQL itself enforces: no audited row changes without an entry that carries its digest.

For each audited table, from its metadata: a function that computes the digest of `audit.rows` in SQL, and a
trigger function behind two triggers. `xingji_recorded` is a deferred constraint trigger: at commit it reads
the changed row again by its key and compares its digest with the latest record of that very table and key,
so going back to an older state is refused too, and several changes of one row in a transaction need one
record. Neither seen is a refusal too: bound to another tenant at commit, both would be hidden.
`xingji_kept` refuses TRUNCATE. Deleting an audited row, or changing its key, is refused.

    XJ001  the row has no entry with its digest
    XJ002  an audited row is never deleted and never changes its key

Migrations hold this text as it is; `find_drift` compares a database with it. It works under row-level
security: the writing transaction is bound to the tenant. It is no proof against a superuser, who can switch
triggers off: that is what verification is for.
"""

from collections.abc import Iterable

from sqlalchemy import Table

from audit.rows import TENANT, DigestColumn, digest_columns, header, key_columns
from audit.statements import Connection

UNRECORDED = "XJ001"
KEPT = "XJ002"

_FIXED_LENGTH = {"uuid": "36", "date": "10", "time": "27"}

_FUNCTION = """\
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table {table} is never truncated' USING ERRCODE = '{kept}';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row {table}/% is never deleted', {key_old} USING ERRCODE = '{kept}';
  END IF;
  IF TG_OP = 'UPDATE' AND ({changed}) THEN
    RAISE EXCEPTION 'audited row {table}/% never changes its key', {key_old} USING ERRCODE = '{kept}';
  END IF;
  IF ((SELECT {schema}.{digest}(r) FROM {schema}.{table} r WHERE {where})
     =
     (SELECT l.digest FROM {schema}.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = '{table}' AND l.row_key = {key_new}
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row {table}/% has no entry with its digest', {key_new} USING ERRCODE = '{unrecorded}';
  END IF;
  RETURN NULL;
END
"""


def digest_expression_sql(table: Table, alias: str) -> str:
    """The digest of the row named `alias`, as an SQL expression of type bytea."""
    parts = [_line_sql(column, f"{alias}.{column.name}") for column in digest_columns(table)]
    text = "\n    || ".join([f"'{header(table)[:-1]}' || E'\\n'", *parts])
    return f"sha256(convert_to(\n    {text}, 'UTF8'))"


def row_key_sql(table: Table, alias: str) -> str:
    """The key of the row named `alias`, as an SQL expression of type text."""
    return " || '/' || ".join(column.sql.format(f"{alias}.{column.name}") for column in key_columns(table))


def audit_trigger_sql(table: Table) -> tuple[str, ...]:
    """The statements that put an audited table under the ledger, in order; each creates one object."""
    schema, name = _schema(table), table.name
    trigger_function = f"{schema}.{_trigger_function(table)}()"
    return (
        f"CREATE FUNCTION {schema}.{_digest_function(table)}(r {schema}.{name}) RETURNS bytea\n"
        f"LANGUAGE sql STABLE AS $xingji${_digest_body(table)}$xingji$",
        f"CREATE FUNCTION {trigger_function} RETURNS trigger\n"
        f"LANGUAGE plpgsql AS $xingji$\n{_trigger_body(table)}$xingji$",
        f"CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON {schema}.{name}\n"
        f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {trigger_function}",
        f"CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON {schema}.{name}\n"
        f"FOR EACH STATEMENT EXECUTE FUNCTION {trigger_function}",
    )


def drop_trigger_sql(table: Table) -> tuple[str, ...]:
    """The statements that undo `audit_trigger_sql`, for a migration down or a new digest version."""
    schema, name = _schema(table), table.name
    return (
        f"DROP TRIGGER xingji_kept ON {schema}.{name}",
        f"DROP TRIGGER xingji_recorded ON {schema}.{name}",
        f"DROP FUNCTION {schema}.{_trigger_function(table)}()",
        f"DROP FUNCTION {schema}.{_digest_function(table)}({schema}.{name})",
    )


async def find_drift(conn: Connection, tables: Iterable[Table]) -> tuple[str, ...]:
    """What in the database differs from what the metadata gives;

    empty when nothing. One line a difference.
    """
    drift: list[str] = []
    for table in tables:
        schema, name = _schema(table), table.name
        wanted = {
            _digest_function(table): _digest_body(table),
            _trigger_function(table): f"\n{_trigger_body(table)}",
        }
        for function, body in wanted.items():
            found = await conn.fetch(_FUNCTIONS, schema, function)
            if [record["prosrc"] for record in found] != [body]:
                drift.append(f"function {schema}.{function} is not as the metadata gives it")
        triggers = {
            (record["tgname"], record["definition"], record["tgenabled"])
            for record in await conn.fetch(_TRIGGERS, f"{schema}.{name}")
        }
        call = f"FOR EACH {{}} EXECUTE FUNCTION {_trigger_function(table)}()"
        for trigger, definition in (
            (
                "xingji_recorded",
                f"CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR DELETE OR UPDATE ON {name} "
                f"DEFERRABLE INITIALLY DEFERRED {call.format('ROW')}",
            ),
            (
                "xingji_kept",
                f"CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON {name} {call.format('STATEMENT')}",
            ),
        ):
            if (trigger, definition, b"O") not in triggers:
                drift.append(f"trigger {trigger} on {schema}.{name} is not as the metadata gives it")
    return tuple(drift)


_FUNCTIONS = """\
SELECT p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = $1 AND p.proname = $2"""
_TRIGGERS = """\
SELECT tgname, pg_get_triggerdef(oid, true) AS definition, tgenabled FROM pg_trigger
WHERE tgrelid = $1::text::regclass AND NOT tgisinternal"""


def _line_sql(column: DigestColumn, reference: str) -> str:
    text = column.sql.format(reference)
    length = _FIXED_LENGTH.get(column.type) or f"octet_length({text})"
    shown = f"' || {length} || ' '" if column.type not in _FIXED_LENGTH else f"{length} '"
    return f"coalesce('{column.name}:{column.type} {shown} || {text} || E'\\n', '')"


def _digest_body(table: Table) -> str:
    return f"\nSELECT {digest_expression_sql(table, 'r')}\n"


def _trigger_body(table: Table) -> str:
    keys = [TENANT, *(column.name for column in key_columns(table))]
    return _FUNCTION.format(
        schema=_schema(table),
        table=table.name,
        digest=_digest_function(table),
        key_old=row_key_sql(table, "OLD"),
        key_new=row_key_sql(table, "NEW"),
        changed=" OR ".join(f"OLD.{name} <> NEW.{name}" for name in keys),
        where=" AND ".join(f"r.{name} = NEW.{name}" for name in keys),
        kept=KEPT,
        unrecorded=UNRECORDED,
    )


def _schema(table: Table) -> str:
    return table.schema or "public"


def _digest_function(table: Table) -> str:
    return f"xingji_digest_{table.name}"


def _trigger_function(table: Table) -> str:
    return f"xingji_audit_{table.name}"
