"""`./dev bench endorse`: giveOpinion through HTTP and GraphQL, against pgbench with the five statements that cannot be spared.

Both sides write the same rows of the same tables in the same database as the same role: under row-level security, foreign keys and the triggers
that compare every changed row with its digest in the ledger. pgbench decides nothing, signs nothing and reads no programme; it lets PostgreSQL
hash. Each request endorses another submitted application; before each turn everything endorsed is undone.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import orjson

from bench.data import (
    CITY,
    POOLS,
    STREETS,
    Pool,
    form_hash,
    restore,
    street_of,
    street_officer,
)
from bench.load import drive, post
from bench.reads import measure_of
from bench.rounds import Measure, Row, Side, Table, compare
from bench.serving import serving
from tenancy.tokens import LIFETIME, TokenKeys
from xingji.postgres import EmbeddedPostgres
from xingji.postgres.binaries import get_binaries

CLIENTS: Final = (16, 64)
MOST_A_SECOND: Final = 3_000
TEXT: Final = "经审核，情况属实，同意推荐。"
PGBENCH: Final = "two threads, prepared, a connection a client; fsync on, as for ours"
TITLES: Final = {"hot": "one hot tenant", "spread": "100 tenants"}

MUTATION: Final = """mutation GiveOpinion($requestId: ID!, $input: GiveOpinionInput!) {
  giveOpinion(requestId: $requestId, input: $input) {
    __typename
    ... on ApplicationRecorded { application { id status } receipt { sequence hash } }
    ... on Refusal { code messageEn }
  }
}"""

# `permute` walks the pool in an order that has nothing to do with the client, so that tenants meet as they would by chance.
SCRIPT: Final = f"""\
\\set n :n + 1
\\set m permute((:client_id * :share + :n) % :pool_size, :pool_size, 7)
\\set tenant :first + :m % :tenants
\\startpipeline
BEGIN;
SELECT set_config('app.tenant', (:tenant)::text, true), set_config('app.granted', '{{}}', true),
  set_config('app.shared', '{{{CITY}}}', true);
\\endpipeline
SELECT size, head, frontier FROM ledger_heads WHERE tenant_id = :tenant FOR UPDATE \\gset
SELECT a.id AS application, a.street_id, f.id AS form, f.hash AS form_hash, gen_random_uuid() AS opinion
  FROM applications a JOIN form_versions f ON f.tenant_id = a.tenant_id AND f.id = a.form_version_id
  WHERE a.tenant_id = :tenant AND a.id = md5((:pool)::text || '/' || (:tenant)::text || '/' || (:m)::text)::uuid \\gset
INSERT INTO opinions (tenant_id, id, application_id, stage, verdict, text, form_version_id, form_hash, author_tenant_id,
    author_id, given_at)
  VALUES (:tenant, :opinion, :application, 'street', 'agree', '经审核，情况属实，同意推荐。', :form, :form_hash, :tenant,
    :street_id, now());
UPDATE applications SET status = 'street_endorsed', revision = revision + 1, updated_at = now()
  WHERE tenant_id = :tenant AND id = :application;
WITH entry AS (
  INSERT INTO ledger_entries (tenant_id, seq, prev, hash, leaf, recorded_at, operation, subject_type, subject_id, actor_id,
    request_id, arguments_digest)
  SELECT (:tenant)::int, (:size)::bigint, (:head)::bytea, sha256(convert_to(l.leaf, 'UTF8')), l.leaf, now(),
    'application.opinion_given', 'application', (:application)::uuid, (:street_id)::uuid, (:opinion)::text, sha256(convert_to(l.leaf, 'UTF8'))
  FROM (SELECT repeat((:opinion)::text, 40) AS leaf) AS l RETURNING hash
), digests AS (
  INSERT INTO ledger_rows (tenant_id, table_name, row_key, seq, digest)
  SELECT (:tenant)::int, 'opinions', (:opinion)::text, (:size)::bigint, xingji_digest_opinions(o) FROM opinions o
    WHERE o.tenant_id = :tenant AND o.id = :opinion
  UNION ALL
  SELECT (:tenant)::int, 'applications', (:application)::text, (:size)::bigint, xingji_digest_applications(a) FROM applications a
    WHERE a.tenant_id = :tenant AND a.id = :application
)
UPDATE ledger_heads SET size = size + 1, head = (SELECT hash FROM entry), frontier = frontier WHERE tenant_id = :tenant;
COMMIT;
"""


async def bench_endorse(server: EmbeddedPostgres, database: str, rounds: int, seconds: float) -> Table:
    """Measure a hot tenant and 100 tenants at 16 and 64 clients."""
    url = server.url("app", database)
    async with opened(server, database) as admin, serving("ours", url, server.home) as port:

        def turn(pool: Pool, clients: int) -> Side:
            return OurSide(admin, port, server.home, pool, clients, seconds).run

        rows = await measure_pools(admin, url, turn, rounds, seconds)
    notes = {
        "ours": "one process with 16 connections to PostgreSQL; each request a token, a mutation, a signed entry, a selected payload",
        "pgbench": PGBENCH,
    }
    return Table("Endorsements", "pgbench", rows, notes)


@asynccontextmanager
async def opened(
    server: EmbeddedPostgres, database: str
) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A superuser's connection, by which what was endorsed is undone."""
    admin = await asyncpg.connect(server.url("superuser", database))
    try:
        yield admin
    finally:
        await admin.close()


async def measure_pools(
    admin: asyncpg.Connection[asyncpg.Record],
    url: str,
    turn: Callable[[Pool, int], Side],
    rounds: int,
    seconds: float,
) -> tuple[Row, ...]:
    """Hold the side that `turn` makes for a pool and so many clients against pgbench, for every pool and number of clients."""
    rows: list[Row] = []
    for pool in POOLS:
        for clients in CLIENTS:
            limit = PgbenchSide(admin, url, pool, clients, seconds)
            title = f"{TITLES[pool.name]}, {clients} clients"
            rows.append(await compare(title, limit.run, turn(pool, clients), rounds))
    await restore(admin)
    return tuple(rows)


class OurSide:
    """Requests to giveOpinion: by each street's officer, on applications in random order, none twice in a turn."""

    def __init__(
        self,
        admin: asyncpg.Connection[asyncpg.Record],
        port: int,
        home: Path,
        pool: Pool,
        clients: int,
        seconds: float,
    ) -> None:
        self._admin, self._port, self._home, self._pool = admin, port, home, pool
        self._clients, self._seconds = clients, seconds
        self._tokens: Mapping[tuple[int, int], str] = {}
        self._issued = datetime.min.replace(tzinfo=UTC)

    async def run(self) -> Measure:
        """One turn."""
        await restore(self._admin)
        requests = iter(self._requests())
        load = await drive(
            self._port,
            lambda _: next(requests, None),
            connections=self._clients,
            seconds=self._seconds,
            expect=b'"ApplicationRecorded"',
        )
        return measure_of(load)

    def _requests(self) -> Sequence[bytes]:
        """More than can be answered in a turn, unless the pool ends; made beforehand, so that the load stays light."""
        self._renew_tokens()
        size = self._pool.size
        numbers = random.sample(range(size), min(size, int(MOST_A_SECOND * self._seconds)))
        return [opinion_request(self._pool, number, self._tokens) for number in numbers]

    def _renew_tokens(self) -> None:
        """Officers keep a token for minutes, so a turn does not begin with new ones."""
        pool, now = self._pool, datetime.now(UTC)
        if now - self._issued > LIFETIME / 2:
            self._tokens, self._issued = issue_street_tokens(self._home, pool), now


def issue_street_tokens(home: Path, pool: Pool) -> Mapping[tuple[int, int], str]:
    """A fresh token of every street's officer, by tenant and street."""
    keys, now = TokenKeys(home / "tokens"), datetime.now(UTC)
    return {
        (tenant, street): keys.issue(street_officer(tenant, street), now)
        for tenant in range(pool.first, pool.first + pool.tenants)
        for street in range(STREETS)
    }


def opinion_request(pool: Pool, number: int, tokens: Mapping[tuple[int, int], str]) -> bytes:
    """The request that gives the street's opinion on an application."""
    tenant, application = pool.tenant(number), pool.application(number)
    asked = {
        "query": MUTATION,
        "variables": {
            "requestId": str(uuid.uuid4()),
            "input": {
                "applicationId": f"Application.{tenant}.{application}",
                "stage": "STREET",
                "verdict": "AGREE",
                "text": TEXT,
                "formHash": form_hash(application).hex(),
            },
        },
    }
    return post("/graphql", orjson.dumps(asked), tokens[tenant, street_of(pool.community(number))])


class PgbenchSide:
    """pgbench with `SCRIPT`; its clients part the pool among them."""

    def __init__(
        self,
        admin: asyncpg.Connection[asyncpg.Record],
        url: str,
        pool: Pool,
        clients: int,
        seconds: float,
    ) -> None:
        self._admin, self._url, self._pool = admin, url, pool
        self._clients, self._seconds = clients, seconds

    async def run(self) -> Measure:
        """One turn. Raises RuntimeError when a transaction failed."""
        await restore(self._admin)
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "endorse.sql"
            script.write_text(SCRIPT, encoding="utf-8")
            return await self._pgbench(script)

    async def _pgbench(self, script: Path) -> Measure:
        pool = self._pool
        values = {
            "n": 0,
            "pool": pool.name,
            "pool_size": pool.size,
            "share": pool.size // self._clients,
            "first": pool.first,
            "tenants": pool.tenants,
        }
        program = get_binaries(os.environ).bindir / "pgbench"
        child = await asyncio.create_subprocess_exec(
            str(program), "--no-vacuum", "--protocol=prepared", f"--file={script}", f"--client={self._clients}",
            "--jobs=2", f"--time={max(1, round(self._seconds))}", "--log", f"--log-prefix={script.with_name('log')}",
            *(f"--define={name}={value}" for name, value in values.items()),
            env=libpq_environ(self._url), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said = (await child.communicate())[0].decode(errors="replace")
        rate = re.search(r"tps = ([\d.]+) \(without initial", said)
        if child.returncode != 0 or rate is None or "number of failed transactions: 0 " not in said:
            raise RuntimeError(f"pgbench failed:\n{said[-3000:]}")
        return Measure(float(rate[1]), _p99(script.parent))


def _p99(folder: Path) -> float:
    """Milliseconds, from pgbench's own log of every transaction (third column, in microseconds)."""
    lines = [line for log in folder.glob("log.*") for line in log.read_text().splitlines()]
    times = sorted(int(line.split()[2]) for line in lines)
    return times[min(len(times) - 1, int(len(times) * 0.99))] / 1000


def libpq_environ(url: str) -> dict[str, str]:
    """The same connection for libpq; by the environment, since arguments are there for all to see."""
    parts = urlsplit(url)
    place = parse_qs(parts.query)
    return {
        "PGHOST": place["host"][0],
        "PGPORT": place["port"][0],
        "PGUSER": parts.username or "",
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path[1:]),
        "PGOPTIONS": "-c jit=off -c timezone=UTC",
    }
