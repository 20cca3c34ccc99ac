"""Consistency of two trees of RFC 6962 §2.1.2: that the larger begins with every leaf of the smaller, in order.

    path = consistency_path(leaf_hashes, old_size)
    is_consistent(old_size, len(leaf_hashes), old_root, root, path)

`consistency_nodes` names the subtrees whose hashes the path is, so that whoever keeps hashes elsewhere (`audit.tiles`) makes the same
path. Checking begins with the bounds: no size shrinks, equal sizes and the empty tree have the empty path and nothing else, and a
path of another length than the sizes' is refused. What the roots are worth is their signer's, not this module's.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from audit.tree import EMPTY_ROOT, HASH_SIZE, Frontier, node_hash

Range = tuple[int, int]
"""The leaves [begin, end) whose root a hash is; the range is a subtree of RFC 6962."""


def split(size: int) -> int:
    """The largest power of two below `size` (2 or more): where RFC 6962 divides a tree."""
    return 1 << (size - 1).bit_length() - 1


def consistency_nodes(old_size: int, new_size: int) -> tuple[Range, ...]:
    """The subtrees of the path from `old_size` to `new_size`, in the path's order. Raises IndexError when 0 ≤ old ≤ new is not so."""
    if not 0 <= old_size <= new_size:
        raise IndexError("an old size beyond the new one")
    if old_size in (0, new_size):
        return ()
    nodes: list[Range] = []
    begin, end, whole = 0, new_size, True
    while old_size != end:
        middle = begin + split(end - begin)
        if old_size <= middle:
            nodes.append((middle, end))
            end = middle
        else:
            nodes.append((begin, middle))
            begin, whole = middle, False
    if not whole:
        nodes.append((begin, end))
    return tuple(reversed(nodes))


def consistency_path(leaf_hashes: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """The path from the tree of the first `old_size` leaves to the tree of all. Raises IndexError when the tree has not so many."""
    nodes = consistency_nodes(old_size, len(leaf_hashes))
    return tuple(Frontier().extend(leaf_hashes[begin:end]).root() for begin, end in nodes)


def is_consistent(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether the tree of `new_size` under `new_root` grows from that of `old_size` under `old_root`, by exactly this path."""
    if not 0 <= old_size <= new_size:
        return False
    if old_size == new_size:
        known = old_size > 0 or hmac.compare_digest(old_root, EMPTY_ROOT)
        return known and not path and hmac.compare_digest(old_root, new_root)
    sized = all(len(hash_) == HASH_SIZE for hash_ in (old_root, new_root, *path))
    if old_size == 0 or not sized:
        return sized and not path and hmac.compare_digest(old_root, EMPTY_ROOT)
    rest = list(path)
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if place and not rest:
        return False
    old = new = rest.pop(0) if place else old_root
    while last:
        if place & 1 or place < last:
            if not rest:
                return False
            beside = rest.pop(0)
            if place & 1:
                old, new = node_hash(beside, old), node_hash(beside, new)
            else:
                new = node_hash(new, beside)
        place, last = place >> 1, last >> 1
    return not rest and hmac.compare_digest(old, old_root) and hmac.compare_digest(new, new_root)
