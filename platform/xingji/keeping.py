"""Keeping signed heads outside the database: judged at the start, written on a cadence while they are new, and at the end.

A crash loses the notes of the last `CADENCE` seconds, never an entry; what is kept is then a little older, and still a prefix. A
folder that cannot be written is logged once, told as long as it lasts, and stops nobody from acting.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence, Set
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

from audit.errors import AuditError
from audit.guard import Guard, check_head
from audit.ledger import get_head
from graphql_schema.session import Desk
from tenancy.database import Database, Scope

CADENCE: Final = 2.0
_log: Final = logging.getLogger(__name__)


class Registered(Protocol):
    """What is needed of a tenant."""

    @property
    def id(self) -> int: ...


async def check_heads(database: Database, desk: Desk, registry: Sequence[Registered]) -> None:
    """Judge every stored head by the kept one; the guard keeps what it refuses, and has logged it."""
    for tenant in registry:
        async with database.read(Scope(tenant.id)) as tx:
            with suppress(AuditError):
                await check_head(tx.raw, await get_head(tx.raw, tenant.id), desk.get_signer(tenant.id))


@asynccontextmanager
async def keeping_heads(guard: Guard) -> AsyncIterator[Set[str]]:
    """Write new heads while the block lasts, and once more at its end; gives the origins of those that could not be written."""
    unkept: set[str] = set()

    async def keep() -> None:
        while True:
            await asyncio.sleep(CADENCE)
            await _flush(guard, unkept)

    keeping = asyncio.create_task(keep())
    try:
        yield unkept
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        await _flush(guard, unkept)


async def _flush(guard: Guard, unkept: set[str]) -> None:
    for origin in guard.unwritten:
        try:
            await guard.flush(origin)
            unkept.discard(origin)
        except (AuditError, OSError):
            if origin not in unkept:
                _log.exception("the signed head of %s could not be kept", origin)
            unkept.add(origin)
