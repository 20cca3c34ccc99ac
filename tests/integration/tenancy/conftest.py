"""A migrated database of a test's own: as the app through `Database`, as the superuser through a bare connection."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest

from tenancy.database import Database
from tests.support import DatabaseUrls

# The ledger's own tests hold its triggers; here rows are written without entries.
WITHOUT_LEDGER = """
DO $$ DECLARE audited regclass; BEGIN
  FOR audited IN SELECT tgrelid FROM pg_trigger WHERE tgname = 'xingji_recorded' LOOP
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER xingji_recorded', audited);
  END LOOP;
END $$
"""


@dataclass(frozen=True, slots=True)
class Place:
    """One fresh database: as the app through `database` and `url`, as the superuser through `root`."""

    database: Database
    url: str
    root: "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def place(database: DatabaseUrls) -> AsyncIterator[Place]:
    served = await Database.connect(database.app, 1, 8)
    root = await asyncpg.connect(database.superuser)
    await root.execute(WITHOUT_LEDGER)
    try:
        yield Place(served, database.app, root)
    finally:
        await served.close()
        await root.close()
