"""A superuser with the triggers off changes the stored log and rows: each change is refuted by its name."""

from dataclasses import replace
from pathlib import Path

import pytest

from audit.entry import OfficerSignature, parse_entry
from audit.errors import LedgerBrokenError
from audit.ledger import Head, append, lock_head, seal_batch
from audit.note import encode_base64
from audit.online import verify_stored
from audit.tree import Frontier, leaf_hash
from tests.integration.audit.kit import World, insert_row, samples

LEAF = "UPDATE ledger_entries SET leaf = $3 WHERE tenant_id = $1 AND seq = $2"


async def leaf_at(world: World, seq: int) -> str:
    leaf: str = await world.root.fetchval(
        "SELECT leaf FROM ledger_entries WHERE tenant_id = $1 AND seq = $2", world.tenant, seq
    )
    return leaf


async def rehash(conn, world: World) -> None:
    """Make hash, head and frontier follow the leaves again, as a careful forger would."""
    leaves = await conn.fetch(
        "SELECT seq, leaf FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq", world.tenant
    )
    hashes = [leaf_hash(record["leaf"].encode()) for record in leaves]
    for record, found in zip(leaves, hashes, strict=True):
        await conn.execute(
            "UPDATE ledger_entries SET hash = $3 WHERE tenant_id = $1 AND seq = $2",
            world.tenant,
            record["seq"],
            found,
        )
    frontier = Frontier().extend(hashes)
    await conn.execute(
        "UPDATE ledger_heads SET size = $2, head = $3, frontier = $4, recorded_at = "
        "(SELECT recorded_at FROM ledger_entries WHERE tenant_id = $1 AND seq = $2::bigint - 1) WHERE tenant_id = $1",
        world.tenant,
        frontier.size,
        hashes[-1],
        frontier.to_bytes(),
    )


@pytest.fixture
async def told(world: World) -> World:
    """Entry 0 and seven more, by two actors in turn."""
    await world.note_many(range(1, 8))
    return world


async def expect(
    world: World, tmp_path: Path, code: str, seq: int | None, since: bytes | None = None
) -> None:
    """The same name online and offline."""
    for verdict in (await world.verify_online(since), await world.verify_offline(tmp_path / "log", since)):
        assert (verdict.ok, verdict.code, verdict.seq) == (False, code, seq), verdict
        assert verdict.zh
        assert verdict.en


@pytest.mark.parametrize("careful", [False, True])
async def test_an_edited_actor_is_named(told: World, tmp_path: Path, careful: bool):
    async with told.tampering() as conn:
        forged = (await leaf_at(told, 3)).replace(str(told.other), str(told.actor))
        await conn.execute(LEAF, told.tenant, 3, forged)
        if careful:
            await conn.execute(
                "UPDATE ledger_entries SET actor_id = $3 WHERE tenant_id = $1 AND seq = $2",
                told.tenant,
                3,
                told.actor,
            )
            await rehash(conn, told)
    await expect(told, tmp_path, "actor_edited", 3)


@pytest.mark.parametrize("careful", [False, True])
async def test_an_edited_subject_is_named(told: World, tmp_path: Path, careful: bool):
    mine, other = told.row(4)["id"], told.row(5)["id"]
    async with told.tampering() as conn:
        forged = (await leaf_at(told, 4)).replace(f'"subject":{{"id":"{mine}"', f'"subject":{{"id":"{other}"')
        await conn.execute(LEAF, told.tenant, 4, forged)
        if careful:
            await conn.execute(
                "UPDATE ledger_entries SET subject_id = $3 WHERE tenant_id = $1 AND seq = $2",
                told.tenant,
                4,
                other,
            )
            await rehash(conn, told)
    await expect(told, tmp_path, "subject_edited", 4)


async def test_another_edit_is_named_altered(told: World, tmp_path: Path):
    async with told.tampering() as conn:
        await conn.execute(LEAF, told.tenant, 4, (await leaf_at(told, 4)).replace("agree", "refuse"))
        await rehash(conn, told)
    await expect(told, tmp_path, "entry_altered", 4)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("actor_id = gen_random_uuid()", "actor_edited"),
        ("subject_id = gen_random_uuid()", "subject_edited"),
        ("subject_type = 'other'", "subject_edited"),
        ("operation = 'other'", "column_edited"),
        ("request_id = 'other'", "column_edited"),
        ("arguments_digest = '\\x00'", "column_edited"),
        ("recorded_at = now()", "column_edited"),
        ("recorded_at = '20000-01-01'", "column_edited"),
        ("recorded_at = '-infinity'", "column_edited"),
        ("hash = '\\x00'", "column_edited"),
        ("prev = '\\x00'", "column_edited"),
    ],
)
async def test_an_edited_column_beside_the_leaf_is_named_online(told: World, change: str, code: str):
    async with told.tampering() as conn:
        await conn.execute(f"UPDATE ledger_entries SET {change} WHERE tenant_id = {told.tenant} AND seq = 5")
    verdict = await told.verify_online()
    assert (verdict.code, verdict.seq) == (code, 5)


@pytest.mark.parametrize(
    ("change", "code", "seq"),
    [
        ("UPDATE samples SET title = 'x' WHERE id = '{id}'", "row_changed", 2),
        ("UPDATE samples SET mood = NULL WHERE id = '{id}'", "row_changed", 2),
        ("UPDATE samples SET noted_at = '20000-01-01' WHERE id = '{id}'", "row_changed", 2),
        ("UPDATE samples SET noted_at = '0044-03-15 BC' WHERE id = '{id}'", "row_changed", 2),
        (
            "UPDATE samples SET noted_at = noted_at - interval '4043 years' WHERE id = '{id}'",
            "row_changed",
            2,
        ),
        ("UPDATE samples SET due = 'infinity' WHERE id = '{id}'", "row_changed", 2),
        ("DELETE FROM samples WHERE id = '{id}'", "row_missing", 2),
        ("UPDATE ledger_rows SET digest = '\\x00' WHERE row_key = '{id}'", "row_record_wrong", 2),
        ("DELETE FROM ledger_rows WHERE row_key = '{id}'", "row_record_wrong", 2),
        ("INSERT INTO ledger_rows VALUES ({tenant}, 'samples', '{id}', 5, '\\x00')", "row_record_wrong", 5),
        ("INSERT INTO ledger_rows VALUES ({tenant}, 'samples', '{id}', 9, '\\x00')", "row_record_wrong", 9),
        ("UPDATE ledger_heads SET size = 9 WHERE tenant_id = {tenant}", "entries_cut", 8),
        ("UPDATE ledger_heads SET size = 6 WHERE tenant_id = {tenant}", "head_row_wrong", None),
        ("UPDATE ledger_heads SET recorded_at = now() WHERE tenant_id = {tenant}", "head_row_wrong", None),
        ("UPDATE ledger_heads SET frontier = '\\x00' WHERE tenant_id = {tenant}", "head_row_wrong", None),
        ("DELETE FROM ledger_entries WHERE seq = 7 AND tenant_id = {tenant}", "row_record_wrong", 7),
    ],
)
async def test_changes_of_rows_records_and_head_are_named_online(
    told: World, change: str, code: str, seq: int | None
):
    async with told.tampering() as conn:
        await conn.execute(change.format(id=told.row(2)["id"], tenant=told.tenant))
    verdict = await told.verify_online()
    assert (verdict.code, verdict.seq) == (code, seq)


async def test_an_inserted_row_is_named(told: World):
    async with told.tampering() as conn:
        await insert_row(conn, samples, told.row(99))
    verdict = await told.verify_online()
    assert (verdict.code, str(told.row(99)["id"]) in verdict.en) == ("row_extra", True)


async def test_the_last_three_cut_and_the_head_rolled_back_is_seen_against_a_kept_head(
    told: World, tmp_path: Path
):
    kept = await told.head()
    async with told.tampering() as conn:
        for table in ("ledger_entries", "ledger_rows"):
            await conn.execute(f"DELETE FROM {table} WHERE tenant_id = {told.tenant} AND seq > 4")
        for number in (5, 6, 7):
            await conn.execute("DELETE FROM samples WHERE id = $1", told.row(number)["id"])
        await rehash(conn, told)
    assert (await told.verify_online()).ok, "without outside memory nothing can tell"
    await expect(told, tmp_path, "rolled_back", 5, kept)


async def test_a_history_rewritten_with_the_key_is_seen_against_a_kept_head(told: World, tmp_path: Path):
    kept = await told.head()
    async with told.tampering() as conn:
        for table in ("ledger_entries", "ledger_rows", "samples"):
            where = "" if table == "samples" else "AND seq > 4"
            await conn.execute(f"DELETE FROM {table} WHERE tenant_id = {told.tenant} {where}")
        await conn.execute(f"DELETE FROM ledger_rows WHERE tenant_id = {told.tenant}")
        await conn.execute(f"DELETE FROM ledger_entries WHERE tenant_id = {told.tenant} AND seq > 0")
        await rehash(conn, told)
    await told.note_many(range(20, 30))
    assert (await told.verify_online()).ok
    verdict = await told.verify_online(kept)
    assert (verdict.code, verdict.ok) == ("history_rewritten", False)
    assert (await told.verify_offline(tmp_path, kept)).code == "history_rewritten"


@pytest.mark.parametrize(("one", "two"), [(3, 4), (2, 6)])
async def test_two_swapped_entries_are_named(told: World, tmp_path: Path, one: int, two: int):
    first, second = await leaf_at(told, one), await leaf_at(told, two)
    async with told.tampering() as conn:
        await conn.execute(LEAF, told.tenant, one, second)
        await conn.execute(LEAF, told.tenant, two, first)
        await rehash(conn, told)
    await expect(told, tmp_path, "entries_swapped", one)


async def test_an_entry_taken_out_of_the_middle_is_named(told: World, tmp_path: Path):
    async with told.tampering() as conn:
        await conn.execute(f"DELETE FROM ledger_entries WHERE tenant_id = {told.tenant} AND seq = 3")
        await rehash(conn, told)
        await conn.execute(
            f"UPDATE ledger_entries SET seq = seq - 1 WHERE tenant_id = {told.tenant} AND seq > 3"
        )
    await expect(told, tmp_path, "entry_missing", 3)


async def shift_up(conn, world: World, seq: int, leaf: str) -> None:
    """Make room at `seq` and put a leaf there."""
    await conn.execute(
        f"UPDATE ledger_entries SET seq = -seq - 1 WHERE tenant_id = {world.tenant} AND seq >= {seq}"
    )
    await conn.execute(f"UPDATE ledger_entries SET seq = -seq WHERE tenant_id = {world.tenant} AND seq < 0")
    await conn.execute(
        "INSERT INTO ledger_entries"
        " SELECT tenant_id, $2::bigint, sha256(leaf::bytea), hash, $3, recorded_at, operation,"
        "subject_type, subject_id, actor_id, 'forged', arguments_digest FROM ledger_entries"
        " WHERE tenant_id = $1 AND seq = $2::bigint - 1",
        world.tenant,
        seq,
        leaf,
    )
    await rehash(conn, world)


async def test_a_forged_entry_put_in_the_middle_is_named(told: World, tmp_path: Path):
    forged = (await leaf_at(told, 4)).replace("agree", "refuse")
    async with told.tampering() as conn:
        await shift_up(conn, told, 4, forged)
    await expect(told, tmp_path, "entry_inserted", 4)


async def test_a_genuine_entry_repeated_is_named(told: World, tmp_path: Path):
    async with told.tampering() as conn:
        await shift_up(conn, told, 4, await leaf_at(told, 2))
    await expect(told, tmp_path, "entry_repeated", 4)


async def test_a_forged_entry_behind_the_head_is_named_online(told: World):
    forged = (await leaf_at(told, 7)).replace('"seq":7', '"seq":8')
    async with told.tampering() as conn:
        await conn.execute(
            "INSERT INTO ledger_entries"
            " SELECT tenant_id, 8, hash, '\\x00', $2, recorded_at, operation, subject_type,"
            " subject_id, actor_id, 'forged', arguments_digest FROM ledger_entries"
            " WHERE tenant_id = $1 AND seq = 7",
            told.tenant,
            forged,
        )
    verdict = await told.verify_online()
    assert (verdict.code, verdict.seq) == ("entry_inserted", 8)


async def test_a_fork_signed_with_the_key_is_named(told: World, tmp_path: Path):
    """The signature holds, the place does not: a second entry 4 that follows another entry 3."""
    elsewhere = Head(told.tenant, told.signer.origin, bytes(31) + b"\x01", Frontier().extend([bytes(32)] * 4))
    _, (forged,) = seal_batch(elsewhere, told.signer, [told.draft(4)])
    async with told.tampering() as conn:
        await conn.execute(LEAF, told.tenant, 4, forged.leaf.decode())
    await expect(told, tmp_path, "chain_broken", 4)


async def test_a_flipped_byte_is_named(told: World, tmp_path: Path):
    leaf = await leaf_at(told, 3)
    entry = parse_entry(leaf.encode())
    flipped = bytes([entry.signature[0] ^ 1]) + entry.signature[1:]
    for number, (forged, code) in enumerate(
        [
            (leaf.replace('{"body"', '{ "body"'), "entry_not_canonical"),
            (leaf.replace('"version":1', '"version":2'), "entry_malformed"),
            (leaf.replace(encode_base64(entry.signature), encode_base64(flipped)), "entry_altered"),
            (leaf.replace(entry.key_id, "00000000"), "entry_key_unknown"),
            (
                leaf.replace(f'"origin":"{entry.origin}","prev"', '"origin":"xingji.test/x","prev"'),
                "entry_foreign",
            ),
            (leaf.replace('"server_sig"', '"officer_sig":null,"server_sig"'), "entry_malformed"),
        ]
    ):
        assert forged != leaf
        async with told.tampering() as conn:
            await conn.execute(LEAF, told.tenant, 3, forged)
        await expect(told, tmp_path / str(number), code, 3)


async def test_an_officers_signature_by_an_undeclared_key_is_not_trusted(told: World, tmp_path: Path):
    draft = replace(told.draft(8), officer_sig=OfficerSignature("officer-key", bytes(64)))
    async with told.bound() as conn:
        await append(conn, await lock_head(conn, told.tenant), told.signer, [draft])
    await expect(told, tmp_path, "officer_key_unknown", 8)


async def test_a_table_that_nobody_compares_is_named(told: World):
    async with told.bound() as conn:
        verdict = await verify_stored(conn, told.tenant, told.signer.verifier_key, [])
    assert verdict.code == "table_unknown"


async def test_entries_cut_below_the_head_are_not_signed_over(told: World, tmp_path: Path):
    async with told.tampering() as conn:
        await conn.execute(f"DELETE FROM ledger_entries WHERE tenant_id = {told.tenant} AND seq > 5")
        await conn.execute(f"DELETE FROM ledger_rows WHERE tenant_id = {told.tenant} AND seq > 5")
    verdict = await told.verify_online()
    assert (verdict.code, verdict.seq) == ("entries_cut", 6)
    with pytest.raises(LedgerBrokenError):
        await told.export(tmp_path)
    assert not (tmp_path / "checkpoint").exists()
