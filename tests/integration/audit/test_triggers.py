"""The database itself refuses a commit in which an audited row is not as its latest entry records it."""

import asyncpg
import pytest

from audit.entry import RowDigest
from audit.ledger import append, lock_head
from audit.rows import record_row, row_key
from audit.triggers import audit_trigger_sql, drop_trigger_sql, find_drift
from tests.integration.audit.kit import SAMPLES, World, insert_row, sample_lines, samples


async def record(world: World, conn, number: int, *rows: RowDigest) -> None:
    await append(conn, await lock_head(conn, world.tenant), world.signer, [world.draft(number, rows)])


async def test_a_row_without_an_entry_is_refused_by_name(world: World):
    row = world.row(1)
    with pytest.raises(asyncpg.PostgresError, match=f"samples/{row['id']} has no entry") as caught:
        async with world.bound() as conn:
            await insert_row(conn, samples, row)
    assert caught.value.sqlstate == "XJ001"


@pytest.mark.parametrize("wrong", ["digest", "key", "table"])
async def test_an_entry_for_another_row_does_not_help(world: World, wrong: str):
    row = world.row(1)
    true = record_row(samples, row)
    said = {
        "digest": RowDigest(true.table, true.key, bytes(32)),
        "key": RowDigest(true.table, "other", true.digest),
        "table": RowDigest("sample_lines", true.key, true.digest),
    }[wrong]
    with pytest.raises(asyncpg.PostgresError) as caught:
        async with world.bound() as conn:
            await insert_row(conn, samples, row)
            await record(world, conn, 1, said)
    assert caught.value.sqlstate == "XJ001"


async def test_an_update_needs_its_own_entry(world: World):
    await world.note(1)
    with pytest.raises(asyncpg.PostgresError) as caught:
        async with world.bound() as conn:
            await conn.execute("UPDATE samples SET title = 'edited'")
    assert caught.value.sqlstate == "XJ001"


async def test_turning_to_another_tenant_before_the_commit_hides_nothing(world: World):
    """Row and records are then out of sight, and what cannot be seen is not recorded."""
    with pytest.raises(asyncpg.PostgresError) as caught:
        async with world.bound() as conn:
            await insert_row(conn, samples, world.row(1))
            await conn.execute(f"SET LOCAL app.tenant = '{world.tenant + 1}'")
    assert caught.value.sqlstate == "XJ001"


async def test_going_back_to_an_old_state_is_refused(world: World):
    await world.note(1)
    async with world.bound() as conn:
        await conn.execute("UPDATE samples SET title = 'new'")
        await record(world, conn, 2, record_row(samples, world.row(1, title="new")))
    with pytest.raises(asyncpg.PostgresError) as caught:
        async with world.bound() as conn:
            await conn.execute("UPDATE samples SET title = $1", world.row(1)["title"])
    assert caught.value.sqlstate == "XJ001"


async def test_several_updates_in_one_transaction_need_only_the_last_state(world: World):
    row = world.row(1)
    async with world.bound() as conn:
        await insert_row(conn, samples, row)
        await conn.execute("UPDATE samples SET title = 'second'")
        await conn.execute("UPDATE samples SET title = 'third'")
        await record(world, conn, 1, record_row(samples, row | {"title": "third"}))
    assert (await world.verify_online()).ok


async def test_a_column_outside_the_digest_changes_freely(world: World):
    await world.note(1)
    async with world.bound() as conn:
        await conn.execute("UPDATE samples SET phone = '1'")
    assert (await world.verify_online()).ok


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DELETE FROM samples", "never deleted"),
        ("TRUNCATE samples", "never truncated"),
        ("UPDATE samples SET id = gen_random_uuid()", "never changes its key"),
    ],
)
async def test_deleting_truncating_and_changing_the_key_are_refused(
    world: World, statement: str, message: str
):
    await world.note(1)
    with pytest.raises(asyncpg.PostgresError, match=message) as caught:
        async with world.bound() as conn:
            await conn.execute(statement)
    assert caught.value.sqlstate == "XJ002"


async def test_a_temporary_table_cannot_stand_in_for_the_records(world: World):
    with pytest.raises(asyncpg.PostgresError) as caught:
        async with world.bound() as conn:
            row = world.row(1)
            said = record_row(samples, row)
            await conn.execute("CREATE TEMP TABLE ledger_rows (LIKE public.ledger_rows) ON COMMIT DROP")
            await conn.execute(
                "INSERT INTO pg_temp.ledger_rows VALUES ($1,$2,$3,1,$4)",
                world.tenant,
                said.table,
                said.key,
                said.digest,
            )
            await insert_row(conn, samples, row)
    assert caught.value.sqlstate == "XJ001"


async def test_a_composite_key_is_recorded_with_its_parts(world: World):
    row = {"tenant_id": world.tenant, "sample_id": world.row(1)["id"], "position": 7, "text": None}
    assert row_key(sample_lines, row) == f"{row['sample_id']}/7"
    async with world.bound() as conn:
        await insert_row(conn, sample_lines, row)
        await record(world, conn, 1, record_row(sample_lines, row))
    assert (await world.verify_online()).ok


async def test_drift_is_found_and_its_absence_too(world: World):
    assert await find_drift(world.root, SAMPLES) == ()
    async with world.root.transaction():
        transaction = world.root.transaction()
        await transaction.start()
        await world.root.execute("ALTER TABLE samples DISABLE TRIGGER xingji_recorded")
        assert len(await find_drift(world.root, SAMPLES)) == 1
        await transaction.rollback()
        transaction = world.root.transaction()
        await transaction.start()
        for statement in drop_trigger_sql(samples):
            await world.root.execute(statement)
        assert len(await find_drift(world.root, SAMPLES)) == 4
        for statement in audit_trigger_sql(samples):
            await world.root.execute(statement)
        assert await find_drift(world.root, SAMPLES) == ()
        await transaction.rollback()
