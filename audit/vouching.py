"""The city's log as the witness of its counties' logs: which published checkpoints it has not recorded yet, and recording them.

    last = await find_recorded(conn, city)                      # under the head's lock
    growth = await find_growth(conn, county, key, last)         # None: nothing new; raises: not the log that was recorded
    head = await record_notes(conn, head, signer, [growth, …], now)

The rule: a checkpoint is recorded when the county's key in force signed it and the county's tiles lead from what was recorded last to it; the
entry and the row that finds it again are written together. The row is for looking up; the evidence is the entry, and a log is judged by
the entries alone (`read_recorded`, `audit.witnessed`). Who waits for whom, and how often, is not decided here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Text, Uuid, bindparam, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.sql import ClauseElement

from audit.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from audit.entry import parse_entry
from audit.errors import AuditError, RecordingRefusedError
from audit.head import Head
from audit.ledger import SYSTEM, append
from audit.note import VerifierKey, parse_note
from audit.publishing import find_published, published_tiles
from audit.signer import Signer
from audit.statements import Connection, statement
from audit.tables import ledger_entries, ledger_witnessed
from audit.verdict import RefutedError
from audit.witnessed import WITNESSED, Witnessed, divide_notes, draft_witnessed, read_witnessed

_COLUMNS: Final = ("tenant_id", "origin", "seq", "size", "root")


@dataclass(frozen=True, slots=True)
class Recorded:
    """Size and root that were recorded last of a log."""

    size: int
    root: bytes


async def find_recorded(conn: Connection, tenant_id: int) -> Mapping[str, Recorded]:
    """What the city's log recorded last, by origin."""
    finding = _finding()
    rows = await conn.fetch(finding.text, *finding.arguments(tenant_id=tenant_id))
    return {row["origin"]: Recorded(row["size"], row["root"]) for row in rows}


async def find_growth(
    conn: Connection, tenant_id: int, key: VerifierKey, last: Mapping[str, Recorded]
) -> str | None:
    """The county's published note, if it is not what was recorded last. The county must be granted to the transaction.

    Raises RecordingRefusedError when it does not grow from that; PublishingRefusedError or LedgerBrokenError for what is damaged.
    """
    published = await find_published(conn, tenant_id)
    if published is None:
        if key.name in last:
            raise RecordingRefusedError(origin=key.name, reason=f"{last[key.name].size} → 0")
        return None
    checkpoint, old = published.checkpoint, last.get(key.name)
    if old == Recorded(checkpoint.size, checkpoint.root):
        return None
    try:
        open_checkpoint(published.note.encode(), key)
    except AuditError as error:
        raise RecordingRefusedError(origin=key.name, reason=str(error)) from error
    tiles = published_tiles(conn, tenant_id, published)
    if await tiles.root() != checkpoint.root:
        raise RecordingRefusedError(origin=key.name, reason="its tiles are not those of its checkpoint")
    if old is not None and (old.size > checkpoint.size or await tiles.root(old.size) != old.root):
        raise RecordingRefusedError(origin=key.name, reason=f"{old.size} → {checkpoint.size}")
    return published.note


async def record_notes(
    conn: Connection, head: Head, signer: Signer, notes: Sequence[str], now: datetime
) -> Head:
    """Append the entries that record these notes behind the locked head; returns the new head. Raises as `append`."""
    recording = _recording()
    for part in divide_notes(notes):
        draft = draft_witnessed(part, head.origin, head.size, SYSTEM, now)
        head, (receipt,) = await append(conn, head, signer, (draft,))
        rows = [(_checkpoint(note), receipt.seq) for note in part]
        await conn.executemany(
            recording.text,
            [
                recording.arguments(
                    tenant_id=head.tenant_id, origin=one.origin, seq=seq, size=one.size, root=one.root
                )
                for one, seq in rows
            ],
        )
    return head


async def read_recorded(conn: Connection, tenant_id: int, city: str, origin: str) -> tuple[Witnessed, ...]:
    """Every record of a log in the entries of its city's log, in order. Raises RefutedError for an entry that is none.

    Whether entries of the city's log are missing, only that log's own verification tells.
    """
    reading, found = _reading(), []
    given = {"tenant_id": tenant_id, "subject": uuid5(NAMESPACE_URL, city), "operation": WITNESSED}
    async for row in conn.cursor(reading.text, *reading.arguments(**given), prefetch=100):
        try:
            entry = parse_entry(row["leaf"].encode())
        except AuditError as error:
            raise RefutedError("witnessed_malformed", row["seq"]) from error
        found += [one for one in read_witnessed(entry) if one.checkpoint.origin == origin]
    return tuple(found)


def _checkpoint(note: str) -> Checkpoint:
    return parse_checkpoint(parse_note(note.encode()).text)


@statement
def _finding() -> ClauseElement:
    rows = ledger_witnessed.c
    return (
        select(rows.origin, rows.size, rows.root)
        .where(rows.tenant_id == bindparam("tenant_id", type_=rows.tenant_id.type))
        .ext(distinct_on(rows.origin))
        .order_by(rows.origin, rows.seq.desc())
    )


@statement
def _recording() -> ClauseElement:
    rows = ledger_witnessed.c
    return insert(ledger_witnessed).values(
        **{name: bindparam(name, type_=rows[name].type) for name in _COLUMNS}
    )


@statement
def _reading() -> ClauseElement:
    entries = ledger_entries.c
    return (
        select(entries.seq, entries.leaf)
        .where(
            entries.tenant_id == bindparam("tenant_id", type_=entries.tenant_id.type),
            entries.subject_id == bindparam("subject", type_=Uuid),
            entries.operation == bindparam("operation", type_=Text),
        )
        .order_by(entries.seq)
    )
