"""The data that every bench runs on, built once and kept in `.xingji/bench`.

The real tenants are founded as an installation is, with their ledgers, and their city opens the real campaign. Beside them stand made-up
counties, so that indexes, plans and caches are as large as a province's: their rows are written set-based by the superuser without triggers, so
nothing in the ledgers covers them, but what the benches do to them runs under every trigger and policy.

| tenants | are for | hold |
|---|---|---|
| 1 to 12 | realism | Zhoukou's real units, founded |
| 1001 to 1200 | `reads` | 100 communities, each with a certified application: form, four opinions, certification |
| 2000 | `endorse`, hot | `HOT` submitted applications |
| 2001 to 2100 | `endorse`, spread | `SPREAD` submitted applications in all |

Ids derive from numbers by MD5, in SQL and in Python alike, so nothing has to be looked up. The database is named after its version and the
migrations' revision: another version builds another one. Half-built, it has another name.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg

from audit.entry import Actor, Draft, Subject
from audit.ledger import append, open_ledger
from certification.acts import open_campaign
from certification.figures import Figure, format_figures
from certification.founding import Founding, Person
from certification.recording import perform
from tenancy.database import Database, Scope
from tenancy.divisions import Tenancy, unit_id, units_of
from tenancy.identity import Principal, Role, RoleName
from xingji import migrate
from xingji.demo.words import figures_of
from xingji.founding import found_installation
from xingji.postgres import EmbeddedPostgres
from xingji.service import open_keys, open_vault

VERSION: Final = 3
BUILDING: Final = "half_built"
DOMAIN: Final = "bench.xingji.example"
CITY: Final = 1
READ: Final = range(1001, 1201)
HOT_TENANT: Final = 2000
WRITE: Final = range(2000, 2101)
COMMUNITIES: Final = 100
STREETS: Final = 8
CAMPAIGNS: Final = 40
"""Campaigns over which the submitted applications are spread: a county has dozens in a campaign, not thousands."""
PAST: Final = 50
"""Entries in the log of each tenant of `endorse`, so that the planner knows logs as they are in service: longer than one entry."""
HOT: Final = 3_000
SPREAD: Final = 12_000
STARTED: Final = datetime(2022, 4, 25, 2, tzinfo=UTC)
"""When everything was founded; inside the window in which streets give opinions."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pool:
    """Submitted applications, numbered from 0 to `size`; number m lies in tenant `first + m % tenants`."""

    name: str
    size: int
    first: int
    tenants: int

    def tenant(self, number: int) -> int:
        """The tenant of an application."""
        return self.first + number % self.tenants

    def community(self, number: int) -> int:
        """The community, from 0, that applies: with the campaign it names the application within its tenant."""
        return number // self.tenants // CAMPAIGNS

    def application(self, number: int) -> UUID:
        """The id of an application."""
        return made_id(self.name, self.tenant(number), number)


POOLS: Final = (
    Pool("hot", HOT, HOT_TENANT, 1),
    Pool("spread", SPREAD, HOT_TENANT + 1, 100),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What made-up rows a database holds.

    Counties `read` and `write`, with `communities` each; in `read` the first `certified` of them are certified, each with `reviews` annual
    reviews; `write` have a log, and the applications of `pools`.
    """

    name: str
    read: range
    write: range
    communities: int
    certified: int
    reviews: int
    pools: tuple[Pool, ...]


BENCH: Final = Shape("bench", READ, WRITE, COMMUNITIES, COMMUNITIES, 0, POOLS)


def made_id(kind: str, *numbers: int) -> UUID:
    """The id of a made-up row: MD5 of its name, as `_MADE_ID` has it in SQL."""
    name = "/".join([kind, *map(str, numbers)])
    return UUID(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest())


def street_of(community: int) -> int:
    """The street, from 0, above a community."""
    return community % STREETS


def form_hash(application: UUID) -> bytes:
    """The hash of the form of a made-up application."""
    return hashlib.sha256(str(application).encode()).digest()


def county_officer(tenant: int) -> Principal:
    """The reader of a made-up county."""
    return _officer(tenant, "county", RoleName.COUNTY_OFFICER, made_id("unit", tenant), "county")


def street_officer(tenant: int, street: int) -> Principal:
    """Who gives the opinions of a street of a made-up county."""
    unit = made_id("street", tenant, street)
    return _officer(tenant, f"officer{street}", RoleName.STREET_OFFICER, unit, "street")


def _officer(tenant: int, kind: str, role: RoleName, unit: UUID, unit_kind: str) -> Principal:
    return Principal(tenant, made_id(kind, tenant), (Role(role, unit, unit_kind),), (), (CITY,), demo=False)


def prepare(server: EmbeddedPostgres, say: Say, shape: Shape = BENCH) -> str:
    """The name of the database with the data of a shape, built if it is not there. Blocks; building takes about half a minute for `BENCH`."""
    return asyncio.run(_prepare(server, say, shape))


async def _prepare(server: EmbeddedPostgres, say: Say, shape: Shape) -> str:
    await asyncio.to_thread(_migrate_template, server)
    revision = await asyncio.to_thread(migrate.find_revision, server.url("owner"))
    name = f"{shape.name}_{VERSION}_{revision}"
    admin = await asyncpg.connect(server.url("superuser", "postgres"))
    try:
        known = [row["datname"] for row in await admin.fetch("SELECT datname FROM pg_database")]
        if name in known:
            return name
        for old in known:
            if old.startswith((f"{shape.name}_", BUILDING)):
                await admin.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
        await admin.execute(f"CREATE DATABASE {BUILDING} TEMPLATE xingji OWNER xingji_owner")
        await _build(server, BUILDING, say, shape)
        await admin.execute(f'ALTER DATABASE {BUILDING} RENAME TO "{name}"')
    finally:
        await admin.close()
    return name


def _migrate_template(server: EmbeddedPostgres) -> None:
    migrate.upgrade(server.url("owner"))


async def _build(server: EmbeddedPostgres, name: str, say: Say, shape: Shape) -> None:
    database = await Database.connect(server.url("app", name), 1, 2, vault=open_vault(server.home))
    try:
        say("founding the real tenants")
        await found_installation(
            server.url("owner", name), database, server.home, DOMAIN, _founding, STARTED, lambda *_: None
        )
        keys = open_keys(server.home)
        async with database.write(Scope(CITY)) as tx:
            command, actor = open_campaign.Command("zhoukou-2022"), _city_officer()
            signer = keys.get(_origin("411600"))
            opened = await perform(tx, signer, open_campaign.ACT, command, actor, "open", lambda: STARTED)
        say("writing made-up counties")
        admin = await asyncpg.connect(server.url("superuser", name))
        try:
            async with admin.transaction():
                await admin.execute("SET LOCAL session_replication_role = replica")
                await admin.execute(_bulk_sql(opened.subject_id, shape))
            for tenant in shape.write:
                origin = _origin(str(tenant))
                async with database.write(Scope(tenant)) as tx:
                    signer = keys.find(origin) or keys.create(origin)
                    head = await open_ledger(tx.raw, tenant, signer, STARTED)
                    await append(tx.raw, head, signer, [_past(number, origin) for number in range(PAST)])
            await admin.execute("CREATE TABLE bench_heads AS SELECT * FROM ledger_heads")
            await admin.execute("VACUUM ANALYZE")
            await admin.execute("CHECKPOINT")
        finally:
            await admin.close()
    finally:
        await database.close()


async def restore(admin: asyncpg.Connection[asyncpg.Record], tenants: range = WRITE) -> None:
    """Undo what was endorsed, as the superuser without triggers, so that every turn of `endorse` begins with the same rows."""
    async with admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")
        await admin.execute(_RESTORE.format(first=tenants.start, stop=tenants.stop))
    await admin.execute(
        "VACUUM ANALYZE applications, opinions, ledger_heads, ledger_entries, ledger_rows, access_log"
    )


def _origin(code: str) -> str:
    return f"{DOMAIN}/{code}"


def _past(number: int, origin: str) -> Draft:
    """An entry of before, of nothing that is still there."""
    what = made_id("past", number)
    actor = Actor(made_id("past", 0), "clerk", origin)
    return Draft(
        "bench.past", str(what), STARTED, actor, Subject("bench", what, 1), {"arguments": bytes(32).hex()}
    )


def _city_officer() -> Principal:
    unit = unit_id("411600")
    person = made_id("city", CITY)
    return Principal(CITY, person, (Role(RoleName.CITY_OFFICER, unit, "city"),), (), (), demo=False)


def _founding(tenant: Tenancy) -> Founding:
    rows = units_of(tenant.code)
    officer = _city_officer()
    people = [Person(officer.person_id, "市局", ((RoleName.CITY_OFFICER, unit_id(tenant.code)),))]
    return Founding(
        tenant_unit_id=unit_id(tenant.code),
        units=rows.units,
        codes=rows.codes,
        lineages=rows.lineages,
        people=people if tenant.id == CITY else (),
        grants=() if tenant.parent_id is None else ((tenant.parent_id, "oversee"),),
    )


def _bulk_sql(campaign: UUID, shape: Shape) -> str:
    """Every made-up row, parents before children. Only numbers and ids of ours are put into the text."""
    pools = " UNION ALL ".join(
        f"SELECT '{pool.name}' AS pool, m, {pool.first} + m % {pool.tenants} AS t, "
        f"m / {pool.tenants} % {CAMPAIGNS} AS k, m / {pool.tenants} / {CAMPAIGNS} AS c "
        f"FROM generate_series(0, {pool.size - 1}) AS m"
        for pool in shape.pools
    )
    return _BULK.format(
        campaign=campaign,
        city=CITY,
        domain=DOMAIN,
        read_first=shape.read.start,
        read_last=shape.read.stop - 1,
        write_first=shape.write.start,
        write_last=shape.write.stop - 1,
        communities=shape.communities,
        certified=shape.certified,
        reviews=shape.reviews,
        streets=STREETS,
        campaigns=CAMPAIGNS,
        pools=pools,
        figures=format_figures([Figure(**one) for one in figures_of("provincial")]),
    )


_BULK: Final = """
CREATE FUNCTION pg_temp.made(VARIADIC parts text[]) RETURNS uuid LANGUAGE sql IMMUTABLE
  RETURN md5(array_to_string(parts, '/'))::uuid;

CREATE TEMP TABLE counties ON COMMIT DROP AS
  SELECT t FROM generate_series({read_first}, {read_last}) AS t
  UNION SELECT t FROM generate_series({write_first}, {write_last}) AS t;
CREATE TEMP TABLE places ON COMMIT DROP AS
  SELECT t, c, c % {streets} AS s FROM counties, generate_series(0, {communities} - 1) AS c;

INSERT INTO tenants (id, code, name, level, parent_id, unit_id, origin)
  SELECT t, t::text, '第' || t || '县', 'county', {city}, pg_temp.made('unit', t::text), '{domain}/' || t FROM counties;

INSERT INTO units (tenant_id, id, parent_id, kind, name, sort_key, valid_from)
  SELECT t, pg_temp.made('unit', t::text), NULL, 'county', '第' || t || '县', t::text, date '2020-06-30' FROM counties
  UNION ALL
  SELECT t, pg_temp.made('street', t::text, s::text), pg_temp.made('unit', t::text), 'street', '第' || s || '街道',
    t || '-' || s, date '2020-06-30' FROM counties, generate_series(0, {streets} - 1) AS s
  UNION ALL
  SELECT t, pg_temp.made('community', t::text, c::text), pg_temp.made('street', t::text, s::text), 'community',
    '第' || c || '社区', t || '-' || s || '-' || lpad(c::text, 4, '0'), date '2020-06-30' FROM places;

INSERT INTO unit_codes (tenant_id, unit_id, code, valid_from, source)
  SELECT tenant_id, id, substr(translate(id::text, '-abcdef', '0123456'), 1, 12), valid_from, 'bench'
  FROM units WHERE tenant_id >= {read_first};

INSERT INTO people (tenant_id, id, created_at)
  SELECT t, pg_temp.made('county', t::text), timestamptz '2022-04-01Z' FROM counties
  UNION ALL
  SELECT t, pg_temp.made('officer' || s, t::text), timestamptz '2022-04-01Z'
  FROM counties, generate_series(0, {streets} - 1) AS s;

INSERT INTO role_assignments (tenant_id, id, person_id, role, unit_id, valid_from)
  SELECT t, pg_temp.made('role', t::text), pg_temp.made('county', t::text), 'county_officer',
    pg_temp.made('unit', t::text), timestamptz '2022-04-01Z' FROM counties
  UNION ALL
  SELECT t, pg_temp.made('role', t::text, s::text), pg_temp.made('officer' || s, t::text), 'street_officer',
    pg_temp.made('street', t::text, s::text), timestamptz '2022-04-01Z'
  FROM counties, generate_series(0, {streets} - 1) AS s;

INSERT INTO campaigns (tenant_id, id, code, name, document_number, issued_on, programme, programme_digest, opened_at)
  SELECT tenant_id, pg_temp.made('campaign', k::text), code || '-' || k, name, document_number, issued_on, programme,
    programme_digest, opened_at
  FROM campaigns, generate_series(0, {campaigns} - 1) AS k WHERE tenant_id = {city} AND id = '{campaign}';

CREATE TEMP TABLE filed ON COMMIT DROP AS
  SELECT t, c, s, pg_temp.made('read', t::text, c::text) AS id, '{campaign}'::uuid AS campaign, 'certified' AS status,
    timestamptz '2022-04-22Z' + (c % 50) * interval '1 hour' AS at FROM places WHERE t <= {read_last} AND c < {certified}
  UNION ALL
  SELECT t, c, c % {streets}, pg_temp.made(pool, t::text, m::text), pg_temp.made('campaign', k::text), 'submitted',
    timestamptz '2022-04-25Z' + c * interval '1 minute' FROM ({pools}) AS pooled;

INSERT INTO applications (tenant_id, id, campaign_tenant_id, campaign_id, level, community_id, street_id, status, revision,
    form_version_id, filed_by, created_at, updated_at)
  SELECT t, id, {city}, campaign, 'provincial', pg_temp.made('community', t::text, c::text),
    pg_temp.made('street', t::text, s::text), status, 3, pg_temp.made('form', id::text),
    pg_temp.made('clerk', t::text), at, at + interval '1 day' FROM filed;

INSERT INTO form_versions (tenant_id, id, application_id, version, form, situation, narrative, contact_name_commitment, hash,
    author_id, created_at, figures)
  SELECT t, pg_temp.made('form', id::text), id, 1, 'form-2', '第' || c || '社区基本情况，创建工作情况。',
    '推荐材料：' || repeat('社区设有公共就业服务平台，' || c, 12), sha256(id::text::bytea || 'contact'::bytea),
    sha256(id::text::bytea), pg_temp.made('clerk', t::text), at, '{figures}' FROM filed;

INSERT INTO opinions (tenant_id, id, application_id, stage, verdict, text, form_version_id, form_hash, author_tenant_id,
    author_id, given_at)
  SELECT t, pg_temp.made('opinion', id::text, n::text), id,
    (ARRAY['street', 'county', 'city', 'site_visit'])[n], 'agree', '经审核，情况属实，同意推荐第' || c || '社区。',
    pg_temp.made('form', id::text), sha256(id::text::bytea), CASE WHEN n < 3 THEN t ELSE {city} END,
    pg_temp.made('officer' || s, t::text), at + n * interval '1 day'
  FROM filed, generate_series(1, 4) AS n WHERE status = 'certified';

INSERT INTO certifications (tenant_id, id, community_id, level, application_id, document_number, certified_on, cited_origin,
    cited_seq, cited_hash)
  SELECT t, pg_temp.made('certification', id::text), pg_temp.made('community', t::text, c::text), 'provincial', id,
    '豫人社函〔2022〕' || c || '号', date '2022-07-01' + c % 30, '{domain}/411600', 9, sha256(id::text::bytea)
  FROM filed WHERE status = 'certified';

INSERT INTO annual_reviews (tenant_id, id, cycle_id, certification_id, community_id, street_id, level, year, status, revision, round,
    rectified, result, created_at, updated_at, confirmed_at)
  SELECT t, pg_temp.made('review', id::text, n::text), pg_temp.made('cycle', n::text), pg_temp.made('certification', id::text),
    pg_temp.made('community', t::text, c::text), pg_temp.made('street', t::text, s::text), 'provincial', 2022 + n, 'confirmed', 3, 1,
    false, 'pass', at + n * interval '1 year', at + n * interval '1 year', at + n * interval '1 year'
  FROM filed, generate_series(1, {reviews}) AS n WHERE status = 'certified';
"""

_RESTORE: Final = """
DELETE FROM opinions o USING applications a WHERE a.tenant_id = o.tenant_id AND a.id = o.application_id
  AND a.status = 'street_endorsed' AND a.tenant_id >= {first} AND a.tenant_id < {stop};
DELETE FROM ledger_rows WHERE tenant_id >= {first} AND tenant_id < {stop};
DELETE FROM ledger_entries e USING bench_heads b
  WHERE b.tenant_id = e.tenant_id AND e.tenant_id >= {first} AND e.tenant_id < {stop} AND e.seq >= b.size;
UPDATE ledger_heads h SET size = b.size, head = b.head, frontier = b.frontier FROM bench_heads b
  WHERE b.tenant_id = h.tenant_id AND h.tenant_id >= {first} AND h.tenant_id < {stop} AND h.size <> b.size;
UPDATE applications SET status = 'submitted', revision = 3 WHERE tenant_id >= {first} AND tenant_id < {stop}
  AND status = 'street_endorsed';
"""
