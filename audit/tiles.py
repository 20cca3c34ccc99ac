"""Hash tiles as in C2SP tlog-tiles, and the proofs that they give.

    tile/0/000            the hashes of leaves 0–255, 32 bytes each
    tile/0/x001/067.p/44  a partial one: the first 44 hashes of tile 1067
    tile/1/000            the roots of the full tiles 0–255 of level 0

A tile stands for a whole subtree of height 8; a partial one is never hashed into the level above. What is read is exactly as long as
its name says, and a name is exactly as it would be written. What the hashes are worth a signed root must say: proofs are made here,
they are judged by `audit.inclusion` and `audit.consistency`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, Protocol

from audit.bundle import WIDTH, format_index
from audit.consistency import Range, consistency_nodes, split
from audit.errors import TileMalformedError, TreeMalformedError
from audit.tree import EMPTY_ROOT, HASH_SIZE, Frontier, node_hash

HEIGHT: Final = 8
FULL: Final = WIDTH * HASH_SIZE
MAX_LEVEL: Final = 63
ENTRIES_LEVEL: Final = -1
"""The level that stands for entry bundles where a tile is named."""
_NAME: Final = re.compile(
    r"(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,5})([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


class TileReader(Protocol):
    """Reads the first `width` hashes of a tile."""

    def __call__(self, level: int, index: int, width: int) -> Awaitable[bytes]: ...


@dataclass(frozen=True, slots=True)
class TileName:
    """Which tile: `level` 0–63, or ENTRIES_LEVEL for a bundle; its index, and its width (256: full)."""

    level: int
    index: int
    width: int

    def is_within(self, size: int) -> bool:
        """Whether a tree of `size` leaves has every hash of it: only then is it settled for ever."""
        return self.index * WIDTH + self.width <= size >> HEIGHT * max(self.level, 0)


def tile_path(level: int, index: int, width: int = WIDTH) -> PurePosixPath:
    """The path of a hash tile below the log's folder."""
    return PurePosixPath("tile") / str(level) / format_index(index, width)


def parse_tile_name(text: str) -> TileName:
    """Read what stands behind `tile/`. Raises TileMalformedError unless it is written exactly so."""
    match = _NAME.fullmatch(text)
    if match is None:
        raise TileMalformedError(reason="not the name of a tile")
    level = ENTRIES_LEVEL if match[1] == "entries" else int(match[1])
    index = int(match[2].replace("x", "").replace("/", "") + match[3])
    width = WIDTH if match[4] is None else int(match[4])
    written = f"{match[1]}/{format_index(index, width)}"
    if level > MAX_LEVEL or width > WIDTH or written != text:
        raise TileMalformedError(reason="not written as a tile's name is")
    return TileName(level, index, width)


def tile_names(size: int) -> Iterator[TileName]:
    """Every hash tile of a tree of `size` leaves, the lowest level first; the last of a level may be partial."""
    level, hashes = 0, size
    while hashes:
        for index in range((hashes + WIDTH - 1) // WIDTH):
            yield TileName(level, index, min(WIDTH, hashes - index * WIDTH))
        level, hashes = level + 1, hashes >> HEIGHT


def parse_tile(data: bytes, width: int) -> tuple[bytes, ...]:
    """The `width` hashes of a tile. Raises TileMalformedError when it is of another length."""
    if len(data) != width * HASH_SIZE:
        raise TileMalformedError(reason=f"{len(data)} bytes for {width} hashes")
    return tuple(data[place : place + HASH_SIZE] for place in range(0, len(data), HASH_SIZE))


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


@dataclass(slots=True)
class Tiles:
    """A tree of `size` leaves behind a reader; each tile is read once."""

    read: TileReader
    size: int
    _read: dict[tuple[int, int], tuple[bytes, ...]] = field(default_factory=dict)

    async def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` leaves (all). Raises TileMalformedError; IndexError for more than there are."""
        return await self.range_root(0, self.size if size is None else size)

    async def inclusion_proof(self, position: int, size: int | None = None) -> tuple[bytes, ...]:
        """The path of a leaf to the root over the first `size` leaves. Raises IndexError for one that is not among them."""
        size = self._checked(size)
        if not 0 <= position < size:
            raise IndexError("a position beyond the leaves")
        return tuple([await self.range_root(*node) for node in inclusion_nodes(position, size)])

    async def consistency_proof(self, old_size: int, size: int | None = None) -> tuple[bytes, ...]:
        """The path from the first `old_size` leaves to the first `size`. Raises IndexError unless 0 ≤ old ≤ size."""
        nodes = consistency_nodes(old_size, self._checked(size))
        return tuple([await self.range_root(*node) for node in nodes])

    async def frontier(self, size: int | None = None) -> Frontier:
        """The compact range over the first `size` leaves."""
        size = self._checked(size)
        return Frontier(size, tuple([await self._subtree(*node) for node in perfect_ranges(0, size)]))

    async def range_root(self, begin: int, end: int) -> bytes:
        """The root over the leaves [begin, end), a subtree of RFC 6962."""
        self._checked(end)
        if begin == end:
            return EMPTY_ROOT
        *larger, root = [await self._subtree(*node) for node in perfect_ranges(begin, end)]
        for node in reversed(larger):
            root = node_hash(node, root)
        return root

    def _checked(self, size: int | None) -> int:
        size = self.size if size is None else size
        if not 0 <= size <= self.size:
            raise IndexError("a size beyond the tree")
        return size

    async def _subtree(self, begin: int, end: int) -> bytes:
        """The root of a perfect subtree, which lies in one tile."""
        level, height = divmod((end - begin).bit_length() - 1, HEIGHT)
        first = begin >> level * HEIGHT
        hashes, place = await self._tile(level, first // WIDTH), first % WIDTH
        return perfect_root(hashes[place : place + (1 << height)])

    async def _tile(self, level: int, index: int) -> tuple[bytes, ...]:
        found = self._read.get((level, index))
        if found is None:
            width = min(WIDTH, (self.size >> level * HEIGHT) - index * WIDTH)
            found = parse_tile(await self.read(level, index, width), width)
            self._read[level, index] = found
        return found


def inclusion_nodes(position: int, size: int) -> tuple[Range, ...]:
    """The subtrees beside the way up from a leaf, the lowest first."""
    nodes: list[Range] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + split(end - begin)
        if position < middle:
            nodes.append((middle, end))
            end = middle
        else:
            nodes.append((begin, middle))
            begin = middle
    return tuple(reversed(nodes))


def perfect_ranges(begin: int, end: int) -> Iterator[Range]:
    """A subtree of RFC 6962 as perfect ones, the largest first. Raises TreeMalformedError for a range that is no subtree."""
    while begin < end:
        length = 1 << (end - begin).bit_length() - 1
        if begin % length:
            raise TreeMalformedError(reason=f"[{begin}, {end}) is no subtree")
        yield begin, begin + length
        begin += length
