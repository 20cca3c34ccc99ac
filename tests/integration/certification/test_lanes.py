"""Who waits for one tenant shares a transaction, and nobody pays for a mate: refusals, errors, retries, those who went away, lost connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from itertools import chain, groupby
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from audit.entry import Subject
from audit.errors import LedgerMissingError
from audit.ledger import lock_head
from certification.acts import give_opinion, submit
from certification.changes import Act, Change
from certification.errors import ActTooLargeError, NotEntitledError, RequestConflictError, WrongStatusError
from certification.recording import Recorded
from certification.together import Asked
from graphql_schema.lanes import MOST, Lanes
from tenancy.database import Scope, TenantConnection
from tests.integration.certification.world import APRIL_26, World, named
from xingji.postgres import EmbeddedPostgres

COUNTY = 2
Load = Callable[[TenantConnection], Awaitable[None]]


def probe(name: str, load: Load | None = None, size: int = 1) -> Act[Any, Any]:
    """An act that anybody may do: it reads by `load` and writes nothing but its entry."""

    async def read(tx: TenantConnection, command: object, now: datetime) -> None:
        if load is not None:
            await load(tx)

    subject = Subject("probe", named(name), 1)
    return Act(name, read, lambda *_: "clerk", lambda *_: Change(name, subject, {"text": "x" * size}, ()))


def lanes_of(world: World) -> Lanes:
    return Lanes(world.database, lambda tenant: world.keys[tenant], lambda: APRIL_26)


async def ask(
    lanes: Lanes,
    world: World,
    request: str,
    act: Act[Any, Any] | None = None,
    who: str = "clerk/2/1",
    command: object = None,
) -> Recorded:
    principal = world.principal(who)
    wanted = Asked(act or probe(f"probe.{request}"), command, principal, request)
    return await lanes.perform(principal.acting_scope(COUNTY), wanted)


@asynccontextmanager
async def held(world: World) -> AsyncIterator[None]:
    """Another process has the head."""
    async with world.database.write(Scope(COUNTY)) as tx:
        await lock_head(tx.raw, COUNTY)
        yield


async def size_of(world: World) -> int:
    return int(str(await world.value(COUNTY, "SELECT size FROM ledger_heads")))


async def transactions(world: World, first: int) -> list[list[str]]:
    """The requests of the entries from `first` on, by the transaction that wrote them."""
    async with world.database.read(Scope(COUNTY)) as tx:
        sql = "SELECT xmin::text AS tx, request_id FROM ledger_entries WHERE tenant_id = $1 AND seq >= $2 ORDER BY seq"
        rows = await tx.raw.fetch(sql, COUNTY, first)
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["tx"], []).append(row["request_id"])
    return list(found.values())


async def crowd(*waiting: Awaitable[Recorded]) -> list[Any]:
    return await asyncio.gather(*waiting, return_exceptions=True)


async def fail(tx: TenantConnection) -> None:
    await tx.raw.execute("SELECT 1 / 0")


async def test_who_waits_shares_one_transaction_in_the_order_of_coming(world: World) -> None:
    lanes, before = lanes_of(world), await size_of(world)
    done = await crowd(*(ask(lanes, world, f"r{n}") for n in range(20)))
    assert [one.receipt.seq for one in done] == list(range(before, before + 20))
    assert await transactions(world, before) == [[f"r{n}" for n in range(20)]]
    assert (await world.verify(COUNTY)).ok


async def test_who_comes_while_the_head_is_waited_for_goes_along(world: World) -> None:
    lanes, before = lanes_of(world), await size_of(world)
    async with held(world):
        first = asyncio.create_task(ask(lanes, world, "first"))
        await asyncio.sleep(0.1)
        later = asyncio.create_task(ask(lanes, world, "later"))
        await asyncio.sleep(0.05)
    await first, await later
    assert await transactions(world, before) == [["first", "later"]]


async def test_no_more_than_a_number_share_a_transaction(world: World) -> None:
    lanes, before = lanes_of(world), await size_of(world)
    await crowd(*(ask(lanes, world, f"r{n}") for n in range(MOST + 3)))
    assert [len(one) for one in await transactions(world, before)] == [MOST, 3]


async def test_a_refused_act_leaves_its_mates_whole_and_takes_no_sequence(world: World) -> None:
    campaign = await world.open()
    filed = [await submitted(world, campaign, place) for place in (1, 2)]
    lanes, before = lanes_of(world), await size_of(world)
    agree = [
        give_opinion.Command(application, "street", "agree", "同意。", bound) for application, bound in filed
    ]
    opinion = give_opinion.ACT
    done = await crowd(
        ask(lanes, world, "one", opinion, "street/2", agree[0]),
        ask(lanes, world, "idle", opinion, "idle/2", agree[1]),
        ask(lanes, world, "again", opinion, "both/2", agree[0]),
        ask(lanes, world, "two", opinion, "street/2", agree[1]),
        ask(lanes, world, "three"),
    )
    assert [type(one) for one in done] == [Recorded, NotEntitledError, WrongStatusError, Recorded, Recorded]
    assert await transactions(world, before) == [["one", "two", "three"]]
    assert [one.receipt.seq - before for one in (done[0], done[3], done[4])] == [0, 1, 2]
    assert (await world.verify(COUNTY)).ok


async def submitted(world: World, campaign: UUID, place: int) -> tuple[UUID, bytes]:
    application = await world.file(campaign, COUNTY, place)
    await world.save(application, COUNTY, place)
    bound = await world.hash_of(COUNTY, application)
    await world.act(submit.ACT, submit.Command(application, bound), f"clerk/2/{place}", APRIL_26)
    return application, bound


async def test_one_request_asked_twice_at_once_is_recorded_once(world: World) -> None:
    lanes, before = lanes_of(world), await size_of(world)
    act = probe("probe.same")
    done = await crowd(
        *(ask(lanes, world, "same", act, command="a") for _ in range(3)), ask(lanes, world, "mate")
    )
    assert [one.replayed for one in done] == [False, True, True, False]
    assert len({one.receipt for one in done[:3]}) == 1
    assert await transactions(world, before) == [["same", "mate"]]
    other = await crowd(ask(lanes, world, "same", act, command="b"), ask(lanes, world, "next"))
    assert isinstance(other[0], RequestConflictError)
    assert isinstance(other[1], Recorded)


@pytest.mark.parametrize("large", [False, True])
async def test_an_error_in_the_middle_is_its_own_alone(world: World, large: bool) -> None:
    """In the database, which ends the transaction; and of an entry that is too large, behind rows that are written."""
    lanes, before = lanes_of(world), await size_of(world)
    bad = probe("probe.bad", None if large else fail, 70_000 if large else 1)
    done = await crowd(ask(lanes, world, "one"), ask(lanes, world, "bad", bad), ask(lanes, world, "two"))
    assert [type(one) for one in done] == [
        Recorded,
        ActTooLargeError if large else asyncpg.DivisionByZeroError,
        Recorded,
    ]
    assert not any(one.replayed for one in (done[0], done[2]))
    assert await transactions(world, before) == [["one"], ["two"]]
    assert isinstance(await ask(lanes, world, "after"), Recorded)


async def test_who_went_away_before_their_turn_is_left_out(world: World) -> None:
    lanes, before = lanes_of(world), await size_of(world)
    async with held(world):
        tasks = [asyncio.create_task(ask(lanes, world, f"r{n}")) for n in range(3)]
        await asyncio.sleep(0.1)
        tasks[0].cancel()
        await asyncio.sleep(0.05)
    done = await crowd(*tasks)
    assert isinstance(done[0], asyncio.CancelledError)
    assert await transactions(world, before) == [["r1", "r2"]]


async def test_who_goes_away_later_undoes_nobody(world: World) -> None:
    lanes, before = lanes_of(world), await size_of(world)
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def stop(tx: TenantConnection) -> None:
        reached.set()
        await go_on.wait()

    one = asyncio.create_task(ask(lanes, world, "one"))
    gone = asyncio.create_task(ask(lanes, world, "gone", probe("probe.gone", stop)))
    two = asyncio.create_task(ask(lanes, world, "two"))
    await reached.wait()
    gone.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await crowd(one, gone, two)
    assert gone.cancelled()
    assert await transactions(world, before) == [["one", "gone", "two"]]


async def test_each_acts_in_its_own_scope(world: World) -> None:
    """The city's officer reads the city's rows, a county's officer does not: they never share a transaction."""
    lanes, before = lanes_of(world), await size_of(world)
    seen: list[tuple[str, Scope, int]] = []

    def look(name: str) -> Act[Any, Any]:
        async def read(tx: TenantConnection) -> None:
            rows = await tx.raw.fetchval("SELECT count(*) FROM people WHERE tenant_id = 1")
            seen.append((name, tx.scope, rows))

        return probe("probe.look", read)

    who = ("clerk/2/1", "city/1", "clerk/2/2", "city/2", "county/2")
    await crowd(*(ask(lanes, world, f"r{n}", look(name), name) for n, name in enumerate(who)))
    assert await transactions(world, before) == [["r0", "r2", "r4"], ["r1", "r3"]]
    for name, scope, rows in seen:
        assert scope == world.principal(name).acting_scope(COUNTY)
        assert rows == (3 if name.startswith("city") else 0)


async def test_a_lost_connection_is_not_the_end_of_those_who_shared_it(
    world: World, postgres: EmbeddedPostgres
) -> None:
    lanes, before = lanes_of(world), await size_of(world)
    admin = await asyncpg.connect(postgres.url("superuser", "postgres"))
    cut: list[int] = []

    async def lose(tx: TenantConnection) -> None:
        if not cut:
            cut.append(tx.raw.get_server_pid())
            await admin.execute("SELECT pg_terminate_backend($1, 5000)", cut[0])

    done = await crowd(
        ask(lanes, world, "one"), ask(lanes, world, "cut", probe("probe.cut", lose)), ask(lanes, world, "two")
    )
    await admin.close()
    assert [type(one) for one in done] == [Recorded] * 3
    assert sorted(chain.from_iterable(await transactions(world, before))) == ["cut", "one", "two"]
    assert (await world.verify(COUNTY)).ok


async def test_when_the_database_is_gone_everybody_is_told_at_once(world: World) -> None:
    asked: list[int] = []

    class Gone:
        def write(self, scope: Scope) -> Any:
            asked.append(scope.tenant_id)
            raise ConnectionRefusedError

    broken = Lanes(Gone(), lambda tenant: world.keys[tenant], lambda: APRIL_26)  # type: ignore[arg-type]
    done = await crowd(*(ask(broken, world, f"r{n}") for n in range(30)))
    assert {type(one) for one in done} == {ConnectionRefusedError}
    assert asked == [COUNTY]


async def test_a_tenant_without_a_log_answers_all_who_wait(world: World) -> None:
    lanes = lanes_of(world)
    principal = replace(world.principal("clerk/2/1"), tenant_id=99)
    lanes._get_signer = lambda _tenant: world.keys[COUNTY]
    waiting = [lanes.perform(Scope(99), Asked(probe("probe.x"), None, principal, f"r{n}")) for n in range(3)]
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in done] == [LedgerMissingError] * 3


async def test_closing_waits_for_who_waits(world: World) -> None:
    lanes, before = lanes_of(world), await size_of(world)
    tasks = [asyncio.create_task(ask(lanes, world, f"r{n}")) for n in range(MOST + 1)]
    await asyncio.sleep(0)
    await lanes.aclose()
    await asyncio.gather(*tasks)
    assert await size_of(world) == before + MOST + 1


async def test_two_processes_on_one_tenant_leave_one_history(world: World) -> None:
    one, two, before = lanes_of(world), lanes_of(world), await size_of(world)
    done = await crowd(
        *(ask((one, two)[n % 2], world, f"r{n % 40}", probe(f"probe.{n % 40}")) for n in range(60))
    )
    assert await size_of(world) == before + 40
    assert sum(answer.replayed for answer in done) == 20
    assert (await world.verify(COUNTY)).ok


async def test_processes_that_share_a_tenant_take_turns(world: World) -> None:
    """A crowd in one process does not hold up the few in another: whoever waits for the head is next but a few."""
    crowded, quiet, before = lanes_of(world), lanes_of(world), await size_of(world)
    over = asyncio.Event()

    async def keep_asking(lanes: Lanes, name: str) -> None:
        number = 0
        while not over.is_set():
            await ask(lanes, world, f"{name}-{number:05d}", probe(f"probe.{name}"))
            number += 1

    askers = [asyncio.create_task(keep_asking(crowded, f"crowd-{n:02d}")) for n in range(24)]
    askers += [asyncio.create_task(keep_asking(quiet, f"quiet-{n:02d}")) for n in range(2)]
    await asyncio.sleep(1.5)
    over.set()
    await asyncio.gather(*askers)
    turns = ["".join(sorted({name[:5] for name in turn})) for turn in await transactions(world, before)]
    assert set(turns) == {"crowd", "quiet"}, "no transaction is of both"
    assert turns.count("quiet") * 3 >= len(turns), f"{turns.count('quiet')} of {len(turns)}"
    assert max(len(list(run)) for _, run in groupby(turns[5:-5])) <= 10
    assert (await world.verify(COUNTY)).ok
