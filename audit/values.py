"""Personal values against the commitments under which they are stored, and the rows that commit to them.

Values lie sealed beside the database's other rows, and what opens them is the caller's: `ReadValues` streams what is
stored, opened, in the order of the commitments. No entry and no digest holds a value, so a changed one shows only here: it no
longer opens, or not its commitment. Columns say which commit to a value (`info["personal"]`, the value's field): what a row commits
to and is gone was erased if an entry says so (`audit.erasure`), and was taken away behind the ledger's back if none does. What an
entry erased does not come back. Whether a commitment in a row is the recorded one is the row digests' part (`audit.online`).
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy import Integer, Table, Text, bindparam, literal_column, select, union_all

from audit.commitment import opens
from audit.rows import TENANT
from audit.statements import Connection, Statement, compile_statement
from audit.triggers import row_key_sql
from audit.verdict import RefutedError

Stored: TypeAlias = tuple[bytes, str, UUID, tuple[bytes, bytes] | None]
"""Commitment (32 bytes), field, subject, and (value, salt), or None for what does not open."""

ReadValues: TypeAlias = Callable[[Connection, int], AsyncIterator[Stored]]
"""Every personal value of a tenant, by commitment."""
PERSONAL: Final = "personal"
PREFETCH: Final = 500


async def check_values(
    conn: Connection, tenant_id: int, read: ReadValues, tables: Sequence[Table], erased: Mapping[bytes, int]
) -> None:
    """Raise RefutedError for the first value that does not open, or not its commitment, that is missing, or back.

    `erased` are the commitments that entries say were erased, each with the entry's sequence.
    """
    committed = _Committed(conn, tenant_id, tables, erased)
    async for commitment, field, subject, opened in read(conn, tenant_id):
        await committed.check_before(commitment)
        if commitment in erased:
            raise RefutedError("value_returned", erased[commitment], field=field, subject=subject)
        if opened is None:
            raise RefutedError("value_unopenable", field=field, subject=subject)
        if not _holds(commitment, field, *opened):
            raise RefutedError("value_changed", field=field, subject=subject)
    await committed.check_before(None)


class _Committed:
    """What the rows commit to, by commitment, beside the values that are read in the same order."""

    def __init__(
        self, conn: Connection, tenant_id: int, tables: Sequence[Table], erased: Mapping[bytes, int]
    ) -> None:
        self._rows = _stream(conn, tenant_id, tables)
        self._erased = erased
        self._ahead: asyncpg.Record | None = None

    async def check_before(self, stored: bytes | None) -> None:
        """What lies before a stored commitment (None: all that is left) has no value, so an entry erased it. Raises RefutedError."""
        while True:
            row = self._ahead or await anext(self._rows, None)
            self._ahead = row
            if row is None or (stored is not None and row["commitment"] > stored):
                return
            self._ahead = None
            if row["commitment"] != stored and row["commitment"] not in self._erased:
                raise RefutedError(
                    "value_missing", field=row["field"], table=row["table_name"], key=row["row_key"]
                )


async def _stream(conn: Connection, tenant_id: int, tables: Sequence[Table]) -> AsyncIterator[asyncpg.Record]:
    reading = _reading(tables)
    if reading is not None:
        arguments = reading.arguments(tenant_id=tenant_id)
        async for row in conn.cursor(reading.text, *arguments, prefetch=PREFETCH):
            yield row


def _reading(tables: Sequence[Table]) -> Statement | None:
    """Every commitment of the tenant's rows with its field and row, by commitment; None when no table has any."""
    parts = [
        select(
            column.label("commitment"),
            literal_column(f"'{column.info[PERSONAL]}'", Text).label("field"),
            literal_column(f"'{table.name}'", Text).label("table_name"),
            literal_column(row_key_sql(table, table.name), Text).label("row_key"),
        ).where(table.c[TENANT] == bindparam("tenant_id", type_=Integer), column.is_not(None))
        for table in tables
        for column in table.c
        if PERSONAL in column.info
    ]
    return compile_statement(union_all(*parts).order_by("commitment")) if parts else None


def _holds(commitment: bytes, field: str, value: bytes, salt: bytes) -> bool:
    try:
        return opens(commitment, field, value, salt)
    except ValueError:
        return False
