"""One database with the world in it for the whole run: these tests only read."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from graphql_schema.documents import Documents
from graphql_schema.execution import Engine, execute
from graphql_schema.limits import Limits
from graphql_schema.schema import build_schema
from graphql_schema.session import Session
from tenancy.database import Database
from tenancy.identity import Principal
from tenancy.vault import FileVault
from tests.integration.graphql_schema.naive_draws import add_draws
from tests.integration.graphql_schema.naive_reviews import add_reviews
from tests.integration.graphql_schema.naive_signing import add_signing
from tests.integration.graphql_schema.world import CITY, NOW, STRANGER, World
from xingji.postgres import EmbeddedPostgres

Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="session")
def world() -> World:
    made = World()
    add_draws(made)
    add_reviews(made)
    add_signing(made)
    return made


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine(build_schema())


@pytest.fixture(scope="session")
async def reading(
    postgres: EmbeddedPostgres, migrated: str, world: World, vault: FileVault
) -> AsyncIterator[Database]:
    """The app role's database with the world's rows."""
    name = "xingji_reading"
    admin = await asyncpg.connect(postgres.url("superuser", "postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {migrated} OWNER xingji_owner STRATEGY file_copy")
    await world.insert(postgres.url("superuser", name), vault)
    database = await Database.connect(postgres.url("app", name), max_size=2, vault=vault)
    yield database
    await database.close()
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
def ask(reading: Database, engine: Engine) -> Ask:
    """Ask as somebody; the parsed response."""
    documents = Documents(engine.schema, Limits(aliases=500, fields=2000, price=10**9))

    async def ask(
        query: str, principal: Principal | None, variables: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        session = Session(principal, NOW, reading, "en", "trace", public=(CITY, STRANGER))
        raw = await execute(engine, documents.prepare(query), variables, session)
        response: dict[str, Any] = json.loads(raw)
        return response

    return ask
