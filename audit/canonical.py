"""Canonical JSON: RFC 8785 (JCS) on the subset that entries use.

The subset: objects with string keys, arrays, strings, integers with |n| < 2**53, true, false, null; nested
at most `MAX_DEPTH` deep. Refused: floats (also 1.0 and 1e2), lone surrogates, and NUL, which PostgreSQL
text cannot hold.

orjson with sorted keys gives the bytes of RFC 8785 when every key is ASCII; other keys go to `rfc8785`,
because RFC 8785 sorts by UTF-16 code units and orjson by UTF-8 bytes.
`tests/property/audit/test_canonical.py` holds the two together.

`parse_canonical` accepts exactly the bytes that `encode` gives: it parses, encodes again and compares, so
white space, another order, duplicate keys, other escapes and another spelling of a number are all refused.
It knows no schema.
"""

import hashlib
from typing import Any, TypeAlias, cast

import orjson
import rfc8785

from audit.errors import NotCanonicalError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1


def encode(value: object) -> bytes:
    """The canonical bytes (UTF-8) of a value of the subset.

    Raises NotCanonicalError for anything outside it.
    """
    ascii_keys = _check(value, MAX_DEPTH)
    try:
        if ascii_keys:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return rfc8785.dumps(cast("Json", value))
    except (orjson.JSONEncodeError, rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise NotCanonicalError(reason="a string is not Unicode text") from error


def parse_canonical(data: bytes, limit: int) -> Json:
    """Parse at most `limit` bytes that must be canonical. Raises NotCanonicalError."""
    if len(data) > limit:
        raise NotCanonicalError(reason=f"longer than {limit} bytes")
    try:
        value = cast("Json", orjson.loads(data))
    except orjson.JSONDecodeError as error:
        raise NotCanonicalError(reason="not JSON") from error
    if encode(value) != data:
        raise NotCanonicalError(reason="not in canonical form")
    return value


def digest(value: object) -> bytes:
    """SHA-256 (32 bytes) of the canonical form: how arguments, forms and texts enter an intent."""
    return hashlib.sha256(encode(value)).digest()


def _check(value: Any, depth: int) -> bool:
    """Whether every key is ASCII; raises for a value outside the subset.

    Exact types only: orjson would take more.
    """
    kind = type(value)
    if kind is str:
        if "\0" in value:
            raise NotCanonicalError(reason="a string holds NUL")
        return True
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise NotCanonicalError(reason="an integer reaches 2**53")
        return True
    if value is None or kind is bool:
        return True
    if depth == 0:
        raise NotCanonicalError(reason=f"nested deeper than {MAX_DEPTH}")
    ascii_keys = True
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or "\0" in key:
                raise NotCanonicalError(reason="a key is not a string, or holds NUL")
            ascii_keys = _check(item, depth - 1) and key.isascii() and ascii_keys
        return ascii_keys
    if kind is list or kind is tuple:
        for item in value:
            ascii_keys = _check(item, depth - 1) and ascii_keys
        return ascii_keys
    raise NotCanonicalError(reason=f"{kind.__name__} has no canonical form")
