"""The drill: last night's backup put back under everyone's eyes. What refuses, what it takes to go on, and who still proves what."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.api.kit import Ran, Stage, World, command, copy_home, heads_of, serve_world
from tests.integration.api.test_administering import ADD_PERSON
from tests.support import DatabaseUrls, clone_database
from xingji.backup import read_manifest
from xingji.demo.cast import CITY, counties
from xingji.demo.run import BEGINS
from xingji.errors import BackupBrokenError
from xingji.postgres import EmbeddedPostgres

LOST, OTHER = counties()[0], counties()[1]
REASON = "磁盘损坏，恢复昨夜备份"


@pytest.fixture
async def urls(postgres: EmbeddedPostgres, founded: World) -> AsyncIterator[DatabaseUrls]:
    async with clone_database(postgres, founded.template) as urls:
        yield urls


@pytest.fixture
def home(founded: World, tmp_path: Path, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of our own, with the keys of the founded world and some evidence; commands know every role."""
    home = copy_home(founded, urls, tmp_path / "home", monkeypatch)
    (home / "evidence" / "ab").mkdir(parents=True)
    (home / "evidence" / "ab" / "cdef").write_bytes(b"scan")
    for part in ("programmes", "standards"):
        (home / part).mkdir()
        (home / part / "ours.toml").write_bytes(b"# ours")
    return home


async def act(stage: Stage, code: str, unit: Any, login: str) -> str:
    """An administrator adds a person; `ok` or the refusal's code."""
    admin = await stage.person(code, "admin")
    roles = [{"role": "AUDITOR", "unitId": unit}]
    values = {"name": "孙悟空", "login": login, "password": "wukong-72-changes", "roles": roles}
    return str((await admin.act(ADD_PERSON, values)).get("code", "ok"))


async def act_in(stage: Stage, county: Any, login: str) -> str:
    return await act(stage, county.code, f"Unit.{county.tenant_id}.{county.unit_id}", login)


async def fetch_head(stage: Stage, code: str) -> str:
    return await stage.published(code)


async def test_a_backup_is_restored_owned_up_to_and_everyone_can_tell(
    urls: DatabaseUrls, home: Path, tmp_path: Path
) -> None:
    backup, before, after = tmp_path / "backup", tmp_path / "before.head", tmp_path / "after.head"

    async def run(*arguments: str) -> Ran:
        return await command(urls, home, *arguments)

    async def check(head: Path) -> Any:
        ran = await run("ledger", "check", "--tenant", LOST.code, "--since", str(head), "--json")
        return ran.code, ran.json["code"]

    async with serve_world(urls, home, BEGINS) as stage:
        assert await act_in(stage, LOST, "one") == "ok"
        before.write_text(await fetch_head(stage, LOST.code))
        made = await run("backup", str(backup))
        assert made.code == 0, made.err
        assert await act_in(stage, LOST, "two") == "ok"
        after.write_text(await fetch_head(stage, LOST.code))
        assert (await check(after))[0] == 0

        refused = await run("restore", str(backup))
        assert (refused.code, "--replace" in refused.err) == (2, True)
        restored = await run("restore", str(backup), "--replace")
        assert restored.code == 0, restored.err
        # Under the running server: signing stops for this log alone, reading goes on.
        assert await act_in(stage, LOST, "three") == "ledger.put_back"
        assert await act_in(stage, OTHER, "three") == "ok"
        ready = await stage.http.get("/readyz")
        assert (ready.status_code, ready.json()["put_back"]) == (200, [LOST.code])
        assert "one" in str(
            await (await stage.person(LOST.code, "admin")).ask(
                "{ people(first: 100) { edges { node { login } } } }"
            )
        )

    async with serve_world(urls, home, BEGINS) as stage:
        assert (await stage.http.get("/readyz")).json()["put_back"] == [LOST.code]
        assert await act_in(stage, LOST, "three") == "ledger.put_back"
        assert await check(before) == (0, "verified")
        assert await check(after) == (1, "rolled_back")

        # Whoever asks on the command line gets no signature either: only what was published.
        told = [
            await run("ledger", "head", "--tenant", LOST.code),
            await run("ledger", "export", "--tenant", LOST.code, str(tmp_path / "none"), "--json"),
        ]
        assert [(one.code, one.out if one.out == "" else one.json["code"]) for one in told] == [
            (2, ""),
            (2, "signing_refused"),
        ]
        assert "grow from the head kept outside" in told[0].err and not (tmp_path / "none").exists()
        published = ("ledger", "export", "--published", "--tenant")
        assert (await run(*published, LOST.code, str(tmp_path / "public"))).code == 0
        assert (await run("ledger", "head", "--tenant", OTHER.code)).code == 0
        again = await run("backup", str(tmp_path / "again"))
        (origin,) = read_manifest(tmp_path / "again")["unsigned"]
        assert again.code == 0 and origin.endswith(LOST.code) and origin in again.err
        assert len(list((tmp_path / "again" / "heads").iterdir())) == 11

        owned = await run("ledger", "incarnate", "--tenant", LOST.code, "--reason", REASON, "--json")
        assert owned.code == 0, owned.err
        assert await act_in(stage, LOST, "three") == "ok", "without a restart"
        assert "put_back" not in (await stage.http.get("/readyz")).json()

    assert await check(before) == (0, "verified")
    assert await check(after) == (1, "rolled_back_incarnated")
    log, key = tmp_path / "log", tmp_path / "key"
    assert (await run("ledger", "export", "--tenant", LOST.code, str(log))).code == 0
    key.write_text((await run("ledger", "key", "--tenant", LOST.code)).out)
    verify = ("ledger", "verify", str(log), "--key", str(key), "--json", "--since")
    assert (await run(*verify, str(before))).code == 0
    told = await run(*verify, str(after))
    assert (told.code, told.json["code"], told.json["seq"]) == (
        1,
        "rolled_back_incarnated",
        owned.json["sequence"],
    )
    assert REASON in told.json["zh"]
    assert len(list(heads_of(urls, home).glob("*.lost"))) == 1

    again = await run("ledger", "incarnate", "--tenant", LOST.code, "--reason", REASON, "--json")
    assert (again.code, again.json["code"]) == (2, "incarnation_needless")


async def test_a_backup_is_whole_private_and_without_what_opens_it(
    urls: DatabaseUrls, home: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    made = await command(urls, home, "backup", str(backup))
    assert made.code == 0, made.err
    manifest = read_manifest(backup)
    names = set(manifest["files"])
    ours = {"home/programmes/ours.toml", "home/standards/ours.toml"}
    assert {"database.dump", "home/evidence/ab/cdef"} | ours <= names
    assert not [name for name in names if "passphrase" in name]
    assert len([name for name in names if name.startswith("heads/")]) == len(manifest["heads"]) == 12
    assert {path.stat().st_mode & 0o777 for path in backup.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (backup, *backup.rglob("*")) if path.is_dir()} == {0o700}
    secrets = [path.read_bytes() for path in (home / "secrets").iterdir()]
    whole = [path.read_bytes() for path in backup.rglob("*") if path.is_file()]
    assert secrets and not [one for one in secrets if any(one in data for data in whole)]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    again = await command(urls, home, "backup", str(backup))
    assert (again.code, "exists" in again.err) == (2, True)
    assert read_manifest(backup) == manifest


async def test_a_backup_has_the_files_of_the_store_and_none_on_its_way(
    postgres: EmbeddedPostgres,
    urls: DatabaseUrls,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere, backup = tmp_path / "elsewhere", tmp_path / "backup"
    (elsewhere / "incoming" / "1").mkdir(parents=True)
    (elsewhere / "incoming" / "1" / "file").write_bytes(b"half")
    (elsewhere / "12").mkdir()
    (elsewhere / "12" / "34").write_bytes(b"scan")
    # Removed while the folder is read, because its row was never committed.
    (elsewhere / "12" / "35").symlink_to(elsewhere / "gone")
    monkeypatch.setenv("XINGJI_EVIDENCE_URL", str(elsewhere))
    made = await command(urls, home, "backup", str(backup))
    assert made.code == 0, made.err
    names = [name for name in read_manifest(backup)["files"] if name.startswith("home/evidence/")]
    assert names == ["home/evidence/12/34"]
    shutil.rmtree(elsewhere)
    async with clone_database(postgres, "template0") as empty:
        monkeypatch.setenv("XINGJI_MIGRATOR_URL", empty.owner)
        restored = await command(empty, tmp_path / "other", "restore", str(backup))
        assert restored.code == 0, restored.err
    assert (elsewhere / "12" / "34").read_bytes() == b"scan"
    assert not (tmp_path / "other" / "evidence").exists()

    for name in ("ACCESS", "SECRET"):
        (tmp_path / name).write_text("x")
        monkeypatch.setenv(f"XINGJI_EVIDENCE_{name}_KEY_FILE", str(tmp_path / name))
    monkeypatch.setenv("XINGJI_EVIDENCE_URL", "s3://bucket/xingji")
    made = await command(urls, home, "backup", str(tmp_path / "without"))
    assert (made.code, "s3://bucket/xingji" in made.err) == (0, True)
    assert "home/evidence" not in str(read_manifest(tmp_path / "without")["files"])


async def test_a_damaged_backup_changes_nothing(urls: DatabaseUrls, home: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    assert (await command(urls, home, "backup", str(backup))).code == 0
    dump = backup / "database.dump"
    whole = dump.read_bytes()
    key = next((backup / "home" / "keys").iterdir())

    async def refuses(reason: str) -> None:
        with pytest.raises(BackupBrokenError, match=reason):
            read_manifest(backup)
        ran = await command(urls, home, "restore", str(backup), "--replace")
        assert (ran.code, reason in ran.err) == (2, True), ran.err
        assert (await command(urls, home, "ledger", "check", "--tenant", CITY)).code == 0

    dump.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    await refuses("database.dump: changed")
    dump.write_bytes(whole)
    kept = key.read_bytes()
    key.unlink()
    await refuses("missing")
    key.write_bytes(kept)
    (backup / "home" / "keys" / "another.pem").write_bytes(b"")
    await refuses("extra")


async def test_an_empty_machine_comes_back_whole_with_the_passphrase(
    postgres: EmbeddedPostgres,
    urls: DatabaseUrls,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backup, other = tmp_path / "backup", tmp_path / "other"
    assert (await command(urls, home, "backup", str(backup))).code == 0
    async with clone_database(postgres, "template0") as empty:
        monkeypatch.setenv("XINGJI_MIGRATOR_URL", empty.owner)
        monkeypatch.setenv("XINGJI_BACKUP_URL", empty.superuser)
        restored = await command(empty, other, "restore", str(backup))
        assert (restored.code, restored.out) == (0, ""), restored.err
        shutil.copytree(home / "secrets", other / "secrets")
        assert (other / "evidence" / "ab" / "cdef").read_bytes() == b"scan"
        assert len(list(heads_of(empty, other).glob("*.head"))) == 12, "the backup's, where none was kept"
        assert (await command(empty, other, "migrate")).code == 0
        async with serve_world(empty, other, BEGINS) as stage:
            ready = (await stage.http.get("/readyz")).json()
            assert (ready["status"], "put_back" in ready) == ("ok", False)
            assert await act_in(stage, LOST, "one") == "ok"
            assert {one.code for one in (await stage.verify()).values()} == {"verified"}
