"""How far each reads within their reach, and that no text breaks anything; what is beyond it is test_walls.py's."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from graphql import GraphQLObjectType, get_named_type

from graphql_schema.declare import find_permission
from graphql_schema.permissions import ROLE_PERMISSIONS, Permission
from tests.integration.api.kit import Caller, Stage
from tests.integration.api.walk import (
    IDS,
    WHOLE_LOG,
    connections,
    documents,
    filters,
    in_brackets,
    is_public,
    mutation,
    mutations,
    queries,
    select,
    value_of,
)
from xingji.demo.cast import CITY, counties

THEIRS, OURS = counties()[0], counties()[1]
ROLES = {
    "clerk": "community_clerk",
    "street": "street_officer",
    "county": "county_officer",
    "admin": "tenant_administrator",
    "reviewer": "city_officer",
    "leader": "city_officer",
    "auditor": "auditor",
}
EVERYBODY = (
    *((OURS.code, login) for login in ("clerk", "street", "county", "admin")),
    *((CITY, login) for login in ("reviewer", "leader", "auditor", "admin")),
)
# A wrong password, again and again, would lock the login; a grant is given to whoever is named.
OWN_ACTS = {"changePassword", "grantOversight"}
NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


def may(login: str, permission: Permission | None) -> bool:
    """Whether the role of a login gives a permission."""
    assert permission is not None
    return permission is Permission.PUBLIC or permission in ROLE_PERMISSIONS[ROLES[login]]


def is_denied(answer: Mapping[str, Any]) -> bool:
    """Refused for want of a permission, and nothing else is told."""
    found = [one["extensions"]["code"] for one in answer.get("errors", ())]
    return found == ["permission.denied"] and not any((answer["data"] or {}).values())


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


def root_documents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A simple document of every root field."""
    for name, field in queries().items():
        if is_public(field) and name != "viewer":
            continue
        if name == "node":
            yield name, NODE, {"id": f"Tenant.{OURS.tenant_id}.{OURS.tenant_id}"}
        elif name == "nodes":
            yield name, NODES, {"ids": [f"Tenant.{OURS.tenant_id}.{OURS.tenant_id}"]}
        else:
            type_ = get_named_type(field.type)
            assert isinstance(type_, GraphQLObjectType)
            yield name, f"{{ {name}{in_brackets(field)} {{ {select(type_, 2)} }} }}", {}


@pytest.mark.parametrize(
    ("name", "query", "variables"), list(root_documents()), ids=lambda one: str(one)[:14]
)
async def test_every_root_field_answers_everybody_and_a_stranger_sees_nothing(
    reading: Stage, name: str, query: str, variables: dict[str, Any]
):
    for code in (CITY, OURS.code):
        await reading.published(code)
    for who in EVERYBODY:
        tenant = 1 if who[0] == CITY else OURS.tenant_id
        response = await (await reading.person(*who)).send(
            query.replace("Tenant.1.1", f"Tenant.{tenant}.{tenant}"), variables
        )
        assert response.status_code == 200, (who, response.text)
        if not may(who[1], find_permission(queries()[name])):
            assert is_denied(response.json()), (who, response.text)
            continue
        assert "errors" not in response.json(), (who, response.text)
        partly = name == WHOLE_LOG and who[1] in {"clerk", "street"}
        assert (response.json()["data"][name] is None) == partly, who
    answer = await reading.stranger.ask(query, **variables)
    if name == "viewer":
        assert answer == {"data": {"viewer": None}}
    else:
        assert [one["extensions"]["code"] for one in answer["errors"]] == ["auth.required"], answer
        assert not (answer["data"] or {}).get(name)


async def test_a_stranger_may_ask_for_typename(reading: Stage):
    assert await reading.stranger.get("{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize("text", ["\0", "\ud800", "a" * 20_000, "'; --", "\u202e"], ids=ascii)
@pytest.mark.parametrize("who", [(OURS.code, "county"), (OURS.code, "clerk"), (CITY, "leader")], ids=str)
async def test_odd_text_is_refused_or_finds_nothing_and_is_never_our_failure(
    reading: Stage, who: tuple[str, str], text: str
):
    """In every string of every mutation, id, filter and cursor."""
    person = await reading.person(*who)
    own = (await reading.tray(*who)).values()
    ids = {name: f"{name}.{OURS.tenant_id}.{uuid4()}" for name in IDS.values()}
    ids["Application"] = next(iter(own))["id"] if own else f"Application.1.{uuid4()}"
    ids |= {"Campaign": await reading.campaign(), "Roster": (await reading.rosters("REPORT"))[0]}
    ids["Unit"] = f"Unit.{OURS.tenant_id}.{OURS.nominee.id}"
    sent: list[tuple[str, dict[str, Any]]] = [(NODE, {"id": text}), (NODES, {"ids": [text]})]
    for name, field in mutations().items():
        if name not in OWN_ACTS:
            values = value_of("input", field.args["input"].type, ids, text)
            for request in (str(uuid4()), text):
                sent += documents([mutation(name, field, values, request)], "mutation")
    for name, field in connections().items():
        sent.append(
            (f"query($c: String) {{ {name}{in_brackets(field, 'after: $c')} {{ totalCount }} }}", {"c": text})
        )
    for name, type_, key, source in filters():
        if source.type or (source.column is not None and str(source.column.type) == "TEXT"):
            beside = in_brackets(connections()[name], "filter: $f")
            sent.append((f"query($f: {type_}) {{ {name}{beside} {{ totalCount }} }}", {"f": {key: text}}))
    for query, variables in sent:
        body = json.dumps({"query": query, "variables": variables})  # keeps a lone surrogate escaped
        response = await reading.http.post(
            "/graphql",
            content=body,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {person.token}"},
        )
        assert response.status_code in {200, 400}, (query, response.text[:200])
        found = [error["extensions"]["code"] for error in response.json().get("errors", ())]
        assert not {"internal", "internal.error"} & set(found), (query, response.text[:200])
