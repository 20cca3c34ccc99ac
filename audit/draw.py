"""Draws: a seed that two parties make together, and what follows from it. The text is docs/formats/draw.md.

    commitment = H("xingji-draw-commitment-1" || 0x00 || JCS({"draw", "origin", "party", "secret"}))
    seed       = H("xingji-draw-seed-1"       || 0x00 || JCS({"draw", "list", "origin", "secrets": {party: secret…}}))
    block i    = HMAC-SHA-256(seed, "xingji-draw-stream-1" || 0x00 || i as 8 bytes, big-endian)

H is SHA-256; secrets and the list's digest are 32 bytes, in hex where JSON holds them. A commitment names log, draw and party,
so it cannot be taken to another. The stream is the blocks one after another, read as 64-bit big-endian words. A number below n is
the first word below the largest multiple of n, modulo n: no number is likelier than another.

Example: `sample(seed, 200, 20)` are the positions of twenty rows of a list of two hundred, in the order in which they were drawn;
`shuffle(seed, 200)` begins with the same twenty.

Pure, and nothing but the standard library below it. That both commitments stood before either secret was known is the log's
to show, not this module's (audit/replay.py).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Final
from uuid import UUID

from audit.canonical import encode

SECRET_SIZE: Final = 32
"""Bytes of a secret, of a commitment, of a list's digest and of a seed."""

_COMMITMENT: Final = b"xingji-draw-commitment-1\0"
_SEED: Final = b"xingji-draw-seed-1\0"
_STREAM: Final = b"xingji-draw-stream-1\0"
_DERIVED: Final = b"xingji-draw-derived-1\0"
_WORDS: Final = 2**64


def commitment(origin: str, draw_id: UUID, party: str, secret: bytes) -> bytes:
    """What a party says of its secret (32 bytes) before the others' are known. Raises ValueError for a secret of another length."""
    _check_size("a secret", secret)
    bound = {"draw": str(draw_id), "origin": origin, "party": party, "secret": secret.hex()}
    return hashlib.sha256(_COMMITMENT + encode(bound)).digest()


def opens(committed: bytes, origin: str, draw_id: UUID, party: str, secret: bytes) -> bool:
    """Whether the commitment is to this secret, compared in constant time."""
    return hmac.compare_digest(committed, commitment(origin, draw_id, party, secret))


def seed(origin: str, draw_id: UUID, list_digest: bytes, secrets: Mapping[str, bytes]) -> bytes:
    """The seed (32 bytes) of a draw over what `list_digest` binds, from every party's secret. Raises ValueError."""
    _check_size("a list's digest", list_digest)
    if len(secrets) < 2:
        raise ValueError("one party alone makes no seed")
    for secret in secrets.values():
        _check_size("a secret", secret)
    bound = {
        "draw": str(draw_id),
        "list": list_digest.hex(),
        "origin": origin,
        "secrets": {party: secret.hex() for party, secret in secrets.items()},
    }
    return hashlib.sha256(_SEED + encode(bound)).digest()


def derive(seed: bytes, label: str) -> bytes:
    """A seed (32 bytes) for a part of a draw that shuffles more than once. Raises ValueError."""
    _check_size("a seed", seed)
    return hmac.digest(seed, _DERIVED + label.encode(), hashlib.sha256)


def shuffle(seed: bytes, n: int) -> list[int]:
    """The numbers 0 to n−1 in an order that the seed alone decides. Raises ValueError."""
    return sample(seed, n, n)


def sample(seed: bytes, n: int, k: int) -> list[int]:
    """The first `k` of `shuffle(seed, n)`, in memory and time of `k`. Raises ValueError unless 0 ≤ k ≤ n ≤ 2**64.

    Fisher and Yates' shuffle from the front: place i takes what stands at i + (a number below n − i), and gives its own.
    """
    _check_size("a seed", seed)
    if not 0 <= k <= n <= _WORDS:
        raise ValueError("draws 0 ≤ k ≤ n ≤ 2**64")
    words = _stream(seed)
    moved: dict[int, int] = {}
    drawn = []
    for i in range(k):
        j = i + _below(words, n - i)
        drawn.append(moved.get(j, j))
        moved[j] = moved.pop(i, i)
    return drawn


def _stream(seed: bytes) -> Iterator[int]:
    for number in count():
        block = hmac.digest(seed, _STREAM + number.to_bytes(8, "big"), hashlib.sha256)
        for start in range(0, len(block), 8):
            yield int.from_bytes(block[start : start + 8], "big")


def _below(words: Iterator[int], n: int) -> int:
    limit = _WORDS - _WORDS % n
    return next(word for word in words if word < limit) % n


def _check_size(what: str, value: bytes) -> None:
    if len(value) != SECRET_SIZE:
        raise ValueError(f"{what} has {SECRET_SIZE} bytes")
