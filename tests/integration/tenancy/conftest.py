"""A database of the app role beside a superuser's connection."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest

from tenancy.database import Database
from tenancy.vault import FileVault
from tests.integration.tenancy.samples import Row
from tests.support import DatabaseUrls


@dataclass(frozen=True, slots=True)
class Place:
    """One fresh database: as the app, and as the superuser."""

    urls: DatabaseUrls
    database: Database
    root: "asyncpg.Connection[asyncpg.Record]"

    async def seed(self, table: str, *rows: Row) -> None:
        """Insert rows as they stand, without the ledger's triggers and without foreign keys."""
        async with self.root.transaction():
            await self.root.execute("SET LOCAL session_replication_role = replica")
            for row in rows:
                values = ", ".join(f"${n}" for n in range(1, len(row) + 1))
                await self.root.execute(
                    f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})", *row.values()
                )


@pytest.fixture
async def place(database: DatabaseUrls, vault: FileVault) -> AsyncIterator[Place]:
    served = await Database.connect(database.app, 1, 8, vault=vault)
    root = await asyncpg.connect(database.superuser)
    try:
        yield Place(database, served, root)
    finally:
        await served.close()
        await root.close()
