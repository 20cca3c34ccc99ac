"""A community's life story over a played round: whole, in order, for whom it is, by index."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, func, literal_column, select

from audit.tables import ledger_entries
from graphql_schema.types.story import of_story
from tenancy.statements import statement
from tenancy.tables import units
from tests.integration.api.kit import Caller, Stage, tamper
from xingji.demo.cast import CITY, counties

COUNTY, OTHER = counties()[0], counties()[1]
ENTRY = """kind operation recordedAt summary actor { role origin } outcome { stage verdict result status level year }
  receipt { origin sequence hash } application { id level } certification { id } review { id }"""
STORY = f"""query($id: ID!, $first: Int, $after: String, $f: StoryFilter) {{ node(id: $id) {{ ... on Unit {{
  story(first: $first, after: $after, filter: $f) {{ totalCount pageInfo {{ hasNextPage endCursor }}
  edges {{ cursor node {{ {ENTRY} }} }} }} }} }} }}"""
NOMINEE = f"Unit.{COUNTY.tenant_id}.{COUNTY.nominee.id}"


async def story(caller: Caller, id_: str = NOMINEE, **given: Any) -> dict[str, Any]:
    node = (await caller.get(STORY, id=id_, **{"first": 100, **given}))["node"]
    return dict(node["story"]) if node else {}


def nodes(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in found["edges"]]


async def test_story_is_whole_and_newest_first(reading: Stage):
    officer = await reading.person(COUNTY.code, "county")
    found = nodes(await story(officer))
    stored = await reading.rows(
        """SELECT seq, operation, encode(hash, 'hex') AS hash FROM ledger_entries e WHERE tenant_id = $1 AND (subject_id = $2
        OR EXISTS (SELECT FROM applications a WHERE (a.tenant_id, a.id, a.community_id) = (e.tenant_id, e.subject_id, $2))
        OR EXISTS (SELECT FROM certifications a WHERE (a.tenant_id, a.id, a.community_id) = (e.tenant_id, e.subject_id, $2))
        OR EXISTS (SELECT FROM legacy_records a WHERE (a.tenant_id, a.id, a.community_id) = (e.tenant_id, e.subject_id, $2))
        OR EXISTS (SELECT FROM evidence f JOIN applications a ON a.tenant_id = f.tenant_id AND a.id = f.subject_id
          WHERE f.tenant_id = e.tenant_id AND f.id = e.subject_id AND a.community_id = $2)) ORDER BY seq DESC""",
        COUNTY.tenant_id,
        COUNTY.nominee.id,
    )
    told = [(one["receipt"]["sequence"], one["operation"], one["receipt"]["hash"]) for one in found]
    assert told == [tuple(row) for row in stored] and len(told) > 6
    kinds = {one["kind"] for one in found}
    assert {"APPLICATION", "ENDORSEMENT", "CERTIFICATION"} <= kinds
    opinions = [one for one in found if one["operation"] == "application.opinion_given"]
    assert [one["actor"]["role"] for one in opinions] == ["city_officer", "county_officer", "street_officer"]
    assert {one["outcome"]["verdict"] for one in opinions} == {"agree"}
    assert (
        all(one["application"]["level"] for one in opinions) and opinions[0]["summary"] == "签署意见（同意）"
    )
    home = {one["actor"]["role"]: one["actor"]["origin"] for one in opinions}
    assert home["city_officer"] != home["county_officer"] == found[0]["receipt"]["origin"]


async def test_pages_and_filters_cut_the_same_story(reading: Stage):
    officer = await reading.person(COUNTY.code, "county")
    whole = await story(officer)
    paged, after = [], None
    while True:
        page = await story(officer, first=3, after=after)
        paged += page["edges"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == whole["edges"] and page["totalCount"] == len(paged)
    some = await story(officer, f={"kind": ["ENDORSEMENT"]})
    assert nodes(some) == [one for one in nodes(whole) if one["kind"] == "ENDORSEMENT"] != []
    at = nodes(whole)[3]["recordedAt"]
    since, before = await story(officer, f={"since": at}), await story(officer, f={"before": at})
    assert nodes(since) + nodes(before) == nodes(whole) and nodes(since) and nodes(before)
    one = await story(officer, f={"operation": ["application.filed"], "kind": ["APPLICATION"]})
    assert {entry["operation"] for entry in nodes(one)} == {"application.filed"}


async def test_story_is_for_who_reads_the_applications(reading: Stage):
    size = (await story(await reading.person(COUNTY.code, "county")))["totalCount"]
    for who in ((COUNTY.code, "clerk"), (COUNTY.code, "street"), (CITY, "leader"), (CITY, "auditor")):
        assert (await story(await reading.person(*who)))["totalCount"] == size, who
    for who in ((COUNTY.code, "rival"), (COUNTY.code, "star")):
        found = await story(await reading.person(*who))
        assert (found["totalCount"], found["edges"]) == (0, []), who
    assert await story(await reading.person(OTHER.code, "county")) == {}
    answer = await reading.stranger.ask(STORY, id=NOMINEE)
    assert [one["extensions"]["code"] for one in answer["errors"]] == ["auth.required"]


async def test_story_goes_on_from_predecessors_and_is_read_by_index(replay: Stage):
    """Some thousand entries of others in the log, and a community that goes on from another by way of a third."""
    made, between = UUID(int=77), UUID(int=78)
    tenant = COUNTY.tenant_id
    grown = f"""INSERT INTO ledger_entries SELECT tenant_id, seq + 1000 * (n + 1), sha256(('p' || n || '/' || seq)::bytea), hash, leaf,
        recorded_at, operation, subject_type, gen_random_uuid(), actor_id, n || '/' || seq, arguments_digest
        FROM ledger_entries, generate_series(1, 400) AS n WHERE tenant_id = {tenant} AND seq < 20"""
    unit = "INSERT INTO units SELECT (jsonb_populate_record(u, jsonb_build_object('id', '{new}'))).* FROM units u WHERE id = '{old}'"
    line = "INSERT INTO unit_lineages SELECT (jsonb_populate_record(l, jsonb_build_object('tenant_id', {tenant}, 'id', gen_random_uuid(), 'unit_id', '{unit}', 'predecessor_tenant_id', {tenant}, 'predecessor_unit_id', '{before}', 'kind', 'merged', 'effective_on', '2022-07-01', 'source', 'test'))).* FROM (SELECT (NULL::unit_lineages).*) AS x, LATERAL (SELECT NULL::unit_lineages AS l) AS y"
    await tamper(
        replay.urls,
        grown,
        unit.format(new=made, old=COUNTY.nominee.id),
        unit.format(new=between, old=COUNTY.nominee.id),
        line.format(tenant=tenant, unit=made, before=between),
        line.format(tenant=tenant, unit=between, before=COUNTY.nominee.id),
        # A ring is no reason to go round for ever.
        line.format(tenant=tenant, unit=COUNTY.nominee.id, before=made),
    )
    officer = await replay.person(COUNTY.code, "county")
    before, after = await story(officer), await story(officer, f"Unit.{tenant}.{made}")
    assert after["edges"] == before["edges"] != []
    conn: Any = await asyncpg.connect(replay.urls.superuser)
    try:
        await conn.execute("ANALYZE ledger_entries")
        # As the read path puts it: a page beneath its unit.
        row, entry = units.alias("u"), ledger_entries.alias("e")
        page = (
            select(entry.c.seq)
            .where(entry.c.tenant_id == row.c.tenant_id, of_story(entry, row))
            .order_by(entry.c.seq.desc())
            .limit(literal_column("21"))
            .correlate(row)
            .subquery()
        )
        asked = statement(
            select(select(func.count()).select_from(page).scalar_subquery())
            .select_from(row)
            .where(row.c.tenant_id == bindparam("tenant_id"), row.c.id == bindparam("unit"))
        )
        arguments = asked.arguments({"unit": COUNTY.nominee.id}, tenant)
        found = await conn.fetch(f"EXPLAIN (ANALYZE) {asked.sql}", *arguments)
        plan = "\n".join(one["QUERY PLAN"] for one in found)
        assert "ix_ledger_entries_subject" in plan and "Seq Scan on ledger_entries" not in plan, plan
    finally:
        await conn.close()
