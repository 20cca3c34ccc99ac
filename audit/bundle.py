"""Entry bundles as in C2SP tlog-tiles: 256 leaves a file, each behind its length.

    tile/entries/000            leaves 0–255, each: length (2 bytes, big-endian) || leaf
    tile/entries/001.p/44       the last, partial bundle: 44 leaves
    tile/entries/x001/x234/067  bundle 1,234,067

A bundle holds exactly the leaves that its name promises and not a byte more. What a leaf says is not looked
at here.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from audit.entry import MAX_ENTRY
from audit.errors import BundleMalformedError

WIDTH = 256
MAX_BUNDLE = WIDTH * (MAX_ENTRY + 2)
ENTRIES = PurePosixPath("tile/entries")


def bundle_path(index: int, width: int = WIDTH) -> PurePosixPath:
    """The path of a bundle of `width` leaves (256: full) below the log's folder."""
    return ENTRIES / format_index(index, width)


def format_index(index: int, width: int = WIDTH) -> str:
    """`x001/x234/067` or, of a partial one, `x001/x234/067.p/44`."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(groups) + (f".p/{width}" if width < WIDTH else "")


def bundle_widths(size: int) -> Iterator[tuple[int, int]]:
    """(index, width) of each bundle of a log of `size` entries, in order."""
    for index in range((size + WIDTH - 1) // WIDTH):
        yield index, min(WIDTH, size - index * WIDTH)


def format_bundle(leaves: Sequence[bytes]) -> bytes:
    """Frame at most 256 leaves of at most 65,535 bytes."""
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def parse_bundle(data: bytes, width: int) -> Iterator[bytes]:
    """The `width` leaves of a bundle, one by one.

    Raises BundleMalformedError when it is short or goes on too long.
    """
    place = 0
    for number in range(width):
        start = place + 2
        place = start + int.from_bytes(data[place:start], "big")
        if start > len(data) or place > len(data):
            raise BundleMalformedError(reason=f"ends inside leaf {number}")
        yield data[start:place]
    if place != len(data):
        raise BundleMalformedError(reason=f"{len(data) - place} bytes after the last leaf")
