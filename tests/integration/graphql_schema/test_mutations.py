"""Mutations: converted arguments in, an Outcome out, and the payload's rows selected by the read path."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
import strawberry

from graphql_schema.declare import Outcome, act
from graphql_schema.documents import Documents
from graphql_schema.errors import CodedError, RequestError
from graphql_schema.execution import Engine, execute
from graphql_schema.ids import NodeRef, parse_id
from graphql_schema.limits import Limits
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex, SafeInt
from graphql_schema.schema import build_schema
from graphql_schema.session import Session
from graphql_schema.types.application import Application
from graphql_schema.types.enums import Level
from tenancy.database import Database
from tenancy.identity import Principal
from tests.integration.graphql_schema.world import COUNTY_OFFICER, EAST, NOW, WEST, World, digest, uid


@strawberry.type
class Receipt:
    tenant_id: int
    sequence: SafeInt
    hash: Hex


@strawberry.type
class Refusal:
    code: str
    level: Level | None


@strawberry.type
class Touched:
    receipt: Receipt
    application: Application
    before: Application | None


@strawberry.input
class TouchInput:
    application_id: strawberry.ID
    level: Level = Level("star")
    note: str | None = strawberry.UNSET


Answer = Annotated[Touched | Refusal, strawberry.union("TouchResult")]


async def touch(root: Session, input: TouchInput, refuse: bool = False) -> Outcome:
    assert isinstance(input.level, str) and root.principal is not None
    if refuse:
        return Outcome("Refusal", {"code": "application.closed", "level": input.level})
    ref = parse_id(input.application_id, "Application")
    receipt = {"tenant_id": ref.tenant, "sequence": 2**53 - 1, "hash": digest("x")}
    return Outcome("Touched", {"receipt": receipt}, {"application": ref})


async def fail(root: Session, secret: bool) -> Outcome:
    if secret:
        raise ValueError("the password is 1234")
    raise CodedError("act.refused", "不行", "No.")


@strawberry.type
class Mutation:
    touch: Answer = act(touch, answers=Answer, permission=Permission.READ, description="Touch.")
    fail: Answer | None = act(fail, answers=Answer | None, permission=Permission.READ, description="Fail.")


ENGINE = Engine(build_schema(mutation=Mutation))
DOCUMENTS = Documents(ENGINE.schema, Limits())
TOUCH = """mutation($id: ID!, $refuse: Boolean = false) { touch(input: {applicationId: $id}, refuse: $refuse) {
    __typename ... on Refusal { code level }
    ... on Touched { r: receipt { sequence hash } before { id } application { id opinions { stage } a: status } } } }"""


async def ask(
    database: Database, query: str, variables: Any = None, reader: Principal | None = COUNTY_OFFICER
) -> Any:
    session = Session(reader, NOW, database, "en", "trace")
    return json.loads(await execute(ENGINE, DOCUMENTS.prepare(query), variables, session))


async def test_a_payload_holds_values_and_rows_in_the_order_of_selection(
    reading: Database, world: World
) -> None:
    key = uid("application", EAST, 1, "provincial")
    opinions = [row for row in world.all("opinions") if row["application_id"] == key]
    opinions.sort(key=lambda row: (row["given_at"], row["id"]))
    expected = {
        "__typename": "Touched",
        "r": {"sequence": 2**53 - 1, "hash": digest("x").hex()},
        "before": None,
        "application": {
            "id": f"Application.{EAST}.{key}",
            "opinions": [{"stage": row["stage"].upper()} for row in opinions],
            "a": "SUBMITTED",
        },
    }
    answer = await ask(reading, TOUCH, {"id": f"Application.{EAST}.{key}"})
    assert len(opinions) == 4
    assert json.dumps(answer) == json.dumps({"data": {"touch": expected}})


async def test_a_refusal_is_a_member_of_the_union(reading: Database) -> None:
    answer = await ask(reading, TOUCH, {"id": "anything", "refuse": True})
    assert answer == {
        "data": {"touch": {"__typename": "Refusal", "code": "application.closed", "level": "star"}}
    }


async def test_a_row_out_of_reach_behind_a_non_null_field_takes_the_payload_with_it(
    reading: Database,
) -> None:
    key = uid("application", WEST, 1, "provincial")
    answer = await ask(reading, TOUCH, {"id": f"Application.{WEST}.{key}"})
    assert answer["data"] is None
    assert [error["path"] for error in answer["errors"]] == [["touch", "application"]]


async def test_what_is_unexpected_is_masked_and_what_is_coded_is_shown(
    reading: Database, caplog: pytest.LogCaptureFixture
) -> None:
    query = "mutation { a: fail(secret: true) { __typename } b: fail(secret: false) { __typename } }"
    answer = await ask(reading, query)
    assert answer["data"] == {"a": None, "b": None}
    assert [error["extensions"] for error in answer["errors"]] == [
        {"code": "internal.error", "traceId": "trace"},
        {"code": "act.refused", "traceId": "trace"},
    ]
    assert "1234" not in json.dumps(answer) and "1234" in caplog.text


async def test_a_stranger_acts_in_vain(reading: Database) -> None:
    answer = await ask(reading, TOUCH, {"id": "x"}, None)
    assert answer["data"] is None and answer["errors"][0]["extensions"]["code"] == "auth.required"


@pytest.mark.parametrize("variables", [{}, {"id": None}, {"id": True}, {"id": "x", "refuse": "yes"}], ids=str)
async def test_variables_that_do_not_fit_run_nothing(variables: Any, reading: Database) -> None:
    with pytest.raises(RequestError) as refused:
        await ask(reading, TOUCH, variables)
    assert refused.value.code == "variables.invalid"


def test_a_node_ref_is_what_an_id_says() -> None:
    assert parse_id("Tenant.2.2") == NodeRef("Tenant", 2, 2)
