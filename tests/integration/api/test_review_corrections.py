"""Corrections of a year's review through the API: by two persons, of what is recorded, as often as it takes."""

from __future__ import annotations

import pytest

from tests.integration.api.inspecting import (
    CONFIRM_CORRECTION,
    DECLINE_CORRECTION,
    NOON,
    PROPOSE_CORRECTION,
    concluding,
    confirmed,
    everything,
    inspect,
)
from tests.integration.api.kit import Stage, codes, verify_all
from tests.integration.api.reviews import COUNTY, DAY, PLAN, a_plan, assigned, certify, inspector, team
from tests.integration.api.star import a_review, attest, propose, unit
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties
from xingji.demo.clock import shanghai

OTHER = counties()[1]
PLACE = COUNTY.star
FACTS = "SELECT level, year, result, legacy, subject_id FROM history_facts WHERE kind = 'reviewed' ORDER BY seq, position"


def a_correction(result: str, year: int = 2019, **changes: object) -> dict[str, object]:
    return {
        "communityId": unit(COUNTY, PLACE),
        "level": "provincial",
        "year": year,
        "result": result,
        "documentNumber": "周人社函〔2022〕31号",
        "reason": "核查发现台账不实。",
        **changes,
    }


@pytest.fixture
async def reviewed(fresh: Stage) -> Stage:
    """A community certified in 2018 whose review of 2019 was attested from paper."""
    leader = await fresh.person(CITY, "leader")
    await leader.act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    await certify(fresh, COUNTY, PLACE)
    await attest(fresh, *await propose(fresh, COUNTY, PLACE, a_review(2019)))
    return fresh


async def test_a_correction_needs_two_and_says_the_year_anew(reviewed: Stage) -> None:
    county, leader = await reviewed.person(COUNTY.code, "county"), await reviewed.person(CITY, "leader")
    said = len(await reviewed.rows(FACTS))
    first = await county.act(PROPOSE_CORRECTION, a_correction("FAIL"))
    assert first["correction"]["result"] == "FAIL" and first["correction"]["confirmedAt"] is None
    assert len(await reviewed.rows(FACTS)) == said
    given = {"correctionId": first["correction"]["id"]}
    for code, login, wanted in (
        (COUNTY.code, "county", "actor.not_entitled"),
        (COUNTY.code, "county2", "actor.not_entitled"),
        (COUNTY.code, "star", "actor.not_entitled"),  # the clerk of the community itself
        (COUNTY.code, "clerk", "not_found"),
        (OTHER.code, "county", "not_found"),
    ):
        caller = await reviewed.person(code, login)
        answers = [
            await caller.act(CONFIRM_CORRECTION, given),
            await caller.act(DECLINE_CORRECTION, {**given, "reason": "不实"}),
        ]
        assert codes(answers) == [wanted] * 2, login
    done = await leader.act(CONFIRM_CORRECTION, given)
    assert done["correction"]["confirmedAt"]
    again = [
        await leader.act(CONFIRM_CORRECTION, given),
        await leader.act(DECLINE_CORRECTION, {**given, "reason": "不实"}),
        await county.act(PROPOSE_CORRECTION, a_correction("FAIL")),
    ]
    assert codes(again) == ["correction.settled", "correction.settled", "correction.same"]
    fact = (await reviewed.rows(FACTS))[-1]
    assert (fact["level"], fact["year"], fact["result"], fact["legacy"]) == ("provincial", 2019, "fail", True)
    # A correction of a correction is of the same subject; what it replaces stays on record.
    for result in ("VOID", "PASS"):
        more = await county.act(PROPOSE_CORRECTION, a_correction(result))
        await leader.act(CONFIRM_CORRECTION, {"correctionId": more["correction"]["id"]})
    facts = (await reviewed.rows(FACTS))[-3:]
    assert [one["result"] for one in facts] == ["fail", "void", "pass"]
    assert len({one["subject_id"] for one in facts}) == 1
    (record,) = await reviewed.rows("SELECT id, result FROM legacy_records WHERE kind = 'annual_review'")
    assert record["id"] == facts[0]["subject_id"] and record["result"] == "pass"
    verdicts = await verify_all(reviewed.urls, reviewed.home, (COUNTY.code,))
    assert verdicts[COUNTY.code].ok


async def test_what_cannot_be_corrected_is_refused_with_what_to_do(reviewed: Stage) -> None:
    county, leader = await reviewed.person(COUNTY.code, "county"), await reviewed.person(CITY, "leader")
    missed = await county.act(PROPOSE_CORRECTION, a_correction("PASS", 2020))
    assert missed["code"] == "correction.nothing" and "历史记录" in missed["messageZh"]
    other, clerk = await reviewed.person(OTHER.code, "county"), await reviewed.person(COUNTY.code, "clerk")
    refused = [
        await county.act(PROPOSE_CORRECTION, a_correction("FAIL", level="star")),
        await county.act(PROPOSE_CORRECTION, a_correction("PASS")),
        await county.act(PROPOSE_CORRECTION, a_correction("FAIL", reason=" ")),
        await county.act(PROPOSE_CORRECTION, a_correction("FAIL", documentNumber="a\0b")),
        await county.act(PROPOSE_CORRECTION, a_correction("FAIL", communityId=unit(COUNTY, COUNTY.street))),
        await county.act(PROPOSE_CORRECTION, a_correction("FAIL", communityId=unit(OTHER, OTHER.star))),
        await other.act(PROPOSE_CORRECTION, a_correction("FAIL")),
        await leader.act(PROPOSE_CORRECTION, a_correction("FAIL")),
        await clerk.act(PROPOSE_CORRECTION, a_correction("FAIL")),
        await county.act(PROPOSE_CORRECTION, a_correction("FAIL", -(2**31))),
    ]
    assert codes(refused) == [
        "correction.nothing",
        "correction.same",
        *["field.refused"] * 2,
        *["not_found"] * 3,
        *["actor.not_entitled"] * 2,
        "correction.nothing",
    ]
    asked = [await county.act(PROPOSE_CORRECTION, a_correction(one)) for one in ("FAIL", "FAIL", "VOID")]
    ids = [{"correctionId": one["correction"]["id"]} for one in asked]
    blank = await leader.act(DECLINE_CORRECTION, {**ids[2], "reason": ""})
    gone = await leader.act(DECLINE_CORRECTION, {**ids[2], "reason": "依据不足。"})
    assert blank["code"] == "field.refused" and gone["correction"]["declineReason"] == "依据不足。"
    both = [await leader.act(CONFIRM_CORRECTION, one) for one in ids]
    assert codes(both) == ["ok", "correction.same", "correction.settled"]


async def test_a_review_of_the_platform_is_corrected_as_well(fresh: Stage) -> None:
    leader, county = await fresh.person(CITY, "leader"), await fresh.person(COUNTY.code, "county")
    await leader.act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    await certify(fresh, COUNTY, PLACE)
    north = await inspector(fresh, "north")
    fresh.clock.travel(shanghai(5, 5, 14))
    fresh._callers.clear()
    leader, county = await fresh.person(CITY, "leader"), await fresh.person(COUNTY.code, "county")
    cycle = await leader.act(PLAN, await a_plan(fresh, team("一组", north)))
    await assigned(fresh, cycle["cycle"]["id"])
    caller = await fresh.person(COUNTY.code, "north")
    (review,) = [one["id"] for one in (await caller.get(DAY))["reviewDay"]]
    assert (await county.act(PROPOSE_CORRECTION, a_correction("FAIL", 2022)))["code"] == "correction.nothing"
    assert "review" in await inspect(caller, review, everything(NOON), concluding())
    await confirmed(fresh, review)
    made = await county.act(PROPOSE_CORRECTION, a_correction("FAIL", 2022))
    assert "correction" in await leader.act(CONFIRM_CORRECTION, {"correctionId": made["correction"]["id"]})
    facts = await fresh.rows(FACTS)
    assert [one["result"] for one in facts] == ["pass", "fail"]
    assert {str(one["subject_id"]) for one in facts} == {review.split(".")[-1]}
