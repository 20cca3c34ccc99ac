"""Canonical JSON: RFC 8785 (JCS) on the subset that entries use.

The subset: objects with string keys, arrays, strings, integers with |n| < 2**53, true, false, null; nested
at most `MAX_DEPTH` deep. Refused: floats (also 1.0 and 1e2), lone surrogates, and NUL, which PostgreSQL
text cannot hold.

JSON is read and written by orjson where it is installed and by the standard library where it is not, as in the auditor's
tool: same bytes, same refusals. Both write the bytes of RFC 8785 when every key is ASCII. Other keys are put in order here,
because RFC 8785 sorts by UTF-16 code units and neither library does. `tests/property/audit/test_canonical.py` holds the two
together, and both to a published encoder.

`parse_canonical` accepts exactly the bytes that `encode` gives: it parses, encodes again and compares, so
white space, another order, duplicate keys, other escapes and another spelling of a number are all refused.
It knows no schema.
"""

import hashlib
from typing import Any, TypeAlias, cast

from audit.codec import Codec, find_codec
from audit.errors import NotCanonicalError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1
CODEC: Codec = find_codec()


def encode(value: object, codec: Codec = CODEC) -> bytes:
    """The canonical bytes (UTF-8) of a value of the subset.

    Raises NotCanonicalError for anything outside it.
    """
    ascii_keys = _check(value, MAX_DEPTH)
    try:
        return codec.dump_sorted(value) if ascii_keys else codec.dump(_in_order(value))
    except (TypeError, ValueError) as error:
        raise NotCanonicalError(reason="a string is not Unicode text") from error


def parse_canonical(data: bytes, limit: int, codec: Codec = CODEC) -> Json:
    """Parse at most `limit` bytes that must be canonical. Raises NotCanonicalError."""
    if len(data) > limit:
        raise NotCanonicalError(reason=f"longer than {limit} bytes")
    try:
        value = cast("Json", codec.load(data))
    except ValueError as error:
        raise NotCanonicalError(reason="not JSON") from error
    if encode(value, codec) != data:
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


def _in_order(value: Any) -> Any:
    """The value with the keys of its objects in the order of RFC 8785 §3.2.3. Raises UnicodeEncodeError."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    if isinstance(value, list | tuple):
        return [_in_order(item) for item in value]
    return value
