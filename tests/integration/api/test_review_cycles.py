"""Planning a cycle of annual reviews through the API, drawing its teams, and how far it is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from audit.entry import MAX_ENTRY
from tests.integration.api.kit import Caller, Stage, World, codes, serve_world, tamper
from tests.integration.api.reviews import (
    CANCEL,
    COUNTY,
    CYCLES,
    DAY,
    EXTEND,
    PLAN,
    REVEAL,
    REVIEWS,
    VOID,
    a_plan,
    assigned,
    committed,
    inspector,
    places,
    plan,
    planned,
    prepare,
    reviews_of,
    street,
    team,
)
from tests.integration.api.star import certifications, change, elsewhere, unit
from tests.integration.api.test_administering import END_ROLE
from tests.support import clone_database
from xingji.demo.cast import CITY, Place, counties
from xingji.demo.clock import shanghai
from xingji.demo.run import BEGINS

OTHER = counties()[1]
NOBODY = "5f0c8a1e-7b1d-4f5e-9a53-0c5b1d6a9e42"
"""An id that nothing has; fixed, because it names tests."""
OTHER_STREET, _ = elsewhere(COUNTY)

SHOWN = "query($id: ID!) { node(id: $id) { ... on ReviewCycle { availableActions { action obstacle { code } } } } }"


@pytest.fixture(scope="module")
async def prepared(postgres: Any, founded: World) -> AsyncIterator[tuple[World, dict[str, str]]]:
    """The round is open, four communities of two streets were certified in 2018, and there are inspectors."""
    async with clone_database(postgres, founded.template) as urls:
        async with serve_world(urls, founded.home, BEGINS) as stage:
            await prepare(stage)
            people = {login: await inspector(stage, login) for login in ("north", "south", "west")}
            people["near"] = await inspector(
                stage, "near", roles=[("COMMUNITY_CLERK", unit(COUNTY, COUNTY.rival))]
            )
            people["scout"] = await inspector(stage, "scout", CITY)
            stage.clock.travel(shanghai(5, 5))
        yield World(urls.name, founded.home), people


@pytest.fixture
async def stage(postgres: Any, prepared: tuple[World, dict[str, str]]) -> AsyncIterator[Stage]:
    world, _ = prepared
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 5)) as served,
    ):
        yield served


@pytest.fixture(scope="module")
async def refusing(postgres: Any, prepared: tuple[World, dict[str, str]]) -> AsyncIterator[Stage]:
    """One for all that is refused."""
    world, _ = prepared
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 5)) as served,
    ):
        yield served


@pytest.fixture
def people(prepared: tuple[World, dict[str, str]]) -> dict[str, str]:
    return prepared[1]


def named(*found: Place) -> list[str]:
    return [unit(COUNTY, place) for place in found]


async def test_a_county_plans_all_that_are_certified_and_a_retry_plans_nothing(
    stage: Stage, people: dict[str, str]
) -> None:
    officer = await stage.person(COUNTY.code, "county")
    given = await a_plan(stage, team("一组", people["north"]), team("二组", people["south"], people["west"]))
    done = await officer.act(PLAN, given, "plan-1")
    cycle = done["cycle"]
    assert (cycle["status"], cycle["revision"], cycle["year"]) == ("PLANNED", 1, 2022)
    assert (cycle["tenant"]["code"], cycle["campaign"]["code"]) == (COUNTY.code, "zhoukou-2022")
    assert {one["community"]["id"] for one in reviews_of(cycle)} == set(named(*places()))
    assert {(one["level"], one["status"], one["team"], one["certifiedOn"]) for one in reviews_of(cycle)} == {
        ("provincial", "PLANNED", None, "2018-07-02")
    }
    assert [(one["number"], one["name"], len(one["members"])) for one in cycle["teams"]] == [
        (1, "一组", 1),
        (2, "二组", 2),
    ]
    assert cycle["teams"][0]["members"][0]["inspector"]["name"] == "north复查员"
    assert (cycle["progress"]["planned"], cycle["progress"]["total"], cycle["progress"]["overdue"]) == (
        4,
        4,
        0,
    )
    again = await officer.act(PLAN, given, "plan-1")
    assert (again["cycle"]["id"], again["receipt"]["replayed"]) == (cycle["id"], True)
    assert again["receipt"]["hash"] == done["receipt"]["hash"]
    other = await officer.act(PLAN, {**given, "name": "另一个"}, "plan-1")
    assert codes([other, await officer.act(PLAN, given)]) == ["request.conflict", "cycle.refused"]
    assert (await stage.verify())[COUNTY.code].ok


async def test_who_plans_and_who_does_not(stage: Stage, people: dict[str, str]) -> None:
    given = await a_plan(stage, team("一组", people["north"]))
    before = await stage.rows("SELECT count(*) FROM ledger_entries")
    for code, login, wanted in (
        (COUNTY.code, "clerk", "actor.not_entitled"),
        (COUNTY.code, "street", "actor.not_entitled"),
        (OTHER.code, "county", "not_found"),
    ):
        assert codes([await (await stage.person(code, login)).act(PLAN, given)]) == [wanted], login
    denied = ((COUNTY.code, "admin"), (COUNTY.code, "north"), (CITY, "auditor"), (CITY, "scout"))
    for code, login in denied:
        answer = await (await stage.person(code, login)).ask(PLAN, requestId=str(uuid4()), input=given)
        assert answer["errors"][0]["extensions"]["code"] == "permission.denied"
    assert await stage.rows("SELECT count(*) FROM ledger_entries") == before
    leader = await stage.person(CITY, "leader")
    done = await leader.act(PLAN, {**given, "teams": [team("一组", people["north"], people["scout"])]})
    assert [one["tenant"]["code"] for one in done["cycle"]["teams"][0]["members"]] != []
    assert {one["tenant"]["code"] for one in done["cycle"]["teams"][0]["members"]} == {COUNTY.code, CITY}


async def test_a_county_names_its_own_inspectors_and_nobody_without_the_role(
    stage: Stage, people: dict[str, str]
) -> None:
    (clerk,) = await stage.rows(
        "SELECT person_id FROM role_assignments WHERE role = 'community_clerk' AND tenant_id = $1 LIMIT 1",
        COUNTY.tenant_id,
    )
    north = people["north"]
    for teams in (
        [team("一组", people["scout"])],
        [team("一组", f"Inspector.{COUNTY.tenant_id}.{clerk['person_id']}")],
        [team("一组", f"Inspector.{COUNTY.tenant_id}.{NOBODY}")],
        [team("一组", f"Inspector.{OTHER.tenant_id}.{UUID(north.rpartition('.')[2])}")],
        [team("一组", north, north)],
        [team("一组", north), team("二组", people["south"], north)],
        [team("一组")],
    ):
        assert codes([await plan(stage, *teams)]) == ["team.member_refused"], teams
    for teams in ([], [team("一组", north), team("一组", people["south"])]):
        assert codes([await plan(stage, *teams)]) == ["cycle.refused"]
    admin = await stage.person(COUNTY.code, "admin")
    found = await admin.get("{ people(first: 100) { edges { node { id roles { id role } } } } }")
    (roles,) = (
        edge["node"]["roles"] for edge in found["people"]["edges"] if edge["node"]["id"].endswith(north[-36:])
    )
    await admin.act(END_ROLE, {"roleId": roles[0]["id"]})
    assert codes([await plan(stage, team("一组", north))]) == ["team.member_refused"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"opensOn": "2022-12-01"}, "cycle.refused"),
        ({"opensOn": "2021-12-31"}, "cycle.refused"),
        ({"closesOn": "2023-01-01"}, "cycle.refused"),
        ({"opensOn": "2022-01-01", "closesOn": "2022-05-04"}, "cycle.refused"),
        ({"year": 2023}, "cycle.refused"),
        ({"year": -5}, "cycle.refused"),
        ({"name": " "}, "field.refused"),
        ({"name": "字" * 61}, "field.refused"),
        ({"communityIds": []}, "cycle.refused"),
        ({"communityIds": named(COUNTY.nominee, COUNTY.nominee)}, "cycle.refused"),
        ({"communityIds": [f"Unit.{COUNTY.tenant_id}.{NOBODY}"]}, "not_found"),
        ({"communityIds": [f"Unit.{COUNTY.tenant_id}.{COUNTY.street.id}"]}, "not_found"),
        ({"communityIds": [f"Unit.{OTHER.tenant_id}.{OTHER.nominee.id}"]}, "not_found"),
        ({"communityIds": [f"Unit.{COUNTY.tenant_id}.{OTHER.nominee.id}"]}, "not_found"),
        ({"campaignId": f"Campaign.1.{NOBODY}"}, "not_found"),
        ({"campaignId": f"Campaign.{OTHER.tenant_id}.{NOBODY}"}, "not_found"),
        ({"tenantId": f"Tenant.{OTHER.tenant_id}.{OTHER.tenant_id}"}, "not_found"),
    ],
    ids=str,
)
async def test_what_cannot_be_planned_is_refused(
    refusing: Stage, people: dict[str, str], changes: dict[str, Any], code: str
) -> None:
    assert codes([await plan(refusing, team("一组", people["north"]), **changes)]) == [code]


async def test_reviewed_is_who_was_certified_before_once_and_not_who_was_revoked(
    stage: Stage, people: dict[str, str]
) -> None:
    nominee, rival, star, other = places()
    unknown = await stage.rows(
        "SELECT id FROM units WHERE tenant_id = $1 AND kind = 'community' AND id <> ALL ($2) LIMIT 1",
        COUNTY.tenant_id,
        [one.id for one in places()],
    )
    north, south = team("一组", people["north"]), team("二组", people["south"])
    none = [f"Unit.{COUNTY.tenant_id}.{unknown[0]['id']}"]
    assert codes([await plan(stage, north, communityIds=none)]) == ["review.not_reviewable"]
    officer = await stage.person(COUNTY.code, "county")
    for place, kind in ((rival, "REVOKE"), (star, "SUSPEND")):
        (held,) = await certifications(officer, communityId=unit(COUNTY, place))
        await change(stage, held["id"], kind)
    refused = await plan(stage, north, communityIds=named(rival))
    assert refused["code"] == "review.not_reviewable" and rival.name in refused["messageZh"]
    first = await planned(stage, north, communityIds=named(nominee))
    assert codes([await plan(stage, south, communityIds=named(star, nominee))]) == ["review.planned"]
    rest = await planned(stage, south, name="其余")
    assert {one["community"]["id"] for one in reviews_of(rest)} == set(named(star, other))
    await tamper(stage.urls, "UPDATE certifications SET certified_on = '2022-01-01'")
    assert codes([await plan(stage, south, communityIds=named(star))]) == ["review.not_reviewable"]
    (one,) = reviews_of(first)
    given = {"reviewId": one["id"], "reason": "误列"}
    for code, login, wanted in (
        (COUNTY.code, "clerk", "actor.not_entitled"),
        (CITY, "leader", "actor.not_entitled"),
        (OTHER.code, "county", "not_found"),
    ):
        assert codes([await (await stage.person(code, login)).act(CANCEL, given)]) == [wanted], login
    assert codes([await officer.act(CANCEL, {**given, "reason": " "})]) == ["field.refused"]
    done = await officer.act(CANCEL, given)
    assert (done["review"]["status"], done["review"]["cancelReason"]) == ("CANCELLED", "误列")
    assert codes([await officer.act(CANCEL, given)]) == ["review.wrong_status"]
    await tamper(stage.urls, "UPDATE certifications SET certified_on = '2018-07-02'")
    again = await planned(stage, south, name="重列")
    assert [one["community"]["id"] for one in reviews_of(again)] == named(nominee)


async def test_nobody_goes_to_a_street_in_which_they_hold_or_held_a_role(
    stage: Stage, people: dict[str, str]
) -> None:
    refused = await plan(stage, team("一组", people["near"]))
    assert refused["code"] == "assignment.impossible"
    admin = await stage.person(COUNTY.code, "admin")
    found = await admin.get("{ people(first: 100) { edges { node { id roles { id role } } } } }")
    for edge in found["people"]["edges"]:
        if edge["node"]["id"].endswith(people["near"][-36:]):
            clerk = next(one["id"] for one in edge["node"]["roles"] if one["role"] == "COMMUNITY_CLERK")
            assert (await admin.act(END_ROLE, {"roleId": clerk}))["__typename"] == "RoleRecorded"
    assert codes([await plan(stage, team("一组", people["near"]))]) == ["assignment.impossible"]
    elsewhere_ = f"Unit.{COUNTY.tenant_id}.{OTHER_STREET}"
    declared = team("二组", people["north"], declared=[elsewhere_])
    refused = await plan(
        stage, team("一组", people["near"]), team("二组", people["north"], declared=[street()])
    )
    assert refused["code"] == "assignment.impossible"
    for wrong in (f"Unit.{OTHER.tenant_id}.{OTHER.street.id}", unit(COUNTY, COUNTY.nominee)):
        odd = team("二组", people["north"], declared=[wrong])
        assert codes([await plan(stage, odd)]) == ["not_found"]
    cycle = await planned(stage, team("一组", people["near"]), declared)
    barred = [json.loads(one["members"][0]["barred"]) for one in cycle["teams"]]
    assert barred == [
        [{"ground": "role", "street": str(COUNTY.street.id)}],
        [{"ground": "declared", "street": str(OTHER_STREET)}],
    ]
    await assigned(stage, cycle["id"])
    officer = await stage.person(COUNTY.code, "county")
    found = await officer.get(REVIEWS, f={"cycleId": cycle["id"]})
    went = {
        (edge["node"]["street"]["id"], edge["node"]["team"]["number"])
        for edge in found["annualReviews"]["edges"]
    }
    assert went == {(street(), 2), (elsewhere_, 1)}


async def test_a_draw_assigns_every_review_at_once_and_a_void_one_assigns_nothing(
    stage: Stage, people: dict[str, str]
) -> None:
    officer = await stage.person(COUNTY.code, "county")
    cycle = await planned(stage, team("一组", people["north"]), team("二组", people["south"]))
    void, _ = await committed(stage, cycle["id"], "void")
    stage.clock.travel(stage.clock() + timedelta(days=4))
    assert (await officer.act(VOID, {"drawId": void}))["draw"]["status"] == "VOID"
    (same,) = (await officer.get(CYCLES, f={"year": 2022}))["reviewCycles"]["edges"]
    assert (same["node"]["status"], same["node"]["progress"]["planned"]) == ("PLANNED", 4)
    draw_id, parties = await committed(stage, cycle["id"])
    (gone, *_) = reviews_of(cycle)
    await officer.act(CANCEL, {"reviewId": gone["id"], "reason": "抽签期间撤销"})
    results = [
        await parties[name][0].act(REVEAL, {"drawId": draw_id, "secret": parties[name][1].hex()})
        for name in ("county", "city")
    ]
    assert codes(results) == ["ok", "ok"], results
    (found,) = (await officer.get(CYCLES, f={"status": "ASSIGNED"}))["reviewCycles"]["edges"]
    after = found["node"]
    assert (after["status"], after["revision"]) == ("ASSIGNED", 2)
    drawn = json.loads(results[1]["draw"]["result"])
    for one in reviews_of(after):
        if one["id"] == gone["id"]:
            assert (one["status"], one["team"]) == ("CANCELLED", None)
        else:
            assert (one["status"], one["revision"]) == ("ASSIGNED", 2)
            assert one["community"]["id"].rpartition(".")[2] in drawn[one["team"]["id"].rpartition(".")[2]]
    assert sorted(map(len, drawn.values())) == [2, 2]
    assert (await stage.verify())[COUNTY.code].ok
    refused = await officer.act(CANCEL, {"reviewId": gone["id"], "reason": "又一次"})
    assert refused["code"] == "review.wrong_status"


async def shown_of(who: Caller, cycle_id: str) -> dict[str, str | None]:
    """What stands against each action on a cycle."""
    told = (await who.get(SHOWN, id=cycle_id))["node"]["availableActions"]
    return {one["action"]: one["obstacle"] and one["obstacle"]["code"] for one in told}


async def test_the_city_moves_the_last_day_on_within_the_year(stage: Stage, people: dict[str, str]) -> None:
    cycle = await planned(stage, team("一组", people["north"]))
    given = {"cycleId": cycle["id"], "closesOn": "2022-12-31", "reason": "汛期道路不通"}
    county, leader = await stage.person(COUNTY.code, "county"), await stage.person(CITY, "leader")
    other = await stage.person(OTHER.code, "county")
    results = [
        await county.act(EXTEND, given),
        await other.act(EXTEND, given),
        await leader.act(EXTEND, {**given, "closesOn": "2022-11-30"}),
        await leader.act(EXTEND, {**given, "closesOn": "2023-01-01"}),
        await leader.act(EXTEND, {**given, "reason": ""}),
    ]
    assert codes(results) == [
        "actor.not_entitled",
        "not_found",
        "cycle.refused",
        "cycle.refused",
        "field.refused",
    ]
    told = [await shown_of(who, cycle["id"]) for who in (county, leader)]
    assert told == [{"extend_review_cycle": "actor.not_entitled", "open_draw": None}, dict.fromkeys(told[0])]
    done = (await leader.act(EXTEND, given))["cycle"]
    assert (await shown_of(leader, cycle["id"]))["extend_review_cycle"] == "cycle.refused"
    await assigned(stage, cycle["id"])
    told = [await shown_of(who, cycle["id"]) for who in (county, leader)]
    assert [one["open_draw"] for one in told] == ["draw.stands", "draw.stands"]
    assert (done["closesOn"], done["extendReason"], done["revision"]) == ("2022-12-31", "汛期道路不通", 2)
    stage.clock.travel(shanghai(12, 31, 23, 30))
    (edge,) = (await county.get(CYCLES))["reviewCycles"]["edges"]
    assert edge["node"]["progress"]["overdue"] == 0
    stage.clock.travel(shanghai(12, 31, 23, 59) + timedelta(minutes=2))
    (edge,) = (await county.get(CYCLES))["reviewCycles"]["edges"]
    assert edge["node"]["progress"]["overdue"] == 4
    assert all(one["overdue"] and one["lastDay"] == "2022-12-31" for one in reviews_of(edge["node"]))
    assert codes([await leader.act(EXTEND, {**given, "closesOn": "2022-12-31"})]) == ["cycle.refused"]


async def test_a_team_sees_what_it_is_assigned_and_does_nothing_else(
    stage: Stage, people: dict[str, str]
) -> None:
    cycle = await planned_by_city(stage, people)
    north, scout = await stage.person(COUNTY.code, "north"), await stage.person(CITY, "scout")
    for caller in (north, scout):
        assert (await caller.get(DAY))["reviewDay"] == []
        (edge,) = (await caller.get(CYCLES))["reviewCycles"]["edges"]
        assert edge["node"]["progress"]["total"] == 0 and reviews_of(edge["node"]) == []
        assert len(edge["node"]["teams"]) == 1
    await assigned(stage, cycle["id"])
    seen = []
    for caller in (north, scout):
        day = (await caller.get(DAY))["reviewDay"]
        listed = (await caller.get(REVIEWS))["annualReviews"]["edges"]
        assert {one["id"] for one in day} == {edge["node"]["id"] for edge in listed}
        assert len(day) == 2 and all(one["cycle"]["campaign"]["clauses"] for one in day)
        assert all(one["community"]["name"] and one["street"]["name"] for one in day)
        (edge,) = (await caller.get(CYCLES))["reviewCycles"]["edges"]
        assert edge["node"]["progress"]["total"] == 2 and len(edge["node"]["byTeam"]) == 1
        units = (await caller.get("{ units(first: 100) { edges { node { id } } } }"))["units"]["edges"]
        within = {one["community"]["id"] for one in day} | {one["street"]["id"] for one in day}
        assert {unit_["node"]["id"] for unit_ in units} == within | {
            f"Unit.{COUNTY.tenant_id}.{COUNTY.unit_id}"
        }
        seen.append({one["id"] for one in day})
    assert not seen[0] & seen[1]
    (west,) = [await stage.person(COUNTY.code, "west")]
    assert (await west.get(CYCLES))["reviewCycles"]["edges"] == []
    officer = await stage.person(COUNTY.code, "county")
    assert (await officer.get(DAY))["reviewDay"] == []
    clerk = await stage.person(COUNTY.code, "clerk")
    mine = (await clerk.get(REVIEWS))["annualReviews"]["edges"]
    assert [edge["node"]["community"]["id"] for edge in mine] == [unit(COUNTY, COUNTY.nominee)]
    assert mine[0]["node"]["team"] is None


async def planned_by_city(stage: Stage, people: dict[str, str]) -> dict[str, Any]:
    leader = await stage.person(CITY, "leader")
    done = await leader.act(
        PLAN, await a_plan(stage, team("一组", people["north"]), team("二组", people["scout"]))
    )
    assert done["__typename"] == "ReviewCycleRecorded", done
    return dict(done["cycle"])


async def test_three_hundred_communities_fit_into_one_plan_and_one_draw(
    stage: Stage, people: dict[str, str]
) -> None:
    await certify_more(stage, 297)
    teams = [
        team("一组", people["north"]),
        team("二组", people["south"]),
        team("三组", people["west"]),
        team("四组", people["near"]),
    ]
    assert codes([await plan(stage, *teams)]) == ["cycle.refused"]
    named_ = [
        f"Unit.{COUNTY.tenant_id}.{row['community_id']}"
        for row in await stage.rows(
            "SELECT community_id FROM certifications WHERE tenant_id = $1 ORDER BY 1 LIMIT 300",
            COUNTY.tenant_id,
        )
    ]
    cycle = await planned(stage, *teams, communityIds=named_)
    assert cycle["progress"]["total"] == 300
    await assigned(stage, cycle["id"])
    sizes = await stage.rows(
        "SELECT octet_length(leaf) AS size FROM ledger_entries WHERE tenant_id = $1 ORDER BY 1 DESC LIMIT 3",
        COUNTY.tenant_id,
    )
    assert 40_000 < sizes[1]["size"] <= sizes[0]["size"] <= MAX_ENTRY
    officer = await stage.person(COUNTY.code, "county")
    (edge,) = (await officer.get(CYCLES))["reviewCycles"]["edges"]
    numbers = [one["progress"]["assigned"] for one in edge["node"]["byTeam"]]
    assert sum(numbers) == 300 and max(numbers) - min(numbers) <= 1
    rest = await planned(stage, team("一组", people["north"]))
    assert rest["progress"]["total"] == 1


async def certify_more(stage: Stage, number: int) -> None:
    """Further communities of the county, certified as those of 2018 are, by a superuser."""
    conn = await asyncpg.connect(stage.urls.superuser)
    try:
        async with conn.transaction():
            await conn.execute("SET LOCAL session_replication_role = replica")
            await conn.execute(
                "INSERT INTO units (tenant_id, id, parent_id, kind, name, sort_key, valid_from) SELECT $1,"
                " md5(n::text)::uuid, (ARRAY[$2::uuid, $3::uuid])[1 + n % 2], 'community', n || '号社区', 'x' || n,"
                " '2018-01-01' FROM generate_series(1, $4) n",
                COUNTY.tenant_id,
                COUNTY.street.id,
                OTHER_STREET,
                number,
            )
            await conn.execute(
                "INSERT INTO certifications (tenant_id, id, community_id, level, document_number, certified_on,"
                " cited_origin, cited_seq, cited_hash) SELECT $1, md5('c' || n)::uuid, md5(n::text)::uuid, c.level,"
                " c.document_number, c.certified_on, c.cited_origin, c.cited_seq, c.cited_hash"
                " FROM generate_series(1, $2) n, (SELECT * FROM certifications WHERE tenant_id = $1 LIMIT 1) c",
                COUNTY.tenant_id,
                number,
            )
    finally:
        await conn.close()
