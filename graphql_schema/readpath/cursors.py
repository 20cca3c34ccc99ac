"""Cursors: the place of a row in an order, by key and never by offset.

    CREATED_AT… is spelled  created_at:2022-05-07T01:02:03.000000Z:0190…:3
                            order      sort value                  key    tenant

The order's column comes first and is compared, so a cursor of one order is refused in another. The sort value may hold colons; the others
may not. A cursor reveals nothing that its row did not, and opens nothing: the reader's scope is applied to the page as always.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, DateTime, FromClause, Integer, LargeBinary, Text, Uuid, func
from sqlalchemy.types import TypeEngine

from graphql_schema.errors import CodedError
from graphql_schema.readpath.encode import Piece, concat, timestamp
from graphql_schema.scalars import parse_timestamp

LONGEST: Final = 1024
_NUMBER: Final = re.compile(r"(0|-?[1-9][0-9]{0,18})\Z")


def refuse_cursor() -> CodedError:
    """The refusal of a cursor that we did not print for this order."""
    return CodedError(
        "cursor.malformed", "游标无效。", "The cursor is malformed or belongs to another order."
    )


def cursor_pieces(row: FromClause, order: Column[Any], keys: Sequence[str], tenant: str) -> list[Piece]:
    """The cursor of `row` as a JSON string."""
    value = row.c[order.name]
    pieces: list[Piece] = [f"{order.name}:", timestamp(value) if isinstance(order.type, DateTime) else value]
    for name in keys:
        pieces += [":", row.c[name]]
    pieces += [":", row.c[tenant]]
    if isinstance(order.type, Text):
        return [func.to_json(concat(pieces))]
    return ['"', *pieces, '"']


def parse_cursor(text: str, order: Column[Any], keys: Sequence[Column[Any]]) -> tuple[Any, ...]:
    """Sort value, keys, tenant. Raises CodedError `cursor.malformed`."""
    name, _, rest = text.partition(":")
    parts = rest.rsplit(":", len(keys) + 1)
    if len(text) > LONGEST or name != order.name or len(parts) != len(keys) + 2:
        raise refuse_cursor()
    types = [order.type, *(key.type for key in keys), Integer()]
    try:
        return tuple(_parse(part, type_) for part, type_ in zip(parts, types, strict=True))
    except ValueError:
        raise refuse_cursor() from None


def _parse(text: str, type_: TypeEngine[Any]) -> Any:
    for kind, parse in _PARSERS.items():
        if isinstance(type_, kind):
            return parse(text)
    raise ValueError(f"no cursor over {type_}")


def _uuid(text: str) -> UUID:
    value = UUID(text)
    if str(value) != text:
        raise ValueError(text)
    return value


def _number(bits: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not _NUMBER.match(text) or not -(2**bits) <= int(text) < 2**bits:
            raise ValueError(text)
        return int(text)

    return parse


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError(text)
    text.encode()
    return text


_PARSERS: Final[Mapping[type, Callable[[str], Any]]] = {
    Uuid: _uuid,
    BigInteger: _number(63),
    Integer: _number(31),
    DateTime: parse_timestamp,
    Date: date.fromisoformat,
    Text: _text,
    LargeBinary: bytes.fromhex,
}
