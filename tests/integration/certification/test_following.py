"""The boundary follows the city's lists county by county: one that cannot follow holds up nobody, and twice is once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import bindparam, select

from audit.canonical import digest
from audit.entry import Actor, Draft, Subject
from audit.ledger import append, lock_head
from audit.rows import record_rows
from audit.signer import Signer
from certification.acts import (
    accept_objection,
    decide_objection,
    file_objection,
    return_application,
    withdraw,
)
from certification.acts.listing import Choice
from certification.errors import ListWaitingError, NotFoundError, RosterUnfinishedError, RosterUnrankedError
from graphql_schema.mutations.boundary import Followed, follow_lists
from tenancy.database import Scope
from tenancy.identity import Principal
from tenancy.statements import statement
from tenancy.tables import tenant_grants
from tests.integration.certification.world import APRIL_26, CITY, COUNTIES, MAY_17, MAY_20, World, named

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


async def test_an_objection_upheld_is_not_overtaken_by_a_withdrawal(
    world: World, publicised: dict[int, UUID]
) -> None:
    await follow_all(world)
    item = await world.value(CITY, "SELECT roster_id FROM roster_items WHERE verdict = 'listed' LIMIT 1")
    objecting = file_objection.Command(item, 1, bytes(32), "该社区台账与实际情况不符，请核查")
    later = MAY_20 + timedelta(days=4)
    objection = (await world.act(file_objection.ACT, objecting, "city/1", later)).subject_id
    await world.act(accept_objection.ACT, accept_objection.Command(objection), "city/1", later)
    upheld = decide_objection.Command(objection, "upheld", "经查属实", "异议成立")
    await world.act(decide_objection.ACT, upheld, "city/2", later)
    county, application = next(iter(publicised.items()))
    taken = withdraw.Command(application, "另行申报")
    with pytest.raises(ListWaitingError):
        await world.act(withdraw.ACT, taken, f"clerk/{county}/1", later)
    other, stays = list(publicised.items())[1]
    await world.act(withdraw.ACT, withdraw.Command(stays, "另行申报"), f"clerk/{other}/1", later)
    await follow_all(world)
    assert await statuses(world, publicised) == ["rejected", "withdrawn", "publicised"]


async def test_a_publicity_and_a_report_wait_for_one_visited_after_the_ranking(world: World) -> None:
    campaign = await world.open()
    first, second, last = COUNTIES[:3]
    applications = {first: await world.visited(campaign, first)}
    ranking = await world.ranked(campaign, applications, 1)
    applications[second] = await world.visited(campaign, second)
    with pytest.raises(RosterUnrankedError):
        await world.publicised(campaign, ranking)
    publicity = await world.publicised(campaign, await world.ranked(campaign, applications, 2))
    await follow_all(world)
    late = await world.visited(campaign, last)
    with pytest.raises(RosterUnrankedError):
        await world.reported(campaign, publicity)
    bound = await world.hash_of(last, late)
    back = return_application.Command(late, "site_visit", "公示已开始，留待下一批次", bound)
    await world.act(return_application.ACT, back, "city/1", MAY_20, on=last)
    report = await world.reported(campaign, publicity, closed=True)
    await follow_all(world)
    # Recommended behind the report: the province's decision does not wait for it.
    behind = await world.endorsed(campaign, COUNTIES[3])
    await world.opinion(behind, COUNTIES[3], "county", f"county/{COUNTIES[3]}", APRIL_26)
    choices = tuple(Choice(county, one, "certified", "符合标准") for county, one in applications.items())
    await world.decided(campaign, report, choices)
