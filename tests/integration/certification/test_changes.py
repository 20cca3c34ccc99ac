"""What the city confirms of a certification is followed in the county's log: in order, once, and later when it failed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import pytest

from audit.signer import Signer
from certification.acts import (
    attach_evidence,
    attest_legacy_record,
    confirm_certification_change,
    end_grant,
    grant_oversight,
    propose_certification_change,
    propose_legacy_records,
)
from certification.acts.propose_legacy_records import Item
from certification.errors import NotEntitledError, NotFoundError
from certification.following_changes import follow_change, pending_changes
from graphql_schema.mutations.boundary import follow_changes
from tenancy.database import Scope
from tenancy.identity import Principal
from tests.integration.certification.world import APRIL_26, CITY, COUNTIES, MAY_17, World, named

COUNTY = COUNTIES[0]
SCOPE = Scope(CITY, granted=COUNTIES)


@dataclass(frozen=True, slots=True)
class Desk:
    """The world's keys; those of `lost` tenants are not there."""

    world: World
    lost: tuple[int, ...] = ()
    demo: bool = False

    def now(self) -> datetime:
        return MAY_17

    def get_signer(self, tenant_id: int) -> Signer:
        if tenant_id in self.lost:
            raise OSError("the key file is gone")
        return self.world.keys[tenant_id]

    def issue_token(self, principal: Principal) -> tuple[str, datetime]:
        raise NotFoundError(what="token", what_zh="令牌")


@pytest.fixture
async def certified(world: World) -> UUID:
    """A certification of 2018, attested from paper."""
    record = await proposed(
        world,
        Item("certification", "provincial", 2018, "certified", "豫〔2018〕1号", date(2018, 7, 1), bytes(32)),
    )
    await world.act(
        attest_legacy_record.ACT, attest_legacy_record.Command(record), "city/1", APRIL_26, on=COUNTY
    )
    return UUID(str(await world.value(COUNTY, "SELECT id FROM certifications")))


async def proposed(world: World, item: Item) -> UUID:
    scan = attach_evidence.Command(
        "unit", named(f"unit/{COUNTY}/s/1"), None, "材料", "application/pdf", 9, item.document_sha256
    )
    await world.act(attach_evidence.ACT, scan, f"county/{COUNTY}", APRIL_26)
    command = propose_legacy_records.Command(named(f"unit/{COUNTY}/s/1"), (item,))
    done = await world.act(propose_legacy_records.ACT, command, f"county/{COUNTY}", APRIL_26)
    return done.first_id


async def confirmed(world: World, certification: UUID, kind: str, day: date) -> UUID:
    command = propose_certification_change.Command(COUNTY, certification, kind, "豫〔2022〕8号", day, "不实")
    change = (await world.act(propose_certification_change.ACT, command, "city/1", MAY_17)).subject_id
    confirm = confirm_certification_change.Command(change)
    await world.act(confirm_certification_change.ACT, confirm, "city/2", MAY_17)
    return change


async def state(world: World) -> str | None:
    found: str | None = await world.value(COUNTY, "SELECT state FROM certifications")
    return found


async def test_what_a_crash_left_is_followed_in_the_citys_order(world: World, certified: UUID) -> None:
    await confirmed(world, certified, "suspend", date(2022, 5, 1))
    await confirmed(world, certified, "reinstate", date(2022, 5, 2))
    await confirmed(world, certified, "suspend", date(2022, 5, 2))
    assert await state(world) is None
    # The key cannot be read: what stands behind the first waits with it.
    done, left = await follow_changes(world.database, Desk(world, (COUNTY,)), SCOPE, MAY_17)
    assert (done, left) == ((), ("internal",))
    async with world.database.read(SCOPE) as tx:
        pending = await pending_changes(tx)
    async with world.database.write(pending[0].scope()) as tx:
        await follow_change(tx, world.keys[COUNTY], pending[0], MAY_17)
    assert await state(world) == "suspended"
    done, left = await follow_changes(world.database, Desk(world), SCOPE, MAY_17)
    assert (len(done), left, await state(world)) == (2, (), "suspended")
    assert await world.value(COUNTY, "SELECT state_on FROM certifications") == date(2022, 5, 2)
    size = await world.size(COUNTY)
    assert await follow_changes(world.database, Desk(world), SCOPE, MAY_17) == ((), ())
    # A process that read its list before is answered with the first receipts.
    for one in pending:
        async with world.database.write(one.scope()) as tx:
            assert (await follow_change(tx, world.keys[COUNTY], one, MAY_17)).replayed
    assert (await world.size(COUNTY), await state(world)) == (size, "suspended")
    assert (await world.verify(COUNTY)).ok and (await world.verify(CITY)).ok


async def test_two_processes_that_follow_at_once_record_each_change_once(
    world: World, certified: UUID
) -> None:
    await confirmed(world, certified, "suspend", date(2022, 5, 1))
    await confirmed(world, certified, "revoke", date(2022, 5, 2))
    before = await world.size(COUNTY)
    results = await asyncio.gather(
        *(follow_changes(world.database, Desk(world), SCOPE, MAY_17) for _ in range(2))
    )
    assert [left for _, left in results] == [(), ()]
    assert (await world.size(COUNTY), await state(world)) == (before + 2, "revoked")


async def test_a_county_that_ended_its_grant_follows_once_it_grants_again(
    world: World, certified: UUID
) -> None:
    await confirmed(world, certified, "revoke", date(2022, 5, 1))
    grant = UUID(str(await world.value(COUNTY, "SELECT id FROM tenant_grants")))
    await world.act(end_grant.ACT, end_grant.Command(grant), f"admin/{COUNTY}", MAY_17)
    done, left = await follow_changes(world.database, Desk(world), SCOPE, MAY_17)
    assert (done, left, await state(world)) == ((), ("actor.not_entitled",), None)
    command = propose_certification_change.Command(
        COUNTY, certified, "suspend", "豫〔2022〕9号", date(2022, 5, 2), "不实"
    )
    with pytest.raises(NotFoundError):
        await world.act(propose_certification_change.ACT, command, "city/1", MAY_17)
    again = grant_oversight.Command(CITY, "oversee")
    await world.act(grant_oversight.ACT, again, f"admin/{COUNTY}", MAY_17)
    done, left = await follow_changes(world.database, Desk(world), SCOPE, MAY_17)
    assert (len(done), left, await state(world)) == (1, (), "revoked")


async def test_nobody_else_follows_and_nobody_confirms_alone(world: World, certified: UUID) -> None:
    change = await confirmed(world, certified, "revoke", date(2022, 5, 1))
    async with world.database.read(SCOPE) as tx:
        (pending,) = await pending_changes(tx)
    assert (pending.change_id, pending.author_id) == (change, named("city/2"))
    for author in (named("city/1"), named(f"county/{COUNTY}")):
        other = type(pending)(CITY, change, author, COUNTY, certified, pending.entry)
        with pytest.raises(NotEntitledError):
            async with world.database.write(other.scope()) as tx:
                await follow_change(tx, world.keys[COUNTY], other, MAY_17)
    assert await state(world) is None
    command = propose_certification_change.Command(
        COUNTY, certified, "suspend", "豫〔2022〕9号", date(2022, 5, 2), "不实"
    )
    with pytest.raises(NotFoundError):
        await world.act(propose_certification_change.ACT, command, f"county/{COUNTY}", MAY_17)
