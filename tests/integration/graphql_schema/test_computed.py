"""Fields that Python computes: only when asked, from declared columns alone, completed by the schema's rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import strawberry

from certification.tables import applications
from graphql_schema.declare import Connection, Node, column, computed, connection, rows
from graphql_schema.documents import Documents
from graphql_schema.errors import CodedError
from graphql_schema.execution import Engine, execute
from graphql_schema.limits import Limits
from graphql_schema.permissions import Permission
from graphql_schema.schema import build_schema
from graphql_schema.session import Session
from graphql_schema.types.enums import Level
from tenancy.database import Database
from tests.integration.graphql_schema.world import COUNTY_OFFICER, EAST, NOW, World

CALLS: list[dict[str, Any]] = []


@strawberry.type
class Advice:
    level: Level
    weight: int | None
    who: str


def advise(row: Mapping[str, Any], session: Session) -> list[Any]:
    CALLS.append(dict(row))
    if row["revision"] == 2:
        raise RuntimeError("the password is 1234")
    if row["revision"] == 3:
        raise CodedError("advice.closed", "不行", "No advice.")
    assert session.principal is not None
    return [
        Advice(
            level=Level(row["level"]), weight=row["revision"] or None, who=str(session.principal.tenant_id)
        ),
        {"level": row["level"], "weight": None, "who": None if row["revision"] == 4 else row["at"]},
    ]


@rows(applications, permission=Permission.READ, description="An application.")
class Probe(Node):
    status: str = column(applications.c.status, description="Status.")
    advice: list[Advice] | None = computed(
        {
            "level": applications.c.level,
            "revision": applications.c.revision,
            "at": applications.c.created_at,
            "form": applications.c.form_version_id,
        },
        advise,
        description="Advice.",
    )


@strawberry.type
class Query:
    probes: Connection[Probe] = connection(
        order="created_at", permission=Permission.READ, description="Probes."
    )


ENGINE = Engine(build_schema(Query))


async def ask(database: Database, query: str) -> Any:
    operation = Documents(ENGINE.schema, Limits()).prepare(query)
    return json.loads(
        await execute(ENGINE, operation, None, Session(COUNTY_OFFICER, NOW, database, "en", "t"))
    )


async def test_a_computed_field_runs_only_when_asked(reading: Database) -> None:
    CALLS.clear()
    await ask(reading, "{ probes { edges { node { id status } } } }")
    assert CALLS == []


async def test_computed_values_are_completed_like_any_other(
    reading: Database, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    CALLS.clear()
    answer = await ask(
        reading,
        "{ probes(first: 100) { edges { node { b: advice { weight l: level who __typename } status } } } }",
    )
    mine = {str(row["form_version_id"]) for row in world.all("applications") if row["tenant_id"] == EAST}
    assert {str(call["form"]) for call in CALLS} == mine
    nodes = [edge["node"] for edge in answer["data"]["probes"]["edges"]]
    by_revision = {call["revision"]: node for call, node in zip(CALLS, nodes, strict=True)}
    assert by_revision[1]["b"] == [
        {"weight": 1, "l": "provincial", "who": "2", "__typename": "Advice"},
        {"weight": None, "l": "provincial", "who": "2022-04-25T01:02:03.456789Z", "__typename": "Advice"},
    ]
    assert [by_revision[n]["b"] for n in (2, 3, 4)] == [None, None, None]
    codes = {error["extensions"]["code"]: error["path"][4:] for error in answer["errors"]}
    assert codes == {
        "internal.error": ["b"],
        "advice.closed": ["b"],
        "null.unexpected": ["b", 1, "who"],
    }
    assert "1234" not in json.dumps(answer) and "1234" in caplog.text
