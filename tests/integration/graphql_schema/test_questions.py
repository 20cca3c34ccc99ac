"""Generated questions over the whole schema, answered by the read path and by graphql-core's own executor: same data, errors and order."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest
from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_input_object_type,
    is_object_type,
    validate,
    visit,
)
from graphql import build_schema as build_naive
from graphql import parse as parse_document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.graphql_schema.conftest import Ask
from tests.integration.graphql_schema.naive import KEYS, TABLES, Naive, cursor
from tests.integration.graphql_schema.questions import Covering, Drawn, Pool, Question, node_types
from tests.integration.graphql_schema.test_differential import (
    APART,
    ENGINE_SCHEMA,
    ROOTS,
    SDL,
    agree,
    reached,
)
from tests.integration.graphql_schema.world import CITY, EAST, READERS, World, uid

ASKED = (*ROOTS, "node", "nodes")
MEASURED = 900
"""Questions that come everywhere at least once; a test counts."""


@pytest.fixture(scope="session")
def pool(world: World) -> Pool:
    """What the world holds, whoever may see it."""
    naive = Naive(SDL, world, READERS["city officer"])

    def id_of(type_: str, row: dict[str, Any]) -> str:
        return f"{type_}.{row['id'] if type_ == 'Tenant' else row['tenant_id']}.{row[KEYS.get(type_, 'id')]}"  # type: ignore[index]

    ids = {
        type_: [id_of(type_, row) for row in world.all(TABLES[type_])][:8]
        or [f"{type_}.{EAST}.{uid('none')}"]
        for type_ in node_types(ENGINE_SCHEMA)
    }

    @cache
    def cursors(type_: str, order: str) -> list[str]:
        return [cursor(row, order) for row in naive.rows(type_)[:6]]

    uuids = [str(uid("person", "officer", tenant)) for tenant in (CITY, EAST)]
    return Pool(ids, [*uuids, str(uid("application", EAST, 1, "provincial"))], cursors)


def make(pool: Pool, choose: Any) -> tuple[str, dict[str, Any]]:
    question = Question(ENGINE_SCHEMA, pool, choose, ASKED)
    return question.document(), question.variables


async def compare(document: str, variables: dict[str, Any], who: str, ask: Ask, world: World) -> None:
    assert not validate(ENGINE_SCHEMA, parse_document(document)), document
    reader = READERS[who]
    ours, naive = await ask(document, reader, variables), Naive(SDL, world, reader).ask(document, variables)
    agree(ours, naive)


@pytest.mark.parametrize("seed", range(3))
async def test_answers_agree_wherever_was_asked_least(seed: int, ask: Ask, world: World, pool: Pool) -> None:
    choose = Covering(seed)
    for at in range(36):
        await compare(*make(pool, choose), sorted(READERS)[at % len(READERS)], ask, world)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), who=st.sampled_from(sorted(READERS)))
async def test_answers_agree_on_what_is_drawn(
    data: Any, who: str, ask: Ask, world: World, pool: Pool
) -> None:
    await compare(*make(pool, Drawn(data.draw)), who, ask, world)


class Seen(Visitor):
    """What documents ask, by kind."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info, self.found = info, Counter[tuple[str, ...]]()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self.info.get_parent_type()
        assert parent is not None
        self.found["field", parent.name, node.name.value] += 1

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        parent, definition = self.info.get_parent_type(), self.info.get_field_def()
        if self.info.get_directive() is None and parent is not None and definition is not None:
            self.found["argument", parent.name, str(definition.ast_node), node.name.value] += 1
            self.found["argument", node.name.value, node.value.kind] += 1

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        parent = self.info.get_parent_input_type()
        self.found["input", get_named_type(parent).name, node.name.value] += 1
        self.found["input", node.value.kind] += 1

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> None:
        on = node.type_condition
        self.found[
            "inline", on.name.value if on else "", *(one.name.value for one in node.directives or ())
        ] += 1

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> None:
        self.found["fragment", node.type_condition.name.value] += 1

    def enter_list_value(self, node: Any, *_: Any) -> None:
        self.found.update(("list", one.kind) for one in node.values)


def test_questions_come_everywhere(pool: Pool) -> None:
    """Every field, argument and input field of what can be read; fragments, directives and variables of every kind."""
    schema = build_naive(SDL)
    info, choose = TypeInfo(schema), Covering(7)
    seen, kinds = Seen(info), Counter[str]()
    for _ in range(MEASURED):
        document, variables = make(pool, choose)
        parsed = parse_document(document)
        visit(parsed, TypeInfoVisitor(info, seen))
        head = document.partition("{")[0]
        kinds.update(
            kind
            for kind, is_there in {
                "default left out": " = " in head and len(variables) < head.count("$"),
                "null": None in variables.values(),
                "whole input": any(isinstance(one, dict) for one in variables.values()),
                "list": any(isinstance(one, list) for one in variables.values()),
                "skip": "@skip(if: $" in document,
                "include": "@include(if: $" in document,
                "constant": "@skip(if: true" in document,
                "merged": " } k" in document,
            }.items()
            if is_there
        )
    found = seen.found
    types = reached(schema)
    pages = {name for name in schema.type_map if name.endswith(("Connection", "Edge"))} | {"PageInfo"}
    wanted = {
        ("field", name, one)
        for name in types | pages
        if is_object_type(schema.type_map[name])
        for one in schema.type_map[name].fields
    }
    alone = {("field", "Query", name) for name in APART - {"node", "nodes"}}
    hidden = ("AccessRecord", "ObjectionProgress", "LedgerConsistency")
    assert sorted(one for one in wanted - found.keys() - alone if not one[1].startswith(hidden)) == []
    inputs = {type_ for name in ASKED for type_ in inputs_of(schema.query_type.fields[name])}
    assert (
        sorted(
            (name, one)
            for name in inputs
            for one in schema.type_map[name].fields
            if not found["input", name, one]
        )
        == []
    )
    assert all(
        found["argument", name, "variable"]
        for name in ("first", "last", "after", "before", "filter", "orderBy", "level", "on")
    )
    assert found["input", "variable"] and found["list", "variable"] and found["list", "string_value"]
    assert all(
        kinds[kind]
        for kind in (
            "default left out",
            "null",
            "whole input",
            "list",
            "skip",
            "include",
            "constant",
            "merged",
        )
    ), kinds
    members = {on for kind, on, *_ in found if kind == "inline"}
    assert members >= {*node_types(ENGINE_SCHEMA), "Node", ""}


def inputs_of(definition: Any) -> list[str]:
    named = (get_named_type(argument.type) for argument in definition.args.values())
    return [type_.name for type_ in named if is_input_object_type(type_)]
