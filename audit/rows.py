"""Row digests: one definition, computed alike by Python and by PostgreSQL.

    SHA-256 over UTF-8 of
        xingji-row 1 TABLE VERSION\n
        and for each column that is not NULL, by name:
        NAME:TYPE LENGTH TEXT\n                        LENGTH in bytes of TEXT

| TYPE | columns | TEXT |
|---|---|---|
| uuid | Uuid | lower case with hyphens |
| text | Text, String, Enum | as it is |
| int | SmallInteger, Integer, BigInteger | decimal |
| bool | Boolean | `true` or `false` |
| date | Date | `YYYY-MM-DD` |
| time | DateTime(timezone=True) | `YYYY-MM-DDTHH:MM:SS.ffffffZ`, UTC |
| bytes | LargeBinary | lower-case hex |

VERSION is `table.info["digest_version"]` (1 if absent). NULLs are skipped, so a new nullable column leaves
old digests valid. Audited tables carry `info={"audited": True}`; a column with `info={"digest": False}`
stays out: that is where personal values live, whose commitment is in. The row's key is its primary key
after `tenant_id`, joined by `/`; text only in the last place.

What PostgreSQL runs is in `audit.triggers`.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, LargeBinary, String, Table, Uuid

from audit.entry import RowDigest, format_time
from audit.errors import RowUnsupportedError

TENANT: Final = "tenant_id"


@dataclass(frozen=True, slots=True)
class DigestColumn:
    """A column in the digest:

    its name, its TYPE, its text in Python and, as a template over `{0}`, in SQL.
    """

    name: str
    type: str
    text: Callable[[Any], str]
    sql: str


def is_audited(table: Table) -> bool:
    """Whether every change of this table's rows must have an entry."""
    return bool(table.info.get("audited"))


@cache
def digest_columns(table: Table) -> tuple[DigestColumn, ...]:
    """The columns in the digest, by name.

    Raises RowUnsupportedError for a type that the format does not define.
    """
    wanted = [column for column in table.columns if column.info.get("digest", True)]
    return tuple(_digest_column(table, column) for column in sorted(wanted, key=lambda column: column.name))


@cache
def key_columns(table: Table) -> tuple[DigestColumn, ...]:
    """The primary key's columns after `tenant_id`, in order.

    Raises RowUnsupportedError when they cannot make a key.
    """
    names = [column.name for column in table.primary_key.columns]
    if len(names) < 2 or names[0] != TENANT:
        raise RowUnsupportedError(table=table.name, column="primary key", reason="tenant_id must lead it")
    columns = tuple(_digest_column(table, table.columns[name]) for name in names[1:])
    for number, column in enumerate(columns, start=1):
        if column.type not in (
            {"uuid", "int", "date"} if number < len(columns) else {"uuid", "int", "date", "text"}
        ):
            raise RowUnsupportedError(table=table.name, column=column.name, reason="not fit for a key")
    return columns


@cache
def header(table: Table) -> str:
    """The first line of the digested text, with its newline."""
    return f"xingji-row 1 {table.name} {digest_version(table)}\n"


def digest_version(table: Table) -> int:
    """The version of the table's digest."""
    return int(table.info.get("digest_version", 1))


def row_key(table: Table, row: Mapping[str, Any]) -> str:
    """The key of a row: `id`, or `id/other`."""
    return "/".join(column.text(_value(table, column, row)) for column in key_columns(table))


def row_digest(table: Table, row: Mapping[str, Any]) -> bytes:
    """The digest (32 bytes) of a row that names every digested column. Raises RowUnsupportedError."""
    texts: list[str | None] = []
    for column in digest_columns(table):
        value = _value(table, column, row)
        texts.append(None if value is None else column.text(value))
    return digest_texts(table, texts)


def digest_texts(table: Table, texts: Iterable[str | None]) -> bytes:
    """The digest (32 bytes) from the TEXT of each digested column in order, None for NULL."""
    parts = [header(table).encode()]
    for column, text in zip(digest_columns(table), texts, strict=True):
        if text is not None:
            data = text.encode()
            parts.append(b"%b:%b %d %b\n" % (column.name.encode(), column.type.encode(), len(data), data))
    return hashlib.sha256(b"".join(parts)).digest()


def record_row(table: Table, row: Mapping[str, Any]) -> RowDigest:
    """What an entry says of a row as it is after the act."""
    return RowDigest(str(table.name), row_key(table, row), row_digest(table, row))


def record_rows(table: Table, rows: Iterable[Mapping[str, Any]]) -> tuple[RowDigest, ...]:
    """`record_row` for several rows of one table."""
    return tuple(record_row(table, row) for row in rows)


def _value(table: Table, column: DigestColumn, row: Mapping[str, Any]) -> Any:
    try:
        return row[column.name]
    except KeyError:
        raise RowUnsupportedError(table=table.name, column=column.name, reason="the row lacks it") from None


def _digest_column(table: Table, column: Column[Any]) -> DigestColumn:
    for kinds, name, text, sql in _TYPES:
        if isinstance(column.type, kinds):
            if isinstance(column.type, DateTime) and not column.type.timezone:
                break
            return DigestColumn(column.name, name, _guarded(table, column, text), sql)
    raise RowUnsupportedError(table=table.name, column=column.name, reason=f"type {column.type}")


def _guarded(table: Table, column: Column[Any], text: Callable[[Any], str]) -> Callable[[Any], str]:
    def convert(value: Any) -> str:
        try:
            return text(value)
        except (TypeError, ValueError, AttributeError) as error:
            raise RowUnsupportedError(table=table.name, column=column.name, reason=str(error)) from error

    return convert


def _exactly(kind: type, value: Any) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{type(value).__name__} is not {kind.__name__}")
    return value


def _text_of_string(value: Any) -> str:
    text: str = _exactly(str, value.value if isinstance(value, Enum) else value)
    if "\0" in text:
        raise ValueError("text holds NUL")
    return text


def _text_of_date(value: Any) -> str:
    if isinstance(value, datetime):
        raise TypeError("datetime is not date")
    return str(_exactly(date, value).isoformat())


# Out of the years 0001 to 9999 to_char drops what tells values apart (BC, infinity): such a value shows as
# itself, which no digest made by Python equals.
_DATE_SQL: Final = (
    "CASE WHEN {0} BETWEEN '0001-01-01' AND '9999-12-31'"
    " THEN to_char({0}::timestamp, 'YYYY-MM-DD') ELSE {0}::text END"
)
_TIME_SQL: Final = (
    "CASE WHEN {0} >= '0001-01-01 00:00:00+00' AND {0} < '10000-01-01 00:00:00+00'"
    " THEN to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') ELSE {0}::text END"
)
_TYPES: Final[tuple[tuple[type | tuple[type, ...], str, Callable[[Any], str], str], ...]] = (
    (Uuid, "uuid", lambda value: str(_exactly(UUID, value)), "{0}::text"),
    (String, "text", _text_of_string, "{0}::text"),
    (Boolean, "bool", lambda value: "true" if _exactly(bool, value) else "false", "{0}::text"),
    (Integer, "int", lambda value: str(_exactly(int, value)), "{0}::text"),
    (Date, "date", _text_of_date, _DATE_SQL),
    (
        DateTime,
        "time",
        lambda value: format_time(_exactly(datetime, value)),
        _TIME_SQL,
    ),
    (LargeBinary, "bytes", lambda value: bytes(value).hex(), "encode({0}, 'hex')"),
)
