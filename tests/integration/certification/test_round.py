"""The whole 2022 round in a real database: ten counties recommend, six are certified, one log a tenant tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest

from audit.canonical import digest
from certification.acts import assign_role, close_publicity, end_grant, file_application, grant_oversight
from certification.acts.listing import Choice
from certification.errors import NotEntitledError
from certification.reading import read_round
from tenancy.database import Scope
from tenancy.personal import insert_values, read_values
from tests.integration.certification.world import (
    APRIL_26,
    CITY,
    COUNTIES,
    FOUNDED,
    JULY,
    MAY_20,
    MAY_30,
    World,
    named,
)


async def visited_everywhere(world: World, campaign: UUID) -> Mapping[int, UUID]:
    return {county: await world.visited(campaign, county) for county in COUNTIES}


async def test_six_of_ten_are_certified_and_every_ledger_verifies(world: World) -> None:
    campaign = await world.open()
    applications = await visited_everywhere(world, campaign)
    ranking = await world.ranked(campaign, applications, 6)
    publicity = await world.publicised(campaign, ranking)
    assert len(await world.follow(MAY_20)) == 6
    reported = await world.reported(campaign, publicity)
    assert len(await world.follow(MAY_30)) == 10
    listed = list(applications.items())[:6]
    choices = tuple(
        Choice(county, one, "certified" if county != 7 else "not_certified", "省厅认定")
        for county, one in listed
    )
    await world.decided(campaign, reported, choices)
    assert len(await world.follow(JULY)) == 6
    assert await world.follow(JULY) == []

    statuses = [await world.status(county, one) for county, one in applications.items()]
    assert statuses == ["certified"] * 5 + ["not_certified"] + ["rejected"] * 4
    certified = [await world.value(county, "SELECT count(*) FROM certifications") for county in COUNTIES]
    assert certified == [1] * 5 + [0] * 5
    assert await world.value(2, "SELECT document_number FROM certifications") == "豫人社〔2022〕30号"
    for tenant in (CITY, *COUNTIES):
        verdict = await world.verify(tenant)
        assert verdict.ok, verdict


async def test_lists_cite_the_countys_entry_and_the_county_cites_the_citys(world: World) -> None:
    campaign = await world.open()
    applications = await visited_everywhere(world, campaign)
    ranking = await world.ranked(campaign, applications, 6)
    cited = await world.value(
        CITY,
        "SELECT cited_hash FROM roster_items WHERE roster_id = $1 AND application_tenant_id = 2",
        ranking,
    )
    assert cited == await world.value(2, "SELECT head FROM ledger_heads WHERE tenant_id = 2")
    await world.publicised(campaign, ranking)
    head = await world.value(CITY, "SELECT head FROM ledger_heads WHERE tenant_id = 1")
    await world.follow(MAY_20)
    leaf = await world.value(
        2, "SELECT leaf FROM ledger_entries WHERE tenant_id = 2 ORDER BY seq DESC LIMIT 1"
    )
    assert head.hex() in leaf


async def test_what_a_crash_left_undone_is_finished_by_repeating(world: World) -> None:
    campaign = await world.open()
    applications = await visited_everywhere(world, campaign)
    await world.publicised(campaign, await world.ranked(campaign, applications, 6))
    first = await world.follow(MAY_20, at_most=2)
    assert [await world.status(county, applications[county]) for county in (2, 3, 4)] == [
        "publicised",
        "publicised",
        "site_visited",
    ]
    rest = await world.follow(MAY_20)
    assert len(rest) == 4
    assert {one.receipt.origin for one in first} & {one.receipt.origin for one in rest} == set()
    sizes = [await world.size(county) for county in COUNTIES]
    assert await world.follow(MAY_20) == []
    assert [await world.size(county) for county in COUNTIES] == sizes


async def test_personal_fields_are_stored_beside_the_ledger_and_never_in_it(world: World) -> None:
    campaign = await world.open()
    application = await world.file(campaign, 2)
    await world.save(application, 2)
    stored = await world.value(2, "SELECT count(*) FROM personal_values WHERE field LIKE '%phone'")
    assert stored == 2
    leaves = await world.value(2, "SELECT string_agg(leaf, '') FROM ledger_entries")
    assert "13800000000" not in leaves
    assert "王社区" not in leaves


async def test_a_changed_personal_value_is_found_and_so_is_a_deleted_one(world: World) -> None:
    application = await world.file(await world.open(), 2)
    await world.save(application, 2)
    assert (await world.verify(2)).ok
    async with world.database.write(Scope(2)) as tx:
        subject = await tx.raw.fetchval("SELECT subject_id FROM personal_values WHERE field = 'mobile_phone'")
        phone = (await read_values(tx, [subject]))[subject]["mobile_phone"]
        await tx.raw.execute("DELETE FROM personal_values WHERE commitment = $1", phone.commitment)
    assert (await world.verify(2)).code == "value_missing"
    async with world.database.write(Scope(2)) as tx:
        await insert_values(tx, [replace(phone, value="13900000000")])
    verdict = await world.verify(2)
    assert (verdict.ok, verdict.code) == (False, "value_changed")
    assert str(subject) in verdict.zh and "13900000000" not in verdict.zh + verdict.en


async def test_a_rankings_entry_names_its_reasons_by_digest(world: World) -> None:
    campaign = await world.open()
    await world.ranked(campaign, {2: await world.visited(campaign, 2)}, 1)
    leaf = await world.value(CITY, "SELECT leaf FROM ledger_entries ORDER BY seq DESC LIMIT 1")
    intent = json.loads(leaf)["body"]["intent"]
    assert intent["reason_digest"] == digest("按标准逐项比较").hex()
    assert intent["items"][0]["reason_digest"] == digest("第 1 名").hex()
    assert "按标准" not in leaf and "第 1 名" not in leaf


async def test_a_late_following_cites_the_entry_that_made_the_list(world: World) -> None:
    campaign = await world.open()
    application = await world.visited(campaign, 2)
    ranking = await world.ranked(campaign, {2: application}, 1)
    publicity = await world.publicised(campaign, ranking)
    made = await world.value(CITY, "SELECT head FROM ledger_heads WHERE tenant_id = 1")
    close = close_publicity.Command(campaign, "provincial", publicity)
    await world.act(close_publicity.ACT, close, "city/2", MAY_30)
    (followed,) = await world.follow(MAY_30)
    leaf = await world.value(2, "SELECT leaf FROM ledger_entries WHERE seq = $1", followed.receipt.seq)
    assert made.hex() in leaf
    assert await world.status(2, application) == "publicised"


async def test_nothing_follows_without_the_countys_grant(world: World) -> None:
    campaign = await world.open()
    application = await world.visited(campaign, 2)
    await world.publicised(campaign, await world.ranked(campaign, {2: application}, 1))
    grants = "SELECT id FROM tenant_grants WHERE scope = 'oversee'"
    await world.act(
        end_grant.ACT, end_grant.Command(UUID(str(await world.value(2, grants)))), "admin/2", MAY_20
    )
    with pytest.raises(NotEntitledError):
        await world.follow(MAY_20)
    assert await world.status(2, application) == "site_visited"
    await world.act(grant_oversight.ACT, grant_oversight.Command(CITY, "oversee"), "admin/2", MAY_20)
    assert len(await world.follow(MAY_20)) == 1


async def test_the_city_sees_communities_before_villages(world: World) -> None:
    campaign, village = await world.open(), named("unit/2/s/v")
    clerk = assign_role.Command(named("clerk/2/1"), "community_clerk", village)
    await world.act(assign_role.ACT, clerk, "admin/2", FOUNDED)
    filed = file_application.Command(CITY, campaign, "provincial", village)
    first = (await world.act(file_application.ACT, filed, "clerk/2/1", APRIL_26)).subject_id
    later = [await world.file(campaign, county) for county in (2, 3)]
    async with world.database.read(world.principal("city/1").scope()) as tx:
        found = await read_round(tx, campaign, "provincial", APRIL_26)
    assert [one.id for one in found.candidates] == [*later, first]
    kind = await world.value(2, "SELECT community_kind FROM applications WHERE id = $1", first)
    assert kind == "village"
