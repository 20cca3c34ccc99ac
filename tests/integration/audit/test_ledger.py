"""Appending:

one chain whatever the concurrency, guards behind the lock, and what the application's role cannot do.
"""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from audit.errors import (
    ForkRefusedError,
    LedgerExistsError,
    LedgerMissingError,
    RequestRepeatedError,
    SignerMismatchError,
)
from audit.keys import Ed25519Signer
from audit.ledger import append, find_request, get_head, lock_head, open_ledger, seal_batch
from audit.rows import record_row
from tests.integration.audit.kit import OPENED_AT, World, insert_row, samples


async def test_receipts_follow_each_other_and_the_log_verifies(world: World, tmp_path):
    first, second = await world.note(1), await world.note(2)
    assert (first.seq, second.seq, second.origin) == (1, 2, world.signer.origin)
    assert (await world.verify_online()).code == "verified"
    offline = await world.verify_offline(tmp_path)
    assert (offline.code, offline.size) == ("verified", 3)


async def test_a_batch_is_one_statement_of_many_entries_and_rows(world: World):
    rows = [world.row(n) for n in range(1, 31)]
    async with world.bound() as conn:
        head = await lock_head(conn, world.tenant)
        for row in rows:
            await insert_row(conn, samples, row)
        drafts = [world.draft(n, [record_row(samples, row)]) for n, row in enumerate(rows, start=1)]
        after, receipts = await append(conn, head, world.signer, drafts)
        assert await append(conn, after, world.signer, []) == (after, ())
    assert [receipt.seq for receipt in receipts] == list(range(1, 31))
    assert after.size == 31
    assert (await world.verify_online()).ok


async def test_twenty_writers_leave_one_chain(world: World):
    pool = await asyncpg.create_pool(world.url, min_size=1, max_size=20)

    async def act(number: int) -> int:
        async with pool.acquire() as conn, conn.transaction():
            await conn.execute(f"SET LOCAL app.tenant = '{world.tenant}'")
            head = await lock_head(conn, world.tenant)
            await asyncio.sleep(0)
            row = world.row(number)
            await insert_row(conn, samples, row)
            draft = world.draft(number, [record_row(samples, row)])
            _, (receipt,) = await append(conn, head, world.signer, [draft])
            return receipt.seq

    seqs = await asyncio.gather(*(act(number) for number in range(1, 21)))
    await pool.close()
    assert sorted(seqs) == list(range(1, 21))
    verdict = await world.verify_online()
    assert (verdict.ok, verdict.size) == (True, 21)


async def test_a_stale_head_is_refused_and_changes_nothing(world: World):
    async with world.bound() as conn:
        stale = await get_head(conn, world.tenant)
    await world.note(1)
    with pytest.raises(ForkRefusedError):
        async with world.bound() as conn:
            await append(conn, stale, world.signer, [world.draft(2)])
    assert (await world.verify_online()).size == 2


@pytest.mark.parametrize("constraint", ["pk_ledger_entries", "uq_ledger_entries_prev"])
async def test_the_constraints_stop_a_fork_without_the_lock(world: World, constraint: str):
    async with world.bound() as conn:
        head = await get_head(conn, world.tenant)
    await world.note(1)
    _, (entry,) = seal_batch(head, world.signer, [world.draft(2)])
    seq = entry.seq if constraint == "pk_ledger_entries" else entry.seq + 1
    prev = entry.prev if constraint == "uq_ledger_entries_prev" else bytes(31) + b"\x01"
    with pytest.raises(asyncpg.UniqueViolationError) as caught:
        async with world.bound() as conn:
            await conn.execute(
                "INSERT INTO ledger_entries VALUES ($1,$2,$3,$4,'',now(),'x.y','s',gen_random_uuid(),"
                "gen_random_uuid(),'r','\\x')",
                world.tenant,
                seq,
                prev,
                entry.hash,
            )
    assert caught.value.constraint_name == constraint


async def test_a_request_is_found_again_and_never_recorded_twice(world: World):
    receipt = await world.note(1)
    draft = world.draft(1)
    async with world.bound() as conn:
        await lock_head(conn, world.tenant)
        prior = await find_request(conn, world.tenant, draft.actor.id, draft.request_id)
        assert await find_request(conn, world.tenant, world.actor, draft.request_id) is None
    assert prior is not None
    assert (prior.receipt, prior.arguments_digest) == (receipt, draft.arguments_digest)
    assert (prior.operation, prior.subject_type, prior.subject_id) == (
        "sample.noted",
        "sample",
        draft.subject.id,
    )
    with pytest.raises(RequestRepeatedError):
        async with world.bound() as conn:
            await append(conn, await lock_head(conn, world.tenant), world.signer, [draft])


async def test_a_ledger_opens_once_and_is_missing_elsewhere(world: World):
    with pytest.raises(LedgerExistsError):
        await world.open(OPENED_AT)
    with pytest.raises(LedgerMissingError):
        async with world.bound() as conn:
            await lock_head(conn, world.tenant + 100_000)
    async with world.app.transaction():
        with pytest.raises(LedgerMissingError):
            await lock_head(world.app, world.tenant)


async def test_another_tenants_signer_is_refused(world: World):
    stranger = replace_origin(world.signer)
    async with world.bound() as conn:
        head = await lock_head(conn, world.tenant)
        with pytest.raises(SignerMismatchError):
            await append(conn, head, stranger, [world.draft(1)])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with world.bound() as conn:
            await open_ledger(conn, world.tenant + 100_000, stranger, OPENED_AT)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET actor_id = actor_id",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries",
        "UPDATE ledger_rows SET digest = digest",
        "DELETE FROM ledger_rows",
        "TRUNCATE ledger_rows",
        "UPDATE ledger_heads SET origin = origin",
        "DELETE FROM ledger_heads",
    ],
)
async def test_the_application_may_only_add(world: World, statement: str):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with world.bound() as conn:
            await conn.execute(statement)


async def test_a_refused_transaction_consumes_no_sequence(world: World):
    with pytest.raises(RuntimeError):
        async with world.bound() as conn:
            await append(conn, await lock_head(conn, world.tenant), world.signer, [world.draft(1)])
            raise RuntimeError
    assert (await world.note(2)).seq == 1


async def test_a_head_is_read_back_as_it_was_written(world: World):
    for number in range(1, 9):
        await world.note(number)
    async with world.bound() as conn:
        head = await get_head(conn, world.tenant)
        leaves = [
            record["hash"] for record in await conn.fetch("SELECT hash FROM ledger_entries ORDER BY seq")
        ]
    assert head.frontier == replace(head.frontier, size=0, hashes=()).extend(leaves)


def replace_origin(signer: Ed25519Signer) -> Ed25519Signer:
    return Ed25519Signer(signer.origin + "0", signer._key)
