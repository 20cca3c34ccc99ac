"""The schema, built and checked: nothing is served that does not say where it comes from and who may ask for it.

`schema.graphql` beside this file is `print_schema()` of the whole schema; a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterator

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema, get_named_type
from sqlalchemy import BigInteger
from strawberry.schema.config import StrawberryConfig

from graphql_schema.declare import (
    ActSource,
    ColumnSource,
    ConnectionSource,
    ConsistencySource,
    FeedSource,
    NodeSource,
    OneSource,
    RelationSource,
    find_permission,
    find_rows,
    find_source,
)
from graphql_schema.errors import GraphQLSchemaError
from graphql_schema.queries import Query
from graphql_schema.scalars import SCALARS


class UndeclaredError(GraphQLSchemaError):
    """A field that is silent about its source or its permission; the schema is not built."""

    def __init__(self, problems: list[str]) -> None:
        listed = "; ".join(problems)
        super().__init__(
            "schema.undeclared", f"字段声明不完整：{listed}", f"Incomplete declarations: {listed}"
        )


def build_schema(
    query: type = Query, mutation: type | None = None, subscription: type | None = None
) -> strawberry.Schema:
    """The schema over these roots. Raises UndeclaredError."""
    schema = strawberry.Schema(
        query, mutation, subscription, config=StrawberryConfig(scalar_map=dict(SCALARS))
    )
    problems = [*find_problems(schema._schema)]
    if problems:
        raise UndeclaredError(problems)
    return schema


def print_schema(schema: strawberry.Schema) -> str:
    """The schema in GraphQL's language, the same text for the same schema."""
    return schema.as_str().strip() + "\n"


def find_problems(schema: GraphQLSchema) -> Iterator[str]:
    """What is silent: root fields without permission, fields without source, sort columns that may be null."""
    roots: tuple[tuple[GraphQLObjectType | None, tuple[type, ...]], ...] = (
        (schema.query_type, (RelationSource, NodeSource, ConsistencySource)),
        (schema.mutation_type, (ActSource,)),
        (schema.subscription_type, (FeedSource,)),
    )
    for root, allowed in roots:
        for name, definition in root.fields.items() if root else ():
            if find_permission(definition) is None:
                yield f"{root.name if root else ''}.{name} has no permission"
            if not isinstance(find_source(definition), allowed):
                yield f"{root.name if root else ''}.{name} has no source for a root field"
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType):
            yield from _find_silent(type_)


def _find_silent(type_: GraphQLObjectType) -> Iterator[str]:
    owned = find_rows(type_) is not None
    for name, definition in type_.fields.items():
        source = find_source(definition)
        if owned and source is None:
            yield f"{type_.name}.{name} has no source"
        big = isinstance(source, ColumnSource) and isinstance(source.column.type, BigInteger)
        if big and get_named_type(definition.type).name != "SafeInt":
            yield f"{type_.name}.{name} is a big integer and no SafeInt"
        if isinstance(source, RelationSource):
            yield from _find_unordered(f"{type_.name}.{name}", definition.type, source)


def _find_unordered(where: str, type_: object, source: RelationSource) -> Iterator[str]:
    target = get_named_type(type_)  # type: ignore[call-overload]
    if isinstance(source, ConnectionSource):
        target = get_named_type(get_named_type(target.fields["edges"].type).fields["node"].type)
    rows = find_rows(target) if isinstance(target, GraphQLObjectType) else None
    if rows is None:
        yield f"{where} leads to a type without rows"
    elif isinstance(source, ConnectionSource) and rows.table.c[source.order].nullable:
        yield f"{where} is ordered by a column that may be null"
    elif not source.on and source.where is None and type(source) is OneSource:
        yield f"{where} does not say which row"
