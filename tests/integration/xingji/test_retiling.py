"""`xingji ledger rebuild-tiles`: damaged tiles are made again of verified entries, and of nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from audit.entry import Actor, Draft, Subject
from audit.ledger import SYSTEM, append, lock_head
from audit.publishing import publish
from tenancy.database import Database, Scope
from tests.integration.api.kit import command, rows_of, tamper
from tests.integration.xingji.test_drill import LOST
from tests.integration.xingji.test_drill import home as home  # noqa: PLC0414 - a fixture
from tests.integration.xingji.test_drill import urls as urls  # noqa: PLC0414 - a fixture
from tests.support import DatabaseUrls
from xingji.service import open_keys, wall_clock

TILES = "SELECT * FROM ledger_tiles WHERE tenant_id = $1 ORDER BY level, tile"


@pytest.fixture
async def published(urls: DatabaseUrls, home: Path) -> None:
    """Two full tiles and some entries, published as far as they go."""
    database = await Database.connect(urls.app, 1, 1)

    @asynccontextmanager
    async def begin() -> AsyncIterator[Any]:
        async with database.write(Scope(LOST.tenant_id)) as tx:
            yield tx.raw

    try:
        (row,) = await rows_of(urls, "SELECT origin FROM tenants WHERE id = $1", LOST.tenant_id)
        signer = open_keys(home).get(row["origin"])
        async with begin() as conn:
            head = await lock_head(conn, LOST.tenant_id)
            drafts = [
                Draft(
                    operation="sample.noted",
                    request_id=f"tile-{number}",
                    time=wall_clock(),
                    actor=Actor(SYSTEM, "system", head.origin),
                    subject=Subject("ledger", SYSTEM, number),
                    intent={"arguments": "00" * 32},
                )
                for number in range(520)
            ]
            await append(conn, head, signer, drafts)
        assert await publish(begin, LOST.tenant_id, signer, None, wall_clock()) is not None
    finally:
        await database.close()


async def run(urls: DatabaseUrls, home: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    ran = await command(urls, home, "ledger", *arguments, "--tenant", LOST.code, "--json")
    return ran.code, ran.json


@pytest.mark.usefixtures("published")
async def test_damaged_tiles_are_made_again_and_named(urls: DatabaseUrls, home: Path) -> None:
    whole = await rows_of(urls, TILES, LOST.tenant_id)
    assert len(whole) == 2 and (await run(urls, home, "check"))[0] == 0
    own = f"WHERE tenant_id = {LOST.tenant_id}"
    await tamper(
        urls,
        f"UPDATE ledger_tiles SET hashes = set_byte(hashes, 9, 1 + get_byte(hashes, 9) % 255) {own} AND tile = 0",
    )
    await tamper(urls, f"DELETE FROM ledger_tiles {own} AND tile = 1")
    await tamper(
        urls, f"INSERT INTO ledger_tiles SELECT tenant_id, 3, 7, hashes, root FROM ledger_tiles {own}"
    )
    assert (await run(urls, home, "check"))[1]["code"] == "tile_wrong"
    code, told = await run(urls, home, "rebuild-tiles")
    assert (code, told["tiles"], told["wrong"], told["missing"]) == (0, 2, [[0, 0], [3, 7]], [[0, 1]])
    assert await rows_of(urls, TILES, LOST.tenant_id) == whole
    assert (await run(urls, home, "check"))[0] == 0
    code, told = await run(urls, home, "rebuild-tiles")
    assert (code, told["wrong"], told["missing"]) == (0, [], [])


@pytest.mark.usefixtures("published")
async def test_nothing_is_rebuilt_of_what_does_not_hold(urls: DatabaseUrls, home: Path) -> None:
    """Each damage lies before the last one, and is found first."""
    own = f"tenant_id = {LOST.tenant_id}"
    await tamper(urls, f"UPDATE ledger_tiles SET root = sha256(root) WHERE {own}")
    before = await rows_of(urls, TILES, LOST.tenant_id)
    for damage, finding in (
        ("UPDATE ledger_checkpoints SET root = sha256(root) WHERE", "checkpoint_row_wrong"),
        ("DELETE FROM ledger_entries WHERE seq > 520 AND", "entries_cut"),
        ("UPDATE ledger_entries SET hash = sha256(hash) WHERE seq = 300 AND", "column_edited"),
        (
            "UPDATE ledger_entries SET leaf = replace(leaf, 'sample', 'simple') WHERE seq = 200 AND",
            "entry_altered",
        ),
    ):
        await tamper(urls, f"{damage} {own}")
        code, told = await run(urls, home, "rebuild-tiles")
        assert (code, told["code"]) == (1, finding)
        assert await rows_of(urls, TILES, LOST.tenant_id) == before
