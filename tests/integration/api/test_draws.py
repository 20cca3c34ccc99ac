"""A spot check from list to answers, through the front door: two parties draw, and nobody steers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from audit.draw import sample, seed
from audit.inclusion import is_included
from certification.reviews.sampling import number_leaf
from tests.integration.api.draws import (
    ANSWER,
    COMMIT,
    COUNTY,
    DRAWS,
    LIST,
    LISTS,
    NUMBERS,
    OPEN,
    REVEAL,
    VOID,
    Party,
    commit,
    commit_list,
    committed,
    drawn,
    open_draw,
    origin,
    party,
    reveal,
    void,
)
from tests.integration.api.kit import Stage, World, codes, serve_world, tamper
from tests.integration.api.star import unit
from tests.support import clone_database
from xingji.demo.cast import CITY, counties
from xingji.demo.clock import shanghai
from xingji.postgres import EmbeddedPostgres

OTHER = counties()[1]
ENTRIES = "SELECT count(*) AS n FROM ledger_entries"


@pytest.fixture
async def stage(
    postgres: EmbeddedPostgres, chapter: Callable[[int], Awaitable[World]]
) -> AsyncIterator[Stage]:
    """A server once the round is open."""
    world = await chapter(1)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(4, 26)) as served,
    ):
        yield served


@pytest.fixture
async def listed(stage: Stage) -> str:
    """The id of a list to draw from."""
    done = await commit_list(stage)
    assert done["__typename"] == "RegisterListRecorded", done
    return str(done["list"]["id"])


async def test_a_sample_follows_from_both_secrets_and_is_answered_once(stage: Stage, listed: str) -> None:
    county, city = await party(stage, "county"), await party(stage, "city")
    opened = (await open_draw(stage, city, "COUNTY", listed))["draw"]
    assert (opened["status"], opened["parties"][0]["secret"]) == ("OPEN", None)
    early = await reveal(city, opened["id"])
    assert early["code"] == "draw.wrong_status"
    assert (await commit(stage, county, opened["id"]))["draw"]["status"] == "COMMITTED"
    half = (await reveal(county, opened["id"]))["draw"]
    assert (half["status"], half["seed"], half["drawn"]) == ("COMMITTED", None, [])
    done = (await reveal(city, opened["id"]))["draw"]
    assert done["status"] == "DRAWN"

    key, secrets = UUID(opened["id"].rpartition(".")[2]), {"county": county.secret, "city": city.secret}
    made = seed(await origin(stage), key, sha256(done["listValue"].encode()).digest(), secrets)
    positions = sample(made, len(NUMBERS), 5)
    assert (done["seed"], json.loads(done["result"])) == (made.hex(), positions)
    assert [one["position"] for one in done["drawn"]] == sorted(positions)
    root = bytes.fromhex(done["registerList"]["root"])
    for one in done["drawn"]:
        assert one["number"] == NUMBERS[one["position"]]
        way = [bytes.fromhex(one["path"][at : at + 64]) for at in range(0, len(one["path"]), 64)]
        leaf = number_leaf(one["number"], bytes.fromhex(one["salt"]))
        assert is_included(leaf, one["position"], len(NUMBERS), way, root)

    given = {"drawId": done["id"], "position": positions[0], "outcome": "MATCH"}
    answered = await county.caller.act(ANSWER, given, "answer-1")
    (one,) = [row for row in answered["draw"]["drawn"] if row["outcome"] is not None]
    assert (one["position"], one["outcome"], one["note"]) == (positions[0], "MATCH", "")
    again = await county.caller.act(ANSWER, given, "answer-1")
    assert again["receipt"] == {**answered["receipt"], "replayed": True}
    assert (await city.caller.act(ANSWER, given))["code"] == "spot_check.answered"
    mismatch = {**given, "position": positions[1], "outcome": "MISMATCH"}
    assert (await city.caller.act(ANSWER, mismatch))["code"] == "field.refused"
    told = await city.caller.act(ANSWER, {**mismatch, "note": "登记信息与本人所述不符。"})
    assert told["__typename"] == "DrawRecorded"
    beside = next(n for n in range(len(NUMBERS)) if n not in positions)
    assert (await city.caller.act(ANSWER, {**given, "position": beside}))["code"] == "not_found"
    clerk = await stage.person(COUNTY.code, "clerk")
    refused = await clerk.ask(ANSWER, requestId="clerk-1", input={**given, "position": positions[2]})
    assert refused["errors"][0]["extensions"]["code"] == "permission.denied"
    assert (await stage.verify())[COUNTY.code].ok


async def test_an_auditor_is_the_second_party_where_the_opening_says_so(stage: Stage, listed: str) -> None:
    county, city, auditor = [await party(stage, name) for name in ("county", "city", "auditor")]
    opened = (await open_draw(stage, county, "AUDITOR", listed))["draw"]["id"]
    assert (await commit(stage, city, opened))["code"] == "actor.not_entitled"
    assert (await commit(stage, auditor, opened))["draw"]["status"] == "COMMITTED"
    assert (await reveal(city, opened))["code"] == "actor.not_entitled"
    await reveal(auditor, opened)
    assert (await reveal(county, opened))["draw"]["status"] == "DRAWN"
    (row,) = await stage.rows(
        "SELECT leaf::json -> 'body' -> 'actor' ->> 'role' AS role FROM ledger_entries"
        " WHERE operation = 'draw.committed'"
    )
    assert row["role"] == "auditor"


async def test_an_auditor_of_the_citys_is_no_second_party_to_the_city(stage: Stage, listed: str) -> None:
    city, auditor = await party(stage, "city"), await party(stage, "auditor")
    opened = (await open_draw(stage, city, "AUDITOR", listed))["draw"]["id"]
    assert (await commit(stage, auditor, opened))["code"] == "draw.same_side"


async def test_what_is_no_draw_is_refused_and_leaves_nothing(stage: Stage, listed: str) -> None:
    county, city = await party(stage, "county"), await party(stage, "city")
    before = await stage.rows(ENTRIES)
    stranger = type(county)("county", await stage.person(OTHER.code, "county"), county.secret)
    absent = f"RegisterList.{COUNTY.tenant_id}.{uuid4()}"
    refused = [
        await open_draw(stage, county, "COUNTY", listed),
        await open_draw(stage, county, "CITY", listed, picks=0),
        await open_draw(stage, county, "CITY", listed, picks=41),
        await open_draw(stage, county, "CITY", listed, picks=None),
        await open_draw(stage, county, "CITY", listed, commitment="ab" * 31),
        await open_draw(stage, county, "CITY", absent),
        await open_draw(stage, county, "CITY", listed, reviewId=f"AnnualReview.{COUNTY.tenant_id}.{uuid4()}"),
        await open_draw(stage, county, "CITY", listed, reviewId=f"AnnualReview.{OTHER.tenant_id}.{uuid4()}"),
        await open_draw(stage, stranger, "CITY", listed),
        await open_draw(stage, await party(stage, "auditor"), "COUNTY", listed),
    ]
    assert codes(refused) == [
        *["draw.refused"] * 4,
        "field.refused",
        *["not_found"] * 3,
        "not_found",
        "actor.not_entitled",
    ]
    assert await stage.rows(ENTRIES) == before
    assert (await open_draw(stage, city, "COUNTY", listed))["__typename"] == "DrawRecorded"


async def test_one_thing_is_drawn_once(stage: Stage, listed: str) -> None:
    county, city = await party(stage, "county"), await party(stage, "city")
    first = await open_draw(stage, county, "CITY", listed)
    assert (await open_draw(stage, city, "COUNTY", listed))["code"] == "draw.stands"
    await commit(stage, city, first["draw"]["id"])
    await reveal(county, first["draw"]["id"])
    await reveal(city, first["draw"]["id"])
    assert (await open_draw(stage, county, "CITY", listed))["code"] == "draw.stands"
    key = first["draw"]["id"].rpartition(".")[2]
    another = (await commit_list(stage, takenOn="2022-04-24"))["list"]["id"]
    assert (await open_draw(stage, county, "CITY", another, drawId=key))["code"] == "draw.exists"


async def test_a_draw_of_another_countys_is_like_none(stage: Stage, listed: str) -> None:
    """Its key may be used again, and says nothing of the first."""
    first = await open_draw(stage, await party(stage, "county"), "CITY", listed)
    key = first["draw"]["id"].rpartition(".")[2]
    theirs = (await commit_list(stage, county=OTHER))["list"]["id"]
    other = await party(stage, "county", county=OTHER)
    given = {"drawId": key, "commitment": other.commits(await origin(stage, OTHER), key)}
    opened = await open_draw(stage, other, "CITY", theirs, county=OTHER, **given)
    assert opened["draw"]["id"] == f"Draw.{OTHER.tenant_id}.{key}"
    shown = (await other.caller.get(DRAWS))["draws"]["edges"]
    assert [edge["node"]["id"] for edge in shown] == [opened["draw"]["id"]]
    stands = (await (await party(stage, "city")).caller.get(DRAWS))["draws"]["edges"]
    assert first["draw"] in [
        {key: value for key, value in edge["node"].items() if key != "tenant"} for edge in stands
    ]
    assert (await open_draw(stage, other, "CITY", listed, county=OTHER))["code"] == "not_found"


async def test_a_commitment_and_a_secret_are_taken_as_they_were_given(stage: Stage, listed: str) -> None:
    county, city = await party(stage, "county"), await party(stage, "city")
    opened = (await open_draw(stage, county, "CITY", listed))["draw"]
    own = opened["parties"][0]["commitment"]
    assert (await commit(stage, county, opened["id"]))["code"] == "actor.not_entitled"
    assert (await commit(stage, city, opened["id"], commitment=own))["code"] == "draw.refused"
    assert (await commit(stage, city, opened["id"], commitment="00"))["code"] == "field.refused"
    await commit(stage, city, opened["id"])
    assert (await commit(stage, city, opened["id"]))["code"] == "draw.wrong_status"
    assert (await reveal(city, opened["id"], secret="00" * 32))["code"] == "draw.secret_wrong"
    assert (await reveal(city, opened["id"], secret="00" * 31))["code"] == "field.refused"
    assert (await reveal(city, opened["id"], secret=county.secret.hex()))["code"] == "draw.secret_wrong"
    foreign = type(city)("city", await stage.person(OTHER.code, "county"), city.secret)
    assert (await reveal(foreign, opened["id"]))["code"] == "not_found"
    # Whoever of the party knows the secret may reveal it.
    second = type(county)("county", await stage.person(COUNTY.code, "county2"), county.secret)
    assert (await reveal(second, opened["id"]))["__typename"] == "DrawRecorded"
    assert (await reveal(county, opened["id"]))["code"] == "draw.revealed"


async def test_who_keeps_silent_is_on_record_and_reveals_first_from_then_on(
    stage: Stage, listed: str
) -> None:
    county, city = await party(stage, "county"), await party(stage, "city")
    first = await committed(stage, county, city, listed)
    await reveal(county, first)
    assert (await void(stage, county, first, days=2))["code"] == "draw.running"
    gone = (await void(stage, county, first, days=2))["draw"]
    named = {one["party"]: (one["defaultedAt"] is not None, one["defaults"]) for one in gone["parties"]}
    assert (gone["status"], named) == ("VOID", {"COUNTY": (False, 0), "CITY": (True, 1)})
    assert (await reveal(city, first))["code"] == "draw.wrong_status"

    second = await open_draw(stage, county, "CITY", listed)
    assert second["draw"]["replaces"] == {"id": first}
    assert (second["draw"]["revealsFirst"], second["draw"]["voided"]) == ("CITY", 1)
    # A draw that nobody commits to as the second makes nobody's word good.
    uncommitted = (await void(stage, county, second["draw"]["id"]))["draw"]
    assert [one["defaultedAt"] for one in uncommitted["parties"]] == [None]

    third = await committed(stage, county, city, listed)
    assert (await reveal(county, third))["code"] == "draw.turn"
    silent = (await void(stage, county, third))["draw"]
    assert {one["party"]: one["defaults"] for one in silent["parties"]} == {"COUNTY": 0, "CITY": 2}

    fourth = await committed(stage, county, city, listed)
    await reveal(city, fourth)
    done = (await reveal(county, fourth))["draw"]
    assert (done["status"], done["voided"], done["replaces"]) == ("DRAWN", 3, {"id": third})
    another = (await commit_list(stage, takenOn="2022-04-24"))["list"]["id"]
    assert (await open_draw(stage, county, "CITY", another))["draw"]["revealsFirst"] is None


async def test_parties_that_race_are_heard_one_after_the_other(stage: Stage, listed: str) -> None:
    county, city = await party(stage, "county"), await party(stage, "city")
    second = type(county)("county", await stage.person(COUNTY.code, "county2"), county.secret)
    opened = await asyncio.gather(
        *(open_draw(stage, who, "CITY", listed) for who in (county, second)),
        open_draw(stage, city, "COUNTY", listed),
    )
    assert sorted(codes(opened)) == ["draw.stands", "draw.stands", "ok"]
    (won,) = [one["draw"] for one in opened if "draw" in one]
    other = city if won["secondParty"] == "CITY" else county
    done = await asyncio.gather(*(commit(stage, other, won["id"]) for _ in range(3)))
    assert sorted(codes(done)) == ["draw.wrong_status", "draw.wrong_status", "ok"]
    told = await asyncio.gather(*(reveal(who, won["id"]) for who in (county, city, county, city)))
    assert codes(told).count("ok") == 2
    (draw,) = (await county.caller.get(DRAWS, f={"status": "DRAWN"}))["draws"]["edges"]
    assert len(draw["node"]["drawn"]) == 5


async def test_retries_answer_with_the_first_receipt(stage: Stage, listed: str) -> None:
    county, city = await party(stage, "county"), await party(stage, "city")
    key = str(uuid4())
    given = {
        "drawId": key,
        "purpose": "SPOT_CHECK",
        "drawnFromId": listed,
        "secondParty": "CITY",
        "commitment": county.commits(await origin(stage), key),
        "picks": 3,
    }
    draw_id = f"Draw.{COUNTY.tenant_id}.{key}"
    steps: list[tuple[Party, str, dict[str, Any]]] = [
        (county, OPEN, given),
        (city, COMMIT, {"drawId": draw_id, "commitment": city.commits(await origin(stage), key)}),
        (county, REVEAL, {"drawId": draw_id, "secret": county.secret.hex()}),
        (city, REVEAL, {"drawId": draw_id, "secret": city.secret.hex()}),
    ]
    receipts = [
        (await who.caller.act(what, given, f"step-{n}"))["receipt"]
        for n, (who, what, given) in enumerate(steps)
    ]
    for n, (who, what, given) in enumerate(steps):
        again = await who.caller.act(what, given, f"step-{n}")
        assert again["receipt"] == {**receipts[n], "replayed": True}
    other = {"drawId": draw_id, "secret": "11" * 32}
    assert (await city.caller.act(REVEAL, other, "step-3"))["code"] == "request.conflict"
    assert (await county.caller.act(VOID, {"drawId": draw_id}))["code"] == "draw.wrong_status"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"numbers": []}, "field.refused"),
        ({"numbers": ["A-1", "A-1"]}, "field.refused"),
        ({"numbers": ["411602199001011234"]}, "field.refused"),
        ({"numbers": ["13800000000"]}, "field.refused"),
        ({"numbers": ["张三"]}, "field.refused"),
        ({"numbers": ["A" * 41]}, "field.refused"),
        ({"numbers": [f"A{n}" for n in range(5_001)]}, "field.refused"),
        ({"takenOn": "2022-04-27"}, "field.refused"),
        ({"communityId": unit(COUNTY, COUNTY.rival)}, "actor.not_entitled"),
        ({"communityId": f"Unit.{COUNTY.tenant_id}.{COUNTY.unit_id}"}, "not_found"),
        ({"communityId": unit(OTHER, OTHER.nominee)}, "not_found"),
    ],
)
async def test_a_register_list_is_refused(stage: Stage, changes: dict[str, Any], code: str) -> None:
    before = await stage.rows(ENTRIES)
    assert (await commit_list(stage, **changes)).get("code") == code
    assert await stage.rows(ENTRIES) == before


async def test_a_list_is_retried_with_its_own_numbers_alone(stage: Stage) -> None:
    clerk = await stage.person(COUNTY.code, "clerk")
    given: dict[str, Any] = {
        "communityId": unit(COUNTY, COUNTY.nominee),
        "takenOn": "2022-04-25",
        "numbers": [f"{n:030}A" for n in range(5_000)],
    }
    first = await clerk.act(LIST, given, "list-1")
    assert first["list"]["size"] == 5_000
    again = await clerk.act(LIST, given, "list-1")
    assert again["receipt"] == {**first["receipt"], "replayed": True}
    other = {**given, "numbers": [*given["numbers"][:-1], "B"]}
    assert (await clerk.act(LIST, other, "list-1"))["code"] == "request.conflict"


async def test_numbers_are_for_the_community_and_its_county_alone(stage: Stage, listed: str) -> None:
    county, city = await party(stage, "county"), await party(stage, "city")
    await drawn(stage, county, city, listed)
    seen = {}
    for code, login in [
        (COUNTY.code, "clerk"),
        (COUNTY.code, "county"),
        (COUNTY.code, "street"),
        (COUNTY.code, "rival"),
        (CITY, "leader"),
        (CITY, "auditor"),
        (OTHER.code, "county"),
    ]:
        caller = await stage.person(code, login)
        lists = (await caller.get(LISTS))["registerLists"]["edges"]
        numbers = [len(one["node"]["numbers"]["edges"]) for one in lists]
        draws = (await caller.get(DRAWS))["draws"]["edges"]
        seen[login if code == COUNTY.code else f"{code}/{login}"] = (
            numbers,
            [len(one["node"]["drawn"]) for one in draws],
        )
    assert seen == {
        "clerk": ([40], [5]),
        "county": ([40], [5]),
        "street": ([40], [5]),
        "rival": ([], []),
        f"{CITY}/leader": ([0], [5]),
        f"{CITY}/auditor": ([0], [5]),
        f"{OTHER.code}/county": ([], []),
    }


async def test_numbers_changed_behind_the_ledgers_back_are_not_drawn_from(stage: Stage, listed: str) -> None:
    county, city = await party(stage, "county"), await party(stage, "city")
    draw_id = await committed(stage, county, city, listed)
    await reveal(county, draw_id)
    await tamper(stage.urls, "UPDATE register_numbers SET number = 'X-' || number WHERE position = 7")
    assert (await reveal(city, draw_id))["code"] == "register.altered"
