"""Personal values against the commitments under which they are stored.

A table of such values says so by `info={"commitments": True}` and has the columns `commitment` (32 bytes), `field`, `value`
(text), `salt` (32 bytes) and `subject_id`. No entry and no digest holds a value, so a changed one shows only here: it no longer
opens its commitment. One that is gone was erased, which no entry contradicts. Whether a commitment stands in an audited row is
the row digests' part (`audit.online`).
"""

from collections.abc import Iterable

from sqlalchemy import Integer, Table, bindparam, select

from audit.commitment import opens
from audit.statements import Connection, compile_statement
from audit.verdict import RefutedError

PREFETCH = 500


def find_value_tables(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables of personal values beside `tables`, in their metadata, by name."""
    beside = {table.metadata for table in tables}
    found = [table for metadata in beside for table in metadata.tables.values()]
    return tuple(sorted((t for t in found if t.info.get("commitments")), key=lambda table: table.name))


async def check_values(conn: Connection, tenant_id: int, table: Table) -> None:
    """Raise RefutedError for the first of the tenant's values that does not open its commitment."""
    columns = table.c
    reading = compile_statement(
        select(columns.commitment, columns.field, columns.value, columns.salt, columns.subject_id)
        .where(columns.tenant_id == bindparam("tenant_id", type_=Integer))
        .order_by(columns.commitment)
    )
    async for row in conn.cursor(reading.text, *reading.arguments(tenant_id=tenant_id), prefetch=PREFETCH):
        if not _holds(row["commitment"], row["field"], row["value"], row["salt"]):
            raise RefutedError("value_changed", field=row["field"], subject=row["subject_id"])


def _holds(commitment: bytes, field: str, value: str, salt: bytes) -> bool:
    try:
        return opens(commitment, field, value.encode(), salt)
    except ValueError:
        return False
