"""Whether each file that a verified row names is in the store, and is what the row says: the step behind the rows.

The rows are the ledger's own digests' business (audit/online.py); here only bytes are compared with hashes. The first wrong file ends it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Integer, Text, and_, bindparam, cast, func, select

from audit.tables import ledger_rows
from audit.verdict import RefutedError
from certification.tables import evidence
from tenancy.database import TenantConnection
from tenancy.statements import statement
from xingji.evidence.errors import FileMissingError
from xingji.evidence.store import Store

_ROWS: Final = statement(
    select(evidence.c.id, evidence.c.sha256, func.min(ledger_rows.c.seq).label("seq"))
    .join(
        ledger_rows,
        and_(
            ledger_rows.c.tenant_id == evidence.c.tenant_id,
            ledger_rows.c.table_name == evidence.name,
            ledger_rows.c.row_key == cast(evidence.c.id, Text),
        ),
    )
    .where(evidence.c.tenant_id == bindparam("tenant_id", type_=Integer))
    .group_by(evidence.c.id, evidence.c.sha256)
    .order_by("seq", evidence.c.id)
)


async def find_wrong_file(tx: TenantConnection, store: Store) -> RefutedError | None:
    """The first file of the bound tenant, in the order of entries, that is missing or altered."""
    for row in await tx.all(_ROWS):
        place = {"key": row["id"], "sha256": row["sha256"].hex()}
        if not await store.exists(row["sha256"]):
            return RefutedError("file_missing", row["seq"], **place)
        try:
            async for _ in store.open(row["sha256"]):
                pass
        except FileMissingError:
            return RefutedError("file_altered", row["seq"], **place)
    return None
