"""Late only through the city: an extension that two of its officers signed, for whom it names, and the late act cites it."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from tenancy.database import Database, Scope
from tests.integration.api.arrangements import CONFIRM, DECLINE, PROPOSE, extend, propose, wanted
from tests.integration.api.kit import Stage, codes, crowded, file_application, opinion
from xingji.demo import documents as q
from xingji.demo.cast import CITY, County, counties
from xingji.demo.clock import shanghai
from xingji.demo.words import findings

LATE = shanghai(5, 17)
FIRST, SECOND = counties()[0], counties()[1]


async def recommend(stage: Stage, county: County, name: str) -> dict[str, Any]:
    """The county's recommendation of one of its endorsed communities."""
    found = (await stage.tray(county.code, "county"))[name]
    officer = await stage.person(county.code, "county")
    return await officer.act(q.GIVE_OPINION, opinion(found["id"], found["form"]["hash"], "COUNTY"))


async def leaf_of(stage: Stage, tenant: int) -> dict[str, Any]:
    """The body of the latest entry of a log."""
    (row,) = await stage.rows(
        "SELECT leaf FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1", tenant
    )
    return dict(json.loads(row["leaf"])["body"])


async def test_a_late_recommendation_is_refused_and_then_admitted_by_two_persons(endorsed: Stage):
    endorsed.clock.travel(LATE)
    assert (await recommend(endorsed, FIRST, FIRST.nominee.name))["code"] == "window.closed"
    proposed = await propose(endorsed)
    assert (await recommend(endorsed, FIRST, FIRST.nominee.name))["code"] == "window.closed"
    reviewer = await endorsed.person(CITY, "reviewer")
    confirmed = await reviewer.act(CONFIRM, {"extensionId": proposed})
    assert confirmed["extension"]["confirmedAt"] is not None

    assert "receipt" in await recommend(endorsed, FIRST, FIRST.nominee.name)

    body = await leaf_of(endorsed, FIRST.tenant_id)
    receipt = confirmed["receipt"]
    assert {"origin": receipt["origin"], "seq": receipt["sequence"], "hash": receipt["hash"]} in body["cites"]
    assert body["intent"]["extension"] == proposed.split(".")[2]
    endorsed.clock.travel(shanghai(5, 20, 0))
    assert (await recommend(endorsed, SECOND, SECOND.nominee.name))["code"] == "window.closed"
    assert {one.code for one in (await endorsed.verify()).values()} == {"verified"}


ACTIONS = """query($id: ID!) { node(id: $id) { ... on Application { deadline { code lastDay workingDaysLeft overdue extended }
  availableActions { action allowed obstacle { code } } } } }"""


async def may_recommend(stage: Stage, county: County, name: str) -> tuple[bool, dict[str, Any]]:
    """Whether the county is shown that it may recommend, and until when."""
    found = (await stage.tray(county.code, "county"))[name]
    officer = await stage.person(county.code, "county")
    node = (await officer.get(ACTIONS, id=found["id"]))["node"]
    shown = {one["action"]: one for one in node["availableActions"]}
    return shown["county_recommend"]["allowed"], node["deadline"]


async def test_an_extension_is_for_whom_it_names_and_what_is_shown_is_what_decides(endorsed: Stage):
    rival = f"Unit.{FIRST.tenant_id}.{FIRST.rival.id}"
    await extend(endorsed, communityId=rival)
    await extend(endorsed, level="star")
    await extend(endorsed, stage="city_review", closesAt="2022-06-08T00:00:00+08:00")
    endorsed.clock.travel(LATE)
    places = [(FIRST, FIRST.nominee.name), (FIRST, FIRST.rival.name), (SECOND, SECOND.nominee.name)]
    shown = [await may_recommend(endorsed, *place) for place in places]
    assert [allowed for allowed, _ in shown] == [False, True, False]
    closed = {
        "code": "recommendation",
        "lastDay": "2022-05-15",
        "workingDaysLeft": 0,
        "overdue": True,
        "extended": False,
    }
    until = {**closed, "lastDay": "2022-05-19", "workingDaysLeft": 2, "overdue": False, "extended": True}
    assert [deadline for _, deadline in shown] == [closed, until, closed]
    assert codes([await recommend(endorsed, *place) for place in places]) == [
        "window.closed",
        "ok",
        "window.closed",
    ]


async def test_nobody_extends_alone_or_from_below(endorsed: Stage):
    proposed = await propose(endorsed)
    given = {"extensionId": proposed}
    leader = await endorsed.person(CITY, "leader")
    assert (await leader.act(CONFIRM, given))["code"] == "extension.same_person"
    officer = await endorsed.person(FIRST.code, "county")
    before = await endorsed.rows("SELECT tenant_id, size FROM ledger_heads ORDER BY 1")
    refused = [
        await officer.act(PROPOSE, await wanted(endorsed)),
        await officer.act(CONFIRM, given),
        await officer.act(DECLINE, given),
    ]
    assert codes(refused) == ["not_found"] * 3
    assert await endorsed.rows("SELECT tenant_id, size FROM ledger_heads ORDER BY 1") == before
    reviewer = await endorsed.person(CITY, "reviewer")
    assert codes([await reviewer.act(CONFIRM, given), await reviewer.act(CONFIRM, given)]) == [
        "ok",
        "extension.settled",
    ]
    assert (await leader.act(DECLINE, given))["code"] == "extension.settled"


async def test_what_was_declined_admits_nobody(endorsed: Stage):
    proposed = await propose(endorsed)
    leader, reviewer = [await endorsed.person(CITY, login) for login in ("leader", "reviewer")]
    declined = await leader.act(DECLINE, {"extensionId": proposed})
    assert declined["extension"]["declinedAt"] is not None
    assert (await reviewer.act(CONFIRM, {"extensionId": proposed}))["code"] == "extension.settled"
    endorsed.clock.travel(LATE)
    assert (await recommend(endorsed, FIRST, FIRST.nominee.name))["code"] == "window.closed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"closesAt": "2022-05-16T00:00:00+08:00"}, "extension.refused"),
        ({"closesAt": "2022-05-09T00:00:00+08:00"}, "extension.refused"),
        ({"closesAt": "9999-12-31T23:59:59Z"}, "extension.refused"),
        ({"stage": "publicity"}, "not_found"),
        ({"stage": "\u0000"}, "field.refused"),
        ({"reason": "  "}, "field.refused"),
        ({"beneficiaryTenantId": "Tenant.1.1"}, "not_found"),
        ({"beneficiaryTenantId": "Tenant.4711.4711"}, "not_found"),
        ({"communityId": f"Unit.{FIRST.tenant_id}.{FIRST.street.id}"}, "not_found"),
        ({"communityId": f"Unit.{SECOND.tenant_id}.{FIRST.nominee.id}"}, "not_found"),
    ],
    ids=str,
)
async def test_an_extension_that_extends_nothing_is_refused(
    reading: Stage, changes: dict[str, Any], code: str
):
    leader = await reading.person(CITY, "leader")
    values = await wanted(reading, closesAt="2022-08-01T00:00:00+08:00")
    assert (await leader.act(PROPOSE, {**values, **changes}))["code"] == code


async def test_an_extension_names_one_place(reading: Stage):
    leader = await reading.person(CITY, "leader")
    both = {
        "beneficiaryTenantId": f"Tenant.{SECOND.tenant_id}.{SECOND.tenant_id}",
        "communityId": f"Unit.{FIRST.tenant_id}.{FIRST.nominee.id}",
    }
    for odd in (both, {"closesAt": "9999-12-31T23:59:59-14:00"}, {"closesAt": "2022-08-01T00:00:00"}):
        values = {**await wanted(reading), **odd}
        response = await leader.send(PROPOSE, {"requestId": "x", "input": values})
        found = [one["extensions"]["code"] for one in response.json()["errors"]]
        assert found and not {"internal", "internal.error"} & set(found), response.text


async def test_an_extension_that_ended_is_not_confirmed_any_more(endorsed: Stage):
    proposed = await propose(endorsed)
    endorsed.clock.travel(shanghai(5, 20, 0))
    reviewer = await endorsed.person(CITY, "reviewer")
    assert (await reviewer.act(CONFIRM, {"extensionId": proposed}))["code"] == "extension.refused"


async def test_of_many_confirmations_at_once_one_counts(endorsed: Stage):
    proposed = await propose(endorsed)
    people = [await endorsed.person(CITY, login) for login in ("reviewer", "visitor", "leader")]
    results = await asyncio.gather(
        *(people[n % 3].act(CONFIRM, {"extensionId": proposed}) for n in range(9)),
        people[0].act(DECLINE, {"extensionId": proposed}),
    )
    found = codes(results)
    assert found.count("ok") == 1
    assert set(found) <= {"ok", "extension.settled", "extension.same_person"}
    (row,) = await endorsed.rows(
        "SELECT count(*) AS n FROM ledger_entries WHERE subject_type = 'extension' AND subject_id = $1",
        UUID(proposed.split(".")[2]),
    )
    assert row["n"] == 2


async def test_a_community_files_late_and_every_act_of_it_cites_the_extension(endorsed: Stage):
    county, places = crowded()
    endorsed.clock.travel(LATE)
    clerk = await endorsed.person(county.code, "clerk0")
    wish = {
        "campaignId": await endorsed.campaign(),
        "level": "provincial",
        "communityId": f"Unit.{county.tenant_id}.{places[0].id}",
    }
    assert (await clerk.act(q.FILE_APPLICATION, wish))["code"] == "window.closed"
    made = await extend(endorsed, communityId=wish["communityId"])
    filed, _ = await file_application(endorsed, county, "clerk0", places[0], wish["campaignId"])
    rows = await endorsed.rows(
        "SELECT leaf FROM ledger_entries WHERE tenant_id = $1 AND subject_id = $2",
        county.tenant_id,
        UUID(filed.split(".")[2]),
    )
    cited = [json.loads(row["leaf"])["body"]["cites"] for row in rows]
    assert [[one["hash"] for one in each] for each in cited] == [[made["receipt"]["hash"]]] * 3
    assert (await endorsed.verify())[county.code].ok


async def test_the_city_too_is_late_only_by_an_extension(endorsed: Stage):
    """Its opinion and visit in a county, each citing its own entry in the county's log."""
    endorsed.clock.travel(LATE)
    made = await extend(endorsed, beneficiaryTenantId=f"Tenant.{FIRST.tenant_id}.{FIRST.tenant_id}")
    assert "receipt" in await recommend(endorsed, FIRST, FIRST.nominee.name)
    found = (await endorsed.tray(FIRST.code, "county"))[FIRST.nominee.name]
    reviewer = await endorsed.person(CITY, "reviewer")
    given = opinion(found["id"], found["form"]["hash"], "CITY")
    endorsed.clock.travel(shanghai(6, 1))
    assert (await reviewer.act(q.GIVE_OPINION, given))["code"] == "window.closed"
    review = await extend(endorsed, stage="city_review", closesAt="2022-06-08T00:00:00+08:00")
    assert "receipt" in await reviewer.act(q.GIVE_OPINION, given)
    body = await leaf_of(endorsed, FIRST.tenant_id)
    assert [one["seq"] for one in body["cites"]] == [review["receipt"]["sequence"]]
    visitor = await endorsed.person(CITY, "visitor")
    visit = {
        "applicationId": found["id"],
        "note": "实地察看。",
        "formHash": found["form"]["hash"],
        "items": findings(),
    }
    assert "receipt" in await visitor.act(q.RECORD_SITE_VISIT, visit)
    assert (await leaf_of(endorsed, FIRST.tenant_id))["intent"]["extension"] == review["extension"][
        "id"
    ].split(".")[2]
    assert made["extension"]["beneficiary"]["id"] == f"Tenant.{FIRST.tenant_id}.{FIRST.tenant_id}"
    assert {one.code for one in (await endorsed.verify()).values()} == {"verified"}


async def test_a_county_reads_of_the_citys_log_what_confirms_an_extension_and_nothing_else(reading: Stage):
    database = await Database.connect(reading.urls.app, 1, 1)
    sql = "SELECT DISTINCT subject_type FROM ledger_entries WHERE tenant_id = 1"
    try:
        async with database.read(Scope(FIRST.tenant_id, shared=(1,))) as tx:
            assert [row[0] for row in await tx.raw.fetch(sql)] == ["extension"]
        async with database.read(Scope(FIRST.tenant_id)) as tx:
            assert await tx.raw.fetch(sql) == []
    finally:
        await database.close()
