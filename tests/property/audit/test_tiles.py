"""Tiles give the very proofs that leaves give, at every size; their names are what they are written as."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.bundle import WIDTH
from audit.consistency import consistency_path, is_consistent
from audit.errors import TileMalformedError
from audit.inclusion import is_included, paths
from audit.tiles import (
    MAX_LEVEL,
    TileName,
    Tiles,
    parse_tile,
    parse_tile_name,
    perfect_root,
    tile_names,
    tile_path,
)
from audit.tree import Frontier

LARGEST = 66_100
LEAVES = [sha256(number.to_bytes(4, "big")).digest() for number in range(LARGEST)]
LEVELS = [LEAVES]
while len(LEVELS[-1]) >= WIDTH:
    row = LEVELS[-1]
    LEVELS.append([perfect_root(row[at : at + WIDTH]) for at in range(0, len(row) - WIDTH + 1, WIDTH)])
SIZES = st.one_of(
    st.integers(1, 700), st.sampled_from([255, 256, 257, 511, 512, 65_535, 65_536, 65_537, LARGEST])
)


async def read(level: int, index: int, width: int) -> bytes:
    """A log's tiles by their definition: (n·256+i)-th hash of a level, over full subtrees alone."""
    return b"".join(LEVELS[level][index * WIDTH : index * WIDTH + width])


@settings(max_examples=60, deadline=None)
@given(SIZES, st.data())
async def test_proofs_from_tiles_are_those_from_leaves(size: int, data: st.DataObject) -> None:
    tiles, leaves = Tiles(read, size), LEAVES[:size]
    old, position = data.draw(st.integers(0, size)), data.draw(st.integers(0, size - 1))
    root, old_root = Frontier().extend(leaves).root(), Frontier().extend(leaves[:old]).root()
    assert await tiles.root() == root
    assert await tiles.root(old) == old_root
    assert await tiles.frontier(old) == Frontier().extend(leaves[:old])
    included, grown = await tiles.inclusion_proof(position), await tiles.consistency_proof(old)
    assert included == paths(leaves, (position,))[position]
    assert grown == consistency_path(leaves, old)
    assert is_included(leaves[position], position, size, included, root)
    assert is_consistent(old, size, old_root, root, grown)


def test_every_size_has_the_tiles_that_the_format_gives_it() -> None:
    for size in (*range(1, 600), 65_535, 65_536, 70_000):
        names = list(tile_names(size))
        for level in range(4):
            widths = [name.width for name in names if name.level == level]
            full, partial = divmod(size // 256**level, 256)
            assert widths == [256] * full + [partial] * (partial > 0)
        assert all(name.is_within(size) for name in names)
        assert not any(name.is_within(size - 1) for name in names if name.width * 256**name.level == size)
    widths = {(name.level, name.width) for name in tile_names(70_000)}
    assert widths == {(0, 256), (0, 112), (1, 256), (1, 17), (2, 1)}


@pytest.mark.parametrize("size", range(1, 300))
async def test_every_partial_tile_alone_carries_its_tree(size: int) -> None:
    """Nothing beyond the tiles of its own size is asked for."""
    own = {(name.level, name.index): name.width for name in tile_names(size)}

    async def strict(level: int, index: int, width: int) -> bytes:
        assert own[level, index] == width
        return await read(level, index, width)

    tiles = Tiles(strict, size)
    assert await tiles.root() == Frontier().extend(LEAVES[:size]).root()
    assert await tiles.inclusion_proof(size - 1) == paths(LEAVES[:size], (size - 1,))[size - 1]


@given(st.integers(0, MAX_LEVEL), st.integers(0, 10**15), st.integers(1, WIDTH))
def test_a_name_reads_back(level: int, index: int, width: int) -> None:
    path = tile_path(level, index, width).as_posix()
    assert parse_tile_name(path.removeprefix("tile/")) == TileName(level, index, width)


@given(st.text("0123456789xp./entris", max_size=24))
def test_a_name_is_read_only_as_it_would_be_written(text: str) -> None:
    try:
        name = parse_tile_name(text)
    except TileMalformedError:
        return
    level = "entries" if name.level < 0 else str(name.level)
    path = tile_path(0, name.index, name.width).as_posix().removeprefix("tile/0/")
    assert f"{level}/{path}" == text


@pytest.mark.parametrize(
    "text",
    [
        "0/0",
        "00/000",
        "64/000",
        "0/x000/001",
        "0/001.p/256",
        "0/001.p/0",
        "0/001.p/01",
        "0/x1/000",
        "0/000\n",
        "-1/000",
        "0/٠٠٠",
    ],
)
def test_a_name_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(TileMalformedError):
        parse_tile_name(text)


def test_a_tile_of_another_length_is_refused() -> None:
    for data in (b"", bytes(31), bytes(33), bytes(96)):
        with pytest.raises(TileMalformedError):
            parse_tile(data, 2)


async def test_what_the_tree_does_not_have_is_not_proved() -> None:
    tiles = Tiles(read, 5)
    for attempt in (
        tiles.inclusion_proof(5),
        tiles.inclusion_proof(-1),
        tiles.consistency_proof(6),
        tiles.root(6),
    ):
        with pytest.raises(IndexError):
            await attempt
    assert await tiles.root(0) == Frontier().root()
