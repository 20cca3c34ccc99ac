"""The small Zhoukou, founded once a run, and a clone of it for each test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tenancy.database import Database
from tenancy.vault import FileVault
from tests.integration.certification.world import World, found_all, tenant_rows
from xingji.postgres import EmbeddedPostgres

_numbers = itertools.count()


@pytest.fixture(scope="session")
async def founded(postgres: EmbeddedPostgres, migrated: str, vault: FileVault) -> str:
    """The name of a database in which the tenants are founded; clone it, never write to it."""
    name = "xingji_founded"
    await _clone(postgres, migrated, name)
    owner = await asyncpg.connect(postgres.url("owner", name))
    await owner.executemany(
        "INSERT INTO tenants (id, code, name, level, parent_id, unit_id, origin) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant_rows(),
    )
    await owner.close()
    database = await Database.connect(postgres.url("app", name), vault=vault)
    await found_all(database)
    await database.close()
    return name


@pytest.fixture
async def world(postgres: EmbeddedPostgres, founded: str, vault: FileVault) -> AsyncIterator[World]:
    """A clone of the founded database, with people who act in it."""
    name = f"xingji_world_{next(_numbers)}"
    await _clone(postgres, founded, name)
    database = await Database.connect(postgres.url("app", name), vault=vault)
    yield World(database)
    await database.close()
    admin = await asyncpg.connect(postgres.url("superuser", "postgres"))
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def _clone(postgres: EmbeddedPostgres, template: str, name: str) -> None:
    admin = await asyncpg.connect(postgres.url("superuser", "postgres"))
    try:
        await admin.execute(
            f"CREATE DATABASE {name} TEMPLATE {template} OWNER xingji_owner STRATEGY file_copy"
        )
    finally:
        await admin.close()
