"""Personal fields on their way out: opened behind one statement, covered by role, logged before they leave."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from graphql_schema.documents import Documents
from graphql_schema.execution import Engine, execute
from graphql_schema.limits import Limits
from graphql_schema.schema import build_schema, print_schema
from graphql_schema.session import Session
from tenancy.database import Database, Scope
from tenancy.identity import Principal
from tests.integration.graphql_schema.conftest import Ask
from tests.integration.graphql_schema.naive import Naive
from tests.integration.graphql_schema.world import (
    AUDITOR,
    CITY,
    CITY_OFFICER,
    CLERK,
    COUNTY_OFFICER,
    EAST,
    NOW,
    STREET_OFFICER,
    WEST,
    World,
    principal,
    uid,
)
from xingji.postgres import EmbeddedPostgres

PAGE = """{ applications(first: 50) { edges { node { id form { id name: contactName contactName mobilePhone }
    formVersions { contactName } } } } }"""
A_CLERK = principal(EAST, "community_clerk", uid("community0.1", EAST))
ADMINISTRATOR = principal(EAST, "tenant_administrator")


class Asking:
    """One request with a trace id of its own, and what the access log and the server saw of it."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self.database, self.engine, self.trace = database, engine, str(uuid4())
        self.statements: list[str] = []

    async def ask(self, query: str, who: Principal) -> dict[str, Any]:
        operation = Documents(self.engine.schema, Limits(price=10**9)).prepare(query)
        session = Session(who, NOW, self.database, "en", self.trace)
        answer: dict[str, Any] = json.loads(await execute(self.engine, operation, None, session))
        return answer

    async def logged(self, tenant: int) -> dict[str, str]:
        """Fields by target, of the rows that this request wrote."""
        async with self.database.read(Scope(tenant)) as tx:
            rows = await tx.raw.fetch("SELECT * FROM access_log WHERE trace_id = $1", self.trace)
        assert {(row["operation"], row["code"]) for row in rows} <= {("read.personal", "personal.read")}
        return dict(row["target"].split(" ") for row in rows)


@pytest.fixture
def asking(reading: Database, engine: Engine) -> Asking:
    return Asking(reading, engine)


@pytest.fixture
async def root(reading: Database, postgres: EmbeddedPostgres) -> AsyncIterator[Any]:
    conn = await asyncpg.connect(postgres.url("superuser", "xingji_reading"))
    yield conn
    await conn.close()


def shown(answer: dict[str, Any]) -> dict[str, set[str]]:
    """The fields that are not null, by the version's id."""
    found: dict[str, set[str]] = {}
    for edge in answer["data"]["applications"]["edges"]:
        form = edge["node"]["form"]
        if form is not None:
            names = {name for name in ("contactName", "mobilePhone") if form[name] is not None}
            found.setdefault(form["id"], set()).update(names)
    return {key: names for key, names in found.items() if names}


@pytest.mark.parametrize(
    "who", [CITY_OFFICER, COUNTY_OFFICER, STREET_OFFICER, A_CLERK], ids=lambda p: p.roles[0].name
)
async def test_every_value_that_leaves_whole_is_logged_in_the_readers_tenant(
    asking: Asking, who: Principal
) -> None:
    answer = await asking.ask(PAGE, who)
    logged = await asking.logged(who.tenant_id)
    expected = shown(answer)
    assert expected
    assert {key: set(logged[key].split(",")) for key in expected} == expected
    # Versions not in force were asked for their name alone.
    assert all(fields == "contactName" for key, fields in logged.items() if key not in expected)
    other = EAST if who.tenant_id == CITY else CITY
    assert await asking.logged(other) == {}


async def test_covered_values_and_ones_own_name_are_not_logged(asking: Asking) -> None:
    answer = await asking.ask(PAGE, AUDITOR)
    texts = {
        edge["node"]["form"]["contactName"]
        for edge in answer["data"]["applications"]["edges"]
        if edge["node"]["form"]
    }
    assert texts == {"李**", None}
    assert (await asking.ask("{ viewer { name } }", COUNTY_OFFICER))["data"]["viewer"]["name"] == "王officer"
    assert await asking.logged(CITY) == await asking.logged(EAST) == {}


async def test_a_name_is_whole_for_the_own_administrator_and_logged(asking: Asking) -> None:
    query = "{ people { edges { node { id name } } } }"
    answer = await asking.ask(query, ADMINISTRATOR)
    names = {edge["node"]["id"]: edge["node"]["name"] for edge in answer["data"]["people"]["edges"]}
    erased = f"Person.{EAST}.{uid('person', 'second', EAST)}"
    assert names.pop(erased) is None
    assert sorted(names.values()) == ["王officer", "陈former", "陈inspector"]
    assert await asking.logged(EAST) == dict.fromkeys(names, "name")
    away = Asking(asking.database, asking.engine)
    covered = await away.ask(query, AUDITOR)
    assert {edge["node"]["name"] for edge in covered["data"]["people"]["edges"]} == {"王**", "陈**", None}
    assert await away.logged(CITY) == {}


async def test_a_page_is_one_statement_and_its_log_another(asking: Asking, reading: Database) -> None:
    heard: list[str] = []

    def hear(query: Any) -> None:
        heard.append(query.query.split(None, 1)[0])

    connections = [*reading._free, *reading._left]
    for raw in connections:
        raw.add_query_logger(hear)
    try:
        answer = await asking.ask(PAGE, CITY_OFFICER)
    finally:
        for raw in connections:
            raw.remove_query_logger(hear)
    assert len(shown(answer)) > 3
    assert [word for word in heard if not word.startswith(("COMMIT", "BEGIN"))] == [
        "SELECT",
        "INSERT",
    ]


async def test_what_cannot_be_logged_does_not_leave(asking: Asking, root: Any) -> None:
    await root.execute("REVOKE INSERT ON access_log FROM xingji_app")
    try:
        answer = await asking.ask(PAGE, COUNTY_OFFICER)
        covered = await asking.ask(PAGE, AUDITOR)
    finally:
        await root.execute("GRANT INSERT ON access_log TO xingji_app")
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["personal.unlogged"]
    assert "errors" not in covered
    assert await asking.logged(EAST) == {}


async def test_a_value_moved_to_another_form_is_an_error_in_its_place_alone(
    asking: Asking, root: Any, caplog: pytest.LogCaptureFixture
) -> None:
    application = uid("application", EAST, 1, "provincial")
    query = f'{{ node(id: "Application.{EAST}.{application}") {{ ... on Application {{ id form {{ contactName fixedPhone }} }} }} }}'
    kept = await root.fetchrow(
        "SELECT v.* FROM personal_values v JOIN applications a ON v.subject_id = a.form_version_id"
        " WHERE a.id = $1 AND field = 'contact_name'",
        application,
    )
    foreign = await root.fetchval(
        "SELECT sealed FROM personal_values WHERE tenant_id = $1 AND field = 'contact_name' AND subject_id <> $2",
        EAST,
        kept["subject_id"],
    )
    moving = "UPDATE personal_values SET sealed = $2 WHERE commitment = $1"
    await root.execute(moving, kept["commitment"], foreign)
    try:
        answer = await asking.ask(query, COUNTY_OFFICER)
    finally:
        await root.execute(moving, kept["commitment"], kept["sealed"])
    assert answer["data"]["node"]["form"] == {"contactName": None, "fixedPhone": "0394-8270001"}
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["path"]) == (
        "personal.unopenable",
        ["node", "form", "contactName"],
    )
    assert list((await asking.logged(EAST)).values()) == ["fixedPhone"]
    assert "李四" not in caplog.text


@pytest.mark.parametrize("shape", ["nodes", "node", "version"])
async def test_every_way_to_a_row_opens_and_logs(asking: Asking, shape: str, root: Any) -> None:
    version = await root.fetchval("SELECT id FROM form_versions WHERE tenant_id = $1 LIMIT 1", EAST)
    place = f"FormVersion.{EAST}.{version}"
    selection = "... on FormVersion { p: fixedPhone }"
    query = {
        "nodes": f'{{ found: nodes(ids: ["Tenant.2.2", "{place}", "{place}"]) {{ {selection} }} }}',
        "node": f'{{ found: node(id: "{place}") {{ {selection} }} }}',
        "version": f'{{ found: node(id: "{place}") {{ ...F }} }} fragment F on FormVersion {{ ...G }} fragment G on Node '
        f"{{ {selection} }}",
    }[shape]
    found = (await asking.ask(query, COUNTY_OFFICER))["data"]["found"]
    one = {"p": "0394-8270001"}
    assert found == ([{}, one, one] if shape == "nodes" else one)
    assert await asking.logged(EAST) == {place: "fixedPhone"}
    assert await asking.logged(WEST) == {}


async def test_the_access_log_is_shown_to_administrators_and_auditors(ask: Ask, world: World) -> None:
    query = """{ accessLog(filter: {code: "not_found"}) { totalCount edges { cursor node { id at personId operation target code
        traceId tenant { code } } } } }"""
    sdl = print_schema(build_schema())
    for reader in (AUDITOR, ADMINISTRATOR):
        answer = await ask(query, reader)
        assert answer == {"data": Naive(sdl, world, reader).ask(query)["data"]}
        assert answer["data"]["accessLog"]["totalCount"] == len({reader.tenant_id, *reader.granted})
    for reader in (CITY_OFFICER, COUNTY_OFFICER, CLERK):
        (error,) = (await ask(query, reader))["errors"]
        assert error["extensions"]["code"] == "permission.denied"


async def test_a_reading_is_found_in_the_access_log(asking: Asking, ask: Ask) -> None:
    await asking.ask(PAGE, COUNTY_OFFICER)
    query = '{ accessLog(last: 100, filter: {operation: "read.personal"}) { edges { node { personId target traceId } } } }'
    nodes = [edge["node"] for edge in (await ask(query, ADMINISTRATOR))["data"]["accessLog"]["edges"]]
    mine = [node for node in nodes if node["traceId"] == asking.trace]
    assert {node["target"].split()[0] for node in mine} == set(await asking.logged(EAST))
    assert {node["personId"] for node in mine} == {str(COUNTY_OFFICER.person_id)}
