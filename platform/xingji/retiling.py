"""Damaged hash tiles of a log made again, as the owner of the schema: the application's role may delete none."""

from __future__ import annotations

import asyncpg

from audit.note import VerifierKey
from audit.retiling import Rebuilt, lock_tiles, rebuild_tiles
from audit.verify import Progress
from tenancy.database import Scope, opening_sql


async def rebuild(owner_url: str, tenant_id: int, key: VerifierKey, progress: Progress | None) -> Rebuilt:
    """Rebuild them if everything that is stored of the log holds; nothing is committed where it does not.

    Publishing of every log waits meanwhile; acts and readers do not. Raises LedgerMissingError, LedgerBrokenError or RefutedError.
    """
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute(opening_sql(Scope(tenant_id), read_only=False))
        await owner.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await lock_tiles(owner)
        made = await rebuild_tiles(owner, tenant_id, key, progress)
        await owner.execute("COMMIT")
    finally:
        await owner.close()
    return made
