"""The tenant-bound transaction against a real server."""

from __future__ import annotations

import asyncio
import contextlib

import asyncpg
import pytest
from sqlalchemy import bindparam, select, text

from certification.tables import campaigns
from tenancy.database import Database, Scope
from tenancy.errors import ForeignRowError, InvariantError, RowNotFoundError
from tenancy.policies import PRIVILEGES
from tenancy.statements import insert_sql, statement
from tenancy.tables import credentials, ledger_readings, personal_values
from tests.integration.tenancy.conftest import Place
from tests.integration.tenancy.samples import TENANT_TABLES, a_row, rows_of

VALUES = statement(select(personal_values).where(personal_values.c.tenant_id == bindparam("tenant_id")))
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
EVERY_VALUE = statement(select(personal_values))


async def test_rows_come_back_as_written(place: Place) -> None:
    row = a_row(personal_values, 3, 0)
    async with place.database.write(Scope(3)) as tx:
        await tx.insert(personal_values, [row])
    async with place.database.read(Scope(3)) as tx:
        assert dict(await tx.one(VALUES)) == row


async def test_error_inside_rolls_back(place: Place) -> None:
    with pytest.raises(ZeroDivisionError):
        async with place.database.write(Scope(3)) as tx:
            await tx.insert(personal_values, [a_row(personal_values, 3, 0)])
            _ = 1 // 0
    assert await place.root.fetchval("SELECT count(*) FROM personal_values") == 0


class UndoneError(Exception):
    """Leaves a transaction without a commit, which the ledger's triggers would refuse."""


async def test_insert_and_update_carry_every_table(place: Place) -> None:
    """Set statements made from metadata hold for each table, types and NULLs included."""
    with pytest.raises(UndoneError):
        async with place.database.write(Scope(3)) as tx:
            for table in TENANT_TABLES:
                first, second = rows_of(table, 3)
                if table is ledger_readings:  # one a tenant
                    first = second
                rows = [first] if first is second else [first, second]
                await tx.insert(table, rows)
                if table.name not in PRIVILEGES:
                    second |= {column.name: None for column in table.columns if column.nullable}
                    await tx.update(table, [second])
                found = [dict(row) for row in await tx.all(statement(select(table)))]
                assert sorted(found, key=repr) == sorted(rows, key=repr), table.name
            raise UndoneError


async def test_row_of_another_tenant_is_refused_by_code_and_by_the_database(place: Place) -> None:
    theirs = a_row(personal_values, 4, 0)
    with pytest.raises(ForeignRowError):
        async with place.database.write(Scope(3)) as tx:
            await tx.insert(personal_values, [a_row(personal_values, 3, 0), theirs])
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with place.database.write(Scope(3)) as tx:
            await tx.raw.execute(
                insert_sql(personal_values).sql,
                4,
                *([theirs[name]] for name in insert_sql(personal_values).names[1:]),
            )
    assert await place.root.fetchval("SELECT count(*) FROM personal_values") == 0


async def test_granted_and_shared_rows_cannot_be_written(place: Place) -> None:
    theirs = a_row(campaigns, 4, 0)
    await place.seed("campaigns", theirs)
    with pytest.raises(RowNotFoundError):
        async with place.database.write(Scope(3, granted=(4,), shared=(4,))) as tx:
            assert len(await tx.all(statement(select(campaigns)))) == 1
            assert await tx.raw.execute("UPDATE campaigns SET name = 'x'") == "UPDATE 0"
            await tx.update(campaigns, [{**theirs, "tenant_id": 3}])


async def test_read_refuses_to_write(place: Place) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with place.database.read(Scope(3)) as tx:
            await tx.insert(personal_values, [a_row(personal_values, 3, 0)])


async def test_swallowed_error_is_not_acknowledged(place: Place) -> None:
    """PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and no error."""
    with pytest.raises(InvariantError):
        async with place.database.write(Scope(3)) as tx:
            await tx.insert(personal_values, [a_row(personal_values, 3, 0)])
            with contextlib.suppress(asyncpg.DivisionByZeroError):
                await tx.raw.execute("SELECT 1/0")
    assert await place.root.fetchval("SELECT count(*) FROM personal_values") == 0


async def test_pooled_connection_carries_nothing_over(place: Place) -> None:
    dsn = place.urls.app
    database = await Database.connect(dsn, 1, 1)
    try:
        async with database.write(Scope(3, granted=(4,), shared=(5,))) as tx:
            await tx.insert(personal_values, [a_row(personal_values, 3, 0)])
            server = await tx.raw.fetchval("SELECT pg_backend_pid()")
        with pytest.raises(ZeroDivisionError):
            async with database.write(Scope(4, granted=(3,))):
                _ = 1 // 0
        settings = statement(
            text(
                "SELECT pg_backend_pid() AS pid, current_setting('app.tenant', true) AS tenant,"
                " current_setting('app.granted', true) AS granted, current_setting('app.shared', true) AS shared,"
                " (SELECT count(*) FROM personal_values) AS seen"
            )
        )
        (row,) = await database.registry(settings)
        assert row["pid"] == server
        assert not row["tenant"]
        assert not row["granted"]
        assert not row["shared"]
        assert row["seen"] == 0
        async with database.read(Scope(9)) as tx:
            assert await tx.all(EVERY_VALUE) == []
    finally:
        await database.close()


async def test_the_end_of_a_reading_travels_with_the_next_opening(place: Place) -> None:
    """One connection: whoever has it next sees nothing of the reader before, and is told of nothing else."""
    await place.seed("personal_values", a_row(personal_values, 3, 0))
    database = await Database.connect(place.urls.app, 1, 1)
    heard: list[str] = []
    try:
        async with database.read(Scope(3, granted=(4,), shared=(5,))) as tx:
            assert len(await tx.all(EVERY_VALUE)) == 1
            tx.raw.add_query_logger(lambda logged: heard.append(logged.query))
        async with database.read(Scope(4)) as tx:
            assert await tx.all(EVERY_VALUE) == []
            assert not await tx.raw.fetchval("SELECT current_setting('app.granted', true)")
        async with database.write(Scope(4)) as tx:
            await tx.insert(personal_values, [a_row(personal_values, 4, 0)])
        await asyncio.sleep(0)
        assert [line for line in heard if "app.tenant" in line or "COMMIT" in line] == [
            "COMMIT;BEGIN READ ONLY;SET LOCAL app.tenant = '4'",
            "COMMIT;BEGIN;SET LOCAL app.tenant = '4'",
            "COMMIT",
        ]
    finally:
        await database.close()
    assert await place.root.fetchval("SELECT count(*) FROM personal_values") == 2


async def test_a_reading_that_failed_unheard_hands_on_a_clean_connection(place: Place) -> None:
    database = await Database.connect(place.urls.app, 1, 1)
    try:
        async with database.read(Scope(3)) as tx:
            with contextlib.suppress(asyncpg.DivisionByZeroError):
                await tx.raw.execute("SELECT 1/0")
        async with database.write(Scope(4)) as tx:
            await tx.insert(personal_values, [a_row(personal_values, 4, 0)])
        async with database.read(Scope(4)) as tx:
            assert len(await tx.all(EVERY_VALUE)) == 1
    finally:
        await database.close()


async def test_a_connection_that_rests_holds_no_transaction_open(place: Place) -> None:
    database = await Database.connect(place.urls.app, 1, 2)
    try:
        async with database.read(Scope(3)) as one, database.read(Scope(3)) as other:
            pids = [await tx.raw.fetchval("SELECT pg_backend_pid()") for tx in (one, other)]
        open_ = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1) AND state <> 'idle'"
        for _ in range(100):
            if await place.root.fetchval(open_, pids) == 0:
                break
            await asyncio.sleep(0.02)
        assert await place.root.fetchval(open_, pids) == 0
        assert database.count_connections() == {"taken": 0, "free": 2}
    finally:
        await asyncio.wait_for(database.close(), 5)


async def test_a_connection_lost_inside_a_left_reading_is_replaced(place: Place) -> None:
    database = await Database.connect(place.urls.app, 1, 1)
    try:
        async with database.read(Scope(3)) as tx:
            pid = await tx.raw.fetchval("SELECT pg_backend_pid()")
        await place.root.execute("SELECT pg_terminate_backend($1)", pid)
        await asyncio.sleep(0.2)
        async with database.read(Scope(3)) as tx:
            assert await tx.raw.fetchval("SELECT pg_backend_pid()") != pid
        assert database.count_connections()["taken"] == 0
    finally:
        await asyncio.wait_for(database.close(), 5)


async def test_cancelled_reader_gives_back_a_clean_connection(place: Place) -> None:
    database = await Database.connect(place.urls.app, 1, 1)

    async def slow() -> None:
        async with database.write(Scope(3)) as tx:
            await tx.insert(personal_values, [a_row(personal_values, 3, 0)])
            await tx.raw.execute("SELECT pg_sleep(30)")

    try:
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with database.read(Scope(3)) as tx:
            assert await tx.all(EVERY_VALUE) == []
    finally:
        await database.close()


async def test_update_refuses_a_row_that_is_not_there(place: Place) -> None:
    await place.seed("credentials", a_row(credentials, 3, 0))
    with pytest.raises(RowNotFoundError):
        async with place.database.write(Scope(3)) as tx:
            await tx.update(credentials, [row | {"failures": 9} for row in rows_of(credentials, 3, 2)])
    assert await place.root.fetchval("SELECT failures FROM credentials") == 1


async def test_row_with_a_missing_or_unknown_column_is_refused(place: Place) -> None:
    row = a_row(personal_values, 3, 0)
    short = {name: value for name, value in row.items() if name != "sealed"}
    async with place.database.write(Scope(3)) as tx:
        for wrong in (short, {**row, "nickname": "x"}):
            with pytest.raises(InvariantError):
                await tx.insert(personal_values, [wrong])


async def test_one_tells_none_from_many(place: Place) -> None:
    async with place.database.write(Scope(3)) as tx:
        with pytest.raises(RowNotFoundError):
            await tx.one(VALUES)
        assert await tx.first(VALUES) is None
        await tx.insert(personal_values, rows_of(personal_values, 3, 2))
        with pytest.raises(InvariantError):
            await tx.one(VALUES)


async def test_no_more_connections_than_allowed_and_all_come_back(place: Place) -> None:
    database = await Database.connect(place.urls.app, 0, 3)
    most = statement(text("SELECT count(*) AS n FROM pg_stat_activity WHERE usename = 'xingji_app'"))

    async def one_of_many(number: int) -> int:
        async with database.read(Scope(number + 1)) as tx:
            seen: int = (await tx.one(most))["n"]
            if number % 3 == 0:
                raise ZeroDivisionError
            return seen

    try:
        before = await place.root.fetchval(most.sql)
        results = await asyncio.gather(*(one_of_many(n) for n in range(30)), return_exceptions=True)
        assert sum(isinstance(result, ZeroDivisionError) for result in results) == 10
        assert max(result for result in results if isinstance(result, int)) <= before + 3
    finally:
        await asyncio.wait_for(database.close(), 5)


async def test_connection_that_the_server_cut_is_replaced(place: Place) -> None:
    database = await Database.connect(place.urls.app, 1, 1)
    try:
        async with database.read(Scope(3)) as tx:
            server = await tx.raw.fetchval("SELECT pg_backend_pid()")
        await place.root.execute("SELECT pg_terminate_backend($1)", server)
        await asyncio.sleep(0.2)
        async with database.read(Scope(3)) as tx:
            assert await tx.raw.fetchval("SELECT pg_backend_pid()") != server
        with pytest.raises(LOST):
            async with database.write(Scope(3)) as tx:
                pid = await tx.raw.fetchval("SELECT pg_backend_pid()")
                await place.root.execute("SELECT pg_terminate_backend($1)", pid)
                await tx.all(VALUES)
        async with database.read(Scope(3)) as tx:
            assert await tx.all(VALUES) == []
    finally:
        await asyncio.wait_for(database.close(), 5)


async def test_impatient_cancelling_loses_no_place(place: Place) -> None:
    """Cancelled at any moment, twice: the place is free again and the next transaction is clean."""
    database = await Database.connect(place.urls.app, 0, 1)

    async def work() -> None:
        async with database.write(Scope(3)) as tx:
            await tx.insert(personal_values, [a_row(personal_values, 3, 0)])
            await tx.raw.execute("SELECT pg_sleep(0.002)")
            raise ZeroDivisionError

    try:
        for step in range(40):
            task = asyncio.create_task(work())
            await asyncio.sleep(step / 4000)
            task.cancel()
            await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ZeroDivisionError):
                await task
            async with database.read(Scope(3)) as tx:
                assert await tx.all(EVERY_VALUE) == []
    finally:
        await asyncio.wait_for(database.close(), 5)


async def test_connection_given_back_inside_a_transaction_is_cut(place: Place) -> None:
    raw = await place.database.take()
    server = await raw.fetchval("SELECT pg_backend_pid()")
    await raw.execute("BEGIN; SET LOCAL app.tenant = '3'")
    place.database.give_back(raw)
    alive = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1"
    for _ in range(50):
        if await place.root.fetchval(alive, server) == 0:
            break
        await asyncio.sleep(0.05)
    assert await place.root.fetchval(alive, server) == 0
    async with place.database.read(Scope(4)) as tx:
        assert await tx.raw.fetchval("SELECT pg_backend_pid()") != server
