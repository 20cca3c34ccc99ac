"""Draws are permutations, a sample is the beginning of one, and no order is likelier than another."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.draw import sample, shuffle
from audit.inclusion import is_included, paths
from audit.tree import Frontier, leaf_hash

SEEDS = st.binary(min_size=32, max_size=32)


@given(SEEDS, st.integers(0, 200))
def test_a_shuffle_is_a_permutation(seed: bytes, n: int) -> None:
    assert sorted(shuffle(seed, n)) == [*range(n)]


@given(SEEDS, st.integers(0, 120), st.data())
def test_a_sample_is_the_beginning_of_the_shuffle(seed: bytes, n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    assert sample(seed, n, k) == shuffle(seed, n)[:k]


@given(SEEDS, st.integers(1, 2**64), st.integers(0, 40))
def test_a_sample_draws_nothing_twice_and_nothing_beyond(seed: bytes, n: int, k: int) -> None:
    drawn = sample(seed, n, min(k, n))
    assert len(set(drawn)) == len(drawn) == min(k, n)
    assert all(0 <= one < n for one in drawn)


def seeds(number: int) -> list[bytes]:
    """Fixed seeds, so that what is tested of chance never fails by chance."""
    return [sha256(b"chi-square %d" % n).digest() for n in range(number)]


def chi_square(counts: Counter[object], cells: int) -> float:
    expected = counts.total() / cells
    return sum((counts[cell] - expected) ** 2 / expected for cell in counts) + expected * (
        cells - len(counts)
    )


@pytest.mark.parametrize(
    ("n", "k", "cells", "limit"),
    # The 99.9 % quantiles of chi-square with cells - 1 degrees of freedom.
    [(4, 4, 24, 49.73), (5, 2, 20, 43.82), (6, 1, 6, 20.52), (3 * 2**62, 1, 3, 13.82)],
)
def test_no_order_is_likelier_than_another(n: int, k: int, cells: int, limit: float) -> None:
    counts: Counter[object] = Counter()
    for seed in seeds(6_000):
        drawn = sample(seed, n, k)
        # Of the huge list: into which third it falls. Modulo alone would give the first half as much again.
        counts[tuple(drawn) if n < 10 else drawn[0] // 2**62] += 1
    assert chi_square(counts, cells) < limit
    if n == 4:
        assert set(counts) == set(permutations(range(4)))


def test_modulo_alone_would_be_seen() -> None:
    counts: Counter[object] = Counter()
    for seed in seeds(6_000):
        word = int.from_bytes(sha256(seed).digest()[:8], "big")
        counts[word % (3 * 2**62) // 2**62] += 1
    assert chi_square(counts, 3) > 100


@given(st.integers(1, 70), st.data())
def test_every_leaf_is_included_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(size)]
    root = Frontier().extend(leaves).root()
    at = data.draw(st.integers(0, size - 1))
    way = paths(leaves, range(size))[at]
    assert is_included(leaves[at], at, size, way, root)
    other = data.draw(st.integers(-1, size + 1).filter(lambda n: n != at))
    assert not is_included(leaves[at], other, size, way, root)
    assert not is_included(leaf_hash(b"other"), at, size, way, root)
    assert not is_included(leaves[at], at, size, (*way, leaves[0]), root)
    assert not way or not is_included(leaves[at], at, size, way[:-1], root)
    assert not way or not is_included(leaves[at], at, size, (leaf_hash(b"x"), *way[1:]), root)
