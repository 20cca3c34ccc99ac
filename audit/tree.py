"""The Merkle tree of RFC 6962 §2.1 over entries, and the frontier that makes each root cheap.

A frontier (compact range) keeps, for a tree of n leaves, the hashes of the perfect subtrees of the binary
digits of n, the largest first: at most 64 hashes. Appending is amortised constant, the root is O(log n).
The leaf hash is also the chain hash of an entry, so the tree and the chain can never tell two stories.
Inclusion proofs are in audit.inclusion, consistency proofs in audit.consistency.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from audit.errors import TreeMalformedError

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf), 32 bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: list[bytes]) -> bytes:
    """The root over leaf hashes whose number is a power of two: all at once, which is quicker than one by one."""
    sha256 = hashlib.sha256
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return hashes[0]


@dataclass(frozen=True, slots=True)
class Frontier:
    """The compact range [0, size):

    `hashes` has one hash for each binary 1 of `size`, largest subtree first.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def extend(self, leaf_hashes: Iterable[bytes]) -> Self:
        """The frontier after appending leaves by their hashes."""
        size, stack = self.size, list(self.hashes)
        for leaf in leaf_hashes:
            node, carry = leaf, size
            while carry & 1:
                node, carry = node_hash(stack.pop(), node), carry >> 1
            stack.append(node)
            size += 1
        return type(self)(size, tuple(stack))

    def join(self, right: Self) -> Self:
        """The frontier of both, where `right` is that of the leaves behind this one's.

        Raises TreeMalformedError unless this one's size is a multiple of a power of two that `right` does not exceed.
        """
        if right.size and self.size % (1 << (right.size - 1).bit_length()):
            raise TreeMalformedError(reason=f"{right.size} leaves behind {self.size}")
        size, stack, hashes = self.size, list(self.hashes), iter(right.hashes)
        for height in reversed(range(right.size.bit_length())):
            if right.size >> height & 1:
                node, carry = next(hashes), size >> height
                while carry & 1:
                    node, carry = node_hash(stack.pop(), node), carry >> 1
                stack.append(node)
                size += 1 << height
        return type(self)(size, tuple(stack))

    def root(self) -> bytes:
        """The tree's root (32 bytes); of the empty tree SHA-256 of nothing, as RFC 6962 says."""
        if not self.hashes:
            return EMPTY_ROOT
        *larger, root = self.hashes
        for node in reversed(larger):
            root = node_hash(node, root)
        return root

    def to_bytes(self) -> bytes:
        """The hashes one after another; the size is kept beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Self:
        """Read `to_bytes` back. Raises TreeMalformedError when the length does not fit the size."""
        if size < 0 or len(data) != size.bit_count() * HASH_SIZE:
            raise TreeMalformedError(reason=f"{len(data)} bytes for {size} leaves")
        return cls(size, tuple(data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)))
