"""Comparing what is folded from each tenant's ledger with its entries, and putting it right (certification/rebuilding.py).

A check compares in one snapshot and takes back what it put right; a repair holds the tenant's head, so no act comes between. What differs is
logged as an error: the rows of a cache are written beside their entries, so something else has written, or failed to.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from audit.ledger import lock_head
from certification.rebuilding import Difference, is_unfolded, rebuild
from tenancy.database import Database, Scope

logger = logging.getLogger(__name__)


class Tenant(Protocol):
    """The part of a row of the registry that is needed here."""

    @property
    def id(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def parent_id(self) -> int | None: ...


class _TakenBackError(Exception):
    """Ends a transaction that was only to compare."""


async def compare_tenant(
    database: Database, tenant: Tenant, *, repair: bool, progress: Callable[[int], None] | None = None
) -> AsyncIterator[Difference]:
    """Every row of the tenant that is not what its entries say; put right with `repair`."""
    shared = () if tenant.parent_id is None else (tenant.parent_id,)
    try:
        async with database.write(Scope(tenant.id, shared=shared)) as tx:
            if repair:
                await lock_head(tx.raw, tenant.id)
            else:
                await tx.raw.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            async for one in rebuild(tx, progress):
                logger.error("%s %s of tenant %s is %s", one.table, one.key, tenant.code, one.what)
                yield one
            if not repair:
                raise _TakenBackError
    except _TakenBackError:
        return


async def fold_older(database: Database, registry: Sequence[Tenant]) -> None:
    """Fold the tenants whose entries are from before entries said facts: once, at the first start."""
    for tenant in registry:
        async with database.read(Scope(tenant.id)) as tx:
            unfolded = await is_unfolded(tx)
        if unfolded:
            shared = () if tenant.parent_id is None else (tenant.parent_id,)
            async with database.write(Scope(tenant.id, shared=shared)) as tx:
                await lock_head(tx.raw, tenant.id)
                rows = [one async for one in rebuild(tx)]
            logger.info("tenant %s: %d rows folded from its entries", tenant.code, len(rows))
