"""Which fields a selection asks of one concrete type: aliases, merged fields, fragments, @skip and @include (GraphQL §6.3.2).

The order of keys is the order of selection. Validation has run, so what is merged can be merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    TypeNameMetaFieldDef,
    get_named_type,
    is_abstract_type,
)
from graphql.execution.values import VariableValues, get_directive_values

from graphql_schema.declare import ComputedSource

TYPENAME = "__typename"


@dataclass(slots=True, eq=False)
class Selected:
    """One field of an answer: its key, what it is, and what is asked beneath it (filled in while compiling)."""

    key: str
    name: str
    parent: GraphQLObjectType
    definition: GraphQLField
    nodes: tuple[FieldNode, ...]
    children: tuple[Selected, ...] = ()
    computed: ComputedSource | None = None
    dirty: bool = field(default=False)
    """Something at or beneath this field needs Python."""

    def hold(self, children: tuple[Selected, ...]) -> None:
        """Take the fields beneath."""
        self.children = children
        self.dirty = self.dirty or any(child.dirty for child in children)


@dataclass(frozen=True, slots=True)
class Document:
    """What collecting needs to know beside the nodes. `variables` are one request's and are not kept."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    def root(self, parent: GraphQLObjectType, selection_set: SelectionSetNode) -> tuple[Selected, ...]:
        """The root fields of an operation."""
        return self._select(parent, [selection_set])

    def beneath(self, parent: GraphQLObjectType, nodes: Iterable[FieldNode]) -> tuple[Selected, ...]:
        """The fields that merged nodes ask of `parent`."""
        return self._select(parent, [node.selection_set for node in nodes if node.selection_set])

    def hold_plain(self, selected: Selected) -> None:
        """Fill in the fields beneath a plain value, all the way down."""
        named = get_named_type(selected.definition.type)
        if isinstance(named, GraphQLObjectType):
            children = self.beneath(named, selected.nodes)
            for child in children:
                self.hold_plain(child)
            selected.hold(children)

    def _select(
        self, parent: GraphQLObjectType, selection_sets: Iterable[SelectionSetNode]
    ) -> tuple[Selected, ...]:
        found: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for selection_set in selection_sets:
            self._collect(parent, selection_set, found, seen)
        return tuple(self._selected(parent, key, tuple(nodes)) for key, nodes in found.items())

    def _selected(self, parent: GraphQLObjectType, key: str, nodes: tuple[FieldNode, ...]) -> Selected:
        name = nodes[0].name.value
        definition = TypeNameMetaFieldDef if name == TYPENAME else self.schema.get_field(parent, name)
        assert definition is not None, name  # noqa: S101 - validation has run
        return Selected(key, name, parent, definition, nodes)

    def _collect(
        self,
        parent: GraphQLObjectType,
        selection_set: SelectionSetNode,
        found: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for node in selection_set.selections:
            if not self._included(node):
                continue
            match node:
                case FieldNode():
                    key = (node.alias or node.name).value
                    found.setdefault(key, []).append(node)
                case InlineFragmentNode():
                    if node.type_condition is None or self._applies(node.type_condition.name.value, parent):
                        self._collect(parent, node.selection_set, found, seen)
                case FragmentSpreadNode():
                    name = node.name.value
                    if name in seen:
                        continue
                    seen.add(name)
                    fragment = self.fragments[name]
                    if self._applies(fragment.type_condition.name.value, parent):
                        self._collect(parent, fragment.selection_set, found, seen)

    def _included(self, node: SelectionNode) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        if skip and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not include or bool(include["if"])

    def _applies(self, name: str, parent: GraphQLObjectType) -> bool:
        if name == parent.name:
            return True
        condition = self.schema.get_type(name)
        return is_abstract_type(condition) and self._is_sub_type(condition, parent)

    def _is_sub_type(self, abstract: GraphQLAbstractType, parent: GraphQLObjectType) -> bool:
        return self.schema.is_sub_type(abstract, parent)
