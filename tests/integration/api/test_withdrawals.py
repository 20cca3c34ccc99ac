"""Taken back: places and lists when an application leaves, and which of two comes first when a list is made meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from tests.integration.api.kit import Stage, World, opinion, serve_world
from tests.support import DatabaseUrls, clone_database
from xingji.demo import documents as q
from xingji.demo.cast import CITY, County, counties
from xingji.demo.clock import shanghai
from xingji.postgres import EmbeddedPostgres

WHY = "社区合并，另行申报。"
REPORT = """mutation($requestId: ID!, $input: ReportToProvinceInput!) { reportToProvince(requestId: $requestId, input: $input) {
  ... on RosterRecorded { roster { items { verdict application { id } } } unfollowed { applicationId code } receipt { sequence } }
  ... on Refusal { code } } }"""
DOCUMENT = {"documentNumber": "周人社函〔2022〕1号", "documentDate": "2022-05-30"}


def home_of(one: Mapping[str, Any]) -> County:
    return next(county for county in counties() if county.code == one["tenant"]["code"])


async def withdraw(stage: Stage, one: Mapping[str, Any], why: str = WHY) -> dict[str, Any]:
    clerk = await stage.person(home_of(one).code, "clerk")
    return await clerk.act(q.WITHDRAW_APPLICATION, {"applicationId": one["id"], "reason": why})


async def in_status(stage: Stage, status: str) -> list[dict[str, Any]]:
    return [one for one in (await stage.tray(CITY, "leader")).values() if one["status"] == status]


async def test_a_withdrawal_frees_the_countys_place_and_the_community_may_apply_anew(endorsed: Stage):
    county = counties()[0]
    officer, clerk = await endorsed.person(county.code, "county"), await endorsed.person(county.code, "clerk")
    found = await endorsed.tray(county.code, "county")
    nominee, rival = found[county.nominee.name], found[county.rival.name]
    given = {one["id"]: opinion(one["id"], one["form"]["hash"], "COUNTY") for one in (nominee, rival)}
    await officer.act(q.GIVE_OPINION, given[nominee["id"]])
    assert (await officer.act(q.GIVE_OPINION, given[rival["id"]]))["code"] == "quota.county"
    taken = {"applicationId": nominee["id"], "reason": WHY}
    for login, code in (("county", "actor.not_entitled"), ("rival", "not_found")):
        other = await endorsed.person(county.code, login)
        assert (await other.act(q.WITHDRAW_APPLICATION, taken))["code"] == code
    assert (await withdraw(endorsed, nominee, " "))["code"] == "field.refused"
    assert (await withdraw(endorsed, nominee))["application"]["status"] == "WITHDRAWN"
    assert (await withdraw(endorsed, nominee))["code"] == "application.wrong_status"
    assert "receipt" in await officer.act(q.GIVE_OPINION, given[rival["id"]])
    wanted = {
        "campaignId": await endorsed.campaign(),
        "level": "provincial",
        "communityId": f"Unit.{county.tenant_id}.{county.nominee.id}",
    }
    anew = await clerk.act(q.FILE_APPLICATION, wanted)
    assert anew["application"]["status"] == "DRAFT" and anew["application"]["id"] != nominee["id"]
    assert (await endorsed.verify())[county.code].ok


async def test_the_lists_go_on_without_what_was_withdrawn(postgres: EmbeddedPostgres, chapter):
    world: World = await chapter(9)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 20)) as stage,
    ):
        round_ = {"campaignId": await stage.campaign(), "level": "provincial"}
        leader = await stage.person(CITY, "leader")
        ranking = (await stage.rosters("RANKING"))[-1]
        items = (await leader.get(q.NODE_ITEMS, id=ranking))["node"]["items"]
        by_id = {one["id"]: one for one in await in_status(stage, "SITE_VISITED")}
        chosen = [by_id[one["application"]["id"]] for one in items if one["verdict"] == "SELECTED"]
        passed = [by_id[one["application"]["id"]] for one in items if one["verdict"] == "NOT_SELECTED"]
        for one in (chosen[0], passed[0]):
            assert (await withdraw(stage, one))["application"]["status"] == "WITHDRAWN"
        opened = await leader.act(q.OPEN_PUBLICITY, {**round_, "rankingId": ranking, "opensOn": "2022-05-20"})
        listed = [item["application"]["id"] for item in opened["roster"]["items"]]
        assert listed == [one["id"] for one in chosen[1:]]

        assert (await withdraw(stage, chosen[1]))["application"]["status"] == "WITHDRAWN"
        stage.clock.travel(shanghai(5, 30))
        leader = await stage.person(CITY, "leader", fresh=True)
        resting = {**round_, "publicityId": opened["roster"]["id"]}
        assert "receipt" in await leader.act(q.CLOSE_PUBLICITY, resting)
        told = await leader.act(REPORT, {**resting, **DOCUMENT})
        verdicts = {item["application"]["id"]: item["verdict"] for item in told["roster"]["items"]}
        assert verdicts == {
            **{one["id"]: "LISTED" for one in chosen[2:]},
            **{one["id"]: "NOT_SELECTED" for one in passed[1:]},
        }
        assert told["unfollowed"] == []
        clerk = await stage.person(home_of(chosen[2]).code, "clerk", fresh=True)
        late = {"applicationId": chosen[2]["id"], "reason": WHY}
        assert (await clerk.act(q.WITHDRAW_APPLICATION, late))["code"] == "application.wrong_status"
        assert {one.code for one in (await stage.verify()).values()} == {"verified"}


@asynccontextmanager
async def held_lists(urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """Nobody inserts a list until the block ends; all may read."""
    conn = await asyncpg.connect(urls.superuser)
    try:
        async with conn.transaction():
            await conn.execute("LOCK TABLE rosters IN SHARE MODE")
            yield conn
    finally:
        await conn.close()


async def until_waiting(conn: asyncpg.Connection) -> None:
    for _ in range(500):
        if await conn.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


async def test_a_withdrawal_while_the_report_is_made_is_told_and_the_decision_goes_on(
    postgres: EmbeddedPostgres, chapter
):
    """The city had read it as publicised when the county's clerk took it back: the list names it, the county's log does not follow."""
    world: World = await chapter(11)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 30)) as stage,
    ):
        leader = await stage.person(CITY, "leader")
        resting = {"campaignId": await stage.campaign(), "level": "provincial"}
        publicity = {**resting, "publicityId": (await stage.rosters("PUBLICITY"))[-1]}
        await leader.act(q.CLOSE_PUBLICITY, publicity)
        public = await in_status(stage, "PUBLICISED")
        gone = public[0]
        await stage.person(home_of(gone).code, "clerk")
        async with held_lists(urls) as conn:
            reporting = asyncio.create_task(leader.act(REPORT, {**publicity, **DOCUMENT}, "report"))
            await until_waiting(conn)
            assert (await withdraw(stage, gone))["application"]["status"] == "WITHDRAWN"
        told = await reporting
        assert gone["id"] in {item["application"]["id"] for item in told["roster"]["items"]}
        assert told["unfollowed"] == [{"applicationId": gone["id"], "code": "application.wrong_status"}]
        assert (await leader.act(REPORT, {**publicity, **DOCUMENT}, "report"))["unfollowed"] == (
            told["unfollowed"]
        )
        assert len(await in_status(stage, "REPORTED")) == len(public) - 1

        stage.clock.travel(shanghai(7, 15))
        leader = await stage.person(CITY, "leader", fresh=True)
        items = [{"applicationId": one["id"], "verdict": "CERTIFIED", "reason": "符合"} for one in public]
        decision = {**resting, "reportId": (await stage.rosters("REPORT"))[-1], **DOCUMENT}
        refused = await leader.act(q.RECORD_DECISION, {**decision, "items": items})
        assert refused["code"] == "roster.items"
        decided = await leader.act(q.RECORD_DECISION, {**decision, "items": items[1:]})
        assert len(decided["roster"]["items"]) == len(public) - 1
        assert await stage.rows("SELECT 1 FROM applications WHERE status = 'reported'") == []
        assert {one.code for one in (await stage.verify()).values()} == {"verified"}


async def test_what_a_list_names_already_is_not_taken_back_before_it_has_followed(
    postgres: EmbeddedPostgres, chapter
):
    """The city's report is committed and the county's log is held: the withdrawal that waits before it comes too late."""
    world: World = await chapter(11)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 30)) as stage,
    ):
        leader = await stage.person(CITY, "leader")
        publicity = {
            "campaignId": await stage.campaign(),
            "level": "provincial",
            "publicityId": (await stage.rosters("PUBLICITY"))[-1],
        }
        await leader.act(q.CLOSE_PUBLICITY, publicity)
        kept = (await in_status(stage, "PUBLICISED"))[0]
        await stage.person(home_of(kept).code, "clerk")
        conn = await asyncpg.connect(urls.superuser)
        try:
            async with conn.transaction():
                held = "SELECT 1 FROM ledger_heads WHERE tenant_id = $1 FOR UPDATE"
                await conn.execute(held, home_of(kept).tenant_id)
                leaving = asyncio.create_task(withdraw(stage, kept))
                await until_waiting(conn)
                reporting = asyncio.create_task(leader.act(REPORT, {**publicity, **DOCUMENT}))
                for _ in range(500):
                    if await conn.fetchval("SELECT count(*) FROM rosters WHERE kind = 'report'"):
                        break
                    await asyncio.sleep(0.01)
        finally:
            await conn.close()
        assert (await leaving)["code"] == "application.listed"
        told = await reporting
        assert told["unfollowed"] == []
        assert kept["id"] in {one["id"] for one in await in_status(stage, "REPORTED")}
