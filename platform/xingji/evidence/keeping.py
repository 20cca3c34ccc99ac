"""Attaching a file: looked at, recorded as an act, published, committed, in that order; and what a failure leaves: nothing.

    upload → another process looks at it → bring the bytes to the store → BEGIN → the act → lock the hash → publish under the hash → COMMIT

Bringing may take long and locks nothing. The file is published inside the transaction, so no row is ever committed without its file, and only behind the act, so what is
refused never publishes. If the commit fails, the file goes again, unless a row of any tenant names it: two requests may bring
the same bytes. Both look and publish behind one lock a hash, which the transaction holds until it ends.
A process that dies between publishing and committing leaves a file that nothing names; it harms nobody, the same bytes take its place,
and `xingji evidence sweep` removes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Integer, LargeBinary, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from certification.acts.attach_evidence import ACT, Command
from certification.errors import NotFoundError
from certification.recording import Recorded
from certification.tables import evidence
from graphql_schema.ids import NodeRef
from graphql_schema.mutations.boundary import record
from graphql_schema.session import Session
from tenancy.database import Database, Scope, TenantConnection
from tenancy.statements import statement
from xingji.evidence.incoming import Incoming
from xingji.evidence.receiving import Inspector, Kept
from xingji.evidence.store import Store

SUBJECTS: Final = {
    "Application": "application",
    "Unit": "unit",
    "LegacyRecord": "legacy_record",
    "Roster": "roster",
    "AnnualReview": "annual_review",
}
"""GraphQL type of a subject → what its rows say (certification/evidence.py)."""

_log: Final = logging.getLogger("xingji.evidence")
_NAMED: Final = statement(
    select(evidence.c.id)
    .where(
        evidence.c.tenant_id == any_(bindparam("tenants", type_=ARRAY(Integer))),
        evidence.c.sha256 == bindparam("sha256", type_=LargeBinary),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Given:
    """What came with a file: what it is about, which item it shows, what it is called."""

    subject: NodeRef
    item_code: str | None
    label: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Attached:
    """The act as recorded, and the file as kept."""

    recorded: Recorded
    kept: Kept


class Keeper:
    """Files of this process: `tenants` are all of the registry."""

    def __init__(
        self, database: Database, store: Store, incoming: Incoming, limit: int, tenants: tuple[int, ...]
    ) -> None:
        self.limit = limit
        self.inspector = Inspector(limit)
        self._database, self._store, self._incoming, self._tenants = database, store, incoming, tenants

    def folder(self) -> AbstractAsyncContextManager[Path]:
        """Where a request's files are until they are kept."""
        return self._incoming.folder()

    def open(self, sha256: bytes) -> AsyncIterator[bytes]:
        """The bytes of a file. Raises FileMissingError."""
        return self._store.open(sha256)

    async def attach(self, session: Session, given: Given, kept: Kept) -> Attached:
        """Attach a file that was looked at. Raises what refuses the act, StoreUnavailableError."""
        kind = SUBJECTS.get(given.subject.type)
        if kind is None:
            raise NotFoundError(what="subject", what_zh="所附对象")
        command = Command(
            kind,
            given.subject.uuid,
            given.item_code,
            given.label,
            kept.media_type,
            kept.size,
            kept.sha256,
            kept.received_sha256,
        )
        published = False

        async with self._store.bring(kept.path, kept.sha256) as publish_file:

            async def publish(tx: TenantConnection) -> None:
                nonlocal published
                await _lock(tx, kept.sha256)
                published = True
                await publish_file()

            try:
                done = await record(session, ACT, command, given.subject.tenant, given.request_id, publish)
            except BaseException:
                if published:
                    await asyncio.shield(self._forget(kept.sha256))
                raise
        return Attached(done, kept)

    async def sweep(self) -> int:
        """Remove every file that no row of any tenant names: what died between publishing and committing. How many.

        Safe beside servers: each is looked at again behind its lock. Raises StoreUnavailableError.
        """
        await self._store.clear_stale()
        kept = [digest async for digest in self._store.kept()]
        return sum([await self._remove_unnamed(digest) for digest in kept])

    async def _forget(self, sha256: bytes) -> None:
        """Remove it unless a row names it. What cannot be looked up is left: it may have been committed."""
        try:
            await self._remove_unnamed(sha256)
        except Exception:
            _log.exception("could not see whether %s is named", sha256.hex())

    async def _remove_unnamed(self, sha256: bytes) -> bool:
        async with self._database.read(Scope(self._tenants[0], granted=self._tenants)) as tx:
            await _lock(tx, sha256)
            unnamed = await tx.first(_NAMED, tenants=list(self._tenants), sha256=sha256) is None
            if unnamed:
                await self._store.remove(sha256)
        return unnamed


async def _lock(tx: TenantConnection, sha256: bytes) -> None:
    """Until the transaction ends, nobody else publishes or removes this hash. It is taken behind the head's lock, never before."""
    key = int.from_bytes(sha256[:8], signed=True)
    await tx.raw.execute("SELECT pg_advisory_xact_lock($1)", key)
