"""Rows exported as text and compared offline with the latest digests: what a superuser did behind the ledger's back is named."""

import json
from pathlib import Path

import pytest

from audit.commands import main
from audit.rowexport import export_rows
from audit.trust import Trust, TrustedLog, format_trust
from tests.integration.audit.kit import SAMPLES, World


async def judged(world: World, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and verdict of the auditor's tool on an export of log and rows."""
    await world.export(folder / "log")
    async with world.bound() as conn:
        with (folder / "rows").open("wb") as file:
            await export_rows(conn, world.tenant, SAMPLES, file)
    key = world.signer.verifier_key
    (folder / "trust.json").write_text(format_trust(Trust((TrustedLog(key.name, (key,)),))))
    arguments = ["log", "--trust", "trust.json", "--rows", "rows"]
    capsys.readouterr()
    code = main([str(folder / one) if not one.startswith("--") else one for one in arguments] + ["--json"])
    return code, json.loads(capsys.readouterr().out)["code"]


async def test_rows_as_recorded_are_verified(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    await world.note_many(range(5))
    assert await judged(world, tmp_path, capsys) == (0, "verified")


@pytest.mark.parametrize(
    ("edit", "finding"),
    [
        ("UPDATE samples SET title = '改' WHERE tenant_id = $1 AND weight = 3", "row_changed"),
        ("UPDATE samples SET mood = NULL WHERE tenant_id = $1", "row_changed"),
        ("DELETE FROM samples WHERE tenant_id = $1 AND weight = 3", "row_missing"),
        (
            "INSERT INTO samples (tenant_id, id, revision, title) VALUES ($1, gen_random_uuid(), 1, 'x')",
            "row_extra",
        ),
    ],
)
async def test_rows_behind_the_ledgers_back_are_named(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], edit: str, finding: str
):
    await world.note_many(range(5))
    async with world.tampering() as root:
        await root.execute(edit, world.tenant)
    assert await judged(world, tmp_path, capsys) == (1, finding)
