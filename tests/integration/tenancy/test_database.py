"""The tenant-bound transaction against a real server."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import asyncpg
import pytest
from sqlalchemy import bindparam, select, text

from certification.tables import campaigns
from tenancy.database import Database, Scope
from tenancy.errors import ForeignRowError, InvariantError, RowNotFoundError
from tenancy.policies import PRIVILEGES
from tenancy.statements import insert_sql, statement
from tenancy.tables import people
from tests.integration.tenancy.samples import TENANT_TABLES, a_row, rows_of

PEOPLE = statement(select(people).where(people.c.tenant_id == bindparam("tenant_id")))
EVERYBODY = statement(select(people))


async def test_rows_come_back_as_written(place: Any) -> None:
    row = a_row(people, 3, 0)
    async with place.database.write(Scope(3)) as tx:
        await tx.insert(people, [row])
    async with place.database.read(Scope(3)) as tx:
        assert dict(await tx.one(PEOPLE)) == row


async def test_error_inside_rolls_back(place: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        async with place.database.write(Scope(3)) as tx:
            await tx.insert(people, [a_row(people, 3, 0)])
            _ = 1 // 0
    assert await place.root.fetchval("SELECT count(*) FROM people") == 0


async def test_insert_and_update_carry_every_table(place: Any) -> None:
    """Set statements made from metadata hold for each table, types and NULLs included."""
    for table in TENANT_TABLES:
        first, second = rows_of(table, 3)
        every = statement(select(table).order_by(*table.primary_key.columns))
        async with place.database.write(Scope(3)) as tx:
            await tx.insert(table, [first, second])
            nulled = {column.name for column in table.columns if column.nullable}
            changed = {**second, **dict.fromkeys(nulled)}
            if table.name not in PRIVILEGES:
                await tx.update(table, [changed])
                second = changed
            found = [dict(row) for row in await tx.all(every)]
        assert sorted(found, key=repr) == sorted([first, second], key=repr), table.name


async def test_row_of_another_tenant_is_refused_by_code_and_by_the_database(place: Any) -> None:
    theirs = a_row(people, 4, 0)
    with pytest.raises(ForeignRowError):
        async with place.database.write(Scope(3)) as tx:
            await tx.insert(people, [a_row(people, 3, 0), theirs])
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with place.database.write(Scope(3)) as tx:
            await tx.raw.execute(
                insert_sql(people).sql, 4, *([theirs[name]] for name in insert_sql(people).names[1:])
            )
    assert await place.root.fetchval("SELECT count(*) FROM people") == 0


async def test_granted_and_shared_rows_cannot_be_written(place: Any) -> None:
    async with place.database.write(Scope(4)) as tx:
        await tx.insert(campaigns, [a_row(campaigns, 4, 0)])
    async with place.database.write(Scope(3, granted=(4,), shared=(4,))) as tx:
        assert len(await tx.all(statement(select(campaigns)))) == 1
        assert await tx.raw.execute("UPDATE campaigns SET name = 'x'") == "UPDATE 0"
        with pytest.raises(RowNotFoundError):
            await tx.update(campaigns, [{**a_row(campaigns, 4, 0), "tenant_id": 3}])


async def test_read_refuses_to_write(place: Any) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with place.database.read(Scope(3)) as tx:
            await tx.insert(people, [a_row(people, 3, 0)])


async def test_swallowed_error_is_not_acknowledged(place: Any) -> None:
    """PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and no error."""
    with pytest.raises(InvariantError):
        async with place.database.write(Scope(3)) as tx:
            await tx.insert(people, [a_row(people, 3, 0)])
            with contextlib.suppress(asyncpg.DivisionByZeroError):
                await tx.raw.execute("SELECT 1/0")
    assert await place.root.fetchval("SELECT count(*) FROM people") == 0


async def test_pooled_connection_carries_nothing_over(place: Any) -> None:
    dsn = f"postgresql://xingji_app@/{place.name}?host={place.socket}"
    database = await Database.connect(dsn, 1, 1)
    try:
        async with database.write(Scope(3, granted=(4,), shared=(5,))) as tx:
            await tx.insert(people, [a_row(people, 3, 0)])
            server = await tx.raw.fetchval("SELECT pg_backend_pid()")
        with pytest.raises(ZeroDivisionError):
            async with database.write(Scope(4, granted=(3,))):
                _ = 1 // 0
        settings = statement(
            text(
                "SELECT pg_backend_pid() AS pid, current_setting('app.tenant', true) AS tenant,"
                " current_setting('app.granted', true) AS granted, current_setting('app.shared', true) AS shared,"
                " (SELECT count(*) FROM people) AS seen"
            )
        )
        (row,) = await database.registry(settings)
        assert row["pid"] == server
        assert not row["tenant"]
        assert not row["granted"]
        assert not row["shared"]
        assert row["seen"] == 0
        async with database.read(Scope(9)) as tx:
            assert await tx.all(EVERYBODY) == []
    finally:
        await database.close()


async def test_cancelled_reader_gives_back_a_clean_connection(place: Any) -> None:
    database = await Database.connect(f"postgresql://xingji_app@/{place.name}?host={place.socket}", 1, 1)

    async def slow() -> None:
        async with database.write(Scope(3)) as tx:
            await tx.insert(people, [a_row(people, 3, 0)])
            await tx.raw.execute("SELECT pg_sleep(30)")

    try:
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with database.read(Scope(3)) as tx:
            assert await tx.all(EVERYBODY) == []
    finally:
        await database.close()


async def test_update_refuses_a_row_that_is_not_there(place: Any) -> None:
    with pytest.raises(RowNotFoundError):
        async with place.database.write(Scope(3)) as tx:
            await tx.insert(people, [a_row(people, 3, 0)])
            await tx.update(people, rows_of(people, 3, 2))
    assert await place.root.fetchval("SELECT count(*) FROM people") == 0


async def test_row_with_a_missing_or_unknown_column_is_refused(place: Any) -> None:
    row = a_row(people, 3, 0)
    short = {name: value for name, value in row.items() if name != "created_at"}
    async with place.database.write(Scope(3)) as tx:
        for wrong in (short, {**row, "nickname": "x"}):
            with pytest.raises(InvariantError):
                await tx.insert(people, [wrong])


async def test_one_tells_none_from_many(place: Any) -> None:
    async with place.database.write(Scope(3)) as tx:
        with pytest.raises(RowNotFoundError):
            await tx.one(PEOPLE)
        assert await tx.first(PEOPLE) is None
        await tx.insert(people, rows_of(people, 3, 2))
        with pytest.raises(InvariantError):
            await tx.one(PEOPLE)
