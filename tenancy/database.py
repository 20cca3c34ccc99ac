"""The tenant-bound transaction: the only door to a tenant's rows.

The rule upheld here: a connection is handed out only inside a transaction whose tenant, grants and shared
tenants were set by literal `SET LOCAL` from validated integers, and nothing of it outlives the transaction.
BEGIN and the settings travel as one message:

    async with database.write(Scope(tenant_id=3)) as tx:      # commits on leaving, rolls back on an error
        await tx.insert(units, rows)

A reading transaction keeps nothing, so nobody waits for its COMMIT: it travels in front of the connection's next BEGIN, in one message,
or goes by itself when none comes soon.

Who may open which scope is decided by the caller (tenancy/identity.py); this module does not know people.
Only the boundary opens a transaction (ADR 0004).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from sqlalchemy import Table

from tenancy.errors import ForeignRowError, InvalidScopeError, InvariantError, RowNotFoundError
from tenancy.statements import Statement, insert_sql, update_sql
from tenancy.vault import Vault

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

LARGEST_ID: Final = 2**31 - 1
NOBODY: Final = 0
"""The tenant of a stranger: no row is of it, and no setting is made from it."""
SOON: Final = 0.005
"""Seconds that a reading transaction stays open behind its end when nobody takes its connection."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a transaction sees: its own tenant, those granted to it, those whose lists are shared with it.

    `public`: the tenants whose public lists it reads, None when it asks for none. A stranger has that alone: `of_public`.
    """

    tenant_id: int
    granted: tuple[int, ...] = ()
    shared: tuple[int, ...] = ()
    public: tuple[int, ...] | None = None

    @classmethod
    def of_public(cls, tenants: tuple[int, ...]) -> Scope:
        """The scope of somebody who is nobody's: public lists, and no tenant."""
        return cls(NOBODY, public=tenants)

    def __post_init__(self) -> None:
        stranger = self.public is not None and self.tenant_id is NOBODY and not self.granted + self.shared
        own = () if stranger else (self.tenant_id,)
        for number in (*own, *self.granted, *self.shared, *(self.public or ())):
            if type(number) is not int or not 0 < number <= LARGEST_ID:
                raise InvalidScopeError
        if any(type(part) is not tuple for part in (self.granted, self.shared, self.public or ())):
            raise InvalidScopeError


def array_literal(numbers: Iterable[int]) -> str:
    """`{1,2}`: a PostgreSQL array literal of integers."""
    return "{" + ",".join(format(number, "d") for number in numbers) + "}"


@lru_cache(maxsize=8192)
def opening_sql(scope: Scope, read_only: bool) -> str:
    """BEGIN and the literal settings, one simple-protocol message. What is empty is not set: to a policy both are nobody."""
    lines = [f"BEGIN{' READ ONLY' if read_only else ''}"]
    if scope.tenant_id != NOBODY:
        lines.append(f"SET LOCAL app.tenant = '{scope.tenant_id:d}'")
    others = {"granted": scope.granted, "shared": scope.shared, "public": scope.public}
    lines += [f"SET LOCAL app.{name} = '{array_literal(found)}'" for name, found in others.items() if found]
    return ";".join(lines)


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a statement that ran, as asyncpg tells of its own."""

    query: str
    elapsed: float
    exception: BaseException | None


@dataclass(frozen=True, slots=True)
class TenantConnection:
    """A connection inside a transaction bound to one tenant; dead once the transaction ends.

    What is put into `committed` is called behind the commit, and never without one. `announce` wakes who follows a tenant
    (tenancy/waking.py); it is for behind the commit.
    """

    raw: Connection
    scope: Scope
    vault: Vault | None = None
    committed: list[Callable[[], None]] = field(default_factory=list, compare=False)
    announce: Callable[[int], None] = field(default=lambda _tenant_id: None, compare=False)
    told: Callable[[Any], None] | None = field(default=None, compare=False)

    @property
    def tenant_id(self) -> int:
        return self.scope.tenant_id

    def get_vault(self) -> Vault:
        """What opens personal values. Raises InvariantError when the database was opened without."""
        if self.vault is None:
            raise InvariantError(what="personal values were reached for without a vault")
        return self.vault

    async def all(self, statement: Statement, **given: Any) -> list[asyncpg.Record]:
        """Every row; the parameter `tenant_id` is the bound tenant unless given."""
        return await self.raw.fetch(statement.sql, *statement.arguments(given, self.tenant_id))

    async def first(self, statement: Statement, **given: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        return await self.raw.fetchrow(statement.sql, *statement.arguments(given, self.tenant_id))

    async def once(self, sql: str, *parameters: object) -> list[asyncpg.Record]:
        """The rows of a statement that the connection keeps nothing of."""
        begun, wrong = perf_counter(), None
        try:
            made = await self.raw.prepare(sql, name="")
            return await made.fetch(*parameters)
        except BaseException as error:
            wrong = error
            raise
        finally:
            if self.told is not None:
                self.told(Told(sql, perf_counter() - begun, wrong))

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
    """Connections of the app role, kept open; made by `connect`, ended by `close`.

    Not asyncpg's pool: handing a connection out and taking it back cost as much there as a short query. No
    RESET when one comes back either: all settings of ours are LOCAL and ended with the transaction.
    """

    def __init__(
        self, dsn: str, max_size: int, vault: Vault | None = None, told: Callable[[Any], None] | None = None
    ) -> None:
        self.vault = vault
        self.told = told
        self.announce: Callable[[int], None] = lambda _tenant_id: None
        self.dsn = dsn
        self._max_size = max_size
        self._free: list[Connection] = []
        self._left: list[Connection] = []
        self._ending: asyncio.Task[None] | None = None
        self._taken = 0
        self._places = asyncio.Semaphore(max_size)

    @classmethod
    async def connect(
        cls,
        dsn: str,
        min_size: int = 1,
        max_size: int = 10,
        *,
        vault: Vault | None = None,
        told: Callable[[Any], None] | None = None,
    ) -> Database:
        """Open `min_size` connections, later up to `max_size`; `dsn` is `postgresql://role:password@/name?host=…`.

        `vault` opens personal values; without it, what needs them fails. `told` is called behind each statement with what asyncpg logs of it.
        """
        database = cls(dsn, max_size, vault, told)
        for _ in range(min_size):
            database._free.append(await database._open())
        return database

    def get_vault(self) -> Vault:
        """What opens personal values. Raises InvariantError when there is none."""
        if self.vault is None:
            raise InvariantError(what="personal values were reached for without a vault")
        return self.vault

    async def close(self) -> None:
        """Close every connection, waiting for transactions under way; nothing can be opened afterwards."""
        for _ in range(self._max_size):
            await self._places.acquire()
        if self._ending is not None:
            self._ending.cancel()
        for raw in (*self._left, *self._free):
            await raw.close()

    async def registry(self, statement: Statement, **given: Any) -> list[asyncpg.Record]:
        """Rows of a registry table (`tenants`), outside any tenant: policies hide everything else."""
        raw = await self.take()
        try:
            return await raw.fetch(statement.sql, *statement.arguments(given, 0))
        except asyncio.CancelledError:
            raw.terminate()
            raise
        finally:
            self.give_back(raw)

    def read(self, scope: Scope) -> Transaction:
        """A READ ONLY transaction bound to `scope`."""
        return Transaction(self, scope, read_only=True)

    def write(self, scope: Scope) -> Transaction:
        """A transaction bound to `scope`: commits on leaving, rolls back on an error."""
        return Transaction(self, scope, read_only=False)

    async def take(self) -> Connection:
        """A connection outside any transaction: a free one, or a new one while there is place; else it waits."""
        raw = await self.take_left()
        if raw.is_in_transaction():
            try:
                await raw.execute("COMMIT")
            except BaseException:
                self.give_back(raw)
                raise
        return raw

    async def take_left(self) -> Connection:
        """The same, but it may still be inside the reading transaction in which it was left: to be ended before anything else."""
        await self._places.acquire()
        self._taken += 1
        for ready in (self._left, self._free):
            while ready:
                raw = ready.pop()
                if not raw.is_closed():
                    return raw
        try:
            return await self._open()
        except BaseException:
            self._release()
            raise

    async def _open(self) -> Connection:
        raw = await open_connection(self.dsn)
        if self.told is not None:
            raw.add_query_logger(self.told)
        return raw

    def count_connections(self) -> dict[str, float]:
        """How many are handed out, and how many lie ready."""
        return {"taken": self._taken, "free": len(self._free) + len(self._left)}

    def give_back(self, raw: Connection) -> None:
        """Take a connection back; one that is still inside a transaction is cut, and the server rolls back."""
        if not raw.is_closed():
            if raw.is_in_transaction():
                raw.terminate()
            else:
                self._free.append(raw)
        self._release()

    def leave(self, raw: Connection) -> None:
        """Take a connection back inside the reading transaction that it is done with."""
        self._left.append(raw)
        self._release()
        if self._ending is None:
            self._ending = asyncio.create_task(self._end_left())

    async def _end_left(self) -> None:
        """End what nobody took: a connection that rests holds no transaction open."""
        await asyncio.sleep(SOON)
        while self._left:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self.give_back(await self.take())
        self._ending = None

    def _release(self) -> None:
        self._taken -= 1
        self._places.release()


class Transaction:
    """`async with` over one transaction: begins and binds, hands out, then commits or rolls back.

    An error that the caller swallowed inside the block has aborted the transaction, and PostgreSQL answers
    COMMIT with ROLLBACK: that is raised, so that nobody acknowledges what was not kept. A reading one is left as it is.
    """

    __slots__ = ("_committed", "_database", "_raw", "_read_only", "_scope")

    def __init__(self, database: Database, scope: Scope, *, read_only: bool) -> None:
        self._database = database
        self._scope = scope
        self._read_only = read_only

    async def __aenter__(self) -> TenantConnection:
        self._raw = await self._database.take_left()
        opening = opening_sql(self._scope, self._read_only)
        try:
            await self._raw.execute(f"COMMIT;{opening}" if self._raw.is_in_transaction() else opening)
        except BaseException:
            await self._undo()
            raise
        connection = TenantConnection(
            self._raw,
            self._scope,
            self._database.vault,
            announce=self._database.announce,
            told=self._database.told,
        )
        self._committed = connection.committed
        return connection

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            await self._undo()
            return
        if self._read_only:
            self._database.leave(self._raw)
            return
        try:
            tag = await self._raw.execute("COMMIT")
        finally:
            self._database.give_back(self._raw)
        if tag != "COMMIT":
            raise InvariantError(what="the transaction had failed and was rolled back")
        for call in self._committed:
            call()

    async def _undo(self) -> None:
        """Roll back, or cut the connection; its loss does not hide the error that led here."""
        try:
            await self._raw.execute("ROLLBACK")
        except Exception:
            self._raw.terminate()
        except BaseException:
            self._raw.terminate()
            raise
        finally:
            self._database.give_back(self._raw)


async def open_connection(dsn: str) -> Connection:
    """JIT is off, as it costs more than our statements take. The cache holds compiled read plans; the longest ones, which fill a backend's
    memory by the hundred kilobytes, are prepared each time."""
    return await asyncpg.connect(
        dsn,
        statement_cache_size=512,
        max_cacheable_statement_size=64 * 1024,
        server_settings={"jit": "off", "timezone": "UTC", "application_name": "xingji"},
    )
