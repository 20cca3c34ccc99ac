"""Where parts of the round meet: late and listed, returned and ranked, withdrawn and objected to, a calendar set while a list is up.

A round of four counties is carried to the visit here, and what nobody recommended waits at its street.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import pytest

from tests.integration.api.arrangements import SET_CALENDAR, a_year, extend
from tests.integration.api.kit import Caller, Stage, opinion
from tests.integration.api.test_objections import (
    ACCEPT,
    DECIDE,
    FILE,
    NOTICES,
    SECRET,
    decision,
    file,
    listed,
    notice,
)
from xingji.demo import documents as q
from xingji.demo.cast import CITY, County, counties
from xingji.demo.clock import shanghai
from xingji.demo.words import findings

FOUR: Final = counties()[:4]
LATE: Final = counties()[4]
LEVEL: Final = "provincial"
ACTIONS = """query($id: ID!) { node(id: $id) { ... on Campaign {
  availableActions(level: "provincial") { action allowed obstacle { code message } } } } }"""


async def nominee(stage: Stage, county: County) -> dict[str, Any]:
    return (await stage.tray(county.code, "county"))[county.nominee.name]


async def recommend(stage: Stage, county: County) -> None:
    one = await nominee(stage, county)
    officer = await stage.person(county.code, "county")
    done = await officer.act(q.GIVE_OPINION, opinion(one["id"], one["form"]["hash"], "COUNTY"))
    assert "receipt" in done, done


def visit(one: dict[str, Any], verdict: str = "AGREE") -> dict[str, Any]:
    bound = {"applicationId": one["id"], "formHash": one["form"]["hash"]}
    return {
        **bound,
        "verdict": verdict,
        "note": "实地查看。",
        "items": findings() if verdict == "AGREE" else [],
    }


async def review(stage: Stage, county: County) -> dict[str, Any]:
    """First review and visit."""
    one = await nominee(stage, county)
    reviewer, visitor = [await stage.person(CITY, login) for login in ("reviewer", "visitor")]
    done = await reviewer.act(q.GIVE_OPINION, opinion(one["id"], one["form"]["hash"], "CITY"))
    assert "receipt" in done, done
    done = await visitor.act(q.RECORD_SITE_VISIT, visit(one))
    assert "receipt" in done, done
    return one


@pytest.fixture
async def visited(endorsed: Stage) -> AsyncIterator[Stage]:
    """On Friday 2022-05-20, four nominees have been visited."""
    for county in FOUR:
        await recommend(endorsed, county)
    endorsed.clock.travel(shanghai(5, 20))
    for county in FOUR:
        await review(endorsed, county)
    yield endorsed


async def leader(stage: Stage) -> Caller:
    return await stage.person(CITY, "leader")


async def rank(stage: Stage, verdicts: str, among: Sequence[County] = FOUR) -> dict[str, Any]:
    """Rank counties' nominees: `SSN`, the first two selected."""
    items = [
        {
            "applicationId": (await nominee(stage, county))["id"],
            "verdict": "SELECTED" if verdict == "S" else "NOT_SELECTED",
            "reason": "比较。",
        }
        for county, verdict in zip(among, verdicts, strict=True)
    ]
    given = {"campaignId": await stage.campaign(), "level": LEVEL, "reason": "比较排序。", "items": items}
    return await (await leader(stage)).act(q.RANK_APPLICATIONS, given)


async def resting(stage: Stage, kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "campaignId": await stage.campaign(),
        "level": LEVEL,
        name: (await stage.rosters(kind))[-1],
        **more,
    }


async def put_up(stage: Stage) -> dict[str, Any]:
    wanted = await resting(stage, "RANKING", "rankingId", opensOn="2022-05-20")
    return await (await leader(stage)).act(q.OPEN_PUBLICITY, wanted)


async def close(stage: Stage) -> dict[str, Any]:
    return await (await leader(stage)).act(
        q.CLOSE_PUBLICITY, await resting(stage, "PUBLICITY", "publicityId")
    )


async def report(stage: Stage) -> dict[str, Any]:
    document = {"documentNumber": "周人社函〔2022〕1号", "documentDate": "2022-05-30"}
    wanted = await resting(stage, "PUBLICITY", "publicityId", **document)
    return await (await leader(stage)).act(q.REPORT_TO_PROVINCE, wanted)


async def told(stage: Stage, action: str) -> str | None:
    """The obstacle that the city is told of beforehand."""
    node = (await (await leader(stage)).get(ACTIONS, id=await stage.campaign()))["node"]
    (one,) = [one for one in node["availableActions"] if one["action"] == action]
    assert one["allowed"] is (one["obstacle"] is None)
    return one["obstacle"] and str(one["obstacle"]["code"])


async def withdraw(stage: Stage, county: County) -> None:
    clerk = await stage.person(county.code, "clerk")
    one = await nominee(stage, county)
    done = await clerk.act(q.WITHDRAW_APPLICATION, {"applicationId": one["id"], "reason": "另行安排。"})
    assert "receipt" in done, done


async def test_what_comes_behind_the_publicity_is_refused_or_returned_before_the_report(visited: Stage):
    place = f"Unit.{LATE.tenant_id}.{LATE.nominee.id}"
    assert "receipt" in await rank(visited, "SSSN")
    assert "receipt" in await put_up(visited)
    await extend(visited, communityId=place, closesAt="2022-05-26T00:00:00+08:00")
    visited.clock.travel(shanghai(5, 24))
    await recommend(visited, LATE)
    one = await review(visited, LATE)
    visited.clock.travel(shanghai(5, 30))
    assert "receipt" in await close(visited)
    left = await report(visited)
    assert left["code"] == "roster.unranked" and LATE.nominee.name in left["messageZh"], left
    visitor = await visited.person(CITY, "visitor")
    for verdict, code in (("REFUSE", None), ("REFUSE", "application.wrong_status")):
        done = await visitor.act(q.RECORD_SITE_VISIT, visit(one, verdict))
        assert done.get("code") == code, done
    done = await report(visited)
    assert [item["verdict"] for item in done["roster"]["items"]] == ["LISTED"] * 3 + ["NOT_SELECTED"]
    assert {(await nominee(visited, county))["status"] for county in FOUR} == {"REPORTED", "REJECTED"}
    assert {one.code for one in (await visited.verify()).values()} == {"verified"}


async def test_what_is_returned_behind_the_ranking_asks_for_a_new_one(visited: Stage):
    assert "receipt" in await rank(visited, "SSSN")
    one = await nominee(visited, FOUR[1])
    visitor = await visited.person(CITY, "visitor")
    back = {
        "applicationId": one["id"],
        "stage": "SITE_VISIT",
        "reason": "台账不符。",
        "formHash": one["form"]["hash"],
    }
    assert "receipt" in await visitor.act(q.RETURN_APPLICATION, back)
    refused = await put_up(visited)
    assert refused["code"] == "roster.items" and FOUR[1].nominee.name in refused["messageZh"], refused
    assert "排序" in refused["messageZh"]
    assert "receipt" in await rank(visited, "SSN", (FOUR[0], *FOUR[2:]))
    opened = await put_up(visited)
    assert len(opened["roster"]["items"]) == 2, opened


async def test_the_city_compares_its_candidates_side_by_side(visited: Stage):
    assert "receipt" in await rank(visited, "SSSN")
    query = """query($id: ID!) { node(id: $id) { ... on Campaign { comparison(level: "provincial") {
      applicationId communityName status position verdict stages { stage meets doesNotMeet notes } } } } }"""
    shown = {}
    for who in ((CITY, "leader"), (CITY, "auditor"), (CITY, "admin"), (FOUR[0].code, "county")):
        caller = await visited.person(*who)
        shown[who] = (await caller.get(query, id=await visited.campaign()))["node"]["comparison"]
    whole = shown[CITY, "leader"]
    assert whole == shown[CITY, "auditor"]
    assert shown[CITY, "admin"] is shown[FOUR[0].code, "county"] is None
    assert [(one["position"], one["verdict"]) for one in whole] == [
        *((place, "SELECTED") for place in (1, 2, 3)),
        (4, "NOT_SELECTED"),
    ]
    assert [county.nominee.name in one["communityName"] for county, one in zip(FOUR, whole, strict=True)]
    both = [{"stage": stage, "meets": 13, "doesNotMeet": 0, "notes": 0} for stage in ("CITY", "SITE_VISIT")]
    assert all(one["stages"] == both for one in whole)
    await recommend_late(visited)
    whole = (await (await leader(visited)).get(query, id=await visited.campaign()))["node"]["comparison"]
    assert [(one["status"], one["position"]) for one in whole][4:] == [("COUNTY_RECOMMENDED", None)]


async def recommend_late(stage: Stage) -> None:
    place = f"Unit.{LATE.tenant_id}.{LATE.nominee.id}"
    await extend(stage, communityId=place, closesAt="2022-05-26T00:00:00+08:00")
    await recommend(stage, LATE)


async def test_whom_nobody_selected_is_refused_one_by_one(visited: Stage):
    assert "receipt" in await rank(visited, "NNNN")
    refused = await put_up(visited)
    assert (refused["code"], "无人入选" in refused["messageZh"]) == ("roster.items", True), refused
    visitor = await visited.person(CITY, "visitor")
    for county in FOUR:
        done = await visitor.act(q.RECORD_SITE_VISIT, visit(await nominee(visited, county), "REFUSE"))
        assert done["application"]["status"] == "REJECTED", done


async def test_who_withdraws_while_publicised_takes_their_objection_out_of_the_way(visited: Stage):
    assert "receipt" in await rank(visited, "SSSN")
    await withdraw(visited, FOUR[0])
    opened = await put_up(visited)
    assert len(opened["roster"]["items"]) == 2
    visited.clock.travel(shanghai(5, 24))
    position = next(
        item["position"]
        for item in (await notice(visited))["items"]
        if FOUR[1].nominee.name in item["communityName"]
    )
    for _ in range(2):
        assert (await file(visited, position))["__typename"] == "ObjectionFiled"
    city = await leader(visited)
    first, second = await listed(visited)
    assert "objection" in await city.act(ACCEPT, {"objectionId": first["id"]})
    visited.clock.travel(shanghai(5, 30))
    assert (await close(visited))["code"] == await told(visited, "close_publicity") == "publicity.objected"
    await withdraw(visited, FOUR[1])
    assert await told(visited, "close_publicity") is None
    assert "receipt" in await close(visited)
    # What was asked is still answered.
    upheld = await city.act(DECIDE, decision(first["id"], "UPHELD"))
    assert (upheld["objection"]["status"], upheld["followed"]) == ("UPHELD", []), upheld
    await city.act(ACCEPT, {"objectionId": second["id"]})
    dismissed = await city.act(DECIDE, decision(second["id"], "DISMISSED"))
    assert dismissed["objection"]["status"] == "DISMISSED"
    done = await report(visited)
    assert [item["verdict"] for item in done["roster"]["items"]] == ["LISTED", "NOT_SELECTED"]
    assert (await nominee(visited, FOUR[1]))["status"] == "WITHDRAWN"
    assert {one.code for one in (await visited.verify()).values()} == {"verified"}


async def test_where_everybody_has_left_nobody_is_reported_and_the_rest_are_refused(visited: Stage):
    assert "receipt" in await rank(visited, "SSNN")
    assert "receipt" in await put_up(visited)
    assert await file(visited, 1)
    city = await leader(visited)
    (found,) = await listed(visited)
    await city.act(ACCEPT, {"objectionId": found["id"]})
    assert "objection" in await city.act(DECIDE, decision(found["id"], "UPHELD"))
    left = [one for one in FOUR if (await nominee(visited, one))["status"] == "PUBLICISED"]
    for county in left:
        await withdraw(visited, county)
    visited.clock.travel(shanghai(5, 30))
    assert "receipt" in await close(visited)
    refused = await report(visited)
    assert (refused["code"], "没有可报送的申请" in refused["messageZh"]) == ("roster.items", True)
    visitor = await visited.person(CITY, "visitor")
    for county in FOUR[2:]:
        done = await visitor.act(q.RECORD_SITE_VISIT, visit(await nominee(visited, county), "REFUSE"))
        assert done["application"]["status"] == "REJECTED", done


async def set_day(stage: Stage, day: str, working: bool) -> None:
    admin = await stage.person(CITY, "admin")
    made = await admin.act(SET_CALENDAR, a_year(2022, (day, working, "临时调整")))
    assert made["__typename"] == "CalendarRecorded", made


@pytest.mark.parametrize(
    ("day", "working", "last"),
    [("2022-05-25", False, 30), ("2022-05-21", True, 27), ("2022-05-28", False, 27)],
)
async def test_a_day_set_while_a_list_is_up_moves_every_answer_alike(
    visited: Stage, day: str, working: bool, last: int
):
    """What was announced to the public is never shortened: until then objections are heard, and nothing is closed."""
    assert "receipt" in await rank(visited, "SSNN")
    assert "receipt" in await put_up(visited)
    visited.clock.travel(shanghai(5, 20, 15))
    await set_day(visited, day, working)
    shown = await notice(visited)
    until = f"2022-05-{last}"
    assert {item["publicity"]["closesOn"] for item in shown["items"]} == {until}
    assert (shown["closesOn"], shown["publicity"]["closesOn"]) == ("2022-05-27", until)
    visited.clock.travel(shanghai(5, last, 23))
    assert (await close(visited))["code"] == await told(visited, "close_publicity") != None  # noqa: E711
    assert (await file(visited, 1))["__typename"] == "ObjectionFiled"
    (found,) = await listed(visited)
    visited.clock.travel(shanghai(5, last + 1, 0, 1))
    assert (await visited.stranger.act(FILE, {**SECRET, "noticeId": shown["noticeId"], "position": 2}))[
        "code"
    ] == "publicity.not_running"
    if last == 30:
        assert (await close(visited))["code"] == await told(visited, "close_publicity") == "window.closed"
        return
    city = await leader(visited)
    await city.act(ACCEPT, {"objectionId": found["id"]})
    await city.act(DECIDE, decision(found["id"], "DISMISSED"))
    assert await told(visited, "close_publicity") is None
    assert "receipt" in await close(visited)
    assert (await visited.stranger.get(NOTICES))["publicNotices"]["totalCount"] == 1
