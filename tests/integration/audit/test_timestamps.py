"""Time tokens where they are stored and in an export: what a superuser does to one is named, and so is an authority that is not trusted."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from cryptography.x509 import Certificate

from audit.checkpoint import sign_checkpoint
from audit.export import export_log
from audit.ledger import append, lock_head
from audit.online import verify_stored
from audit.publishing import find_published
from audit.stamping import find_unstamped, record_token
from audit.timestamp import make_request, take_answer
from audit.timestamped import Timestamped, draft_timestamped
from audit.verdict import Verdict
from audit.verify import verify_log
from tests.integration.audit.conftest import opened_world
from tests.integration.audit.kit import SAMPLES, World
from tests.integration.audit.test_publishing import LATER, grow, publish_now
from tests.timestamping import Tsa
from xingji.postgres import EmbeddedPostgres

SIZES = (3, 20, 40)


@dataclass
class Stamped:
    """A log of some entries, stamped at `SIZES`, and the authority."""

    world: World
    tsa: Tsa

    async def online(self, *authorities: Certificate) -> Verdict:
        async with self.world.bound() as conn:
            return await self.judge(conn, *authorities)

    async def judge(self, conn: Any, *authorities: Certificate) -> Verdict:
        key = self.world.signer.verifier_key
        pinned = authorities or self.tsa.pinned
        return await verify_stored(conn, self.world.tenant, key, SAMPLES, authorities=pinned)

    async def export(self, folder: Path, **how: Any) -> Path:
        async with self.world.bound() as conn:
            await export_log(conn, self.world.tenant, self.world.signer, folder, **how)
        return folder

    @asynccontextmanager
    async def undone(self, sql: str) -> AsyncIterator[Any]:
        """A superuser's transaction, the triggers off, in which this was done and which is rolled back."""
        conn = self.world.root
        transaction = conn.transaction(isolation="repeatable_read")
        await transaction.start()
        try:
            await conn.execute("SET LOCAL session_replication_role = replica")
            assert not (await conn.execute(sql.format(t=self.world.tenant))).endswith(" 0")
            yield conn
        finally:
            await transaction.rollback()

    def offline(self, folder: Path, *authorities: Certificate, **how: Any) -> Verdict:
        key = self.world.signer.verifier_key
        return verify_log(folder, key, authorities=authorities or self.tsa.pinned, **how)


async def stamp(world: World, tsa: Tsa) -> int:
    """Publish and stamp; the size."""
    assert await publish_now(world) is not None
    async with world.bound() as conn:
        published = await find_unstamped(conn, world.tenant)
    assert published is not None
    note = published.note.encode()
    token = take_answer(tsa.answer(make_request(note, 7)), note, 7, tsa.pinned)
    async with world.bound() as conn:
        head = await lock_head(conn, world.tenant)
        after = await record_token(conn, head, world.signer, published, token, LATER)
        assert after.size == head.size + 1
        assert await record_token(conn, after, world.signer, published, token, LATER) is after
    return published.checkpoint.size


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    return Tsa.create(tmp_path_factory.mktemp("tsa"))


async def prepare(world: World, tsa: Tsa) -> Stamped:
    for size in SIZES:
        await grow(world, size)
        assert await stamp(world, tsa) == size
    return Stamped(world, tsa)


@pytest.fixture
async def stamped(world: World, tsa: Tsa) -> Stamped:
    return await prepare(world, tsa)


@pytest.fixture(scope="module")
async def kept(postgres: EmbeddedPostgres, sample_database: str, tsa: Tsa) -> AsyncIterator[Stamped]:
    """One for all that is undone again."""
    async with opened_world(postgres, sample_database) as world:
        yield await prepare(world, tsa)


@pytest.fixture(scope="module")
async def exported(kept: Stamped, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return await kept.export(tmp_path_factory.mktemp("exported") / "log")


def said(verdict: Verdict) -> tuple[bool, str, int | None]:
    return verdict.ok, verdict.code, verdict.seq


async def test_what_was_stamped_is_told_online_and_offline(stamped: Stamped, tmp_path: Path):
    await grow(stamped.world, 1100)
    folder = await stamped.export(tmp_path / "log")
    whole = [await stamped.online(), *(stamped.offline(folder, processes=count) for count in (1, 3))]
    for verdict in whole:
        assert said(verdict) == (True, "verified", None)
        assert verdict.stamps is not None
        assert (verdict.stamps.count, verdict.stamps.size, verdict.stamps.authority) == (3, 40, "tsa")
        assert "its first 40 entries existed by 20" in verdict.en
        assert verdict.to_json()["stamps"]["count"] == 3  # type: ignore[index]
    assert whole[0].stamps == whole[1].stamps == whole[2].stamps
    names = sorted(path.name for path in (folder / "timestamp").iterdir())
    assert names == sorted(f"{size}.{kind}" for size in SIZES for kind in ("note", "tst"))
    for size in SIZES:
        note, token = ((folder / "timestamp" / f"{size}.{kind}").read_bytes() for kind in ("note", "tst"))
        assert stamped.tsa.accepts(token, note)
    unjudged = verify_log(folder, stamped.world.signer.verifier_key)
    assert unjudged.ok
    assert unjudged.stamps is not None
    assert unjudged.stamps.time is None
    assert "NOT checked" in unjudged.en
    assert "time-stamps" in stamped.offline(folder, quick=True).en


async def test_a_log_without_tokens_says_so_where_an_authority_is_trusted(
    world: World, tsa: Tsa, tmp_path: Path
):
    bare = Stamped(world, tsa)
    await grow(world, 5)
    for verdict in (await bare.online(), bare.offline(await bare.export(tmp_path / "log"))):
        assert said(verdict) == (True, "verified", None)
        assert "records no time-stamp" in verdict.en
    assert verify_log(tmp_path / "log", world.signer.verifier_key).stamps is None


async def test_nothing_is_stamped_that_nobody_acted_on(stamped: Stamped):
    world = stamped.world
    assert await publish_now(world) is not None, "the record of the last token"
    async with world.bound() as conn:
        assert await find_unstamped(conn, world.tenant) is None
    await grow(world, SIZES[-1] + 2)
    async with world.bound() as conn:
        assert await find_unstamped(conn, world.tenant) is None, "it is not published yet"
    assert await stamp(world, stamped.tsa) == SIZES[-1] + 2


async def test_an_export_holds_the_tokens_that_its_entries_record(stamped: Stamped, tmp_path: Path):
    """The last token is over what was published last, and recorded behind it."""
    folder = await stamped.export(tmp_path / "log", as_published=True)
    verdict = stamped.offline(folder)
    assert verdict.ok
    assert verdict.stamps is not None
    assert (verdict.size, verdict.stamps.count, verdict.stamps.size) == (40, 2, 20)


ROWS = "ledger_timestamps WHERE tenant_id = {t} AND size = "
OTHER = "(SELECT token FROM ledger_timestamps WHERE tenant_id = {t} AND size = 3)"


@pytest.mark.parametrize(
    ("sql", "seq"),
    [
        ("DELETE FROM " + ROWS + "20", 20),
        ("DELETE FROM " + ROWS + "40", 40),
        ("DELETE FROM ledger_timestamps WHERE tenant_id = {t}", 3),
        ("UPDATE ledger_timestamps SET token = set_byte(token, 200, 7) WHERE tenant_id = {t} AND size = 20", 20),
        ("UPDATE ledger_timestamps SET token = " + OTHER + " WHERE tenant_id = {t} AND size = 40", 40),
        ("UPDATE ledger_timestamps SET size = 21 WHERE tenant_id = {t} AND size = 20", 20),
        ("UPDATE ledger_timestamps SET seq = 21 WHERE tenant_id = {t} AND size = 20", 20),
        ("INSERT INTO ledger_timestamps VALUES ({t}, 5, 30, '\\x30')", 30),
        ("INSERT INTO ledger_timestamps VALUES ({t}, 5, 9000, '\\x30')", 9000),
        ("INSERT INTO ledger_timestamps VALUES ({t}, 5, -1, '\\x30')", 0),
        ("DELETE FROM ledger_checkpoints WHERE tenant_id = {t} AND size = 20", 20),
    ],
)  # fmt: skip
async def test_what_a_superuser_does_to_a_stored_token_is_named(
    kept: Stamped, tmp_path: Path, sql: str, seq: int
):
    async with kept.undone(sql) as conn:
        assert said(await kept.judge(conn)) == (False, "timestamp_row_wrong", seq)
        if "INSERT" not in sql and "SET seq" not in sql:
            await export_log(conn, kept.world.tenant, kept.world.signer, tmp_path / "log")
            assert kept.offline(tmp_path / "log").code == "timestamp_file_wrong"
            bare = verify_log(tmp_path / "log", kept.world.signer.verifier_key)
            assert bare.code == "timestamp_file_wrong"


async def test_the_application_may_add_a_token_and_nothing_else(kept: Stamped):
    for sql in ("DELETE FROM ledger_timestamps", "UPDATE ledger_timestamps SET seq = 1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with kept.world.bound() as conn:
                await conn.execute(sql)


def change(name: str, work: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(work((folder / name).read_bytes()))


@pytest.mark.parametrize(
    ("work", "code"),
    [
        (lambda folder: (folder / "3.tst").unlink(), "timestamp_file_wrong"),
        (lambda folder: (folder / "3.note").unlink(), "timestamp_file_wrong"),
        (change("20.tst", lambda data: data + b"\0"), "timestamp_file_wrong"),
        (change("20.tst", lambda data: bytes(100_000)), "timestamp_file_wrong"),
        (change("20.note", lambda data: data + data.splitlines(keepends=True)[-1]), "timestamp_file_wrong"),
        (lambda folder: (folder / "3.tst").rename(folder / "20.tst"), "timestamp_file_wrong"),
        (lambda folder: (folder / "5.tst").write_bytes(b""), "bundle_unexpected"),
        (lambda folder: (folder / "readme").write_bytes(b""), "bundle_unexpected"),
        (lambda folder: (folder / "more").mkdir(), "bundle_unexpected"),
        (lambda folder: [one.unlink() for one in folder.iterdir()], "timestamp_file_wrong"),
    ],
)  # fmt: skip
async def test_what_is_done_to_an_exported_token_is_named(
    kept: Stamped, exported: Path, tmp_path: Path, work: Callable[[Path], object], code: str
):
    folder = tmp_path / "log"
    shutil.copytree(exported, folder)
    work(folder / "timestamp")
    assert kept.offline(folder).code == code


async def test_another_authority_than_the_trusted_is_refuted(kept: Stamped, exported: Path, tmp_path: Path):
    other = Tsa.create(tmp_path / "other").root
    for verdict in (await kept.online(other), kept.offline(exported, other)):
        assert said(verdict) == (False, "timestamp_authority_unknown", 3)
    assert kept.offline(exported, other, kept.tsa.root).ok


async def forge(stamped: Stamped, note: bytes, token: bytes, size: int) -> None:
    """Record a token that does not hold, as only who has the log's key can."""
    world = stamped.world
    async with world.bound() as conn:
        head = await lock_head(conn, world.tenant)
        recorded = Timestamped(head.size, size, sha256(note).digest(), sha256(token).digest())
        draft = draft_timestamped(recorded, head.origin, world.actor, LATER)
        await append(conn, head, world.signer, (draft,))
        await conn.execute(
            "INSERT INTO ledger_timestamps VALUES ($1, $2, $3, $4)", world.tenant, size, head.size, token
        )


async def test_a_recorded_token_over_other_bytes_is_refuted(stamped: Stamped, tmp_path: Path):
    world = stamped.world
    await publish_now(world)
    async with world.bound() as conn:
        published = await find_published(conn, world.tenant)
        old = await conn.fetchval(
            "SELECT token FROM ledger_timestamps WHERE tenant_id = $1 AND size = 3", world.tenant
        )
    assert published is not None
    await forge(stamped, published.note.encode(), old, published.checkpoint.size)
    for verdict in (await stamped.online(), stamped.offline(await stamped.export(tmp_path / "log"))):
        assert said(verdict) == (False, "timestamp_of_other_bytes", published.checkpoint.size)


async def test_a_stamped_checkpoint_of_another_history_is_refuted(stamped: Stamped, tmp_path: Path):
    """Whoever has the key rewrote what is below a stamped checkpoint, and kept the token for looks."""
    world = stamped.world
    await publish_now(world)
    async with world.bound() as conn:
        published = await find_published(conn, world.tenant)
    assert published is not None
    size = published.checkpoint.size
    other = replace(published.checkpoint, root=bytes(32))
    note = sign_checkpoint(other, world.signer).encode()
    token = take_answer(stamped.tsa.answer(make_request(note, 7)), note, 7, stamped.tsa.pinned)
    await forge(stamped, note, token, size)
    async with world.tampering() as conn:
        await conn.execute(
            "UPDATE ledger_checkpoints SET note = $2, root = $4 WHERE tenant_id = $1 AND size = $3",
            world.tenant,
            note.decode(),
            size,
            other.root,
        )
    folder = await stamped.export(tmp_path / "log")
    (folder / "published").unlink()
    assert said(stamped.offline(folder)) == (False, "timestamp_contradicted", size)
    assert not (await stamped.online()).ok


async def test_a_record_that_is_malformed_is_refuted(stamped: Stamped, tmp_path: Path):
    world = stamped.world
    for changes in ({"size": 9000}, {"token": "00"}, {"note": None}):
        async with world.bound() as conn:
            head = await lock_head(conn, world.tenant)
            draft = draft_timestamped(
                Timestamped(head.size, 3, bytes(32), bytes(32)), head.origin, world.actor, LATER
            )
            draft = replace(draft, intent={**draft.intent, **changes}, request_id=f"again:{head.size}")
            await append(conn, head, world.signer, (draft,))
    wanted = (False, "timestamped_malformed", SIZES[-1] + 1)
    assert said(await stamped.online()) == wanted
    assert said(stamped.offline(await stamped.export(tmp_path / "log"))) == wanted
