"""`xingji vault rotate`, and `xingji ledger check` with the vault, without it and after tampering."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.integration.api.kit import Stage, command, rows_of, serve_world, tamper
from tests.support import DatabaseUrls
from xingji.demo.cast import CITY
from xingji.service import wall_clock

PEOPLE = "{ people { edges { node { name } } } viewer { name } }"


@pytest.fixture
async def founded(database: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A founded installation's home."""
    monkeypatch.setenv("XINGJI_MIGRATOR_URL", database.owner)
    secret = tmp_path / "secret"
    secret.write_text("a password of ours\n", "utf-8")
    ran = await command(database, tmp_path / "home", "found", "--admin-password-file", str(secret))
    assert ran.code == 0, ran.err
    return tmp_path / "home"


async def check(database: DatabaseUrls, home: Path) -> tuple[int, dict[str, Any]]:
    ran = await command(database, home, "ledger", "check", "--tenant", CITY, "--json")
    return ran.code, json.loads(ran.out)


async def test_rotation_wraps_anew_under_a_running_server(database: DatabaseUrls, founded: Path) -> None:
    before = await rows_of(database, "SELECT * FROM personal_keys ORDER BY 1, 2")
    values = await rows_of(database, "SELECT * FROM personal_values ORDER BY 1, 2")
    async with serve_world(database, founded, wall_clock(), demo=False) as stage:
        named = await who_is_there(stage)
        assert named
        for _ in range(2):
            ran = await command(database, founded, "vault", "rotate")
            assert ran.code == 0 and len(ran.out.splitlines()) == len({row["tenant_id"] for row in before})
        assert await who_is_there(stage) == named
    after = await rows_of(database, "SELECT * FROM personal_keys ORDER BY 1, 2")
    assert len(after) == len(before) and not {row["kek_id"] for row in before} & {
        row["kek_id"] for row in after
    }
    assert await rows_of(database, "SELECT * FROM personal_values ORDER BY 1, 2") == values
    left = [path.stem for path in (founded / "vault").glob("*/*.kek")]
    assert len(left) == 2 * len({row["tenant_id"] for row in before})
    assert (await check(database, founded))[0] == 0


async def who_is_there(stage: Stage) -> str:
    values = {"tenantCode": CITY, "login": "admin", "password": "a password of ours"}
    signing = "mutation($input: SignInInput!) { signIn(input: $input) { ... on SignedIn { token } } }"
    token = (await stage.stranger.get(signing, input=values))["signIn"]["token"]
    answer = await stage.http.post(
        "/graphql", json={"query": PEOPLE}, headers={"Authorization": f"Bearer {token}"}
    )
    return answer.text


async def test_a_check_opens_every_value_and_says_when_it_cannot(
    database: DatabaseUrls, founded: Path
) -> None:
    code, verdict = await check(database, founded)
    assert (code, verdict["code"], verdict["values_checked"]) == (0, "verified", True)

    shutil.move(founded / "vault", founded / "elsewhere")
    code, verdict = await check(database, founded)
    assert (code, verdict["code"], verdict["values_checked"]) == (0, "verified", False)
    assert "NOT checked" in verdict["en"] and not (founded / "vault").exists()
    shutil.move(founded / "elsewhere", founded / "vault")

    kept = (founded / "secrets" / "vault-passphrase").read_bytes()
    (founded / "secrets" / "vault-passphrase").write_bytes(b"another")
    code, verdict = await check(database, founded)
    assert (code, verdict["code"]) == (2, "tenancy.vault.unusable")
    (founded / "secrets" / "vault-passphrase").write_bytes(kept)

    await tamper(database, "UPDATE personal_values SET sealed = sealed || '\\x00'")
    code, verdict = await check(database, founded)
    assert (code, verdict["code"], verdict["ok"]) == (1, "value_unopenable", False)


async def test_a_rotation_that_cannot_open_a_key_changes_nothing(
    database: DatabaseUrls, founded: Path
) -> None:
    await tamper(database, "UPDATE personal_keys SET wrapped = sha256(wrapped)")
    before = await rows_of(database, "SELECT * FROM personal_keys ORDER BY 1, 2")
    ran = await command(database, founded, "vault", "rotate")
    assert (ran.code, ran.out) == (1, "") and "does not open" in ran.err
    assert await rows_of(database, "SELECT * FROM personal_keys ORDER BY 1, 2") == before
