"""Consistency paths: each pair of sizes has one, and nothing else passes as it."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.consistency import consistency_path, is_consistent
from audit.inclusion import is_included
from audit.tree import EMPTY_ROOT, Frontier

LEAVES = [sha256(bytes([number])).digest() for number in range(70)]
ROOTS = [Frontier().extend(LEAVES[:size]).root() for size in range(len(LEAVES) + 1)]
SIZES = st.tuples(st.integers(0, len(LEAVES)), st.integers(0, len(LEAVES))).map(sorted).map(tuple)


def test_every_pair_of_sizes_has_a_path_that_holds_only_for_it() -> None:
    for new in range(len(LEAVES) + 1):
        for old in range(new + 1):
            path = consistency_path(LEAVES[:new], old)
            assert is_consistent(old, new, ROOTS[old], ROOTS[new], path)
            assert not is_consistent(old, new, ROOTS[old], ROOTS[new], (*path, LEAVES[0]))
            if path:
                assert not is_consistent(old, new, ROOTS[old], ROOTS[new], path[:-1])
                assert not is_consistent(old, new, ROOTS[old], ROOTS[new], path[1:])
            if 0 < old < new:
                assert not is_consistent(old, new, ROOTS[old - 1], ROOTS[new], path)
                assert not is_consistent(old, new, ROOTS[old], ROOTS[new - 1], path)


@given(SIZES, st.data())
def test_a_changed_hash_is_refused(sizes: tuple[int, int], data: st.DataObject) -> None:
    old, new = sizes
    path = list(consistency_path(LEAVES[:new], old))
    if path:
        place, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
        changed = bytearray(path[place])
        changed[bit // 8] ^= 1 << bit % 8
        path[place] = bytes(changed)
        assert not is_consistent(old, new, ROOTS[old], ROOTS[new], path)


@given(st.integers(-3, 80), st.integers(-3, 80), st.lists(st.sampled_from(LEAVES), max_size=9))
def test_no_other_sizes_pass(old: int, new: int, path: list[bytes]) -> None:
    """Made-up proofs are refused, whatever their bounds; the empty tree is the beginning of every tree."""
    assert is_consistent(old, new, LEAVES[0], LEAVES[1], path) is False
    assert is_consistent(old, new, EMPTY_ROOT, LEAVES[1], path) is (old == 0 < new and not path)


def test_a_hash_of_another_length_is_refused() -> None:
    for odd in (b"", bytes(31), bytes(33)):
        assert not is_included(odd, 0, 1, (), odd)
        assert not is_consistent(1, 2, odd, LEAVES[0], (LEAVES[1],))
        assert not is_consistent(0, 1, EMPTY_ROOT, odd, ())
    assert is_included(LEAVES[0], 0, 1, (), LEAVES[0])


def test_a_size_beyond_the_tree_has_no_path() -> None:
    for old in (-1, 4):
        with pytest.raises(IndexError):
            consistency_path(LEAVES[:3], old)
