"""The city's calendar through the API: set by its administrator alone, read by every plan, of which the county sees the days."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from certification import reader
from tests.integration.api.arrangements import SET_CALENDAR, a_year, extend
from tests.integration.api.kit import Stage, World, codes, serve_world
from tests.support import clone_database
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties
from xingji.demo.clock import shanghai
from xingji.demo.words import REASONS
from xingji.postgres import EmbeddedPostgres

PLAN = """query($code: String!) { campaigns(filter: {code: $code}) { edges { node {
  publicityPlan { opensOn counted reportFrom obstacle { code } }
  deadlines(level: "provincial") { code lastDay workingDaysLeft overdue extended obstacle { code } }
  availableActions(level: "provincial") { action allowed obstacle { code } } } } } }"""
YEARS = "query($year: Int) { calendarYears(filter: {year: $year}) { edges { node { year complete revision days { day working } } } } }"


async def plan(stage: Stage, code: str = "zhoukou-2022", who: tuple[str, str] = (CITY, "leader")) -> Any:
    person = await stage.person(*who)
    return (await person.get(PLAN, code=code))["campaigns"]["edges"][0]["node"]


async def publicity_action(stage: Stage, who: tuple[str, str] = (CITY, "leader")) -> Any:
    """The obstacle that is shown to opening a publicity, None when it may be opened."""
    shown = {one["action"]: one for one in (await plan(stage, who=who))["availableActions"]}["open_publicity"]
    assert shown["allowed"] is (shown["obstacle"] is None)
    return shown["obstacle"] and shown["obstacle"]["code"]


@pytest.fixture
async def visited(postgres: EmbeddedPostgres, chapter: Any) -> AsyncIterator[Stage]:
    """Ten counties' nominees are visited, on Friday 20 May."""
    world: World = await chapter(8)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 20)) as stage,
    ):
        yield stage


async def rank(stage: Stage, **of_each: list[Any]) -> dict[str, Any]:
    """Rank the ten visited, six selected; `of_each` gives further fields by place."""
    found = [one for one in (await stage.tray(CITY, "leader")).values() if one["status"] == "SITE_VISITED"]
    items = [
        {
            "applicationId": one["id"],
            "verdict": "SELECTED" if place < 6 else "NOT_SELECTED",
            "reason": REASONS[place],
            **{name: values[place] for name, values in of_each.items()},
        }
        for place, one in enumerate(found)
    ]
    given = {
        "campaignId": await stage.campaign(),
        "level": "provincial",
        "reason": "比较排序。",
        "items": items,
    }
    return await (await stage.person(CITY, "leader")).act(q.RANK_APPLICATIONS, given)


async def put_up(stage: Stage, ranking: str, day: str) -> dict[str, Any]:
    given = {
        "campaignId": await stage.campaign(),
        "level": "provincial",
        "rankingId": ranking,
        "opensOn": day,
    }
    return await (await stage.person(CITY, "leader")).act(q.OPEN_PUBLICITY, given)


async def set_days(stage: Stage, *days: tuple[str, bool | None, str], **more: Any) -> dict[str, Any]:
    return await (await stage.person(CITY, "admin")).act(SET_CALENDAR, a_year(2022, *days, **more))


async def test_a_publicity_is_planned_by_the_citys_calendar(visited: Stage):
    ranking = (await rank(visited))["roster"]["id"]
    assert await publicity_action(visited) is None
    assert (await set_days(visited, ("2022-05-24", False, "防汛停工")))["calendar"]["revision"] == 1
    assert (await plan(visited))["publicityPlan"]["opensOn"] == "2022-05-19"
    assert await publicity_action(visited) == "publicity.start_refused"
    assert (await put_up(visited, ranking, "2022-05-20"))["code"] == "publicity.start_refused"

    back = await set_days(visited, ("2022-05-24", None, "恢复"))
    assert back["calendar"] == {
        "id": back["calendar"]["id"],
        "year": 2022,
        "complete": False,
        "revision": 2,
        "days": [{"day": "2022-05-24", "working": None, "name": "恢复"}],
    }
    assert await publicity_action(visited) is None
    made = await put_up(visited, ranking, "2022-05-20")
    assert (made["roster"]["closesOn"], made["roster"]["kind"]) == ("2022-05-27", "PUBLICITY")
    assert (await visited.verify())[CITY].ok


async def test_lists_run_past_the_window_by_the_citys_own_extension(visited: Stage):
    ranking = (await rank(visited))["roster"]["id"]
    visited.clock.travel(shanghai(5, 24))
    assert (await put_up(visited, ranking, "2022-05-25"))["code"] == "publicity.start_refused"
    until = {"stage": "city_review", "closesAt": "2022-06-08T00:00:00+08:00"}
    county = counties()[0].tenant_id
    await extend(visited, **until, beneficiaryTenantId=f"Tenant.{county}.{county}")
    assert await publicity_action(visited) == "publicity.start_refused"
    made = await extend(visited, **until, level="provincial")
    assert await publicity_action(visited) is None
    assert await publicity_action(visited, (counties()[0].code, "county")) == "actor.not_entitled"
    days = {one["code"]: one for one in (await plan(visited))["deadlines"]}
    assert [days[code]["lastDay"] for code in ("publicity", "report")] == ["2022-05-27", "2022-06-07"]
    assert [days[code]["workingDaysLeft"] for code in ("publicity", "report")] == [3, 9]

    publicity = await put_up(visited, ranking, "2022-05-25")
    assert publicity["roster"]["closesOn"] == "2022-06-01"
    leader = await visited.person(CITY, "leader")
    wanted = {
        "campaignId": await visited.campaign(),
        "level": "provincial",
        "publicityId": publicity["roster"]["id"],
    }
    document = {"documentNumber": "周人社函〔2022〕1号", "documentDate": "2022-06-02"}
    visited.clock.travel(shanghai(6, 2))
    late = [
        await leader.act(q.CLOSE_PUBLICITY, wanted),
        await leader.act(q.REPORT_TO_PROVINCE, {**wanted, **document}),
    ]
    assert codes(late) == ["ok", "ok"]
    rows = await visited.rows(
        "SELECT leaf FROM ledger_entries WHERE tenant_id = 1 AND subject_type = 'roster' ORDER BY seq"
    )
    hash_ = made["receipt"]["hash"]
    assert [hash_ in row["leaf"] for row in rows] == [False, True, True, True]
    assert {one.code for one in (await visited.verify()).values()} == {"verified"}


async def test_without_an_extension_the_report_stays_inside_the_window(visited: Stage):
    ranking = (await rank(visited))["roster"]["id"]
    publicity = (await put_up(visited, ranking, "2022-05-20"))["roster"]["id"]
    visited.clock.travel(shanghai(5, 31, 0))
    leader = await visited.person(CITY, "leader")
    wanted = {"campaignId": await visited.campaign(), "level": "provincial", "publicityId": publicity}
    assert (await leader.act(q.CLOSE_PUBLICITY, wanted))["code"] == "window.closed"
    shown = {one["code"]: one for one in (await plan(visited))["deadlines"]}
    assert shown["report"]["overdue"] and shown["report"]["workingDaysLeft"] == 0


async def test_a_ranking_is_scored_and_its_ties_are_argued(visited: Stage):
    scores: list[int | None] = [990, 980, 980, 970, 960, 950, 940, 930, 920, 910]
    untold: list[str | None] = [None] * 10
    assert (await rank(visited, score=scores))["code"] == "roster.tie_unargued"
    assert (await rank(visited, score=scores[::-1]))["code"] == "roster.scores"
    argued = [*untold[:2], "同分，台账完备者在前", *untold[3:]]
    made = await rank(visited, score=scores, tieReason=argued)
    items = "query($id: ID!) { node(id: $id) { ... on Roster { items { score tieReason } } } }"
    county = await visited.person(counties()[0].code, "county")
    shown = (await county.get(items, id=made["roster"]["id"]))["node"]["items"]
    assert shown == [{"score": score, "tieReason": why} for score, why in zip(scores, argued, strict=True)]
    assert (await visited.verify())[CITY].ok


@pytest.fixture
def programme_of_2027(fresh: Stage) -> Iterator[None]:
    """Among the installation's own; worlds share the home."""
    text = (reader.PROGRAMMES / "zhoukou-2022.toml").read_text(encoding="utf-8")
    for old in ("zhoukou-2022", "2022-04-25T", "2022-05-16T", "2022-05-31T"):
        text = text.replace(old, old.replace("2022", "2027"))
    path = fresh.home / "programmes" / "zhoukou-2027.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    yield
    path.unlink()


@pytest.mark.usefixtures("programme_of_2027")
async def test_2027_is_refused_then_set_then_planned(fresh: Stage):
    """A programme of 2027 is another file; its windows lie in a year that no library knows."""
    fresh.clock.travel(shanghai(5, 20).replace(year=2027))
    await (await fresh.person(CITY, "leader")).act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2027"})
    found = await plan(fresh, "zhoukou-2027")
    assert found["publicityPlan"]["obstacle"]["code"] == "calendar.unpublished"
    told = {one["code"]: one["obstacle"] and one["obstacle"]["code"] for one in found["deadlines"]}
    assert told == {
        "recommendation": None,
        **dict.fromkeys(("city_review", "publicity", "report"), "calendar.unpublished"),
    }

    admin = await fresh.person(CITY, "admin")
    rests = [(f"2027-05-0{day}", False, "劳动节") for day in range(1, 6)]
    half = await admin.act(SET_CALENDAR, a_year(2027, *rests))
    assert (half["calendar"]["complete"], len(half["calendar"]["days"])) == (False, 5)
    assert (await plan(fresh, "zhoukou-2027"))["publicityPlan"]["obstacle"] is not None
    whole = await admin.act(SET_CALENDAR, a_year(2027, ("2027-05-29", True, "调休"), complete=True))
    assert (whole["calendar"]["complete"], whole["calendar"]["revision"]) == (True, 2)

    found = await plan(fresh, "zhoukou-2027", (counties()[0].code, "clerk"))
    assert found["publicityPlan"]["opensOn"] == "2027-05-21"
    assert found["publicityPlan"]["reportFrom"] == "2027-05-29"
    shown = {one["code"]: one["workingDaysLeft"] for one in found["deadlines"]}
    assert shown == {"recommendation": 0, "city_review": 7, "publicity": 1, "report": 7}
    clerk = await fresh.person(counties()[0].code, "clerk")
    (edge,) = (await clerk.get(YEARS, year=2027))["calendarYears"]["edges"]
    assert [one["day"] for one in edge["node"]["days"]][-1] == "2027-05-29"
    assert (await fresh.verify())[CITY].ok


async def test_only_the_citys_administrator_sets_the_calendar(reading: Stage):
    given = a_year(2022, ("2022-09-09", False, "测试"))
    county = await reading.person(counties()[0].code, "admin")
    assert (await county.act(SET_CALENDAR, given))["code"] == "actor.not_entitled"
    for who in ((CITY, "leader"), (CITY, "auditor"), (counties()[0].code, "county")):
        person = await reading.person(*who)
        answer = await person.ask(SET_CALENDAR, requestId="x", input=given)
        assert [one["extensions"]["code"] for one in answer["errors"]] == ["permission.denied"]


@pytest.mark.parametrize(
    "changes",
    [
        {"days": [{"day": "2023-01-01", "working": False, "name": "元旦"}]},
        {"days": [{"day": "2022-01-01", "name": "元旦"}] * 2},
        {"days": []},
        {"year": -1},
        {"year": 2**31 - 1},
    ],
    ids=str,
)
async def test_days_that_do_not_fit_the_year_are_refused(reading: Stage, changes: dict[str, Any]):
    admin = await reading.person(CITY, "admin")
    given = {**a_year(2022, ("2022-01-01", False, "元旦")), **changes}
    assert (await admin.act(SET_CALENDAR, given))["code"] == "calendar.refused"


async def test_calendars_set_at_once_are_set_one_after_the_other(fresh: Stage):
    await fresh.person(CITY, "admin")  # six sign-ins at once of one login would count as guesses
    made = await asyncio.gather(*(set_days(fresh, (f"2022-05-1{n}", False, "测试")) for n in range(6)))
    # Those that shared a transaction show the calendar as it is behind them all; each has an entry of its own.
    assert max(one["calendar"]["revision"] for one in made) == 6
    assert len({one["receipt"]["sequence"] for one in made}) == 6
    admin = await fresh.person(CITY, "admin")
    (edge,) = (await admin.get(YEARS, year=2022))["calendarYears"]["edges"]
    assert len(edge["node"]["days"]) == 6
    assert (await fresh.verify())[CITY].ok
