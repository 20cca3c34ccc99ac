"""The boundary follows the city's lists county by county: one that cannot follow holds up nobody, and twice is once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import bindparam, select

from audit.canonical import digest
from audit.entry import Actor, Draft, Subject
from audit.ledger import append, lock_head
from audit.rows import record_rows
from audit.signer import Signer
from certification.acts.listing import Choice
from certification.errors import NotFoundError, RosterUnfinishedError
from graphql_schema.mutations.boundary import Followed, follow_lists
from tenancy.database import Scope
from tenancy.identity import Principal
from tenancy.statements import statement
from tenancy.tables import tenant_grants
from tests.integration.certification.world import CITY, COUNTIES, MAY_17, MAY_20, World, named

GRANT = statement(select(tenant_grants).where(tenant_grants.c.tenant_id == bindparam("tenant_id")))


@dataclass(frozen=True, slots=True)
class Desk:
    """The world's keys; those of `lost` tenants are not there."""

    world: World
    lost: tuple[int, ...] = ()
    demo: bool = False

    def get_signer(self, tenant_id: int) -> Signer:
        if tenant_id in self.lost:
            raise OSError("the key file is gone")
        return self.world.keys[tenant_id]

    def issue_token(self, principal: Principal) -> tuple[str, datetime]:
        raise NotFoundError(what="token", what_zh="令牌")


@pytest.fixture
async def publicised(world: World) -> dict[int, UUID]:
    """Applications of three counties on a publicity list that nobody follows yet."""
    campaign = await world.open()
    applications = {county: await world.visited(campaign, county) for county in COUNTIES[:3]}
    await world.publicised(campaign, await world.ranked(campaign, applications, 3))
    return applications


async def withdraw_grant(world: World, county: int) -> None:
    """As an administrator will: the row ends, and the entry says so."""
    async with world.database.write(Scope(county)) as tx:
        head = await lock_head(tx.raw, county)
        row = {**await tx.one(GRANT), "valid_to": MAY_17}
        await tx.update(tenant_grants, [row])
        draft = Draft(
            operation="grant.withdrawn",
            request_id="withdraw",
            time=MAY_17,
            actor=Actor(named(f"county/{county}"), "tenant_administrator", head.origin),
            subject=Subject("grant", row["id"], 2),
            intent={"arguments": digest({}).hex()},
            rows=record_rows(tenant_grants, [row]),
        )
        await append(tx.raw, head, world.keys[county], (draft,))


async def follow_all(world: World, *lost: int) -> Followed:
    return await follow_lists(world.database, Desk(world, lost), Scope(CITY, granted=COUNTIES), MAY_20)


async def statuses(world: World, applications: dict[int, UUID]) -> list[str]:
    return [await world.status(county, key) for county, key in applications.items()]


async def test_a_county_that_withdrew_its_grant_holds_up_no_other(
    world: World, publicised: dict[int, UUID], caplog: pytest.LogCaptureFixture
) -> None:
    await withdraw_grant(world, COUNTIES[0])
    followed = await follow_all(world)
    assert [(one.tenant_id, code) for one, code in followed.left] == [(COUNTIES[0], "actor.not_entitled")]
    assert await statuses(world, publicised) == ["site_visited", "publicised", "publicised"]
    assert len(followed.done) == 2
    assert f"tenant {COUNTIES[0]} does not follow" in caplog.text


async def test_what_failed_is_left_for_the_next_call(world: World, publicised: dict[int, UUID]) -> None:
    followed = await follow_all(world, COUNTIES[1])
    assert [(one.tenant_id, code) for one, code in followed.left] == [(COUNTIES[1], "internal")]
    again = await follow_all(world)
    assert (len(again.done), again.left) == (1, ())
    assert await statuses(world, publicised) == ["publicised"] * 3


async def test_two_processes_that_follow_at_once_record_each_act_once(
    world: World, publicised: dict[int, UUID]
) -> None:
    before = [await world.size(county) for county in publicised]
    one, other = await asyncio.gather(follow_all(world), follow_all(world))
    assert one.left == other.left == ()
    assert [await world.size(county) for county in publicised] == [size + 1 for size in before]
    by_origin = {done.receipt.origin: done.receipt for done in one.done}
    assert all(by_origin.get(done.receipt.origin, done.receipt) == done.receipt for done in other.done)
    for county in publicised:
        assert (await world.verify(county)).ok


async def test_a_county_that_ended_its_grant_holds_up_no_others_report(world: World) -> None:
    campaign = await world.open()
    applications = {county: await world.visited(campaign, county) for county in COUNTIES[:2]}
    publicity = await world.publicised(campaign, await world.ranked(campaign, applications, 2))
    await follow_all(world)
    await withdraw_grant(world, COUNTIES[0])
    await world.reported(campaign, publicity)
    followed = await follow_all(world)
    assert (len(followed.done), followed.left) == (1, ())
    assert await statuses(world, applications) == ["publicised", "reported"]


async def test_a_decision_waits_for_a_county_out_of_reach(world: World) -> None:
    campaign = await world.open()
    applications = {county: await world.visited(campaign, county) for county in COUNTIES[:2]}
    publicity = await world.publicised(campaign, await world.ranked(campaign, applications, 2))
    await follow_all(world)
    report = await world.reported(campaign, publicity)
    await follow_all(world)
    await withdraw_grant(world, COUNTIES[0])
    within = (Choice(COUNTIES[1], applications[COUNTIES[1]], "certified", "符合标准"),)
    with pytest.raises(RosterUnfinishedError):
        await world.decided(campaign, report, within)
