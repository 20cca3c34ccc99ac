"""A cycle's progress as it happens: over sockets and streams, from one process to another, for whom it is, and after a break."""

from __future__ import annotations

import asyncio
import os
import socket as sockets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tenancy.waking import CHANNEL
from tests.integration.api.kit import Stage, World, heads_of, serve_world
from tests.integration.api.live import WATCH, Socket, socket, stream
from tests.integration.api.reviews import (
    CANCEL,
    COUNTY,
    EXTEND,
    assigned,
    inspector,
    planned,
    prepare,
    reviews_of,
    team,
)
from tests.support import clone_database
from xingji.demo.cast import CITY, counties
from xingji.demo.clock import shanghai
from xingji.demo.run import BEGINS
from xingji.http.settings import HttpSettings

OTHER = counties()[1]
ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
from pathlib import Path
from tests.integration.api.kit import make_settings
from xingji.app import create_app
from xingji.http.serving import serve
from xingji.http.settings import HttpSettings
from xingji.service import open_service

url, home, heads, port = sys.argv[1:]
settings = make_settings(Path(home), heads=Path(heads))
serve(create_app(HttpSettings(), lambda: open_service(settings, url)), "127.0.0.1", int(port))
"""


@pytest.fixture(scope="module")
async def watched(postgres: Any, founded: World) -> AsyncIterator[tuple[World, dict[str, Any]]]:
    """A county with a planned cycle of four reviews and two teams, and an inspector of neither."""
    async with clone_database(postgres, founded.template) as urls:
        async with serve_world(urls, founded.home, BEGINS) as stage:
            await prepare(stage)
            north, south = await inspector(stage, "north"), await inspector(stage, "south")
            await inspector(stage, "idle")
            stage.clock.travel(shanghai(5, 5))
            cycle = await planned(stage, team("一组", north), team("二组", south))
        yield World(urls.name, founded.home), cycle


@pytest.fixture
async def stage(postgres: Any, watched: tuple[World, dict[str, Any]]) -> AsyncIterator[Stage]:
    world, _ = watched
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 5), door=HttpSettings(live_each=250)) as served,
    ):
        yield served


@pytest.fixture
def cycle(watched: tuple[World, dict[str, Any]]) -> dict[str, Any]:
    return watched[1]


async def extend(stage: Stage, cycle: dict[str, Any], day: int) -> int:
    """Move a cycle's last day to a day of December: the sequence of the entry."""
    leader = await stage.person(CITY, "leader")
    given = {"cycleId": cycle["id"], "closesOn": f"2022-12-{day:02}", "reason": "疫情延期。"}
    done = await leader.act(EXTEND, given)
    assert done["__typename"] == "ReviewCycleRecorded", done
    return int(done["receipt"]["sequence"])


async def test_state_comes_at_once_and_whenever_something_was_recorded(stage: Stage, cycle: dict[str, Any]):
    officer = await stage.person(COUNTY.code, "county")
    async with socket(stage.address, officer) as ours:
        await ours.watch(cycle["id"])
        first = await ours.event()
        assert first["cycle"]["progress"] == {"planned": 4, "assigned": 0, "cancelled": 0, "total": 4}
        assert await ours.is_silent()
        sequence = await extend(stage, cycle, 10)
        second = await ours.event()
        assert second["sequence"] == sequence > first["sequence"]
        assert second["cycle"]["closesOn"] == "2022-12-10"
        one = reviews_of(cycle)[0]["id"]
        cancelled = await officer.act(CANCEL, {"reviewId": one, "reason": "社区已撤销。"})
        third = await ours.event()
        assert third["sequence"] == cancelled["receipt"]["sequence"]
        assert third["cycle"]["progress"]["cancelled"] == 1
        await assigned(stage, cycle["id"])
        while (last := await ours.event())["cycle"]["status"] != "ASSIGNED":
            assert last["cycle"]["progress"]["assigned"] == 0
        assert last["cycle"]["progress"] == {"planned": 0, "assigned": 3, "cancelled": 1, "total": 4}
        (head,) = await stage.rows("SELECT size FROM ledger_heads WHERE tenant_id = $1", COUNTY.tenant_id)
        assert last["sequence"] == head["size"] - 1
        assert await ours.is_silent()


async def test_who_comes_again_misses_nothing_and_is_told_nothing_twice(stage: Stage, cycle: dict[str, Any]):
    officer = await stage.person(COUNTY.code, "county")
    async with socket(stage.address, officer) as ours:
        await ours.watch(cycle["id"])
        seen = (await ours.event())["sequence"]
    for day in (1, 2, 3):
        last = await extend(stage, cycle, day)
    async with socket(stage.address, officer) as ours:
        await ours.watch(cycle["id"], seen, id="behind")
        event = await ours.event()
        assert (event["sequence"], event["cycle"]["closesOn"]) == (last, "2022-12-03")
        await ours.watch(cycle["id"], last, id="up to date")
        # What a log that was put back has forgotten is no reason for silence.
        assert await ours.is_silent()
        await ours.watch(cycle["id"], last + 1000, id="ahead")
        assert (await ours.event())["sequence"] == last
        assert await extend(stage, cycle, 4) == (await ours.event())["sequence"]


async def test_what_does_not_concern_the_cycle_is_not_told(stage: Stage, cycle: dict[str, Any]):
    officer = await stage.person(COUNTY.code, "county")
    async with socket(stage.address, officer) as ours:
        await ours.watch(cycle["id"])
        await ours.event()
        await planned(
            stage,
            team("另组", await inspector(stage, "east")),
            year=2023,
            opensOn="2023-05-05",
            closesOn="2023-11-30",
        )
        assert await ours.is_silent()


async def test_stream_tells_the_same(stage: Stage, cycle: dict[str, Any]):
    officer = await stage.person(COUNTY.code, "county")
    async with aclosing(stream(stage.http, officer, cycle["id"])) as told:  # type: ignore[type-var]
        first = (await anext(told))["data"]["reviewCycleProgress"]
        sequence = await extend(stage, cycle, 20)
        assert (await anext(told))["data"]["reviewCycleProgress"]["sequence"] == sequence
    async with aclosing(stream(stage.http, officer, cycle["id"], first["sequence"])) as told:  # type: ignore[type-var]
        assert (await anext(told))["data"]["reviewCycleProgress"]["sequence"] == sequence


ELSEWHERE = [(OTHER.code, "county"), (OTHER.code, "clerk"), (COUNTY.code, "idle"), (OTHER.code, "admin")]


@pytest.mark.parametrize("who", ELSEWHERE, ids=str)
async def test_cycle_beyond_reach_is_as_absent_as_one_that_is_not(
    stage: Stage, cycle: dict[str, Any], who: tuple[str, str]
):
    person = await stage.person(*who)
    nowhere = f"ReviewCycle.{COUNTY.tenant_id}.{uuid4()}"
    alone = "subscription($id: ID!) { reviewCycleProgress(cycleId: $id) { sequence } }"
    async with socket(stage.address, person) as theirs:
        answers = []
        for id_ in (cycle["id"], nowhere):
            for query in (WATCH, alone):
                await theirs.watch(id_, query=query)
                answers.append(await theirs.get())
    for one in answers:
        assert one.pop("type") == "error"
        one["payload"][0]["extensions"].pop("traceId")
    assert all(one == answers[0] for one in answers)
    assert answers[0]["payload"][0]["extensions"]["code"] == "not_found"
    found = [one async for one in stream(stage.http, person, cycle["id"])]  # type: ignore[attr-defined]
    assert [one["errors"][0]["extensions"]["code"] for one in found] == ["not_found"]
    logged = await stage.rows("SELECT code, target FROM access_log WHERE operation = 'reviewCycleProgress'")
    expected = 5 if who[0] == OTHER.code else 0
    assert [tuple(row) for row in logged] == [("tenant.beyond_reach", str(COUNTY.tenant_id))] * expected


async def test_stranger_and_nonsense_are_refused(stage: Stage, cycle: dict[str, Any]):
    async with socket(stage.address, stage.stranger) as theirs:
        await theirs.watch(cycle["id"])
        assert await theirs.error() == ["auth.required"]
    async with socket(stage.address, await stage.person(COUNTY.code, "county")) as ours:
        for id_, after, code in (
            ("x", None, "id.malformed"),
            (f"Unit.{COUNTY.tenant_id}.{uuid4()}", None, "id.malformed"),
            (f"ReviewCycle.{COUNTY.tenant_id}.7", None, "id.malformed"),
            (cycle["id"], -1, "sequence.negative"),
        ):
            await ours.watch(id_, after)
            assert await ours.error() == [code]


async def test_team_watches_its_own_part(stage: Stage, cycle: dict[str, Any]):
    async with socket(stage.address, await stage.person(COUNTY.code, "north")) as theirs:
        await theirs.watch(cycle["id"])
        assert (await theirs.event())["cycle"]["progress"]["total"] == 0
        await assigned(stage, cycle["id"])
        while (event := await theirs.event())["cycle"]["status"] != "ASSIGNED":
            pass
        assert 0 < event["cycle"]["progress"]["total"] < 4


async def test_end_of_the_token_ends_the_watching(
    stage: Stage, cycle: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tenancy.tokens.LIFETIME", timedelta(seconds=2))
    officer = await stage.person(COUNTY.code, "county", fresh=True)
    started = time.time()
    async with socket(stage.address, officer) as ours:
        await ours.watch(cycle["id"])
        await ours.event()
        with pytest.raises(ConnectionClosed) as closed:
            await ours.get()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4403
    assert time.time() - started < 4


@asynccontextmanager
async def another_process(stage: Stage) -> AsyncIterator[str]:
    """A second server on the same database: its address."""
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = os.pathsep.join((str(ROOT / "platform"), str(ROOT)))
    arguments = (stage.urls.app, str(stage.home), str(heads_of(stage.urls, stage.home)), str(port))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        *arguments,
        env={**os.environ, "PYTHONPATH": path},
        stderr=asyncio.subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(30):
            while True:
                try:
                    assert (await http.get(f"{address}/healthz")).status_code == 200
                    break
                except httpx.ConnectError:
                    assert process.returncode is None
                    await asyncio.sleep(0.05)
        yield address
    finally:
        process.terminate()
        async with asyncio.timeout(15):
            assert await process.wait() == 0


LISTENING = f"SELECT pid FROM pg_stat_activity WHERE datname = $1 AND query ILIKE 'LISTEN%{CHANNEL}%'"


async def test_processes_wake_each_other_and_a_listener_that_was_cut_comes_back(
    stage: Stage, cycle: dict[str, Any]
):
    officer = await stage.person(COUNTY.code, "county")
    async with (
        another_process(stage) as there,
        socket(there, officer) as far,
        socket(stage.address, officer) as near,
    ):
        for one in (far, near):
            await one.watch(cycle["id"])
            await one.event()
        for day in (5, 6, 7):
            before = time.monotonic()
            sequence = await extend(stage, cycle, day)
            assert (await near.event())["sequence"] == (await far.event())["sequence"] == sequence
            assert time.monotonic() - before < 5  # long before anybody would look unasked
        for day in (8, 9):
            for row in await stage.rows(LISTENING, stage.urls.name):
                await stage.rows("SELECT pg_terminate_backend($1)", row["pid"])
            sequence = await extend(stage, cycle, day)
            assert (await near.event())["sequence"] == (await far.event())["sequence"] == sequence


async def test_watching_outlasts_a_database_that_is_away(stage: Stage, cycle: dict[str, Any]):
    officer, name = await stage.person(COUNTY.code, "county"), stage.urls.name
    async with socket(stage.address, officer) as ours:
        await ours.watch(cycle["id"])
        await ours.event()
        await stage.rows(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')  # not the superuser's
        try:
            await stage.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
                name,
            )
            assert await ours.is_silent(1.5)
        finally:
            await stage.rows(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')
        sequence = await extend(stage, cycle, 10)
        assert (await ours.event())["sequence"] == sequence


async def test_only_what_can_be_watched_is_announced_and_it_says_nothing(stage: Stage, cycle: dict[str, Any]):
    heard: asyncio.Queue[str] = asyncio.Queue()
    conn: Any = await asyncpg.connect(stage.urls.app)
    try:
        await conn.add_listener(CHANNEL, lambda *given: heard.put_nowait(given[3]))
        await inspector(stage, "east")
        await stage.person(COUNTY.code, "county", fresh=True)
        await asyncio.sleep(0.3)
        assert heard.empty()
        # Nobody watches, and another process might.
        await extend(stage, cycle, 11)
        async with asyncio.timeout(5):
            assert await heard.get() == str(COUNTY.tenant_id)
    finally:
        await conn.close()


async def test_two_hundred_watchers_are_told_soon_and_cost_those_who_act_little(
    stage: Stage, cycle: dict[str, Any]
):
    officer = await stage.person(COUNTY.code, "county")
    async with AsyncExitStack() as stack:
        crowd: list[Socket] = [
            await stack.enter_async_context(socket(stage.address, officer)) for _ in range(200)
        ]
        await asyncio.gather(*(one.watch(cycle["id"]) for one in crowd))
        await asyncio.gather(*(one.event() for one in crowd))
        before = time.monotonic()
        sequence = await extend(stage, cycle, 12)
        acted = time.monotonic() - before
        events = await asyncio.gather(*(one.event() for one in crowd))
        told = time.monotonic() - before
        assert {event["sequence"] for event in events} == {sequence}
        assert acted < 3 and told < 8, (acted, told)
        (held,) = await stage.rows(
            "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = $1", stage.urls.name
        )
        assert held["n"] < 12
