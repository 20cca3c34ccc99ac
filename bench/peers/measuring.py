"""`./dev bench peers`: the three reads of `reads` by the limit, by us, by PostGraphile 5 and by Mercurius, in turns of one run.

The same database and role, so the same row-level security; one process each with as many connections to PostgreSQL; the same requests for the
same counties in the same order. The peers read no token and write no access log. Before anything is timed, every peer's answers are brought
into our shape and compared with ours.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import orjson

from bench.data import CITY, COMMUNITIES, READ, made_id
from bench.endorse import libpq_environ
from bench.load import ask
from bench.peers.asking import MERCURIUS, POSTGRAPHILE, Asked
from bench.peers.installing import find_node, install
from bench.reads import CASES, CONNECTIONS, SLICE, Case, issue_tokens, side_of
from bench.rounds import Row, Table, make_row, measure_all
from bench.serving import listening, serving
from xingji.postgres import EmbeddedPostgres
from xingji.settings import read_settings

PEERS: Final[Mapping[str, tuple[Asked, ...]]] = {"PostGraphile 5": POSTGRAPHILE, "Mercurius": MERCURIUS}
SCRIPTS: Final = {"PostGraphile 5": "postgraphile.mjs", "Mercurius": "mercurius.mjs"}
LIMIT: Final = "bare SQL"


async def bench_peers(server: EmbeddedPostgres, database: str, rounds: int, seconds: float) -> Table:
    """Measure the three cases. Raises RuntimeError when a peer cannot be had, or its answers differ from ours."""
    url, home = server.url("app", database), server.home
    folder = install(home)
    rows: list[Row] = []
    async with AsyncExitStack() as stack:
        our_port = await stack.enter_async_context(serving("ours", url, home))
        limit_port = await stack.enter_async_context(serving("limit", url, home))
        ports = {name: await stack.enter_async_context(_peer(name, folder, url)) for name in PEERS}
        for number, case in enumerate(CASES):
            tokens = issue_tokens(home)
            asked = {name: (ports[name], queries[number]) for name, queries in PEERS.items()}
            for name, (port, query) in asked.items():
                await _check_same(f"{name}: {case.name}", case, our_port, tokens, port, query)
            rows += await _rows(case, limit_port, our_port, tokens, asked, rounds, seconds)
    notes = {
        "connections": f"{CONNECTIONS} to each server; one process each with as many to PostgreSQL, the load from another on the same machine",
        "answers": "the peers', brought into our shape, are equal to ours; they read no token and write no access log",
    }
    return Table("Peers", "the other", tuple(rows), notes)


async def _rows(
    case: Case, limit_port: int, our_port: int, tokens: Mapping[int, str],
    asked: Mapping[str, tuple[int, Asked]], rounds: int, seconds: float,
) -> list[Row]:  # fmt: skip
    """A row for the limit and for each peer, all measured in the same rounds."""
    places = [(tenant, tenant * 7 % COMMUNITIES) for tenant in READ]
    slices = max(1, round(seconds / SLICE))
    long = seconds / slices
    others = {LIMIT: side_of(limit_port, [case.limit(*place) for place in places], long)}
    for name, (port, query) in asked.items():
        others[name] = side_of(
            port, [query.request(tenant, _variables(tenant, at)) for tenant, at in places], long
        )
    ours = side_of(our_port, [case.ours(*place, tokens[place[0]]) for place in places], long)
    turns = await measure_all([*others.values(), ours], rounds, slices)
    return [
        make_row(f"{case.name} · {name}", "1/s", [(turn[number], turn[-1]) for turn in turns])
        for number, name in enumerate(others)
    ]


def _variables(tenant: int, community: int) -> Mapping[str, str]:
    return {"id": str(made_id("read", tenant, community))}


async def _check_same(
    name: str, case: Case, our_port: int, tokens: Mapping[int, str], port: int, query: Asked
) -> None:
    """Raises RuntimeError unless the peer's answers, brought into our shape, are ours."""
    for tenant in (READ[0], READ[57], READ[-1]):
        expected = await ask(our_port, case.ours(tenant, 3, tokens[tenant]))
        found = await ask(port, query.request(tenant, _variables(tenant, 3)))
        if query.ours(found, tenant) != orjson.loads(expected):
            raise RuntimeError(f"{name}: the answers differ:\n{expected[:1500]!r}\n{found[:1500]!r}")


@asynccontextmanager
async def _peer(name: str, folder: Path, url: str) -> AsyncIterator[int]:
    """A peer's server, as its port; a child of ours that ends with the block."""
    node = find_node(folder)
    if node is None:
        raise RuntimeError(f"{name} needs Node.js 22")
    own = {
        "PEER_CONNECTIONS": str(read_settings(os.environ).pool),
        "PEER_CITY": str(CITY),
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
    }
    environ = {**os.environ, **libpq_environ(url), **own}
    async with listening(name, [node, SCRIPTS[name]], folder, environ) as port:
        yield port
