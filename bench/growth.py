"""`./dev bench growth`: what a read and an endorsement take as the installation grows from 10 tenants to 3,000, from 1,000 communities to 600,000.

A database a step, in one cluster, each with a server of ours; the steps take turns, half a second each, so that noise hits all alike. The load is the
same at every step: `CONNECTIONS` that go round all tenants, each asking for pages of the same size, so only what lies around them grows. What
is compared is the latency: its median, and its 99th percentile as the ratio to the smallest step's in the same round.

It is that of a server that has been up for a while: PostgreSQL has the memory that an installation of this size gives it, the tables are read into
it, and every tenant has asked and endorsed once, so that its key has been read and its head remembered. What was endorsed is undone at the
beginning, and nothing is endorsed twice.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Final

import asyncpg

from bench.data import READ, Pool, Shape, restore
from bench.endorse import issue_street_tokens, opinion_request
from bench.load import Load, Make, drive
from bench.plot import Panel, draw
from bench.reads import CASES, Case, issue_tokens
from bench.rounds import Measure, Row, Table, make_row
from bench.serving import serving
from tenancy.tokens import LIFETIME
from xingji.postgres import EmbeddedPostgres

SIZES: Final = ((10, 100), (100, 200), (1_000, 200), (3_000, 200))
"""Tenants, and communities of each."""
CERTIFIED: Final = 50
"""Certified communities of each tenant: every page is as long at every step."""
REVIEWS: Final = 2
APPLICATIONS: Final = 12_000
"""Submitted applications of all tenants together, for the endorsements of a round."""
CONNECTIONS: Final = 4
SHARED_BUFFERS: Final = "2GB"
"""Room for everything: with the 64 MB of a demonstration it is PostgreSQL's own cache that is measured."""
WARMING: Final = 300  # seconds at most
SLICE: Final = 0.5  # seconds
TITLES: Final = ("one application", "50 applications", "50 certifications")
TITLE: Final = "Latency from 1,000 communities in 10 tenants to 600,000 in 3,000"
ENDORSED: Final = "an endorsement"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """A size, with its server and what is asked of it."""

    shape: Shape
    admin: asyncpg.Connection[asyncpg.Record]
    port: int
    home: Path

    @property
    def tenants(self) -> int:
        """How many."""
        return len(self.shape.read)

    @property
    def communities(self) -> int:
        """Of all tenants."""
        return self.tenants * self.shape.communities

    async def warm(self) -> None:
        """Undo what was endorsed, read the tables into memory, and let every tenant ask and endorse once."""
        await restore(self.admin, self.shape.write)
        await self.admin.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        await self.admin.execute(
            "SELECT pg_prewarm(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't') AND relnamespace <> 'pg_catalog'::regnamespace"
        )
        for title, requests in self.reads().items():
            await _drive(self, title, _next(islice(requests, self.tenants)), WARMING)
        await _drive(self, ENDORSED, _next(self.endorsements(range(self.tenants))), WARMING)

    def reads(self) -> Mapping[str, Iterator[bytes]]:
        """What is read, by title, going round all tenants without end."""
        tokens = issue_tokens(self.home, self.shape.read)
        return {title: cycle(self._read(case, tokens)) for title, case in zip(TITLES, CASES, strict=True)}

    def _read(self, case: Case, tokens: Mapping[int, str]) -> list[bytes]:
        places = list(tokens)
        random.shuffle(places)
        return [case.ours(tenant, tenant * 7 % CERTIFIED, tokens[tenant]) for tenant in places]

    def endorsements(self, numbers: Sequence[int]) -> Iterator[bytes]:
        """Opinions on applications of these numbers; of the first so many, one is in every tenant."""
        (pool,) = self.shape.pools
        tokens = issue_street_tokens(self.home, pool)
        return (opinion_request(pool, number, tokens) for number in numbers)


def _next(requests: Iterator[bytes]) -> Make:
    return lambda _: next(requests, None)


def shapes() -> tuple[Shape, ...]:
    """What the databases of the steps hold."""
    found = []
    for tenants, communities in SIZES:
        range_ = range(READ.start, READ.start + tenants)
        pool = Pool("growth", APPLICATIONS, READ.start, tenants)
        found.append(Shape(f"growth_{tenants}", range_, range_, communities, CERTIFIED, REVIEWS, (pool,)))
    return tuple(found)


Taken = Mapping[tuple[str, int], Sequence[tuple[float, float]]]
"""(Case, tenants) → the median and the 99th percentile of every round, in milliseconds."""


async def bench_growth(
    server: EmbeddedPostgres, databases: Sequence[str], rounds: int, seconds: float, say: Say
) -> tuple[Table, str]:
    """Measure all steps on their databases: the table, and the plot as SVG."""
    async with AsyncExitStack() as stack:
        steps = []
        for shape, name in zip(shapes(), databases, strict=True):
            admin = await asyncpg.connect(server.url("superuser", name))
            stack.push_async_callback(admin.close)
            port = await stack.enter_async_context(serving("ours", server.url("app", name), server.home))
            steps.append(Step(shape, admin, port, server.home))
        taken = await _measure(steps, rounds, seconds, say)
    sizes = [f"{step.tenants:,} tenants, {step.communities:,} communities" for step in steps]
    notes = {
        "sizes": "; ".join(sizes),
        "load": f"{CONNECTIONS} connections to each server in turn, going round all its tenants; nothing else is asked meanwhile",
        **{f"p50 → p99 ms, {title}": _figures(taken, title) for title in (*TITLES, ENDORSED)},
    }
    table = Table("Growth", f"p99, {SIZES[0][0]} tenants", tuple(rows(taken)), notes, ours="p99, so many")
    return table, draw(TITLE, panels(taken))


async def _measure(steps: Sequence[Step], rounds: int, seconds: float, say: Say) -> Taken:
    """Round by round, the steps in turn for every slice; a round before them warms and counts for nothing."""
    for step in steps:
        say(f"warming {step.tenants:,} tenants")
        await step.warm()
    reads, issued = {step.tenants: step.reads() for step in steps}, time.monotonic()
    slices = max(1, round(seconds / SLICE))
    left = {
        step.tenants: random.sample(range(step.tenants, APPLICATIONS), APPLICATIONS - step.tenants)
        for step in steps
    }
    share = (APPLICATIONS - max(left)) // ((rounds + 1) * slices)
    taken: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for number in range(rounds + 1):
        say(f"round {number} of {rounds}")
        latencies: dict[tuple[str, int], list[float]] = {}
        if time.monotonic() - issued > LIFETIME.total_seconds() / 2:
            reads, issued = {step.tenants: step.reads() for step in steps}, time.monotonic()
        asked = []
        for step in steps:
            mine = [left[step.tenants].pop() for _ in range(share * slices)]
            asked.append((step, {**reads[step.tenants], ENDORSED: step.endorsements(mine)}))
        for _ in range(slices):
            for title in (*TITLES, ENDORSED):
                for step, requests in asked:
                    some = islice(requests[title], share) if title == ENDORSED else requests[title]
                    found = await _drive(step, title, _next(some), seconds / slices)
                    latencies.setdefault((title, step.tenants), []).extend(found.latencies)
        for key, times in latencies.items():
            load = Load(latencies=times)
            taken.setdefault(key, []).append((load.percentile(0.5), load.percentile(0.99)))
    return {key: found[1:] for key, found in taken.items()}


async def _drive(step: Step, title: str, make: Make, seconds: float) -> Load:
    expect = b'"ApplicationRecorded"' if title == ENDORSED else b'"data"'
    return await drive(step.port, make, connections=CONNECTIONS, seconds=seconds, expect=expect)


def rows(taken: Taken) -> list[Row]:
    """A row for every case and larger step: its p99 against the smallest step's, round by round."""
    smallest = SIZES[0][0]
    return [
        make_row(
            f"{title}, {tenants:,} tenants",
            "ms",
            [
                (Measure(first), Measure(now))
                for (_, first), (_, now) in zip(taken[title, smallest], taken[title, tenants], strict=True)
            ],
        )
        for title in (*TITLES, ENDORSED)
        for tenants, _ in SIZES[1:]
    ]


def panels(taken: Taken) -> list[Panel]:
    """A panel for every case: p50 and p99, the medians over the rounds."""
    return [
        Panel(
            title,
            {
                name: [(tenants, median(one[part] for one in taken[title, tenants])) for tenants, _ in SIZES]
                for part, name in enumerate(("p50", "p99"))
            },
        )
        for title in (*TITLES, ENDORSED)
    ]


def _figures(taken: Taken, title: str) -> str:
    return ", ".join(
        f"{tenants:,}: {median(one for one, _ in found):.1f} → {median(one for _, one in found):.1f}"
        for tenants, _ in SIZES
        for found in (taken[title, tenants],)
    )
