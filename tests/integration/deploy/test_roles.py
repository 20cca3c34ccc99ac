"""roles.sql on a real server: applied twice, and then each role does its work and nothing else."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from audit.heads import HeadStore
from tests.integration.api.kit import found_world, heads_of, serve_world
from tests.support import DatabaseUrls
from xingji import migrate
from xingji.backup import make_backup, read_manifest
from xingji.demo.run import BEGINS
from xingji.postgres import EmbeddedPostgres
from xingji.postgres.binaries import get_binaries
from xingji.service import open_keys

SCRIPT = Path(__file__).parents[3] / "deploy" / "roles.sql"
PASSWORD = "rehearsal-only"
_numbers = count()


@dataclass(frozen=True)
class Roles:
    """A database made by roles.sql, as each role that signs in."""

    urls: DatabaseUrls
    migrator: str
    backup: str


@pytest.fixture
async def roles(postgres: EmbeddedPostgres) -> AsyncIterator[Roles]:
    name = f"roles_{next(_numbers)}"
    root = postgres.url("superuser", "postgres")
    psql = get_binaries(os.environ).bindir / "psql"
    for _ in range(2):
        command = [psql, "--no-psqlrc", "--quiet", root, "-v", f"database={name}", "-f", SCRIPT]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    admin = await asyncpg.connect(root)
    for role in ("xingji_migrator", "xingji_backup"):
        await admin.execute(f"ALTER ROLE {role} PASSWORD '{PASSWORD}'")

    def url(role: str) -> str:
        owner = postgres.url("owner", name)
        return owner.replace(owner.split("@")[0], f"postgresql://{role}:{PASSWORD}")

    superuser = postgres.url("superuser", name)
    migrator = url("xingji_migrator")
    yield Roles(
        DatabaseUrls(name, postgres.url("app", name), migrator, superuser), migrator, url("xingji_backup")
    )
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def test_migrate_found_serve_and_back_up_each_as_its_role(roles: Roles, tmp_path: Path) -> None:
    await asyncio.to_thread(migrate.upgrade, roles.migrator)
    await asyncio.to_thread(migrate.check, roles.migrator)
    home = tmp_path / "home"
    await found_world(roles.urls, home, BEGINS)
    async with serve_world(roles.urls, home, BEGINS) as stage:
        assert (await stage.http.get("/readyz")).json()["status"] == "ok"
        owners = await stage.rows("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert [row["tableowner"] for row in owners] == ["xingji_owner"]
    backup = tmp_path / "backup"
    made = await asyncio.to_thread(
        make_backup, roles.backup, {}, open_keys(home), HeadStore(heads_of(roles.urls, home)), backup, BEGINS
    )
    assert read_manifest(backup) == made
    assert len(made["heads"]) == 12


async def test_no_role_can_do_another_ones_work(roles: Roles) -> None:
    await asyncio.to_thread(migrate.upgrade, roles.migrator)
    for url, statement in (
        (roles.urls.app, "CREATE TABLE mine ()"),
        (roles.urls.app, "DROP TABLE ledger_heads"),
        (roles.urls.app, "UPDATE ledger_entries SET leaf = ''"),
        (roles.urls.app, "SET ROLE xingji_owner"),
        (roles.backup, "INSERT INTO tenants DEFAULT VALUES"),
        (roles.backup, "SET default_transaction_read_only TO off; DELETE FROM ledger_heads"),
        (roles.migrator, "CREATE ROLE another"),
    ):
        conn = await asyncpg.connect(url)
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
            await conn.execute(statement)
        await conn.close()
