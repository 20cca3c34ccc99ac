"""Exporting a tenant's log: what an auditor takes away and verifies without us.

    DIR/checkpoint              the published checkpoint with its cosignatures, if it covers the head; else the head, signed now
    DIR/published               the last published checkpoint, if there is one
    DIR/tile/entries/…          the leaves in entry bundles (audit.bundle)
    DIR/tile/0/… tile/1/… …     the hash tiles over them (audit.tiles), worked out from the leaves that are written
    DIR/timestamp/…             the time tokens that those entries record, each beside its note (audit.stampfiles)
    DIR/key.vkey                the public key, for convenience only: an auditor pins the key from elsewhere

With `as_published` the log is written as far as it was published, and `checkpoint` is what was published.

The same log gives the same bytes. The head is read first and names the size; entries below it never change,
so the export is one snapshot without a lock. Leaves are copied as they are stored, right or wrong: judging
them is `audit.verify`'s. The caller's transaction is bound to the tenant.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sqlalchemy import BigInteger, Integer, bindparam, select
from sqlalchemy.sql import ClauseElement

from audit.bundle import WIDTH, bundle_path, format_bundle
from audit.checkpoint import Checkpoint
from audit.entry import MAX_ENTRY
from audit.errors import ExportRefusedError, LedgerBrokenError, NotPublishedError
from audit.guard import check_head
from audit.ledger import get_head, sign_head
from audit.note import VerifierKey
from audit.publishing import find_published
from audit.signer import Signer
from audit.stampfiles import stamp_paths
from audit.stamping import reading_stamps
from audit.statements import Connection, statement
from audit.tables import ledger_entries
from audit.tiles import perfect_root, tile_path
from audit.tree import leaf_hash
from audit.verify import CHECKPOINT

KEY = "key.vkey"
PUBLISHED = "published"


async def export_log(
    conn: Connection,
    tenant_id: int,
    signer: Signer,
    directory: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    as_published: bool = False,
) -> Checkpoint:
    """Write the tenant's log to an empty or new folder; `progress` hears (entries done, of how many).

    Raises LedgerMissingError, ExportRefusedError, NotPublishedError, PublishingRefusedError for a damaged checkpoint,
    LedgerBrokenError when entries below the head are gone, or SigningRefusedError: what was put back is written `as_published` alone.
    """
    head = await get_head(conn, tenant_id)
    if not as_published:
        await check_head(conn, head, signer)
    published = await find_published(conn, tenant_id)
    checkpoint = Checkpoint(head.origin, head.size, head.frontier.root())
    if as_published:
        if published is None:
            raise NotPublishedError(origin=head.origin)
        checkpoint = published.checkpoint
    covered = published is not None and published.checkpoint == checkpoint
    note = published.note if published is not None and covered else sign_head(head, signer)
    size = checkpoint.size
    writer = _Writer(directory)
    reading = _reading()
    done = 0
    async for record in conn.cursor(
        reading.text, *reading.arguments(tenant_id=tenant_id, size=size), prefetch=WIDTH
    ):
        leaf = record["leaf"].encode()
        if len(leaf) > MAX_ENTRY:
            raise LedgerBrokenError(origin=head.origin, reason=f"entry {record['seq']} is too long to be one")
        writer.add(leaf)
        done += 1
        if progress is not None and (done % WIDTH == 0 or done == size):
            progress(done, size)
    if done != size:
        raise LedgerBrokenError(origin=head.origin, reason=f"{done} entries stored of {size}")
    if published is not None:
        (directory / PUBLISHED).write_text(published.note, encoding="utf-8")
    await _write_stamps(conn, tenant_id, size, writer)
    writer.finish(note, VerifierKey(head.origin, signer.public_key))
    return checkpoint


async def _write_stamps(conn: Connection, tenant_id: int, size: int, writer: "_Writer") -> None:
    """The tokens that the first `size` entries record, as they are stored, right or wrong."""
    reading = reading_stamps()
    async for row in conn.cursor(reading.text, *reading.arguments(tenant_id=tenant_id), prefetch=WIDTH):
        if row["seq"] < size:
            note, token = stamp_paths(row["size"])
            writer.write(note, (row["note"] or "").encode())
            writer.write(token, row["token"])


@dataclass(slots=True)
class _Writer:
    """Gathers leaves into bundles and their hashes into tiles; the head is written last, so a broken export has none."""

    directory: Path
    _leaves: list[bytes] = field(default_factory=list)
    _index: int = 0
    _levels: list[tuple[int, list[bytes]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        if any(self.directory.iterdir()):
            raise ExportRefusedError(directory=self.directory)

    def add(self, leaf: bytes) -> None:
        self._leaves.append(leaf)
        self._hash(0, leaf_hash(leaf))
        if len(self._leaves) == WIDTH:
            self._flush()

    def finish(self, note: str, key: VerifierKey) -> None:
        if self._leaves:
            self._flush()
        for level, (index, hashes) in enumerate(self._levels):
            if hashes:
                self.write(tile_path(level, index, len(hashes)), b"".join(hashes))
        (self.directory / KEY).write_text(key.format() + "\n", encoding="utf-8")
        (self.directory / CHECKPOINT).write_text(note, encoding="utf-8")

    def _flush(self) -> None:
        self.write(bundle_path(self._index, len(self._leaves)), format_bundle(self._leaves))
        self._index, self._leaves = self._index + 1, []

    def _hash(self, level: int, hash_: bytes) -> None:
        """Put a hash into its level's tile; a full one is written, and its root goes one level up."""
        if level == len(self._levels):
            self._levels.append((0, []))
        index, hashes = self._levels[level]
        hashes.append(hash_)
        if len(hashes) == WIDTH:
            self.write(tile_path(level, index), b"".join(hashes))
            self._levels[level] = index + 1, []
            self._hash(level + 1, perfect_root(hashes))

    def write(self, path: PurePosixPath | str, data: bytes) -> None:
        """Put a file below the folder."""
        whole = self.directory / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(data)


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
