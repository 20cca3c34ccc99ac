"""A log's key is changed on real parts: under a running server, cut half way, lost, and behind a restore."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from audit.entry import parse_entry, seal
from audit.keys import FileKeyStore
from audit.note import VerifierKey
from tests.integration.api.kit import Ran, command, heads_of, rows_of, serve_world, tamper
from tests.integration.api.test_erasures import LOGIN, add, erase, kept_of, leave, second
from tests.integration.xingji.test_drill import LOST, OTHER, act_in
from tests.integration.xingji.test_drill import home as home  # noqa: PLC0414 - a fixture
from tests.integration.xingji.test_drill import urls as urls  # noqa: PLC0414 - a fixture
from tests.support import DatabaseUrls
from tests.unit.audit.kit import head as head_of
from tests.unit.audit.kit import write_log
from xingji.demo.run import BEGINS
from xingji.service import open_keys

ROTATE = ("ledger", "rotate-key", "--tenant", LOST.code, "--reason", "年度换钥")


async def origin_of(urls: DatabaseUrls) -> str:
    return str((await rows_of(urls, "SELECT origin FROM tenants WHERE id = $1", LOST.tenant_id))[0][0])


async def leaves_of(urls: DatabaseUrls) -> list[bytes]:
    sql = "SELECT leaf FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq"
    return [row[0].encode() for row in await rows_of(urls, sql, LOST.tenant_id)]


async def check(urls: DatabaseUrls, home: Path) -> str:
    return str((await command(urls, home, "ledger", "check", "--tenant", LOST.code, "--json")).json["code"])


async def verify(urls: DatabaseUrls, home: Path, log: Path, key: VerifierKey, *more: str) -> Any:
    pinned = log.with_suffix(".vkey")
    pinned.write_text(key.format())
    return (
        await command(urls, home, "ledger", "verify", str(log), "--key", str(pinned), "--json", *more)
    ).json


async def test_a_running_server_goes_on_with_the_new_key_and_the_old_one_forges_nothing(
    urls: DatabaseUrls, home: Path, tmp_path: Path
) -> None:
    origin = await origin_of(urls)
    old = open_keys(home).get(origin)
    async with serve_world(urls, home, BEGINS) as stage:
        assert await act_in(stage, LOST, "before") == "ok"
        before = tmp_path / "before.head"
        before.write_text(await stage.published(LOST.code))
        turning = asyncio.create_task(command(urls, home, *ROTATE, "--json"))
        told = [await act_in(stage, LOST, f"during{number}") for number in range(6)]
        ran = await turning
        assert ran.code == 0, ran.err
        assert await act_in(stage, LOST, "behind") == "ok", told
        assert await act_in(stage, OTHER, "elsewhere") == "ok"
        assert "put_back" not in (await stage.http.get("/readyz")).json()
        after = await stage.published(LOST.code)
    new = open_keys(home).get(origin)
    assert new.verifier_key.format() == ran.json["key"] != old.verifier_key.format()
    assert f"+{new.key_id}+" in ran.json["key"] and after != before.read_text()
    async with serve_world(urls, home, BEGINS) as stage:
        assert await act_in(stage, LOST, "restarted") == "ok", "the kept head is the new key's"
    assert await check(urls, home) == "verified"

    log = tmp_path / "log"
    assert (await command(urls, home, "ledger", "export", "--tenant", LOST.code, str(log))).code == 0
    for key in (old, new):
        assert (await verify(urls, home, log, key.verifier_key, "--since", str(before)))["code"] == "verified"

    (archived,) = (home / "keys" / "retired").glob("*.pem")
    assert FileKeyStore(home / "keys", open_keys(home).passphrase).former(origin)[0][0] == old.verifier_key
    assert str(old.key_id) in archived.name
    leaves = await leaves_of(urls)
    last = parse_entry(leaves[-1])
    forged = seal(last.draft, origin, last.seq, last.prev, old)
    hashes = [parse_entry(one).hash for one in (*leaves[:-1], forged.leaf)]
    faked = write_log(tmp_path / "forged", [*leaves[:-1], forged.leaf], head_of(hashes, new))
    for pinned in (old, new):
        assert (await verify(urls, home, faked, pinned.verifier_key))["code"] == "entry_key_retired"
    text = forged.leaf.decode().replace("'", "''")
    await tamper(
        urls,
        f"UPDATE ledger_entries SET leaf = '{text}', hash = '\\x{forged.hash.hex()}' "
        f"WHERE tenant_id = {LOST.tenant_id} AND seq = {last.seq}",
    )
    assert await check(urls, home) == "entry_key_retired"


async def test_a_change_that_was_cut_is_gone_on_with_under_the_server(
    urls: DatabaseUrls, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = await origin_of(urls)
    old = open_keys(home).get(origin)

    def die(*_: object) -> None:
        raise OSError("the machine died")

    for step in ("audit.heads.HeadStore.keep", "audit.keys.FileKeyStore.promote"):
        with monkeypatch.context() as cut:
            cut.setattr(step, die)
            assert (await command(urls, home, *ROTATE)).code == 2
        assert open_keys(home).get(origin).key_id == old.key_id
        async with serve_world(urls, home, BEGINS) as stage:
            assert await act_in(stage, LOST, "between") != "ok", "the old key signs nothing more"
            assert await act_in(stage, OTHER, f"elsewhere{len(step)}") == "ok"
    async with serve_world(urls, home, BEGINS) as stage:
        assert await act_in(stage, LOST, "between") != "ok"
        done = await command(urls, home, *ROTATE)
        assert done.code == 0, done.err
        assert await act_in(stage, LOST, "behind") == "ok", "without a restart"
    operations = [json.loads(leaf)["body"]["operation"] for leaf in await leaves_of(urls)]
    assert operations.count("ledger.key_rotated") == 1
    assert not list((home / "keys" / "next").glob("*.pem"))
    assert await check(urls, home) == "verified"


async def test_a_lost_key_is_replaced_for_who_pins_the_new_one(
    urls: DatabaseUrls, home: Path, tmp_path: Path
) -> None:
    origin = await origin_of(urls)
    old = open_keys(home).get(origin)
    (home / "keys" / (origin.replace("/", "_") + ".pem")).unlink()
    assert (await command(urls, home, *ROTATE)).code == 2
    ran = await command(urls, home, *ROTATE, "--lost", "--json")
    assert ran.code == 0, ran.err
    async with serve_world(urls, home, BEGINS) as stage:
        assert await act_in(stage, LOST, "behind") == "ok"
    assert await check(urls, home) == "verified"
    log = tmp_path / "log"
    assert (await command(urls, home, "ledger", "export", "--tenant", LOST.code, str(log))).code == 0
    assert (await verify(urls, home, log, VerifierKey.parse(ran.json["key"])))["code"] == "verified"
    assert (await verify(urls, home, log, old.verifier_key))["code"] == "entry_key_unknown"


async def test_a_restored_log_is_owned_up_to_with_the_key_that_came_since(
    urls: DatabaseUrls, home: Path, tmp_path: Path
) -> None:
    """The backup has the file of the former key. That of today stays, and one command goes on."""
    origin, backup = await origin_of(urls), tmp_path / "backup"
    assert (await command(urls, home, "backup", str(backup))).code == 0
    assert (await command(urls, home, *ROTATE)).code == 0
    new = open_keys(home).get(origin).key_id
    for _ in range(2):  # and behind a restore that was done again
        restored = await command(urls, home, "restore", str(backup), "--replace")
        assert restored.out.split() == [origin], restored.err
        assert open_keys(home).get(origin).key_id == new
    former = FileKeyStore(backup / "home" / "keys", open_keys(home).passphrase)
    assert former.get(origin).key_id in {key.key_id for key, _ in open_keys(home).former(origin)}
    assert (
        open_keys(home).get(f"{origin[:-6]}{OTHER.code}").key_id
        == former.get(f"{origin[:-6]}{OTHER.code}").key_id
    )
    async with serve_world(urls, home, BEGINS) as stage:
        assert await act_in(stage, LOST, "early") == "ledger.put_back"
        assert await act_in(stage, OTHER, "elsewhere") == "ok"
        owned = await command(
            urls, home, "ledger", "incarnate", "--tenant", LOST.code, "--reason", "恢复备份"
        )
        assert owned.code == 0, owned.err
        assert await act_in(stage, LOST, "late") == "ok", "without a restart"
    assert await check(urls, home) == "verified"
    log = tmp_path / "log"
    assert (await command(urls, home, "ledger", "export", "--tenant", LOST.code, str(log))).code == 0
    assert (await verify(urls, home, log, open_keys(home).get(origin).verifier_key))["code"] == "verified"


async def test_a_change_of_keys_changes_the_sm2_key_too(
    urls: DatabaseUrls, home: Path, tmp_path: Path
) -> None:
    """The old SM2 key hands over in the same transaction; a lost Ed25519 key costs the log no SM2 key."""

    async def signed_by() -> list[tuple[str, str]]:
        entries = [parse_entry(leaf) for leaf in await leaves_of(urls)]
        return [(one.draft.operation, one.sm2.key) for one in entries if one.sm2 is not None]

    assert (await command(urls, home, "ledger", "suite", "--tenant", LOST.code)).code == 0
    async with serve_world(urls, home, BEGINS) as stage:
        assert await act_in(stage, LOST, "before") == "ok"
        assert (await command(urls, home, *ROTATE)).code == 0
        assert await act_in(stage, LOST, "behind") == "ok", "without a restart"
    told = await signed_by()
    operations = [
        "ledger.suite_set",
        "person.added",
        "ledger.suite_set",
        "ledger.key_rotated",
        "person.added",
    ]
    assert [operation for operation, _ in told] == operations
    old, new = told[0][1], told[-1][1]
    assert [key for _, key in told] == [old, old, new, new, new] and old != new
    intent = json.loads((await leaves_of(urls))[-3])["body"]["intent"]
    assert {"old", "proof", "sm2"} < intent.keys()
    again = await command(urls, home, *ROTATE, "--json")
    ran = await command(urls, home, *ROTATE, "--lost", "--json")
    assert (again.code, ran.code) == (0, 0), ran.err
    assert [operation for operation, _ in (await signed_by())[-2:]] == [
        "ledger.key_replaced",
        "ledger.suite_set",
    ]
    log = tmp_path / "log"
    assert (await command(urls, home, "ledger", "export", "--tenant", LOST.code, str(log))).code == 0
    found = await verify(urls, home, log, VerifierKey.parse(ran.json["key"]))
    assert (found["code"], found["sm2_checked"]) == ("verified", True)
    assert await check(urls, home) == "verified"


async def test_behind_a_restore_no_change_of_keys_makes_up_for_what_was_lost(
    urls: DatabaseUrls, home: Path, tmp_path: Path
) -> None:
    """A backup from before the change: what the old key signed is erased again, and the key at hand takes over, by name."""
    backup = str(tmp_path / "backup")

    async def run(*arguments: str) -> Ran:
        return await command(urls, home, *arguments)

    async with serve_world(urls, home, BEGINS) as stage:
        other, person = await second(stage), await add(stage, LOST, LOGIN)
        await leave(stage, person)
        assert (await run("backup", backup)).code == 0
        await erase(stage, person["id"], other)
    assert (await run(*ROTATE)).code == 0
    (kept,) = heads_of(urls, home).glob(f"*{LOST.code}.head")
    note = kept.read_bytes()
    restored = await run("restore", backup, "--replace")
    assert restored.code == 0, restored.err
    subject = UUID(person["id"].rpartition(".")[2])
    assert await kept_of(urls, subject) == [], "erased by an entry of the former key"
    assert (await run(*ROTATE)).code == 2
    assert kept.read_bytes() == note, "nothing is forgotten"
    assert (await run(*ROTATE, "--lost")).code == 0
    assert kept.read_bytes() == note
    async with serve_world(urls, home, BEGINS) as stage:
        assert await act_in(stage, LOST, "early") == "ledger.put_back"
    owned = await run("ledger", "incarnate", "--tenant", LOST.code, "--reason", "恢复备份", "--json")
    assert owned.code == 0, owned.err
    assert await check(urls, home) == "verified"
    async with serve_world(urls, home, BEGINS) as stage:
        assert await act_in(stage, LOST, "late") == "ok"
        assert "unerased" not in (await stage.http.get("/readyz")).json()
