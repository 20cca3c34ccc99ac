"""The run's server with the ledger's tables and two made-up audited ones; every test has a tenant of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from audit import tables
from audit.keys import Ed25519Signer
from audit.triggers import audit_trigger_sql
from tests.integration.audit.kit import OPENED_AT, SAMPLES, World, sample_metadata
from xingji.postgres import EmbeddedPostgres

NAME = "audit_samples"
_tenants = count(1)


@pytest.fixture(scope="session")
async def sample_database(postgres: EmbeddedPostgres) -> str:
    """The name of a database with tables, row-level security, grants and triggers in place."""
    admin = await asyncpg.connect(postgres.url("superuser", "postgres"))
    await admin.execute(f"CREATE DATABASE {NAME} TEMPLATE template0 OWNER xingji_owner")
    await admin.close()
    conn = await asyncpg.connect(postgres.url("owner", NAME))
    for metadata in (tables.metadata, sample_metadata):
        for table in metadata.sorted_tables:
            await conn.execute(str(CreateTable(table).compile(dialect=dialect())))
            for index in table.indexes:
                await conn.execute(str(CreateIndex(index).compile(dialect=dialect())))
            own = "tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::int)"
            await conn.execute(
                f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
                f"CREATE POLICY own ON {table.name} USING ({own}) WITH CHECK ({own})"
            )
            grants = tables.APP_GRANTS.get(table.name, "SELECT, INSERT, UPDATE, DELETE, TRUNCATE")
            await conn.execute(f"GRANT {grants} ON {table.name} TO xingji_app")
    for table in SAMPLES:
        for statement in audit_trigger_sql(table):
            await conn.execute(statement)
    await conn.close()
    return NAME


@pytest.fixture
async def world(postgres: EmbeddedPostgres, sample_database: str) -> AsyncIterator[World]:
    """A tenant with an opened ledger, a connection as the application and one as a superuser."""
    async with opened_world(postgres, sample_database) as world:
        yield world


@asynccontextmanager
async def opened_world(postgres: EmbeddedPostgres, sample_database: str) -> AsyncIterator[World]:
    """A tenant that no other test has."""
    tenant = next(_tenants)
    signer = Ed25519Signer(f"xingji.test/{tenant}", Ed25519PrivateKey.generate())
    url = postgres.url("app", sample_database)
    app = await asyncpg.connect(url)
    root = await asyncpg.connect(postgres.url("superuser", sample_database))
    world = World(tenant, signer, url, app, root)
    try:
        await world.open(OPENED_AT)
        yield world
    finally:
        await app.close()
        await root.close()
