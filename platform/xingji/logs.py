"""What is served of logs: the published checkpoint to all, tiles to those who may read the log, both only as published.

Reads go by the tenant's own scope, after it was decided who reads: a log is a whole, and its reader sees all of it. Roles and grants are
those of this moment, not the token's. A refused attempt of somebody signed in goes to the access log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from audit.bundle import WIDTH, format_bundle
from audit.inclusion import is_included
from audit.publishing import find_published, prove_under, published_tiles
from audit.stored_tiles import stored_tiles
from audit.tables import ledger_entries
from audit.tiles import ENTRIES_LEVEL, TileName
from graphql_schema.session import Desk
from tenancy.access import record_refusal
from tenancy.database import Database, Scope
from tenancy.identity import Principal, load_standing
from tenancy.log_reading import DEFAULT, LogReading, may_read_log
from tenancy.statements import statement
from tenancy.tables import ledger_readings, tenants
from xingji.http.errors import HttpError
from xingji.http.settings import Sought

OPERATION: Final = "ledger.read"
REFUSED: Final = "ledger.not_readable"
_ZH: Final = "该账本不向您开放。"
_EN: Final = "This ledger is not open to you."

_TENANT = statement(select(tenants.c.id).where(tenants.c.code == bindparam("code")))
_BY_ORIGIN = statement(select(tenants.c.id, tenants.c.code).where(tenants.c.origin == bindparam("origin")))
_READING = statement(
    select(ledger_readings.c.reading).where(ledger_readings.c.tenant_id == bindparam("tenant_id"))
)
_LEAVES = statement(
    select(ledger_entries.c.leaf)
    .where(
        ledger_entries.c.tenant_id == bindparam("tenant_id"),
        ledger_entries.c.seq >= bindparam("begin"),
        ledger_entries.c.seq < bindparam("until"),
    )
    .order_by(ledger_entries.c.seq)
)


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs of one process."""

    database: Database
    desk: Desk

    async def find_checkpoint(self, code: str) -> bytes | None:
        """The note that was published last; None when there is no such log, or none was published."""
        tenant_id = await self._find_tenant(code)
        if tenant_id is None:
            return None
        async with self.database.read(Scope(tenant_id)) as tx:
            published = await find_published(tx.raw, tenant_id)
        return None if published is None else published.note.encode()

    async def check_reader(self, code: str, principal: Principal | None, trace_id: str) -> bool:
        """Whether the log is public. Raises HttpError 401 or 403 for who may not read it; an unknown log is nobody's to read."""
        tenant_id = await self._find_tenant(code)
        reading = None
        if tenant_id is not None:
            reading = await self._read_reading(tenant_id)
            if reading is LogReading.PUBLIC or await self._may_read(reading, tenant_id, principal):
                return reading is LogReading.PUBLIC
        if principal is None:
            raise HttpError(401, REFUSED, _ZH, _EN, headers=[(b"www-authenticate", b"Bearer")])
        await record_refusal(self.database, principal, OPERATION, code, REFUSED, trace_id, self.desk.now())
        raise HttpError(403, REFUSED, _ZH, _EN)

    async def find_tile(self, code: str, name: TileName) -> bytes | None:
        """The bytes of a tile or bundle; None unless the published checkpoint covers every hash of it."""
        tenant_id = await self._find_tenant(code)
        if tenant_id is None:
            return None
        async with self.database.read(Scope(tenant_id)) as tx:
            published = await find_published(tx.raw, tenant_id)
            if published is None or not name.is_within(published.checkpoint.size):
                return None
            if name.level != ENTRIES_LEVEL:
                return await stored_tiles(tx.raw, tenant_id)(name.level, name.index, name.width)
            begin = name.index * WIDTH
            rows = await tx.all(_LEAVES, begin=begin, until=begin + name.width)
        return format_bundle([row["leaf"].encode() for row in rows])

    async def find_proof(self, origin: str, sequence: int, hash_: bytes) -> Sought | None:
        """For whoever brings an entry's hash: its proof, if it stands there. Who brings another learns nothing of the entry.

        None for an unknown log. Raises LedgerBrokenError.
        """
        found = await self.database.registry(_BY_ORIGIN, origin=origin)
        if not found:
            return None
        tenant_id, code = found[0]["id"], found[0]["code"]
        async with self.database.read(Scope(tenant_id)) as tx:
            published = await find_published(tx.raw, tenant_id)
            if published is None or sequence >= published.checkpoint.size:
                return Sought(code, published, None)
            tiles = published_tiles(tx.raw, tenant_id, published)
            proof = await prove_under(tx.raw, tenant_id, published, tiles, sequence)
        under = published.checkpoint
        stands = is_included(hash_, sequence, under.size, proof.path, under.root)
        return Sought(code, published, proof if stands else None)

    async def _find_tenant(self, code: str) -> int | None:
        found = await self.database.registry(_TENANT, code=code)
        return found[0]["id"] if found else None

    async def _read_reading(self, tenant_id: int) -> LogReading:
        async with self.database.read(Scope(tenant_id)) as tx:
            row = await tx.first(_READING)
        return DEFAULT if row is None else LogReading(row["reading"])

    async def _may_read(self, reading: LogReading, tenant_id: int, principal: Principal | None) -> bool:
        if principal is None:
            return False
        async with self.database.read(principal.acting_scope(tenant_id)) as tx:
            standing = await load_standing(tx, principal, self.desk.now())
        return may_read_log(reading, tenant_id, standing)
