"""Rows of a tenant's audited tables in one file, as an auditor takes them away to hold against the log: docs/formats/rows.md.

    {"format":"xingji-rows 1","origin":"xingji.example/411602","size":260,"tables":["applications","reviews"]}
    {"columns":[["id","uuid","6b0c…"],["title","text","…"]],"key":"6b0c…","table":"applications","version":1}
    …

Each line is canonical JSON and ends with a newline. The first says of which log, and after how many entries, the rows are; each other is a row:
the TEXT of every digested column that is not NULL (`audit.rows`), by name. Rows strictly ascend by table and key in code points,
so that none is there twice and two files of any size are compared in one pass. What a row must be is not said here, but by the log.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Final

from audit.canonical import encode, parse_canonical
from audit.errors import EntryMalformedError, NotCanonicalError, UnusableInputError
from audit.schema import Schema, check_fields, is_natural, is_origin_text

FORMAT: Final = "xingji-rows 1"
MAX_LINE: Final = 16 * 1024 * 1024
TYPES: Final = frozenset({"uuid", "text", "int", "bool", "date", "time", "bytes"})
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def _is_name(value: Any) -> bool:
    return type(value) is str and _NAME.fullmatch(value) is not None


def _is_column(value: Any) -> bool:
    if type(value) is not list or len(value) != 3 or not all(type(part) is str for part in value):
        return False
    return _is_name(value[0]) and value[1] in TYPES


def _ascend(values: Iterable[Any]) -> bool:
    listed = list(values)
    return listed == sorted(set(listed))


_HEADER: Final[Schema] = {
    "format": lambda value: value == FORMAT,
    "origin": is_origin_text,
    "size": is_natural,
    "tables": lambda value: type(value) is list and all(map(_is_name, value)) and _ascend(value),
}
_ROW: Final[Schema] = {
    "columns": lambda value: (
        type(value) is list and all(map(_is_column, value)) and _ascend(one[0] for one in value)
    ),
    "key": lambda value: type(value) is str and 0 < len(value) <= 200,
    "table": _is_name,
    "version": is_natural,
}


@dataclass(frozen=True, slots=True)
class RowsHeader:
    """Of which log the rows are, after how many of its entries, and which tables are there."""

    origin: str
    size: int
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row: (name, TYPE, TEXT) of each column that is not NULL, by name."""

    table: str
    key: str
    version: int
    columns: tuple[tuple[str, str, str], ...]

    def digest(self) -> bytes:
        """The row digest (32 bytes), as an entry records it."""
        parts = [f"xingji-row 1 {self.table} {self.version}\n".encode()]
        for name, kind, text in self.columns:
            data = text.encode()
            parts.append(b"%b:%b %d %b\n" % (name.encode(), kind.encode(), len(data), data))
        return hashlib.sha256(b"".join(parts)).digest()


def format_header(header: RowsHeader) -> bytes:
    """The first line."""
    whole = {
        "format": FORMAT,
        "origin": header.origin,
        "size": header.size,
        "tables": list(header.tables),
    }
    return encode(whole) + b"\n"


def format_row(row: TextRow) -> bytes:
    """The line of a row."""
    columns = [list(column) for column in row.columns]
    return encode({"columns": columns, "key": row.key, "table": row.table, "version": row.version}) + b"\n"


def read_header(file: IO[bytes]) -> RowsHeader:
    """Read the first line. Raises UnusableInputError."""
    line = file.readline(MAX_LINE + 1)
    found = _parse(line, _HEADER, 1)
    return RowsHeader(found["origin"], found["size"], tuple(found["tables"]))


def read_rows(file: IO[bytes], header: RowsHeader) -> Iterator[TextRow]:
    """The rows behind the header, one by one. Raises UnusableInputError for the first line that is not in its format or order."""
    before, number, tables = ("", ""), 1, set(header.tables)
    while line := file.readline(MAX_LINE + 1):
        number += 1
        found = _parse(line, _ROW, number)
        place = (found["table"], found["key"])
        if place <= before or place[0] not in tables:
            raise _unusable(number, "out of order, twice, or of a table that the first line does not name")
        before = place
        columns = tuple((name, kind, text) for name, kind, text in found["columns"])
        yield TextRow(found["table"], found["key"], found["version"], columns)


def _parse(line: bytes, schema: Schema, number: int) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise _unusable(number, "too long, or broken off")
    try:
        return check_fields(parse_canonical(line[:-1], MAX_LINE), schema, "row")
    except (NotCanonicalError, EntryMalformedError) as error:
        raise _unusable(number, str(error)) from error


def _unusable(number: int, reason: str) -> UnusableInputError:
    return UnusableInputError(reason=f"line {number} of the rows: {reason}")
