"""Publishing behind the server: a checkpoint of each log that has grown, on a cadence (XINGJI_CHECKPOINT_SECONDS).

Which logs have grown one statement tells. A log that cannot be published is logged once, told as long as it lasts, and tried again; it
stops no other, and nobody from acting. What is published, and when it is refused, is `audit.publishing`'s.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sqlalchemy import ARRAY, Integer, any_, bindparam, func, literal_column, select

from audit.errors import AuditError, QuorumMissingError
from audit.publishing import Cosign, publish
from audit.tables import ledger_checkpoints, ledger_heads
from graphql_schema.session import Desk
from tenancy.database import Database, Scope
from tenancy.statements import statement

AT_ONCE: Final = 4
"""Logs that are published beside one another: witnesses are waited for."""
UNPUBLISHED: Final = "unpublished"
UNWITNESSED: Final = "unwitnessed"
_log: Final = logging.getLogger(__name__)

_LAST = (
    select(func.max(ledger_checkpoints.c.size))
    .where(ledger_checkpoints.c.tenant_id == ledger_heads.c.tenant_id)
    .scalar_subquery()
)
_DIRTY = statement(
    select(ledger_heads.c.tenant_id).where(
        ledger_heads.c.tenant_id == any_(bindparam("tenants", type_=ARRAY(Integer()))),
        ledger_heads.c.size != func.coalesce(_LAST, literal_column("0")),
    )
)


class Registered(Protocol):
    """What is needed of a tenant."""

    @property
    def id(self) -> int: ...


@dataclass(slots=True)
class Publisher:
    """Publishes the logs of `tenants`; `troubles` says of each that is not published why, by the name that an operator is told."""

    database: Database
    desk: Desk
    tenants: tuple[int, ...]
    cosign: Cosign | None = None
    troubles: dict[int, str] = field(default_factory=dict)

    async def publish_dirty(self) -> None:
        """One round over the logs that have grown."""
        places = asyncio.Semaphore(AT_ONCE)

        async def one(tenant_id: int) -> None:
            async with places:
                await self._publish(tenant_id)

        async with asyncio.TaskGroup() as group:
            for tenant_id in await self._find_dirty():
                group.create_task(one(tenant_id))

    async def _find_dirty(self) -> list[int]:
        if not self.tenants:
            return []
        first, *others = self.tenants
        async with self.database.read(Scope(first, granted=tuple(others))) as tx:
            return [row["tenant_id"] for row in await tx.all(_DIRTY, tenants=list(self.tenants))]

    async def _publish(self, tenant_id: int) -> None:
        @asynccontextmanager
        async def begin() -> AsyncIterator[Any]:
            async with self.database.write(Scope(tenant_id)) as tx:
                yield tx.raw

        try:
            signer = self.desk.get_signer(tenant_id)
            await publish(begin, tenant_id, signer, self.cosign, self.desk.now())
            self.troubles.pop(tenant_id, None)
        except Exception as error:
            trouble = UNWITNESSED if isinstance(error, QuorumMissingError) else UNPUBLISHED
            if self.troubles.get(tenant_id) != trouble:
                known = error if not isinstance(error, AuditError) else None
                _log.error("the log of tenant %d is not published: %s", tenant_id, error, exc_info=known)
            self.troubles[tenant_id] = trouble


@asynccontextmanager
async def publishing(
    database: Database,
    desk: Desk,
    registry: Sequence[Registered],
    seconds: float,
    cosign: Cosign | None = None,
) -> AsyncIterator[Publisher]:
    """Publish at once, and then every `seconds` while the block lasts."""
    publisher = Publisher(database, desk, tuple(tenant.id for tenant in registry), cosign)

    async def go_on() -> None:
        while True:
            try:
                await publisher.publish_dirty()
            except Exception:
                _log.exception("a round of publishing failed")
            await asyncio.sleep(seconds)

    task = asyncio.create_task(go_on())
    try:
        yield publisher
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
