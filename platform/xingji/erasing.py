"""What was erased stays erased: kept outside the database, and erased again when an older state comes back.

    HEADS/xingji.example_411602.erased        the log's `personal.erased` entries, a leaf a line

A backup made before an erasure holds the values, and restoring it would bring them back. So every such entry is kept beside the heads,
which no restore touches, before the act is answered; what a crash left out is added at the next start. `erase_listed` deletes what the
kept entries name, wherever it came from, right behind a restore and at every start; `settle_erasures` then enters in the log what it
had lost, once the log may be signed for again. A line counts only with the log's own signature, so nobody erases by writing here.

The backup itself is not changed: whoever has it, and the passphrase of the vault, reads it (docs/formats/vault.md).
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import asyncpg
from sqlalchemy import and_, bindparam, select

from audit.checkpoint import is_origin
from audit.entry import Entry, parse_entry
from audit.erasure import ERASED
from audit.errors import AuditError, NoteMalformedError
from audit.keys import FileKeyStore
from audit.note import VerifierKey
from audit.signer import Signer
from audit.tables import ledger_entries
from certification.acts.erase_again import erase_again, erasure_of
from certification.errors import (
    ErasureSettledError,
    LedgerKeyChangingError,
    LedgerPutBackError,
    NotFoundError,
)
from tenancy.database import Database, Scope, TenantConnection, opening_sql
from tenancy.personal import erase
from tenancy.statements import statement
from tenancy.tables import erasures

_log: Final = logging.getLogger(__name__)
_DONE = statement(
    select(ledger_entries.c.leaf)
    .join(
        erasures,
        and_(
            erasures.c.tenant_id == ledger_entries.c.tenant_id, erasures.c.id == ledger_entries.c.subject_id
        ),
    )
    .where(
        ledger_entries.c.tenant_id == bindparam("tenant_id"),
        ledger_entries.c.operation == ERASED,
        erasures.c.confirmed_at.is_not(None),
    )
    .order_by(ledger_entries.c.seq)
)
_TENANTS: Final = "SELECT id, origin FROM tenants ORDER BY id"
_HAS_KEYS: Final = "SELECT to_regclass('personal_keys') IS NOT NULL"


class Registered(Protocol):
    """What is needed of a tenant."""

    @property
    def id(self) -> int: ...
    @property
    def origin(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ErasureList:
    """The kept entries in `directory`, that of the heads."""

    directory: Path

    def has(self, origin: str) -> bool:
        """Whether anything was ever erased in a log."""
        return self._path(origin).exists()

    def read(self, keys: FileKeyStore, origin: str) -> tuple[Entry, ...]:
        """The entries of a log that its key signed, or a former one before it ended; others are left where they are, and logged."""
        path = self._path(origin)
        lines = path.read_bytes().splitlines() if path.exists() else []
        if not lines:
            return ()
        signing: list[tuple[VerifierKey, int | None]] = [(keys.get(origin).verifier_key, None)]
        signing += keys.former(origin)
        found = []
        for line in lines:
            entry = _find_entry(line, signing)
            if entry is None:
                _log.error("a line of %s is no erasure that the log signed", path)
            else:
                found.append(entry)
        return tuple(found)

    def keep(self, origin: str, leaves: Iterable[bytes]) -> None:
        """Add what is not there yet, down to the disk."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path(origin), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            text = file.read()
            # A line that a crash cut short is closed, and refused by itself.
            fresh = b"" if not text or text.endswith(b"\n") else b"\n"
            there = set(text.splitlines())
            fresh += b"".join(leaf + b"\n" for leaf in leaves if leaf not in there)
            if fresh:
                file.write(fresh)
                file.flush()
                os.fsync(file.fileno())

    def _path(self, origin: str) -> Path:
        if not is_origin(origin):
            raise NoteMalformedError(reason="not an origin")
        return self.directory / (origin.replace("/", "_") + ".erased")


def _find_entry(line: bytes, signing: Iterable[tuple[VerifierKey, int | None]]) -> Entry | None:
    """The erasure, if one of these keys signed it, not behind the entry that ended the key."""
    try:
        entry = parse_entry(line)
        erasure_of(entry, 0)
    except (AuditError, AssertionError, KeyError, TypeError, ValueError):
        return None
    ours = entry.draft.operation == ERASED and any(
        entry.origin == key.name
        and (ended is None or entry.seq < ended)
        and key.holds(entry.signed, entry.signature)
        for key, ended in signing
    )
    return entry if ours else None


async def keep_erasures(database: Database, listed: ErasureList, tenant_id: int, origin: str) -> None:
    """Keep the erasures of a tenant that are not kept yet. Raises OSError."""
    async with database.read(Scope(tenant_id)) as tx:
        leaves = [str(row["leaf"]).encode() for row in await tx.all(_DONE)]
    if leaves:
        listed.keep(origin, leaves)


async def settle_erasures(
    database: Database,
    listed: ErasureList,
    tenant: Registered,
    signer: Signer,
    keys: FileKeyStore,
    clock: Callable[[], datetime],
) -> bool:
    """Keep what is done, erase again what is kept and came back; False while the log may not be signed for."""
    await keep_erasures(database, listed, tenant.id, tenant.origin)
    entries = listed.read(keys, tenant.origin)
    if not entries:
        return True
    async with database.write(Scope(tenant.id)) as tx:
        await erase_kept(tx, entries)
    for one in await _lost(database, tenant.id, entries):
        try:
            async with database.write(Scope(tenant.id)) as tx:
                done = await erase_again(tx, signer, one, clock())
        except (LedgerPutBackError, LedgerKeyChangingError):
            return False
        except (NotFoundError, ErasureSettledError):
            continue  # this state never knew the subject, or has erased it by another entry
        _log.warning(
            "tenant %d: erased again what entry %d had, by entry %d", tenant.id, one.seq, done.receipt.seq
        )
    await keep_erasures(database, listed, tenant.id, tenant.origin)
    return True


async def _lost(database: Database, tenant_id: int, entries: Sequence[Entry]) -> list[Entry]:
    """The last kept entry of each erasure that the stored log has not."""
    async with database.read(Scope(tenant_id)) as tx:
        known = {parse_entry(str(row["leaf"]).encode()).draft.subject.id for row in await tx.all(_DONE)}
    return list({one.draft.subject.id: one for one in entries if one.draft.subject.id not in known}.values())


async def erase_kept(tx: TenantConnection, entries: Sequence[Entry]) -> None:
    """Delete what the entries erased, if it is there again."""
    subjects = [erasure_of(one, tx.tenant_id).subject_id for one in entries]
    if gone := await erase(tx, *subjects):
        _log.warning("tenant %d: %d rows that had been erased were there again", tx.tenant_id, gone)


async def erase_listed(owner_url: str, listed: ErasureList, keys: FileKeyStore) -> None:
    """Delete what the kept entries of every log name, as the owner of the schema, right behind a restore."""
    owner = await asyncpg.connect(owner_url)
    try:
        if not await owner.fetchval(_HAS_KEYS):
            return  # a state from before values were sealed: erased when it has been migrated and is served
        for row in await owner.fetch(_TENANTS):
            if not listed.has(row["origin"]):
                continue
            entries = listed.read(keys, row["origin"])
            scope = Scope(row["id"])
            await owner.execute(opening_sql(scope, read_only=False))
            await erase_kept(TenantConnection(owner, scope), entries)
            await owner.execute("COMMIT")
    finally:
        await owner.close()
