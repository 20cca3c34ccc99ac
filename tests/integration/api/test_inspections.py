"""Inspections through the API: a review's whole life, pieces from a phone, contradictions, and who may do what."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from tests.integration.api.inspecting import (
    CONFIRM,
    INSPECT,
    NODE,
    allowed,
    concluding,
    confirmed,
    everything,
    figure,
    inspect,
    item,
    last_verdict,
    observed,
    settle,
    state,
)
from tests.integration.api.kit import Caller, Stage, World, codes, serve_world, verify_all
from tests.integration.api.reviews import (
    CANCEL,
    COUNTY,
    DAY,
    PLAN,
    a_plan,
    assigned,
    certify,
    inspector,
    prepare,
    team,
)
from tests.integration.evidence.kit import photo, send
from tests.support import clone_database
from xingji.demo.cast import CITY, counties
from xingji.demo.clock import shanghai
from xingji.demo.run import BEGINS

OTHER = counties()[1]
FACTS = "SELECT kind, level, year, result, subject_id FROM history_facts WHERE kind = 'reviewed' ORDER BY seq, position"
ENTRIES = "SELECT count(*) AS n FROM ledger_entries"
NOTE = "制度牌未上墙。"


@pytest.fixture(scope="module")
async def prepared(postgres: Any, founded: World) -> AsyncIterator[World]:
    """Four reviews of 2022: two of the county's team (north, south, and an officer), two of the city's (scout)."""
    async with clone_database(postgres, founded.template) as urls:
        async with serve_world(urls, founded.home, BEGINS) as stage:
            await prepare(stage)
            unit = f"Unit.{COUNTY.tenant_id}.{COUNTY.unit_id}"
            people = {login: await inspector(stage, login) for login in ("north", "south", "west")}
            people["mixed"] = await inspector(stage, "mixed", roles=[("COUNTY_OFFICER", unit)])
            people["scout"] = await inspector(stage, "scout", CITY)
            await inspector(stage, "abroad", OTHER.code)
            stage.clock.travel(shanghai(5, 4))
            first = team("一组", people["north"], people["south"], people["mixed"])
            leader = await stage.person(CITY, "leader")
            cycle = await leader.act(PLAN, await a_plan(stage, first, team("二组", people["scout"])))
            await assigned(stage, cycle["cycle"]["id"])
        yield World(urls.name, founded.home)


@pytest.fixture
async def stage(postgres: Any, prepared: World) -> AsyncIterator[Stage]:
    async with (
        clone_database(postgres, prepared.template) as urls,
        serve_world(urls, prepared.home, shanghai(5, 5, 14)) as served,
    ):
        yield served


async def mine(caller: Caller) -> list[str]:
    """The reviews that a team has to do."""
    return sorted(one["id"] for one in (await caller.get(DAY))["reviewDay"])


async def north_with_one(stage: Stage) -> tuple[Caller, str]:
    north = await stage.person(COUNTY.code, "north")
    return north, (await mine(north))[0]


async def whole(stage: Stage) -> bool:
    """Whether the county's log verifies, with every row that it binds."""
    return (await verify_all(stage.urls, stage.home, (COUNTY.code,)))[COUNTY.code].ok


async def later(stage: Stage, month: int, day: int) -> None:
    """Travel; tokens are of an earlier time."""
    stage.clock.travel(shanghai(month, day, 10))
    stage._callers.clear()


async def test_a_community_that_meets_the_standard_passes_and_the_year_counts(stage: Stage) -> None:
    north, review = await north_with_one(stage)
    begun = await state(north, review)
    assert allowed(begun) == {
        *("record_observations", "attach_evidence"),
        *("inspect_pass", "inspect_rectify", "inspect_recheck", "inspect_fail"),
    }
    assert {one["result"] for one in begun["judgement"]["outcomes"]} == {"MISSING"}
    seen = everything()
    half = await inspect(north, review, seen[:20])
    assert half["review"]["status"] == "ASSIGNED" and half["review"]["observations"]["totalCount"] == 20
    early = await inspect(north, review, (), concluding())
    assert early["code"] == "inspection.incomplete"
    done = await inspect(north, review, seen[10:], concluding())
    assert done["__typename"] == "AnnualReviewRecorded", done
    after = done["review"]
    assert (after["status"], after["result"], after["round"]) == ("INSPECTED", "PASS", 1)
    assert after["observations"]["totalCount"] == len(seen) and after["judgement"]["qualifies"]
    (verdict,) = after["verdicts"]
    assert json.loads(verdict["judgement"])["qualifies"] and len(verdict["observationsDigest"]) == 64
    assert await stage.rows(FACTS) == []
    last = await confirmed(stage, review)
    assert (last["status"], last["result"]) == ("CONFIRMED", "PASS") and last["confirmedAt"]
    assert [one["stage"] for one in last["verdicts"]] == ["INSPECTION", "COUNTY", "CITY"]
    (fact,) = await stage.rows(FACTS)
    assert (fact["kind"], fact["level"], fact["year"], fact["result"]) == (
        "reviewed",
        "provincial",
        2022,
        "pass",
    )
    assert review.endswith(str(fact["subject_id"]))
    assert allowed(await state(north, review)) == set()
    assert await whole(stage)


async def test_what_falls_short_is_put_right_and_then_passes_as_such(stage: Stage) -> None:
    north, review = await north_with_one(stage)
    seen = [one for one in everything() if one.get("item", {}).get("code") != "1.2"]
    short = item("1.2", "DOES_NOT_MEET", NOTE)
    refused = await inspect(north, review, [*seen, short], concluding())
    assert refused["code"] == "inspection.fails" and refused["clause"]
    for wrong in (
        {},
        {"clauses": ["1.2"]},
        {"dueOn": "2022-06-05"},
        {"clauses": ["1.2", "1.1"], "dueOn": "2022-06-05"},
        {"clauses": ["1.2", "1.2"], "dueOn": "2022-06-05"},
        {"clauses": ["9.9"], "dueOn": "2022-06-05"},
        {"clauses": ["1.2"], "dueOn": "2022-05-05"},
        {"clauses": ["1.2"], "dueOn": "2022-08-04"},
    ):
        answer = await inspect(north, review, [*seen, short], concluding("RECTIFY", **wrong))
        assert answer["code"] == "conclusion.refused", (wrong, answer)
    assert (await state(north, review))["observations"]["totalCount"] == 0
    done = await inspect(
        north, review, [*seen, short], concluding("RECTIFY", clauses=["1.2"], dueOn="2022-06-05")
    )
    asked = done["review"]
    assert (asked["status"], asked["round"], asked["dueOn"]) == ("RECTIFYING", 2, "2022-06-05")
    assert asked["rectified"] and asked["result"] is None
    (missing,) = [one for one in asked["judgement"]["outcomes"] if one["result"] == "MISSING"]
    assert missing["code"] == "1.2" and len(asked["findings"]) == len(seen)
    await later(stage, 6, 5)
    north = await stage.person(COUNTY.code, "north")
    blank = await inspect(north, review, (), concluding())
    assert blank["code"] == "inspection.incomplete" and "1.2" in blank["messageEn"]
    right = item("1.2", at="2022-06-05T01:00:00Z")
    passed = (await inspect(north, review, [right], concluding()))["review"]
    assert (passed["status"], passed["result"]) == ("INSPECTED", "PASS_AFTER_RECTIFICATION")
    returned = (await settle(stage, review, reason="请补充照片。"))["review"]
    assert (returned["status"], returned["round"], returned["result"]) == ("ASSIGNED", 3, None)
    # A pass of what had to be put right stays one after rectification, whatever comes between.
    again = (await inspect(north, review, everything("2022-06-05T01:30:00Z"), concluding()))["review"]
    assert again["result"] == "PASS_AFTER_RECTIFICATION"
    await confirmed(stage, review)
    (fact,) = await stage.rows(FACTS)
    assert fact["result"] == "pass_after_rectification"
    assert await whole(stage)


async def test_what_was_not_put_right_in_time_fails_and_never_passes(stage: Stage) -> None:
    north, review = await north_with_one(stage)
    short = [one for one in everything() if one.get("figure", {}).get("code") != "satisfaction"]
    low = figure("satisfaction", numerator=8999, denominator=10000)
    refused = await inspect(north, review, [*short, low], concluding())
    assert refused["code"] == "inspection.fails" and "8999" in refused["messageEn"]
    asked = concluding("RECTIFY", clauses=["satisfaction"], dueOn="2022-06-30")
    assert (await inspect(north, review, [*short, low], asked))["review"]["status"] == "RECTIFYING"
    await later(stage, 7, 1)
    north = await stage.person(COUNTY.code, "north")
    late = await state(north, review)
    assert late["overdue"] and allowed(late) == {"inspect_fail", "attach_evidence"}
    good = figure("satisfaction", numerator=90, denominator=100, at="2022-06-30T04:00:00Z")
    for answer in (
        await inspect(north, review, [good]),
        await inspect(north, review, [good], concluding()),
        await inspect(north, review, [], concluding()),
    ):
        assert answer["code"] == "review.outside_days", answer
    failed = (await inspect(north, review, [], concluding("FAIL", "逾期未整改。")))["review"]
    assert (failed["status"], failed["result"]) == ("INSPECTED", "FAIL")
    last = await confirmed(stage, review)
    assert last["result"] == "FAIL" and not last["overdue"]
    (fact,) = await stage.rows(FACTS)
    assert fact["result"] == "fail"


async def test_a_recheck_looks_again_at_what_could_not_be_seen(stage: Stage) -> None:
    north, review = await north_with_one(stage)
    seen = [one for one in everything() if one.get("item", {}).get("code") != "2.5"]
    for wrong in ({}, {"dueOn": "2022-06-05"}, {"dueOn": "2022-05-20", "clauses": ["none"]}):
        answer = await inspect(north, review, seen, concluding("RECHECK", **wrong))
        assert answer["code"] == "conclusion.refused", answer
    again = concluding("RECHECK", "台账不在现场。", dueOn="2022-05-20", clauses=["1.1"])
    done = (await inspect(north, review, seen, again))["review"]
    assert (done["status"], done["round"], done["rectified"]) == ("RECHECKING", 2, False)
    missing = {one["code"] for one in done["judgement"]["outcomes"] if one["result"] == "MISSING"}
    assert missing == {"1.1", "2.5"}
    passed = (await inspect(north, review, [item("1.1"), item("2.5")], concluding()))["review"]
    assert (passed["status"], passed["result"]) == ("INSPECTED", "PASS")


async def test_county_and_city_return_what_they_cannot_follow(stage: Stage) -> None:
    north, review = await north_with_one(stage)
    seen = everything()
    first = (await inspect(north, review, seen, concluding("FAIL", "现场无人，拒绝配合。")))["review"]
    assert first["result"] == "FAIL"
    stale = last_verdict(first)
    county = await stage.person(COUNTY.code, "county")
    blank = await settle(stage, review, reason=" ")
    assert blank["code"] == "field.refused"
    back = (await settle(stage, review, reason="理由不足，请重新查看。"))["review"]
    assert (back["status"], back["round"], back["findings"]) == ("ASSIGNED", 2, [])
    assert {one["result"] for one in back["judgement"]["outcomes"]} == {"MISSING"}
    assert back["observations"]["totalCount"] == len(seen)
    # The observations of the first round are known: sent again they are kept once, and count for nothing now.
    resent = (await inspect(north, review, seen))["review"]
    assert resent["observations"]["totalCount"] == len(seen) and resent["findings"] == []
    second = (await inspect(north, review, everything(), concluding()))["review"]
    assert second["status"] == "INSPECTED"
    old = await county.act(CONFIRM, {"reviewId": review, "conclusionId": stale})
    assert old["code"] == "review.stale"
    assert "review" in await settle(stage, review)
    city = (await settle(stage, review, "leader", CITY, "请县级复核数据。"))["review"]
    assert (city["status"], city["round"]) == ("ASSIGNED", 3)
    assert (await inspect(north, review, everything(), concluding()))["review"]["status"] == "INSPECTED"
    await confirmed(stage, review)
    assert [fact["result"] for fact in await stage.rows(FACTS)] == ["pass"]
    stages = [one["stage"] for one in (await state(north, review))["verdicts"]]
    assert stages == ["INSPECTION", "COUNTY", "INSPECTION", "COUNTY", "CITY", "INSPECTION", "COUNTY", "CITY"]
    assert await whole(stage)


async def test_a_cancelled_review_takes_nothing(stage: Stage) -> None:
    north, review = await north_with_one(stage)
    county = await stage.person(COUNTY.code, "county")
    done = await county.act(CANCEL, {"reviewId": review, "reason": "社区已撤销。"})
    assert done["review"]["status"] == "CANCELLED"
    answers = [
        await inspect(north, review, [item("1.1")]),
        await inspect(north, review, [], concluding("FAIL")),
    ]
    assert codes(answers) == ["inspection.round_closed", "review.wrong_status"]


async def test_pieces_in_any_order_with_retries_come_to_the_same(stage: Stage) -> None:
    north, south = [await stage.person(COUNTY.code, login) for login in ("north", "south")]
    one, other = await mine(north)
    for review, seed in ((one, 1), (other, 2)):
        chance = random.Random(seed)
        seen = everything()
        contrary = item("1.1", "DOES_NOT_MEET", NOTE)
        settled = item("1.1", "MEETS", supersedes=[contrary["id"], seen[0]["id"]])
        pieces = [seen[:7], seen[5:20], [contrary], seen[20:], [settled, seen[3]], seen[:1]]
        chance.shuffle(pieces)
        for number, piece in enumerate(pieces):
            chance.shuffle(piece)
            caller = chance.choice((north, south))
            for _ in range(2):
                sent = await inspect(caller, review, piece, request=f"{review}-{number}")
                assert "review" in sent, sent
            assert sent["receipt"]["replayed"]
    first, second = await state(north, one), await state(south, other)
    for name in ("findings", "conflicts", "judgement"):
        assert first[name] == second[name]
    assert first["conflicts"] == [] and first["judgement"]["qualifies"]
    assert (
        first["observations"]["totalCount"] == second["observations"]["totalCount"] == len(everything()) + 2
    )


async def test_contradictions_are_shown_and_stop_a_conclusion(stage: Stage) -> None:
    north, south = [await stage.person(COUNTY.code, login) for login in ("north", "south")]
    review = (await mine(north))[0]
    seen = everything()
    mine_, theirs = figure("satisfaction", numerator=95, denominator=100), item("1.3", "NOT_APPLICABLE", NOTE)
    assert "review" in await inspect(north, review, seen)
    shown = (await inspect(south, review, [mine_, theirs]))["review"]
    assert [one["key"] for one in shown["conflicts"]] == ["figure:satisfaction", "item:1.3"]
    assert all(len(one["sides"]) == 2 for one in shown["conflicts"])
    sides = shown["conflicts"][1]["sides"]
    assert len({side["authorId"] for side in sides}) == 2
    assert sum(one["result"] == "MISSING" for one in shown["judgement"]["outcomes"]) == 2
    for verdict in ("PASS", "FAIL", "RECHECK"):
        more = {"dueOn": "2022-05-20"} if verdict == "RECHECK" else {}
        refused = await inspect(south, review, [], concluding(verdict, **more))
        assert refused["code"] == "inspection.conflict" and "item:1.3" in refused["messageZh"]
    # One who has seen only one side settles nothing.
    half = item("1.3", supersedes=[theirs["id"]])
    shown = (await inspect(north, review, [half]))["review"]
    assert [one["key"] for one in shown["conflicts"]] == ["figure:satisfaction"], "both say that it is met"
    whole = figure("satisfaction", numerator=95, denominator=100) | {
        "supersedes": [side["observationId"] for side in shown["conflicts"][0]["sides"]]
    }
    done = await inspect(north, review, [whole], concluding())
    assert done["review"]["status"] == "INSPECTED" and done["review"]["conflicts"] == []
    assert done["review"]["observations"]["totalCount"] == len(seen) + 4
    late = await inspect(south, review, [item("1.4", "DOES_NOT_MEET", NOTE)])
    assert late["code"] == "inspection.round_closed"


async def test_the_same_id_with_other_content_is_refused(stage: Stage) -> None:
    north = await stage.person(COUNTY.code, "north")
    review, other = await mine(north)
    first = item("1.1", place={"latitudeE6": 33620000, "longitudeE6": 114650000, "accuracyM": 12})
    assert "review" in await inspect(north, review, [first])
    for changed in (
        {"item": {"code": "1.1", "verdict": "DOES_NOT_MEET", "note": NOTE}},
        {"item": {"code": "1.2", "verdict": "MEETS"}},
        {"observedAt": "2022-05-05T04:00:01Z"},
        {"place": {"latitudeE6": 33620001, "longitudeE6": 114650000, "accuracyM": 12}},
        {"supersedes": [str(uuid4())]},
    ):
        answer = await inspect(north, review, [item("1.2"), {**first, **changed}])
        assert answer["code"] == "observation.differs", answer
    assert (await inspect(north, other, [first]))["code"] == "observation.differs"
    twice = [item("1.5"), item("1.6")]
    twice[1]["id"] = twice[0]["id"]
    assert (await inspect(north, review, twice))["code"] == "observation.differs"
    kept = await state(north, review)
    assert kept["observations"]["totalCount"] == 1


WRONG: dict[str, dict[str, Any]] = {
    "no such item": item("9.9"),
    "no such figure": figure("unknown", numerator=1, denominator=1),
    "a group that is none": figure("satisfaction", "young", numerator=1, denominator=1),
    "a count for a fraction": figure("satisfaction", count=1),
    "more than the whole": figure("satisfaction", numerator=2, denominator=1),
    "less than nothing": figure("satisfaction", numerator=-1, denominator=1),
    "unmet without a word": item("1.1", "DOES_NOT_MEET"),
    "points where there are none": observed(item={"code": "1.1", "verdict": "MEETS", "score": 3}),
    "tomorrow": item("1.1", at="2022-05-06T04:00:00Z"),
    "eleven minutes ahead": item("1.1", at="2022-05-05T06:11:00Z"),
    "before the cycle": item("1.1", at="2022-05-04T15:59:59Z"),
    "nothing at all": observed(),
    "two things": item("1.1", note="") | {"note": {"word": "a", "text": "b"}},
    "a word with blanks": observed(note={"word": "a b", "text": "b"}),
    "no text": observed(note={"word": "a", "text": " "}),
    "a text with NUL": observed(note={"word": "a", "text": "a\0b"}),
    "a caption with NUL": observed(photo={"sha256": "00" * 32, "caption": "a\0"}),
    "half a hash": observed(photo={"sha256": "00" * 16}),
    "a photo of no item": observed(photo={"sha256": "00" * 32, "item": "9.9"}),
    "north of the pole": item("1.1", place={"latitudeE6": 90000001, "longitudeE6": 0}),
    "too far west": item("1.1", place={"latitudeE6": 0, "longitudeE6": -180000001}),
    "an accuracy below zero": item("1.1", place={"latitudeE6": 0, "longitudeE6": 0, "accuracyM": -1}),
    "superseding a crowd": item("1.1", supersedes=[str(uuid4()) for _ in range(21)]),
}
MALFORMED: dict[str, dict[str, Any]] = {
    "a float": figure("satisfaction", numerator=0.5, denominator=1),
    "a giant": figure("satisfaction", numerator=2**53, denominator=2**53),
    "a huge score": observed(item={"code": "1.1", "verdict": "MEETS", "score": 2**31}),
    "a text for a number": figure("satisfaction", numerator="1", denominator=1),
    "no UUID": {**item("1.1"), "id": "1"},
    "an upper-case UUID": {**item("1.1"), "id": str(uuid4()).upper()},
    "no zone": {**item("1.1"), "observedAt": "2022-05-05T04:00:00"},
    "no such verdict": item("1.1", "PERHAPS"),
}


async def test_what_no_standard_knows_is_refused_and_nothing_is_kept(stage: Stage) -> None:
    north, review = await north_with_one(stage)
    before = await stage.rows(ENTRIES)
    itself = item("1.1")
    itself["supersedes"] = [itself["id"]]
    for name, one in {**WRONG, "itself superseded": itself}.items():
        answer = await inspect(north, review, [item("1.2"), one])
        assert answer.get("code") in {"observation.refused", "field.refused"}, (name, answer)
    for name, one in MALFORMED.items():
        given = {"reviewId": review, "observations": [one]}
        answer = await north.ask(INSPECT, requestId=str(uuid4()), input=given)
        assert answer.get("errors") and not answer.get("data"), (name, answer)
    assert codes([await inspect(north, review), await inspect(north, review, [item("1.1")] * 101)]) == [
        "inspection.empty",
        "observation.too_many",
    ]
    assert await stage.rows(ENTRIES) == before
    ahead = item("1.1", at="2022-05-05T06:09:00Z")
    assert "review" in await inspect(north, review, [ahead])


async def test_a_hundred_observations_and_a_conclusion_fit_into_one_entry(stage: Stage) -> None:
    north, review = await north_with_one(stage)
    seen = everything()
    long = "长" * 500
    notes = [observed(note={"word": f"note-{n}", "text": long}) for n in range(100 - len(seen))]
    clauses = [one["item"] for one in seen if "item" in one]
    for one in clauses:
        one.update(verdict="DOES_NOT_MEET", note=long)
    asked = concluding("RECTIFY", "意" * 2000, clauses=[one["code"] for one in clauses], dueOn="2022-06-05")
    done = await inspect(north, review, [*seen, *notes], asked)
    assert done["review"]["status"] == "RECTIFYING", done
    (verdict,) = done["review"]["verdicts"]
    assert len(verdict["clauses"]) == len(clauses)
    assert await whole(stage)


async def test_photos_are_waited_for_by_the_hash_of_the_file_as_taken(stage: Stage) -> None:
    north, review = await north_with_one(stage)
    data = photo(exif=_exif())
    taken = sha256(data).hexdigest()
    seen = observed(photo={"sha256": taken, "caption": "服务窗口", "item": "1.1"})
    shown = (await inspect(north, review, [seen]))["review"]
    assert shown["missingPhotos"] == [{"sha256": taken, "caption": "服务窗口", "item": "1.1"}]
    west, abroad = await stage.person(COUNTY.code, "west"), await stage.person(OTHER.code, "abroad")
    county = await stage.person(COUNTY.code, "county")
    assert [(await send(one, review, data)).status_code for one in (west, abroad, county)] == [404, 404, 403]
    assert (await send(north, review, data, item="9.9")).status_code == 422
    sent = await send(north, review, data, item="1.1")
    assert sent.status_code == 201, sent.text
    kept = sent.json()["evidence"]
    assert kept["receivedSha256"] == taken != kept["sha256"]
    after = await state(north, review)
    assert after["missingPhotos"] == []
    (file,) = after["evidence"]
    assert (file["receivedSha256"], file["itemCode"], after["revision"]) == (taken, "1.1", 4)
    assert (await county.http.get(f"/evidence/{kept['id']}", headers=_bearer(county))).status_code == 200
    assert (await west.http.get(f"/evidence/{kept['id']}", headers=_bearer(west))).status_code == 404
    assert await whole(stage)


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    return exif.tobytes()


def _bearer(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {caller.token}"}


async def test_nobody_else_inspects_and_the_others_do_not_see(stage: Stage) -> None:
    north, review = await north_with_one(stage)
    scout = await stage.person(CITY, "scout")
    (theirs, _) = await mine(scout)
    before = await stage.rows(ENTRIES)
    asked = [item("1.1")]
    strangers = {
        (COUNTY.code, "west"): "not_found",
        (CITY, "scout"): "not_found",
        (OTHER.code, "abroad"): "not_found",
        (OTHER.code, "county"): "not_found",
        (COUNTY.code, "county"): "actor.not_entitled",
        (CITY, "leader"): "actor.not_entitled",
    }
    for (code, login), wanted in strangers.items():
        caller = await stage.person(code, login)
        assert (await inspect(caller, review, asked))["code"] == wanted, login
        if wanted == "not_found":
            assert (await caller.get(NODE, id=review))["node"] is None
    clerk = await stage.person(COUNTY.code, "rival")
    given = {"reviewId": review, "observations": asked}
    answer = await clerk.ask(INSPECT, requestId=str(uuid4()), input=given)
    assert answer["errors"][0]["extensions"]["code"] == "permission.denied"
    assert (await inspect(north, theirs, asked))["code"] == "not_found"
    assert (await north.get(NODE, id=theirs))["node"] is None
    foreign = theirs.replace(f".{COUNTY.tenant_id}.", f".{OTHER.tenant_id}.")
    assert (await inspect(scout, foreign, asked))["code"] == "not_found"
    assert await stage.rows(ENTRIES) == before
    # The city's inspector writes into the county's log, by oversight.
    done = await inspect(scout, theirs, everything(), concluding())
    assert done["review"]["verdicts"][0]["authorTenant"]["code"] == CITY
    (entry,) = await stage.rows("SELECT tenant_id FROM ledger_entries WHERE operation = 'review.inspected'")
    assert entry["tenant_id"] == COUNTY.tenant_id


async def test_what_is_of_another_review_is_of_no_use(stage: Stage) -> None:
    """Observations, conclusions and files of a review, at the next one: each is told by the review that it is of."""
    north, scout = await stage.person(COUNTY.code, "north"), await stage.person(CITY, "scout")
    (review, other), (theirs, _) = await mine(north), await mine(scout)
    # What another review saw is neither taken nor superseded from here.
    seen = item("1.1")
    assert "review" in await inspect(scout, theirs, [seen])
    assert (await inspect(north, review, [seen]))["code"] == "observation.differs"
    wrong = item("1.1", "DOES_NOT_MEET", NOTE, supersedes=[seen["id"]])
    assert "review" in await inspect(north, review, [wrong])
    (held,) = (await state(scout, theirs))["findings"]
    assert json.loads(held["value"])["verdict"] == "meets"
    # A conclusion confirms the review that it is of.
    read = {}
    for one in (review, other):
        # Of the first, item 1.1 was said above.
        left = [each for each in everything() if one != review or each.get("item", {}).get("code") != "1.1"]
        again = await inspect(north, one, left, concluding("FAIL", "不再参加。"))
        assert "review" in again, again
        read[one] = last_verdict(again["review"])
    officer = await stage.person(COUNTY.code, "county")
    for conclusion in (read[other], f"ReviewVerdict.{OTHER.tenant_id}.{read[review].split('.')[2]}"):
        refused = await officer.act(CONFIRM, {"reviewId": review, "conclusionId": conclusion})
        assert refused.get("code") in {"review.stale", "id.malformed", "not_found"}, (conclusion, refused)
    # A file goes to the review of one's own team alone, and comes from nowhere else.
    sent = await send(scout, theirs, photo())
    assert sent.status_code == 201, sent.text
    for login, code in (("north", COUNTY.code), ("west", COUNTY.code), ("abroad", OTHER.code)):
        caller = await stage.person(code, login)
        there, nowhere = [
            await send(caller, named, photo())
            for named in (theirs, f"AnnualReview.{COUNTY.tenant_id}.{uuid4()}")
        ]
        assert there.status_code == nowhere.status_code == 404, (there.text, nowhere.text)
        told = [answer.json()["errors"][0]["message"] for answer in (there, nowhere)]
        assert told[0] == told[1], login
        headers = {"Authorization": f"Bearer {caller.token}"}
        got = await caller.http.get(f"/evidence/{sent.json()['evidence']['id']}", headers=headers)
        assert got.status_code == 404, (login, got.text)
    assert await whole(stage)


async def test_what_another_county_saw_is_like_nothing_at_all(stage: Stage) -> None:
    """The id of an observation is its county's own: another's neither meets it, nor supersedes it, nor learns of it."""
    north, review = await north_with_one(stage)
    seen = item("1.1")
    assert "review" in await inspect(north, review, [seen])
    await certify(stage, OTHER, OTHER.star)
    crew, officer = (
        team("远组", await inspector(stage, "afar", OTHER.code)),
        await stage.person(OTHER.code, "county"),
    )
    cycle = await officer.act(PLAN, await a_plan(stage, crew, county=OTHER, opensOn="2022-05-06"))
    await assigned(stage, cycle["cycle"]["id"], county=OTHER)
    await later(stage, 5, 6)
    afar, north = await stage.person(OTHER.code, "afar"), await stage.person(COUNTY.code, "north")
    (theirs,) = await mine(afar)
    at = "2022-05-06T01:00:00Z"
    known = item("1.1", "DOES_NOT_MEET", NOTE, at=at) | {"id": seen["id"]}
    told = await inspect(afar, theirs, [known, item("1.2", at=at, supersedes=[seen["id"]])])
    never = await inspect(afar, theirs, [item("1.3", at=at), item("1.4", at=at, supersedes=[str(uuid4())])])
    assert told.keys() == never.keys() and "review" in told, (told, never)
    assert (await state(afar, theirs))["observations"]["totalCount"] == 4
    (held,) = (await state(north, review))["findings"]
    assert json.loads(held["value"])["verdict"] == "meets"
    checked = await verify_all(stage.urls, stage.home, (COUNTY.code, OTHER.code))
    assert all(one.ok for one in checked.values())


async def test_nobody_acts_at_two_stages(stage: Stage) -> None:
    north, review = await north_with_one(stage)
    shown = await inspect(north, review, everything(), concluding())
    conclusion = {"reviewId": review, "conclusionId": last_verdict(shown["review"])}
    mixed = await stage.person(COUNTY.code, "mixed")
    assert (await mixed.act(CONFIRM, conclusion))["code"] == "actor.same_person"
    seen = {one["action"]: one for one in (await state(mixed, review))["availableActions"]}
    assert seen["county_confirm_review"]["obstacle"]["code"] == "actor.same_person"
    clerk = await stage.person(COUNTY.code, "clerk")
    assert (await clerk.act(CONFIRM, conclusion))["code"] in {"actor.not_entitled", "not_found"}
    answer = await north.ask(CONFIRM, requestId=str(uuid4()), input=conclusion)
    assert answer["errors"][0]["extensions"]["code"] == "permission.denied"
    leader = await stage.person(CITY, "leader")
    assert (await leader.act(CONFIRM, conclusion))["code"] == "review.wrong_status"
    assert "review" in await settle(stage, review, "county2")
    assert (await settle(stage, review, "county2"))["code"] == "review.wrong_status"
    other = await stage.person(OTHER.code, "county")
    assert (await other.act(CONFIRM, conclusion))["code"] == "not_found"
    assert "review" in await settle(stage, review, "leader", CITY)


async def test_a_team_acts_within_the_cycles_days(stage: Stage) -> None:
    _, review = await north_with_one(stage)
    await later(stage, 12, 1)
    north = await stage.person(COUNTY.code, "north")
    answers = [
        await inspect(north, review, [item("1.1")]),
        await inspect(north, review, [], concluding("FAIL")),
    ]
    assert codes(answers) == ["review.outside_days"] * 2
    late = await state(north, review)
    assert late["overdue"] and allowed(late) == {"attach_evidence"}
