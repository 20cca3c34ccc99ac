"""Writing a tenant's audited rows to a file (`audit.rowfile`), as the database has them in one snapshot.

It holds what enters the digests and nothing else: no personal value, no secret, only their commitments. The rows are copied as they
are, right or wrong: judging them is `audit.rowcheck`'s. The caller's transaction is bound to the tenant and has read nothing yet.
"""

from collections.abc import Sequence
from typing import IO

from sqlalchemy import Integer, Table, Text, bindparam, literal_column, select
from sqlalchemy.sql import ClauseElement

from audit.ledger import get_head
from audit.rowfile import RowsHeader, TextRow, format_header, format_row
from audit.rows import TENANT, digest_columns, digest_version
from audit.statements import Connection, Statement, compile_statement
from audit.triggers import row_key_sql

PREFETCH = 500


async def export_rows(conn: Connection, tenant_id: int, tables: Sequence[Table], file: IO[bytes]) -> int:
    """Write the rows of `tables`; returns how many. Raises LedgerMissingError."""
    await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    head = await get_head(conn, tenant_id)
    listed = sorted(tables, key=lambda table: table.name)
    file.write(format_header(RowsHeader(head.origin, head.size, tuple(str(table.name) for table in listed))))
    count = 0
    for table in listed:
        columns, reading = digest_columns(table), _reading(table)
        async for record in conn.cursor(
            reading.text, *reading.arguments(tenant_id=tenant_id), prefetch=PREFETCH
        ):
            texts = ((column, record[f"c{n}"]) for n, column in enumerate(columns))
            said = tuple((str(column.name), column.type, text) for column, text in texts if text is not None)
            file.write(format_row(TextRow(str(table.name), record["present"], digest_version(table), said)))
            count += 1
    return count


def _reading(table: Table) -> Statement:
    texts: list[ClauseElement] = [
        literal_column(column.sql.format(f"{table.name}.{column.name}"), Text).label(f"c{n}")
        for n, column in enumerate(digest_columns(table))
    ]
    key = literal_column(row_key_sql(table, table.name), Text)
    return compile_statement(
        select(key.label("present"), *texts)
        .where(table.c[TENANT] == bindparam("tenant_id", type_=Integer))
        .order_by(key.collate("C"))
    )
