"""SQL that prints JSON: pieces of text and expressions, joined by one `concat`.

`concat` prints an object in about half the time of `json_build_object`, has no limit of fields (it nests beyond 100 arguments), adds no
blanks and knows no keys, so a key may be as long as it likes and clash with nothing. Its one trap: it prints NULL as nothing. So whatever may
be NULL passes through `coalesce` here, and nothing is concatenated that has not passed through this module.

A null where the schema says non-null is printed as `{"!":"null"}`, and any other trouble of one field as `{"!":"<code>"}` (ADR 0006).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLNamedType
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from graphql_schema.scalars import LARGEST_SAFE

Piece = str | ColumnElement[Any]

NULL: Final = "null"
MOST_ARGUMENTS: Final = 90
"""PostgreSQL's functions take 100."""


def marker(code: str) -> str:
    """The sign of a field that could not be answered."""
    return f'{{"!":"{code}"}}'


MARKER: Final = b'{"!":'
NO_NULL: Final = marker("null")


def text_literal(value: str) -> ColumnElement[Any]:
    """A constant in the statement's text. Only for names and punctuation of ours or of the validated document."""
    return literal_column("'" + value.replace("'", "''") + "'", Text)


def concat(pieces: Iterable[Piece]) -> ColumnElement[Any]:
    """One text expression; neighbouring constants are joined."""
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif not isinstance(piece, str) or piece:
            merged.append(piece)
    parts = [text_literal(piece) if isinstance(piece, str) else piece for piece in merged]
    while len(parts) > MOST_ARGUMENTS:
        parts = [_joined(parts[at : at + MOST_ARGUMENTS]) for at in range(0, len(parts), MOST_ARGUMENTS)]
    return _joined(parts)


def _joined(parts: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    return func.concat(*parts, type_=Text)


def key(name: str) -> str:
    """`"name":` — GraphQL names need no escaping."""
    return f'"{name}":'


def otherwise(value: ColumnElement[Any], none: str) -> ColumnElement[Any]:
    """The text, or `none` for NULL."""
    return func.coalesce(value, text_literal(none), type_=Text)


def scalar(
    value: ColumnElement[Any], type_: GraphQLNamedType, *, nullable: bool, none: str = NULL
) -> list[Piece]:
    """A scalar or enum as JSON; `none` is printed for NULL when the value is `nullable`."""
    pieces = _enum(value, type_) if isinstance(type_, GraphQLEnumType) else _plain(value, value.type)
    if not nullable:
        return pieces
    return [otherwise(_strict(pieces), none)]


def raw(value: ColumnElement[Any]) -> list[Piece]:
    """A value for Python's own use (`needs` of a computed field): JSON, null for NULL."""
    return [otherwise(_strict(_plain(value, value.type)), NULL)]


def _strict(pieces: Sequence[Piece]) -> ColumnElement[Any]:
    """The same text by `||`, NULL when any part of it is."""
    parts = [text_literal(piece) if isinstance(piece, str) else cast(piece, Text) for piece in pieces]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.op("||", return_type=Text())(part)
    return joined


def _plain(value: ColumnElement[Any], type_: TypeEngine[Any]) -> list[Piece]:  # noqa: PLR0911 - a table
    match type_:
        case Uuid():
            return ['"', value, '"']
        case BigInteger():
            safe = value.between(literal_column(str(-LARGEST_SAFE)), literal_column(str(LARGEST_SAFE)))
            unsafe = text_literal(marker("number.unsafe"))
            return [case((safe, cast(value, Text)), (value.is_not(None), unsafe))]
        case Integer():
            return [value]
        case Boolean():
            return [cast(value, Text)]
        case DateTime():
            return ['"', timestamp(value), '"']
        case Date():
            return ['"', func.to_char(value, literal_column("'YYYY-MM-DD'"), type_=Text), '"']
        case LargeBinary():
            return ['"', func.encode(value, literal_column("'hex'"), type_=Text), '"']
        case _:
            return [func.to_json(value)]


def timestamp(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """RFC 3339 in UTC, six digits of a second."""
    utc = value.op("AT TIME ZONE")(literal_column("'UTC'"))
    return func.to_char(utc, literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""), type_=Text)


def _enum(value: ColumnElement[Any], type_: GraphQLEnumType) -> list[Piece]:
    """The name of a stored value.

    Where every name is its value in capitals, `upper` says it (a check constraint keeps other values out of the column, and a test
    compares the two lists); a CASE of many branches would cost more to set up than the row to read.
    """
    stored = {str(member.value): name for name, member in type_.values.items()}
    if all(text.upper() == name for text, name in stored.items()):
        return ['"', func.upper(value.collate("C"), type_=Text), '"']
    known = [
        (value == literal_column("'" + text.replace("'", "''") + "'"), text_literal(json.dumps(name)))
        for text, name in stored.items()
    ]
    return [case(*known, (value.is_not(None), text_literal(marker("enum.unknown"))))]
