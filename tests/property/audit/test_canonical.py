"""Our canonical JSON has the bytes of a published RFC 8785 encoder, and is the only spelling that parses."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import MAX_INTEGER, encode, parse_canonical
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
