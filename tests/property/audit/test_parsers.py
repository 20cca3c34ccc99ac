"""No parser crashes, and none takes what it would write otherwise: fuzzed by lot here, for as long as one likes by `./dev torture fuzz`."""

import random
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.torture.parsers import Parser, accidents, parsers

ALL = {parser.name: parser for parser in parsers()}


@pytest.mark.parametrize("name", ALL)
def test_samples_are_taken_and_written_again(name: str):
    parser: Parser = ALL[name]
    assert all(parser.try_on(sample) for sample in parser.samples)


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_is_taken_is_what_would_be_written(name: str, seed: int):
    parser = ALL[name]
    for made in islice(accidents(parser, random.Random(seed)), 100):
        parser.try_on(made)


@pytest.mark.parametrize("name", ALL)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(name: str, data: bytes):
    ALL[name].try_on(data)
