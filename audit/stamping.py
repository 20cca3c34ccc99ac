"""Time tokens as they are kept: which published checkpoint wants one, and storing it with the entry that records it.

A checkpoint wants a token when it covers an entry beside those that the last token is over, and beside that token's own record: a log that nobody
acts on gets no more. The note that is stamped is the stored one, which never changes and is exported as it is. Asking an authority is not done here.
"""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import ClauseElement

from audit.head import Head
from audit.ledger import SYSTEM, append
from audit.publishing import Published, find_published
from audit.signer import Signer
from audit.statements import Connection, statement
from audit.tables import ledger_checkpoints, ledger_timestamps
from audit.timestamped import Timestamped, draft_timestamped


async def find_unstamped(conn: Connection, tenant_id: int) -> Published | None:
    """The last published checkpoint, if it wants a token. Raises PublishingRefusedError for a damaged one."""
    published = await find_published(conn, tenant_id)
    made = _last()
    last = await conn.fetchrow(made.text, *made.arguments(tenant_id=tenant_id))
    if published is None or (last is not None and published.checkpoint.size <= last["seq"] + 1):
        return None
    return published if published.checkpoint.size else None


async def record_token(
    conn: Connection, head: Head, signer: Signer, published: Published, token: bytes, now: datetime
) -> Head:
    """Store a token that was judged, and the entry that records it, behind the locked head; returns the new head.

    Of two that asked at once the first is kept. Raises as `append`.
    """
    if await find_unstamped(conn, head.tenant_id) is None:
        return head
    size = published.checkpoint.size
    note = sha256(published.note.encode()).digest()
    recorded = Timestamped(head.size, size, note, sha256(token).digest())
    after, _ = await append(conn, head, signer, (draft_timestamped(recorded, head.origin, SYSTEM, now),))
    storing = _storing()
    given = {"tenant_id": head.tenant_id, "size": size, "seq": recorded.seq, "token": token}
    await conn.execute(storing.text, *storing.arguments(**given))
    return after


@statement
def _last() -> ClauseElement:
    rows = ledger_timestamps.c
    return (
        select(rows.seq)
        .where(rows.tenant_id == bindparam("tenant_id", type_=rows.tenant_id.type))
        .order_by(rows.seq.desc())
        .limit(literal_column("1"))
    )


@statement
def _storing() -> ClauseElement:
    columns = ledger_timestamps.c
    return insert(ledger_timestamps).values(
        **{column.name: bindparam(column.name, type_=column.type) for column in columns}
    )


@statement
def reading_stamps() -> ClauseElement:
    """Every token of `tenant_id`: size, seq, token, and the published note of that size or NULL; in the order of their entries."""
    rows, checkpoints = ledger_timestamps.c, ledger_checkpoints.c
    both = (checkpoints.tenant_id == rows.tenant_id) & (checkpoints.size == rows.size)
    return (
        select(rows.size, rows.seq, rows.token, checkpoints.note)
        .select_from(ledger_timestamps.outerjoin(ledger_checkpoints, both))
        .where(rows.tenant_id == bindparam("tenant_id", type_=rows.tenant_id.type))
        .order_by(rows.seq)
    )
