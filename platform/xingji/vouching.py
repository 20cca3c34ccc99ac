"""The city's log records its counties' published checkpoints, behind the server, on a cadence (XINGJI_VOUCH_SECONDS).

Nothing is entered when nothing changed. A county whose checkpoint does not grow from what the city recorded is left out, logged once, and
told as long as it lasts; it stops no other. The first round comes a twelfth of the cadence after the start, so that a server that is
often restarted records too. What a record is, and when it is refused, is `audit.vouching`'s.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from audit.errors import AuditError
from audit.guard import remember
from audit.ledger import lock_head
from audit.note import VerifierKey
from audit.signer import Signer
from audit.vouching import find_growth, find_recorded, record_notes
from audit.witnessed import Witnessed, read_notes
from graphql_schema.session import Desk
from tenancy.database import Database, Scope, TenantConnection

UNRECORDED: Final = "unrecorded"
FIRST: Final = 12
_log: Final = logging.getLogger(__name__)


class Registered(Protocol):
    """What is needed of a tenant."""

    @property
    def id(self) -> int: ...
    @property
    def level(self) -> str: ...
    @property
    def parent_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Round:
    """What came of one round: the checkpoints recorded, and by the county's number why one was not."""

    recorded: tuple[Witnessed, ...]
    refused: Mapping[int, AuditError]


async def record_counties(
    database: Database,
    city: int,
    counties: Sequence[int],
    get_signer: Callable[[int], Signer],
    now: datetime,
) -> Round:
    """Record what the counties have published since the last time. Raises as `audit.ledger.append`, SigningRefusedError above all."""
    scope = Scope(city, granted=tuple(counties))
    async with database.read(scope) as tx:
        notes, refused = await _find_notes(tx, counties, get_signer)
    if not notes:
        return Round((), refused)
    async with database.write(scope) as tx:
        signer, head = get_signer(city), await lock_head(tx.raw, city)
        # Again under the lock: another process may have been here.
        notes, refused = await _find_notes(tx, counties, get_signer)
        after = await record_notes(tx.raw, head, signer, notes, now)
        if after is not head:
            tx.committed.append(partial(remember, after, signer))
            tx.committed.append(partial(tx.announce, city))
    return Round(read_notes(head.size, notes), refused)


async def _find_notes(
    tx: TenantConnection, counties: Sequence[int], get_signer: Callable[[int], Signer]
) -> tuple[list[str], dict[int, AuditError]]:
    last = await find_recorded(tx.raw, tx.tenant_id)
    notes: list[str] = []
    refused: dict[int, AuditError] = {}
    for county in counties:
        signer = get_signer(county)
        try:
            note = await find_growth(tx.raw, county, VerifierKey(signer.origin, signer.public_key), last)
        except AuditError as error:
            refused[county] = error
            continue
        notes += [] if note is None else [note]
    return notes, refused


@dataclass(slots=True)
class Recorder:
    """Records the counties of each city; `troubles` are the counties, or the city, that are not recorded."""

    database: Database
    desk: Desk
    cities: Mapping[int, tuple[int, ...]]
    troubles: set[int] = field(default_factory=set)

    async def record_all(self) -> None:
        """One round over every city."""
        for city, counties in self.cities.items():
            try:
                made = await record_counties(
                    self.database, city, counties, self.desk.get_signer, self.desk.now()
                )
            except AuditError as error:
                self._tell({city: error})
                continue
            self._tell(made.refused)
            self.troubles -= {city, *counties} - made.refused.keys()

    def _tell(self, refused: Mapping[int, AuditError]) -> None:
        for tenant, error in refused.items():
            if tenant not in self.troubles:
                _log.error("the checkpoints of tenant %d are not recorded by its city: %s", tenant, error)
            self.troubles.add(tenant)


def counties_of(registry: Sequence[Registered]) -> dict[int, tuple[int, ...]]:
    """The counties of each city that has any."""
    cities = [tenant.id for tenant in registry if tenant.level == "city"]
    found = {city: tuple(one.id for one in registry if one.parent_id == city) for city in cities}
    return {city: counties for city, counties in found.items() if counties}


@asynccontextmanager
async def recording(
    database: Database, desk: Desk, registry: Sequence[Registered], seconds: float
) -> AsyncIterator[Recorder]:
    """Record every `seconds` while the block lasts."""
    recorder = Recorder(database, desk, counties_of(registry))

    async def go_on() -> None:
        await asyncio.sleep(seconds / FIRST)
        while True:
            try:
                await recorder.record_all()
            except Exception:
                _log.exception("a round of recording the counties' checkpoints failed")
            await asyncio.sleep(seconds)

    task = asyncio.create_task(go_on())
    try:
        yield recorder
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
