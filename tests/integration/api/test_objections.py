"""Objections from the public, as strangers, the city, and those concerned see and do them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.integration.api.kit import Caller, Stage, World, serve_world
from tests.support import clone_database
from xingji.demo import documents as q
from xingji.demo.cast import CITY
from xingji.demo.clock import shanghai
from xingji.postgres import EmbeddedPostgres

REFUSED = "... on Refusal { code messageZh messageEn clause retryAfter }"
FILE = f"""mutation($requestId: ID!, $input: FileObjectionInput!) {{ fileObjection(requestId: $requestId, input: $input) {{
  __typename ... on ObjectionFiled {{ code receipt {{ origin sequence hash replayed }} }} {REFUSED} }} }}"""
_RECORDED = f"""__typename ... on ObjectionRecorded {{
  objection {{ id status }} receipt {{ sequence }} followed {{ origin }} unfollowed {{ code }} }} {REFUSED}"""
ACCEPT = f"""mutation($requestId: ID!, $input: AcceptObjectionInput!) {{
  acceptObjection(requestId: $requestId, input: $input) {{ {_RECORDED} }} }}"""
DECIDE = f"""mutation($requestId: ID!, $input: DecideObjectionInput!) {{
  decideObjection(requestId: $requestId, input: $input) {{ {_RECORDED} }} }}"""
CORRECT = f"""mutation($requestId: ID!, $input: CorrectPublicityInput!) {{
  correctPublicity(requestId: $requestId, input: $input) {{ __typename ... on RosterRecorded {{ roster {{ id }} }} {REFUSED} }} }}"""
STATUS = "query($code: String!) { objectionStatus(code: $code) { status receivedAt acceptedAt decidedAt publicReason } }"
NOTICES = """{ publicNotices { totalCount edges { node {
  noticeId campaign level batch kind opensOn closesOn documentNumber documentDate
  publicity { daysCounted daysLeft closesOn stopped }
  items { position communityName result publicity { daysCounted daysLeft closesOn stopped } } } } } }"""
OBJECTIONS = """{ objections(first: 100) { edges { node {
  id status position communityName receivedAt acceptedAt decidedAt publicReason text name contact reason
  availableActions { action allowed obstacle { code } } } } } }"""
TEXT = "该社区公示材料中的就业人数与实际情况不符，请核实。"
SECRET = {"text": TEXT, "name": "甲某某", "contact": "13900001234"}


@pytest.fixture
async def open_list(postgres: EmbeddedPostgres, chapter: Any) -> AsyncIterator[Stage]:
    """A server on Monday 2022-05-23: a publicity of six has been up since Friday."""
    world: World = await chapter(10)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 23)) as stage,
    ):
        yield stage


async def notice(stage: Stage) -> dict[str, Any]:
    """The publicity as a stranger reads it."""
    found = await stage.stranger.get(NOTICES)
    (node,) = [one["node"] for one in found["publicNotices"]["edges"] if one["node"]["kind"] == "PUBLICITY"]
    return dict(node)


async def file(
    stage: Stage, position: int = 1, request_id: str | None = None, **values: Any
) -> dict[str, Any]:
    """A stranger objects."""
    given = {"noticeId": (await notice(stage))["noticeId"], "position": position, **SECRET, **values}
    return await stage.stranger.act(FILE, given, request_id)


async def officer(stage: Stage) -> Caller:
    return await stage.person(CITY, "leader")


async def listed(stage: Stage, who: Caller | None = None) -> list[dict[str, Any]]:
    """The objections that somebody sees."""
    found = await (who or await officer(stage)).get(OBJECTIONS)
    return [edge["node"] for edge in found["objections"]["edges"]]


def decision(objection_id: str, verdict: str, public: str = "经核查，材料属实。") -> dict[str, Any]:
    return {
        "objectionId": objection_id,
        "verdict": verdict,
        "reason": "走访甲某某后核对台账。",
        "publicReason": public,
    }


async def round_of(stage: Stage) -> dict[str, Any]:
    publicity = (await stage.rosters("PUBLICITY"))[-1]
    return {"campaignId": await stage.campaign(), "level": "PROVINCIAL", "publicityId": publicity}


DOCUMENT = {"documentNumber": "周人社函〔2022〕1号", "documentDate": "2022-05-30"}


async def test_a_stranger_objects_the_city_dismisses_and_the_report_waits(open_list: Stage):
    filed = await file(open_list, 2)
    assert filed["__typename"] == "ObjectionFiled", filed
    code = filed["code"]
    assert (await open_list.stranger.get(STATUS, code=code))["objectionStatus"]["status"] == "RECEIVED"
    city = await officer(open_list)
    (found,) = await listed(open_list)
    assert (found["text"], found["name"], found["contact"]) == tuple(SECRET.values())

    accepted = await city.act(ACCEPT, {"objectionId": found["id"]})
    assert accepted["objection"]["status"] == "ACCEPTED", accepted
    items = (await notice(open_list))["items"]
    assert [item["publicity"]["stopped"] for item in items] == [False, True, False, False, False, False]

    open_list.clock.travel(shanghai(5, 25))
    decided = await city.act(DECIDE, decision(found["id"], "DISMISSED"))
    assert decided["objection"]["status"] == "DISMISSED", decided
    shown = (await open_list.stranger.get(STATUS, code=code))["objectionStatus"]
    assert (shown["status"], shown["publicReason"]) == ("DISMISSED", "经核查，材料属实。")
    # 23, 24 and 25 May did not count for the second item: it is public until 1 June.
    items = (await notice(open_list))["items"]
    assert [item["publicity"]["closesOn"] for item in items] == [
        "2022-05-27",
        "2022-06-01",
        *["2022-05-27"] * 4,
    ]
    open_list.clock.travel(shanghai(5, 30))
    closed = await city.act(q.CLOSE_PUBLICITY, await round_of(open_list))
    assert (closed["code"], closed["clause"]) == ("publicity.incomplete", "三（二）")
    reported = await city.act(q.REPORT_TO_PROVINCE, {**await round_of(open_list), **DOCUMENT})
    assert reported["code"] == "publicity.not_closed"
    assert {one.code for one in (await open_list.verify()).values()} == {"verified"}
