"""The guard: a log that was put back, or rewritten, is not signed for; at a start and under a running process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from audit.checkpoint import open_checkpoint
from audit.errors import NoteMalformedError, SigningRefusedError
from audit.guard import Guard, WatchedSigner, check_head, remember
from audit.heads import HeadStore
from audit.incarnation import draft_incarnation
from audit.ledger import SYSTEM, Head, append, get_head, lock_head, sign_head
from audit.rows import record_row
from tests.integration.audit.kit import OPENED_AT, World, insert_row, samples

TABLES = ("ledger_heads", "ledger_entries", "ledger_rows", "samples")


@pytest.fixture
def store(tmp_path: Path) -> HeadStore:
    return HeadStore(tmp_path / "heads")


class Process:
    """A server's view: its guard and what it does with it."""

    def __init__(self, world: World, store: HeadStore) -> None:
        self.world, self.guard = world, Guard(store)
        self.signer: WatchedSigner = self.guard.watch(world.signer)

    async def start(self) -> None:
        async with self.world.bound() as conn:
            await check_head(conn, await get_head(conn, self.world.tenant), self.signer)

    async def act(self, number: int, *, commits: bool = True) -> Head:
        world = self.world
        try:
            async with world.bound() as conn:
                head = await lock_head(conn, world.tenant)
                row = world.row(number)
                await insert_row(conn, samples, row)
                after, _ = await append(
                    conn, head, self.signer, [world.draft(number, [record_row(samples, row)])]
                )
                if not commits:
                    raise KeyError
        except KeyError:
            return head
        remember(after, self.signer)
        return after

    async def flush(self) -> None:
        for origin in self.guard.unwritten:
            await self.guard.flush(origin)


@pytest.fixture
async def put_back(world: World) -> AsyncIterator[Callable[[], Awaitable[Callable[[], Awaitable[None]]]]]:
    """`restore = await put_back()` … `await restore()`: the tenant's rows as they were."""
    made = 0

    async def save() -> Callable[[], Awaitable[None]]:
        nonlocal made
        made += 1
        number = made
        for table in TABLES:
            await world.root.execute(
                f"CREATE TABLE kept_{table}_{number} AS SELECT * FROM {table} WHERE tenant_id = {world.tenant}"
            )

        async def restore() -> None:
            async with world.tampering() as conn:
                for table in TABLES:
                    await conn.execute(f"DELETE FROM {table} WHERE tenant_id = {world.tenant}")
                    await conn.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}_{number}")

        return restore

    yield save
    for number in range(1, made + 1):
        for table in TABLES:
            await world.root.execute(f"DROP TABLE kept_{table}_{number}")


Save = Callable[[], Awaitable[Callable[[], Awaitable[None]]]]


@asynccontextmanager
async def refused(process: Process) -> AsyncIterator[None]:
    before = (await process.world.verify_online()).size
    with pytest.raises(SigningRefusedError):
        yield
    assert process.guard.refused == (process.world.signer.origin,)
    assert (await process.world.verify_online()).size == before


async def test_a_log_that_grows_is_signed_for_and_its_head_is_kept(world: World, store: HeadStore):
    first, second = Process(world, store), Process(world, store)
    for number in range(1, 7):
        await (first if number % 2 else second).act(number)
    await first.act(7, commits=False)
    await first.act(8)
    await second.act(7)
    await first.flush()
    await second.flush()
    assert store.find(world.signer.origin) == await world.head()
    third = Process(world, store)
    await third.start()
    await third.act(9)
    assert (third.guard.refused, third.guard.unwritten) == ((), (world.signer.origin,))
    assert (await world.verify_online()).ok


async def test_a_database_put_back_before_the_start_is_refused(
    world: World, store: HeadStore, put_back: Save
):
    process = Process(world, store)
    await process.act(1)
    restore = await put_back()
    await process.act(2)
    await process.flush()
    await restore()
    later = Process(world, store)
    async with refused(later):
        await later.start()
    async with refused(later):
        await later.act(3)


async def test_a_database_put_back_under_a_running_process_is_noticed_at_once(
    world: World, store: HeadStore, put_back: Save
):
    process = Process(world, store)
    await process.act(1)
    restore = await put_back()
    await process.act(2)
    await restore()
    async with refused(process):
        await process.act(3)
    await process.flush()
    async with refused(later := Process(world, store)):
        await later.start()


async def test_another_history_of_any_length_is_refused(world: World, store: HeadStore, put_back: Save):
    process = Process(world, store)
    await process.act(1)
    restore = await put_back()
    await process.act(2)
    await process.act(3)
    await process.flush()
    await restore()
    for number in range(
        4, 9
    ):  # somebody who holds the key writes on from the backup: shorter, as long, longer
        await world.note(number)
        async with refused(process):
            await process.act(10)
        async with refused(later := Process(world, store)):
            await later.start()


async def test_an_older_head_put_into_the_folder_does_not_make_up_for_what_was_seen(
    world: World, store: HeadStore, put_back: Save
):
    process = Process(world, store)
    await process.act(1)
    restore, note = await put_back(), await world.head()
    for number in (2, 3):
        await process.act(number)
        await restore()
        store.replace(world.signer.origin, note)
        async with refused(process):
            await process.act(4)
        await process.flush()
        process = Process(world, store)
        store.replace(world.signer.origin, note)


async def test_an_aborted_entry_is_no_memory(world: World, store: HeadStore):
    process = Process(world, store)
    await process.act(1, commits=False)
    await process.act(1, commits=False)
    await process.act(1)
    await process.flush()
    assert store.find(world.signer.origin) == await world.head()


async def test_what_cannot_be_read_in_the_folder_is_refused(world: World, store: HeadStore):
    process = Process(world, store)
    await process.act(1)
    await process.flush()
    (file,) = store.directory.glob("*.head")
    file.write_text("not a head")
    async with refused(later := Process(world, store)):
        await later.start()
    await process.act(2)
    with pytest.raises(NoteMalformedError):
        await process.flush()


async def test_an_incarnation_elsewhere_lets_a_refusing_process_sign_again(
    world: World, store: HeadStore, put_back: Save
):
    process = Process(world, store)
    await process.act(1)
    restore = await put_back()
    await process.act(2)
    lost = await put_back()
    await restore()
    async with refused(process):
        await process.act(3)
    await process.flush()
    async with world.bound() as conn:
        head = await lock_head(conn, world.tenant)
        kept = open_checkpoint(store.find(world.signer.origin) or b"", world.signer.verifier_key)
        draft = draft_incarnation(kept, head, world.signer, "恢复备份", SYSTEM, OPENED_AT)
        after, _ = await append(conn, head, world.signer, [draft])
    store.replace(after.origin, sign_head(after, world.signer).encode())
    await process.act(3)
    assert process.guard.refused == ()
    await process.flush()
    await lost()  # what was given up is put forward again
    async with refused(process):
        await process.act(5)
