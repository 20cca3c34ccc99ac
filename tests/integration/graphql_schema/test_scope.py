"""Nothing of another tenant, street or community comes through: by id, filter, cursor, nesting or list."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphql_schema.documents import Documents
from graphql_schema.execution import Engine, execute
from graphql_schema.limits import Limits
from graphql_schema.session import Session
from tenancy.database import Database
from tests.integration.graphql_schema.conftest import Ask
from tests.integration.graphql_schema.world import (
    AUDITOR,
    CITY,
    CITY_OFFICER,
    CLERK,
    COUNTY_OFFICER,
    EAST,
    INSPECTOR,
    NOW,
    READERS,
    STRANGE_OFFICER,
    STRANGER,
    STREET_OFFICER,
    WEST,
    World,
    principal,
    uid,
)

EVERYTHING = """{
    units(first: 100) { edges { node { id tenant { id } parent { id } children { edges { node { id } } } lineage { predecessor { id } } } } }
    campaigns { edges { node { id rosters { edges { node { id items { application { id } } } } } } } }
    applications(first: 100) { edges { cursor node { id community { id } campaign { id } form { id } opinions { id }
      formVersions { id } certification { id } ledgerEntries { edges { node { id } } } } } }
    rosters { edges { node { id items { application { id } } } } }
    certifications { edges { node { id application { id } } } }
    reviewCycles { edges { node { id teams { id } reviews(first: 100) { edges { node { id } } } } } }
    annualReviews(first: 100) { edges { node { id cycle { id } team { id } certification { id } verdicts { id } evidence { id }
      observations(first: 100) { edges { node { id } } } } } }
    reviewCorrections { edges { node { id } } }
    inspectors { edges { node { id } } }
    ledgerEntries(first: 100) { edges { node { id } } }
}"""


def ids_in(value: Any) -> set[str]:
    """Every global id but those of the registry."""
    if isinstance(value, dict):
        found = {value["id"]} if isinstance(value.get("id"), str) else set()
        return found.union(*(ids_in(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(ids_in(inner) for inner in value))
    return set()


def tenants_in(data: Any) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for text in ids_in(data):
        type_, tenant, _ = text.split(".")
        if type_ != "Tenant":
            found.setdefault(int(tenant), set()).add(type_)
    return found


async def test_everything_stays_within_the_scope(ask: Ask) -> None:
    shared = {"Campaign", "Roster"}
    found = tenants_in((await ask(EVERYTHING, COUNTY_OFFICER))["data"])
    assert found.keys() == {EAST, CITY} and found[CITY] == shared
    assert tenants_in((await ask(EVERYTHING, CITY_OFFICER))["data"]).keys() == {CITY, EAST, WEST}
    assert tenants_in((await ask(EVERYTHING, STRANGE_OFFICER))["data"]).keys() == {STRANGER}


@pytest.mark.parametrize("reader", [STREET_OFFICER, CLERK], ids=["street", "community"])
async def test_lower_readers_see_their_own_applications_only(reader: Any, ask: Ask, world: World) -> None:
    found = ids_in((await ask(EVERYTHING, reader))["data"])
    column = "street_id" if reader is STREET_OFFICER else "community_id"
    rows = [row for row in world.all("applications") if row["tenant_id"] == EAST]
    mine = {row["id"] for row in rows if row[column] == reader.roles[0].unit_id}
    assert {text for text in found if text.startswith("Application.")} == {
        f"Application.{EAST}.{key}" for key in mine
    }
    forms = {row["id"] for row in world.all("form_versions") if row["application_id"] in mine}
    assert {text for text in found if text.startswith("FormVersion.")} == {
        f"FormVersion.{EAST}.{key}" for key in forms
    }
    entries = {
        row["seq"]
        for row in world.all("ledger_entries")
        if row["subject_id"] in mine and row["tenant_id"] == EAST
    }
    assert {text for text in found if text.startswith("LedgerEntry.")} == {
        f"LedgerEntry.{EAST}.{key}" for key in entries
    }


async def test_no_node_outside_the_reach_is_found_by_id(ask: Ask) -> None:
    """Whatever the city officer sees, a street officer finds by id only when its own pages hold it."""
    everything = sorted(ids_in((await ask(EVERYTHING, CITY_OFFICER))["data"]))
    for reader in (COUNTY_OFFICER, STREET_OFFICER, CLERK, INSPECTOR, STRANGE_OFFICER):
        listed = ids_in((await ask(EVERYTHING, reader))["data"])
        for text in everything:
            if text.startswith(("Tenant.", "Opinion.")):
                continue
            found = await ask("query($id: ID!) { node(id: $id) { id } }", reader, {"id": text})
            assert found == {"data": {"node": {"id": text} if text in listed else None}}, text
        for at in range(0, len(everything), 100):
            ids = everything[at : at + 100]
            several = await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", reader, {"ids": ids})
            kept = {node["id"] for node in several["data"]["nodes"] if node}
            assert {text for text in kept if not text.startswith(("Tenant.", "Opinion."))} == listed & {
                text for text in ids if not text.startswith(("Tenant.", "Opinion."))
            }


async def test_filters_outside_the_scope_are_empty(ask: Ask) -> None:
    community = uid("community0.0", WEST)
    for filter_ in (
        f'tenantId: "Tenant.{WEST}.{WEST}"',
        'tenantId: "Tenant.77.77"',
        f'communityId: "Unit.{WEST}.{community}"',
        f'communityId: "Unit.{EAST}.{community}"',
        f'tenantId: "Tenant.{EAST}.{EAST}", communityId: "Unit.{WEST}.{community}"',
        f'campaignId: "Campaign.{STRANGER}.{uid("campaign", CITY)}"',
    ):
        query = f"{{ applications(filter: {{{filter_}}}) {{ totalCount edges {{ node {{ id }} }} }} }}"
        assert await ask(query, COUNTY_OFFICER) == {"data": {"applications": {"totalCount": 0, "edges": []}}}
    query = f'{{ applications(filter: {{tenantId: "Tenant.{WEST}.{WEST}"}}) {{ totalCount edges {{ node {{ id }} }} }} }}'
    found = await ask(query, CITY_OFFICER)
    assert found["data"]["applications"]["totalCount"] == 8
    assert tenants_in(found) == {WEST: {"Application"}}


async def test_a_cursor_of_another_county_opens_nothing(ask: Ask) -> None:
    query = (
        "query($after: String) { applications(first: 100, after: $after) { edges { cursor node { id } } } }"
    )
    city = await ask(query, CITY_OFFICER)
    for edge in city["data"]["applications"]["edges"]:
        page = await ask(query, COUNTY_OFFICER, {"after": edge["cursor"]})
        assert tenants_in(page).keys() <= {EAST}


async def test_pages_by_cursor_give_every_row_once(ask: Ask) -> None:
    query = """query($after: String, $before: String, $first: Int, $last: Int, $by: ApplicationOrder) {
        applications(first: $first, last: $last, after: $after, before: $before, orderBy: $by) {
          edges { cursor } pageInfo { hasNextPage endCursor hasPreviousPage startCursor } } }"""
    for order in (None, {"field": "UPDATED_AT", "direction": "DESC"}):
        whole = await ask(query, CITY_OFFICER, {"first": 100, "by": order})
        expected = [edge["cursor"] for edge in whole["data"]["applications"]["edges"]]
        assert len(set(expected)) == 16
        forward: list[str] = []
        page: dict[str, Any] = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
        while page["pageInfo"]["hasNextPage"]:
            given = {"first": 3, "after": page["pageInfo"]["endCursor"], "by": order}
            page = (await ask(query, CITY_OFFICER, given))["data"]["applications"]
            forward += [edge["cursor"] for edge in page["edges"]]
        assert forward == expected
        backward: list[str] = []
        page = {"pageInfo": {"hasPreviousPage": True, "startCursor": None}}
        while page["pageInfo"]["hasPreviousPage"]:
            given = {"last": 3, "before": page["pageInfo"]["startCursor"], "by": order}
            page = (await ask(query, CITY_OFFICER, given))["data"]["applications"]
            backward = [edge["cursor"] for edge in page["edges"]] + backward
        assert backward == expected


async def test_contacts_are_covered_for_readers_without_need(ask: Ask) -> None:
    query = "{ applications(first: 100) { edges { node { form { contactName mobilePhone fixedPhone } } } } }"
    hidden = json.dumps(await ask(query, AUDITOR), ensure_ascii=False)
    assert (
        "李**" in hidden and "李四" not in hidden and "13800001234" not in hidden and "8270001" not in hidden
    )
    for reader in (CITY_OFFICER, COUNTY_OFFICER, STREET_OFFICER):
        assert "李四" in json.dumps(await ask(query, reader), ensure_ascii=False)


async def test_an_auditor_with_a_street_reads_that_streets_contacts(ask: Ask) -> None:
    street = principal(EAST, "street_officer", uid("street0", EAST)).roles
    both = principal(EAST, "auditor")
    both = type(both)(both.tenant_id, both.person_id, both.roles + street, (), (CITY,), False)
    query = "{ applications(first: 100) { edges { node { street { id } form { contactName } } } } }"
    found = (await ask(query, both))["data"]["applications"]["edges"]
    assert len(found) == 8
    shown = {
        (edge["node"]["street"]["id"], edge["node"]["form"]["contactName"])
        for edge in found
        if edge["node"]["form"]
    }
    assert shown == {
        (f"Unit.{EAST}.{uid('street0', EAST)}", "李四"),
        (f"Unit.{EAST}.{uid('street1', EAST)}", "李**"),
    } | ({(f"Unit.{EAST}.{uid('street1', EAST)}", None)})


async def test_a_stranger_gets_nothing_but_to_be_told_to_sign_in(ask: Ask, engine: Engine) -> None:
    assert await ask("{ viewer { name } __typename }", None) == {
        "data": {"viewer": None, "__typename": "Query"}
    }
    query_type = engine.schema.query_type
    assert query_type is not None
    public = {"viewer", "publicNotices", "objectionStatus"}
    grown = 'query { ledgerConsistency(tenantId: "Tenant.1.1", fromSize: 0) { toRoot } }'
    answer = await ask(grown, None)
    assert answer["data"] == {"ledgerConsistency": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["auth.required"]
    for name in query_type.fields.keys() - public - {"node", "nodes", "ledgerConsistency"}:
        inside = "totalCount" if name != "reviewDay" else "id"
        given = '(level: "provincial", on: "2022-05-05")' if name == "certifiedOn" else ""
        answer = await ask(f"{{ {name}{given} {{ {inside} }} }}", None)
        assert answer["data"] is None
        assert [error["extensions"] for error in answer["errors"]] == [
            {"code": "auth.required", "traceId": "trace"}
        ]
    answer = await ask('{ node(id: "Tenant.1.1") { id } }', None)
    assert answer["data"] == {"node": None} and answer["errors"][0]["path"] == ["node"]


async def test_a_reader_without_roles_is_denied(ask: Ask) -> None:
    nobody = principal(EAST, "county_officer")
    nobody = type(nobody)(nobody.tenant_id, nobody.person_id, (), (), (), False)
    answer = await ask('{ viewer { personId } node(id: "Tenant.1.1") { id } }', nobody)
    assert answer["data"]["node"] is None and answer["data"]["viewer"] is not None
    assert answer["errors"][0]["extensions"]["code"] == "permission.denied"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('{ node(id: "nonsense") { id } }', "id.malformed"),
        ('{ node(id: "Application.02.x") { id } }', "id.malformed"),
        ('{ node(id: "Application.2.17") { id } }', "id.malformed"),
        ('{ node(id: "LedgerEntry.2.6ba7b810-9dad-11d1-80b4-00c04fd430c8") { id } }', "id.malformed"),
        ('{ node(id: "PageInfo.2.6ba7b810-9dad-11d1-80b4-00c04fd430c8") { id } }', "id.malformed"),
        ('{ node(id: "Application.2.6BA7B810-9dad-11d1-80b4-00c04fd430c8") { id } }', "id.malformed"),
        ('{ nodes(ids: ["Tenant.1.1", "x"]) { id } }', "id.malformed"),
        ('{ applications(filter: {communityId: "Application.2.1"}) { totalCount } }', "id.malformed"),
        ('{ applications(filter: {communityId: "Unit.2.1"}) { totalCount } }', "id.malformed"),
        ('{ applications(after: "x") { totalCount edges { cursor } } }', "cursor.malformed"),
        ('{ applications(after: "updated_at:2022-04-25T01:02:03.456789Z:6ba7b810-9dad-11d1-80b4-00c04fd430c8:2") { edges { cursor } } }', "cursor.malformed"),
        ('{ applications(after: "created_at:2022-04-25:6ba7b810-9dad-11d1-80b4-00c04fd430c8:2") { edges { cursor } } }', "cursor.malformed"),
        ('{ ledgerEntries(after: "seq:99999999999999999999:1:2") { edges { cursor } } }', "cursor.malformed"),
        ('{ units(after: "sort_key:\\u0000:6ba7b810-9dad-11d1-80b4-00c04fd430c8:2") { edges { cursor } } }', "cursor.malformed"),
        ('{ ledgerEntries(filter: {operation: "\\u0000"}) { totalCount } }', "text.malformed"),
        ("{ applications(first: 101) { edges { cursor } } }", "page.size"),
        ("{ applications(first: -1) { edges { cursor } } }", "page.size"),
        ("{ applications(first: 1, last: 1) { edges { cursor } } }", "page.size"),
        ("{ units { edges { node { children(last: 1000) { edges { cursor } } } } } }", "page.size"),
    ],
)  # fmt: skip
async def test_what_is_malformed_is_refused_by_its_code(query: str, code: str, ask: Ask) -> None:
    for reader in (CITY_OFFICER, COUNTY_OFFICER):
        answer = await ask(query, reader)
        assert [error["extensions"]["code"] for error in answer["errors"]] == [code]
        assert answer["data"] is None or list(answer["data"].values()) == [None]


async def test_a_page_size_in_a_variable_is_bounded(ask: Ask) -> None:
    query = "query($n: Int) { applications(first: $n) { edges { cursor } } }"
    assert "errors" not in await ask(query, CITY_OFFICER, {"n": 100})
    for size in (101, -1, 2**31 - 1):
        answer = await ask(query, CITY_OFFICER, {"n": size})
        assert answer["errors"][0]["extensions"]["code"] == "page.size"
        assert answer["errors"][0]["path"] == ["applications"]


async def test_one_plan_serves_every_tenant_and_keeps_nothing_of_them(
    reading: Database, engine: Engine
) -> None:
    engine = Engine(engine.strawberry)
    operation = Documents(engine.schema, Limits()).prepare("query($id: ID!) { node(id: $id) { id } }")
    for county in (EAST, WEST):
        key = uid("application", county, 0, "provincial")
        session = Session(principal(county, "county_officer"), NOW, reading)
        for text in (f"Application.{county}.{key}", f"Application.{5 - county}.{key}"):
            await execute(engine, operation, {"id": text}, session)
    assert len(engine.plans) == 1


@pytest.mark.parametrize("who", READERS)
async def test_introspection_is_graphql_cores_and_can_be_switched_off(
    who: str, reading: Database, engine: Engine
) -> None:
    query = '{ t: __type(name: "LegacyKind") { ...E } __schema { queryType { name } } __typename } fragment E on __Type { enumValues { name } }'
    operation = Documents(engine.schema, Limits()).prepare(query)
    session = Session(READERS[who], NOW, reading, "en", "trace")
    assert json.loads(await execute(engine, operation, None, session)) == {
        "data": {
            "t": {"enumValues": [{"name": "CERTIFICATION"}, {"name": "ANNUAL_REVIEW"}]},
            "__schema": {"queryType": {"name": "Query"}},
            "__typename": "Query",
        }
    }
    closed = Engine(engine.strawberry, introspection=False)
    answer = json.loads(await execute(closed, operation, None, session))
    assert answer["data"] is None and answer["errors"][0]["extensions"]["code"] == "introspection.disabled"
