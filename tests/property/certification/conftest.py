"""Two counties to act in, founded once a run."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tenancy.database import Database
from tenancy.vault import FileVault
from tests.integration.certification.world import CITY, tenant_rows
from tests.property.certification.years import COUNTIES, found_land
from tests.support import clone_database
from xingji.postgres import EmbeddedPostgres


@pytest.fixture(scope="session")
async def land(postgres: EmbeddedPostgres, migrated: str, vault: FileVault) -> AsyncIterator[str]:
    """The name of a database with two counties, founded; clone it."""
    async with clone_database(postgres, migrated) as urls:
        owner = await asyncpg.connect(urls.owner)
        await owner.executemany(
            "INSERT INTO tenants (id, code, name, level, parent_id, unit_id, origin) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [row for row in tenant_rows() if row[0] in (CITY, *COUNTIES)],
        )
        await owner.close()
        database = await Database.connect(urls.app, vault=vault, max_size=1)
        await found_land(database)
        await database.close()
        yield urls.name
