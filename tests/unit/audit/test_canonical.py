"""What is outside the subset, or not the canonical form, is refused."""

import enum
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from audit.canonical import MAX_DEPTH, digest, encode, parse_canonical
from audit.errors import NotCanonicalError


class Word(enum.StrEnum):
    ONE = "one"


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        {"a": 0.5},
        float("nan"),
        2**53,
        -(2**53),
        "\ud800",
        {"\ud800": 1},
        "a\0b",
        {"\0": 1},
        {1: 2},
        b"bytes",
        datetime(2022, 1, 1, tzinfo=UTC),
        uuid4(),
        Word.ONE,
        {1, 2},
    ],
)
def test_values_outside_the_subset_are_refused(value):
    with pytest.raises(NotCanonicalError):
        encode(value)


def test_depth_is_bounded():
    value: list = []
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    encode(value)
    with pytest.raises(NotCanonicalError):
        encode([value])
    with pytest.raises(NotCanonicalError):
        parse_canonical(b"[" * 5000 + b"]" * 5000, 65_535)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b"\xef\xbb\xbf1",
        b"1.0",
        b"1e2",
        b"-0",
        b"01",
        b'"\\u0061"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\\u0000"',
        b'"\\ud800"',
        b'"\xff"',
        b"9007199254740992",
        b"NaN",
        b"",
        b"{}{}",
    ],
)
def test_bytes_that_are_not_canonical_are_refused(data: bytes):
    with pytest.raises(NotCanonicalError):
        parse_canonical(data, 100)


def test_the_limit_is_in_bytes():
    assert parse_canonical('"字"'.encode(), 5) == "字"
    with pytest.raises(NotCanonicalError, match="longer"):
        parse_canonical('"字"'.encode(), 4)


def test_keys_beyond_ascii_sort_by_utf16():
    assert encode({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


def test_a_digest_is_of_the_canonical_form():
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1}) != digest({"a": 1, "b": 2})
