"""What fixtures hand to tests."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from xingji.postgres import EmbeddedPostgres

_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One migrated database of a test's own, as each role; URLs for asyncpg."""

    name: str
    app: str = field(repr=False)
    owner: str = field(repr=False)
    superuser: str = field(repr=False)


@asynccontextmanager
async def clone_database(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[DatabaseUrls]:
    """A copy of a database that nobody is connected to; dropped behind the block."""
    name = f"clone_{next(_numbers)}"
    admin = await asyncpg.connect(postgres.url("superuser", "postgres"))
    try:
        await admin.execute(
            f"CREATE DATABASE {name} TEMPLATE {template} OWNER xingji_owner STRATEGY file_copy"
        )
        yield DatabaseUrls(
            name,
            app=postgres.url("app", name),
            owner=postgres.url("owner", name),
            superuser=postgres.url("superuser", name),
        )
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()
