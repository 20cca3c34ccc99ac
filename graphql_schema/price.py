"""How many rows a field may stand for, so that a document's price is known before it runs.

A connection stands for the page that it asks for, or for the one that is given when nothing is said; when a variable says it, for that page once the variables
are known, and until then for one row; a list without pages for `LIST` rows, a guess at the many; any other field for one, a long text for as many values as it outweighs. Names decide, not types: the price is
counted while a document is measured, before it is validated. Only what is selected from can be a page: the day `certifiedOn` of a
standing costs nothing of the root's field of that name. `edges` counts once, because its connection has been counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    value_from_ast_untyped,
    visit,
)

from graphql_schema.declare import DEFAULT_PAGE, LARGEST_PAGE

Pages = Mapping[str, int]
"""Rows by the name of the field; a name that is not there stands for one."""
Sizes = Mapping[str, int]
"""Rows by the name of the variable that says how many; `UNSAID` when it says nothing."""

NO_PAGES: Final[Pages] = MappingProxyType({})
LIST: Final = 10
UNSAID: Final = -1
LONG: Final[Pages] = MappingProxyType(
    {"programme": 200, "leaf": 100, "narrative": 20, "proof": 10, "situation": 20}
)
"""Texts of kilobytes, in values of some hundred bytes."""
WORKED: Final[Pages] = MappingProxyType({"comparison": 30})
"""What is worked out of such texts."""

_SIZES: Final = frozenset({"first", "last", "ids"})


def find_pages(schema: GraphQLSchema) -> Pages:
    """The fields of a schema that are selected from and stand for more than one value."""
    found = dict(WORKED)
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                if "first" in field.args:
                    found[name] = max(found.get(name, 0), DEFAULT_PAGE)
                elif name != "edges" and _is_list_of_objects(field.type):
                    found[name] = max(found.get(name, 0), LIST)
    return MappingProxyType(found)


def _is_list_of_objects(type_: GraphQLOutputType) -> bool:
    return is_list_type(get_nullable_type(type_)) and not is_leaf_type(get_named_type(type_))


def count_rows(node: FieldNode, pages: Pages, sizes: Sizes) -> int:
    """The rows that a selected field stands for, at most; a page whose variable is not in `sizes` stands for one."""
    if node.selection_set is None:
        return LONG.get(node.name.value, 1)
    said = max(
        (
            _read_size(argument.value, sizes)
            for argument in node.arguments or ()
            if argument.name.value in _SIZES
        ),
        default=UNSAID,
    )
    return pages.get(node.name.value, 1) if said == UNSAID else max(1, min(said, LARGEST_PAGE))


def find_size_variables(document: DocumentNode) -> tuple[str, ...]:
    """The names of the variables that say how long a page is, each once, in order of the alphabet."""
    found: set[str] = set()

    class Finder(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: object) -> None:
            if node.name.value in _SIZES:
                values = node.value.values if isinstance(node.value, ListValueNode) else (node.value,)
                found.update(one.name.value for one in values if isinstance(one, VariableNode))

    visit(document, Finder())
    return tuple(sorted(found))


def find_defaults(operation: OperationDefinitionNode, names: tuple[str, ...]) -> Mapping[str, object]:
    """Those of the names that are variables of this operation, each with its default value; None when it has none."""
    return {
        node.variable.name.value: None
        if node.default_value is None
        else value_from_ast_untyped(node.default_value)
        for node in operation.variable_definitions or ()
        if node.variable.name.value in names
    }


def size_of(value: object) -> int:
    """How many rows a variable's value asks for; null is `UNSAID`, and what is not sound asks for the largest page."""
    if value is None:
        return UNSAID
    if isinstance(value, list):
        return min(len(value), LARGEST_PAGE)
    return min(value, LARGEST_PAGE) if type(value) is int and value >= 0 else LARGEST_PAGE


def _read_size(value: ValueNode, sizes: Sizes) -> int:
    match value:
        case VariableNode():
            return sizes.get(value.name.value, 1)
        case IntValueNode(value=text) if len(text) < 4:
            return int(text)
        case ListValueNode(values=values):
            return len(values)
        case NullValueNode():
            return UNSAID
        case _:
            return LARGEST_PAGE
