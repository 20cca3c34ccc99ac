"""Migrations from Python: up, down, and whether the result is what the tables' definitions say.

Everything runs over asyncpg as the schema's owner, whose URL is handed to `migrations/env.py` in memory.
The functions block and run an event loop of their own: from a coroutine, call them with
`asyncio.to_thread`. Policies and grants are not compared here; the catalogue test does that.
"""

import asyncio
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine

import migrations
from xingji.errors import SchemaDriftError

TABLES = ("tenancy.tables", "certification.tables", "audit.tables")


def upgrade(url: str, revision: str = "head", *, folder: Path | None = None) -> None:
    """Migrate up to a revision. Safe to repeat, and to race between processes; not between threads."""
    command.upgrade(_config(folder, url), revision)


def downgrade(url: str, revision: str, *, folder: Path | None = None) -> None:
    """Migrate down to a revision, or `base`."""
    command.downgrade(_config(folder, url), revision)


def check(url: str, metadata: Sequence[MetaData] | None = None, *, folder: Path | None = None) -> None:
    """Raises SchemaDriftError unless the database is at head and has exactly the defined tables."""
    heads = tuple(sorted(ScriptDirectory.from_config(_config(folder, url)).get_heads()))
    defined = load_metadata() if metadata is None else list(metadata)

    def compare(connection: Connection) -> list[str]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = tuple(sorted(context.get_current_heads()))
        differences = [] if found == heads else [f"revision {found}, not {heads}"]
        # Alembic takes a list too, as env.py's target_metadata does.
        changes = compare_metadata(context, defined)  # type: ignore[arg-type]
        return differences + [str(change) for change in changes]

    differences: list[str] = asyncio.run(_with_connection(url, compare))
    if differences:
        raise SchemaDriftError(differences="; ".join(differences))


def find_revision(url: str) -> str | None:
    """The revision of the database, or None before the first migration."""

    def find(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    revision: str | None = asyncio.run(_with_connection(url, find))
    return revision


def get_head_revision() -> str:
    """The newest revision of the migrations."""
    head = ScriptDirectory.from_config(_config(None, "")).get_current_head()
    assert head is not None  # noqa: S101 - there are migrations
    return head


def load_metadata() -> list[MetaData]:
    """The definitions of all tables; packages may share one."""
    found = [importlib.import_module(name).metadata for name in TABLES]
    return list({id(metadata): metadata for metadata in found}.values())


def _config(folder: Path | None, url: str) -> Config:
    config = Config(attributes={"url": url})
    place = folder or Path(migrations.__path__[0])
    config.set_main_option("script_location", str(place).replace("%", "%%"))
    return config


async def _with_connection(url: str, work: Any) -> Any:
    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
