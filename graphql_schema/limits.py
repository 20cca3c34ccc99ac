"""How big a document may be, and how big one is, counted without expanding it.

A fragment bomb names itself twice on every floor: 30 short fragments are a milliard fields. So each fragment is
counted once, and what spreads it adds that count: the cost is the length of the text, whatever it expands to.
The counts are upper bounds: a field selected twice counts twice, an `@skip`ped one counts. A cycle counts nothing
here; validation refuses it.

    query { a { ...F } }   fragment F on A { x: b { c } }

has depth 3, 3 fields, 1 alias, 1 root field.

What the text does not show is how many rows a field stands for: pages of 100 in pages of 100 are a milliard rows in a short
document. `price` counts the values that may be answered, each field times the pages around it; graphql_schema/price.py says
how long a field's page is. A page that a variable says counts once the variables are known (`Documents.price`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from graphql_schema.errors import CodedError
from graphql_schema.price import NO_PAGES, Pages, Sizes, count_rows

_CEILING: Final = 10**9
"""Counts stop here, so that a bomb's numbers stay machine-sized."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may be; each is the greatest allowed count.

    `repeats` bounds the pairs of fields that answer under one name anywhere in the text, and the pairs of spreads:
    validation compares them pair by pair, 100 fields of one name cost it about 50 ms.
    """

    document_bytes: int = 65_536
    tokens: int = 5_000
    operations: int = 10
    depth: int = 16
    fields: int = 500
    repeats: int = 10_000
    aliases: int = 60
    root_fields: int = 20
    directives: int = 100
    price: int = 100_000
    variable_values: int = 20_000
    variable_depth: int = 32
    errors: int = 20
    introspection: bool = True
    cached_documents: int = 1_000
    cached_bytes: int = 2_097_152
    cached_refusals: int = 200
    cached_prices: int = 5_000


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection comes to, its fragments followed. `depth` 1 is a field of the root; `price` counts values."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    price: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """One definition's own count, the fragments it spreads as (name, depth, rows around it), and its answers' names."""

    size: Size
    spreads: tuple[tuple[str, int, int], ...]
    names: tuple[str, ...]


def _read_part(selection_set: SelectionSetNode, directives: int, pages: Pages, sizes: Sizes) -> _Part:
    """Count one definition, leaving its spreads open; without recursion."""
    deepest = fields = aliases = roots = price = 0
    spreads: list[tuple[str, int, int]] = []
    names: list[str] = []
    pending = [(selection_set, 1, 1)]
    while pending:
        current, depth, rows = pending.pop()
        for node in current.selections:
            directives += len(node.directives or ())
            match node:
                case FieldNode():
                    fields += 1
                    names.append((node.alias or node.name).value)
                    aliases += node.alias is not None
                    roots += depth == 1
                    deepest = max(deepest, depth)
                    within = min(rows * count_rows(node, pages, sizes), _CEILING)
                    price += within
                    if node.selection_set:
                        pending.append((node.selection_set, depth + 1, within))
                case InlineFragmentNode():
                    pending.append((node.selection_set, depth, rows))
                case FragmentSpreadNode():
                    spreads.append((node.name.value, depth, rows))
                    names.append("...")
    return _Part(Size(deepest, fields, aliases, directives, roots, price), tuple(spreads), tuple(names))


def _join(part: _Part, known: Mapping[str, Size]) -> Size:
    """A definition's count with its spreads' counts added."""
    depth, fields, price = part.size.depth, part.size.fields, part.size.price
    aliases, directives, roots = part.size.aliases, part.size.directives, part.size.root_fields
    for name, at, rows in part.spreads:
        if (inner := known.get(name)) is not None:
            depth = max(depth, at - 1 + inner.depth)
            fields += inner.fields
            aliases += inner.aliases
            directives += inner.directives
            roots += inner.root_fields if at == 1 else 0
            price += rows * inner.price
    return Size(*(min(count, _CEILING) for count in (depth, fields, aliases, directives, roots, price)))


def measure_document(
    document: DocumentNode, pages: Pages = NO_PAGES, sizes: Sizes = NO_PAGES
) -> tuple[list[Size], int]:
    """The size of each operation in order, and the document's `repeats`; linear in the document's length.

    `sizes` are pages that variables say; without them the price is the least that the document can come to.
    """
    parts: dict[str, _Part] = {}
    operations: list[_Part] = []
    for node in document.definitions:
        if isinstance(node, FragmentDefinitionNode):
            parts[node.name.value] = _read_part(node.selection_set, len(node.directives or ()), pages, sizes)
        elif isinstance(node, OperationDefinitionNode):
            operations.append(_read_part(node.selection_set, len(node.directives or ()), pages, sizes))
    known: dict[str, Size] = {}
    for name in _order_fragments(parts):
        known[name] = _join(parts[name], known)
    names = Counter(chain.from_iterable(part.names for part in (*parts.values(), *operations)))
    return [_join(part, known) for part in operations], sum(count * count for count in names.values())


def _order_fragments(parts: Mapping[str, _Part]) -> Iterable[str]:
    """The fragments' names, what is spread before what spreads it; a cycle is cut where it closes."""
    seen: set[str] = set()
    for start in parts:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(parts[start].spreads))]
        while path:
            name, spreads = path[-1]
            for inner, *_ in spreads:
                if inner in parts and inner not in seen:
                    seen.add(inner)
                    path.append((inner, iter(parts[inner].spreads)))
                    break
            else:
                path.pop()
                yield name


def find_excess(document: DocumentNode, limits: Limits, pages: Pages = NO_PAGES) -> CodedError | None:
    """The first limit the document breaks, or None."""
    sizes, repeats = measure_document(document, pages)
    if len(sizes) > limits.operations:
        return refuse_size("operations", limits.operations)
    for size in sizes:
        for name in ("depth", "root_fields", "aliases", "directives", "fields", "price"):
            if getattr(size, name) > getattr(limits, name):
                return refuse_size(name, getattr(limits, name))
    return refuse_size("repeats", limits.repeats) if repeats > limits.repeats else None


_NAMES: Final = {
    "document_bytes": ("字节数", "bytes"),
    "tokens": ("词法单元数", "tokens"),
    "operations": ("操作数", "operations"),
    "depth": ("嵌套深度", "levels of nesting"),
    "fields": ("字段数（展开片段后）", "fields, fragments expanded"),
    "aliases": ("别名数（展开片段后）", "aliases, fragments expanded"),
    "repeats": ("同名字段的对数", "pairs of fields of one name"),
    "root_fields": ("根字段数", "root fields"),
    "directives": ("指令数（展开片段后）", "directives, fragments expanded"),
    "price": ("可能返回的值数（页与页相乘）", "values that may be answered, pages multiplied"),
    "variable_values": ("变量中值的个数", "values in the variables"),
    "variable_depth": ("变量的嵌套深度", "levels of nesting in the variables"),
}


def refuse_size(name: str, allowed: int) -> CodedError:
    """The refusal for one limit; its code is `limit.` and the limit's name."""
    zh, en = _NAMES[name]
    return CodedError(
        f"limit.{name}", f"查询过大：{zh}超过上限 {allowed}。", f"Too large: more than {allowed} {en}."
    )


def find_variable_excess(variables: dict[str, Any], limits: Limits) -> CodedError | None:
    """The limit that parsed JSON variables break, or None; it stops counting at the limit."""
    count = 0
    level: list[dict[str, Any] | list[Any]] = [variables]
    for _ in range(limits.variable_depth):
        inner: list[dict[str, Any] | list[Any]] = []
        for value in level:
            count += len(value)
            if count > limits.variable_values:
                return refuse_size("variable_values", limits.variable_values)
            children = value.values() if isinstance(value, dict) else value
            inner += [child for child in children if isinstance(child, (dict, list))]
        if not inner:
            return None
        level = inner
    return refuse_size("variable_depth", limits.variable_depth)
