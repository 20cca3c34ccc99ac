"""`./dev bench append`: giveOpinion without HTTP and GraphQL, against pgbench as in `endorse`.

What this measures is the way of writing alone: the boundary's `record` down to the commit, called by as many tasks of one process as
there are clients. No token is read, no document, and no payload is selected. Loop and number of connections are the server's; rows, pools and
the other side are those of bench/endorse.py.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import asyncpg

from audit.heads import HeadStore
from bench.data import Pool, form_hash, restore, street_of, street_officer
from bench.endorse import PGBENCH, TEXT, measure_pools, opened
from bench.load import Load
from bench.reads import measure_of
from bench.rounds import Measure, Side, Table
from bench.serving import UndoneGuard, moved_clock
from certification.acts.give_opinion import ACT, Command
from graphql_schema.mutations.boundary import record
from graphql_schema.session import Session
from tenancy.identity import Principal
from xingji.postgres import EmbeddedPostgres
from xingji.service import open_service
from xingji.settings import read_settings

Open = Callable[[Principal], Session]


async def bench_append(server: EmbeddedPostgres, database: str, rounds: int, seconds: float) -> Table:
    """Measure a hot tenant and 100 tenants at 16 and 64 clients."""
    url = server.url("app", database)
    settings = read_settings({"XINGJI_HOME": str(server.home), "XINGJI_DATABASE_URL": url})
    with tempfile.TemporaryDirectory(prefix="xb-") as heads:
        guard = UndoneGuard(HeadStore(Path(heads)))
        async with (
            opened(server, database) as admin,
            open_service(settings, url, clock=moved_clock(), guard=guard) as service,
        ):

            def turn(pool: Pool, clients: int) -> Side:
                return AppendSide(
                    admin, lambda who: service.open_session(who, "en", "", ""), pool, clients, seconds
                ).run

            rows = await measure_pools(admin, url, turn, rounds, seconds)
    notes = {
        "ours": "one process with 16 connections to PostgreSQL, no HTTP and no GraphQL: standing, the programme's rules, rows, a signed entry",
        "pgbench": PGBENCH,
    }
    return Table("Appending", "pgbench", rows, notes)


class AppendSide:
    """Tasks that each give one opinion after another, on applications in random order, none twice in a turn."""

    def __init__(
        self,
        admin: asyncpg.Connection[asyncpg.Record],
        open_session: Open,
        pool: Pool,
        clients: int,
        seconds: float,
    ) -> None:
        self._admin, self._open, self._pool = admin, open_session, pool
        self._clients, self._seconds = clients, seconds

    async def run(self) -> Measure:
        """One turn. Raises what refuses an opinion: none should be."""
        await restore(self._admin)
        numbers, load, begun = (
            iter(random.sample(range(self._pool.size), self._pool.size)),
            Load(),
            time.perf_counter(),
        )

        async def client() -> None:
            for number in numbers:
                sent = time.perf_counter()
                if sent > begun + self._seconds:
                    return
                await give_opinion(self._open, self._pool, number)
                load.latencies.append(time.perf_counter() - sent)

        async with asyncio.TaskGroup() as group:
            for _ in range(self._clients):
                group.create_task(client())
        load.seconds = time.perf_counter() - begun
        return measure_of(load)


async def give_opinion(open_session: Open, pool: Pool, number: int) -> None:
    """The street's opinion on one application of the pool."""
    tenant, application = pool.tenant(number), pool.application(number)
    officer = street_officer(tenant, street_of(pool.community(number)))
    command = Command(application, "street", "agree", TEXT, form_hash(application))
    await record(open_session(officer), ACT, command, tenant, str(uuid.uuid4()))
