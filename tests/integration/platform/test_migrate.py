"""The real migrations, and the runner's own behaviour with throw-away ones."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa

import migrations
from tests.support import DatabaseUrls
from xingji import migrate
from xingji.errors import SchemaDriftError

HISTORY = """
from alembic import op
revision, down_revision = "{revision}", {before!r}
def upgrade() -> None:
    op.execute("{up}")
def downgrade() -> None:
    op.execute("DROP TABLE {revision}")
"""


async def fetch_tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}


async def test_the_migrated_schema_is_the_defined_one(database: DatabaseUrls) -> None:
    await asyncio.to_thread(migrate.check, database.owner)


async def test_up_down_up_ends_where_it_began(database: DatabaseUrls) -> None:
    before = await fetch_tables(database.owner)
    await asyncio.to_thread(migrate.downgrade, database.owner, "base")
    assert await fetch_tables(database.owner) == {"alembic_version"}
    await asyncio.to_thread(migrate.upgrade, database.owner)
    assert await fetch_tables(database.owner) == before
    await asyncio.to_thread(migrate.check, database.owner)


async def test_an_undefined_column_is_drift(database: DatabaseUrls) -> None:
    connection = await asyncpg.connect(database.owner)
    await connection.execute("ALTER TABLE tenants ADD COLUMN stray text")
    await connection.close()
    with pytest.raises(SchemaDriftError, match="stray"):
        await asyncio.to_thread(migrate.check, database.owner)


async def test_a_missing_revision_is_drift(database: DatabaseUrls) -> None:
    connection = await asyncpg.connect(database.owner)
    await connection.execute("DELETE FROM alembic_version")
    await connection.close()
    with pytest.raises(SchemaDriftError, match="revision"):
        await asyncio.to_thread(migrate.check, database.owner)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Migrations of its own: `one` makes a table, `two` fails after making one."""
    folder = tmp_path / "100% mine"
    (folder / "versions").mkdir(parents=True)
    shutil.copy(Path(migrations.__path__[0]) / "env.py", folder)
    history = (
        ("one", None, "CREATE TABLE one (n int)"),
        ("two", "one", "CREATE TABLE two (n int); SELECT 1/0"),
    )
    for revision, before, up in history:
        text = HISTORY.format(revision=revision, before=before, up=up.replace("; ", '"); op.execute("'))
        (folder / "versions" / f"{revision}.py").write_text(text)
    return folder


async def test_a_failing_migration_leaves_the_one_before(empty_database: DatabaseUrls, folder: Path) -> None:
    url = empty_database.owner
    with pytest.raises(sa.exc.DBAPIError, match="division by zero"):
        await asyncio.to_thread(migrate.upgrade, url, folder=folder)
    assert await asyncio.to_thread(migrate.find_revision, url) == "one"
    assert await fetch_tables(url) == {"alembic_version", "one"}
    await asyncio.to_thread(migrate.downgrade, url, "base", folder=folder)
    assert await asyncio.to_thread(migrate.find_revision, url) is None


async def test_racing_processes_take_turns(empty_database: DatabaseUrls) -> None:
    urls = {"XINGJI_DATABASE_URL": empty_database.app, "XINGJI_MIGRATOR_URL": empty_database.owner}
    command = [sys.executable, "-c", "import sys; from xingji.cli import main; sys.exit(main(['migrate']))"]
    environ = os.environ | urls | {"PYTHONPATH": os.pathsep.join(sys.path)}
    race = [subprocess.Popen(command, env=environ) for _ in range(3)]
    assert [process.wait(60) for process in race] == [0, 0, 0]
    await asyncio.to_thread(migrate.check, empty_database.owner)
