"""Exporting a tenant's log: what an auditor takes away and verifies without us.

    DIR/checkpoint              the head, signed now
    DIR/tile/entries/…          the leaves in entry bundles (audit.bundle)
    DIR/key.vkey                the public key, for convenience only: an auditor pins the key from elsewhere

The same log gives the same bytes. The head is read first and names the size; entries below it never change,
so the export is one snapshot without a lock. Leaves are copied as they are stored, right or wrong: judging
them is `audit.verify`'s. The caller's transaction is bound to the tenant.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import BigInteger, Integer, bindparam, select
from sqlalchemy.sql import ClauseElement

from audit.bundle import WIDTH, bundle_path, format_bundle
from audit.entry import MAX_ENTRY
from audit.errors import ExportRefusedError, LedgerBrokenError
from audit.ledger import Head, get_head, sign_head
from audit.note import VerifierKey
from audit.signer import Signer
from audit.statements import Connection, statement
from audit.tables import ledger_entries
from audit.verify import CHECKPOINT

KEY = "key.vkey"


async def export_log(
    conn: Connection,
    tenant_id: int,
    signer: Signer,
    directory: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Head:
    """Write the tenant's log to an empty or new folder; `progress` hears (entries done, of how many).

    Raises LedgerMissingError, ExportRefusedError, or LedgerBrokenError when entries below the head are gone.
    """
    head = await get_head(conn, tenant_id)
    note = sign_head(head, signer)
    writer = _Writer(directory)
    reading = _reading()
    done = 0
    async for record in conn.cursor(
        reading.text, *reading.arguments(tenant_id=tenant_id, size=head.size), prefetch=WIDTH
    ):
        leaf = record["leaf"].encode()
        if len(leaf) > MAX_ENTRY:
            raise LedgerBrokenError(origin=head.origin, reason=f"entry {record['seq']} is too long to be one")
        writer.add(leaf)
        done += 1
        if progress is not None and (done % WIDTH == 0 or done == head.size):
            progress(done, head.size)
    if done != head.size:
        raise LedgerBrokenError(origin=head.origin, reason=f"{done} entries stored of {head.size}")
    writer.finish(note, VerifierKey(head.origin, signer.public_key))
    return head


@dataclass(slots=True)
class _Writer:
    """Gathers leaves into bundles; the head is written last, so a broken export has none."""

    directory: Path
    _leaves: list[bytes] = field(default_factory=list)
    _index: int = 0

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        if any(self.directory.iterdir()):
            raise ExportRefusedError(directory=self.directory)

    def add(self, leaf: bytes) -> None:
        self._leaves.append(leaf)
        if len(self._leaves) == WIDTH:
            self._flush()

    def finish(self, note: str, key: VerifierKey) -> None:
        if self._leaves:
            self._flush()
        (self.directory / KEY).write_text(key.format() + "\n", encoding="utf-8")
        (self.directory / CHECKPOINT).write_text(note, encoding="utf-8")

    def _flush(self) -> None:
        path = self.directory / bundle_path(self._index, len(self._leaves))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(format_bundle(self._leaves))
        self._index, self._leaves = self._index + 1, []


@statement
def _reading() -> ClauseElement:
    entries = ledger_entries.c
    return (
        select(entries.seq, entries.leaf)
        .where(
            entries.tenant_id == bindparam("tenant_id", type_=Integer),
            entries.seq < bindparam("size", type_=BigInteger),
        )
        .order_by(entries.seq)
    )
