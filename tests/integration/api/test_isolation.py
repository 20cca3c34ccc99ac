"""Nobody sees or does what is not theirs: by id, filter, cursor, relation or mutation; and what is there looks like what is not.

The schema is walked, so that a new node type, connection, filter or mutation is asked as well, or fails here for want of a value.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from graphql_schema.declare import (
    SOURCE,
    FilterSource,
    ScopeKind,
    TypeSource,
    find_permission,
    find_rows,
    metadata_of,
)
from graphql_schema.mutations import Mutation
from graphql_schema.permissions import ROLE_PERMISSIONS, Permission
from graphql_schema.queries import Query
from graphql_schema.schema import build_schema
from tests.integration.api.kit import Caller, Stage
from tests.integration.evidence.kit import pdf, send
from xingji.demo.cast import CITY, counties

SCHEMA = build_schema(Query, Mutation)._schema
THEIRS, OURS = counties()[0], counties()[1]
CITY_TENANT = 1
COUNTY_PEOPLE = ("clerk", "street", "county", "admin")
EVERYBODY = (
    *((OURS.code, login) for login in COUNTY_PEOPLE),
    *((CITY, login) for login in ("reviewer", "leader", "auditor", "admin")),
)


ROLES = {
    "clerk": "community_clerk",
    "street": "street_officer",
    "county": "county_officer",
    "admin": "tenant_administrator",
    "reviewer": "city_officer",
    "leader": "city_officer",
    "auditor": "auditor",
}
# Acts on nobody else's: one's own password, a grant of one's own tenant.
OWN_ACTS = {"changePassword", "grantOversight"}


def may(login: str, permission: Permission | None) -> bool:
    """Whether the role of a login gives a permission."""
    assert permission is not None
    return permission is Permission.PUBLIC or permission in ROLE_PERMISSIONS[ROLES[login]]


def is_denied(answer: Mapping[str, Any]) -> bool:
    """Refused for want of a permission, and nothing else is told."""
    found = [one["extensions"]["code"] for one in answer.get("errors", ())]
    return found == ["permission.denied"] and not any((answer["data"] or {}).values())


def node_types() -> dict[str, TypeSource]:
    """Every type with a global id, with the table of its rows."""
    node = SCHEMA.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    found = {}
    for type_ in SCHEMA.get_possible_types(node):
        source = find_rows(type_)
        assert source is not None, type_.name
        found[type_.name] = source
    return found


def connections() -> dict[str, GraphQLField]:
    """Every root field that is a connection; what strangers read as well is test_objections.py's."""
    assert SCHEMA.query_type is not None
    fields = {name: one for name, one in SCHEMA.query_type.fields.items() if not is_public(one)}
    return {name: one for name, one in fields.items() if get_named_type(one.type).name.endswith("Connection")}


def is_public(field: GraphQLField) -> bool:
    """Whether it is answered without signing in."""
    return find_permission(field) is Permission.PUBLIC


def node_of(field: GraphQLField) -> GraphQLObjectType:
    """The type of a connection's rows."""
    edge: Any = get_named_type(get_named_type(field.type).fields["edges"].type)
    type_ = get_named_type(edge.fields["node"].type)
    assert isinstance(type_, GraphQLObjectType)
    return type_


def select(type_: GraphQLObjectType, depth: int) -> str:
    """Every field of a type, so deep; connections by a short page."""
    parts = []
    for name, field in type_.fields.items():
        named = get_named_type(field.type)
        if is_leaf_type(named):
            parts.append(name)
        elif isinstance(named, GraphQLObjectType) and depth > 0:
            if named.name.endswith("Connection"):
                inner = select(node_of(field), depth - 1)
                parts.append(f"{name}(first: 3) {{ edges {{ node {{ {inner} }} }} }}")
            else:
                needed = {key for key, one in field.args.items() if isinstance(one.type, GraphQLNonNull)}
                values = [f"{key}: {'PROVINCIAL' if key == 'level' else 1}" for key in sorted(needed)]
                given = f"({', '.join(values)})" if values else ""
                parts.append(f"{name}{given} {{ {select(named, depth - 1)} }}")
    return " ".join(parts) or "__typename"


def strings(value: Any) -> Iterator[tuple[str, str]]:
    """Every (key, text) of an answer."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if isinstance(one, str):
                yield key, one
            else:
                yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def tenants_in(data: Any) -> set[int]:
    """The tenants of all ids in an answer; the registry's own left out."""
    parts = [text.split(".") for key, text in strings(data) if key == "id"]
    return {int(part[1]) for part in parts if part[0] != "Tenant"}


@dataclass(frozen=True)
class Foreign:
    """Ids of the other county's rows, and of rows that nobody has; shared lists and the registry left out."""

    there: dict[str, str]
    nowhere: dict[str, str]


@pytest.fixture(scope="session", autouse=True)
async def contacts_read(reading: Stage) -> None:
    """Somebody of each county reads a contact, so that its access log has a row."""
    for county in (OURS, THEIRS):
        officer = await reading.person(county.code, "county")
        await officer.get("{ applications(first: 1) { edges { node { form { contactName } } } } }")


@pytest.fixture(scope="session")
async def foreign(reading: Stage) -> Foreign:
    there, nowhere = {}, {}
    # The story attaches no file: a paper that the other county keeps with one of its communities.
    paper = await send(
        await reading.person(THEIRS.code, "county"), f"Unit.{THEIRS.tenant_id}.{THEIRS.nominee.id}", pdf()
    )
    assert paper.status_code == 201, paper.text
    for name, source in node_types().items():
        tenant = CITY_TENANT if source.scope is ScopeKind.SHARED else THEIRS.tenant_id
        key = source.key[0]
        column = source.tenant_column
        (row,) = await reading.rows(
            f"SELECT {column} AS tenant, {key} AS key FROM {source.table.name} WHERE {column} = $1 LIMIT 1",
            tenant,
        ) or [{"tenant": tenant, "key": uuid4()}]  # nobody objected in this story: see test_objections.py
        assert name in {"Objection"} or not isinstance(row, dict), name
        there[name] = f"{name}.{row['tenant']}.{row['key']}"
        absent = 987654 if isinstance(row["key"], int) else uuid4()
        nowhere[name] = f"{name}.{row['tenant']}.{absent}"
    return Foreign(there, nowhere)


async def ask_as(stage: Stage, who: tuple[str, str], query: str, **variables: Any) -> dict[str, Any]:
    return await (await stage.person(*who)).ask(query, **variables)


async def attempts(stage: Stage, trace: str) -> list[tuple[Any, ...]]:
    """What the access log keeps of a request."""
    rows = await stage.rows(
        "SELECT tenant_id, code, operation, target FROM access_log WHERE trace_id = $1", trace
    )
    return [tuple(row) for row in rows]


NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


@pytest.mark.parametrize("login", COUNTY_PEOPLE)
async def test_another_countys_row_is_as_absent_as_one_that_is_not(
    reading: Stage, foreign: Foreign, login: str
):
    hidden = [name for name, source in node_types().items() if source.scope is ScopeKind.OWN]
    assert {"Application", "FormVersion", "Opinion", "Certification", "LedgerEntry", "Unit"} <= set(hidden)
    ids = []
    for name in hidden:
        for id_ in (foreign.there[name], foreign.nowhere[name]):
            answer = await ask_as(reading, (OURS.code, login), NODE, id=id_)
            if may(login, node_types()[name].permission):
                assert answer == {"data": {"node": None}}, (name, answer)
                ids.append(id_)
            else:
                assert is_denied(answer), (name, answer)
    person = await reading.person(OURS.code, login)
    response = await person.send(NODES, {"ids": ids})
    assert response.json() == {"data": {"nodes": [None] * len(ids)}}
    assert await attempts(reading, response.headers["x-request-id"]) == [
        (OURS.tenant_id, "tenant.beyond_reach", "nodes", str(THEIRS.tenant_id))
    ]


@pytest.mark.parametrize("name", sorted(connections()))
@pytest.mark.parametrize("login", COUNTY_PEOPLE)
async def test_all_that_is_reached_from_a_root_field_is_ours_or_shared(reading: Stage, login: str, name: str):
    """Relations too, three deep: no id of the other county, whatever is selected."""
    field = connections()[name]
    query = (
        f"{{ {name}(first: 2) {{ totalCount edges {{ cursor node {{ {select(node_of(field), 2)} }} }} }} }}"
    )
    answer = await ask_as(reading, (OURS.code, login), query)
    if not may(login, find_permission(field)):
        assert is_denied(answer), answer
        return
    assert "errors" not in answer, answer
    assert tenants_in(answer["data"]) <= {OURS.tenant_id, CITY_TENANT}
    own = find_rows(node_of(field))
    assert own is not None
    if own.scope is ScopeKind.OWN:
        assert {int(edge["node"]["id"].split(".")[1]) for edge in answer["data"][name]["edges"]} <= {
            OURS.tenant_id
        }


def filters() -> Iterator[tuple[str, str, FilterSource]]:
    """Every (root field, filter field) that takes a global id."""
    for name, field in connections().items():
        argument = field.args.get("filter")
        if argument is not None:
            type_ = get_named_type(argument.type)
            assert isinstance(type_, GraphQLInputObjectType)
            for key, one in type_.fields.items():
                source = metadata_of(one).get(SOURCE)
                if isinstance(source, FilterSource) and source.type is not None:
                    yield name, key, source


@pytest.mark.parametrize(("name", "key", "source"), list(filters()), ids=lambda one: str(one)[:20])
@pytest.mark.parametrize("login", COUNTY_PEOPLE)
async def test_a_filter_by_anothers_id_finds_nothing(
    reading: Stage, foreign: Foreign, login: str, name: str, key: str, source: FilterSource
):
    argument = get_named_type(connections()[name].args["filter"].type).name
    query = f"query($f: {argument}) {{ {name}(filter: $f) {{ totalCount edges {{ cursor }} pageInfo {{ hasNextPage }} }} }}"
    assert source.type is not None
    there = foreign.there[source.type]
    asked = [there, foreign.nowhere[source.type]]
    if there.split(".")[1] == str(CITY_TENANT):
        # A county does see the city's round: so it is the same key in another county that is foreign.
        asked = [".".join([source.type, str(THEIRS.tenant_id), there.split(".")[2]]), asked[1]]
    if source.type == "Tenant":
        asked = [f"Tenant.{THEIRS.tenant_id}.{THEIRS.tenant_id}", "Tenant.4711.4711"]
    empty = {name: {"totalCount": 0, "edges": [], "pageInfo": {"hasNextPage": False}}}
    for id_ in asked:
        response = await (await reading.person(OURS.code, login)).send(query, {"f": {key: id_}})
        if not may(login, find_permission(connections()[name])):
            assert is_denied(response.json())
            continue
        assert response.json() == {"data": empty}
        logged = await attempts(reading, response.headers["x-request-id"])
        # Asking for an absent row of a tenant in reach, or for own rows that name another, is no attempt beyond it.
        assert len(logged) == (int(id_.split(".")[1]) != CITY_TENANT and source.tenant is None), logged


@pytest.mark.parametrize("name", sorted(connections().keys() - {"objections"}))
async def test_a_cursor_of_anothers_page_opens_nothing(reading: Stage, name: str):
    source = find_rows(node_of(connections()[name]))
    assert source is not None
    page = f"{{ {name}(first: 3) {{ edges {{ cursor node {{ id }} }} }} }}"
    login = "county" if may("county", find_permission(connections()[name])) else "admin"
    theirs = await (await reading.person(THEIRS.code, login)).get(page)
    cursors = [edge["cursor"] for edge in theirs[name]["edges"]]
    assert cursors, name
    ours = await reading.person(OURS.code, login)
    for way, size in (("after", "first"), ("before", "last")):
        query = f"query($c: String) {{ {name}({size}: 100, {way}: $c) {{ edges {{ node {{ id }} }} }} }}"
        for cursor in cursors:
            found = tenants_in(await ours.get(query, c=cursor))
            wanted = {OURS.tenant_id} if source.scope is ScopeKind.OWN else {OURS.tenant_id, CITY_TENANT}
            assert found <= wanted, name
            if source.scope is ScopeKind.OWN:
                elsewhere = f"{cursor.removesuffix(str(THEIRS.tenant_id))}1"
                assert elsewhere != cursor
                assert await ours.ask(query, c=cursor) == await ours.ask(query, c=elsewhere)


# -- mutations

IDS = {
    "campaignId": "Campaign",
    "communityId": "Unit",
    "applicationId": "Application",
    "publicityId": "Roster",
    "rankingId": "Roster",
    "reportId": "Roster",
    "personId": "Person",
    "unitId": "Unit",
    "roleId": "RoleAssignment",
    "grantId": "Grant",
    "granteeId": "Tenant",
    "recordId": "LegacyRecord",
    "certificationId": "Certification",
    "changeId": "CertificationChange",
    "objectionId": "Objection",
    "extensionId": "Extension",
    "beneficiaryTenantId": "Tenant",
}
VALUES: Mapping[str, Any] = {
    "String": "x",
    "Date": "2022-05-20",
    "DateTime": "2022-06-10T00:00:00+08:00",
    "Hex": "00" * 32,
    "Int": 1,
    "Boolean": True,
}


def mutations() -> dict[str, GraphQLField]:
    """Every mutation but those of strangers: signing in, and objecting (test_objections.py)."""
    assert SCHEMA.mutation_type is not None
    return {name: field for name, field in SCHEMA.mutation_type.fields.items() if not is_public(field)}


def value_of(name: str, type_: Any, ids: Mapping[str, str]) -> Any:
    """A value of an input field; a KeyError here is a new field that this test must learn."""
    if isinstance(type_, GraphQLNonNull):
        return value_of(name, type_.of_type, ids)
    if isinstance(type_, GraphQLList):
        return [value_of(name, type_.of_type, ids)]
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        return {key: value_of(key, one.type, ids) for key, one in type_.fields.items()}
    if type_.name == "ID":
        return ids[IDS[name]]
    return {"programme": "zhoukou-2022", "password": "long enough"}.get(name) or VALUES[type_.name]


def document(name: str, field: GraphQLField) -> str:
    """The mutation, asking for its refusal and its receipt."""
    type_ = get_named_type(field.args["input"].type).name
    heading, first = ("$id: ID!, ", "requestId: $id, ") if "requestId" in field.args else ("", "")
    return (
        f"mutation({heading}$input: {type_}!) {{ {name}({first}input: $input) {{ __typename"
        " ... on Refusal { code messageZh messageEn clause traceId } } }"
    )


async def attempt(
    stage: Stage, who: tuple[str, str], name: str, field: GraphQLField, ids: Mapping[str, str]
) -> tuple[dict[str, Any], str]:
    """What a mutation answers without the trace id, and that."""
    values = value_of("input", field.args["input"].type, ids)
    answer = await ask_as(stage, who, document(name, field), id=str(uuid4()), input=values)
    if "errors" in answer:
        (error,) = answer["errors"]
        trace = error["extensions"].pop("traceId")
        return {**error["extensions"], "data": answer["data"]}, trace
    (result,) = answer["data"].values()
    trace = result.pop("traceId", "")
    return result, trace


@pytest.mark.parametrize("name", sorted(mutations().keys() - OWN_ACTS))
async def test_no_mutation_reaches_another_county_nor_tells_what_is_there(
    reading: Stage, foreign: Foreign, name: str
):
    field = mutations()[name]
    heads = await reading.rows("SELECT tenant_id, size FROM ledger_heads ORDER BY 1")
    for login in COUNTY_PEOPLE:
        who = (OURS.code, login)
        shared = {"Campaign": foreign.there["Campaign"], "Roster": foreign.there["Roster"]}
        there, trace = await attempt(reading, who, name, field, {**foreign.there, **shared})
        nowhere, _ = await attempt(reading, who, name, field, {**foreign.nowhere, **shared})
        assert there == nowhere, (login, name)
        assert there.get("__typename", "Refusal") == "Refusal"
        assert there["code"] in {"not_found", "actor.not_entitled", "permission.denied"}, (login, there)
        logged = [row[:2] for row in await attempts(reading, trace)]
        assert logged == [(OURS.tenant_id, there["code"])], there
    assert await reading.rows("SELECT tenant_id, size FROM ledger_heads ORDER BY 1") == heads


@pytest.mark.parametrize("name", sorted(mutations()))
@pytest.mark.parametrize("who", EVERYBODY, ids=str)
async def test_who_lacks_the_permission_does_nothing(
    reading: Stage, foreign: Foreign, who: tuple[str, str], name: str
):
    field = mutations()[name]
    if not may(who[1], find_permission(field)):
        result, _ = await attempt(reading, who, name, field, foreign.there)
        assert result["code"] == "permission.denied"


def test_an_auditor_may_do_nothing_but_change_the_own_password():
    allowed = {name for name, field in mutations().items() if may("auditor", find_permission(field))}
    assert allowed == {"changePassword"}


# -- how far each reads


async def all_of(caller: Caller, name: str, selection: str) -> list[dict[str, Any]]:
    """Every row of a root connection."""
    query = (
        f"query($c: String) {{ {name}(first: 100, after: $c) {{ pageInfo {{ hasNextPage endCursor }}"
        f" edges {{ node {{ {selection} }} }} }} }}"
    )
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = (await caller.get(query, c=cursor))[name]
        found += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        cursor = page["pageInfo"]["endCursor"]


async def test_an_auditor_reads_every_granted_tenant(reading: Stage):
    auditor = await reading.person(CITY, "auditor")
    entries = await all_of(auditor, "ledgerEntries", "id hash")
    (stored,) = await reading.rows(
        "SELECT count(*) AS n, count(DISTINCT tenant_id) AS tenants FROM ledger_entries"
    )
    assert len(entries) == stored["n"]
    assert len({one["id"].split(".")[1] for one in entries}) == stored["tenants"] == 12
    applications = await all_of(auditor, "applications", "id form { contactName fixedPhone }")
    assert len(applications) == 11
    # Contacts are covered for who has no need of them.
    assert {one["form"]["contactName"] for one in applications} == {"演**"}


async def test_a_clerk_sees_the_own_community_and_a_street_the_own_street(reading: Stage):
    seen = {}
    for login in ("clerk", "rival", "street", "county"):
        person = await reading.person(THEIRS.code, login)
        nodes = await all_of(
            person,
            "applications",
            "community { name } street { name } opinions { id } ledgerEntries { totalCount }",
        )
        seen[login] = sorted(one["community"]["name"] for one in nodes)
        entries = await all_of(person, "ledgerEntries", "subjectId subjectType")
        if login != "county":
            assert {one["subjectType"] for one in entries} == {"application"}
            assert len({one["subjectId"] for one in entries}) == len(nodes)
    both = sorted([THEIRS.nominee.name, THEIRS.rival.name])
    assert seen == {
        "clerk": [THEIRS.nominee.name],
        "rival": [THEIRS.rival.name],
        "street": both,
        "county": both,
    }


async def test_a_clerk_does_not_act_for_the_neighbouring_community(reading: Stage):
    theirs = (await reading.tray(THEIRS.code, "county"))[THEIRS.nominee.name]
    ids = {"Application": theirs["id"], "Campaign": await reading.campaign()}
    ids["Unit"] = f"Unit.{THEIRS.tenant_id}.{THEIRS.nominee.id}"
    for name in ("fileApplication", "saveForm", "submitApplication", "giveOpinion"):
        result, _ = await attempt(reading, (THEIRS.code, "rival"), name, mutations()[name], ids)
        assert result["code"] in {"actor.not_entitled", "not_found"}, (name, result)


def root_documents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A simple document of every root field."""
    assert SCHEMA.query_type is not None
    for name, field in SCHEMA.query_type.fields.items():
        if is_public(field) and name != "viewer":
            continue
        if name == "node":
            yield name, NODE, {"id": f"Tenant.{OURS.tenant_id}.{OURS.tenant_id}"}
        elif name == "nodes":
            yield name, NODES, {"ids": [f"Tenant.{OURS.tenant_id}.{OURS.tenant_id}"]}
        else:
            type_ = get_named_type(field.type)
            assert isinstance(type_, GraphQLObjectType)
            assert not any(isinstance(one.type, GraphQLNonNull) for one in field.args.values()), name
            yield name, f"{{ {name} {{ {select(type_, 2)} }} }}", {}


@pytest.mark.parametrize(
    ("name", "query", "variables"), list(root_documents()), ids=lambda one: str(one)[:14]
)
async def test_every_root_field_answers_everybody_and_a_stranger_sees_nothing(
    reading: Stage, name: str, query: str, variables: dict[str, Any]
):
    assert SCHEMA.query_type is not None
    for who in EVERYBODY:
        response = await (await reading.person(*who)).send(query, variables)
        assert response.status_code == 200, (who, response.text)
        if not may(who[1], find_permission(SCHEMA.query_type.fields[name])):
            assert is_denied(response.json()), (who, response.text)
            continue
        assert "errors" not in response.json(), (who, response.text)
        assert response.json()["data"][name] is not None, who
    answer = await reading.stranger.ask(query, **variables)
    if name == "viewer":
        assert answer == {"data": {"viewer": None}}
    else:
        assert [one["extensions"]["code"] for one in answer["errors"]] == ["auth.required"], answer
        assert not (answer["data"] or {}).get(name)


@pytest.mark.parametrize("name", sorted(mutations()))
async def test_a_stranger_does_nothing(reading: Stage, foreign: Foreign, name: str):
    field = mutations()[name]
    values = value_of("input", field.args["input"].type, foreign.there)
    answer = await reading.stranger.ask(document(name, field), id="x", input=values)
    assert [one["extensions"]["code"] for one in answer["errors"]] == ["auth.required"]


async def test_a_stranger_may_ask_for_typename(reading: Stage):
    assert await reading.stranger.get("{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize("text", ["\0", "\ud800", "a" * 20_000, "'; --", "\u202e"], ids=ascii)
@pytest.mark.parametrize("who", [(OURS.code, "county"), (OURS.code, "clerk"), (CITY, "leader")], ids=str)
async def test_odd_text_is_refused_or_finds_nothing_and_is_never_our_failure(
    reading: Stage, foreign: Foreign, monkeypatch: pytest.MonkeyPatch, who: tuple[str, str], text: str
):
    """In every string of every mutation, id, filter and cursor."""
    person = await reading.person(*who)
    monkeypatch.setattr(f"{__name__}.VALUES", {**VALUES, "String": text})
    own = (await reading.tray(*who)).values()
    ids = {"Application": next(iter(own))["id"] if own else f"Application.1.{uuid4()}"}
    ids |= {"Campaign": await reading.campaign(), "Roster": (await reading.rosters("REPORT"))[0]}
    ids["Unit"] = f"Unit.{OURS.tenant_id}.{OURS.nominee.id}"
    asked: list[tuple[str, dict[str, Any]]] = [(NODE, {"id": text}), (NODES, {"ids": [text]})]
    ids = {**foreign.nowhere, **ids}
    for name, field in mutations().items():
        if name in OWN_ACTS:  # a wrong password, again and again, would lock the login
            continue
        values = value_of("input", field.args["input"].type, ids)
        asked.append((document(name, field), {"id": str(uuid4()), "input": values}))
        asked.append((document(name, field), {"id": text, "input": values}))
    for name, field in connections().items():
        asked.append((f"query($c: String) {{ {name}(after: $c) {{ totalCount }} }}", {"c": text}))
        argument = field.args.get("filter")
        if argument is not None:
            type_ = get_named_type(argument.type)
            assert isinstance(type_, GraphQLInputObjectType)
            for key, one in type_.fields.items():
                if get_named_type(one.type).name in {"String", "ID"}:
                    query = f"query($f: {type_.name}) {{ {name}(filter: $f) {{ totalCount }} }}"
                    asked.append((query, {"f": {key: text}}))
    for query, variables in asked:
        body = json.dumps({"query": query, "variables": variables})  # keeps a lone surrogate escaped
        response = await reading.http.post(
            "/graphql",
            content=body,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {person.token}"},
        )
        assert response.status_code in {200, 400}, (query, response.text[:200])
        found = [error["extensions"]["code"] for error in response.json().get("errors", ())]
        assert not {"internal", "internal.error"} & set(found), (query, response.text[:200])
