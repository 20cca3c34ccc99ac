"""Questions over the whole schema, made of choices: what GraphQL's grammar allows, asked of everything there is to ask.

A question holds aliases, fields asked twice and merged, fragments (inline, named, nested, on a type and on an interface), @skip and @include,
every argument with every field of its input, each as a constant or as a variable at any depth, given, null, absent or by default.
It is valid by construction; what it asks for exists, or nearly.

Who chooses is a `Chooser`: Hypothesis, which shrinks what it finds, or `Covering`, which goes where it has been least.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from graphql_schema.declare import SOURCE, ConnectionSource, find_rows, find_source, metadata_of

Fielded = GraphQLObjectType | GraphQLInterfaceType
PAGING = ("first", "last", "after", "before")
KNOWN: Mapping[str, Sequence[Any]] = {
    "level": ("provincial", "star"),
    "on": ("2022-05-05", "2018-11-30", "2026-01-01"),
    "onDay": ("2022-03-01", "2026-03-01"),
    "knownAt": ("2022-04-25T01:02:08Z", "2022-04-25T01:02:03.456789Z"),
    "since": ("2022-04-25T01:02:13.5Z",),
    "before": ("2022-04-25T01:02:30Z",),
    "from": (1, 2, 9),
    "to": (1, 2),
    "year": (2021, 2022, 2030),
    "round": (1, 2),
    "key": ("item:1.1", "figure:staff", ""),
    "operation": ("application.filed", "application.returned", "no.such"),
    "code": ("zhoukou-2022", "no-such"),
    "stage": ("recommendation", "city_review"),
    "Boolean": (True, False),
    "size": (0, 1, 2, 3),
}


class Chooser(Protocol):
    """Makes the choices of a question."""

    def index(self, size: int) -> int:
        """One of `size`; 0 is the plainest."""

    def fields(self, type_: str, names: Sequence[str]) -> list[str]:
        """One to four of a type's fields, in any order; one may come twice."""


class Drawn:
    """By Hypothesis."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw

    def index(self, size: int) -> int:
        return int(self.draw(st.integers(0, size - 1)))

    def fields(self, type_: str, names: Sequence[str]) -> list[str]:
        chosen: list[str] = self.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4))
        return chosen


class Covering:
    """By chance, but the field that was asked least goes first."""

    def __init__(self, seed: int) -> None:
        self.random, self.asked = Random(seed), Counter[tuple[str, str]]()

    def index(self, size: int) -> int:
        return self.random.randrange(size)

    def fields(self, type_: str, names: Sequence[str]) -> list[str]:
        ordered = sorted(names, key=lambda name: (self.asked[type_, name], self.random.random()))
        chosen = ordered[: self.random.randint(2, 4)]
        self.asked.update((type_, name) for name in chosen)
        return chosen


@dataclass(frozen=True, slots=True)
class Pool:
    """What there is: global ids by type, UUIDs, and the cursors of a type's rows by the column they are ordered by."""

    ids: Mapping[str, Sequence[str]]
    uuids: Sequence[str]
    cursors: Callable[[str, str], Sequence[str]]


@dataclass(slots=True)
class Question:
    """One in the making."""

    schema: GraphQLSchema
    pool: Pool
    choose: Chooser
    roots: Sequence[str]
    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    spreads: dict[str, list[str]] = field(default_factory=dict)
    keys: int = 0
    budget: int = 14

    def document(self) -> str:
        """The text; its variables' values gather in `variables`."""
        query = self.schema.query_type
        assert query is not None
        body = "{ " + self.selection(query, 7, self.roots) + " }"
        head = f"query({', '.join(self.declared)}) " if self.declared else ""
        return "\n".join([head + body, *self.fragments])

    def chance(self, one_in: int) -> bool:
        return self.choose.index(one_in) == one_in - 1

    def pick(self, of: Sequence[Any]) -> Any:
        return of[self.choose.index(len(of))]

    def key(self) -> str:
        self.keys += 1
        return f"k{self.keys}"

    # -- what is selected

    def selection(self, type_: Fielded, depth: int, names: Sequence[str] | None = None) -> str:
        names = names or [
            name
            for name, one in type_.fields.items()
            if is_leaf_type(get_named_type(one.type)) or (depth > 0 and self.budget > 0)
        ]
        parts = (
            [self.wrapped(type_, name, depth) for name in self.choose.fields(type_.name, names)]
            if names
            else []
        )
        if isinstance(type_, GraphQLInterfaceType):
            parts += [self.member(depth) for _ in range(1 + self.choose.index(2))]
        elif known := self.spreads.get(type_.name):
            parts += [f"...{self.pick(known)}"] if self.chance(3) else []
        if not parts or self.chance(6):
            parts.append(self.pick(("__typename", f"{self.key()}: __typename")))
        return " ".join(parts)

    def wrapped(self, type_: Fielded, name: str, depth: int) -> str:
        """A field, perhaps inside a fragment, perhaps twice."""
        text = self.field(type_, name, depth)
        kind = self.choose.index(12)
        if kind == 11:
            return f"... on {type_.name}{self.directive()} {{ {text} }}"
        if kind == 10:
            return f"...{self.directive(always=True)} {{ {text} }}"
        if kind == 9:
            label = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {label} on {type_.name} {{ {text} }}")
            self.spreads.setdefault(type_.name, []).append(label)
            return f"...{label}{self.directive()}"
        if kind == 8 and "Node" in [one.name for one in getattr(type_, "interfaces", ())]:
            return f"{text} ... on Node {{ id {self.key()}: id }}"
        return text

    def member(self, depth: int) -> str:
        """A fragment on one of the interface's types."""
        named = self.pick([*sorted(self.pool.ids)])
        type_ = self.schema.type_map[named]
        assert isinstance(type_, GraphQLObjectType)
        return f"... on {named}{self.directive()} {{ {self.selection(type_, min(depth - 1, 3))} }}"

    def field(self, type_: Fielded, name: str, depth: int) -> str:
        definition = type_.fields[name]
        named = get_named_type(definition.type)
        asked = name + self.arguments(definition)
        if is_leaf_type(named):
            plain = not definition.args and self.chance(2)
            return asked if plain else f"{self.key()}: {asked}{self.directive()}"
        assert isinstance(named, Fielded)
        self.budget -= 1
        label = f"{self.key()}: {asked}"
        text = f"{label} {{ {self.selection(named, depth - 1)} }}"
        if self.chance(8):
            text += f" {label} {{ {self.selection(named, depth - 1)} }}"
        return text

    def directive(self, *, always: bool = False) -> str:
        if not always and not self.chance(6):
            return ""
        first, second = self.pick((("skip", "include"), ("include", "skip")))
        both = f" @{second}(if: {self.switch(second)})" if self.chance(4) else ""
        return f" @{first}(if: {self.switch(first)}){both}"

    def switch(self, directive: str) -> str:
        """Mostly such that the field stays."""
        value = (directive == "include") != self.chance(4)
        return self.spell(GraphQLNonNull(self.schema.type_map["Boolean"]), value)  # type: ignore[type-var]

    # -- what it is given

    def arguments(self, definition: GraphQLField) -> str:
        given: dict[str, Any] = {}
        order = self.pick((None, "UPDATED_AT", "CREATED_AT")) if "orderBy" in definition.args else None
        if order:
            given["orderBy"] = {"field": order, "direction": self.pick(("ASC", "DESC"))}
        for name, argument in definition.args.items():
            required = isinstance(argument.type, GraphQLNonNull)
            if name in PAGING or name == "orderBy" or not (required or self.chance(2)):
                continue
            given[name] = None if not required and self.chance(8) else self.value(name, argument.type)
        if "first" in definition.args:
            given |= self.page(definition, order)
        types = {name: argument.type for name, argument in definition.args.items()}
        if order:  # a cursor holds for its order alone, so that one must come
            types["orderBy"] = GraphQLNonNull(types["orderBy"])  # type: ignore[type-var]
        parts = [f"{name}: {self.spell(types[name], value)}" for name, value in given.items()]
        return f"({', '.join(parts)})" if parts else ""

    def page(self, definition: GraphQLField, order: str | None) -> dict[str, Any]:
        source = find_source(definition)
        assert isinstance(source, ConnectionSource)
        edge = get_named_type(get_named_type(definition.type).fields["edges"].type)  # type: ignore[union-attr]
        cursors = self.pool.cursors(
            get_named_type(edge.fields["node"].type).name, (order or source.order).lower()
        )
        size = self.pick((None, "first", "last"))
        found = {size: self.pick(KNOWN["size"])} if size else {}
        for name in ("after", "before"):
            if cursors and self.chance(4):
                found[name] = self.pick(cursors)
        return found

    def value(self, name: str, type_: Any, id_of: str | None = None) -> Any:
        type_ = get_nullable_type(type_)
        if isinstance(type_, GraphQLList):
            return [self.value(name, type_.of_type, id_of) for _ in range(self.choose.index(3))]
        if isinstance(type_, GraphQLInputObjectType):
            return {
                one: None if self.chance(8) else self.value(one, inner.type, metadata_of(inner)[SOURCE].type)
                for one, inner in type_.fields.items()
                if self.chance(3)
            }
        if isinstance(type_, GraphQLEnumType):
            return self.pick([*type_.values])
        if type_.name == "ID":
            every = [one for ids in self.pool.ids.values() for one in ids]
            return self.pick(self.pool.ids[id_of] if id_of else every)
        if type_.name == "UUID":
            return self.pick(self.pool.uuids)
        return self.pick(KNOWN["Boolean" if type_.name == "Boolean" else name])

    def spell(self, type_: Any, value: Any) -> str:
        """As a constant, or as a variable; inside lists and objects each part for itself."""
        if self.chance(3):
            return self.variable(type_, value)
        inner = get_nullable_type(type_)
        if value is None:
            return "null"
        if isinstance(inner, GraphQLList):
            return "[" + ", ".join(self.spell(inner.of_type, one) for one in value) + "]"
        if isinstance(inner, GraphQLInputObjectType):
            parts = (f"{name}: {self.spell(inner.fields[name].type, one)}" for name, one in value.items())
            return "{" + ", ".join(parts) + "}"
        return str(value) if isinstance(inner, GraphQLEnumType) else json.dumps(value)

    def variable(self, type_: Any, value: Any) -> str:
        name = f"v{len(self.declared)}"
        default = "" if value is None or not self.chance(3) else f" = {constant(type_, value)}"
        self.declared.append(f"${name}: {type_}{default}")
        left_out = bool(default) or not isinstance(type_, GraphQLNonNull)
        if not (left_out and self.chance(4)):
            self.variables[name] = value
        return f"${name}"


def constant(type_: Any, value: Any) -> str:
    """A value as a constant of the document."""
    inner = get_nullable_type(type_)
    if value is None:
        return "null"
    if isinstance(inner, GraphQLList):
        return "[" + ", ".join(constant(inner.of_type, one) for one in value) + "]"
    if isinstance(inner, GraphQLInputObjectType):
        return (
            "{"
            + ", ".join(f"{name}: {constant(inner.fields[name].type, one)}" for name, one in value.items())
            + "}"
        )
    return str(value) if isinstance(inner, GraphQLEnumType) else json.dumps(value)


def node_types(schema: GraphQLSchema) -> list[str]:
    """The types that have global ids."""
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    found = schema.get_possible_types(node)
    return sorted(type_.name for type_ in found if find_rows(type_) is not None)
