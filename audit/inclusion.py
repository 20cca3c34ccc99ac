"""Inclusion in the Merkle tree of RFC 6962 §2.1.1: that a leaf stands at a position under a root.

    path = paths(leaf_hashes, (3,))[3]
    is_included(leaf_hashes[3], 3, len(leaf_hashes), path, root)

A path is the hashes beside the way up, the lowest first. Checking begins with the bounds: a position that the tree does not have is
refused, a hash that is not 32 bytes long, and a path of another length than the position's.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence

from audit.tree import HASH_SIZE, node_hash


def paths(leaf_hashes: Sequence[bytes], positions: Iterable[int]) -> Mapping[int, tuple[bytes, ...]]:
    """The audit path of each position. Raises IndexError for one that the tree does not have."""
    wanted = sorted(set(positions))
    if wanted and not 0 <= wanted[0] <= wanted[-1] < len(leaf_hashes):
        raise IndexError("a position beyond the leaves")
    found: dict[int, list[bytes]] = {position: [] for position in wanted}
    level, height = list(leaf_hashes), 0
    while len(level) > 1:
        for position, path in found.items():
            beside = (position >> height) ^ 1
            if beside < len(level):
                path.append(level[beside])
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [node_hash(left, right) for left, right in pairs] + level[len(level) & ~1 :]
        height += 1
    return {position: tuple(path) for position, path in found.items()}


def is_included(leaf_hash: bytes, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf at `position` of `size` to the root."""
    if not 0 <= position < size or any(len(hash_) != HASH_SIZE for hash_ in (leaf_hash, root, *path)):
        return False
    node, rest, place, last = leaf_hash, list(path), position, size - 1
    while last:
        if place & 1:
            if not rest:
                return False
            node = node_hash(rest.pop(0), node)
        elif place < last:
            if not rest:
                return False
            node = node_hash(node, rest.pop(0))
        place, last = place >> 1, last >> 1
    return not rest and hmac.compare_digest(node, root)
