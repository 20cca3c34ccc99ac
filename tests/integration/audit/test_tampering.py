"""A superuser with the triggers off changes the stored log and rows: each change is refuted by its name, and by the second reader."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.consistency import consistency_path
from audit.entry import GENESIS, OfficerSignature, parse_entry, seal
from audit.errors import AuditError, LedgerBrokenError
from audit.export import export_log
from audit.head import sign_head
from audit.ledger import Head, append, get_head, lock_head, seal_batch
from audit.note import encode_base64
from audit.online import verify_stored
from audit.tree import Frontier, leaf_hash
from audit.verdict import RefutedError, Verdict
from audit.verify import verify_log
from audit.witness import Outcome, Request, decide_cosigning
from audit.witnessed import Witnessed, check_witnessed
from tests.conformance.second_reader import read_log
from tests.integration.audit.conftest import opened_world
from tests.integration.audit.kit import SAMPLES, World
from tests.integration.audit.tamperings import TAMPERINGS, TRIGGER, Ripe, Tampering, ripen
from xingji.postgres import EmbeddedPostgres

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


@pytest.fixture(scope="module")
async def ripe(postgres: EmbeddedPostgres, sample_database: str) -> AsyncIterator[Ripe]:
    """One world for the whole table: every tampering is undone by its transaction."""
    async with opened_world(postgres, sample_database) as world:
        yield await ripen(world)


@asynccontextmanager
async def undone(ripe: Ripe, sql: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A superuser's transaction, the triggers off, in which this was done and which is rolled back."""
    conn = ripe.world.root
    transaction = conn.transaction(isolation="repeatable_read")
    await transaction.start()
    try:
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute(ripe.fill(sql))
        yield conn
    finally:
        await transaction.rollback()


async def named(verdict: Awaitable[Verdict]) -> tuple[str, int | None]:
    """The verdict's name and place; a refusal's name where it comes to none."""
    try:
        found = await verdict
    except AuditError as error:
        return error.code, None
    assert found.ok is (found.code == "verified")
    assert found.zh
    assert found.en
    return found.code, found.seq


async def judge_stored(conn: Any, ripe: Ripe, since: str | None = None) -> Verdict:
    kept = None if since is None else since.encode()
    world = ripe.world
    return await verify_stored(conn, world.tenant, world.signer.verifier_key, SAMPLES, since=kept)


async def judge_export(conn: Any, ripe: Ripe, folder: Path, since: str | None = None) -> Verdict:
    kept = None if since is None else since.encode()
    await export_log(conn, ripe.world.tenant, ripe.world.signer, folder)
    return verify_log(folder, ripe.world.signer.verifier_key, kept)


async def test_what_nobody_tampered_with_verifies(ripe: Ripe, tmp_path: Path):
    async with undone(ripe, "SELECT 1") as conn:
        for since in (None, ripe.first, ripe.last):
            assert (await judge_stored(conn, ripe, since)).code == "verified"
        assert (await judge_export(conn, ripe, tmp_path / "x", ripe.last)).code == "verified"
        assert read_log(tmp_path / "x", ripe.world.signer.verifier_key.format())[0]


@pytest.mark.parametrize("case", TAMPERINGS.values(), ids=TAMPERINGS)
async def test_each_tampering_is_refuted_by_its_name(ripe: Ripe, tmp_path: Path, case: Tampering):
    async with undone(ripe, case.sql) as conn:
        assert await named(judge_stored(conn, ripe)) == (case.name, case.seq)
        if case.offline is not None:
            assert (await named(judge_export(conn, ripe, tmp_path / "x")))[0] == case.offline
            assert not read_log(tmp_path / "x", ripe.world.signer.verifier_key.format())[0]


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=name) for name, case in TAMPERINGS.items() if case.stopped]
)
async def test_what_stops_a_tampering_does(ripe: Ripe, case: Tampering):
    """With nothing switched off: the triggers stop a superuser too; else the application's role may not."""
    world, sql = ripe.world, ripe.fill(case.sql)
    triggers = case.stopped == TRIGGER
    with pytest.raises(asyncpg.PostgresError) as stopped:
        async with world.root.transaction() if triggers else world.bound():
            await (world.root if triggers else world.app).execute(sql)
    assert str(stopped.value.sqlstate) in str(case.stopped)


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


CUT = (
    "DELETE FROM ledger_entries WHERE tenant_id = {t} AND seq >= {n};"
    "DELETE FROM ledger_rows WHERE tenant_id = {t} AND seq >= {n};"
    "DELETE FROM samples WHERE tenant_id = {t} AND weight >= {n};"
    "DELETE FROM ledger_witnessed WHERE tenant_id = {t} AND seq >= {n};"
)
UNPUBLISH = "DELETE FROM ledger_checkpoints WHERE tenant_id = {t} AND size > {n}"


async def rewrite(conn: Any, ripe: Ripe, seq: int) -> None:
    """Seal every entry from `seq` on anew, one of them with another verdict, as only who has the key can."""
    world = ripe.world
    records = await conn.fetch(
        "SELECT leaf FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq", world.tenant
    )
    head = Head(world.tenant, world.signer.origin, GENESIS, Frontier())
    for number, record in enumerate(records):
        entry = parse_entry(record["leaf"].encode())
        if number >= seq:
            draft = replace(entry.draft, intent={**entry.draft.intent, "verdict": "refuse"})
            head, (entry,) = seal_batch(head, world.signer, [draft])
            await conn.execute(LEAF, world.tenant, number, entry.leaf.decode())
            await conn.execute(
                "UPDATE ledger_entries SET prev = $3 WHERE tenant_id = $1 AND seq = $2",
                world.tenant,
                number,
                entry.prev,
            )
        else:
            head = replace(head, hash=entry.hash, frontier=head.frontier.extend((entry.hash,)))
    await rehash(conn, world)
    await conn.execute("DELETE FROM ledger_tiles WHERE tenant_id = $1 AND tile = 1", world.tenant)


@pytest.mark.parametrize(
    ("sql", "code", "seq"),
    [
        (CUT.replace("{n}", "590"), "checkpoint_beyond", 590),
        (CUT.replace("{n}", "100"), "checkpoint_beyond", 100),
        (CUT.replace("{n}", "590") + UNPUBLISH.replace("{n}", "590"), "verified", None),
    ],
    ids=["checkpoint stands", "below the tiles too", "checkpoint gone too"],
)
async def test_a_log_cut_below_what_was_published_is_named(
    ripe: Ripe, tmp_path: Path, sql: str, code: str, seq: int | None
):
    """By the stored checkpoint; where that is gone too, only by whoever kept it, or a head."""
    async with undone(ripe, sql) as conn:
        await rehash(conn, ripe.world)
        assert await named(judge_stored(conn, ripe)) == (code, seq)
        assert (await named(judge_stored(conn, ripe, ripe.last)))[0] == "rolled_back"
        assert (await named(judge_export(conn, ripe, tmp_path, ripe.last)))[0] == "rolled_back"


async def test_an_old_backup_put_back_is_seen_by_who_kept_anything_later(ripe: Ripe, tmp_path: Path):
    """All tables as they were at 300 entries: whole in itself."""
    sql = (CUT + UNPUBLISH + "; DELETE FROM ledger_tiles WHERE tenant_id = {t} AND tile = 1").replace(
        "{n}", "300"
    )
    async with undone(ripe, sql) as conn:
        await rehash(conn, ripe.world)
        assert await named(judge_stored(conn, ripe)) == ("verified", None)
        assert await named(judge_stored(conn, ripe, ripe.first)) == ("verified", None)
        assert await named(judge_stored(conn, ripe, ripe.last)) == ("rolled_back", 300)
        assert await named(judge_export(conn, ripe, tmp_path, ripe.last)) == ("rolled_back", 300)


async def test_a_checkpoint_deleted_is_missed_by_nobody_but_who_kept_it(ripe: Ripe, tmp_path: Path):
    """It takes nothing from the log: the kept one holds as before, and the next is published over it."""
    async with undone(ripe, "DELETE FROM ledger_checkpoints WHERE tenant_id = {t} AND size = 8") as conn:
        assert await named(judge_stored(conn, ripe, ripe.first)) == ("verified", None)
        assert await named(judge_export(conn, ripe, tmp_path, ripe.first)) == ("verified", None)


async def test_a_history_signed_anew_is_named_by_what_was_published_kept_or_witnessed(
    ripe: Ripe, tmp_path: Path
):
    """Each entry and each row holds: it is the key's holder who lies, and one old root is enough to tell."""
    world = ripe.world
    async with undone(ripe, "SELECT 1") as conn:
        seen = open_checkpoint(ripe.last.encode(), world.signer.verifier_key)
        await rewrite(conn, ripe, 500)
        assert await named(judge_stored(conn, ripe)) == ("checkpoint_contradicted", None)
        head = await get_head(conn, world.tenant)
        hashes = [
            row["hash"]
            for row in await conn.fetch(
                "SELECT hash FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq", world.tenant
            )
        ]
        now = Checkpoint(head.origin, head.size, head.frontier.root())
        asked = Request(
            seen.size, consistency_path(hashes, seen.size), sign_head(head, world.signer).encode()
        )
        assert decide_cosigning(seen, asked, now) is Outcome.UNPROVEN
        city = [Witnessed(9, seen, ripe.last)]
        roots = {seen.size: Frontier().extend(hashes[: seen.size]).root()}
        with pytest.raises(RefutedError, match="witnessed_contradicted"):
            check_witnessed(city, head.origin, [world.signer.verifier_key], head.size, roots)
    async with undone(ripe, UNPUBLISH.replace("{n}", "8")) as conn:
        await rewrite(conn, ripe, 500)
        assert await named(judge_stored(conn, ripe)) == ("verified", None), "nobody in here knows better"
        assert await named(judge_stored(conn, ripe, ripe.first)) == ("verified", None)
        assert await named(judge_stored(conn, ripe, ripe.last)) == ("history_rewritten", None)
        assert await named(judge_export(conn, ripe, tmp_path, ripe.last)) == ("history_rewritten", None)


async def test_an_entry_forged_with_the_retired_key_is_named(ripe: Ripe, tmp_path: Path):
    """Behind the change of keys, by whoever got hold of the old one: the signature holds, and counts for nothing."""
    world = ripe.world
    async with undone(ripe, "SELECT 1") as conn:
        entry = parse_entry((await leaf_at(world, 20)).encode())
        forged = seal(
            replace(entry.draft, intent={**entry.draft.intent, "verdict": "refuse"}),
            entry.origin,
            entry.seq,
            entry.prev,
            ripe.old,
            None,
        )
        await conn.execute(LEAF, world.tenant, 20, forged.leaf.decode())
        await rehash(conn, world)
        assert await named(judge_stored(conn, ripe)) == ("entry_key_retired", 20)
        assert await named(judge_export(conn, ripe, tmp_path)) == ("entry_key_retired", 20)


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
