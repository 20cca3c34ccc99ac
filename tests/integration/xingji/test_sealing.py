"""What older versions stored in the clear is sealed on the way to the newest schema, and not a row is lost or left."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa

from audit.commitment import commit
from tenancy.database import Database, Scope
from tenancy.personal import PersonalValue, read_values
from tests.integration.api.kit import command
from tests.support import DatabaseUrls
from xingji import migrate, sealing
from xingji.service import open_vault

BEFORE = "20261124_whole_round"
PHONE, NAME = "13800138000", "欧阳震华"
FORM, PERSON = UUID(int=81), UUID(int=82)


def old_rows() -> list[PersonalValue]:
    told = (
        (3, FORM, "mobile_phone", PHONE),
        (3, FORM, "contact_name", NAME),
        (4, PERSON, "name", NAME),
    )
    salts = [bytes([n]) * 32 for n in range(1, 4)]
    return [
        PersonalValue(tenant, commit(field, value.encode(), salt), subject, field, value, salt)
        for (tenant, subject, field, value), salt in zip(told, salts, strict=True)
    ]


async def heap(urls: DatabaseUrls) -> bytes:
    """The file in which PostgreSQL keeps the table."""
    root = await asyncpg.connect(urls.superuser)
    try:
        await root.execute("CHECKPOINT")
        return bytes(
            await root.fetchval("SELECT pg_read_binary_file(pg_relation_filepath('personal_values'))")
        )
    finally:
        await root.close()


@pytest.fixture
async def old(database: DatabaseUrls) -> DatabaseUrls:
    """A database of the schema before, with rows in the clear."""
    await asyncio.to_thread(migrate.downgrade, database.owner, BEFORE)
    root = await asyncpg.connect(database.superuser)
    for number in (3, 4, 5):
        await root.execute(
            "INSERT INTO tenants (id, code, name, level, unit_id, origin) VALUES ($1, $2, '县', 'county', $3, $2)",
            number,
            f"41160{number}",
            UUID(int=number),
        )
    for row in old_rows():
        await root.execute(
            "INSERT INTO personal_values (tenant_id, commitment, subject_id, field, value, salt)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            *(
                getattr(row, name)
                for name in ("tenant_id", "commitment", "subject_id", "field", "value", "salt")
            ),
        )
    await root.close()
    return database


async def opened(urls: DatabaseUrls, home: Path) -> list[PersonalValue]:
    app = await Database.connect(urls.app, vault=open_vault(home))
    try:
        found: list[PersonalValue] = []
        for tenant in (3, 4):
            async with app.read(Scope(tenant)) as tx:
                for fields in (await read_values(tx, [FORM, PERSON])).values():
                    found += fields.values()
        return sorted(found, key=lambda value: value.salt)
    finally:
        await app.close()


async def test_migrating_seals_every_row_and_leaves_nothing_in_the_clear(
    old: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINGJI_MIGRATOR_URL", old.owner)
    assert PHONE.encode() in await heap(old)
    ran = await command(old, tmp_path / "home", "migrate")
    assert (ran.code, ran.out.strip()) == (0, migrate.get_head_revision())
    assert "3" in ran.err and PHONE not in ran.err
    assert await opened(old, tmp_path / "home") == old_rows()
    await asyncio.to_thread(migrate.check, old.owner)
    kept = await heap(old)
    for row in old_rows():
        assert row.value.encode() not in kept and row.salt not in kept
        assert row.commitment in kept
    again = await command(old, tmp_path / "home", "migrate")
    assert (again.code, again.err) == (0, "")
    assert await opened(old, tmp_path / "home") == old_rows()


async def test_the_schema_alone_refuses_while_a_row_is_plain(old: DatabaseUrls, tmp_path: Path) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="xingji migrate seals them first"):
        await asyncio.to_thread(migrate.upgrade, old.owner)
    assert await asyncio.to_thread(migrate.find_revision, old.owner) == sealing.EXPANDED
    # From there it goes on, also when some of a tenant's rows were sealed before.
    assert await asyncio.to_thread(sealing.upgrade, old.owner, tmp_path) == 3
    assert await opened(old, tmp_path) == old_rows()


async def test_a_crash_between_tenants_is_gone_on_from(
    old: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sealing._seal_tenant

    async def crash(tx: Any) -> int:
        if tx.tenant_id == 4:
            raise ConnectionAbortedError("the power went")
        return await whole(tx)

    monkeypatch.setattr(sealing, "_seal_tenant", crash)
    with pytest.raises(ConnectionAbortedError):
        await asyncio.to_thread(sealing.upgrade, old.owner, tmp_path)
    monkeypatch.setattr(sealing, "_seal_tenant", whole)
    assert await asyncio.to_thread(sealing.upgrade, old.owner, tmp_path) == 1
    assert await opened(old, tmp_path) == old_rows()


async def test_racing_migrations_seal_once(old: DatabaseUrls, tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import sys; from xingji.cli import main; sys.exit(main(['migrate']))"]
    urls = {"XINGJI_DATABASE_URL": old.app, "XINGJI_MIGRATOR_URL": old.owner, "XINGJI_HOME": str(tmp_path)}
    environ = os.environ | urls | {"PYTHONPATH": os.pathsep.join(sys.path)}
    running = [await asyncio.create_subprocess_exec(*words, env=environ) for _ in range(2)]
    assert [await process.wait() for process in running] == [0, 0]
    assert await opened(old, tmp_path) == old_rows()


async def test_what_is_sealed_stands_in_the_way_of_the_old_schema(old: DatabaseUrls, tmp_path: Path) -> None:
    await asyncio.to_thread(sealing.upgrade, old.owner, tmp_path)
    with pytest.raises(sa.exc.DBAPIError, match="null values"):
        await asyncio.to_thread(migrate.downgrade, old.owner, BEFORE)
    await asyncio.to_thread(sealing.upgrade, old.owner, tmp_path)
    assert await opened(old, tmp_path) == old_rows()
