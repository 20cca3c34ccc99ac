"""`./dev bench scale`: what the eligibility of a city costs as it grows from 1,000 to 100,000 communities with three years each.

Measured through the read path, as a city officer asks, in this process: a page of those who are eligible, the page behind it, the number of them, and
the count by reason; and `xingji history rebuild --check` of one county, a second for each thousand communities. The limit is linear growth:
ten times what a tenth of the communities took in the same round, so a ratio of 1 is linear and less is better.

Synthetic: the communities, their facts, and the entries that say them, which are not chained and not signed (nothing here reads a signature);
an entry's text is hashed as a real one is. The campaign, the policies, the role and the statements are the real ones. Who is eligible is known
by construction, and every answer is compared with that before anything is timed.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

import asyncpg
import orjson

from bench.data import made_id
from bench.rounds import Measure, Row, Table, make_row
from certification.changes import insert
from certification.reader import load_programme
from certification.rebuilding import rebuild
from graphql_schema.documents import Documents
from graphql_schema.execution import Engine, execute
from graphql_schema.limits import Limits
from graphql_schema.schema import build_schema
from graphql_schema.session import Session
from tenancy.database import Database, Scope
from tenancy.identity import Principal, Role, RoleName
from xingji.postgres import EmbeddedPostgres

SIZES: Final = (1_000, 10_000, 100_000)
COUNTIES: Final = range(2, 12)
CITY: Final = 1
NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
Say = Callable[[str], None]

PAGE: Final = """{ standings(first: 50, filter: {level: "provincial", eligible: true}) { pageInfo { hasNextPage endCursor } edges { node {
  community { name } tenant { name } certifiedOn streak firstYear eligibleFor eligible obstacle { message } } } } }"""
NEXT: Final = """query($after: String) { standings(first: 50, after: $after, filter: {level: "provincial", eligible: true}) { edges { node {
  community { name } streak eligible } } } }"""
TOTAL: Final = '{ standings(filter: {level: "provincial", eligible: true}) { totalCount } }'
COUNTS: Final = '{ campaigns { edges { node { standingCounts(level: "star") { reason number } } } } }'


async def bench_scale(server: EmbeddedPostgres, rounds: int, say: Say) -> Table:
    """Build a database a size, check the answers, measure in interleaved rounds, and drop the databases."""
    admin = await asyncpg.connect(server.url("superuser", "postgres"))
    sides: dict[int, Mapping[str, Callable[[], Awaitable[None]]]] = {}
    opened: list[Database] = []
    try:
        for size in SIZES:
            say(f"building {size:,} communities")
            await admin.execute(f"DROP DATABASE IF EXISTS scale_{size} WITH (FORCE)")
            await admin.execute(f"CREATE DATABASE scale_{size} TEMPLATE xingji OWNER xingji_owner")
            database = await _build(server, size)
            opened.append(database)
            sides[size] = await _sides(database, size)
        taken = await _measure(sides, rounds, say)
    finally:
        for database in opened:
            await database.close()
        for size in SIZES:
            await admin.execute(f"DROP DATABASE IF EXISTS scale_{size} WITH (FORCE)")
        await admin.close()
    seconds = {
        name: {size: [turn[size, name] for turn in taken] for size in SIZES} for name in sides[SIZES[0]]
    }
    notes = {
        "milliseconds, medians": "; ".join(
            f"{name}: "
            + ", ".join(f"{size:,} {_median(values) * 1000:,.0f}" for size, values in found.items())
            for name, found in seconds.items()
        ),
        "the limit": "ten times what a tenth of the communities took in the same round",
        "the check": "of one county, a tenth of the city, for each thousand communities",
    }
    return Table("Scale", "linear", tuple(_rows(seconds)), notes)


def _rows(seconds: Mapping[str, Mapping[int, list[float]]]) -> list[Row]:
    """One a case and decade; what is measured for each thousand should stay what it is."""
    found = []
    for name, taken in seconds.items():
        factor = 1 if name == "check" else 10
        for smaller, larger in pairwise(SIZES):
            pairs = [
                (Measure(a * factor), Measure(b)) for a, b in zip(taken[smaller], taken[larger], strict=True)
            ]
            found.append(make_row(f"{name}, {smaller:,} → {larger:,}", "s", pairs))
    return found


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


async def _measure(
    sides: Mapping[int, Mapping[str, Callable[[], Awaitable[None]]]], rounds: int, say: Say
) -> list[dict[tuple[int, str], float]]:
    """Seconds of every size and case, round by round; the first round warms and counts for nothing."""
    taken = []
    for number in range(rounds + 1):
        say(f"round {number} of {rounds}")
        turn = {}
        for size in SIZES:
            for name, run in sides[size].items():
                begun = time.perf_counter()
                await run()
                spent = time.perf_counter() - begun
                turn[size, name] = spent / (size / 10_000) if name == "check" else spent
        taken.append(turn)
    return taken[1:]


async def _sides(database: Database, size: int) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """What is measured, once its answers are known to be right."""
    engine = Engine(build_schema())
    documents = Documents(engine.schema, Limits())
    officer = Principal(
        CITY,
        made_id("city", 1),
        (Role(RoleName.CITY_OFFICER, made_id("unit", CITY), "city"),),
        tuple(COUNTIES),
        (),
        demo=False,
    )

    async def ask(query: str, **variables: Any) -> Any:
        session = Session(officer, NOW, database, "zh-CN", "bench")
        answer = orjson.loads(await execute(engine, documents.prepare(query), variables, session))
        if "errors" in answer:
            raise RuntimeError(f"{answer['errors']}")
        return answer["data"]

    page = (await ask(PAGE))["standings"]
    after = page["pageInfo"]["endCursor"]
    behind = (await ask(NEXT, after=after))["standings"]["edges"]
    (campaign,) = (await ask(COUNTS))["campaigns"]["edges"]
    counts = {one["reason"]: one["number"] for one in campaign["node"]["standingCounts"]}
    total = (await ask(TOTAL))["standings"]["totalCount"]
    shown = [edge["node"] for edge in (*page["edges"], *behind)]
    right = len(shown) == 100 and all(one["eligible"] and one["streak"] == 3 for one in shown)
    expected = {
        "ELIGIBLE": size * 7 // 10,
        "FAILED": size // 10,
        "MISSING": size // 10,
        "REVOKED": size // 10,
    }
    if not right or counts != expected or total != expected["ELIGIBLE"]:
        raise RuntimeError(f"{size}: the answers are wrong: {counts}, {total}, {shown[:2]}")

    async def check() -> None:
        scope = Scope(COUNTIES[0], shared=(CITY,))
        async with database.read(scope) as tx, aclosing(rebuild(tx)) as found:
            async for one in found:
                raise RuntimeError(f"{one} is not what its entry says")

    return {
        "page": lambda: ask(PAGE),
        "next page": lambda: ask(NEXT, after=after),
        "number": lambda: ask(TOTAL),
        "count by reason": lambda: ask(COUNTS),
        "check": check,
    }


async def _build(server: EmbeddedPostgres, size: int) -> Database:
    name = f"scale_{size}"
    raw = await asyncpg.connect(server.url("superuser", name))
    try:
        async with raw.transaction():
            await raw.execute("SET LOCAL session_replication_role = replica")
            rows = load_programme("zhoukou-2022").campaign_rows(CITY, made_id("campaign"), NOW)
            for write in insert(*rows):
                row = write.row()
                marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
                await raw.execute(
                    f"INSERT INTO {write.table.name} ({', '.join(row)}) VALUES ({marks})",
                    *row.values(),
                )
            await raw.execute(
                _BULK.format(first=COUNTIES[0], last=COUNTIES[-1], places=size // len(COUNTIES))
            )
        await raw.execute("ANALYZE")
    finally:
        await raw.close()
    database = await Database.connect(server.url("app", name), 1, 2)
    for county in COUNTIES:
        async with database.write(Scope(county, shared=(CITY,))) as tx:
            async for _ in rebuild(tx):
                pass
    raw = await asyncpg.connect(server.url("superuser", name))
    await raw.execute("VACUUM ANALYZE")
    await raw.close()
    return database


# Of ten communities seven passed every year, one failed, one was not reviewed in 2024, and one was revoked.
_BULK: Final = """
CREATE FUNCTION pg_temp.made(VARIADIC parts text[]) RETURNS uuid LANGUAGE sql IMMUTABLE
  RETURN md5(array_to_string(parts, '/'))::uuid;
INSERT INTO tenants (id, code, name, level, parent_id, unit_id, origin)
  SELECT 1, '411600', '市', 'city', NULL::int, pg_temp.made('unit', '1'), 'bench/1'
  UNION ALL SELECT t, t::text, '第' || t || '县', 'county', 1, pg_temp.made('unit', t::text), 'bench/' || t
  FROM generate_series({first}, {last}) AS t;
INSERT INTO units (tenant_id, id, parent_id, kind, name, sort_key, valid_from)
  SELECT t, pg_temp.made('c', t::text, c::text), NULL, 'community', '第' || c || '社区', lpad(c::text, 6, '0'), date '2020-01-01'
  FROM generate_series({first}, {last}) AS t, generate_series(1, {places}) AS c;
CREATE TEMP TABLE said ON COMMIT DROP AS
  SELECT t, c, k, row_number() OVER (PARTITION BY t ORDER BY k, c) AS seq, pg_temp.made('c', t::text, c::text) AS community,
    CASE WHEN k IN (0, 4) THEN pg_temp.made('certification', t::text, c::text) ELSE pg_temp.made('review', t::text, c::text, k::text) END AS subject,
    timestamptz '2022-07-01Z' + k * interval '1 year' AS at
  FROM generate_series({first}, {last}) AS t, generate_series(1, {places}) AS c, generate_series(0, 4) AS k
  WHERE NOT (c % 10 = 1 AND k = 2) AND (k < 4 OR c % 10 = 2);
CREATE TEMP TABLE leaves ON COMMIT DROP AS
  SELECT said.*, json_build_object('body', json_build_object('intent', json_build_object('facts', json_build_array(
    CASE WHEN k = 0 THEN json_build_object('community', community, 'kind', 'certified', 'level', 'provincial', 'on', '2022-07-01', 'subject', subject)
    WHEN k = 4 THEN json_build_object('community', community, 'kind', 'state', 'level', 'provincial', 'on', '2025-11-01', 'result', 'revoked',
      'subject', subject)
    ELSE json_build_object('community', community, 'kind', 'reviewed', 'level', 'provincial', 'result',
      CASE WHEN c % 10 = 0 AND k = 3 THEN 'fail' WHEN c % 10 = 5 THEN 'pass_after_rectification' ELSE 'pass' END,
      'subject', subject, 'year', 2022 + k) END)),
    'operation', 'bench.said', 'origin', 'bench/' || t, 'seq', seq, 'time', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))::text AS leaf
  FROM said;
UPDATE leaves SET leaf = replace(leaf, '"facts" : [', '"facts":[');
INSERT INTO ledger_heads (tenant_id, origin, size, head, frontier, key_id)
  SELECT t, 'bench/' || t, max(seq) + 1, sha256('head'), '', '00000000' FROM leaves GROUP BY t;
INSERT INTO ledger_entries (tenant_id, seq, prev, hash, leaf, recorded_at, operation, subject_type, subject_id, actor_id, request_id,
    arguments_digest)
  SELECT t, seq, sha256(('prev' || seq)::bytea), sha256('\\x00'::bytea || convert_to(leaf, 'UTF8')), leaf, at, 'bench.said', 'unit', community,
    community, seq::text, sha256('') FROM leaves;
"""
