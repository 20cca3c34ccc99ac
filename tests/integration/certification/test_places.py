"""A county's places are counted within one campaign and level, each application once."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from certification.reading import read_application
from tenancy.database import Scope
from tests.integration.certification.world import APRIL_26, CITY, COUNTIES, World
from xingji.postgres import EmbeddedPostgres

_COPIES = """
SET LOCAL session_replication_role = replica;
INSERT INTO campaigns SELECT (r).* FROM (
  SELECT jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'code', 'another')) AS r FROM campaigns c) AS s;
INSERT INTO applications SELECT (r).* FROM (
  SELECT jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(),
    'campaign_id', (SELECT id FROM campaigns WHERE code = 'another'))) AS r FROM applications a) AS s;
"""


async def test_places_count_once_and_in_their_own_campaign(world: World, postgres: EmbeddedPostgres) -> None:
    county, campaign = COUNTIES[0], await world.open()
    first = await world.endorsed(campaign, county, 1)
    await world.opinion(first, county, "county", f"county/{county}", APRIL_26)
    waiting = [await world.endorsed(campaign, county, number) for number in (2, 3)]
    name = await world.value(county, "SELECT current_database()")
    admin = await asyncpg.connect(postgres.url("superuser", name))
    async with admin.transaction():
        await admin.execute(_COPIES)
    await admin.close()
    assert await taken(world, county, first) == 1
    assert [await taken(world, county, one) for one in waiting] == [1, 1]
    other = await world.value(
        county,
        "SELECT a.id FROM applications a WHERE a.campaign_tenant_id = $1 AND a.campaign_id <> $2 LIMIT 1",
        CITY,
        campaign,
    )
    assert await taken(world, county, other) == 1


async def taken(world: World, county: int, application: UUID) -> int:
    async with world.database.read(Scope(county, shared=(CITY,))) as tx:
        return (await read_application(tx, application, APRIL_26)).view.county_taken
