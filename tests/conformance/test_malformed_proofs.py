"""Malformed proofs of our own making: both our verifiers and an independent one refuse every one of them, and agree on the rest.

The kinds of damage are those of the public vectors of github.com/transparency-dev/merkle at commit
417fb0c314750d94e53942e9f92e79b6d35915db (its RFC 6962 inclusion and consistency proofs; the files are not copied here, and
`./dev torture vectors` judges a checkout of them), and more of our own: negative numbers, and hashes whose border was moved. For every size from 1 to 40 and some large ones each
proof is first shown to hold. The independent verifier is `tests.torture.stranger`. As in those vectors, a tree grows from itself by the
comparison of its two roots alone, whatever they are.
"""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

import pytest

from audit import consistency, inclusion
from audit.consistency import consistency_nodes, split
from audit.tiles import inclusion_nodes
from tests.torture import stranger

SMALL = range(1, 41)
LARGE = (255, 256, 257, 65_537, 2**31 + 1, 2**40 - 1, 2**40, 2**53 - 1)
OTHER = sha256(b"another").digest()


def places(size: int) -> list[int]:
    """Positions in a tree of this size: all of a small one's, and the borders and a few more of a large one's."""
    if size <= max(SMALL):
        return list(range(size))
    edge = split(size)
    near = {0, 1, edge - 1, edge, edge // 2 + 1, size // 3, size - 2, size - 1}
    return sorted(place for place in near if place < size)


@cache
def told_apart() -> list[int]:
    """The leaves that are like no other: those of the places. All others are alike, so that a large tree is quickly known."""
    return sorted({place for size in (*SMALL, *LARGE) for place in places(size)})


@cache
def root(begin: int, end: int) -> bytes:
    """The root of the subtree over these leaves."""
    size = end - begin
    if size == 0:
        return sha256(b"").digest()
    if size & (size - 1) == 0 and bisect(told_apart(), begin - 1) == bisect(told_apart(), end - 1):
        return alike(size)
    if size == 1:
        return sha256(b"\0%d" % begin).digest()
    middle = begin + split(size)
    return sha256(b"\1" + root(begin, middle) + root(middle, end)).digest()


@cache
def alike(size: int) -> bytes:
    """The root over a power of two of leaves that are all alike."""
    return sha256(b"\0" if size == 1 else b"\1" + 2 * alike(size // 2)).digest()


@dataclass(frozen=True)
class Inclusion:
    """What an inclusion is claimed by."""

    index: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]
    root: bytes

    def judge(self) -> tuple[bool, bool]:
        """Our verdict and the independent one."""
        return (
            inclusion.is_included(self.leaf, self.index, self.size, self.path, self.root),
            stranger.is_included(self.leaf, self.index, self.size, self.path, self.root),
        )


@dataclass(frozen=True)
class Consistency:
    """What a growth is claimed by."""

    old: int
    new: int
    old_root: bytes
    path: tuple[bytes, ...]
    root: bytes

    def judge(self) -> tuple[bool, bool]:
        return (
            consistency.is_consistent(self.old, self.new, self.old_root, self.root, self.path),
            stranger.is_consistent(self.old, self.new, self.path, self.old_root, self.root),
        )


Claim = Inclusion | Consistency


def inclusions(size: int) -> Iterator[Inclusion]:
    for index in places(size):
        path = tuple(root(*node) for node in inclusion_nodes(index, size))
        yield Inclusion(index, size, root(index, index + 1), path, root(0, size))


def consistencies(size: int) -> Iterator[Consistency]:
    for old in (*(n for n in places(size) if n), size):
        path = tuple(root(*node) for node in consistency_nodes(old, size))
        yield Consistency(old, size, root(0, old), path, root(0, size))


def damaged_paths(path: tuple[bytes, ...]) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    """Every path that is not this one, by the damage's name."""
    yield "trailing garbage", (*path, OTHER)
    yield "trailing empty hash", (*path, b"")
    yield "preceding garbage", (OTHER, *path)
    yield "preceding empty hash", (b"", *path)
    if not path:
        return
    yield "empty", ()
    yield "truncated at the end", path[:-1]
    yield "truncated at the front", path[1:]
    yield "last repeated", (*path, path[-1])
    yield "first repeated", (path[0], *path)
    yield "doubled", (*path, *path)
    for place, node in enumerate(path):
        before, after = path[:place], path[place + 1 :]
        yield f"node {place} is empty", (*before, b"", *after)
        yield f"node {place} is short", (*before, node[:-1], *after)
        yield f"node {place} is long", (*before, node + b"\0", *after)
        yield f"node {place} is another", (*before, OTHER, *after)
        yield f"node {place} has a bit flipped", (*before, bytes([node[0] ^ 1]) + node[1:], *after)
        if after:
            yield f"nodes {place} and {place + 1} are swapped", (*before, after[0], node, *after[1:])
            yield f"nodes {place} and {place + 1} are one", (*before, node + after[0], *after[1:])


def damaged_hashes(hash_: bytes) -> Iterator[bytes]:
    yield from (
        b"",
        hash_[:-1],
        hash_ + b"\0",
        OTHER,
        sha256(b"").digest(),
        bytes([hash_[0] ^ 128]) + hash_[1:],
    )


def damaged_inclusions(claim: Inclusion) -> Iterator[tuple[str, Inclusion]]:
    for name, path in damaged_paths(claim.path):
        yield name, replace(claim, path=path)
    for wrong in damaged_hashes(claim.root):
        if wrong != claim.root:
            yield f"wrong root of {len(wrong)} bytes", replace(claim, root=wrong)
            yield f"wrong leaf of {len(wrong)} bytes", replace(claim, leaf=wrong)
    for index in (-1, -claim.size, ~claim.index, claim.size, claim.size + 1, 2 * claim.size + claim.index):
        yield f"index {index}", replace(claim, index=index)
    for index in {claim.index - 1, claim.index + 1, claim.index ^ 1}:
        yield f"moved to {index}", replace(claim, index=index)
    for size in (0, -1, -claim.size, claim.index):
        yield f"size {size}", replace(claim, size=size)
    if claim.path:
        first, last = claim.path[0], claim.path[-1]
        moved = replace(claim, leaf=claim.leaf + first[:1], path=(first[1:], *claim.path[1:]))
        yield "the leaf's border moved", moved
        yield (
            "the leaf's border moved the other way",
            replace(claim, leaf=claim.leaf[:-1], path=(claim.leaf[-1:] + first, *claim.path[1:])),
        )
        yield "root for the leaf, nothing for a path", replace(claim, leaf=claim.root, path=())
        yield "the last node for the root", replace(claim, root=last)


def damaged_consistencies(claim: Consistency) -> Iterator[tuple[str, Consistency]]:
    for name, path in damaged_paths(claim.path):
        yield name, replace(claim, path=path)
    for wrong in damaged_hashes(claim.root):
        if wrong != claim.root:
            yield f"wrong new root of {len(wrong)} bytes", replace(claim, root=wrong)
        if wrong != claim.old_root:
            yield f"wrong old root of {len(wrong)} bytes", replace(claim, old_root=wrong)
    for old in (-1, -claim.old, claim.new + 1, 2 * claim.new, 0):
        yield f"old size {old}", replace(claim, old=old)
    for new in (-1, -claim.new, 0, claim.old - 1):
        yield f"new size {new}", replace(claim, new=new)
    if claim.old < claim.new:
        yield "the sizes exchanged", replace(claim, old=claim.new, new=claim.old)
        yield "the roots exchanged", replace(claim, old_root=claim.root, root=claim.old_root)
        yield "equal sizes with a path", replace(claim, old=claim.new, old_root=claim.root)
        yield "equal sizes with two roots", replace(claim, old=claim.new, path=())
        yield "the old root for both", replace(claim, root=claim.old_root, path=())


@pytest.mark.parametrize("size", [*SMALL, *LARGE])
def test_every_damaged_inclusion_is_refused_by_both(size: int) -> None:
    kinds = 0
    for claim in inclusions(size):
        assert claim.judge() == (True, True), claim
        for name, wrong in damaged_inclusions(claim):
            assert wrong.judge() == (False, False), (name, wrong)
            kinds += 1
    assert kinds > 12


@pytest.mark.parametrize("size", [*SMALL, *LARGE])
def test_every_damaged_consistency_is_refused_by_both(size: int) -> None:
    kinds = 0
    for claim in consistencies(size):
        assert claim.judge() == (True, True), claim
        for name, wrong in damaged_consistencies(claim):
            assert wrong.judge() == (False, False), (name, wrong)
            kinds += 1
    assert kinds > 12


@pytest.mark.parametrize("size", SMALL)
def test_every_other_size_and_place_gets_the_same_verdict_from_both(size: int) -> None:
    """A path may hold for a neighbouring size, whose tree has it too; then both say so."""
    for claim in inclusions(size):
        for other in range(claim.size + 3):
            for index in {claim.index - 1, claim.index, claim.index + 1, other - 1, other}:
                ours, theirs = replace(claim, size=other, index=index).judge()
                assert ours == theirs, (claim, other, index)
    for grown in consistencies(size):
        for old in range(max(SMALL) + 2):
            ours, theirs = replace(grown, old=old).judge()
            assert ours == theirs, (grown, old)


def test_from_the_empty_tree_everything_grows_with_no_path() -> None:
    empty = root(0, 0)
    for size in (0, *SMALL):
        assert Consistency(0, size, empty, (), root(0, size)).judge() == (True, True)
        assert Consistency(0, size, empty, (OTHER,), root(0, size)).judge() == (False, False)
        assert Consistency(0, size, OTHER, (), root(0, size)).judge() == (False, False)
    assert Consistency(0, 0, empty, (), OTHER).judge() == (False, False)
