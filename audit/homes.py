"""What stored logs say that they certified, for holding other logs' admissions against it (`audit.admissions`).

The entries are read, not verified: that is the home log's own verification, which names what is wrong there.
"""

from sqlalchemy import Text, bindparam, literal_column, or_, select
from sqlalchemy.sql import ClauseElement

from audit.admissions import HEARD, Certifications
from audit.entry import parse_entry
from audit.errors import AuditError
from audit.statements import Connection, statement
from audit.tables import ledger_entries, ledger_heads


async def read_certifications(conn: Connection, tenant_id: int, origin: str) -> Certifications:
    """Of the stored log of a tenant. `conn` is in a transaction bound to it; an entry that cannot be read certifies nothing."""
    sizing, reading = _sizing(), _reading()
    size = await conn.fetchval(sizing.text, *sizing.arguments(tenant_id=tenant_id))
    made = Certifications(origin, size or 0)
    async for row in conn.cursor(reading.text, *reading.arguments(tenant_id=tenant_id), prefetch=100):
        try:
            made.hear(parse_entry(row["leaf"].encode()))
        except (AuditError, KeyError, TypeError):
            continue
    return made


@statement
def _sizing() -> ClauseElement:
    heads = ledger_heads.c
    return select(heads.size).where(heads.tenant_id == bindparam("tenant_id", type_=heads.tenant_id.type))


@statement
def _reading() -> ClauseElement:
    entries = ledger_entries.c
    return (
        select(entries.leaf)
        .where(
            entries.tenant_id == bindparam("tenant_id", type_=entries.tenant_id.type),
            or_(
                *(
                    entries.operation == literal_column(f"'{operation}'", Text())
                    for operation in sorted(HEARD)
                )
            ),
        )
        .order_by(entries.seq)
    )
