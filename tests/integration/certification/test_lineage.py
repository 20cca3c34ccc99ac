"""A change of divisions is followed in the counties' logs: in order, once, and later where it failed; by nobody else."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest

from certification.acts import confirm_unit_change, end_grant, propose_unit_change, withdraw
from certification.changes import Act
from certification.errors import NotEntitledError, NotFoundError, RequestMalformedError
from certification.lineage.asking import Asked, CodeOf, Merge, Move, NewUnit, Rename, Split
from certification.lineage.errors import UnitChangeWaitingError
from certification.lineage.following import ACT, Command, follow_unit_change, pending_unit_changes
from certification.lineage.whereabouts import read_heirs
from certification.recording import FOLLOWING
from graphql_schema.mutations.boundary import follow_unit_changes
from tenancy.database import Scope
from tenancy.divisions import unit_id
from tests.integration.certification.test_changes import SCOPE, Desk, certified, confirmed
from tests.integration.certification.world import CITY, COUNTIES, MAY_17, World, named

__all__ = ["certified"]
COUNTY, OTHER = COUNTIES[:2]
STREET = named(f"unit/{COUNTY}/s")
BENEATH = [named(f"unit/{COUNTY}/s/{n}") for n in ("1", "2", "3", "v")]
FIRST, SECOND = BENEATH[:2]
ON = date(2022, 5, 3)


def a_move() -> Move:
    """The street with its three communities and its village goes to the other county."""
    codes = tuple(CodeOf(unit, f"4116{OTHER:02d}009{n:03}") for n, unit in enumerate(BENEATH, 1))
    return Move(COUNTY, STREET, OTHER, f"4116{OTHER:02d}009000", None, codes)


async def agreed(world: World, asked: Asked, who: str = "city/1") -> UUID:
    command = propose_unit_change.Command(asked, "周政文〔2022〕18号", ON, ON, "区划调整")
    change = (await world.act(propose_unit_change.ACT, command, who, MAY_17)).subject_id
    await world.act(confirm_unit_change.ACT, confirm_unit_change.Command(change), "city/2", MAY_17)
    return change


async def rows(world: World, tenant: int, sql: str) -> list[asyncpg.Record]:
    async with world.database.read(Scope(tenant)) as tx:
        found: list[asyncpg.Record] = await tx.raw.fetch(sql)
        return found


async def test_what_a_crash_left_between_two_logs_is_finished(world: World, certified: UUID) -> None:
    await agreed(world, a_move())
    async with world.database.read(SCOPE) as tx:
        pending = await pending_unit_changes(tx)
    assert [one.tenant_id for one in pending] == [COUNTY, *[OTHER] * 5]
    # Nothing opens before the old log has closed.
    with pytest.raises(UnitChangeWaitingError):
        async with world.database.write(pending[1].scope()) as tx:
            await follow_unit_change(tx, world.keys[OTHER], pending[1], MAY_17)
    # The new county's key cannot be read: closed there, not opened here.
    done, left = await follow_unit_changes(world.database, Desk(world, (OTHER,)), SCOPE, MAY_17)
    assert (len(done), left) == (1, ("internal",))
    assert await world.value(COUNTY, "SELECT count(*) FROM units WHERE valid_to IS NULL") == 1
    # Meanwhile nothing else is decided of either county, nor of a certification there.
    with pytest.raises(UnitChangeWaitingError):
        await agreed(world, Rename(OTHER, named(f"unit/{OTHER}/s/1"), "新名"))
    with pytest.raises(UnitChangeWaitingError):
        await confirmed(world, certified, "suspend", date(2022, 5, 4))
    done, left = await follow_unit_changes(world.database, Desk(world), SCOPE, MAY_17)
    assert (len(done), left) == (5, ())
    size = await world.size(OTHER)
    assert await follow_unit_changes(world.database, Desk(world), SCOPE, MAY_17) == ((), ())
    # A process that read its list before is answered with the first receipts.
    for one in pending:
        async with world.database.write(one.scope()) as tx:
            assert (await follow_unit_change(tx, world.keys[one.tenant_id], one, MAY_17)).replayed
    assert await world.size(OTHER) == size
    for tenant in (CITY, COUNTY, OTHER):
        assert (await world.verify(tenant)).ok


async def test_the_new_log_cites_the_closing_and_the_entry_that_first_said_each_fact(
    world: World, certified: UUID
) -> None:
    await agreed(world, a_move())
    await follow_unit_changes(world.database, Desk(world), SCOPE, MAY_17)
    closing = await world.value(COUNTY, "SELECT hash FROM ledger_entries WHERE operation = 'unit.closed'")
    attested = await world.value(
        COUNTY, "SELECT hash FROM ledger_entries WHERE operation = 'legacy.attested'"
    )
    (made,) = await rows(world, OTHER, "SELECT * FROM certifications")
    assert (made["former_tenant_id"], made["former_id"], made["former_legacy"]) == (COUNTY, certified, True)
    facts = await rows(world, OTHER, "SELECT * FROM history_facts ORDER BY seq, position")
    told = {(one["kind"], one["community_id"] == made["community_id"], one["cited_hash"]) for one in facts}
    assert ("certified", True, attested) in told and ("succeeded", True, closing) in told
    assert [one["subject_id"] for one in facts if one["kind"] == "certified"] == [made["id"]]
    # A village and a street have no history: the street's entry says no fact.
    assert sum(one["kind"] == "succeeded" for one in facts) == 4
    leaf = await world.value(
        OTHER, f"SELECT leaf FROM ledger_entries WHERE subject_id = '{made['community_id']}'"
    )
    assert closing.hex() in leaf and attested.hex() in leaf


async def test_what_begins_in_between_is_waited_for(world: World) -> None:
    campaign = await world.open()
    await agreed(world, Merge(COUNTY, (FIRST,), into=SECOND))
    application = await world.file(campaign, COUNTY)
    done, left = await follow_unit_changes(world.database, Desk(world), SCOPE, MAY_17)
    assert (done, left) == ((), ("unit_change.busy",))
    await world.act(withdraw.ACT, withdraw.Command(application, "不再申请"), f"clerk/{COUNTY}/1", MAY_17)
    done, left = await follow_unit_changes(world.database, Desk(world), SCOPE, MAY_17)
    assert (len(done), left) == (1, ())


async def test_who_goes_on_holds_what_its_predecessors_were_certified_as(world: World) -> None:
    """Merged, then divided beside itself: every unit alive in the line, and nobody twice."""
    third = BENEATH[2]
    part = NewUnit("分社区", f"4116{COUNTY:02d}009099", STREET)
    for asked in (Merge(COUNTY, (FIRST,), into=SECOND), Split(COUNTY, SECOND, (part,), keeps=True)):
        await agreed(world, asked)
        assert (await follow_unit_changes(world.database, Desk(world), SCOPE, MAY_17))[1] == ()
    beside, behind = unit_id(part.code), ON + timedelta(days=1)
    had = [(FIRST, ON), (SECOND, ON), (third, ON), (FIRST, behind), (SECOND, behind)]
    async with world.database.read(Scope(COUNTY)) as tx:
        heirs = await read_heirs(tx, COUNTY, had, MAY_17.date())
    # What came to the second after it was divided is its own alone.
    both = (SECOND, beside)
    assert heirs == dict(zip(had, (both, both, (third,), (), (SECOND,)), strict=True))


async def test_two_processes_that_follow_at_once_record_each_piece_once(world: World) -> None:
    await agreed(world, a_move())
    before = await world.size(COUNTY), await world.size(OTHER)
    results = await asyncio.gather(
        *(follow_unit_changes(world.database, Desk(world), SCOPE, MAY_17) for _ in range(2))
    )
    assert [left for _, left in results] == [(), ()]
    assert (await world.size(COUNTY), await world.size(OTHER)) == (before[0] + 1, before[1] + 5)


async def test_nobody_else_follows_and_no_county_is_asked_that_ended_its_grant(world: World) -> None:
    change = await agreed(world, Merge(COUNTY, (FIRST,), into=SECOND))
    following: Act[Command, object] = ACT  # type: ignore[assignment]
    command = Command(CITY, change, 0)
    for who in ("city/1", f"county/{COUNTY}"):
        with pytest.raises((NotEntitledError, NotFoundError)):
            await world.act(following, command, who, MAY_17, on=COUNTY)
    with pytest.raises(RequestMalformedError):
        await world.act(following, command, "city/2", MAY_17, on=COUNTY, request=f"{FOLLOWING}x")
    grant = UUID(str(await world.value(COUNTY, "SELECT id FROM tenant_grants")))
    await world.act(end_grant.ACT, end_grant.Command(grant), f"admin/{COUNTY}", MAY_17)
    done, left = await follow_unit_changes(world.database, Desk(world), SCOPE, MAY_17)
    assert (done, left) == ((), ("actor.not_entitled",))
    with pytest.raises(NotFoundError):
        await agreed(world, Rename(COUNTY, SECOND, "新名"))


async def test_a_history_is_not_laundered_on_its_way(world: World, certified: UUID) -> None:
    """A fact whose copy was taken out of the database stands in the log all the same: the move stops."""
    await agreed(world, a_move())
    async with world.database.write(Scope(COUNTY)) as tx:
        await tx.raw.execute("DELETE FROM history_facts WHERE tenant_id = $1", COUNTY)
    _, left = await follow_unit_changes(world.database, Desk(world), SCOPE, MAY_17)
    assert left == ("internal",)
    assert await rows(world, OTHER, "SELECT * FROM certifications") == []
