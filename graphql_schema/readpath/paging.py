"""A page of a connection: its order, its size, and the cursors between which it lies, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, FromClause, Integer, literal_column, tuple_

from graphql_schema.declare import DEFAULT_PAGE, LARGEST_PAGE, ConnectionSource, Direction, TypeSource
from graphql_schema.errors import CodedError
from graphql_schema.readpath.arguments import Arguments
from graphql_schema.readpath.call import Reader
from graphql_schema.readpath.cursors import parse_cursor
from graphql_schema.readpath.slots import Slots, stored


@dataclass(frozen=True, slots=True)
class Paging:
    """A page's order and bounds: by `column`, then the key, then (over many tenants) the tenant."""

    column: Column[Any]
    names: tuple[str, ...]
    descending: bool
    backward: bool
    limit: ColumnElement[Any]
    after: tuple[BindParameter[Any], ...] | None
    before: tuple[BindParameter[Any], ...] | None

    @classmethod
    def of(
        cls,
        slots: Slots,
        reader: Reader,
        relation: ConnectionSource,
        source: TypeSource,
        arguments: Arguments,
    ) -> Paging:
        """The page that the arguments of a connection ask for. Raises CodedError `page.size`."""
        chosen, direction = arguments.find("orderBy", "field"), arguments.find("orderBy", "direction")
        column = source.table.c[stored(chosen) if chosen is not None else relation.order]
        descending = relation.descending if chosen is None else stored(direction) == Direction.DESC.value
        keys = [source.table.c[name] for name in source.key]
        many = "tenant_id" in source.table.c and reader.many(source.scope)
        names = [column.name, *(key_.name for key_ in keys if key_ is not column)]
        if many:
            names.append(source.tenant_column)
        backward = arguments.find("last") is not None
        if backward and arguments.find("first") is not None:
            raise CodedError("page.size", "first 与 last 不能同时使用。", "Give `first` or `last`, not both.")
        size = "last" if backward else "first"

        def limit() -> ColumnElement[Any]:
            if arguments.find(size) is None:
                return literal_column(str(DEFAULT_PAGE), Integer)
            if arguments.is_constant(size):
                return literal_column(str(check_size(arguments.find(size))), Integer)
            getter = arguments.getter(size, convert=check_size)
            return slots.bind((id(arguments), size), Integer(), getter)

        def place(name: str) -> tuple[BindParameter[Any], ...] | None:
            if arguments.find(name) is None:
                return None
            positions = [column.name, *source.key, source.tenant_column]
            return tuple(
                slots.bind(
                    (id(arguments), name, part),
                    source.table.c[part].type,
                    arguments.getter(name, convert=_cursor_part(column, keys, positions.index(part))),
                )
                for part in names
            )

        return cls(column, tuple(names), descending, backward, limit(), place("after"), place("before"))

    def beyond(self, row: FromClause) -> list[ColumnElement[bool]]:
        """After `after` and before `before`, in this order."""
        place = tuple_(*(row.c[name] for name in self.names))
        where: list[ColumnElement[bool]] = []
        if self.after is not None:
            bound = tuple_(*self.after)
            where.append(place < bound if self.descending else place > bound)
        if self.before is not None:
            bound = tuple_(*self.before)
            where.append(place > bound if self.descending else place < bound)
        return where

    def order_by(self, row: FromClause) -> list[ColumnElement[Any]]:
        """Nearest first: a backward page is read from its end."""
        columns: list[ColumnElement[Any]] = [row.c[name] for name in self.names]
        return [column.desc() for column in columns] if self.descending != self.backward else columns


def _cursor_part(column: Column[Any], keys: Sequence[Column[Any]], at: int) -> Any:
    return lambda text: parse_cursor(text, column, keys)[at]


def check_size(value: int) -> int:
    """A page's size. Raises CodedError `page.size` outside 0…100."""
    if not 0 <= value <= LARGEST_PAGE:
        raise CodedError(
            "page.size", f"每页条数应在 0 到 {LARGEST_PAGE} 之间。", f"A page holds 0 to {LARGEST_PAGE} rows."
        )
    return value
