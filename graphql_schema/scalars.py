"""Scalars beside GraphQL's own, and the one way in which Python values become JSON.

Timestamps are RFC 3339 in UTC with six digits of a second (`2022-05-15T16:00:00.000000Z`), dates `YYYY-MM-DD`, bytes lower-case hex, whole
numbers up to 2^53 - 1. The compiled SQL prints the same (readpath/encode.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Final, NewType
from uuid import UUID

import strawberry
from strawberry.types.scalar import ScalarDefinition

LARGEST_SAFE: Final = 2**53 - 1
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)\Z")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")

Hex = NewType("Hex", bytes)
SafeInt = NewType("SafeInt", int)
Level = NewType("Level", str)
StandardPart = NewType("StandardPart", str)


def format_timestamp(value: datetime) -> str:
    """RFC 3339 in UTC, six digits of a second. Raises ValueError for a time without a zone."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_timestamp(text: str) -> datetime:
    """An aware time in UTC. Raises ValueError."""
    if not isinstance(text, str) or not _TIMESTAMP.match(text):
        raise ValueError("expected an RFC 3339 time with a zone")
    return datetime.fromisoformat(text).astimezone(UTC)


def parse_date(text: str) -> date:
    """A date. Raises ValueError."""
    if not isinstance(text, str) or not _DATE.match(text):
        raise ValueError("expected YYYY-MM-DD")
    return date.fromisoformat(text)


def parse_hex(text: str) -> bytes:
    """Bytes from lower-case hex. Raises ValueError."""
    if not isinstance(text, str) or not re.match(r"([0-9a-f]{2})*\Z", text):
        raise ValueError("expected lower-case hex")
    return bytes.fromhex(text)


def parse_safe_int(value: int) -> int:
    """A whole number of at most 53 bits. Raises ValueError."""
    if type(value) is not int or abs(value) > LARGEST_SAFE:
        raise ValueError("expected a whole number of at most 53 bits")
    return value


def parse_code(text: str) -> str:
    """A code that a programme defines: small letters, digits and underscores, 40 at most. Raises ValueError."""
    if not isinstance(text, str) or not _CODE.match(text):
        raise ValueError("expected a code of small letters, digits and underscores")
    return text


def parse_uuid(text: str) -> UUID:
    """A UUID in its usual spelling. Raises ValueError."""
    if not isinstance(text, str) or str(UUID(text)) != text:
        raise ValueError("expected a lower-case UUID")
    return UUID(text)


def format_value(value: Any) -> Any:
    """A Python value of a scalar or enum as JSON carries it."""
    match value:
        case Enum():
            return value.name
        case datetime():
            return format_timestamp(value)
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case UUID():
            return str(value)
        case _:
            return value


def _scalar(name: str, description: str, parse: Any) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=format_value, parse_value=parse)


SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    datetime: _scalar("DateTime", "RFC 3339 time in UTC, six digits of a second (时间).", parse_timestamp),
    date: _scalar("Date", "A day, YYYY-MM-DD (日期).", parse_date),
    UUID: _scalar("UUID", "A UUID in lower case.", parse_uuid),
    Hex: _scalar("Hex", "Bytes in lower-case hex (十六进制).", parse_hex),
    Level: _scalar(
        "Level", "A level by its code, as the programme defines it: `provincial` (级别).", parse_code
    ),
    StandardPart: _scalar(
        "StandardPart",
        "A part of the standard by its code, as the programme defines it (标准部分).",
        parse_code,
    ),
    SafeInt: _scalar("SafeInt", "A whole number of at most 53 bits (整数).", parse_safe_int),
}
