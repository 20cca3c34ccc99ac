"""Publishing: what is signed grows from what was published; it survives a death between any two of its steps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.consistency import is_consistent
from audit.errors import (
    LedgerBrokenError,
    PublishingRefusedError,
    QuorumMissingError,
    SignerRetiredError,
    SigningRefusedError,
)
from audit.guard import Guard
from audit.heads import HeadStore
from audit.keys import Ed25519Signer
from audit.ledger import SYSTEM, append, get_head, lock_head
from audit.proof import check_proof, format_proof, parse_proof
from audit.publishing import Prove, Published, find_published, prove_entry, publish, published_tiles
from audit.rotation import draft_rotation
from audit.stored_tiles import build_tiles
from tests.integration.audit.kit import OPENED_AT, World

LATER = OPENED_AT + timedelta(days=1)


class DeadError(Exception):
    """The process died here."""


async def grow(world: World, size: int) -> None:
    """Append entries without rows up to `size`, in one batch."""
    async with world.bound() as conn:
        head = await lock_head(conn, world.tenant)
        await append(conn, head, world.signer, [world.draft(number) for number in range(head.size, size)])


async def publish_now(world: World, **changes: Any) -> Published | None:
    given: dict[str, Any] = {"begin": world.bound, "signer": world.signer, "cosign": None} | changes
    return await publish(given["begin"], world.tenant, given["signer"], given["cosign"], LATER)


async def leaf_hashes(world: World) -> list[bytes]:
    rows = await world.root.fetch(
        "SELECT hash FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq", world.tenant
    )
    return [row["hash"] for row in rows]


async def check_published(world: World, size: int) -> Published:
    """The last checkpoint has this size, is the head's, and proves each entry."""
    async with world.bound() as conn:
        head, last = await get_head(conn, world.tenant), await find_published(conn, world.tenant)
        assert last is not None
        assert open_checkpoint(last.note.encode(), world.signer.verifier_key) == last.checkpoint
        assert (last.checkpoint.size, last.checkpoint.root) == (size, head.frontier.root())
        hashes = await leaf_hashes(world)
        for seq in {0, 1, 254, 255, 256, size // 2, size - 1} & set(range(size)):
            proof = await prove_entry(conn, world.tenant, seq)
            assert proof is not None
            assert parse_proof(format_proof(proof).encode()) == proof
            assert check_proof(proof, hashes[seq], world.signer.verifier_key) == last.checkpoint
        assert await prove_entry(conn, world.tenant, size) is None
    return last


async def test_checkpoints_grow_from_one_another(world: World) -> None:
    published = []
    for size in (1, 3, 255, 256, 257, 600, 1100):
        await grow(world, size)
        assert await publish_now(world) is not None
        published.append(await check_published(world, size))
        assert await publish_now(world) is None
    async with world.bound() as conn:
        tiles = published_tiles(conn, world.tenant, published[-1])
        for old in published:
            path = await tiles.consistency_proof(old.checkpoint.size)
            assert is_consistent(
                old.checkpoint.size, 1100, old.checkpoint.root, published[-1].checkpoint.root, path
            )
    stored = await world.root.fetch("SELECT level, tile FROM ledger_tiles WHERE tenant_id = $1", world.tenant)
    assert sorted(tuple(row) for row in stored) == [(0, 0), (0, 1), (0, 2), (0, 3)]


async def test_tiles_of_the_second_level_are_stored(world: World) -> None:
    """65,792 leaf hashes put in by hand: a full tile of level 1 and what follows it."""
    await world.root.execute(
        "INSERT INTO ledger_entries SELECT $1, g, sha256(int8send(g)), sha256(int8send(g + 1)), '', now(), '', '',"
        " gen_random_uuid(), gen_random_uuid(), g::text, '' FROM generate_series(1, 65791) g",
        world.tenant,
    )
    built, calls = 1, 0
    while built:
        async with world.bound() as conn:
            built = await build_tiles(conn, world.tenant, 65_792)
        calls += 1
    count = "SELECT level, count(*) FROM ledger_tiles WHERE tenant_id = $1 GROUP BY level ORDER BY level"
    assert [tuple(row) for row in await world.root.fetch(count, world.tenant)] == [(0, 257), (1, 1)]
    assert calls == 6


@pytest.mark.parametrize("persisted", [False, True])
async def test_a_death_at_any_step_loses_nothing(world: World, persisted: bool) -> None:
    """Each transaction in turn fails, before or just behind its commit; the next run ends well, without repair."""
    for step, size in enumerate((300, 560, 830, 1090, 1350, 1610)):
        await grow(world, size)
        transactions = 0

        @asynccontextmanager
        async def dying(dies_at: int = step) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
            nonlocal transactions
            transactions += 1
            async with world.bound() as conn:
                yield conn
                if transactions == dies_at + 1 and not persisted:
                    raise DeadError
            if transactions == dies_at + 1:
                raise DeadError

        try:
            await publish_now(world, begin=dying)
        except DeadError:
            await publish_now(world)
        await check_published(world, size)


async def test_two_that_publish_at_once_agree(world: World) -> None:
    await grow(world, 300)
    other = await asyncpg.connect(world.url)

    @asynccontextmanager
    async def beside() -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        async with other.transaction():
            await other.execute(f"SET LOCAL app.tenant = '{world.tenant}'")
            yield other

    async def cosign(note: str, checkpoint: Checkpoint, prove: Prove) -> str:
        await publish_now(world, begin=beside)
        return note

    try:
        assert await publish_now(world, cosign=cosign) is not None
    finally:
        await other.close()
    await check_published(world, 300)
    assert (
        await world.root.fetchval(
            "SELECT count(*) FROM ledger_checkpoints WHERE tenant_id = $1", world.tenant
        )
        == 1
    )


async def test_without_its_quorum_nothing_is_published(world: World) -> None:
    await grow(world, 3)
    await publish_now(world)
    await grow(world, 400)
    asked = []

    async def cosign(note: str, checkpoint: Checkpoint, prove: Prove) -> str:
        asked.append((note, checkpoint, await prove(3)))
        raise QuorumMissingError(origin=checkpoint.origin, found=0, wanted=1)

    with pytest.raises(QuorumMissingError):
        await publish_now(world, cosign=cosign)
    await_old = await world.root.fetchval(
        "SELECT max(size) FROM ledger_checkpoints WHERE tenant_id = $1", world.tenant
    )
    assert await_old == 3
    ((note, checkpoint, path),) = asked
    assert open_checkpoint(note.encode(), world.signer.verifier_key) == checkpoint
    old = await world.root.fetchval("SELECT root FROM ledger_checkpoints WHERE tenant_id = $1", world.tenant)
    assert is_consistent(3, 400, old, checkpoint.root, path)


async def test_a_note_with_another_text_is_not_stored(world: World) -> None:
    async def cosign(note: str, checkpoint: Checkpoint, prove: Prove) -> str:
        return note.replace("\n1\n", "\n2\n", 1)

    with pytest.raises(PublishingRefusedError):
        await publish_now(world, cosign=cosign)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE ledger_checkpoints SET root = sha256('x') WHERE tenant_id = {0}",
        "UPDATE ledger_checkpoints SET size = 299 WHERE tenant_id = {0}",
        "UPDATE ledger_checkpoints SET note = 'gone' WHERE tenant_id = {0}",
        "UPDATE ledger_tiles SET root = sha256('x') WHERE tenant_id = {0} AND tile = 0",
        "DELETE FROM ledger_tiles WHERE tenant_id = {0} AND tile = 0",
        "UPDATE ledger_entries SET hash = sha256('x') WHERE tenant_id = {0} AND seq = 390",
    ],
)
async def test_what_does_not_grow_from_the_published_is_not_signed(world: World, damage: str) -> None:
    await grow(world, 600)
    await publish_now(world)
    await grow(world, 700)
    async with world.tampering() as root:
        await root.execute(damage.format(world.tenant).replace("390", "690"))
        if "299" in damage:
            await root.execute(damage.format(world.tenant))
    with pytest.raises((PublishingRefusedError, LedgerBrokenError)):
        await publish_now(world)
    assert (
        await world.root.fetchval(
            "SELECT count(*) FROM ledger_checkpoints WHERE tenant_id = $1", world.tenant
        )
        == 1
    )


async def test_a_history_rewritten_whole_is_refused_by_what_was_published(world: World) -> None:
    """A superuser puts the log back and lets other entries follow; the published checkpoint is not forgotten."""
    await grow(world, 300)
    await publish_now(world)
    async with world.tampering() as root:
        for table in ("ledger_entries", "ledger_heads", "ledger_tiles"):
            await root.execute(f"DELETE FROM {table} WHERE tenant_id = $1", world.tenant)
    await world.open(OPENED_AT + timedelta(minutes=1))
    await grow(world, 320)
    with pytest.raises(PublishingRefusedError):
        await publish_now(world)


async def test_a_log_put_back_together_with_its_checkpoints_is_refused_by_the_guard(
    world: World, tmp_path: Any
) -> None:
    guard = Guard(HeadStore(tmp_path))
    watched = guard.watch(world.signer)
    await grow(world, 10)
    await publish_now(world, signer=watched)
    await guard.flush(world.signer.origin)
    async with world.tampering() as root:
        for table in ("ledger_entries", "ledger_heads", "ledger_checkpoints"):
            await root.execute(f"DELETE FROM {table} WHERE tenant_id = $1", world.tenant)
    await world.open(OPENED_AT + timedelta(minutes=1))
    with pytest.raises(SigningRefusedError):
        await publish_now(world, signer=watched)


async def test_a_key_that_was_retired_meanwhile_publishes_nothing(world: World) -> None:
    """Another process has rotated it: every reader would refuse the checkpoint."""
    new = Ed25519Signer(world.signer.origin, Ed25519PrivateKey.generate())
    async with world.bound() as conn:
        head = await lock_head(conn, world.tenant)
        draft = draft_rotation(head, world.signer, new, "year", False, SYSTEM, LATER)
        await append(conn, head, world.signer, [draft])
    with pytest.raises(SignerRetiredError):
        await publish_now(world)
    assert await publish_now(world, signer=new) is not None


async def test_the_application_cannot_take_back_what_it_published(world: World) -> None:
    await publish_now(world)
    for sql in (
        "DELETE FROM ledger_checkpoints",
        "UPDATE ledger_checkpoints SET root = root",
        "UPDATE ledger_checkpoints SET note = note",
        "DELETE FROM ledger_tiles",
        "UPDATE ledger_tiles SET hashes = hashes",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with world.bound() as conn:
                await conn.execute(sql)
