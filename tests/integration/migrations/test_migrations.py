"""The database's history: up, down, up again; and its newest state is exactly what the definitions say."""

import asyncio

import asyncpg

import certification.tables  # noqa: F401 - fills tenancy's metadata
from audit.rows import is_audited
from audit.triggers import find_drift
from tenancy.tables import metadata
from tests.support import DatabaseUrls
from xingji import migrate


async def test_definitions_match_after_up_down_up(database: DatabaseUrls) -> None:
    await asyncio.to_thread(migrate.downgrade, database.owner, "base")
    owner = await asyncpg.connect(database.owner)
    left = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    functions = await owner.fetch("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    await owner.close()
    assert [row["tablename"] for row in left] == ["alembic_version"]
    assert functions == []
    await asyncio.to_thread(migrate.upgrade, database.owner)
    await asyncio.to_thread(migrate.check, database.owner)


async def test_every_audited_table_has_the_trigger_that_its_columns_ask_for(database: DatabaseUrls) -> None:
    owner = await asyncpg.connect(database.owner)
    audited = [table for table in metadata.sorted_tables if is_audited(table)]
    assert len(audited) > 10
    assert await find_drift(owner, audited) == ()
    await owner.execute("ALTER TABLE opinions DISABLE TRIGGER xingji_recorded")
    drift = await find_drift(owner, audited)
    await owner.close()
    assert drift == ("trigger xingji_recorded on public.opinions is not as the metadata gives it",)
