"""A field's arguments, split into what shapes the statement and what fills its parameters.

Which arguments are there is part of a plan's key; their values are read anew for every call. A constant of the document stays a
constant; `$name` alone, or inside an input object, is one look-up; whatever else holds a variable goes through graphql-core again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)
from graphql.execution.values import VariableValues, get_argument_values

from graphql_schema.readpath.call import Call, Getter

Path = Sequence[str]


class Arguments:
    """The arguments of one selected field, as they stand in the call that the plan is compiled for."""

    def __init__(self, definition: GraphQLField, node: FieldNode, variables: VariableValues) -> None:
        self._definition, self._node = definition, node
        self._nodes = {argument.name.value: argument.value for argument in node.arguments or ()}
        self._current = get_argument_values(definition, node, variables) if definition.args else {}

    def find(self, *path: str) -> Any:
        """The value in this call; None when absent or null."""
        return dig(self._current, path)

    def is_constant(self, *path: str) -> bool:
        """Whether the document itself says the value."""
        node, _ = self._locate(path)
        return node is None or not holds_variable(node)

    def getter(self, *path: str, convert: Callable[[Any], Any]) -> Getter:
        """A function of the call that reads the value and converts it; it keeps nothing of this call but constants."""
        node, rest = self._locate(path)
        if node is None or not holds_variable(node):
            value = self.find(*path)
            return lambda _call: convert(value)
        if isinstance(node, VariableNode):
            name = node.name.value
            if not rest:
                return lambda call: convert(call.variables[name])
            return lambda call: convert(dig(call.variables[name], rest))
        definition, field_node = self._definition, self._node

        def evaluate(call: Call) -> Any:
            return convert(dig(get_argument_values(definition, field_node, call.values), path))

        return evaluate

    def _locate(self, path: Path) -> tuple[ValueNode | None, Path]:
        """The AST of the value, as deep as the document spells it out, and the rest of the path."""
        node = self._nodes.get(path[0])
        rest = list(path[1:])
        while rest and isinstance(node, ObjectValueNode):
            name = rest.pop(0)
            node = next((field.value for field in node.fields or () if field.name.value == name), None)
        return node, rest


def dig(value: Any, path: Path) -> Any:
    """The value at a path of keys; None when any of it is absent or null."""
    for name in path:
        if value is None:
            return None
        value = value.get(name)
    return value


def holds_variable(node: ValueNode) -> bool:
    """Whether a value's AST mentions a variable."""
    match node:
        case VariableNode():
            return True
        case ListValueNode():
            return any(holds_variable(value) for value in node.values or ())
        case ObjectValueNode():
            return any(holds_variable(field.value) for field in node.fields or ())
        case _:
            return False
