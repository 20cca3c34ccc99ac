"""`xingji vault rotate`, and `xingji ledger check` with the vault, without it and after tampering."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

import xingji.commands.vault
import xingji.passphrase
from tenancy.errors import TenancyError
from tenancy.vault import FileVault, Wrapped
from tests.integration.api.kit import Stage, command, rows_of, serve_world, tamper
from tests.support import DatabaseUrls
from xingji.demo.cast import CITY
from xingji.passphrase import RenewedPassphrase
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
    monkeypatch.setenv("XINGJI_BACKUP_URL", database.superuser)
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


def opened(folder: Path, passphrases: list[bytes], rows: list[Any]) -> int:
    """How many data keys of these rows a vault gives up."""
    vault, number = FileVault(folder, lambda: passphrases), 0
    for row in rows:
        with suppress(TenancyError):
            vault.unwrap(row["tenant_id"], row["subject_id"], Wrapped(row["kek_id"], row["wrapped"]))
            number += 1
    return number


async def test_a_backup_from_before_a_rotation_opens_with_the_passphrase_of_that_time_alone(
    database: DatabaseUrls, founded: Path, tmp_path: Path
) -> None:
    """Whoever has it, a later backup and today's passphrase reads nothing of it, and so nothing that was erased since."""
    secrets, before, after = founded / "secrets", tmp_path / "before", tmp_path / "after"

    async def run(*arguments: str) -> Any:
        return await command(database, founded, *arguments)

    rows = await rows_of(database, "SELECT * FROM personal_keys ORDER BY 1, 2")
    old = (secrets / "vault-passphrase").read_bytes()
    assert (await run("backup", str(before))).code == 0
    assert (await run("vault", "rotate")).code == 0
    assert (await run("backup", str(after))).code == 0
    new = (secrets / "vault-passphrase").read_bytes()
    assert new != old == (secrets / "vault-passphrase.former").read_bytes()
    assert not [one for one in after.rglob("*") if one.is_file() and old in one.read_bytes()]
    everything = tmp_path / "everything"
    for backup in (before, after):
        shutil.copytree(backup / "home" / "vault", everything, dirs_exist_ok=True)
    assert opened(everything, [new], rows) == 0 < len(rows) == opened(everything, [old], rows)

    # Its owner restores it while the former passphrase is at hand, and cannot throw that away before it is needless.
    assert (await run("restore", str(before), "--replace")).code == 0
    assert (await check(database, founded))[0] == 0
    refused = await run("vault", "forget")
    assert (refused.code, "rotate first" in refused.err) == (2, True)
    assert (await check(database, founded))[0] == 0
    assert ((await run("vault", "rotate")).code, (await run("vault", "forget")).code) == (0, 0)
    assert (await check(database, founded))[0] == 0
    assert sorted(path.name for path in secrets.glob("vault*")) == ["vault-passphrase"]
    used = {row["kek_id"] for row in await rows_of(database, "SELECT * FROM personal_keys")}
    assert {path.stem for path in (founded / "vault").glob("*/*.kek")} == used

    # Later only who has kept that passphrase elsewhere can.
    restored = await run("restore", str(before), "--replace")
    assert restored.code == 0 and "vault-passphrase.former" in restored.err
    assert await check(database, founded) == (2, ANY)
    (secrets / "vault-passphrase.former").write_bytes(old)
    assert (await check(database, founded))[0] == 0
    assert (await run("vault", "rotate")).code == 0
    assert (await check(database, founded))[0] == 0


async def test_a_rotation_that_was_cut_locks_nobody_out(
    database: DatabaseUrls, founded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut before the new key is used, before the passphrases change places, and between any two of their files' steps."""
    passphrase = RenewedPassphrase(founded / "secrets" / "vault-passphrase")
    for step in range(5):
        syncs = count(3 - step) if step < 3 else count(9)

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        def die_later(folder: Path, syncs: Iterator[int] = syncs) -> None:
            if next(syncs) == 3:
                raise KeyboardInterrupt

        with monkeypatch.context() as cut:
            cut.setattr(xingji.passphrase, "_sync", die_later)
            if step == 3:
                cut.setattr(xingji.commands.vault, "rewrap_keys", die)
            if step == 4:
                cut.setattr(RenewedPassphrase, "turn", die)
            with pytest.raises(KeyboardInterrupt):
                await command(database, founded, "vault", "rotate")
        assert (await check(database, founded))[0] == 0, step
        if step == 3:
            assert (await command(database, founded, "vault", "forget")).code == 2
        assert (await command(database, founded, "vault", "rotate")).code == 0
        assert not passphrase.is_turning
    assert (await command(database, founded, "vault", "forget")).code == 0
    assert (await check(database, founded))[0] == 0
