"""The tenant-bound transaction: the only door to a tenant's rows.

The rule upheld here: a connection is handed out only inside a transaction whose tenant, grants and shared
tenants were set by literal `SET LOCAL` from validated integers, and nothing of it outlives the transaction.
BEGIN and the three settings travel as one message:

    async with database.write(Scope(tenant_id=3)) as tx:      # commits on leaving, rolls back on an error
        await tx.insert(units, rows)

Who may open which scope is decided by the caller (tenancy/identity.py); this module does not know people.
Only the boundary opens a transaction (ADR 0004).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from sqlalchemy import Table

from tenancy.errors import ForeignRowError, InvalidScopeError, InvariantError, RowNotFoundError
from tenancy.statements import Statement, insert_sql, update_sql

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]

LARGEST_ID: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Scope:
    """What a transaction sees: its own tenant, those granted to it, those whose lists are shared with it."""

    tenant_id: int
    granted: tuple[int, ...] = ()
    shared: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for number in (self.tenant_id, *self.granted, *self.shared):
            if type(number) is not int or not 0 < number <= LARGEST_ID:
                raise InvalidScopeError
        if type(self.granted) is not tuple or type(self.shared) is not tuple:
            raise InvalidScopeError


def array_literal(numbers: Iterable[int]) -> str:
    """`{1,2}`: a PostgreSQL array literal of integers."""
    return "{" + ",".join(format(number, "d") for number in numbers) + "}"


@lru_cache(maxsize=8192)
def opening_sql(scope: Scope, read_only: bool) -> str:
    """BEGIN and the three literal settings, one simple-protocol message."""
    return (
        f"BEGIN{' READ ONLY' if read_only else ''};"
        f"SET LOCAL app.tenant = '{scope.tenant_id:d}';"
        f"SET LOCAL app.granted = '{array_literal(scope.granted)}';"
        f"SET LOCAL app.shared = '{array_literal(scope.shared)}'"
    )


@dataclass(frozen=True, slots=True)
class TenantConnection:
    """A connection inside a transaction bound to one tenant; dead once the transaction ends."""

    raw: asyncpg.Connection[asyncpg.Record]
    scope: Scope

    @property
    def tenant_id(self) -> int:
        return self.scope.tenant_id

    async def all(self, statement: Statement, **given: Any) -> list[asyncpg.Record]:
        """Every row; the parameter `tenant_id` is the bound tenant unless given."""
        return await self.raw.fetch(statement.sql, *statement.arguments(given, self.tenant_id))

    async def first(self, statement: Statement, **given: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        return await self.raw.fetchrow(statement.sql, *statement.arguments(given, self.tenant_id))

    async def one(self, statement: Statement, **given: Any) -> asyncpg.Record:
        """The only row. Raises RowNotFoundError when there is none, InvariantError when there are more."""
        rows = await self.all(statement, **given)
        if not rows:
            raise RowNotFoundError
        if len(rows) > 1:
            raise InvariantError(what="one row was expected, more were found")
        return rows[0]

    async def insert(self, table: Table, rows: Collection[Mapping[str, Any]]) -> None:
        """Insert whole rows of the bound tenant. Raises ForeignRowError for a row of another."""
        await self._set(insert_sql(table), rows)

    async def update(self, table: Table, rows: Collection[Mapping[str, Any]]) -> None:
        """Update whole rows by primary key. Raises ForeignRowError; RowNotFoundError unless each is there."""
        if await self._set(update_sql(table), rows) != len(rows):
            raise RowNotFoundError

    async def _set(self, statement: Statement, rows: Collection[Mapping[str, Any]]) -> int:
        names = statement.names
        for row in rows:
            if row.keys() != set(names):
                raise InvariantError(what=f"a whole row has the columns {sorted(names)}")
            if row["tenant_id"] != self.tenant_id:
                raise ForeignRowError
        if not rows:
            return 0
        columns = ([row[name] for row in rows] for name in names[1:])
        tag = await self.raw.execute(statement.sql, self.tenant_id, *columns)
        return int(tag.rpartition(" ")[2])


class Database:
    """A pool of connections of the app role; made by `connect`, ended by `close`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @classmethod
    async def connect(cls, dsn: str, min_size: int = 1, max_size: int = 10) -> Database:
        """Open a pool on `dsn` (`postgresql://role:password@/name?host=…`).

        JIT is off (it costs more than our statements take); the statement cache holds compiled read plans,
        some of them long. No RESET when a connection comes back: all settings of ours are LOCAL and ended
        with the transaction, and asyncpg itself rolls back what is still open.
        """
        return cls(
            await asyncpg.create_pool(
                dsn,
                min_size=min_size,
                max_size=max_size,
                statement_cache_size=1024,
                max_cacheable_statement_size=256 * 1024,
                max_inactive_connection_lifetime=0,
                server_settings={"jit": "off", "timezone": "UTC", "application_name": "xingji"},
                reset=keep,
            )
        )

    async def close(self) -> None:
        """Close every connection, waiting for transactions under way."""
        await self._pool.close()

    async def registry(self, statement: Statement, **given: Any) -> list[asyncpg.Record]:
        """Rows of a registry table (`tenants`), outside any tenant: policies hide everything else."""
        async with self._pool.acquire() as raw:
            return await raw.fetch(statement.sql, *statement.arguments(given, 0))

    @asynccontextmanager
    async def read(self, scope: Scope) -> AsyncIterator[TenantConnection]:
        """A READ ONLY transaction bound to `scope`."""
        async with self._pool.acquire() as raw, bound(raw, scope, read_only=True) as tx:
            yield tx

    @asynccontextmanager
    async def write(self, scope: Scope) -> AsyncIterator[TenantConnection]:
        """A transaction bound to `scope`: commits on leaving, rolls back on an error."""
        async with self._pool.acquire() as raw, bound(raw, scope, read_only=False) as tx:
            yield tx


@asynccontextmanager
async def bound(raw: Any, scope: Scope, *, read_only: bool) -> AsyncIterator[TenantConnection]:
    """Begin, bind, hand out, then commit or roll back.

    An error that the caller swallowed inside the block has aborted the transaction, and PostgreSQL answers
    COMMIT with ROLLBACK: that is raised, so that nobody acknowledges what was not kept.
    """
    try:
        await raw.execute(opening_sql(scope, read_only))
        yield TenantConnection(raw, scope)
    except BaseException:
        await roll_back(raw)
        raise
    if await raw.execute("COMMIT") != "COMMIT":
        raise InvariantError(what="the transaction had failed and was rolled back")


async def roll_back(raw: Any) -> None:
    """Roll back; a connection that cannot is cut, and the server rolls back."""
    try:
        await raw.execute("ROLLBACK")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        raw.terminate()


async def keep(raw: Any) -> None:
    """Return a connection to the pool as it is, without a round trip."""
