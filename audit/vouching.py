"""What is stored of others' words: the counties' checkpoints that a city's log recorded, and the time tokens of a log.

The rule: what is said in an entry is written with it, under the head's lock; a token is written once and never changed. Both are for
looking up; the evidence is the entry, and the token itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.checkpoint import parse_checkpoint
from audit.head import Head
from audit.ledger import SYSTEM, append
from audit.note import parse_note
from audit.signer import Signer
from audit.statements import Connection
from audit.witnessed import divide_notes, draft_witnessed

_RECORDED: Final = """
SELECT DISTINCT ON (origin) origin, size, root FROM ledger_witnessed
WHERE tenant_id = $1 ORDER BY origin, seq DESC"""
_PUBLISHED: Final = """
SELECT DISTINCT ON (tenant_id) size, root, note FROM ledger_checkpoints
WHERE tenant_id = ANY ($1::int[]) ORDER BY tenant_id, size DESC"""
_RECORD: Final = """
INSERT INTO ledger_witnessed (tenant_id, origin, seq, size, root) VALUES ($1, $2, $3, $4, $5)"""
_UNTIMED: Final = """
SELECT c.size, c.note FROM ledger_checkpoints AS c WHERE c.tenant_id = $1
AND NOT EXISTS (SELECT FROM ledger_timestamps AS t WHERE t.tenant_id = $1 AND t.size >= c.size)
ORDER BY c.size DESC LIMIT 1"""
_TIMED: Final = """
INSERT INTO ledger_timestamps (tenant_id, size, checkpoint, token, stamped_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING"""
_TOKENS: Final = """
SELECT size, checkpoint, token, stamped_at FROM ledger_timestamps WHERE tenant_id = $1 ORDER BY size"""


@dataclass(frozen=True, slots=True)
class TimeToken:
    """A token (TimeStampResp, DER) over a checkpoint's text, and the moment that it names."""

    size: int
    text: str
    token: bytes
    stamped_at: datetime


async def find_unrecorded(conn: Connection, tenant_id: int, counties: Sequence[int]) -> list[str]:
    """The counties' published notes that are not what the city's log recorded of them last. The counties must be granted."""
    recorded: Mapping[str, tuple[int, bytes]] = {
        row["origin"]: (row["size"], row["root"]) for row in await conn.fetch(_RECORDED, tenant_id)
    }
    return [
        row["note"]
        for row in await conn.fetch(_PUBLISHED, list(counties))
        if recorded.get(parse_checkpoint(parse_note(row["note"].encode()).text).origin)
        != (row["size"], row["root"])
    ]


async def record_notes(
    conn: Connection, head: Head, signer: Signer, notes: Sequence[str], now: datetime
) -> Head:
    """Append the entries that record these notes behind the locked head; returns the new head. Raises as `append`."""
    for part in divide_notes(notes):
        draft = draft_witnessed(part, head.origin, head.size, SYSTEM, now)
        head, (receipt,) = await append(conn, head, signer, (draft,))
        checkpoints = [parse_checkpoint(parse_note(note.encode()).text) for note in part]
        rows = [(head.tenant_id, one.origin, receipt.seq, one.size, one.root) for one in checkpoints]
        await conn.executemany(_RECORD, rows)
    return head


async def find_untimed(conn: Connection, tenant_id: int) -> tuple[int, str] | None:
    """Size and text of the last published checkpoint, when no token stands over it yet."""
    row = await conn.fetchrow(_UNTIMED, tenant_id)
    return None if row is None else (row["size"], parse_note(row["note"].encode()).text)


async def keep_token(conn: Connection, tenant_id: int, token: TimeToken) -> None:
    """Write a token that was checked; the first over a checkpoint stands."""
    await conn.execute(_TIMED, tenant_id, token.size, token.text, token.token, token.stamped_at)


async def read_tokens(conn: Connection, tenant_id: int) -> tuple[TimeToken, ...]:
    """Every token of a log, by size."""
    rows = await conn.fetch(_TOKENS, tenant_id)
    return tuple(TimeToken(row["size"], row["checkpoint"], row["token"], row["stamped_at"]) for row in rows)
