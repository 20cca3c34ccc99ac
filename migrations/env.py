"""Runs migrations over asyncpg as the schema's owner, one transaction each, one runner at a time.

The URL comes from the caller (`xingji.migrate`), or for the `alembic` command from XINGJI_MIGRATOR_URL.
"""

import asyncio
import os

import asyncpg
from alembic import context
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

# Any constant that no one else locks: runners wait for each other on it.
ADVISORY_LOCK = 0x78696E676A69


def run(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=defined_metadata(),
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def defined_metadata() -> list[MetaData] | None:
    """Only `alembic revision --autogenerate` compares; running migrations must not need the application."""
    if not getattr(context.config.cmd_opts, "autogenerate", False):
        return None
    from xingji.migrate import load_metadata

    return load_metadata()


async def main() -> None:
    url = context.config.attributes.get("url") or os.environ.get("XINGJI_MIGRATOR_URL")
    if not url:
        raise SystemExit("XINGJI_MIGRATOR_URL is not set")

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


asyncio.run(main())
