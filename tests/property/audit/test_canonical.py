"""Our canonical JSON has the bytes of a published RFC 8785 encoder, and is the only spelling that parses."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import MAX_INTEGER, encode, parse_canonical
from audit.codec import Codec, orjson_codec, standard_codec
from audit.errors import NotCanonicalError

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts
keys = texts | st.text(st.characters(max_codepoint=127, exclude_characters="\0"), max_size=6)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
)


@given(values)
def test_the_bytes_are_those_of_rfc8785(value):
    assert encode(value) == rfc8785.dumps(value)


@given(values)
def test_what_is_encoded_reads_back(value):
    assert parse_canonical(encode(value), 10**6) == value


@given(values)
def test_another_spelling_is_refused(value):
    data = encode(value)
    for other in (json.dumps(value, ensure_ascii=True), json.dumps(value, indent=1, ensure_ascii=False)):
        if other.encode() != data:
            with pytest.raises(NotCanonicalError):
                parse_canonical(other.encode(), 10**6)


STANDARD, QUICK = standard_codec(), orjson_codec()
SPELLINGS = st.sampled_from(
    [
        *rb"""{ } [ ] , : " "a" "\u00e9" "\ud800" "\uD83D\uDE00" -0 1.0 1e2 1e400 NaN -Infinity 18446744073709551616 9007199254740993 - 01 null true
    {"b":1,"a":2} {"a":1,"a":1} \ "\/" "\u001F" 1]""".split(),
        b" ",
        b"\t",
        b"\x0b",
        b"\x00",
        b"\xff",
        b"\xc3\xa9",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b'"\x7f"',
        b"9" * 400,
        b"\xc0\xaf",
    ]
)


def read(data: bytes, codec: Codec) -> object:
    """The value, or why there is none."""
    try:
        return "read", parse_canonical(data, 10**6, codec)
    except NotCanonicalError as error:
        return "refused", error.details


@given(values)
def test_both_libraries_write_and_read_alike(value):
    data = encode(value, STANDARD)
    assert data == encode(value, QUICK)
    assert read(data, STANDARD) == read(data, QUICK) == ("read", value)


@given(st.lists(SPELLINGS | st.binary(max_size=3), max_size=8).map(b"".join))
def test_both_libraries_refuse_alike(data: bytes):
    assert read(data, STANDARD) == read(data, QUICK)


@given(values, st.floats(0, 1, exclude_max=True), st.integers(0, 255))
def test_both_libraries_judge_a_changed_byte_alike(value, where: float, byte: int):
    data = bytearray(encode(value))
    data[int(where * len(data))] = byte
    assert read(bytes(data), STANDARD) == read(bytes(data), QUICK)


@pytest.mark.parametrize("depth", [31, 32, 33, 500, 2000, 30_000])
def test_both_libraries_refuse_what_is_too_deep(depth: int):
    data = b"[" * depth + b"]" * depth
    found = [read(data, codec) for codec in (STANDARD, QUICK)]
    assert found[0] == found[1]
    assert (found[0][0] == "read") == (depth <= 32)


@pytest.mark.parametrize("value", ["\ud800", {"\ud800": 1}, {"é\ud800": 1}, ["\udfff"]])
def test_both_libraries_refuse_to_write_a_lone_surrogate(value):
    for codec in (STANDARD, QUICK):
        with pytest.raises(NotCanonicalError):
            encode(value, codec)
