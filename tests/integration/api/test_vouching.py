"""A city's log records its counties' checkpoints, and a county that shows another history is refuted by it, online and offline."""

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from audit.checkpoint import parse_checkpoint
from audit.entry import parse_entry, seal
from audit.note import parse_note
from audit.tree import Frontier
from audit.witnessed import WITNESSED, Witnessed, read_witnessed
from tests.integration.api import kit as api
from tests.integration.api.kit import Stage, command, heads_of, rows_of, tamper, verify_all
from tests.integration.api.test_administering import ADD_PERSON
from tests.integration.api.test_logs import COUNTY, OTHER, a_person
from tests.support import DatabaseUrls, clone_database
from xingji.demo.cast import CITY, counties
from xingji.demo.run import BEGINS
from xingji.postgres import EmbeddedPostgres
from xingji.service import open_keys
from xingji.settings import Settings

VOUCH = ("ledger", "witness-counties", "--tenant", CITY, "--json")
RECORDS = (
    "SELECT e.leaf FROM ledger_entries e JOIN tenants t ON t.id = e.tenant_id"
    " WHERE t.code = $1 AND e.operation = $2 ORDER BY e.seq"
)


async def records(urls: DatabaseUrls) -> list[tuple[Witnessed, ...]]:
    """What each entry of the city's log recorded."""
    rows = await rows_of(urls, RECORDS, CITY, WITNESSED)
    return [read_witnessed(parse_entry(row["leaf"].encode())) for row in rows]


async def check(urls: DatabaseUrls, home: Path, code: str) -> tuple[int, str]:
    ran = await command(urls, home, "ledger", "check", "--tenant", code, "--json")
    return ran.code, ran.json["code"]


async def test_what_the_counties_published_is_recorded_once(
    fresh: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.witnessed.ROOM", 1_000)
    sizes = {
        one.code: parse_checkpoint(parse_note((await fresh.published(one.code)).encode()).text).size
        for one in counties()
    }
    first = await command(fresh.urls, fresh.home, *VOUCH)
    assert (first.code, first.json["ok"], first.json["refused"]) == (0, True, [])
    recorded = {one["origin"].rpartition("/")[2]: one["size"] for one in first.json["recorded"]}
    assert recorded.items() >= sizes.items()
    again = await command(fresh.urls, fresh.home, *VOUCH)
    assert again.json == {"ok": True, "recorded": [], "refused": []}

    admin = await fresh.person(COUNTY.code, "admin")
    assert "receipt" in await admin.act(ADD_PERSON, a_person("wukong"))
    note = await fresh.published(COUNTY.code)
    assert [one["size"] for one in (await command(fresh.urls, fresh.home, *VOUCH)).json["recorded"]] == [
        sizes[COUNTY.code] + 1
    ]
    told = await records(fresh.urls)
    assert len(told) > 2, "no more to an entry than has room"
    assert sum(len(one) for one in told[:-1]) == len(recorded)
    assert len(told[-1]) == 1
    assert told[-1][0].note == note
    for code in (COUNTY.code, OTHER.code, CITY):
        assert await check(fresh.urls, fresh.home, code) == (0, "verified")
    # The server goes on behind what the command has written.
    leader = await fresh.person(CITY, "admin")
    assert "receipt" in await leader.act(ADD_PERSON, a_person("bajie") | {"roles": []})
    assert (await command(fresh.urls, fresh.home, *VOUCH[:-2], COUNTY.code)).code == 2


async def rewrite_last(urls: DatabaseUrls, home: Path) -> None:
    """A superuser with the county's key rewrites its last entry, and removes whatever was published of it and is kept here."""
    (row,) = await rows_of(
        urls,
        "SELECT leaf FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1",
        COUNTY.tenant_id,
    )
    old = parse_entry(row["leaf"].encode())
    signer = open_keys(home).get(old.origin)
    later = replace(old.draft, time=old.draft.time + timedelta(microseconds=1))
    new = seal(later, old.origin, old.seq, old.prev, signer)
    hashes = [
        one["hash"]
        for one in await rows_of(
            urls, "SELECT hash FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq", COUNTY.tenant_id
        )
    ]
    frontier = Frontier().extend((*hashes[:-1], new.hash)).to_bytes()
    conn = await asyncpg.connect(urls.superuser)
    try:
        async with conn.transaction():
            await conn.execute("SET LOCAL session_replication_role = replica")
            await conn.execute(
                "UPDATE ledger_entries SET leaf = $1, hash = $2, recorded_at = $3 WHERE tenant_id = $4 AND seq = $5",
                new.leaf.decode(), new.hash, later.time, COUNTY.tenant_id, new.seq,
            )  # fmt: skip
            await conn.execute(
                "UPDATE ledger_heads SET head = $1, frontier = $2, recorded_at = $3 WHERE tenant_id = $4",
                new.hash, frontier, later.time, COUNTY.tenant_id,
            )  # fmt: skip
            await conn.execute("DELETE FROM ledger_checkpoints WHERE tenant_id = $1", COUNTY.tenant_id)
            await conn.execute("DELETE FROM ledger_tiles WHERE tenant_id = $1", COUNTY.tenant_id)
    finally:
        await conn.close()
    shutil.rmtree(heads_of(urls, home))


async def test_a_county_rewritten_with_its_own_key_is_refuted_by_its_city(
    postgres: EmbeddedPostgres, founded: api.World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = api.make_settings

    def often(*arguments: Any, **named: Any) -> Settings:
        return replace(plain(*arguments, **named), vouch_seconds=0.3)

    monkeypatch.setattr(api, "make_settings", often)
    home = founded.home
    async with clone_database(postgres, founded.template) as urls:
        async with api.serve_world(urls, home, BEGINS) as stage, asyncio.timeout(30):
            shown = await stage.published(COUNTY.code)
            while shown not in {one.note for told in await records(urls) for one in told}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            ready = (await stage.http.get("/readyz")).json()
            assert "unrecorded" not in ready
        before = await records(urls)

        await rewrite_last(urls, home)
        assert (await verify_all(urls, home, [COUNTY.code]))[COUNTY.code].ok, (
            "nothing in the county itself tells"
        )
        assert await check(urls, home, COUNTY.code) == (1, "witnessed_contradicted")
        assert await check(urls, home, OTHER.code) == (0, "verified")

        async with api.serve_world(urls, home, BEGINS) as stage, asyncio.timeout(30):
            other = await stage.published(COUNTY.code)
            assert other != shown
            while (await stage.http.get("/readyz")).json().get("unrecorded") != [COUNTY.code]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            ran = await command(urls, home, *VOUCH)
            assert (ran.code, len(ran.json["refused"])) == (1, 1)
        assert {
            one.checkpoint.root
            for told in await records(urls)
            for one in told
            if one.checkpoint.origin.endswith(COUNTY.code)
        } == {
            one.checkpoint.root
            for told in before
            for one in told
            if one.checkpoint.origin.endswith(COUNTY.code)
        }
        # Who holds the record's row in the database does not hold the entry: without it the county is recorded, and refuted.
        await tamper(urls, "DELETE FROM ledger_witnessed")
        assert (await command(urls, home, *VOUCH)).code == 0
        assert await check(urls, home, COUNTY.code) == (1, "witnessed_contradicted")

        for code in (CITY, COUNTY.code):
            ran = await command(urls, home, "ledger", "export", str(tmp_path / code), "--tenant", code)
            assert ran.code == 0, ran.err
        trust = await command(urls, home, "ledger", "trust")
        (tmp_path / "trust.json").write_text(trust.out)
        verify = [
            "ledger",
            "verify",
            str(tmp_path / COUNTY.code),
            "--trust",
            str(tmp_path / "trust.json"),
            "--json",
        ]
        alone = await command(urls, home, *verify)
        assert (alone.code, alone.json["code"]) == (0, "verified")
        for processes in ("1", "2"):
            by_city = await command(
                urls, home, *verify, "--witnessed-by", str(tmp_path / CITY), "--processes", processes
            )
            assert (by_city.code, by_city.json["code"]) == (1, "witnessed_contradicted"), by_city
        assert (
            await command(urls, home, *verify, "--quick", "--witnessed-by", str(tmp_path / CITY))
        ).code == 2
        (tmp_path / CITY / "checkpoint").write_text("nothing\n")
        assert (await command(urls, home, *verify, "--witnessed-by", str(tmp_path / CITY))).code == 2
