"""How many rows a field may stand for, so that a document's price is known before it runs.

A connection stands for the page that it asks for, the largest when a variable says it; a list without pages for `LIST` rows, a
guess at the many; any other field for one, a long text for as many values as it outweighs. Names decide, not types: the price is
counted while a document is measured, before it is validated. Only what is selected from can be a page: the day `certifiedOn` of a
standing costs nothing of the root's field of that name. `edges` counts once, because its connection has been counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    ValueNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from graphql_schema.declare import DEFAULT_PAGE, LARGEST_PAGE

Pages = Mapping[str, int]
"""Rows by the name of the field; a name that is not there stands for one."""

NO_PAGES: Final[Pages] = MappingProxyType({})
LIST: Final = 10
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


def count_rows(node: FieldNode, pages: Pages) -> int:
    """The rows that a selected field stands for, at most."""
    if node.selection_set is None:
        return LONG.get(node.name.value, 1)
    for argument in node.arguments or ():
        if argument.name.value in _SIZES:
            return max(1, min(_read_size(argument.value), LARGEST_PAGE))
    return pages.get(node.name.value, 1)


def _read_size(value: ValueNode) -> int:
    match value:
        case IntValueNode(value=text) if len(text) < 4:
            return int(text)
        case ListValueNode(values=values):
            return len(values)
        case _:
            return LARGEST_PAGE
