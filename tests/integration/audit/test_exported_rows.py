"""Rows as PostgreSQL has them, taken away with the log: what a superuser changed behind the ledger's back is named offline too."""

from pathlib import Path

import pytest

from audit.auditing import Question, answer
from audit.errors import UnusableInputError
from audit.rowexport import export_rows
from audit.trust import Trust, TrustedLog
from audit.verdict import Verdict
from tests.integration.audit.kit import SAMPLES, World, insert_row, samples


@pytest.fixture
async def told(world: World) -> World:
    await world.note_many(range(1, 8))
    await world.note(12, title='引号"\\\n\u2028 😀', mood=None, due=None, seal=b"")
    return world


async def write_rows(world: World, file: Path) -> Path:
    with file.open("wb") as out:
        async with world.bound() as conn:
            await export_rows(conn, world.tenant, SAMPLES, out)
    return file


def judge(world: World, directory: Path, rows: Path) -> Verdict:
    key = world.signer.verifier_key
    return answer(Question(directory, Trust((TrustedLog(key.name, (key,)),)), rows=rows))


async def test_rows_as_recorded_hold_though_the_log_has_grown_since(told: World, tmp_path: Path):
    rows = await write_rows(told, tmp_path / "rows")
    await told.note(20)
    verdict = judge(told, await told.export(tmp_path / "log"), rows)
    assert (verdict.code, verdict.rows) == ("verified", 8)
    newer = await write_rows(told, tmp_path / "newer")
    assert judge(told, tmp_path / "log", newer).rows == 9
    await told.note(21)
    with pytest.raises(UnusableInputError):
        judge(told, tmp_path / "log", await write_rows(told, tmp_path / "newest"))


@pytest.mark.parametrize(
    ("change", "code", "seq"),
    [
        ("UPDATE samples SET title = 'x' WHERE id = '{id}'", "row_changed", 2),
        ("UPDATE samples SET mood = 'glad' WHERE tenant_id = {tenant}", "row_changed", 1),
        ("UPDATE samples SET noted_at = '20000-01-01' WHERE id = '{id}'", "row_changed", 2),
        ("UPDATE samples SET noted_at = 'infinity' WHERE id = '{id}'", "row_changed", 2),
        ("DELETE FROM samples WHERE id = '{id}'", "row_missing", 2),
    ],
)
async def test_a_superusers_change_is_named_offline(
    told: World, tmp_path: Path, change: str, code: str, seq: int
):
    async with told.tampering() as conn:
        await conn.execute(change.format(id=told.row(2)["id"], tenant=told.tenant))
    verdict = judge(told, await told.export(tmp_path / "log"), await write_rows(told, tmp_path / "rows"))
    assert (verdict.ok, verdict.code, verdict.seq) == (False, code, seq)


async def test_an_inserted_row_is_named_offline(told: World, tmp_path: Path):
    async with told.tampering() as conn:
        await insert_row(conn, samples, told.row(99))
    verdict = judge(told, await told.export(tmp_path / "log"), await write_rows(told, tmp_path / "rows"))
    assert (verdict.code, str(told.row(99)["id"]) in verdict.en) == ("row_extra", True)


async def test_what_is_not_digested_is_not_exported(told: World, tmp_path: Path):
    async with told.tampering() as conn:
        await conn.execute("UPDATE samples SET phone = '13800000000'")
    assert b"13800000000" not in (await write_rows(told, tmp_path / "rows")).read_bytes()
