"""`./dev bench reads`: three queries through POST /graphql with a token, against bench/limit.py with the same answers.

Every county's officer asks in turn, so that plans and caches are shared by many tenants as in service. Before anything is timed, the parsed
answers of both sides are compared for several tenants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Final

import orjson

from bench.data import COMMUNITIES, READ, county_officer, made_id
from bench.load import Load, ask, drive, post
from bench.rounds import Measure, Side, Table, compare
from bench.serving import serving
from tenancy.tokens import TokenKeys
from xingji.postgres import EmbeddedPostgres

CONNECTIONS: Final = 16
SLICE: Final = 0.5  # seconds
_OPINIONS: Final = "opinions { id stage verdict text authorId givenAt formHash }"

ONE: Final = f"""query One($id: ID!) {{
  node(id: $id) {{ ... on Application {{ id level status revision createdAt updatedAt {_OPINIONS} }} }}
}}"""
FIFTY: Final = f"""query Fifty {{
  applications(first: 50) {{ edges {{ node {{
    id level status createdAt community {{ id name code }} street {{ id name }}
    form {{ id version situation narrative hash }} {_OPINIONS}
  }} }} }}
}}"""
HUNDRED: Final = """query Hundred {
  certifications(first: 100) { edges { node {
    id level documentNumber certifiedOn community { id name code parent { name } } application { id status updatedAt }
  } } }
}"""


@dataclass(frozen=True, slots=True)
class Case:
    """A query of ours with the route of the limit that answers the same; `of_one` asks for one application."""

    name: str
    query: str
    path: str
    of_one: bool = False

    def ours(self, tenant: int, community: int, token: str) -> bytes:
        """The request to us."""
        asked: dict[str, object] = {"query": self.query}
        if self.of_one:
            asked["variables"] = {"id": f"Application.{tenant}.{made_id('read', tenant, community)}"}
        return post("/graphql", orjson.dumps(asked), token)

    def limit(self, tenant: int, community: int) -> bytes:
        """The request to the limit."""
        asked: dict[str, object] = {"tenant": tenant}
        if self.of_one:
            asked["id"] = str(made_id("read", tenant, community))
        return post(self.path, orjson.dumps(asked))


CASES: Final = (
    Case("one application, its 4 opinions", ONE, "/one", of_one=True),
    Case("50 applications × community, street, form, 4 opinions", FIFTY, "/fifty"),
    Case("100 certifications × community, its street, application", HUNDRED, "/hundred"),
)


async def bench_reads(server: EmbeddedPostgres, database: str, rounds: int, seconds: float) -> Table:
    """Measure the three cases. Raises RuntimeError when the answers differ."""
    url, home = server.url("app", database), server.home
    rows, sizes, slices = [], {}, max(1, round(seconds / SLICE))
    async with serving("limit", url, home) as limit_port, serving("ours", url, home) as our_port:
        for case in CASES:
            tokens = issue_tokens(home)
            sizes[case.name] = await _check_same(case, limit_port, our_port, tokens)
            places = [(tenant, tenant * 7 % COMMUNITIES) for tenant in READ]
            limits = [case.limit(*place) for place in places]
            ours = [case.ours(*place, tokens[place[0]]) for place in places]
            rows.append(
                await compare(
                    case.name,
                    side_of(limit_port, limits, seconds / slices),
                    side_of(our_port, ours, seconds / slices),
                    rounds,
                    slices,
                )
            )
    sizes_text = "; ".join(f"{name}: {size / 1000:.1f} kB" for name, size in sizes.items())
    notes = {
        "connections": f"{CONNECTIONS} to either server; one process each, the load from a third on the same machine",
        "answers": f"equal on both sides when parsed; {sizes_text}",
    }
    return Table("Reads", "bare SQL", tuple(rows), notes)


def issue_tokens(home: Path, counties: range = READ) -> Mapping[int, str]:
    """A fresh token of every county's officer."""
    keys, now = TokenKeys(home / "tokens"), datetime.now(UTC)
    return {tenant: keys.issue(county_officer(tenant), now) for tenant in counties}


def measure_of(load: Load) -> Measure:
    """What a load measured."""
    return Measure(load.rate, load.percentile(0.99))


def side_of(port: int, requests: list[bytes], seconds: float) -> Side:
    """A side whose turns send these requests, over and over, on `CONNECTIONS` connections."""

    async def run() -> Measure:
        turn = cycle(requests)
        return measure_of(await drive(port, lambda _: next(turn), connections=CONNECTIONS, seconds=seconds))

    return run


async def _check_same(case: Case, limit_port: int, our_port: int, tokens: Mapping[int, str]) -> int:
    """Bytes of one answer of ours. Raises RuntimeError unless both sides answer alike, and something."""
    size = 0
    for tenant in (READ[0], READ[57], READ[-1]):
        expected = await ask(limit_port, case.limit(tenant, 3))
        found = await ask(our_port, case.ours(tenant, 3, tokens[tenant]))
        if orjson.loads(expected) != orjson.loads(found) or b"null" in expected[:60]:
            raise RuntimeError(f"{case.name}: the answers differ:\n{expected[:1500]!r}\n{found[:1500]!r}")
        size = len(found)
    return size
