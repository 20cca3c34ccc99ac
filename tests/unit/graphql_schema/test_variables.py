"""Values of variables that are refused: nothing keeps them behind the refusal."""

import gc
import weakref

from graphql import OperationDefinitionNode, build_schema, parse

from graphql_schema.errors import RequestError
from graphql_schema.execution import coerce_variables

SCHEMA = build_schema("input Wanted { a: Int } type Query { one(input: Wanted!): Int }")


class Values(dict[str, int]):
    """A mapping that can be watched."""


def _refuse(values: Values) -> list[str]:
    (definition,) = parse("query($input: Wanted!) { one(input: $input) }").definitions
    assert isinstance(definition, OperationDefinitionNode)
    try:
        coerce_variables(SCHEMA, definition, {"input": values})
    except RequestError as refusal:
        return [error.message for error in refusal.errors]
    return []


def test_refused_values_go_with_the_refusal() -> None:
    for size in (3, 100):
        values = Values({f"x{number}": number for number in range(size)})
        kept = weakref.ref(values)
        gc.disable()
        try:
            assert _refuse(values)
            del values
            assert kept() is None, size
        finally:
            gc.enable()
