"""Many at once: places are never taken twice, losers are told why and take no sequence, and the log has one history."""

import asyncio
from pathlib import Path

from tests.integration.api.kit import (
    CROWD,
    Stage,
    World,
    codes,
    command,
    crowded,
    file_application,
    opinion,
    rows_of,
    serve_world,
)
from tests.support import clone_database
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties
from xingji.demo.clock import shanghai
from xingji.demo.words import REASONS
from xingji.postgres import EmbeddedPostgres

SIZE = "SELECT h.size FROM ledger_heads h JOIN tenants t ON t.id = h.tenant_id WHERE t.code = $1"
STAGES = "SELECT status, count(*) AS n FROM applications WHERE tenant_id = $1 GROUP BY status"


async def offline(stage: Stage, code: str, folder: Path) -> str:
    """The verdict of an export, by the console commands."""
    key = folder / "key"
    key.write_text((await command(stage.urls, stage.home, "ledger", "key", "--tenant", code)).out)
    exported = await command(
        stage.urls, stage.home, "ledger", "export", "--tenant", code, str(folder / "log")
    )
    assert exported.code == 0, exported
    ran = await command(
        stage.urls, stage.home, "ledger", "verify", str(folder / "log"), "--key", str(key), "--json"
    )
    return f"{ran.code} {ran.json['code']}"


async def test_twenty_recommendations_at_once_leave_one_winner_and_an_intact_chain(
    fresh: Stage, tmp_path: Path
):
    county, places = crowded()
    await (await fresh.person(CITY, "leader")).act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    campaign = await fresh.campaign()
    filed = [
        await file_application(fresh, county, f"clerk{n}", place, campaign) for n, place in enumerate(places)
    ]
    street = await fresh.person(county.code, "street")
    for one in filed:
        assert "receipt" in await street.act(q.GIVE_OPINION, opinion(*one, "STREET"))
    officers = [await fresh.person(county.code, f"officer{n}") for n in range(CROWD)]
    (before,) = await fresh.rows(SIZE, county.code)

    results = await asyncio.gather(
        *(
            officers[n % CROWD].act(q.GIVE_OPINION, opinion(*filed[n * 5 % CROWD], "COUNTY"))
            for n in range(20)
        )
    )

    winners = [one for one in results if "receipt" in one]
    assert len(winners) == 1
    # The winner's application has left the status that others ask for; the rest meet the quota.
    assert set(codes(results)) <= {"ok", "quota.county", "application.wrong_status"}
    assert codes(results).count("quota.county") >= 10
    (after,) = await fresh.rows(SIZE, county.code)
    assert after["size"] == before["size"] + 1
    assert winners[0]["receipt"]["sequence"] == before["size"]
    counted = {row["status"]: row["n"] for row in await fresh.rows(STAGES, county.tenant_id)}
    assert counted == {"county_recommended": 1, "street_endorsed": CROWD - 1}
    assert (await fresh.verify())[county.code].ok
    assert await offline(fresh, county.code, tmp_path) == "0 verified"


async def test_a_second_nominee_is_refused_by_quota(endorsed: Stage):
    county = counties()[0]
    found = await endorsed.tray(county.code, "county")
    first, second = (found[one.name] for one in (county.nominee, county.rival))
    one, two = await endorsed.person(county.code, "county"), await endorsed.person(county.code, "county2")
    assert "receipt" in await one.act(q.GIVE_OPINION, opinion(first["id"], first["form"]["hash"], "COUNTY"))
    (before,) = await endorsed.rows(SIZE, county.code)
    for caller in (one, two):
        refused = await caller.act(q.GIVE_OPINION, opinion(second["id"], second["form"]["hash"], "COUNTY"))
        assert (refused["code"], refused["clause"]) == ("quota.county", "一")
    assert await endorsed.rows(SIZE, county.code) == [before]


async def test_reports_at_once_take_the_places_once(postgres: EmbeddedPostgres, chapter, tmp_path: Path):
    world: World = await chapter(11)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 30)) as stage,
    ):
        publicity = (await stage.rosters("PUBLICITY"))[-1]
        wanted = {"campaignId": await stage.campaign(), "level": "provincial", "publicityId": publicity}
        logins = ("reviewer", "visitor", "leader")
        people = [await stage.person(CITY, login) for login in logins]
        closed = await asyncio.gather(*(people[n % 3].act(q.CLOSE_PUBLICITY, wanted) for n in range(6)))
        assert sorted(set(codes(closed))) == ["ok", "publicity.closed"]
        assert codes(closed).count("ok") == 1
        document = {"documentNumber": "周人社函〔2022〕1号", "documentDate": "2022-05-30"}
        reported = await asyncio.gather(
            *(people[n % 3].act(q.REPORT_TO_PROVINCE, {**wanted, **document}) for n in range(9))
        )
        assert codes(reported).count("ok") == 1
        assert set(codes(reported)) == {"ok", "roster.exists"}
        rows = await stage.rows("SELECT status, count(*) AS n FROM applications GROUP BY status")
        assert {row["status"]: row["n"] for row in rows} == {
            "reported": 6,
            "rejected": 4,
            "street_endorsed": 1,
        }
        verdicts = await stage.verify()
        assert {one.code for one in verdicts.values()} == {"verified"}
        assert await offline(stage, CITY, tmp_path) == "0 verified"


async def test_rankings_and_publicities_at_once_never_list_more_than_the_places(
    postgres: EmbeddedPostgres, chapter
):
    """Officers rank differently while another puts up the list: what is put up is one ranking, whole, of at most six."""
    world: World = await chapter(8)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 20)) as stage,
    ):
        people = [await stage.person(CITY, login) for login in ("reviewer", "visitor", "leader")]
        found = [
            one for one in (await stage.tray(CITY, "reviewer")).values() if one["status"] == "SITE_VISITED"
        ]
        assert len(found) == 10
        round_ = {"campaignId": await stage.campaign(), "level": "provincial"}

        def ranking(shift: int, selected: int) -> dict[str, object]:
            order = found[shift:] + found[:shift]
            items = [
                {
                    "applicationId": one["id"],
                    "verdict": "SELECTED" if place < selected else "NOT_SELECTED",
                    "reason": REASONS[place],
                }
                for place, one in enumerate(order)
            ]
            return {**round_, "reason": "比较排序。", "items": items}

        assert (await people[0].act(q.RANK_APPLICATIONS, ranking(0, 7)))["code"] == "quota.city"
        ranked = await asyncio.gather(
            *(people[n % 3].act(q.RANK_APPLICATIONS, ranking(n, 6)) for n in range(6))
        )
        assert codes(ranked) == ["ok"] * 6
        ids = [one["roster"]["id"] for one in ranked]
        opened = await asyncio.gather(
            *(
                people[n % 3].act(q.OPEN_PUBLICITY, {**round_, "rankingId": one, "opensOn": "2022-05-20"})
                for n, one in enumerate(ids)
            ),
            people[1].act(q.RANK_APPLICATIONS, ranking(7, 6)),
        )
        assert codes(opened[:6]).count("ok") <= 1
        assert set(codes(opened)) <= {"ok", "roster.missing", "roster.exists", "roster.items"}
        listed = await rows_of(
            urls,
            "SELECT count(*) AS n FROM roster_items i JOIN rosters r"
            " ON r.tenant_id = i.tenant_id AND r.id = i.roster_id WHERE r.kind = 'publicity'",
        )
        assert listed[0]["n"] in {0, 6}
        assert {one.code for one in (await stage.verify()).values()} == {"verified"}
