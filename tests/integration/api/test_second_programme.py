"""A whole round by another programme, of which no line of code knows: tests/programmes/tiered-2023.toml, laid into the home.

Three tiers, each asking for the one below; points with a mark for each tier and a clause that alone refuses; no street stage and no site
visit; seven working days over a golden week, the first of which counts. Whatever is refused cites the clauses of that programme.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from certification.reader import load_programme
from certification.shelf import Shelf
from tests.integration.api.kit import Caller, Stage
from tests.integration.api.star import (
    APPLICATION,
    UNIT,
    a_record,
    a_review,
    attest,
    certifications,
    node,
    propose,
    unit,
)
from xingji.demo import documents as q
from xingji.demo.cast import CITY, County, Place, counties
from xingji.demo.words import form_of

CODE: Final = "tiered-2023"
TESTS: Final = Path(__file__).parents[2]
FIRST, SECOND, THIRD = counties()[:3]
FULL: Final = {"A1": 15, "A2": 10, "B1": 15, "B2": 10}
CAMPAIGN: Final = """query($code: String!, $level: Level!) { campaigns(filter: {code: $code}) { edges { node {
  id levels { level batch cityQuota countyQuota } publicityPlan { opensOn counted reportFrom }
  deadlines(level: $level) { code lastDay } standard(level: $level) { code passScore items { code points veto } }
  availableActions(level: $level) { action } } } } }"""
JUDGED: Final = """query($id: ID!) { node(id: $id) { ... on Application { status level
  judgement { qualifies score passScore highest outcomes { code result points } } } } }"""


def on(month: int, day: int, hour: int = 9) -> datetime:
    """A moment of 2023."""
    return datetime(2023, month, day, hour, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


@pytest.fixture
async def opened(fresh: Stage) -> AsyncIterator[Stage]:
    """The round is open, on 2023-09-05. Worlds share the home, so what is laid into it is taken away again."""
    laid = []
    for kind in ("programmes", "standards"):
        (fresh.home / kind).mkdir(exist_ok=True)
        laid += [Path(copy(path, fresh.home / kind)) for path in (TESTS / kind).glob("tiered-*.toml")]
    fresh.clock.travel(on(9, 5))
    done = await (await fresh.person(CITY, "leader")).act(q.OPEN_CAMPAIGN, {"programme": CODE})
    assert done["campaign"]["code"] == CODE, done
    yield fresh
    for path in laid:
        path.unlink()


async def campaign(stage: Stage, level: str = "one_star") -> dict[str, Any]:
    found = await (await stage.person(CITY, "leader")).get(CAMPAIGN, code=CODE, level=level)
    return dict(found["campaigns"]["edges"][0]["node"])


def figures(rate: int = 95, hardship: int = 100) -> list[dict[str, Any]]:
    """Of a hundred persons each."""
    return [
        {"code": "registered_unemployed_employed", "numerator": rate, "denominator": 100},
        {"code": "hardship_employed", "numerator": hardship, "denominator": 100},
        {"code": "zero_employment_households", "count": 0},
    ]


def points(truthful: bool = True, **given: int) -> list[dict[str, Any]]:
    """Every item as somebody found it; `given` instead of full points."""
    conduct = {"verdict": "MEETS"} if truthful else {"verdict": "DOES_NOT_MEET", "note": "走访记录系补造"}
    scored = {**FULL, **given}
    return [
        *({"code": code, "verdict": "MEETS", "score": score} for code, score in scored.items()),
        {"code": "V1", **conduct},
    ]


async def file(stage: Stage, county: County, login: str, place: Place, level: str) -> dict[str, Any]:
    wanted = {
        "campaignId": (await campaign(stage))["id"],
        "level": level,
        "communityId": unit(county, place),
    }
    return await (await stage.person(county.code, login)).act(q.FILE_APPLICATION, wanted)


async def hand_in(
    stage: Stage, county: County, login: str, place: Place, level: str, rate: int = 95
) -> tuple[str, str]:
    """An application that was filed, filled in and submitted: id and form hash."""
    filed = await file(stage, county, login, place, level)
    assert "application" in filed, filed
    clerk, id_ = await stage.person(county.code, login), filed["application"]["id"]
    words = form_of(county.name, county.street.name, place.name)
    form = {"applicationId": id_, **words, "narrative": "示例材料。", "figures": figures(rate)}
    hash_ = (await clerk.act(q.SAVE_FORM, form))["application"]["form"]["hash"]
    done = await clerk.act(q.SUBMIT_APPLICATION, {"applicationId": id_, "formHash": hash_})
    assert done["application"]["status"] == "SUBMITTED", done
    return id_, hash_


async def say(
    caller: Caller, application: tuple[str, str], stage: str, items: list[Any], verdict: str = "AGREE"
) -> dict[str, Any]:
    id_, hash_ = application
    given = {"applicationId": id_, "stage": stage, "verdict": verdict, "text": "见评分。", "formHash": hash_}
    return await caller.act(q.GIVE_OPINION, {**given, "items": items})


async def import_tier(stage: Stage, county: County, place: Place) -> None:
    """One star since 2019, and reviewed once in the cycle of 2020 and 2021."""
    year = {"year": 2019, "documentDate": "2019-11-02"}
    records = (a_record(level="one_star", **year), a_review(2021, level="one_star"))
    await attest(stage, *await propose(stage, county, place, *records))


async def lists(
    stage: Stage, level: str, applications: list[str], opens_on: str = "2023-09-27"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rank a level and put it up: the list, and what every later list of it says."""
    leader = await stage.person(CITY, "leader")
    of = {"campaignId": (await campaign(stage))["id"], "level": level}
    items = [
        {"applicationId": one, "verdict": "SELECTED", "reason": "得分居前", "score": 99}
        for one in applications
    ]
    ranked = await leader.act(q.RANK_APPLICATIONS, {**of, "items": items, "reason": "按得分排序"})
    assert "roster" in ranked, ranked
    late = {**of, "rankingId": ranked["roster"]["id"], "opensOn": "2023-09-28"}
    refused = await leader.act(q.OPEN_PUBLICITY, late)
    assert (refused["code"], refused["clause"]) == ("publicity.start_refused", "第十四条"), refused
    assert "2023-09-27" in refused["messageZh"]
    put_up = await leader.act(q.OPEN_PUBLICITY, {**late, "opensOn": opens_on})
    assert put_up["roster"]["closesOn"] == "2023-10-11", put_up
    return put_up["roster"], of


async def test_a_round_by_another_file(opened: Stage) -> None:
    """From filing to the decision."""
    shown = await campaign(opened)
    assert [
        (one["level"], one["batch"], one["cityQuota"], one["countyQuota"]) for one in shown["levels"]
    ] == [
        ("one_star", 3, 5, 2),
        ("three_star", 1, 1, None),
        ("two_star", 2, 3, 1),
    ]
    assert {one["code"]: one["lastDay"] for one in shown["deadlines"]} == {
        "application": "2023-09-17",
        "assessment": "2023-10-13",
        "publicity": "2023-09-27",
        "report": "2023-10-13",
    }
    # The golden week lies between, and its make-up days count.
    assert shown["publicityPlan"]["counted"] == [
        *("2023-09-27", "2023-09-28", "2023-10-07", "2023-10-08", "2023-10-09", "2023-10-10", "2023-10-11")
    ]
    assert (shown["standard"]["code"], shown["standard"]["passScore"]) == ("tiered-points-2023", 80)

    await import_tier(opened, SECOND, SECOND.nominee)
    good = await hand_in(opened, FIRST, "clerk", FIRST.nominee, "one_star")
    weak = await hand_in(opened, FIRST, "rival", FIRST.rival, "one_star", rate=84)
    third = await hand_in(opened, FIRST, "star", FIRST.star, "one_star")
    false = await hand_in(opened, SECOND, "rival", SECOND.rival, "one_star")
    higher = await hand_in(opened, SECOND, "clerk", SECOND.nominee, "two_star")
    seen = await node(await opened.person(SECOND.code, "county"), APPLICATION, higher[0])
    assert (seen["form"]["certifiedOn"], seen["restsOnLegacy"]) == ("2019-11-02", True)
    assert [one["year"] for one in seen["history"]["years"]] == [2021]
    assert (seen["history"]["streak"], seen["history"]["applyingFor"]) == (1, "two_star")

    too_high = await file(opened, THIRD, "clerk", THIRD.nominee, "three_star")
    assert (too_high["code"], too_high["clause"]) == ("application.history_missing", "第九条")
    assert "二星级" in too_high["messageZh"]

    officers = {county.code: await opened.person(county.code, "county") for county in (FIRST, SECOND)}
    street = await opened.person(FIRST.code, "street")
    assert (await say(street, good, "STREET", []))["code"] == "action.unknown"
    for county, one in ((FIRST, good), (FIRST, weak), (SECOND, false), (SECOND, higher)):
        done = await say(officers[county.code], one, "COUNTY", points())
        assert done["application"]["status"] == "COUNTY_RECOMMENDED", done
    full = await say(officers[FIRST.code], third, "COUNTY", points())
    assert (full["code"], full["clause"]) == ("quota.county", "第五条") and "一星级" in full["messageZh"]

    opened.clock.travel(on(9, 20))
    reviewer, leader = await opened.person(CITY, "reviewer"), await opened.person(CITY, "leader")
    short = await say(reviewer, weak, "CITY", points(A2=9))
    assert (short["code"], short["clause"]) == ("standard.score_short", "第十一条第一款")
    assert "79" in short["messageZh"] and "80" in short["messageEn"]
    vetoed = await say(reviewer, false, "CITY", points(truthful=False))
    assert (vetoed["code"], vetoed["clause"]) == ("standard.unmet", "第十二条（一票否决）")
    assert "材料真实" in vetoed["messageZh"]
    more = await say(reviewer, good, "CITY", points(A1=16))
    assert (more["code"], more["clause"]) == ("assessment.score", "评分标准 A1")
    for one in (weak, false):
        refused = await say(reviewer, one, "CITY", [], "REFUSE")
        assert refused["application"]["status"] == "REJECTED", refused
    for one in (good, higher):
        done = await say(reviewer, one, "CITY", points(B2=8))
        assert done["application"]["status"] == "CITY_REVIEWED", done
    judged = (await leader.get(JUDGED, id=higher[0]))["node"]["judgement"]
    assert (judged["qualifies"], judged["score"], judged["passScore"]) == (True, 98, 90)
    visit = {"applicationId": good[0], "formHash": good[1], "note": "看过。", "items": []}
    visited = await (await opened.person(CITY, "visitor")).act(q.RECORD_SITE_VISIT, visit)
    assert visited["code"] == "action.unknown"

    opened.clock.travel(on(9, 27))
    put_up = [
        await lists(opened, "one_star", [good[0]]),
        await lists(opened, "two_star", [higher[0]]),
    ]
    opened.clock.travel(on(10, 9))
    early = await leader.act(q.CLOSE_PUBLICITY, {**put_up[0][1], "publicityId": put_up[0][0]["id"]})
    assert (early["code"], early["clause"]) == ("publicity.running", "第十四条")
    opened.clock.travel(on(10, 13))
    reports = []
    for roster, of in put_up:
        listed = {**of, "publicityId": roster["id"]}
        assert "receipt" in await leader.act(q.CLOSE_PUBLICITY, listed)
        paper = {"documentNumber": "示例人社〔2023〕40号", "documentDate": "2023-10-13"}
        reported = await leader.act(q.REPORT_TO_PROVINCE, {**listed, **paper})
        assert len(reported["followed"]) == 1, reported
        reports.append(({**of, "reportId": reported["roster"]["id"]}, reported["roster"]["items"]))
    opened.clock.travel(on(11, 20))
    for of, items in reports:
        result = [{"applicationId": one["application"]["id"], "verdict": "CERTIFIED"} for one in items]
        paper = {"documentNumber": "示例省人社〔2023〕88号", "documentDate": "2023-11-17"}
        decided = {**of, **paper, "items": [{**one, "reason": "同意"} for one in result]}
        assert "receipt" in await leader.act(q.RECORD_DECISION, decided)
    made = {one["level"] for one in await certifications(leader) if not one["legacy"]}
    assert made == {"one_star", "two_star"}
    lapsed = {"applicationId": third[0], "reason": "名额已满"}
    done = await officers[FIRST.code].act(q.LAPSE_APPLICATION, lapsed)
    assert done["application"]["status"] == "LAPSED", done

    clerk = await opened.person(SECOND.code, "clerk")
    told = (await node(clerk, UNIT, unit(SECOND, SECOND.nominee)))["eligibility"]
    codes = {one["level"]: one["obstacle"]["code"] for one in told}
    assert codes == {
        "one_star": "application.certified",
        "two_star": "application.certified",
        "three_star": "application.history_missing",
    }
    assert all(verdict.ok for verdict in (await opened.verify()).values())


async def test_a_level_of_another_programme_is_refused_by_name(opened: Stage) -> None:
    leader = await opened.person(CITY, "leader")
    refused = await file(opened, FIRST, "clerk", FIRST.nominee, "provincial")
    assert (refused["code"], refused["messageEn"]) == (
        "level.unknown",
        "the programme has no level provincial; it has one_star, two_star, three_star",
    )
    of = {"campaignId": (await campaign(opened))["id"], "level": "provincial"}
    assert (await leader.act(q.RANK_APPLICATIONS, {**of, "items": [], "reason": "无"}))["code"] == (
        "level.unknown"
    )
    officer = await opened.person(FIRST.code, "county")
    record = {"communityId": unit(FIRST, FIRST.nominee), "records": [a_record()]}
    assert (await officer.act(q.PROPOSE_LEGACY_RECORDS, record))["code"] == "level.unknown"
    unknown = await campaign(opened, "provincial")
    assert (unknown["availableActions"], unknown["standard"], unknown["deadlines"]) == ([], None, [])
    plan = 'query($id: ID!) { node(id: $id) { ... on Campaign { publicityPlan(level: "star") { opensOn obstacle { code } } } } }'
    told = (await leader.get(plan, id=of["campaignId"]))["node"]["publicityPlan"]
    assert told == {"opensOn": None, "obstacle": {"code": "level.unknown"}}


@pytest.mark.parametrize("level", ["ONE_STAR", "一星级", "one star", "", "x" * 41, 1])
async def test_what_is_no_code_is_no_input(opened: Stage, level: object) -> None:
    leader = await opened.person(CITY, "leader")
    answer = (await leader.send(CAMPAIGN, {"code": CODE, "level": level})).json()
    assert "data" not in answer and "Level" in answer["errors"][0]["message"], answer


def test_nothing_but_the_file_is_read() -> None:
    """The programme is what its file says, whatever else is delivered: the shelf it lies on holds nothing beside it."""
    own = load_programme(CODE, Shelf((TESTS,)))
    assert (own.code, own.edition.code) == (CODE, "tiered-points-2023")
    assert list(own.levels) == ["one_star", "two_star", "three_star"]
