"""The little of DER (X.690) that a time token needs, strictly: one encoding for one value, and nothing behind it.

    (whole,) = parse_values(data)           one value: its identifier octet and its content
    fields = Fields(whole, SEQUENCE)        the values in a constructed one, taken in order
    number = parse_integer(fields.take(INTEGER)); fields.end()

A value is opened only when it is asked for. Identifiers are of one octet, lengths are definite and as short as they can be, so that
`encode` of what was read is what was read. Certificates are not read here: `cryptography` does that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from audit.errors import DerMalformedError

BOOLEAN, INTEGER, OCTETS, NULL, OID, TIME, SEQUENCE, SET = 0x01, 0x02, 0x04, 0x05, 0x06, 0x18, 0x30, 0x31
PRIMITIVE, CONSTRUCTED = 0x80, 0xA0
"""Context-specific tags: add the number."""
_MULTIBYTE: Final = 0x1F
_LONGEST: Final = 3
"""Octets of a length."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value: identifier octet and content."""

    tag: int
    body: bytes

    def encode(self) -> bytes:
        """The bytes that it was read from."""
        return encode(self.tag, self.body)


def encode(tag: int, *parts: bytes) -> bytes:
    """A value with this content."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def parse_values(data: bytes) -> tuple[Value, ...]:
    """The values that follow one another in `data`, to its end. Raises DerMalformedError."""
    values, place = [], 0
    while place < len(data):
        start, length = _read_head(data, place)
        value = Value(data[place], data[start : start + length])
        if len(value.body) != length or not data.startswith(value.encode(), place):
            raise DerMalformedError(reason="a length")
        values.append(value)
        place = start + length
    return tuple(values)


def parse_value(data: bytes, tag: int) -> Value:
    """The one value of this tag that `data` is. Raises DerMalformedError."""
    values = parse_values(data)
    if len(values) != 1 or values[0].tag != tag:
        raise DerMalformedError(reason=f"not one value of tag {tag:#04x}")
    return values[0]


@dataclass(slots=True)
class Fields:
    """The values in a constructed value, in order. Raises DerMalformedError for another tag."""

    whole: Value
    tag: int
    _rest: list[Value] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.whole.tag != self.tag:
            raise DerMalformedError(reason=f"tag {self.whole.tag:#04x} for {self.tag:#04x}")
        self._rest = list(parse_values(self.whole.body))

    def take(self, tag: int) -> Value:
        """The next value, which has this tag. Raises DerMalformedError."""
        value = self.find(tag)
        if value is None:
            raise DerMalformedError(reason=f"tag {tag:#04x} is missing")
        return value

    def find(self, tag: int) -> Value | None:
        """The next value if it has this tag."""
        return self._rest.pop(0) if self._rest and self._rest[0].tag == tag else None

    def end(self) -> None:
        """Nothing is left. Raises DerMalformedError."""
        if self._rest:
            raise DerMalformedError(reason=f"tag {self._rest[0].tag:#04x} is too many")


def parse_integer(value: Value) -> int:
    """Raises DerMalformedError unless in its shortest form."""
    number = int.from_bytes(value.body, "big", signed=True)
    if value.tag != INTEGER or encode_integer(number) != value.encode():
        raise DerMalformedError(reason="an integer")
    return number


def encode_integer(number: int) -> bytes:
    """An INTEGER."""
    return encode(INTEGER, number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, "big", signed=True))


def encode_oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *others = (int(part) for part in dotted.split("."))
    return encode(OID, b"".join(_arc(one) for one in (first * 40 + second, *others)))


def encode_set(members: Iterable[bytes]) -> bytes:
    """A SET OF, in the order that DER has."""
    return encode(SET, *sorted(members))


def parse_time(value: Value) -> datetime:
    """A GeneralizedTime as RFC 3161 has it: UTC, with seconds, a fraction without a zero at its end. Raises DerMalformedError."""
    text = value.body.decode("ascii", "replace")
    whole, point, fraction = text.removesuffix("Z").partition(".")
    digits = whole.isascii() and whole.isdecimal() and len(whole) == 14
    exact = fraction.isascii() and fraction.isdecimal() and len(fraction) <= 6 and not fraction.endswith("0")
    if value.tag != TIME or not text.endswith("Z") or not digits or (point and not exact):
        raise DerMalformedError(reason="a time")
    try:
        found = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise DerMalformedError(reason="a time") from error
    return found.replace(microsecond=int(f"{fraction:0<6}"))


def _arc(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.insert(0, 0x80 | number & 0x7F)
    return bytes(octets)


def _read_head(data: bytes, place: int) -> tuple[int, int]:
    """Where the content begins, and its length."""
    if data[place] & _MULTIBYTE == _MULTIBYTE or place + 1 >= len(data):
        raise DerMalformedError(reason="an identifier")
    first = data[place + 1]
    if first < 0x80:
        return place + 2, first
    count = first & 0x7F
    start = place + 2 + count
    if not 1 <= count <= _LONGEST or start > len(data):
        raise DerMalformedError(reason="a length")
    return start, int.from_bytes(data[place + 2 : start], "big")
